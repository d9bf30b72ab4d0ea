"""Checks a backend against an independent model of one."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from registry.model import Reference
from registry.testing.backends.programs import DIRECTED, drawn_programs, simpler_programs
from registry.testing.backends.world import BackendStep, BackendWorld
from registry.testing.drafts import Draft
from registry.testing.histories import Failure, History, Search, fail, failure_of
from registry.testing.making import check_reopening, let_go, made_by, place_of

__all__ = ["check_backend"]


def check_backend(make: Callable[..., Any], *, reopen: bool = False, max_examples: int = 20, steps: int = 15) -> None:
    """Check that a part is a `Backend`, and keeps the promises of the Protocols whose methods it has.

    Programs of calls are played on it and on a model: some that show mistakes which are easily made, and drawn ones.
    `Transactional`, `Listing`, `InMemory` and `Closeable` are tested where they are there. What
    several threads do at once is not tried.

    >>> check_backend(dict)

    Args:
        make: Makes a backend. With one required parameter it is given a folder, a new one for each program; without,
            what it makes has to be empty each time.
        reopen: Whether a backend that was closed and made again in the same folder has the same entries.
        max_examples: How many programs are drawn.
        steps: How long each of them is.

    Raises:
        AssertionError: A promise is broken; with the shortest history of calls that was found for it.
    """
    check_reopening(make, reopen)
    fail(_beginning(make))

    def play(program: Sequence[BackendStep]) -> Failure | None:
        return _play(make, program, reopen)

    drawn: st.SearchStrategy[Sequence[BackendStep]] = drawn_programs(steps)
    Search(play, DIRECTED, drawn, simpler_programs).run(max_examples)


def _play(make: Callable[..., Any], program: Sequence[BackendStep], reopen: bool) -> Failure | None:
    history = History()
    with place_of(make) as new:
        world = BackendWorld(new(), history, new if reopen else None, made_by(make))
        history.note(f"backend = {world.made}")

        def take() -> Iterator[None]:
            for step in program:
                step.take(world)
                yield
            world.close()

        try:
            return failure_of(history, take)
        finally:
            let_go(world.backend)


def _beginning(make: Callable[..., Any]) -> Failure | None:
    """Whether every new backend is empty, so that nothing else can be said before."""
    history, name, draft = History(), "huber", Draft(Reference("statistics:mean"))
    with place_of(make) as new, place_of(make) as other:
        first = new()
        history.note(f"backend = {made_by(make)}")
        opened = [first]

        def take() -> Iterator[None]:
            promise = "A new backend has to be empty: each one that the factory makes begins with nothing."
            names = history.call("list(backend)", lambda: list(first))
            history.check(names == [], promise, f"returned {names!r}")
            history.call(
                f"backend[{name!r}] = {draft.spelled(name)}", lambda: first.__setitem__(name, draft.entry(name))
            )
            history.note(f"another = {made_by(make, 'another_folder')}")
            opened.append(other())
            promise = "Two backends that were made one after the other must not share their entries."
            names = history.call("list(another)", lambda: list(opened[1]))
            history.check(names == [], promise, f"returned {names!r}")
            yield

        try:
            return failure_of(history, take)
        finally:
            for backend in opened:
                let_go(backend)
