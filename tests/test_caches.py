"""What is remembered, for how long, and for which object."""

import functools
import gc
import math
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from registry.caches import LockedCache, NullCache, VerdictCache, identity_key
from registry.errors import ValidationError
from registry.protocols import Cache


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Thing:
    """Something with an identity."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing)

    def __hash__(self) -> int:
        return 1


keys = st.sampled_from("abcdef")


class AgainstAModel(RuleBasedStateMachine):
    """A VerdictCache of three against a list of (key, value, until), the most recently used last."""

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.cache = VerdictCache(max_size=3, ttl=10.0, clock=self.clock)
        self.model: list[tuple[str, int, float]] = []
        self.count = 0

    def forget(self, key: str) -> int | None:
        found = next((row for row in self.model if row[0] == key), None)
        self.model = [row for row in self.model if row[0] != key]
        return None if found is None or found[2] <= self.clock.now else found[1]

    @rule(key=keys)
    def store(self, key: str) -> None:
        self.count += 1
        self.cache[key] = self.count
        self.forget(key)
        self.model = [*self.model, (key, self.count, self.clock.now + 10.0)][-3:]

    @rule(key=keys)
    def look_up(self, key: str) -> None:
        until = next((row[2] for row in self.model if row[0] == key), 0.0)
        value = self.forget(key)
        assert self.cache.get(key, None) == value
        if value is not None:
            self.model.append((key, value, until))

    @rule(key=keys)
    def take(self, key: str) -> None:
        assert self.cache.pop(key, None) == self.forget(key)

    @rule()
    def forget_everything(self) -> None:
        self.cache.clear()
        self.model = []

    @rule(seconds=st.sampled_from([1.0, 4.0, 10.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def it_holds_no_more_than_it_should(self) -> None:
        assert len(self.cache) == len(self.model) <= 3


AgainstAModel.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestAVerdictCacheBehavesLikeTheModel = AgainstAModel.TestCase


def test_a_verdict_counts_until_its_time_is_over_however_often_it_is_used() -> None:
    clock = Clock()
    cache = VerdictCache(ttl=300.0, clock=clock)
    cache["huber"] = "fine"
    for _ in range(3):
        clock.now += 99.0
        assert cache.get("huber", None) == "fine"
    clock.now += 3.0
    assert cache.get("huber", None) is None
    assert len(cache) == 0


def test_none_can_be_remembered() -> None:
    cache = VerdictCache()
    cache["huber"] = None
    assert cache.get("huber", "nothing") is None


def test_a_time_to_live_may_be_endless() -> None:
    clock = Clock()
    cache = VerdictCache(ttl=math.inf, clock=clock)
    cache["huber"] = 1
    clock.now += 1e12
    assert cache.get("huber", None) == 1


@pytest.mark.parametrize("wrong", [{"max_size": 0}, {"max_size": -1}, {"ttl": 0.0}, {"ttl": math.nan}])
def test_a_cache_without_room_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="leaves room for nothing"):
        VerdictCache(**wrong)


def test_it_pickles_empty_with_its_settings() -> None:
    cache = VerdictCache(max_size=5, ttl=7.0)
    cache[identity_key(Thing())] = 1
    arrived = pickle.loads(pickle.dumps(cache))
    assert (arrived.max_size, arrived.ttl, len(arrived)) == (5, 7.0, 0)
    arrived["x"] = 1
    assert arrived.get("x", None) == 1


def test_a_null_cache_remembers_nothing() -> None:
    cache = NullCache()
    cache["huber"] = 1
    assert cache.get("huber", None) is None
    assert cache.pop("huber", "default") == "default"
    cache.clear()
    assert repr(pickle.loads(pickle.dumps(cache))) == "NullCache()"


CACHES: dict[str, Callable[[], Cache]] = {
    "dict": dict,
    "verdict": VerdictCache,
    "locked": lambda: LockedCache({}),
}


@pytest.mark.parametrize("make", CACHES.values(), ids=CACHES.keys())
def test_what_was_stored_is_found_until_it_is_forgotten(make: Callable[[], Cache]) -> None:
    cache = make()
    cache["a"] = 1
    cache["b"] = 2
    cache["a"] = 3
    assert cache.get("a", None) == 3
    assert cache.pop("a", None) == 3
    assert cache.pop("a", "gone") == "gone"
    assert cache.get("a", "gone") == "gone"
    cache.clear()
    assert cache.get("b", "gone") == "gone"


@pytest.mark.parametrize("make", [VerdictCache, lambda: LockedCache(OneAtATime())], ids=["verdict", "locked"])
def test_threads_may_use_one_cache(make: Callable[[], Cache]) -> None:
    cache = make()
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for round_ in range(300):
                cache[(number, round_)] = round_
                assert cache.get((number, round_), round_) == round_
                cache.pop((number, round_ - 1), None)
                if round_ % 100 == 0:
                    cache.clear()
        except BaseException as failure:  # raised again where the test can see it
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


class OneAtATime(dict[Any, Any]):
    """A cache that notices when two threads are in it."""

    def __init__(self) -> None:
        self.busy = threading.Lock()

    def _alone(method: Any) -> Any:  # type: ignore[misc]  # a decorator for the methods below
        @functools.wraps(method)
        def call(self: "OneAtATime", *arguments: Any) -> Any:
            assert self.busy.acquire(blocking=False), "two threads at once"
            try:
                return method(self, *arguments)
            finally:
                self.busy.release()

        return call

    get = _alone(dict.get)
    __setitem__ = _alone(dict.__setitem__)
    pop = _alone(dict.pop)
    clear = _alone(dict.clear)


def test_a_locked_cache_pickles_with_the_cache_inside() -> None:
    arrived = pickle.loads(pickle.dumps(LockedCache({"a": 1})))
    assert arrived.get("a", None) == 1
    assert repr(arrived) == "LockedCache(dict)"


def test_a_value_whose_end_uses_the_cache_does_not_block_it() -> None:
    cache = VerdictCache(max_size=1)

    class Noisy:
        def __del__(self) -> None:
            cache["ended"] = True

    cache["noisy"] = Noisy()
    cache["other"] = 1
    gc.collect()
    assert cache.get("ended", None) is True


def test_a_key_equals_those_of_the_same_object_and_facts() -> None:
    thing = Thing()
    assert identity_key(thing, "huber") == identity_key(thing, "huber")
    assert hash(identity_key(thing, "huber")) == hash(identity_key(thing, "huber"))
    assert identity_key(thing, "huber") != identity_key(thing, "mse")
    assert identity_key(thing) != identity_key(thing, "huber")
    assert identity_key(thing) != thing


@pytest.mark.parametrize("make", [Thing, lambda: [1], lambda: {"lr": 1}, lambda: "".join(["a", "b"]), lambda: (1, [])])
def test_equal_objects_have_different_keys(make: Callable[[], Any]) -> None:
    one, other = make(), make()
    assert one == other or isinstance(one, tuple)
    assert identity_key(one) != identity_key(other)
    assert identity_key(one) == identity_key(one)


def test_none_has_a_key() -> None:
    assert identity_key(None) == identity_key(None)
    assert identity_key(None).is_alive


def test_a_key_does_not_keep_its_object_alive() -> None:
    thing = Thing()
    key = identity_key(thing)
    assert key.is_alive
    del thing
    gc.collect()
    assert not key.is_alive
    assert "an object that has ended" in repr(key)


def test_what_cannot_be_held_weakly_lives_as_long_as_its_key() -> None:
    key = identity_key({"lr": 1})
    gc.collect()
    assert key.is_alive


def test_a_new_object_with_the_id_of_an_old_one_never_gets_the_old_verdict() -> None:
    cache = VerdictCache(max_size=100_000)
    seen: set[int] = set()
    reused = 0
    for _ in range(5_000):
        thing = Thing()
        assert cache.get(identity_key(thing), None) is None
        cache[identity_key(thing)] = "refused"
        assert cache.get(identity_key(thing), None) == "refused"
        reused += id(thing) in seen  # without this the test would show nothing
        seen.add(id(thing))
        del thing
    assert reused > 100


def test_keys_of_two_ended_objects_are_not_equal() -> None:
    ended = []
    for _ in range(1_000):
        thing = Thing()
        ended.append((id(thing), identity_key(thing)))
        del thing
    addresses = [address for address, _ in ended]
    assert len(set(addresses)) < len(addresses)  # without this the test would show nothing
    assert len({key for _, key in ended}) == len(ended)


def test_a_key_that_was_pickled_equals_no_other() -> None:
    arrived = pickle.loads(pickle.dumps({identity_key(test_none_has_a_key, "huber"): 1}))
    assert list(arrived.values()) == [1]
    assert identity_key(test_none_has_a_key, "huber") not in arrived
