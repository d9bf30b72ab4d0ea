"""`registry namespaces`."""

import json
from typing import TYPE_CHECKING

import attrs
import click

from registry.cli.output import counted, moment, safe, write
from registry.cli.shared import read_stored
from registry.cli.where import Where, where_options
from registry.revisions import Stored
from registry.store_protocol import Store

if TYPE_CHECKING:
    from rich.text import Text


@attrs.frozen
class Row:
    """What one line says; `changed` is when something in it was last written, in seconds since 1970-01-01 UTC."""

    namespace: str
    entries: int
    aliases: int
    changed: float | None
    author: str
    token: str


@click.command(short_help="List the namespaces of a server or store.")
@where_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How they are written.")
def namespaces(where: Where, form: str) -> None:
    """List the namespaces of a server or store: how many entries each has, and when it last changed."""
    with where.opened() as store:
        rows = [row_of(store, namespace) for namespace in store.namespaces()]
    if form == "json":
        click.echo(json.dumps([attrs.asdict(row) for row in rows], indent=2))
        return
    for line in _lines(rows):
        write(line)
    if not rows:
        write("There is no namespace yet, or none that this token can see.", "stderr")


def row_of(store: Store, namespace: str) -> Row:
    """Count what is in a namespace. What was removed last does not show, since nothing of it is left to look at."""
    entries = aliases = 0
    newest = None
    with store.snapshot(namespace) as snapshot:
        token = str(snapshot.token)
        for stored in snapshot:
            if _is_alias(namespace, stored):
                aliases += 1
            else:
                entries += 1
            newest = stored  # the oldest comes first
    if newest is None:
        return Row(namespace, 0, 0, None, "", token)
    return Row(namespace, entries, aliases, newest.time, newest.author, token)


def _is_alias(namespace: str, stored: Stored) -> bool:
    record = stored.record or b""
    if b"alias" not in record and b"\\u" not in record:  # most have neither the word nor an escape that may spell it
        return False
    found = read_stored(namespace, stored, "x").record
    return found is not None and found.kind == "alias"


def _lines(rows: list[Row]) -> "list[Text]":
    from rich.cells import cell_len
    from rich.text import Text

    width = min(max((cell_len(safe(row.namespace)) for row in rows), default=0), 40)
    digits = max((len(f"{row.entries:,}") for row in rows), default=0)
    lines = []
    for row in rows:
        name = safe(row.namespace)
        line = Text().append(name, "bold").append(" " * (max(width - cell_len(name), 0) + 2))
        line.append(f"{row.entries:>{digits},} {'entry  ' if row.entries == 1 else 'entries'}")
        if row.changed is not None:
            line.append(f"  changed {moment(row.changed)}", "dim")
            line.append(safe(f" by {row.author}") if row.author else "", "dim")
        if row.aliases:
            line.append(f"  ({counted(row.aliases, 'alias', 'aliases')})", "dim")
        lines.append(line)
    return lines
