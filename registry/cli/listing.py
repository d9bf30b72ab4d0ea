"""`registry list`."""

import inspect
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs
import click

from registry.cli.application import registries_of
from registry.cli.options import app_option, find_app
from registry.cli.output import safe, write
from registry.core import Registry
from registry.model import Entry

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


@click.command("list")
@app_option
@click.option("--registry", "chosen", metavar="NAME", help="Only this registry of a catalog.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only entries with this tag; repeatable.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How they are written.")
def list_entries(app: str | None, chosen: str | None, tags: tuple[str, ...], form: str) -> None:
    """List what is registered. Imports nothing that is registered lazily."""
    registries = registries_of(find_app(app), chosen)
    rows = [row for name, registry in registries.items() for row in rows_of(name, registry, set(tags))]
    if form == "json":
        click.echo(json.dumps([attrs.asdict(row) for row in rows], indent=2))
        return
    for title in registries:
        own = [row for row in rows if row.registry == title]
        if len(registries) > 1:
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

    return Text(safe(name), "bold underline").append(f"  {size}", "dim")


def _lines(rows: list[Row]) -> Iterator["Text"]:
    from rich.cells import cell_len
    from rich.text import Text

    names = [safe(" ".join([row.name, *(f"({alias})" for alias in row.aliases)])) for row in rows]
    width = min(max(map(cell_len, names), default=0), 40)
    kinds = max((cell_len(row.kind) for row in rows), default=0)
    for row, name in zip(rows, names, strict=True):
        line = Text(name, "bold").append(" " * (max(width - cell_len(name), 0) + 2))
        line.append(safe(row.kind).ljust(min(kinds, 40)), "dim")
        if row.tags:
            line.append(safe(f"  [{', '.join(row.tags)}]"), "magenta")
        if row.deprecated is not None:
            line.append("  deprecated", "yellow")
        line.append(f"  {safe(row.description)}" if row.description else "")
        line.rstrip()
        yield line
