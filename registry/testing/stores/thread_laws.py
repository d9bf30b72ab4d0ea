"""What a store promises when submissions come together: from several threads, or without waiting."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from registry.errors import RevisionConflictError
from registry.revisions import NOTHING_THERE, Change, Token
from registry.testing.stores.world import StoreWorld

RECORD = b'{"n":1}'


def _write(world: StoreWorld, *changes: Change) -> Token:
    world.submit("a", list(changes), world.operation())
    return Token(world.model.epoch, world.model.newest)


def of_many_threads_that_claim_a_name_one_wins(world: StoreWorld) -> None:
    promise = "Of several threads that submit a change which expects NOTHING_THERE, one has to win."
    world.history.note("# in 6 threads at once, each with another operation:")
    world.history.note("store.submit('a', [Change('x', b'{\"n\":1}', NOTHING_THERE)], operation=...).result()")
    ready = threading.Barrier(6)

    def claim(number: int) -> bool:
        ready.wait(world.patience)
        change = Change("x", b'{"n":%d}' % number, NOTHING_THERE)
        answer = world.store.submit("a", [change], operation=f"claim-{number}")
        return not isinstance(answer.exception(world.patience), RevisionConflictError)

    with ThreadPoolExecutor(6) as pool:
        won = sum(pool.map(claim, range(6)))
    world.history.check(won == 1, promise, f"{won} have won")


def a_counter_that_threads_increase_loses_nothing(world: StoreWorld) -> None:
    _write(world, Change("n", b'{"n":0}'))
    promise = "A change that expects a revision must be made to that revision only, whoever else writes."
    world.history.note("# in 3 threads, 5 times each, and again after each RevisionConflictError:")
    world.history.note("# read 'n', and submit one more, expecting the revision that was read")
    epoch = world.model.epoch

    def increase(thread: int) -> None:
        done = tried = 0
        until = time.monotonic() + world.patience
        while done < 5 and time.monotonic() < until:
            tried += 1
            stored = world.store.get("a", "n")
            number = int((stored.record or b"0").partition(b":")[2].rstrip(b"}")) if stored is not None else 0
            expected = Token(epoch, stored.revision if stored is not None else 0)
            change = Change("n", b'{"n":%d}' % (number + 1), expected)
            answer = world.store.submit("a", [change], operation=f"add-{thread}-{tried}")
            done += not isinstance(answer.exception(world.patience), RevisionConflictError)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(increase, range(3)))
    stored = world.store.get("a", "n")
    found = None if stored is None else stored.record
    world.history.check(found == b'{"n":15}', promise, f"has counted to {found!r} instead of 15")


def the_same_operation_twice_at_once_is_made_once(world: StoreWorld) -> None:
    line = "store.submit('a', [Change('x', b'{\"n\":1}', NOTHING_THERE)], operation='twice')"
    change = Change("x", RECORD, NOTHING_THERE)

    def submit() -> Future[Token]:
        return world.store.submit("a", [change], operation="twice")

    twice = [world.history.call(f"future_{number} = {line}", submit) for number in (1, 2)]
    promise = "An operation that is asked twice at once has to be made once, and answered twice."
    found = world.history.call(
        "[future_1.result(), future_2.result()]", lambda: [one.result(world.patience) for one in twice], promise
    )
    world.history.check(found[0] == found[1] == world.store.token(), promise, f"gave {found}")


def a_refused_submission_leaves_those_beside_it_alone(world: StoreWorld) -> None:
    _write(world, Change("taken", RECORD))
    world.history.note("# 20 submissions without waiting, of which every third expects that 'taken' is not there")
    futures: list[Future[Token]] = []
    for number in range(20):
        change = Change("taken", RECORD, NOTHING_THERE) if number % 3 == 0 else Change(f"n{number}", RECORD)
        futures.append(world.store.submit("a", [change], operation=f"many-{number}"))
    promise = "A submission that is refused must leave those beside it alone."
    for number, future in enumerate(futures):
        error = future.exception(world.patience)
        expected = RevisionConflictError if number % 3 == 0 else type(None)
        world.history.check(isinstance(error, expected), promise, f"answered number {number} with {error!r}")
    with world.store.snapshot("a") as snapshot:
        found = {stored.name for stored in snapshot}
    wanted = {"taken", *(f"n{number}" for number in range(20) if number % 3)}
    world.history.check(found == wanted, promise, f"holds {sorted(found)}")


def a_future_is_one_like_any_other(world: StoreWorld) -> None:
    told: list[Token] = []
    done = threading.Event()
    line = "future = store.submit('a', [Change('x', b'{\"n\":1}')], operation='one')"
    future = world.history.call(line, lambda: world.store.submit("a", [Change("x", RECORD)], operation="one"))

    def tell(one: Future[Token]) -> None:
        told.append(one.result())
        done.set()

    world.history.call("future.add_done_callback(callback)", lambda: future.add_done_callback(tell))
    promise = "submit() has to return a future like any other: with its result, again and again, and its callbacks."
    token = world.history.call("future.result()", lambda: future.result(world.patience), promise)
    called = done.wait(world.patience)
    kept = called and told == [token] == [future.result()] == [future.result(0)] and future.exception(0) is None
    world.history.check(kept and future.done() and not future.cancel(), promise, f"gave {token}, the callback {told}")


LAWS = (
    of_many_threads_that_claim_a_name_one_wins,
    a_counter_that_threads_increase_loses_nothing,
    the_same_operation_twice_at_once_is_made_once,
    a_refused_submission_leaves_those_beside_it_alone,
    a_future_is_one_like_any_other,
)
"""Each is tried on a new store."""
