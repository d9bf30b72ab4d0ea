"""What is asked of a backend in programs, and what the answers promise."""

from collections.abc import Iterator
from typing import Any

import attrs

from registry.model import Entry
from registry.protocols import InMemory, Listing
from registry.testing.backends.world import BackendStep, BackendWorld, expect
from registry.testing.drafts import spelled


@attrs.frozen
class Get:
    """`backend[name]`."""

    name: Any

    def take(self, world: BackendWorld) -> None:
        line, held = f"backend[{spelled(self.name)}]", world.model.held.get(self.name)
        if held is None:
            promise = "Looking up a name that is not there has to raise KeyError."
            world.history.refused(line, lambda: world.backend[self.name], KeyError, promise)
            return
        promise = "A look-up has to give the entry that was put last under the name, as it was put."
        answer = world.history.call(line, lambda: world.backend[self.name], promise)
        expect(world, held.draft, self.name, answer, promise)
        world.model.keep(line, answer)


@attrs.frozen
class Has:
    """`name in backend`."""

    name: Any

    def take(self, world: BackendWorld) -> None:
        answer = world.history.call(f"{spelled(self.name)} in backend", lambda: self.name in world.backend)
        promise = "`in` has to say whether there is an entry of this very name."
        world.history.check(answer is (self.name in world.model.held), promise, f"returned {answer!r}")


@attrs.frozen
class HasNoName:
    """`what in backend`, for what cannot be a name. A dict's TypeError is the same as no for what has no hash."""

    what: Any

    def take(self, world: BackendWorld) -> None:
        promise = "`in` has to be False for what cannot be a name."

        def ask() -> object:
            try:
                return self.what in world.backend
            except TypeError:
                if type(self.what).__hash__ is None:
                    return False
                raise

        answer = world.history.call(f"{self.what!r} in backend", ask, promise)
        world.history.check(answer is False, promise, f"returned {answer!r}")


@attrs.frozen
class Names:
    """`list(backend)` and `len(backend)`."""

    def take(self, world: BackendWorld) -> None:
        names = world.history.call("list(backend)", lambda: list(world.backend))
        _check_names(world, names, list(world.model.held), "Iteration", "aliases included, oldest first")
        count = world.history.call("len(backend)", lambda: len(world.backend))
        promise = "len() has to be the number of names, aliases included."
        world.history.check(count == len(world.model.held), promise, f"returned {count}, of {names!r}")


@attrs.frozen
class PrimaryNames:
    """`backend.primary_names()`, where the backend can."""

    def take(self, world: BackendWorld) -> None:
        backend = world.backend
        if not isinstance(backend, Listing):
            return
        for _ in range(2):
            names = world.history.call("backend.primary_names()", backend.primary_names)
            _check_names(world, names, world.model.primary(), "primary_names()", "aliases left out, oldest first")
            world.history.note("backend.primary_names().clear()")
            names.clear()  # it is the caller's


@attrs.frozen
class InDict:
    """`backend.entries`, where the backend has them."""

    def take(self, world: BackendWorld) -> None:
        backend = world.backend
        if not isinstance(backend, InMemory):
            return
        entries = world.history.call("backend.entries", lambda: backend.entries)
        promise = "`entries` has to be an exact dict."
        world.history.check(type(entries) is dict, promise, f"is a {type(entries).__name__}")
        promise = "Every entry in `entries` has to be the one that the backend holds under the name."
        for name, entry in list(entries.items()):
            if isinstance(entry, Entry):
                held = world.model.held.get(name)
                world.history.check(held is not None, promise, f"has {name!r}")
                if held is not None:
                    expect(world, held.draft, name, entry, promise)


@attrs.frozen
class Unchanged:
    """Entries that were put or given say what they said then."""

    def take(self, world: BackendWorld) -> None:
        line = world.model.changed()
        if line is not None:
            promise = "An entry that was put or given must never change: whoever holds it relies on what it said."
            raise world.history.broken(promise, f"has changed the entry of: {line}")


def audit(names: Iterator[Any] | list[Any]) -> list[BackendStep]:
    """Everything that can be asked about these names and the backend as a whole, one by one."""
    asked: list[BackendStep] = []
    for name in names:
        asked += [Has(name), Get(name)]
    return [*asked, Names(), PrimaryNames(), InDict(), Unchanged()]


def _check_names(world: BackendWorld, names: Any, expected: list[Any], who: str, how: str) -> None:
    told = f"returned {names!r}"
    world.history.check(isinstance(names, list), f"{who} has to give a list of its own.", told)
    world.history.check(len(set(names)) == len(names), f"{who} has to give each name once.", told)
    world.history.check(set(names) == set(expected), f"{who} has to give the names that are there, {how}.", told)
    world.history.check(world.model.in_order(names), f"{who} has to give the oldest name first.", told)
