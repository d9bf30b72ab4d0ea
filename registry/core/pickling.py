"""How a registry travels: as the variable that holds it, with its names as references."""

import pickle
import sys
from typing import Any, TypeVar

import attrs

from registry.core.changes import Changes, duplicate, same_definition
from registry.core.entries import Entries
from registry.errors import ResolutionError
from registry.model import Entry, Reference
from registry.names import quote
from registry.references import import_reference, portable

T = TypeVar("T")

Address = tuple[str, str]
"""A module and a variable of it."""

Packed = list[Entry[Any] | str]
"""The entries of a registry; of what is shared in it the references that were trusted where it was pickled."""


def address_of_variable(thing: object, home: str | None) -> Address | None:
    """The module-level variable that holds this very object: where it was created if possible, else anywhere."""
    modules = dict(sys.modules)
    modules.pop("builtins", None)  # its `_` holds the last value of an interactive session
    main = modules.pop("__main__", None)
    first = main if home == "__main__" else modules.get(home or "")
    for module in (first, *modules.values(), main):
        for variable, value in list(getattr(module, "__dict__", {}).items()):
            if value is thing and isinstance(variable, str) and variable.isidentifier():
                name = str(getattr(module, "__name__", ""))
                return "__main__" if name == "__mp_main__" else name, variable
    return None


def pack(held: Entries) -> Packed:
    """Entries as they travel: a reference in place of each artifact, or the reason why there is none.

    Aliases travel with their targets. What is shared stays where it is: the worker reads it there too, and is told
    which references it may resolve, since a pickle is trusted already.
    """
    from registry.backends import shared_parts

    trusted = [reference for part in shared_parts(held.backend) for reference in part.trusted()]
    entries = [] if held.shared is not None else [entry for entry in held.held() if entry.received is None]
    aliases: dict[Any, list[Any]] = {}
    for entry in entries:
        if entry.is_alias:
            aliases.setdefault(entry.alias_of, []).append(entry.name)
    packed = [
        attrs.evolve(
            entry,
            target=portable(entry.target, entry.reference),
            reference=None,
            aliases=tuple(aliases.get(entry.name, ())),
        )
        for entry in entries
        if not entry.is_alias
    ]
    return [*trusted, *packed]


def unpack(entries: Entries, packed: Packed) -> None:
    """Add the names that are missing here. Asks no server, unless one stands behind entries of this process alone.

    Raises:
        DuplicateEntryError: A name stands for another definition here; nothing was added.
    """
    from registry.backends import shared_parts

    arrived = [entry for entry in packed if isinstance(entry, Entry)]
    trusted = [entry for entry in packed if isinstance(entry, str)]
    if trusted:
        for part in shared_parts(entries.backend):
            part.trust(trusted)

    def work(changes: Changes) -> None:
        for entry in arrived:
            held = changes.now(entry.name)
            if held is None:
                changes.add(entry, "error")
            elif held.is_alias or not same_definition(held, entry):
                raise duplicate(entries.registry, entry.name, held, entry)
            elif missing := [alias for alias in entry.aliases if alias not in held.aliases]:
                changes.add(attrs.evolve(held, aliases=(*held.aliases, *missing)), "error")

    entries.change(work)


def reduce(registry: object, home: str | None, parts: dict[str, Any], entries: Entries) -> Any:
    """What `Registry.__reduce__` gives: its `__setstate__` unpacks the entries."""
    address = address_of_variable(registry, home)
    packed = pack(entries)
    if address is None:
        return restore, (type(registry), None, parts), packed
    spare: bytes | None = None
    if address[0] == "__main__":  # the worker may run another main module
        try:
            spare = pickle.dumps(parts)
        except Exception:  # parts that cannot travel are not needed where the variable is found
            spare = None
    return restore, (type(registry), address, spare), packed


def restore(kind: type[T], address: Address | None, parts: Any) -> T:
    """The registry that a pickle means in this process.

    Raises:
        ResolutionError: No module here has the variable.
    """
    if address is not None:
        reference = Reference(":".join(address))
        try:
            found = import_reference(reference)
            if isinstance(found, kind):
                return found
            raise ResolutionError(
                f"{quote(reference.target)} is a {type(found).__name__} here, and a registry where it was pickled.",
                suggestions=["Run the same version of the module in every process."],
                context={"reference": reference.target},
            )
        except ResolutionError:
            if parts is None:
                raise
    return kind(**(pickle.loads(parts) if isinstance(parts, bytes) else parts))
