"""Which store a command works on: that of a server, or a file without one."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import attrs
import click
from click.shell_completion import CompletionItem

from registry.closeness import did_you_mean
from registry.environment import DEFAULT_PORT, HOST, PORT, TOKEN
from registry.errors import OperationalError, RegistryNotFoundError
from registry.names import WHOLE, quote
from registry.store_protocol import Store
from registry.urls import shown_url

if TYPE_CHECKING:
    from ssl import SSLContext

Command = Callable[..., Any]


@attrs.frozen(slots=False)
class Where:
    """What was said about the store.

    Attributes:
        server: A URL, or host:port.
        store: The URL of a store, or the path of a file.
        token_file: Where the token is; "-" for stdin.
        ca_file: The certificates of authorities that are trusted besides those of the system.
        allow_plain: Whether the token may go to other machines without TLS.
    """

    server: str | None = None
    store: str | None = None
    token_file: str | None = None
    ca_file: str | None = None
    allow_plain: bool = False

    @property
    def is_named(self) -> bool:
        """Whether the command line names a store."""
        return self.server is not None or self.store is not None

    @property
    def url(self) -> str | None:
        """The server, None where a store is used without one.

        Raises:
            OperationalError: Nothing is named at all.
        """
        if self.server is not None and self.store is not None:
            raise click.UsageError("Use either --server or --store.")
        if self.store is not None:
            return None
        if self.server is not None:
            return _full(self.server)
        if not os.environ.get(HOST, "").strip():
            raise OperationalError(
                "No server and no store is named.",
                suggestions=[
                    f"Name a server with --server http://127.0.0.1:{DEFAULT_PORT}, or set {HOST}.",
                    "Or a file that no server has open, with --store sqlite:///registry.db.",
                ],
            )
        from registry.backends.connections import Server

        return Server(None, None, 1.0, 1.0).resolved().urls[0]  # type: ignore[index]  # it has one when it is resolved

    def refuse_app(self, *given: str | None) -> None:
        """Refuse what means the project's own registry beside what means a store.

        Raises:
            UsageError: One of these was given on the command line.
        """
        context = click.get_current_context()
        written = click.core.ParameterSource.COMMANDLINE
        if any(context.get_parameter_source(name) is written for name in ("app", "chosen")) and any(given):
            raise click.UsageError("--app and --registry mean the project, --server, --store and --namespace a store.")

    @cached_property
    def token(self) -> str | None:
        """The token that the file holds, else the one of the environment. Read once: stdin gives it but once.

        Raises:
            OperationalError: The file cannot be read.
        """
        if self.token_file is None:
            return os.environ.get(TOKEN)
        if self.token_file == "-":
            return sys.stdin.readline().strip()
        try:
            return Path(self.token_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise OperationalError(
                f"The token file {quote(self.token_file, WHOLE)} cannot be read: {error}.",
                suggestions=["Name the file that holds what registry token create printed."],
            ) from error

    def tls(self) -> "SSLContext":
        """What TLS trusts: the authorities of the system, and that of the file.

        Raises:
            OperationalError: The file cannot be read, or holds no certificate.
        """
        import ssl

        context = ssl.create_default_context()
        if self.ca_file is not None:
            try:
                context.load_verify_locations(self.ca_file)
            except OSError as error:
                raise OperationalError(
                    f"{quote(self.ca_file, WHOLE)} holds no certificates that can be read: {error}.",
                    suggestions=["Name a file of certificates in PEM form."],
                ) from error
        return context

    @contextmanager
    def opened(self, *, create: bool = False, imagine: bool = False) -> Iterator[Store]:
        """The store, closed in the end.

        Args:
            create: Whether one that does not exist is made: a file, or a prefix in etcd.
            imagine: Whether an empty store stands for one that does not exist.

        Raises:
            OperationalError: None is named, it does not exist, or it cannot be reached.
        """
        from registry.stores import HTTPStore, MemoryStore, open_store

        url = self.url
        store: Store
        if url is None:
            location = location_of(str(self.store), create=create or imagine)
            path = path_of(location)
            absent = path is not None and not os.path.exists(path)
            store = MemoryStore() if imagine and absent else open_store(location)
        else:
            # without a file the store looks into the environment itself
            token = None if self.token_file is None else self.token
            tls = None if self.ca_file is None else self.tls()
            store = HTTPStore(url, token=token, tls=tls, allow_plain=self.allow_plain)
        try:
            if not create and not exists(store):
                if not imagine:
                    raise _nothing_at(self.store)
                store.close()
                store = MemoryStore()
            yield store
        finally:
            store.close()

    @property
    def is_made(self) -> bool:
        """Whether what is named exists.

        Raises:
            OperationalError: It cannot be reached.
        """
        if self.url is not None:
            return True
        from registry.stores import open_store

        location = location_of(str(self.store), create=True)
        path = path_of(location)
        if path is not None:
            return os.path.exists(path)
        with closing(open_store(location)) as store:
            return exists(store)


def exists(store: Store) -> bool:
    """Whether a store exists that would begin to when it is used."""
    from registry.stores.etcd import EtcdStore

    return not isinstance(store, EtcdStore) or store.is_there()


def _nothing_at(url: str | None) -> OperationalError:
    return OperationalError(
        f"There is no store at {quote(shown_url(str(url)), WHOLE)}.",
        suggestions=["Check the prefix, which follows the members: etcd://10.0.0.1:2379/prefix."],
    )


def where_options(function: Command) -> Command:
    """`--server`, `--token-file` and `--store`, which arrive together as `where`.

    There is no option for the token itself: what stands on a command line is shown to everyone on the machine by `ps`,
    and kept in the history of the shell.
    """

    @wraps(function)
    def collected(*arguments: Any, **given: Any) -> Any:
        where = Where(*(given.pop(name) for name in ("server", "store", "token_file", "ca_file", "allow_plain")))
        return function(*arguments, where=where, **given)

    options = (
        click.option(
            "--server", metavar="URL", help=f"The namespace server; by default {HOST} and {PORT} say where it is."
        ),
        click.option(
            "--token-file",
            metavar="FILE",
            help=f"Holds the access token, - for stdin; by default {TOKEN} does. Others see what a command line says.",
        ),
        click.option("--ca-file", metavar="FILE", help="Certificates of authorities to trust besides the system's."),
        click.option("--allow-plain", is_flag=True, help="Send the token without TLS, where something else encrypts."),
        click.option(
            "--store", metavar="URL", help="A store that no server has open: registry.db, or sqlite:///registry.db."
        ),
    )
    command: Command = collected
    for option in reversed(options):
        command = option(command)
    return command


def location_of(text: str, *, create: bool) -> str:
    """The URL of a store, from one or from the path of a file, if that is there or may be made.

    Raises:
        OperationalError: There is no such file, and none is to be made.
    """
    from registry.stores.opening import store_url

    url = store_url(text)
    path = path_of(url)
    if path is not None and not create and not os.path.exists(path):
        raise OperationalError(
            f"There is no file {quote(path, WHOLE)}.",
            suggestions=["Check the path. A relative one has three slashes (sqlite:///a.db), an absolute one four."],
        )
    return url


def path_of(url: str) -> str | None:
    """The file of a SQLite URL, None for any other."""
    found = url.removeprefix("sqlite:///")
    return unquote(found, errors="surrogateescape") if found != url else None


def choose_namespaces(store: Store, chosen: tuple[str, ...]) -> list[str]:
    """The namespaces that were chosen, in that order and each once, or all.

    Raises:
        RegistryNotFoundError: One of them is not there.
    """
    there = list(store.namespaces())
    for namespace in chosen:
        if namespace not in there:
            raise no_namespace(namespace, there)
    return list(dict.fromkeys(chosen)) if chosen else there


def no_namespace(namespace: str, there: Sequence[str]) -> RegistryNotFoundError:
    """The error for a namespace that is not among those that are there."""
    return RegistryNotFoundError(
        f"There is no namespace {quote(namespace)}.",
        suggestions=did_you_mean(namespace, there) or ["List those that this token can see with registry namespaces."],
    )


def complete_namespace(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Namespaces that begin like this, for shell completion, which has to stay silent whatever happens."""
    try:
        with completed_where(context).opened() as store:
            found = list(store.namespaces())
    except (Exception, SystemExit):  # no server must not print a traceback into somebody's prompt
        return []
    return [CompletionItem(name) for name in found if name.startswith(incomplete)]


def completed_where(context: click.Context) -> Where:
    """What a command line that is still being written says. Never reads stdin, which is the prompt."""
    values = context.params
    token_file = values.get("token_file")
    token_file = None if token_file == "-" else token_file
    return Where(
        values.get("server"), values.get("store"), token_file, values.get("ca_file"), bool(values.get("allow_plain"))
    )


def _full(server: str) -> str:
    return server if "://" in server else f"http://{server}"
