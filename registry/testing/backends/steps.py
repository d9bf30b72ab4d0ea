"""What is done to a backend in programs, and what each call promises."""

from typing import Any

import attrs

from registry.errors import DiagnosticError
from registry.model import Entry
from registry.protocols import Transactional
from registry.testing.backends.questions import Get, Has
from registry.testing.backends.world import BackendWorld, expect
from registry.testing.drafts import Draft, spelled


@attrs.frozen
class Put:
    """`backend[name] = entry`."""

    name: Any
    draft: Draft

    def take(self, world: BackendWorld) -> None:
        line, entry = f"backend[{spelled(self.name)}] = {self.draft.spelled(self.name)}", self.draft.entry(self.name)
        world.model.keep(line, entry)
        promise = "Putting an entry under a name that registries allow must not fail."
        world.history.call(line, lambda: world.backend.__setitem__(self.name, entry), promise)
        world.model.put([(self.name, self.draft)])


@attrs.frozen
class Claim:
    """`backend.setdefault(name, entry)`."""

    name: Any
    draft: Draft

    def take(self, world: BackendWorld) -> None:
        line = f"backend.setdefault({spelled(self.name)}, {self.draft.spelled(self.name)})"
        entry, held = self.draft.entry(self.name), world.model.held.get(self.name)
        world.model.keep(line, entry)
        promise = "setdefault() under a name that registries allow must not fail."
        answer = world.history.call(line, lambda: world.backend.setdefault(self.name, entry), promise)
        if held is None:
            world.history.check(
                answer is entry,
                "setdefault() has to return `entry` itself when it put it.",
                "returned another object" if isinstance(answer, Entry) else f"returned {answer!r}",
            )
            world.model.put([(self.name, self.draft)])
            return
        promise = "setdefault() has to return the entry that was there before, and never `entry` then."
        world.history.check(answer is not entry, promise, "returned `entry` itself")
        expect(world, held.draft, self.name, answer, promise)


@attrs.frozen
class Remove:
    """`del backend[name]`."""

    name: Any

    def take(self, world: BackendWorld) -> None:
        line = f"del backend[{spelled(self.name)}]"
        if self.name in world.model.held:
            world.history.call(line, lambda: world.backend.__delitem__(self.name))
            world.model.remove(self.name)
        else:
            promise = "Removing a name that is not there has to raise KeyError."
            world.history.refused(line, lambda: world.backend.__delitem__(self.name), KeyError, promise)


@attrs.frozen
class Apply:
    """`backend.apply(changes)`, where the backend can; None removes a name."""

    changes: tuple[tuple[Any, Draft | None], ...]

    def take(self, world: BackendWorld) -> None:
        backend = world.backend
        if not isinstance(backend, Transactional):
            return
        written = [
            f"{spelled(name)}: {'None' if draft is None else draft.spelled(name)}" for name, draft in self.changes
        ]
        line = f"backend.apply({{{', '.join(written)}}})"
        changes = {name: None if draft is None else draft.entry(name) for name, draft in self.changes}
        absent = [name for name, draft in self.changes if draft is None and name not in world.model.held]
        if absent:
            promise = "apply() has to raise KeyError when a name to remove is not there."
            world.history.refused(line, lambda: backend.apply(changes), KeyError, promise)
        else:
            world.history.call(line, lambda: backend.apply(changes))
            for name, draft in self.changes:
                if draft is None:
                    world.model.remove(name)
            world.model.put([(name, draft) for name, draft in self.changes if draft is not None])
        changes.clear()  # the caller's own, which the backend has no business to keep


@attrs.frozen
class Refuse:
    """A name that some backends cannot hold: refused in every way or in none, and nothing changed."""

    name: Any
    beside: Any
    draft: Draft

    def take(self, world: BackendWorld) -> None:
        backend, name = world.backend, self.name
        entry, beside = self.draft.entry(name), self.draft.entry(self.beside)
        said = self.draft.spelled(name)
        line = f"backend[{spelled(name)}] = {said}"
        world.history.note(line)
        promise = "A name that a backend cannot hold has to be refused by a DiagnosticError (InvalidNameError)."
        try:
            backend[name] = entry
        except DiagnosticError as error:
            world.history.lines[-1] += f"  # raised {type(error).__name__}"
        except Exception as error:  # whatever a part lets through
            raise world.history.broken(promise, f"raised {error!r}") from error
        else:
            world.model.put([(name, self.draft)])
            Get(name).take(world)
            Remove(name).take(world)
            return
        every = "A name that one way of writing refuses has to be refused by all of them, by a DiagnosticError."
        line = f"backend.setdefault({spelled(name)}, {said})"
        world.history.refused(line, lambda: backend.setdefault(name, self.draft.entry(name)), DiagnosticError, every)
        if isinstance(backend, Transactional):
            changes = {self.beside: beside, name: self.draft.entry(name)}
            line = f"backend.apply({{{self.beside!r}: {self.draft.spelled(self.beside)}, {spelled(name)}: {said}}})"
            world.history.refused(line, lambda: backend.apply(changes), DiagnosticError, every)
        Has(name).take(world)
        Get(name).take(world)


@attrs.frozen
class Reopen:
    """The backend is closed, and made again in the same place."""

    def take(self, world: BackendWorld) -> None:
        if world.again is None:
            return
        world.close()
        world.backend = world.history.call(f"backend = {world.made}", world.again, "A backend has to open again.")
