"""Checks a cache against a model of one that never forgets, and from several threads."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import attrs
from hypothesis import strategies as st

from registry.testing.histories import Failure, History, Search, fail, failure_of
from registry.testing.making import let_go, made_by, place_of

__all__ = ["check_cache"]

ABSENT = "the default"
"""A default like any other: what is stored is never this."""

THREADS = 4
ROUND = 20
"""So many calls are made between two moments at which the threads wait for each other, so that none is ahead."""


def check_cache(
    make: Callable[..., Any], *, max_examples: int = 50, steps: int = 20, calls: int = 2000, patience: float = 20.0
) -> None:
    """Check that a part is a `Cache`: it may forget at any time, and must never give anything else than what it has.

    Programs of calls are played on it and on a model: some that show mistakes which are easily made, and drawn ones.
    Then several threads use one cache at once.

    >>> check_cache(dict)

    Args:
        make: Makes a cache. With one required parameter it is given a folder, a new one each time.
        max_examples: How many programs are drawn.
        steps: How long each of them is.
        calls: How many calls each of the threads makes.
        patience: Seconds after which threads that have not ended count as blocked.

    Raises:
        AssertionError: A promise is broken; with the shortest history of calls that was found for it.
    """

    def play(program: Sequence[CacheStep]) -> Failure | None:
        with place_of(make) as new:
            history = History()
            world = CacheWorld(new(), history)
            history.note(f"cache = {made_by(make)}")

            def take() -> Iterator[None]:
                for step in program:
                    step.take(world)
                    yield

            try:
                return failure_of(history, take)
            finally:
                let_go(world.cache)

    Search(play, DIRECTED, drawn_programs(steps)).run(max_examples)
    fail(_in_threads(make, calls, patience))


@attrs.define
class CacheWorld:
    """A cache, and what was stored in it and not been removed since."""

    cache: Any
    history: History
    held: dict[Any, Any] = attrs.field(factory=dict)

    def expect(self, key: Any, default: Any, found: Any) -> None:
        """Judge what was given for a key."""
        if found is default:
            return
        promise = "A cache has to give what was stored last under this very key, or the default itself."
        kept = key in self.held and type(found) is type(self.held[key]) and bool(found == self.held[key])
        self.history.check(kept, promise, f"returned {found!r}")


class CacheStep(Protocol):
    """Something that is done to a cache."""

    def take(self, world: CacheWorld, /) -> None:
        """Do it. Raises BrokenPromise when the cache gives what it must not."""
        ...


@attrs.frozen
class Store:
    """`cache[key] = value`."""

    key: Any
    value: Any

    def take(self, world: CacheWorld) -> None:
        line = f"cache[{self.key!r}] = {self.value!r}"
        world.history.call(line, lambda: world.cache.__setitem__(self.key, self.value))
        world.held[self.key] = self.value


@attrs.frozen
class Get:
    """`cache.get(key, default)`."""

    key: Any
    default: Any = ABSENT

    def take(self, world: CacheWorld) -> None:
        line = f"cache.get({self.key!r}, {self.default!r})"
        found = world.history.call(line, lambda: world.cache.get(self.key, self.default))
        world.expect(self.key, self.default, found)


@attrs.frozen
class Pop:
    """`cache.pop(key, default)`."""

    key: Any
    default: Any = ABSENT

    def take(self, world: CacheWorld) -> None:
        line = f"cache.pop({self.key!r}, {self.default!r})"
        found = world.history.call(line, lambda: world.cache.pop(self.key, self.default))
        world.expect(self.key, self.default, found)
        world.held.pop(self.key, None)


@attrs.frozen
class Clear:
    """`cache.clear()`."""

    def take(self, world: CacheWorld) -> None:
        world.history.call("cache.clear()", world.cache.clear)
        world.held.clear()


# Equal keys are one key (1 and True); these are all different.
KEYS: tuple[Any, ...] = ("a", "A", "", "1", 1, 2.5, (), ("a", 1), ("a", "1"), None, frozenset({"a"}), "x" * 300)
VALUES: tuple[Any, ...] = (None, False, True, 0, 1, "", "a", (), ("refused", "why"), 1.0)

DIRECTED: tuple[Sequence[CacheStep], ...] = (
    [Get("a"), Get("a", None), Pop("a"), Pop("a", None), Clear(), Get("a")],
    [Store("a", 1), Get("a"), Store("a", 2), Get("a"), Pop("a"), Get("a"), Pop("a")],
    [Store("a", None), Get("a"), Pop("a"), Get("a"), Store("a", False), Get("a"), Get("a", None), Pop("a", None)],
    [Store("a", 1), Clear(), Get("a"), Pop("a"), Store("a", 2), Get("a")],
    [Store("a", 1), Get("a"), Pop("a"), Store("b", 2), Get("a"), Get("b"), Clear(), Get("b")],
    [*(Store(key, number) for number, key in enumerate(KEYS)), *map(Get, KEYS), *map(Pop, KEYS), *map(Get, KEYS)],
    [step for value in VALUES for step in (Store("a", value), Get("a"))],
    [
        *(Store(f"key {number}", number) for number in range(1500)),
        *(Get(f"key {number}") for number in range(0, 1500, 7)),
        Clear(),
        *(Get(f"key {number}") for number in range(1490, 1500)),
    ],
)


def drawn_programs(steps: int) -> st.SearchStrategy[Sequence[CacheStep]]:
    """Programs over a few keys."""
    key, value, default = st.sampled_from(KEYS[:5]), st.sampled_from(VALUES), st.sampled_from([ABSENT, None])
    step = st.one_of(
        st.builds(Store, key, value),
        st.builds(Get, key, default),
        st.builds(Pop, key, default),
        st.builds(Store, key, value),
        st.just(Clear()),
    )
    return st.lists(step, min_size=steps, max_size=steps)


def _in_threads(make: Callable[..., Any], calls: int, patience: float) -> Failure | None:
    """Whether several threads that use a cache at once get nothing but what one of them stored under the key."""
    with place_of(make) as new:
        cache, history = new(), History()
        history.note(f"cache = {made_by(make)}")

        def take() -> Iterator[None]:
            history.note(f"# {THREADS} threads, {calls} calls each: cache[key] = (key, n), get, pop, clear, as in")
            faults = _used(cache, calls, patience)
            if faults:
                history.note(faults[0][0])
                raise history.broken(*faults[0][1:])
            yield

        try:
            return failure_of(history, take)
        finally:
            let_go(cache)


def _used(cache: Any, calls: int, patience: float) -> list[tuple[str, str, str]]:
    """The calls that went wrong, each with the promise and what the call did."""
    faults: list[tuple[str, str, str]] = []
    ready = threading.Barrier(THREADS)

    def use(thread: int) -> None:
        for number in range(calls):
            if number % ROUND == 0:
                try:
                    ready.wait(patience)
                except threading.BrokenBarrierError:  # another one has stopped
                    return
            key = f"key {number * (thread + 3) % 3}"
            line, ask = _call(cache, key, (number + 3 * thread) % 11, number)
            try:
                found = ask()
            except Exception as error:  # whatever a cache lets through
                promise = "A cache may be used from several threads at once: none of its calls must fail then."
                faults.append((line, promise, f"raised {type(error).__name__}: {error}"))
            else:
                if found is None or (type(found) is tuple and found[0] == key):
                    continue
                promise = "A cache that several threads use must give what one of them stored under the key."
                faults.append((line, promise, f"returned {found!r}"))
            ready.abort()
            return

    threads = [threading.Thread(target=use, args=(number,), daemon=True) for number in range(THREADS)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # or each thread would make hundreds of calls before the next one comes
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(patience)
    finally:
        sys.setswitchinterval(interval)
    if any(thread.is_alive() for thread in threads):
        faults.append(("...", "No call to a cache may block for ever.", f"has not returned in {patience:g} seconds"))
    return faults


def _call(cache: Any, key: str, kind: int, number: int) -> tuple[str, Callable[[], Any]]:
    if kind == 0:
        return "cache.clear()", lambda: cache.clear()
    if kind < 3:
        return f"cache.pop({key!r}, None)", lambda: cache.pop(key, None)
    if kind < 7:
        return f"cache.get({key!r}, None)", lambda: cache.get(key, None)
    return f"cache[{key!r}] = ({key!r}, {number})", lambda: cache.__setitem__(key, (key, number))
