"""`check_cache` on caches that keep every promise, and on twins of one that break one each."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from testing.broken_caches import BROKEN, BlocksForEver, KeepsTheFirst, Sound

from registry.caches import LockedCache, NullCache, VerdictCache
from registry.testing.caches import check_cache

cachetools: Any = importlib.import_module("cachetools")  # it tells no types

CACHES: dict[str, Callable[[], Any]] = {
    "dict": dict,
    "verdicts": VerdictCache,
    "few verdicts": lambda: VerdictCache(max_size=3, ttl=0.001),
    "null": NullCache,
    "locked dict": lambda: LockedCache({}),
    "cachetools, time to live": lambda: LockedCache(cachetools.TTLCache(maxsize=5, ttl=0.01)),
    "cachetools, least recently used": lambda: LockedCache(cachetools.LRUCache(maxsize=5)),
    "cachetools, large": lambda: LockedCache(cachetools.TTLCache(maxsize=10_000, ttl=300)),
    "the twin of the broken ones": Sound,
}


@pytest.mark.parametrize("make", CACHES.values(), ids=CACHES.keys())
def test_a_cache_keeps_every_promise(make: Callable[[], Any]) -> None:
    check_cache(make, max_examples=20, calls=500)


@pytest.mark.soak
@pytest.mark.parametrize("make", CACHES.values(), ids=CACHES.keys())
def test_a_cache_keeps_every_promise_in_many_programs(make: Callable[[], Any]) -> None:
    check_cache(make, max_examples=1000, steps=100, calls=20_000, patience=300.0)


def complaint(make: Callable[[], Any]) -> str:
    """What the check says."""
    with pytest.raises(AssertionError) as caught:
        check_cache(make, patience=1.0 if make is BlocksForEver else 20.0)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return str(caught.value)


@pytest.mark.parametrize(("broken", "sentence"), BROKEN.items(), ids=[broken.__name__ for broken in BROKEN])
def test_a_cache_that_breaks_one_promise_is_caught(broken: type[Sound], sentence: str) -> None:
    assert complaint(broken).startswith(sentence)


@pytest.mark.soak
@pytest.mark.parametrize(("broken", "sentence"), BROKEN.items(), ids=[broken.__name__ for broken in BROKEN])
def test_a_cache_that_breaks_one_promise_is_caught_each_time(broken: type[Sound], sentence: str) -> None:
    for _ in range(50):
        assert complaint(broken).startswith(sentence)


def test_a_failure_is_one_sentence_and_the_shortest_history() -> None:
    assert complaint(KeepsTheFirst).splitlines() == [
        "A cache has to give what was stored last under this very key, or the default itself.",
        "",
        "cache = make()",
        "cache['a'] = 1",
        "cache['a'] = 2",
        "cache.get('a', 'the default')  # returned 1",
    ]


def test_a_failure_in_threads_shows_the_call_that_failed() -> None:
    checks_then_gets = next(broken for broken in BROKEN if broken.__name__ == "ChecksThenGets")
    first, empty, made, how, last = complaint(checks_then_gets).splitlines()
    assert (empty, made) == ("", "cache = make()")
    assert "several threads" in first
    assert how.startswith("# 4 threads")
    assert last.startswith("cache.get('key ")
    assert "# raised KeyError: 'key " in last
