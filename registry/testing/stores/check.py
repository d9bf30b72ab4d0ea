"""Checks a store against an independent model of one, and against laws."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st

from registry.revisions import Change
from registry.testing.histories import Failure, History, Search, fail, failure_of
from registry.testing.making import check_reopening, let_go, made_by, place_of
from registry.testing.stores import end_laws, log_laws, refusal_laws, thread_laws
from registry.testing.stores.programs import DIRECTED, drawn_programs, simpler_programs
from registry.testing.stores.world import StoreStep, StoreWorld

__all__ = ["check_store"]

LAWS = (*thread_laws.LAWS, *log_laws.LAWS, *refusal_laws.LAWS, *end_laws.LAWS)


def check_store(
    make: Callable[..., Any], *, reopen: bool = False, max_examples: int = 10, steps: int = 8, patience: float = 10.0
) -> None:
    """Check that a part is a `Store`, and keeps the promises of `registry.store_protocol`.

    Programs of calls are played on it and on a model: some that show mistakes which are easily made, and drawn ones.
    Then come laws about watches, ends, limits, refusals, and several threads at once.

    Records are JSON objects, since served stores hold nothing else. A store may know the author of a change better
    than whoever submits it; it then has to name the same one each time.

    Args:
        make: Makes a store. With one required parameter it is given a folder, a new one for each program; without,
            what it makes has to be empty each time.
        reopen: Whether a store that was closed and made again in the same folder has everything, its log included.
        max_examples: How many programs are drawn.
        steps: How long each of them is.
        patience: Seconds after which something that has to happen has not. Signs of life of a watch are a second apart.

    Raises:
        AssertionError: A promise is broken; with the shortest history of calls that was found for it.
    """
    check_reopening(make, reopen)
    fail(_beginning(make, patience))

    def play(program: Sequence[StoreStep]) -> Failure | None:
        with _world(make, patience, reopen) as world:

            def take() -> Iterator[None]:
                world.begin()
                for step in program:
                    step.take(world)
                    yield
                world.history.call("store.close()", world.store.close, "close() must not fail.")

            return failure_of(world.history, take)

    search: Search[StoreStep] = Search(play, DIRECTED, st.nothing(), simpler_programs)
    search.run(0)
    for law in LAWS:
        fail(_broken(make, law, patience, reopen))
    Search(play, (), drawn_programs(steps), simpler_programs).run(max_examples)


@contextmanager
def _world(make: Callable[..., Any], patience: float, reopen: bool = False) -> Iterator[StoreWorld]:
    with place_of(make) as new:
        world = StoreWorld(new(), History(), new if reopen else None, made_by(make), patience)
        world.history.note(f"store = {world.made}")
        try:
            yield world
        finally:
            let_go(world.store)


def _broken(
    make: Callable[..., Any], law: Callable[[StoreWorld], None], patience: float, reopen: bool
) -> Failure | None:
    with _world(make, patience, reopen) as world:

        def take() -> Iterator[None]:
            world.begin()
            law(world)
            yield

        return failure_of(world.history, take)


def _beginning(make: Callable[..., Any], patience: float) -> Failure | None:
    """Whether every new store is empty, so that nothing else can be said before."""
    with _world(make, patience) as world, place_of(make) as other:
        history, opened = world.history, [world.store]

        def take() -> Iterator[None]:
            promise = "A new store has to be empty: each one that the factory makes begins with nothing."
            found = list(history.call("store.namespaces()", world.store.namespaces))
            history.check(found == [], promise, f"gave {found}")
            change = Change("x", b'{"n":1}')
            line = "store.submit('shared', [Change('x', b'{\"n\":1}')], operation='one').result()"
            history.call(line, lambda: world.store.submit("shared", [change], operation="one").result(patience))
            history.note(f"another = {made_by(make, 'another_folder')}")
            opened.append(other())
            promise = "Two stores that were made one after the other must not share what they hold."
            found = list(history.call("another.namespaces()", opened[1].namespaces))
            history.check(found == [], promise, f"gave {found}")
            yield

        try:
            return failure_of(history, take)
        finally:
            for store in opened[1:]:
                let_go(store)
