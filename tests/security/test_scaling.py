"""What a long input costs grows with its length: four times the length, not much more than four times the time."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from registry import Registry
from registry.closeness import close_matches, edit_distance
from registry.names import quote
from registry.paths import format_path, parse_path

ALLOWED = 12
"""How much longer four times the input may take; linear is 4, quadratic is 16."""


def seconds(work: Callable[[], object]) -> float:
    """The least time of three tries: a machine that is busy only adds."""
    tries = []
    for _ in range(3):
        start = time.process_time()
        work()
        tries.append(time.process_time() - start)
    return min(tries)


def grows_with_its_length(work: Callable[[int], object], length: int) -> bool:
    few, many = seconds(lambda: work(length)), seconds(lambda: work(4 * length))
    return many < ALLOWED * few + 0.05


def read(text: str) -> object:
    try:
        return parse_path(text)
    except ValueError as error:
        return str(error)


TEXTS: dict[str, Callable[[int], str]] = {
    "one word": lambda n: "a" * n,
    "dots": lambda n: "." * n,
    "steps": lambda n: "a." * (n // 2) + "a",
    "brackets": lambda n: "[" * n,
    "indices": lambda n: "a" + "[0]" * (n // 3),
    "one long index": lambda n: "[" + "1" * n + "]",
    "index without an end": lambda n: "[" + "1" * n,
    "quote without an end": lambda n: '["' + "x" * n,
    "backslashes": lambda n: '["' + "\\" * n,
    "escapes without an end": lambda n: '["' + "\\u0061" * (n // 6),
    "escapes": lambda n: '["' + "\\u0061" * (n // 6) + '"]',
    "quoted steps": lambda n: 'a["b"]' * (n // 6),
    "spaces": lambda n: " " * n,
    "surrogates": lambda n: "\ud800" * n,
}


@pytest.mark.parametrize("name", TEXTS)
def test_reading_a_path_takes_time_in_proportion_to_it(name: str) -> None:
    assert grows_with_its_length(lambda n: read(TEXTS[name](n)), 250_000)


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_said_about_a_path_is_short(name: str) -> None:
    outcome = read(TEXTS[name](1_000_000))
    assert not isinstance(outcome, str) or len(outcome) < 400


@pytest.mark.parametrize("name", TEXTS)
def test_writing_a_path_takes_time_in_proportion_to_it(name: str) -> None:
    assert grows_with_its_length(lambda n: format_path((TEXTS[name](n),)), 100_000)


def test_a_path_of_many_steps_is_written_in_proportion_to_it() -> None:
    assert grows_with_its_length(lambda n: format_path(("a", 0) * n), 25_000)


def test_names_that_are_too_long_for_an_entry_are_compared_with_nothing() -> None:
    name = "a" * 1_000_000
    start = time.process_time()
    assert close_matches(name, [name[:-1] + "b", name + "a"]) == []
    assert close_matches("huber", [name, "hubr"]) == ["hubr"]
    assert time.process_time() - start < 10


def test_the_longest_names_are_compared_in_no_time() -> None:
    names = ["a" * 120 + f"{number:04}" + "a" * 120 for number in range(2000)]
    start = time.process_time()
    assert close_matches(names[7][:-1] + "b", names)[0] == names[7]
    assert time.process_time() - start < 20


def test_the_distance_of_long_texts_is_found_in_no_time() -> None:
    start = time.process_time()
    assert edit_distance("ab" * 2000, "ba" * 2000) == 2
    assert time.process_time() - start < 10


LARGE = {
    "text": "x" * 10_000_000,
    "bytes": b"x" * 10_000_000,
    "integer": 16**100_000,
    "negative integer": -(16**100_000),
    "list": [0] * 1_000_000,
}


@pytest.mark.parametrize("value", LARGE.values(), ids=LARGE)
def test_a_large_value_is_quoted_in_no_time_and_in_few_words(value: Any) -> None:
    start = time.process_time()
    assert len(quote(value)) < 100
    assert time.process_time() - start < 20


def take(name: str = "", other: str = "") -> str:
    return name


SEARCHES: dict[str, Callable[[int], Any]] = {
    "unknown names": lambda n: [{"_type": f"tale{number}"} for number in range(n)],
    "unknown keys": lambda n: [{"_type": "take", f"nama{number}": 1} for number in range(n)],
    "wrong types": lambda n: [{"_type": "take", "name": number} for number in range(n)],
    "references beside what they mean": lambda n: {
        **{f"key{number}": 1 for number in range(n)},
        "list": [{"_ref": f"kez{number}"} for number in range(n)],
    },
    "references to one thing": lambda n: {"a": {"_type": "take"}, "b": [{"_ref": "a"} for _ in range(n)]},
    "a chain of references": lambda n: {"a0": 1, **{f"a{k}": {"_ref": f"a{k - 1}"} for k in range(1, min(n, 90))}},
    "a long key": lambda n: {"_type": "take", "k" * (100 * n): 1},
    "a long name": lambda n: {"_type": "k" * (100 * n)},
    "a long reference": lambda n: {"k" * (100 * n): 1, "x": {"_ref": "k" * (100 * n - 1) + "l"}},
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_thousand_mistakes_are_found_within_seconds(name: str) -> None:
    registry: Registry[Any, Any, str] = Registry("parts")
    registry.register("take", take)
    for number in range(500):
        registry.register(f"take{number}", take, replace=True)
    config = SEARCHES[name](1000)
    start = time.process_time()
    registry.check(config)
    assert time.process_time() - start < 60


def test_the_last_of_a_thousand_mistakes_still_has_its_suggestion() -> None:
    registry: Registry[Any, Any, str] = Registry("parts")
    registry.register("take", take)
    problems = registry.check(SEARCHES["unknown names"](1000))
    assert len(problems) == 1000
    references = registry.check(SEARCHES["references beside what they mean"](1000))
    assert references[-1].suggestions


def test_a_config_of_mistakes_alone_ends_in_time() -> None:
    registry: Registry[Any, Any, str] = Registry("parts")
    config = SEARCHES["references beside what they mean"](4000)
    start = time.process_time()
    assert len(registry.check(config)) == 4000
    assert time.process_time() - start < 90


@pytest.mark.parametrize("endless", ["mapping", "list"])
def test_a_container_without_an_end_is_a_problem(endless: str) -> None:
    from collections import UserDict, UserList

    class Deep(UserDict[str, Any]):
        def items(self) -> Any:
            return [("a", Deep())]

    class Long(UserList[Any]):
        def __iter__(self) -> Any:
            return iter([Long()])

    registry: Registry[Any, Any, str] = Registry("parts")
    problems = registry.check({"x": Deep() if endless == "mapping" else Long()})
    assert [problem.code for problem in problems] == ["limit-exceeded"]
