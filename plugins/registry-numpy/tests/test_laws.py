"""Laws of array functions: those that keep them pass, and one that breaks one is caught with the calls that show it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from registry_numpy.testing import (
    Law,
    check_laws,
    finite,
    indifferent_to_order,
    non_negative,
    symmetric,
    zero_at_equality,
)

from registry import function_registry

LAWS = (zero_at_equality, symmetric, non_negative, finite, indifferent_to_order)


def squared(a: Any, b: Any) -> Any:
    return np.mean((a - b) ** 2)


def absolute(a: Any, b: Any) -> Any:
    return np.mean(np.abs(a - b))


def test_losses_that_keep_the_laws_pass() -> None:
    losses = function_registry("losses")
    losses.register(squared)
    losses.register(absolute)
    check_laws(losses, "(n),(n)->()", *LAWS, examples=10)
    check_laws({"any name": squared}, "(m,n),(m,n)->()", *LAWS, dtype="float32", examples=5)


@pytest.mark.parametrize(
    ("law", "broken"),
    [
        (zero_at_equality, lambda a, b: squared(a, b) + 1e-3),
        (symmetric, lambda a, b: np.mean(np.maximum(a - b, 0))),
        (non_negative, lambda a, b: np.mean(a - b)),
        (finite, lambda a, b: np.mean((a - b) / np.max(np.abs(b)))),
        (indifferent_to_order, lambda a, b: abs(a[0] - b[0])),
    ],
    ids=lambda each: each.name if isinstance(each, Law) else "",
)
def test_one_that_breaks_a_law_is_caught(law: Law, broken: Any) -> None:
    with pytest.raises(AssertionError) as caught:
        check_laws({"broken": broken}, "(n),(n)->()", law)
    assert str(caught.value).startswith(f"'broken' breaks the law '{law.name}':\n  array([")
    assert caught.value.__cause__ is None
    check_laws({"sound": squared}, "(n),(n)->()", law, examples=10)


def test_the_calls_that_show_it_are_the_smallest_ones() -> None:
    with pytest.raises(AssertionError) as caught:
        check_laws({"skewed": lambda a, b: np.sum(a - b)}, "(n),(n)->()", symmetric)
    first, second = str(caught.value).splitlines()[1:]
    assert first.count(",") == 1  # one item in each array
    assert "gives" in first
    assert "gives" in second


def test_a_function_that_raises_is_caught() -> None:
    def fragile(a: Any, b: Any) -> Any:
        if a[0] > 500:
            raise ZeroDivisionError("too large")
        return squared(a, b)

    with pytest.raises(AssertionError, match="raises ZeroDivisionError: too large"):
        check_laws({"fragile": fragile}, "(n),(n)->()", symmetric)
    check_laws({"fragile": fragile}, "(n),(n)->()", symmetric, elements=st.floats(0, 499), examples=20)


def test_a_law_may_be_your_own() -> None:
    shifted = Law(
        "indifferent to a shift", lambda f, arrays: bool(np.isclose(f(*arrays), f(*(a + 8 for a in arrays)), atol=1e-6))
    )
    check_laws({"absolute": absolute}, "(n),(n)->()", shifted, examples=20)
    with pytest.raises(AssertionError, match="'product' breaks the law 'indifferent to a shift'"):
        check_laws({"product": lambda a, b: np.sum(a * b)}, "(n),(n)->()", shifted)


def test_single_numbers_and_dimensions_that_are_left_out_are_tried() -> None:
    seen: set[tuple[int, ...]] = set()

    def noting(a: Any, b: Any) -> Any:
        seen.update((a.shape, b.shape))
        return a * b

    check_laws({"noting": noting}, "(n?),(n?)->(n?)", symmetric, examples=30)
    assert () in seen
    assert {len(shape) for shape in seen} == {0, 1}


def test_integers_are_drawn_for_an_integer_dtype() -> None:
    check_laws({"xor": np.bitwise_xor}, "(n),(n)->(n)", symmetric, zero_at_equality, dtype="int16", examples=20)


def test_no_law_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="needs a law"):
        check_laws({"squared": squared}, "(n),(n)->()")
