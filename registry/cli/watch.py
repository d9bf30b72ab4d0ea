"""`registry watch`."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from registry.cli import shared
from registry.cli.options import namespaces_option
from registry.cli.output import moment, on_one_line, safe, write
from registry.cli.where import Where, where_options
from registry.errors import OperationalError
from registry.revisions import Frame, Reset, Seen, Stored, Token
from registry.store_protocol import Store

if TYPE_CHECKING:
    from rich.text import Text

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds before a server that cannot be reached is asked again: doubled each time."""


@click.command()
@where_options
@namespaces_option
@click.option("--since", metavar="TOKEN", help="Begin after this moment, as a change or an export names it.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="One line, or one JSON object, each."
)
def watch(where: Where, namespaces: tuple[str, ...], since: str | None, form: str) -> None:
    """Print each change as it happens, until Ctrl-C.

    A server that goes away is waited for, and what happened meanwhile is not left out; where that cannot be, because
    too much has happened since, a line says so. Later, --since goes on from the last token that was printed.
    """
    begin = None if since is None else Token.parse(since)
    try:
        with where.opened() as store:
            for seen, token in follow(store, begin, namespaces):
                for line in as_json(seen, token) if form == "json" else as_text(seen, token):
                    # not `write`, which would look at the terminal anew for each line
                    click.echo(line) if isinstance(line, str) else write(line)
    except KeyboardInterrupt:  # how one ends it, and no failure
        raise SystemExit(0) from None


def follow(store: Store, since: Token | None, namespaces: tuple[str, ...]) -> Iterator[tuple[Seen, Token]]:
    """What happens after a moment, with the token from which to go on; for ever.

    Raises:
        OperationalError: The store could not be reached even once.
        ValidationError: The access token does not allow it, or does so no longer.
    """
    token = store.token() if since is None else since
    pause = FIRST_PAUSE
    reached = since is None
    away = False
    while True:
        try:
            following = store.watch(since=token, namespaces=namespaces or None)
            try:
                for seen in following:
                    if away:
                        write("The server is there again.", "stderr")
                        away = False
                    reached, pause = True, FIRST_PAUSE
                    if isinstance(seen, Reset):
                        token = store.token()
                        yield seen, token
                        break
                    token = seen.token
                    yield seen, token
            finally:
                following.close()
        except OperationalError as error:
            if not reached:
                raise
            if not away:
                write(safe(f"{error.message} Trying again until it is there, or until Ctrl-C."), "stderr")
                away = True
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def as_text(seen: Seen, token: Token) -> "Iterator[Text]":
    """The lines for what a watch gave; none for a sign of life."""
    from rich.text import Text

    if isinstance(seen, Reset):
        yield Text(f"reset  {token}  some changes before this are not shown: {on_one_line(seen.reason)}", "yellow")
    elif isinstance(seen, Frame):
        for stored in seen.changes:
            yield _change(seen, stored)


def _change(frame: Frame, stored: Stored) -> "Text":
    from rich.text import Text

    line = Text().append(f"{moment(stored.time)}  ", "dim")
    line.append(*(("removed", "red") if stored.record is None else ("written", "green")))
    line.append(on_one_line(f"  {frame.namespace}  "), "").append(on_one_line(stored.name), "bold")
    if stored.record is not None:
        line.append(on_one_line(f"  {shared.kind_of(_read(frame, stored).record)}"), "dim")
    line.append(on_one_line(f"  by {stored.author}") if stored.author else "")
    return line.append(f"  {frame.token}", "dim")


def as_json(seen: Seen, token: Token) -> Iterator[str]:
    """The same for programs: one JSON object for each change; `value` is the record, null for a removal."""
    if isinstance(seen, Reset):
        yield json.dumps({"event": "reset", "token": str(token), "reason": seen.reason})
    elif isinstance(seen, Frame):
        for stored in seen.changes:
            yield json.dumps(
                {
                    "event": "removed" if stored.record is None else "written",
                    "token": str(seen.token),
                    "namespace": seen.namespace,
                    "key": stored.name,
                    "time": stored.time,
                    "author": stored.author,
                    "value": _value(stored),
                }
            )


def _value(stored: Stored) -> Any:
    """The record; as text where it is not JSON, which a store does not ask for."""
    if stored.record is None:
        return None
    try:
        return json.loads(stored.record)
    except ValueError:
        return stored.record.decode(errors="replace")


def _read(frame: Frame, stored: Stored) -> shared.Shared:
    return shared.read_stored(frame.namespace, stored, frame.token.epoch)
