"""Overlays: seen in one context and what is started inside, until the block ends."""

import asyncio
import contextvars
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from registry import (
    Catalog,
    ConfigError,
    EntryNotFoundError,
    InheritanceError,
    InvalidNameError,
    Reference,
    Registry,
    type_registry,
)


def real(x: float = 1.0) -> str:
    return f"real {x}"


def fake(y: float = 2.0) -> str:
    return f"fake {y}"


floor: Any = math.floor
ceil: Any = math.ceil


@pytest.fixture
def rules() -> Registry[Any]:
    registry = Registry[Any]("rules")
    registry.register("rule", real, aliases=["r"])
    registry.register("sqrt", math.sqrt)
    return registry


def test_what_it_shows_stands_before_the_registry_until_the_block_ends(rules: Registry[Any]) -> None:
    with rules.overlay({"rule": fake, "more": floor}) as same:
        assert same is rules
        assert rules["rule"] is rules["r"] is rules.get("rule") is fake
        assert "more" in rules
        assert rules["sqrt"] is math.sqrt
        assert rules.keys() == ["rule", "sqrt", "more"]
        assert rules.values() == [fake, math.sqrt, floor]
        assert len(rules) == 3
        assert rules.entry("rule").target is fake
    assert rules["rule"] is rules["r"] is real
    assert "more" not in rules
    assert rules.keys() == ["rule", "sqrt"]
    with pytest.raises(EntryNotFoundError):
        rules["more"]


def test_an_exception_ends_it_too(rules: Registry[Any]) -> None:
    with pytest.raises(RuntimeError), rules.overlay({"rule": fake}):
        raise RuntimeError
    assert rules["rule"] is real


def test_the_innermost_is_seen_first(rules: Registry[Any]) -> None:
    with rules.overlay({"rule": fake}):
        with rules.overlay({"rule": floor, "more": ceil}):
            assert rules["rule"] is floor
        assert rules["rule"] is fake
        assert "more" not in rules


def test_blocks_may_end_in_any_order(rules: Registry[Any]) -> None:
    first, second = rules.overlay({"rule": fake}), rules.overlay({"rule": floor})
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert rules["rule"] is floor
    second.__exit__(None, None, None)
    assert rules["rule"] is real


def test_it_may_be_opened_and_closed_in_different_contexts(rules: Registry[Any]) -> None:
    """As fixtures of asynchronous test frameworks are."""
    block = rules.overlay({"rule": fake})
    context = contextvars.copy_context()
    context.run(block.__enter__)
    assert rules["rule"] is real
    assert context.run(lambda: rules["rule"]) is fake
    block.__exit__(None, None, None)
    assert context.run(lambda: rules["rule"]) is real


def test_building_and_checking_see_it_and_a_plan_keeps_what_it_was_checked_with(rules: Registry[Any]) -> None:
    plan = rules.plan({"_type": "rule"})
    with rules.overlay({"rule": fake}):
        assert rules.build("rule", y=3.0) == "fake 3.0"
        assert [problem.code for problem in rules.check({"_type": "rule", "x": 1.0})] == ["unknown-parameter"]
        assert "y" in rules.schema("rule").parameters
        assert Catalog(rules).build({"_type": "rule"}) == "fake 2.0"
        assert plan.build() == "real 1.0"
        plan_inside = rules.plan({"_type": "rule"})
    assert rules.build("rule", x=3.0) == "real 3.0"
    assert plan_inside.build() == "fake 2.0"
    with pytest.raises(ConfigError):
        rules.build("rule", y=3.0)


def test_lazy_entries_may_be_shown(rules: Registry[Any]) -> None:
    with rules.overlay({"rule": Reference("math:floor")}):
        assert rules.entry("rule").is_lazy
        assert rules["rule"] is floor
        assert rules["rule"] is floor
        assert not rules.find(tags="any")
    assert rules["rule"] is real


def test_what_it_shows_is_validated() -> None:
    models = type_registry("models", base=dict)
    with pytest.raises(InheritanceError), models.overlay({"x": int}):  # type: ignore[dict-item]  # the mistake
        pytest.fail("unreachable")
    with pytest.raises(InvalidNameError):
        models.overlay({"": dict})


def test_what_is_registered_inside_stays(rules: Registry[Any]) -> None:
    with rules.overlay({"later": fake}):
        rules.register("later", floor)
        assert rules["later"] is fake
        rules.register("more", ceil)
        assert rules["more"] is ceil
    assert rules["later"] is floor
    assert rules["more"] is ceil


