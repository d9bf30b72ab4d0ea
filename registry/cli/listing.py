"""`registry list`."""

import inspect
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import click

from registry.cli import shared
from registry.cli.application import registries_of
from registry.cli.options import app_option, find_app, namespaces_option
from registry.cli.output import on_one_line, safe, write
from registry.cli.where import Where, choose_namespaces, where_options
from registry.core import Registry
from registry.model import Entry
from registry.store_protocol import Store

if TYPE_CHECKING:
    from rich.text import Text


@attrs.frozen
class Row:
    """What one line of the list says."""

    registry: str
    name: str
    aliases: list[str]
    tags: list[str]
    kind: str
    description: str
    deprecated: str | None


@attrs.frozen
class SharedRow(Row):
    """What more is known of an entry that is shared; `time` is when it was written, in seconds since 1970-01-01 UTC."""

    reference: str | None
    distribution: str
    version: str
    fingerprint: str | None
    author: str
    time: float
    token: str
    fault: str


@click.command("list", short_help="List what is registered, here or on a server.")
@app_option
@click.option("--registry", "chosen", metavar="NAME", help="Only this registry of a catalog.")
@where_options
@namespaces_option
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only entries with this tag; repeatable.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How they are written.")
def list_entries(
    app: str | None,
    chosen: str | None,
    where: Where,
    namespaces: tuple[str, ...],
    tags: tuple[str, ...],
    form: str,
) -> None:
    """List what is registered: in the project, or in the namespaces of a server.

    Imports nothing that is registered lazily. With --server, --store or --namespace the entries come from the records
    there, and the code that they name need not be installed.
    """
    rows: Sequence[Row]
    if where.is_named or namespaces:
        where.refuse_app(app, chosen)
        with where.opened() as store:
            titles = choose_namespaces(store, namespaces)
            rows = [row for title in titles for row in shared_rows(store, title, set(tags))]
    else:
        registries = registries_of(find_app(app), chosen)
        titles = list(registries)
        rows = [row for name, registry in registries.items() for row in rows_of(name, registry, set(tags))]
    if form == "json":
        click.echo(json.dumps([attrs.asdict(row) for row in rows], indent=2))
        return
    for title in titles:
        own = [row for row in rows if row.registry == title]
        if len(titles) > 1:
            write(_title(title, len(own)))
        for line in _lines(own):
            write(line)


def rows_of(title: str, registry: Registry[Any, Any, Any], tags: set[str]) -> Iterator[Row]:
    """A row for each entry that has all of the tags."""
    for entry in registry.find(tags=tags):
        yield Row(
            title,
            str(entry.name),
            [str(alias) for alias in entry.aliases],
            sorted(entry.tags),
            kind_of(entry),
            description_of(entry),
            entry.deprecated,
        )


def shared_rows(store: Store, namespace: str, tags: set[str]) -> Iterator[SharedRow]:
    """A row for each entry of a namespace that has all of the tags."""
    for found in shared.read_namespace(store, namespace):
        record, stored = found.record, found.stored
        known = record is not None
        if tags - set(record.tags if known else ()):
            continue
        origin = record.origin if known else None
        yield SharedRow(
            namespace,
            stored.name,
            list(record.aliases) if known else [],
            list(record.tags) if known else [],
            shared.kind_of(record),
            shared.description_of(record) if known else found.fault,
            record.deprecated if known else None,
            reference=record.reference if known else None,
            distribution="" if origin is None else origin.distribution,
            version="" if origin is None else origin.version,
            fingerprint=record.fingerprint if known else None,
            author=stored.author,
            time=stored.time,
            token=str(found.token),
            fault=found.fault,
        )


def kind_of(entry: Entry[Any]) -> str:
    """What is registered, in a word; of what is not imported yet, its address."""
    if entry.is_lazy:
        return str(entry.target)
    if inspect.isclass(entry.target):
        return "class"
    return "function" if callable(entry.target) else "data"


def description_of(entry: Entry[Any]) -> str:
    """What was said at registration, else the first line of the docstring."""
    if entry.description:
        return entry.description
    # a value's docstring is its class's, and an alias of many values is not described by it
    documented = inspect.isclass(entry.target) or inspect.isroutine(entry.target)
    text = inspect.getdoc(entry.target) if documented and not entry.is_lazy else None
    return text.strip().partition("\n")[0] if text else ""


def _title(name: str, size: int) -> "Text":
    from rich.text import Text

    return Text().append(safe(name), "bold underline").append(f"  {size}", "dim")


def _lines(rows: Sequence[Row]) -> Iterator["Text"]:
    from rich.cells import cell_len
    from rich.text import Text

    names = [on_one_line(" ".join([row.name, *(f"({alias})" for alias in row.aliases)])) for row in rows]
    width = min(max(map(cell_len, names), default=0), 40)
    kinds = max((cell_len(row.kind) for row in rows), default=0)
    for row, name in zip(rows, names, strict=True):
        line = Text().append(name, "bold").append(" " * (max(width - cell_len(name), 0) + 2))
        unreadable = isinstance(row, SharedRow) and bool(row.fault)
        line.append(on_one_line(row.kind).ljust(min(kinds, 40)), "red" if unreadable else "dim")
        if row.tags:
            line.append(on_one_line(f"  [{', '.join(row.tags)}]"), "magenta")
        if row.deprecated is not None:
            line.append("  deprecated", "yellow")
        if isinstance(row, SharedRow) and row.version:
            line.append(on_one_line(f"  {row.version}"), "cyan")
        line.append(f"  {on_one_line(row.description)}" if row.description else "")
        line.rstrip()
        yield line
