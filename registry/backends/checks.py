"""What a backend that comes with entries must hold."""

from collections.abc import Iterator
from typing import Any

from registry.errors import ValidationError
from registry.model import Entry
from registry.names import quote
from registry.protocols import Backend, InMemory

SHOWN = 10
"""How many mistakes are spelt out in the suggestions; all are in the context."""


def check_entries(backend: Backend[Any, Any]) -> None:
    """Refuse a backend that holds something other than entries, or an entry under a name that is not its own.

    What is shared with other processes is not looked at: it would have to be asked for, and makes its entries itself.

    Raises:
        ValidationError: With every such name, and how to write it.
    """
    faults: dict[Any, str] = {}
    advice: list[str] = []
    bare = False
    for name, entry in held_here(backend):
        shown = quote(name)
        if not isinstance(entry, Entry):
            bare = True
            faults[name] = f"{shown} is {_describe(entry)}"
            advice.append(f"Write {shown}: Entry({shown}, {_spell(entry)}).")
        elif entry.name != name:
            faults[name] = f"{shown} is the entry {quote(entry.name)}"
            advice.append(f"Put it under its own name, {quote(entry.name)}.")
    if not faults:
        return
    first = next(iter(faults.values()))
    more = f", and {len(faults) - 1} more are wrong" if len(faults) > 1 else ""
    suggestions = advice[:SHOWN]
    if bare:
        suggestions.append("Or begin with an empty backend and pass the artifacts to register_many().")
    raise ValidationError(
        f"A backend holds entries under their own names, but {first}{more}.",
        suggestions=suggestions,
        context={"names": [name if isinstance(name, str) else repr(name) for name in faults]},
    )


def held_here(backend: Any) -> Iterator[tuple[Any, object]]:
    """What a backend holds by name, of those parts of it that are not shared: so nobody else is asked."""
    if hasattr(backend, "exchange"):
        return
    beneath = getattr(backend, "beneath", None)  # what the layered and read-only ones look into
    if isinstance(beneath, tuple):
        for part in beneath:
            yield from held_here(part)
        return
    held = backend.entries if isinstance(backend, InMemory) else backend
    for name in list(held):
        try:
            yield name, held[name]
        except KeyError:  # removed since it was listed
            continue


def shared_parts(backend: Any) -> Iterator[Any]:
    """The shared ones among what a backend is made of, itself included."""
    if hasattr(backend, "exchange"):
        yield backend
    beneath = getattr(backend, "beneath", None)
    for part in beneath if isinstance(beneath, tuple) else ():
        yield from shared_parts(part)


def _describe(value: object) -> str:
    if isinstance(value, type):
        return f"the class {quote(value.__qualname__)}"
    name = getattr(value, "__qualname__", None)
    return f"the {type(value).__name__} {quote(name)}" if isinstance(name, str) else f"a bare {type(value).__name__}"


def _spell(value: object) -> str:
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) and name.isidentifier() else "artifact"