def test_what_only_an_overlay_shows_cannot_be_unregistered(rules: Registry[Any]) -> None:
    with rules.overlay({"more": floor, "r": ceil}):
        with pytest.raises(EntryNotFoundError):
            rules.unregister("more")
        rules.unregister("r")
        assert rules["r"] is ceil
    assert "r" not in rules
    assert rules.entry("rule").aliases == ()


def test_a_frozen_registry_has_overlays(rules: Registry[Any]) -> None:
    rules.freeze()
    with rules.overlay({"rule": fake}):
        assert rules["rule"] is fake
    assert rules["rule"] is real


def test_registries_have_overlays_of_their_own(rules: Registry[Any]) -> None:
    other = Registry[Any]("other")
    other.register("rule", real)
    with rules.overlay({"rule": fake}):
        assert other["rule"] is real
        with other.overlay({"rule": floor}):
            assert rules["rule"] is fake
            assert other["rule"] is floor


# ---------------------------------------------------------------------------------------------- who sees it


def test_no_other_thread_sees_it(rules: Registry[Any]) -> None:
    seen: list[Any] = []
    with rules.overlay({"rule": fake}), ThreadPoolExecutor(1) as pool:
        seen.append(pool.submit(lambda: rules["rule"]).result())
        seen.append(pool.submit(lambda: rules.build("rule")).result())
        seen.append(pool.submit(lambda: rules.keys()).result())
    assert seen == [real, "real 1.0", ["rule", "sqrt"]]


def test_tasks_and_to_thread_started_inside_see_it_until_it_ends(rules: Registry[Any]) -> None:
    async def scenario() -> dict[str, Any]:
        ended, entered, looked = asyncio.Event(), asyncio.Event(), asyncio.Event()
        seen: dict[str, Any] = {}

        async def outside() -> None:
            await entered.wait()
            seen["task started outside"] = rules["rule"]

        async def inside() -> None:
            seen["task started inside"] = rules["rule"]
            seen["thread of a task started inside"] = await asyncio.to_thread(lambda: rules["rule"])
            looked.set()
            await ended.wait()
            seen["task started inside, after the end"] = rules["rule"]
            seen["thread of that, after the end"] = await asyncio.to_thread(lambda: rules["rule"])

        first = asyncio.create_task(outside())
        await asyncio.sleep(0)
        with rules.overlay({"rule": fake}):
            second = asyncio.create_task(inside())
            seen["to_thread inside"] = await asyncio.to_thread(lambda: rules["rule"])
            entered.set()
            await first
            await looked.wait()
        ended.set()
        await second
        return seen

    assert asyncio.run(scenario()) == {
        "to_thread inside": fake,
        "task started outside": real,
        "task started inside": fake,
        "thread of a task started inside": fake,
        "task started inside, after the end": real,
        "thread of that, after the end": real,
    }


def test_a_task_that_outlives_the_block_does_not_see_the_next_one(rules: Registry[Any]) -> None:
    async def scenario() -> Any:
        opened_again = asyncio.Event()

        async def inside() -> Any:
            await opened_again.wait()
            return rules["rule"]

        with rules.overlay({"rule": fake}):
            task = asyncio.create_task(inside())
        with rules.overlay({"rule": floor}):
            opened_again.set()
            return await task

    assert asyncio.run(scenario()) is real


def test_threads_have_their_own_at_the_same_time(rules: Registry[Any]) -> None:
    count = 6
    barrier = threading.Barrier(count)
    wrong: list[Any] = []

    def work(number: int) -> None:
        mine = lambda: number  # noqa: E731  # a function of its own for each thread
        for _ in range(50):
            barrier.wait()
            with rules.overlay({"rule": mine}):
                if rules["rule"] is not mine or rules.build("rule") != number:
                    wrong.append(number)
            if rules["rule"] is not real:
                wrong.append(-number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert rules["rule"] is real


def look_ups(registry: Registry[Any]) -> Callable[[], Any]:
    return lambda: registry._entries.source


def test_nothing_stands_before_the_entries_once_the_last_one_is_closed(rules: Registry[Any]) -> None:
    source = look_ups(rules)
    before = source()
    with rules.overlay({"rule": fake}):
        with rules.overlay({"rule": fake}):
            assert source() is not before
        assert source() is not before
    assert source() is before


def test_a_registry_that_had_an_overlay_can_be_collected() -> None:
    import gc
    import weakref

    rules = Registry[Any]("rules")
    with rules.overlay({"rule": fake}):
        pass
    gone = weakref.ref(rules)
    del rules
    gc.collect()
    assert gone() is None
