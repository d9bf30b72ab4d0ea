"""`registry diff`."""

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import attrs
import click

from registry.cli.difference.comparing import Comparison, Difference, compare
from registry.cli.output import on_one_line, safe, write
from registry.cli.where import Where, choose_namespaces, complete_namespace, where_options
from registry.stores.opening import store_url

if TYPE_CHECKING:
    from rich.text import Text

_SIGNS = {"removed": ("-", "red"), "added": ("+", "green"), "changed": ("~", "yellow")}


@click.command(short_help="Show how two namespaces differ.")
@click.argument("first", shell_complete=complete_namespace, metavar="NAMESPACE")
@click.argument("second", shell_complete=complete_namespace, metavar="[NAMESPACE]", required=False)
@where_options
@click.option(
    "--other",
    metavar="URL",
    help="Where the second one is: a server, or a store that no server has open; else there too.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is written.")
@click.option("--exit-code", is_flag=True, help="Leave with 1 if they differ.")
def diff(first: str, second: str | None, where: Where, other: str | None, form: str, exit_code: bool) -> None:
    """Show how two namespaces differ, name by name: what each has alone, and what is told otherwise.

    The second one is called like the first, unless it is named. Nothing is imported, and the code that entries name
    need not be installed.
    """
    if second is None and other is None:
        raise click.UsageError("Name a second namespace, or where another one of that name is with --other.")
    second = first if second is None else second
    with ExitStack() as opened:
        here = opened.enter_context(where.opened())
        there = here if other is None else opened.enter_context(_other(where, other).opened())
        choose_namespaces(here, (first,))
        choose_namespaces(there, (second,))
        found = compare(here, first, there, second)
    if form == "json":
        click.echo(json.dumps(attrs.asdict(found), indent=2, ensure_ascii=False))
    else:
        for difference in found.differences:
            write(_lines(difference))
        write(_summary(found))
    if exit_code and found.differences:
        raise click.exceptions.Exit(1)


def _other(where: Where, url: str) -> Where:
    url = store_url(url)
    if url.partition(":")[0].lower() in ("http", "https"):
        return attrs.evolve(where, server=url, store=None)
    return Where(None, url)


def _lines(difference: Difference) -> "Text":
    from rich.text import Text

    sign, style = _SIGNS[difference.kind]
    text = Text().append(f"{sign} ", style).append(on_one_line(difference.name), f"bold {style}")
    if difference.kind != "changed":
        for fact in difference.facts:
            text.append(f"  {on_one_line(fact.before or fact.after)}", "dim")
        return text
    for fact in difference.facts:
        if fact.name.startswith("parameter "):
            text.append("\n   ")
        else:
            text.append(f"\n    {on_one_line(fact.name)}:", "dim")
        if fact.before:
            text.append(" ").append(on_one_line(fact.before), "red")
        text.append(" ->", "dim")
        text.append(" ").append(on_one_line(fact.after) if fact.after else "nothing", "green" if fact.after else "dim")
    return text


def _summary(found: Comparison) -> str:
    counts = [f"{found.count(kind):,} {kind}" for kind in ("removed", "added", "changed") if found.count(kind)]
    if not counts:
        return f"No differences; {found.same:,} the same."
    return safe(f"{', '.join(counts)}, {found.same:,} the same.")
