"""What is done to a store and asked of it in programs, and what each call promises."""

from typing import Any

import attrs

from registry.revisions import ANYTHING, NOTHING_THERE, Change, Expect, Operation, Stored, Token
from registry.testing.stores.watching import read_watch
from registry.testing.stores.world import ELSEWHERE, StoreWorld


@attrs.frozen
class Submit:
    """A submission.

    Attributes:
        changes: Names and records, None to remove, each with what is expected: "anything", "nothing", "current" for
            the revision that is there, "stale" for the one before, "elsewhere" for one of another epoch.
        operation: An id; None for a new one.
    """

    namespace: str
    changes: tuple[tuple[str, bytes | None, str], ...]
    operation: str | None = None
    author: str = ""

    def take(self, world: StoreWorld) -> None:
        operation = world.operation() if self.operation is None else self.operation
        changes = [Change(name, record, self._expect(world, name, how)) for name, record, how in self.changes]
        world.submit(self.namespace, changes, operation, self.author)

    def _expect(self, world: StoreWorld, name: str, how: str) -> Expect | Token:
        if how in ("anything", "nothing"):
            return ANYTHING if how == "anything" else NOTHING_THERE
        held = world.model.here.get((self.namespace, name))
        revision = world.model.newest if held is None else held.revision
        if how == "elsewhere":
            return Token(ELSEWHERE, revision)
        return Token(world.model.epoch, revision if how == "current" else max(0, revision - 1))


@attrs.frozen
class Ask:
    """`store.get(namespace, name)`."""

    namespace: str
    name: str

    def take(self, world: StoreWorld) -> None:
        line = f"store.get({self.namespace!r}, {self.name!r})"
        found = world.history.call(line, lambda: world.store.get(self.namespace, self.name))
        wanted = world.model.here.get((self.namespace, self.name))
        promise = "get() has to give what was acknowledged last under the name, with its revision, or None."
        if wanted is None or found is None:
            world.history.check(wanted is None and found is None, promise, f"gave {found!r}")
        else:
            world.expect(wanted, found, promise)


@attrs.frozen
class Snap:
    """`store.snapshot(namespace)`, and all that is in it."""

    namespace: str

    def take(self, world: StoreWorld) -> None:
        def read() -> tuple[Token, int, list[Stored]]:
            with world.store.snapshot(self.namespace) as snapshot:
                return snapshot.token, snapshot.count, list(snapshot)

        token, count, found = world.history.call(f"list(store.snapshot({self.namespace!r}))", read)
        names = [one.name for one in found]
        promise = "The count of a snapshot has to be the number of its records."
        world.history.check(count == len(found), promise, f"has the count {count}, and {len(found)} records")
        wanted = {one.name: one for one in world.model.records(self.namespace)}
        promise = "A snapshot has to hold all records of its namespace, each as it was written last."
        world.history.check(sorted(names) == sorted(wanted), promise, f"has {names}")
        for one in found:
            world.expect(wanted[one.name], one, promise)
        order = [one.revision for one in found]
        promise = "A snapshot has to give the oldest revision first."
        world.history.check(order == sorted(order), promise, f"has the revisions {order}")
        promise = "The token of a snapshot has to be its moment: not before what it holds, nor after now."
        kept = token.epoch == world.model.epoch and world.model.newest <= token.revision
        world.history.check(kept, promise, f"has the token {token}, after revision {world.model.newest}")
        now = world.store.token()
        world.history.check(token.revision <= now.revision, promise, f"has the token {token}, and now is {now}")
        world.heard(now)


@attrs.frozen
class AskMoment:
    """`store.token()`."""

    def take(self, world: StoreWorld) -> None:
        world.heard(world.history.call("store.token()", world.store.token))


@attrs.frozen
class Spaces:
    """`store.namespaces()`."""

    def take(self, world: StoreWorld) -> None:
        promise = "namespaces() has to give those that have names, sorted, in a sequence that is the caller's."
        for _ in range(2):
            found = world.history.call("store.namespaces()", world.store.namespaces)
            world.history.check(list(found) == world.model.namespaces(), promise, f"gave {found!r}")
            spoil(world, "store.namespaces()", found)


@attrs.frozen
class LookBack:
    """`store.history(namespace, name)`, of a store that keeps its log for longer than a test takes."""

    namespace: str
    name: str

    def take(self, world: StoreWorld) -> None:
        line = f"store.history({self.namespace!r}, {self.name!r})"
        promise = "history() has to give all that a name held, newest first, a removal with None for its record."
        wanted = world.model.history(self.namespace, self.name)
        retention = world.store.retention
        whole = retention.seconds >= 600 or retention.operations >= 1000
        for _ in range(2):
            found = world.history.call(line, lambda: world.store.history(self.namespace, self.name))
            revisions = [one.revision for one in found]
            kept = len(found) == len(wanted) if whole else len(found) <= len(wanted)
            world.history.check(kept, promise, f"gave the revisions {revisions}")
            for one, other in zip(wanted, found, strict=False):
                world.expect(one, other, promise)
            spoil(world, line, found)


@attrs.frozen
class AskOperation:
    """`store.operation(id)`."""

    operation: str

    def take(self, world: StoreWorld) -> None:
        line = f"store.operation({self.operation!r})"
        found = world.history.call(line, lambda: world.store.operation(self.operation))
        known = world.model.operations.get(self.operation)
        if known is None:
            promise = "operation() has to be None for a submission that was not made."
            world.history.check(found is None, promise, f"gave {found!r}")
        else:
            (namespace, _), revision = known
            promise = "operation() has to give the namespace and the moment of a submission that was made."
            wanted = Operation(namespace, Token(world.model.epoch, revision))
            world.history.check(found == wanted, promise, f"gave {found!r}")


@attrs.frozen
class Follow:
    """A watch from some moment, read until it has told of a change that is made at its end.

    Attributes:
        back: How many submissions before the newest it begins.
        namespaces: Of which it tells; None for all.
    """

    back: int
    namespaces: tuple[str, ...] | None = None

    def take(self, world: StoreWorld) -> None:
        model = world.model
        since = model.log[-self.back - 1].revision if self.back < len(model.log) else model.start
        spaces = None if self.namespaces is None else list(self.namespaces)
        line = f"watch = store.watch(since=Token(epoch, {since}), namespaces={spaces!r})"
        token = Token(model.epoch, since)
        watch = world.history.call(line, lambda: world.store.watch(since=token, namespaces=spaces))
        try:
            namespace = "a" if spaces is None else spaces[0]
            world.submit(namespace, [Change("end", b'{"n":0}')], world.operation())
            told = model.since(since, spaces)
            world.history.note("list(watch)")
            fault = read_watch(watch, told, model.epoch, world.patience)
            if fault is not None:
                raise world.history.broken(*fault)
        finally:
            watch.close()


@attrs.frozen
class ReopenStore:
    """The store is closed, and made again in the same place."""

    def take(self, world: StoreWorld) -> None:
        if world.again is None:
            return
        world.history.call("store.close()", world.store.close, "close() must not fail.")
        world.store = world.history.call(f"store = {world.made}", world.again, "A store has to open again.")


def spoil(world: StoreWorld, line: str, found: Any) -> None:
    """Empty a list that a call gave, which is the caller's to do with as he likes."""
    if isinstance(found, list) and found:
        world.history.note(f"{line}.clear()")
        found.clear()
