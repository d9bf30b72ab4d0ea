"""The two stores of a migration: where they are, and what is said when they cannot be opened."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import attrs
import click
from click.shell_completion import CompletionItem

from registry.cli.output import safe
from registry.cli.where import Where, path_of
from registry.environment import ETCD_CA, TOKEN
from registry.errors import StoreError, ValidationError
from registry.store_protocol import Store
from registry.stores.opening import store_url
from registry.urls import shown_url

_HTTP = ("http", "https")


@attrs.frozen
class End:
    """One of the two stores.

    Attributes:
        option: What names it on the command line.
        url: Its URL.
        where: The same with what it takes to be let in.
    """

    option: Literal["--from", "--to"]
    url: str
    where: Where

    @property
    def is_server(self) -> bool:
        """Whether it is behind a namespace server."""
        return _scheme(self.url) in _HTTP

    @property
    def shown(self) -> str:
        """Its URL without what is secret."""
        return safe(shown_url(self.url))

    @property
    def place(self) -> str:
        """The same for all ways to write where it is, as far as that can be told without asking."""
        path = path_of(self.url)
        return self.url.rstrip("/") if path is None else os.path.realpath(path)

    @contextmanager
    def opened(self, *, create: bool = False, imagine: bool = False) -> Iterator[Store]:
        """The store, which has answered, closed in the end; the arguments are those of `Where.opened`.

        Raises:
            OperationalError: It cannot be reached. (StoreError: A server has the file.)
        """
        with self.where.opened(create=create, imagine=imagine) as store:
            try:
                store.token()
            except StoreError as error:
                raise self._in_use(error) from error
            yield store

    def _in_use(self, error: StoreError) -> StoreError:
        """The error that says how to migrate a file all the same which a server has; any other one as it is."""
        url = error.context.get("url")
        if not url:
            return error
        return StoreError(
            error.message,
            suggestions=[
                f"Leave it running, and migrate through it: {self.option} {url}",
                "Or stop it, and run the same command again.",
            ],
            context=error.context,
        )


def end_of(
    option: Literal["--from", "--to"], given: str, token_file: str | None, ca_file: str | None, allow_plain: bool
) -> End:
    """The store that was named.

    Raises:
        ValidationError: It is one that nothing can be moved from or to.
        UsageError: A token is given for a store that asks for none.
    """
    url = store_url(given)
    scheme = _scheme(url)
    if scheme == "memory":
        raise ValidationError(
            f"{option} memory: is a new store, which ends with this command.",
            suggestions=[
                "Name a file, a server or a cluster: registry.db, http://127.0.0.1:8001, etcd://10.0.0.1:2379."
            ],
        )
    if scheme in _HTTP:
        return End(option, url, Where(url, None, token_file, ca_file, allow_plain))
    if token_file is not None:
        raise click.UsageError(f"{option}-token-file is for a server, and {option} names another store.")
    return End(option, url, Where(None, url))


def refuse_one_store(source: End, target: End) -> None:
    """Refuse to migrate a store to where it is.

    Raises:
        ValidationError: Both ends are the same place.
    """
    if source.place == target.place:
        raise ValidationError(
            f"--from and --to both name {target.shown!r}.", suggestions=["Name another store with --to."]
        )


def refuse_what_is_for_servers(source: End, target: End, ca_file: str | None, allow_plain: bool) -> None:
    """Refuse options that would be of no effect.

    Raises:
        UsageError: Neither end is a server, and one of them was given.
    """
    given = [name for name, is_given in (("--ca-file", ca_file), ("--allow-plain", allow_plain)) if is_given]
    if given and not source.is_server and not target.is_server:
        raise click.UsageError(
            f"{given[0]} is for servers, and neither --from nor --to names one. For etcd, {ETCD_CA} names a file."
        )


def refuse_one_token(source: End, target: End) -> None:
    """Refuse to show two servers the token of one.

    Raises:
        UsageError: The environment has a token, and nothing says whose it is.
    """
    are_servers = source.is_server and target.is_server
    if are_servers and source.where.token_file is None and target.where.token_file is None and os.environ.get(TOKEN):
        raise click.UsageError(
            f"{TOKEN} could be for either server. Name a file with --from-token-file or --to-token-file; the other"
            " server gets the one of the environment."
        )


def complete_moved(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Namespaces of the source that begin like this, for shell completion, which has to stay silent."""
    given = context.params
    token_file = given.get("from_token_file")
    token_file = None if token_file == "-" else token_file  # that is the prompt
    try:
        end = end_of("--from", given["source"], token_file, given.get("ca_file"), bool(given.get("allow_plain")))
        with end.opened() as store:
            found = list(store.namespaces())
    except (Exception, SystemExit):  # no source must not print a traceback into somebody's prompt
        return []
    return [CompletionItem(name) for name in found if name.startswith(incomplete)]


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower()
