"""`registry show`."""

import inspect
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from registry.cli import shared
from registry.cli.application import registries_of
from registry.cli.history import history_lines
from registry.cli.listing import kind_of
from registry.cli.options import app_option, complete_name, find_app, namespaces_option
from registry.cli.output import moment, on_one_line, safe, shown, write
from registry.cli.where import Where, where_options
from registry.closeness import did_you_mean
from registry.errors import AmbiguousNameError, EntryNotFoundError
from registry.model import MISSING, Entry
from registry.names import quote
from registry.schema import Parameter, Schema

if TYPE_CHECKING:
    from rich.text import Text


@click.command(short_help="Show what one entry is and takes.")
@click.argument("name", shell_complete=complete_name)
@app_option
@click.option("--registry", "chosen", metavar="NAME", help="The registry of a catalog to look in.")
@where_options
@namespaces_option
@click.option("--history", is_flag=True, help="Show what the name was before, as far back as the server knows.")
def show(
    name: str, app: str | None, chosen: str | None, where: Where, namespaces: tuple[str, ...], history: bool
) -> None:
    """Show what one entry is and takes: of the project, or of a namespace of a server.

    With --server, --store or --namespace all comes from the record there, and the code need not be installed.
    """
    if where.is_named or namespaces or history:
        where.refuse_app(app, chosen)
        _show_shared(name, where, namespaces, history)
        return
    registries = registries_of(find_app(app), chosen)
    having = [registry for registry in registries.values() if name in registry]
    if not having:
        known = [known for registry in registries.values() for known in registry]
        titles = " or ".join(map(quote, registries))
        raise EntryNotFoundError(f"There is no {quote(name)} in {titles}.", suggestions=did_you_mean(name, known))
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


def _show_shared(name: str, where: Where, namespaces: tuple[str, ...], history: bool) -> None:
    from registry.records import decode_schema

    with where.opened() as store:
        found = shared.find_shared(store, name, namespaces)
        write(_shared_facts(found))
        if found.record is not None and found.record.schema is not None:
            write(_parameters(decode_schema(found.record.schema)))
        elif found.record is not None and found.record.kind == "data":
            write(_data(found.record.data))
        if history:
            for line in history_lines(store, found.namespace, found.stored.name):
                write(line)


def _facts(registry: str, entry: Entry[Any]) -> "Text":
    facts = [
        ("aliases", ", ".join(map(str, entry.aliases))),
        ("tags", ", ".join(sorted(entry.tags))),
        ("registered", "" if entry.origin is None else str(entry.origin)),
        *((str(key), repr(value)) for key, value in entry.metadata.items()),
    ]
    return _told(str(entry.name), f"{kind_of(entry)} in {quote(registry)}", entry.deprecated, facts, entry.description)


def _shared_facts(found: shared.Shared) -> "Text":
    record, stored = found.record, found.stored
    written = [
        ("written", moment(stored.time) + (f" by {stored.author}" if stored.author else "")),
        ("token", str(found.token)),
    ]
    if record is None:
        return _told(stored.name, f"in {quote(found.namespace)}", None, [("cannot be read", found.fault), *written], "")
    kind = shared.kind_of(record) if record.kind == "alias" else record.kind
    facts = [
        ("reference", record.reference or ""),
        ("type", record.type or ""),
        ("aliases", ", ".join(record.aliases)),
        ("tags", ", ".join(record.tags)),
        ("version", shared.version_of(record)),
        ("registered", shared.place_of(record)),
        ("fingerprint", record.fingerprint or ""),
        *written,
        *((key, repr(value)) for key, value in record.metadata.items()),
    ]
    return _told(stored.name, f"{kind} in {quote(found.namespace)}", record.deprecated, facts, record.description)


def _told(name: str, what: str, deprecated: str | None, facts: Iterable[tuple[str, str]], description: str) -> "Text":
    from rich.text import Text

    text = Text().append(safe(name), "bold").append(f"  {safe(what)}", "dim")
    if deprecated is not None:
        text.append("\ndeprecated: ", "yellow").append(safe(deprecated))
    for key, value in facts:  # each in one line of its own, or a tag could look like another fact
        if value:
            text.append(f"\n{on_one_line(key)}: ", "dim").append(on_one_line(value))
    if description:
        text.append(f"\n\n{safe(description)}")
    return text


def _data(data: Any) -> "Text":
    import json

    from rich.text import Text

    written = json.dumps(data, indent=2, ensure_ascii=False)
    return Text("\n").append("\n".join(f"  {safe(line)}" for line in written.splitlines()))


def _parameters(schema: Schema) -> "Text":
    from rich.text import Text

    text = Text()
    if schema.description:
        text.append(f"\n{safe(schema.description)}\n")
    for parameter in schema.parameters.values():
        text.append("\n  ").append(safe(parameter.name), "bold").append(signature_of(parameter), "dim")
        if note := schema.descriptions.get(parameter.name):
            text.append("\n").append(_wrapped(note))
    for stars, rest in (("*", schema.rest), ("**", schema.extra)):
        if rest is not None:
            text.append(f"\n  {stars}").append(safe(rest.name), "bold").append(signature_of(rest), "dim")
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


def signature_of(parameter: Parameter) -> str:
    """The type and the default, or that it has to be given."""
    text = "" if parameter.annotation is MISSING else f": {inspect.formatannotation(parameter.annotation)}"
    if parameter.default is not MISSING:
        text += f" = {shown(parameter.default)}"
    text += "".join(f", {constraint!r}" for constraint in parameter.constraints)
    return safe(text + (" (left open for the caller)" if parameter.open else ""))
