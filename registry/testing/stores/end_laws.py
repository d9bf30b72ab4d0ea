"""How snapshots, watches and stores begin and end."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from functools import partial
from typing import Any

from registry.errors import StoreError
from registry.revisions import Beat, Change, Frame, Reset, Token
from registry.testing.stores.watching import ENDED, read, read_watch
from registry.testing.stores.world import StoreWorld

RECORD = b'{"n":1}'


def _write(world: StoreWorld, *changes: Change) -> Token:
    world.submit("a", list(changes), world.operation())
    return Token(world.model.epoch, world.model.newest)


def a_snapshot_is_of_one_moment(world: StoreWorld) -> None:
    _write(world, Change("x", RECORD), Change("y", RECORD))
    snapshot = world.history.call("snapshot = store.snapshot('a')", lambda: world.store.snapshot("a"))
    try:
        then = world.model.newest
        _write(world, Change("x", None), Change("y", b'{"n":2}'), Change("z", RECORD))
        found = world.history.call("list(snapshot)", lambda: {one.name: one.record for one in snapshot})
        promise = "A snapshot has to be of one moment, whatever is written before it is read."
        world.history.check(found == {"x": RECORD, "y": RECORD}, promise, f"gave {found}")
        told = world.model.since(then, ["a"])
        line = "list(store.watch(since=snapshot.token, namespaces=['a']))"
        world.history.note(line)
        watch = world.store.watch(since=snapshot.token, namespaces=["a"])
        fault = read_watch(watch, told, world.model.epoch, world.patience)
        watch.close()
        if fault is not None:
            raise world.history.broken(*fault)
    finally:
        snapshot.close()


def a_watch_that_cannot_begin_says_so(world: StoreWorld) -> None:
    token = _write(world, Change("x", RECORD))
    promise = "A watch from a moment of another epoch, or in the future, has to give a Reset at once, and to end."
    elsewhere = (Token(epoch, token.revision) for epoch in ("elsewhere", "0"))
    for wrong in (*elsewhere, Token(token.epoch, token.revision + 1_000_000)):
        line = f"list(store.watch(since=Token({wrong.epoch!r}, {wrong.revision})))"
        watch = world.history.call(line, partial(world.store.watch, since=wrong))
        found = read(watch, lambda seen: isinstance(seen, Frame | Beat), world.patience)
        watch.close()
        kept = len(found) == 2 and isinstance(found[0], Reset) and bool(found[0].reason) and found[1] is ENDED
        world.history.check(kept, promise, f"gave {found}")


def closing_a_watch_ends_a_next_that_waits(world: StoreWorld) -> None:
    token = _write(world, Change("x", RECORD))
    watch = world.history.call("watch = store.watch(since=token)", lambda: world.store.watch(since=token))
    world.history.note("# next(watch) waits in another thread")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(list, watch)
        time.sleep(0.05)
        _closed_watch(world, watch, waiting)
    world.history.call("watch.close()", watch.close, "A second close() of a watch has to do nothing.")
    left = world.history.call("list(watch)", lambda: list(watch))
    world.history.check(left == [], "A watch that was closed has to have ended.", f"gave {left}")


def closing_writes_what_was_submitted(world: StoreWorld) -> None:
    world.history.note(
        "futures = [store.submit('a', [Change(f'n{n}', b'{\"n\":1}')], operation=f'n{n}') for n in range(20)]"
    )
    futures = [world.store.submit("a", [Change(f"n{n}", RECORD)], operation=f"n{n}") for n in range(20)]
    world.history.call("store.close()", world.store.close)
    promise = "Closing has to write what was submitted before it."
    tokens = world.history.call(
        "[future.result() for future in futures]", lambda: {one.result(world.patience) for one in futures}, promise
    )
    world.history.check(len(tokens) == 20, promise, f"gave {len(tokens)} different tokens")


def a_store_that_was_closed_says_so_and_ends_its_watches(world: StoreWorld) -> None:
    store, token = world.store, _write(world, Change("x", RECORD))
    watch = world.history.call("watch = store.watch(since=token)", lambda: store.watch(since=token))
    world.history.note("# next(watch) waits in another thread")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(list, watch)
        time.sleep(0.05)
        world.history.call("store.close()", store.close)
        promise = "close() has to end the watches of a store."
        try:
            found = waiting.result(world.patience)
        except FutureTimeout as error:
            watch.close()
            raise world.history.broken(promise, "has left one waiting") from error
        world.history.check(all(isinstance(one, Beat) for one in found), promise, f"gave {found}")
    world.history.call("store.close()", store.close, "A second close() of a store has to do nothing.")
    questions: dict[str, Callable[[], object]] = {
        "store.token()": store.token,
        "store.namespaces()": store.namespaces,
        "store.get('a', 'x')": lambda: store.get("a", "x"),
        "list(store.snapshot('a'))": lambda: list(store.snapshot("a")),
        "store.history('a', 'x')": lambda: store.history("a", "x"),
        "store.operation('operation-1')": lambda: store.operation("operation-1"),
        "store.watch(since=token)": lambda: store.watch(since=token),
        "store.submit('a', [Change('y', b'{}')], operation='late').result()": lambda: store.submit(
            "a", [Change("y", b"{}")], operation="late"
        ).result(world.patience),
    }
    promise = "Every call to a store that was closed has to raise a StoreError."
    for line, ask in questions.items():
        world.history.refused(line, ask, StoreError, promise)


def a_watch_says_how_far_it_came(world: StoreWorld) -> None:
    token = _write(world, Change("x", RECORD))
    watch = world.history.call(
        "watch = store.watch(since=token, namespaces=['b'])",
        lambda: world.store.watch(since=Token(token.epoch, world.model.start), namespaces=["b"]),
    )
    world.history.note("next(watch)")
    found = read(watch, lambda seen: isinstance(seen, Beat) and seen.token == token, world.patience)
    watch.close()
    promise = "A watch has to give a Beat at least every second, which says how far everything was delivered."
    kept = bool(found) and all(isinstance(one, Beat) for one in found) and found[-1].token == token
    world.history.check(kept, promise, f"gave {found} in {world.patience:g} seconds, and now is {token}")


def _closed_watch(world: StoreWorld, watch: Any, waiting: Future[Any]) -> None:
    world.history.call("watch.close()", watch.close)
    promise = "Closing has to end a `next` that another thread waits in."
    try:
        found = waiting.result(world.patience)
    except FutureTimeout as error:
        raise world.history.broken(promise, f"has left it waiting for {world.patience:g} seconds") from error
    world.history.check(all(isinstance(one, Beat) for one in found), promise, f"gave {found}")


LAWS = (
    a_snapshot_is_of_one_moment,
    a_watch_that_cannot_begin_says_so,
    closing_a_watch_ends_a_next_that_waits,
    closing_writes_what_was_submitted,
    a_store_that_was_closed_says_so_and_ends_its_watches,
    a_watch_says_how_far_it_came,
)
"""Each is tried on a new store; that of the beat comes last, since it has to wait for a second."""
