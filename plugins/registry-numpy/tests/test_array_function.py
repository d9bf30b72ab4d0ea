"""Functions that are tried on small arrays when they are registered."""

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from registry_numpy import array_function
from registry_numpy.shapes import read_shapes

from registry import Registry, ValidationContext, ValidationError, function_registry
from registry.testing import check_plugin, check_validator

Array = NDArray[Any]


def registered(function: Callable[..., Any], signature: str, **options: Any) -> None:
    registry = Registry[Any]("functions", validators=[array_function(signature, **options)])
    registry.register("tried", function)
    assert registry["tried"] is function


def faults(function: Any, signature: str, **options: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        registered(function, signature, **options)
    found: list[str] = caught.value.context["faults"]
    return found


@pytest.mark.parametrize(
    ("function", "signature"),
    [
        (lambda a, b: np.mean((a - b) ** 2), "(n),(n)->()"),
        (lambda a, b: float(np.sum(a * b)), "(n),(n)->()"),
        (np.matmul, "(m?,n),(n,p?)->(m?,p?)"),
        (np.linalg.svd, "(m,m)->(m,m),(m),(m,m)"),
        (np.cross, "(3),(3)->(3)"),
        (np.add, "(),()->()"),
        (np.diff, "(n)->(k)"),
        (lambda a: (a.sum(axis=0), a.sum(axis=1)), "( m , n ) -> (n),(m)"),
    ],
    ids=["mean", "number", "matmul", "svd", "cross", "add", "diff", "sums"],
)
def test_what_fits_is_registered(function: Any, signature: str) -> None:
    registered(function, signature)


@pytest.mark.parametrize(
    ("function", "signature", "fault"),
    [
        (lambda a, b: (a - b) ** 2, "(n),(n)->()", "it gives shape (3,), not ()"),
        (lambda a: a.T, "(m,n)->(m,n)", "it gives shape (4, 3), not (3, 4)"),
        (lambda a: list(a), "(n)->(n)", "it gives a list, not an array"),
        (lambda a: None, "(n)->()", "it gives a NoneType, not an array"),
        (lambda a: (a, a, a), "(n)->(n),(n)", "it gives 3 results, not 2 results"),
        (lambda a: a, "(n)->(n),(n)", "it gives a ndarray, not 2 results"),
        (lambda a: (a, a[1:]), "(n)->(k),(k)", "it gives shape (2,), not (3,)"),
        (lambda a, b, c: a, "(n),(n)->(n)", "it raises TypeError"),
        (lambda a, b: a @ b, "(m,n),(m,n)->(m,m)", "it raises ValueError"),
        (lambda a: a.sort() or a, "(n)->(n)", "it changes its argument 1"),
        (lambda a, b: np.outer(a, b), "(m?),(n?)->(m?,n?)", "it gives shape (1, 4), not (4,)"),
    ],
    ids=[
        "no reduction",
        "axes",
        "list",
        "none",
        "too many",
        "too few",
        "sizes",
        "needs more",
        "axes",
        "sorts",
        "left out",
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(function: Any, signature: str, fault: str) -> None:
    assert any(fault in found for found in faults(function, signature))


def test_functions_that_sort_or_turn_are_told_from_those_that_do_not() -> None:
    registered(lambda a: np.sort(a), "(n)->(n)")
    registered(lambda a: a.T, "(m,n)->(n,m)")


def test_dtypes_are_tried_one_after_another() -> None:
    def halved(values: Array) -> Array:
        found: Array = values / np.asarray(2, dtype=values.dtype)
        return found

    registered(halved, "(n)->(n)", dtypes=["float32", "float64", np.complex128], gives="same")
    (fault,) = faults(halved, "(n)->(n)", dtypes=["float32", "int64"], gives="same")
    assert fault == "given int64 of shape (3,), it gives float64, not int64"


def test_each_argument_may_have_its_own_dtype() -> None:
    registered(lambda a, chosen: a[chosen].sum(), "(n),(n)->()", dtypes=[("float64", bool)])
    assert faults(lambda a, at: a[at], "(n),(n)->(n)", dtypes=[("float64", "float64")])


@pytest.mark.parametrize(
    ("gives", "passes"),
    [("float64", True), (np.floating, True), (np.float32, False), (np.integer, False), ("same", True)],
)
def test_the_result_may_have_to_be_of_a_dtype(gives: Any, passes: bool) -> None:
    if passes:
        registered(np.sqrt, "()->()", gives=gives)
    else:
        assert "it gives float64, not" in faults(np.sqrt, "()->()", gives=gives)[0]


def test_arguments_may_be_made_for_what_takes_only_some() -> None:
    def entropy(probabilities: Array) -> Any:
        if not np.isclose(probabilities.sum(), 1):
            raise ValueError("these are no probabilities")
        return -np.sum(probabilities * np.log(probabilities))

    assert "these are no probabilities" in faults(entropy, "(n)->()")[0]
    registered(entropy, "(n)->()", fill=lambda shape, dtype, number: np.full(shape, 1 / shape[0], dtype))


def test_one_refusal_tells_all_that_is_wrong() -> None:
    registry = function_registry("losses", validators=[array_function("(n),(n)->()", dtypes=["float32", "float64"])])
    with pytest.raises(ValidationError) as caught:

        @registry.register
        def scaled(a: Array, b: Array) -> Array:
            a *= 2
            return a - b

    assert len(caught.value.context["faults"]) == 4
    assert caught.value.message.startswith(
        "'test_one_refusal_tells_all_that_is_wrong.<locals>.scaled' is not a function"
    )
    assert caught.value.message.endswith("; and 1 more.")
    assert caught.value.context["signature"] == "(n),(n)->()"


@pytest.mark.parametrize(("artifact", "reason"), [(dict, "it is a class"), ([1.0], "it is a list")])
def test_what_cannot_be_tried_is_refused(artifact: Any, reason: str) -> None:
    assert faults(artifact, "(n)->()") == [reason]


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        ("(n),(n)", "it has not one '->'"),
        ("(n)->()->()", "it has not one '->'"),
        ("->()", "it has no arguments"),
        ("(n)->", "it has no results"),
        ("n->()", "'n' is no list of arguments in parentheses"),
        ("(n)(n)->()", "is no list of arguments"),
        ("(n,)->()", "'' is neither a name nor a size"),
        ("(2n)->()", "'2n' is neither a name nor a size"),
        ("(n?),(n)->()", "'n' may be left out in one place and not in another"),
    ],
)
def test_what_is_no_signature_is_refused_when_the_validator_is_made(signature: str, reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        array_function(signature)
    assert reason in caught.value.message


@pytest.mark.parametrize("function", [each for each in vars(np).values() if isinstance(each, np.ufunc)], ids=str)
def test_the_signatures_of_numpy_itself_are_read(function: np.ufunc) -> None:
    signature = function.signature or f"{','.join(['()'] * function.nin)}->{','.join(['()'] * function.nout)}"
    shapes = read_shapes(signature)
    assert (len(shapes.takes), len(shapes.gives)) == (function.nin, function.nout)


def test_dtypes_have_to_go_with_the_signature() -> None:
    with pytest.raises(ValidationError, match=r"has 1 dtypes, and .* takes 2 arguments"):
        array_function("(n),(n)->()", dtypes=[("float64",)])
    with pytest.raises(ValidationError, match="is no list of dtypes"):
        array_function("(n)->()", dtypes="float64")


def test_a_validator_goes_into_a_pickle() -> None:
    validator = array_function("(n),(n)->()", gives=np.floating)
    again = pickle.loads(pickle.dumps(validator))
    assert again == validator
    assert repr(again) == "array_function('(n),(n)->()')"
    with pytest.raises(ValidationError, match="is not a function"):
        again(np.add, ValidationContext("functions", "add"))


def test_a_registry_with_it_is_one_of_functions() -> None:
    assert array_function("(n)->()").kind == "function"


def test_it_keeps_the_contract_of_a_validator() -> None:
    check_validator(
        lambda: array_function("(n),(n)->(n)"), accepts=[np.add, np.hypot], refuses=[np.dot, np.sort, dict, "add"]
    )


def test_the_distribution_is_whole() -> None:
    checked = check_plugin("registry-numpy")
    assert [*checked.parts, *checked.imported] == ["validators array_function"]
