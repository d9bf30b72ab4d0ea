"""`registry show`."""

import inspect
from typing import TYPE_CHECKING, Any

import click

from registry.cli.application import registries_of
from registry.cli.listing import kind_of
from registry.cli.options import app_option, complete_name, find_app
from registry.cli.output import safe, write
from registry.errors import AmbiguousNameError, EntryNotFoundError
from registry.model import MISSING, Entry
from registry.names import did_you_mean, quote
from registry.schema import Parameter, Schema

if TYPE_CHECKING:
    from rich.text import Text


@click.command()
@click.argument("name", shell_complete=complete_name)
@app_option
@click.option("--registry", "chosen", metavar="NAME", help="The registry of a catalog to look in.")
def show(name: str, app: str | None, chosen: str | None) -> None:
    """Show what one entry is and takes."""
    registries = registries_of(find_app(app), chosen)
    having = [registry for registry in registries.values() if name in registry]
    if not having:
        known = [known for registry in registries.values() for known in registry]
        where = " or ".join(map(quote, registries))
        raise EntryNotFoundError(f"There is no {quote(name)} in {where}.", suggestions=did_you_mean(name, known))
    if len(having) > 1:
        raise AmbiguousNameError(
            f"{quote(name)} is in {' and '.join(quote(registry.name) for registry in having)}.",
            suggestions=["Choose one with --registry."],
        )
    (registry,) = having
    entry = registry.entry(name)
    if entry.is_alias:
        entry = registry.entry(entry.alias_of)
    write(_facts(registry.name, entry))
    if kind_of(entry) != "data":
        write(_parameters(registry.schema(entry.name)))


def _facts(registry: str, entry: Entry[Any]) -> "Text":
    from rich.text import Text

    text = Text(safe(entry.name), "bold").append(f"  {safe(kind_of(entry))} in {quote(registry)}", "dim")
    if entry.deprecated is not None:
        text.append("\ndeprecated: ", "yellow").append(safe(entry.deprecated))
    facts = {
        "aliases": ", ".join(map(str, entry.aliases)),
        "tags": ", ".join(sorted(entry.tags)),
        "registered": "" if entry.origin is None else str(entry.origin),
        **{str(key): repr(value) for key, value in entry.metadata.items()},
    }
    for key, value in facts.items():
        if value:
            text.append(f"\n{safe(key)}: ", "dim").append(safe(value))
    if entry.description:
        text.append(f"\n\n{safe(entry.description)}")
    return text


def _parameters(schema: Schema) -> "Text":
    from rich.text import Text

    text = Text()
    if schema.description:
        text.append(f"\n{safe(schema.description)}\n")
    for parameter in schema.parameters.values():
        text.append("\n  ").append(safe(parameter.name), "bold").append(_signature(parameter), "dim")
        if note := schema.descriptions.get(parameter.name):
            text.append("\n").append(_wrapped(note))
    for stars, rest in (("*", schema.rest), ("**", schema.extra)):
        if rest is not None:
            text.append(f"\n  {stars}").append(safe(rest.name), "bold").append(_signature(rest), "dim")
    if schema.opaque:
        text.append("\n  Its signature cannot be read: it takes anything.", "dim")
    elif not (schema.parameters or schema.rest or schema.extra):
        text.append("\n  It takes no parameters.", "dim")
    if schema.returns is not MISSING:
        text.append("\n\nmakes ", "dim").append(safe(inspect.formatannotation(schema.returns)))
    return text


def _wrapped(note: str) -> str:
    """The beginning of a description, in lines that a terminal has room for."""
    from textwrap import fill, shorten

    return fill(safe(shorten(note, 400, placeholder=" …")), 100, initial_indent=" " * 6, subsequent_indent=" " * 6)


def _signature(parameter: Parameter) -> str:
    """The type and the default, or that it has to be given."""
    text = "" if parameter.annotation is MISSING else f": {inspect.formatannotation(parameter.annotation)}"
    if parameter.default is not MISSING:
        text += f" = {quote(parameter.default)}"
    text += "".join(f", {constraint!r}" for constraint in parameter.constraints)
    return safe(text + (" (left open for the caller)" if parameter.open else ""))
