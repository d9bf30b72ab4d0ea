"""What a callable takes: functions, wrappers, partials, instances."""

import contextlib
import functools
import inspect
import operator
import random
import typing
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NewType

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.model import MISSING
from registry.schema import Parameter, Schema, changed
from registry.signatures import read_schema

POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
KEYWORD = inspect.Parameter.KEYWORD_ONLY


def kinds(schema: Schema) -> dict[str, Any]:
    return {name: parameter.kind for name, parameter in schema.parameters.items()}


def defaults(schema: Schema) -> dict[str, Any]:
    return {name: parameter.default for name, parameter in schema.parameters.items()}


def annotations(schema: Schema) -> dict[str, Any]:
    return {name: parameter.annotation for name, parameter in schema.parameters.items()}


def scale(first: float, /, by: float = 1.0, *rest: int, keep: bool, name: str = "x", **extra: str) -> float:
    """Scale a number."""
    return first * by


class Scaler:
    """Scales numbers."""

    def __init__(self, by: float = 2.0) -> None:
        self.by = by

    def __call__(self, value: float, /, *, offset: float = 0.0) -> float:
        return value * self.by + offset

    def method(self, value: int) -> "Scaler":
        return self

    @classmethod
    def make(cls, by: float) -> "Scaler":
        return cls(by)

    @staticmethod
    def helper(value: int) -> int:
        return value


def test_a_function_has_its_names_kinds_annotations_and_defaults() -> None:
    schema = read_schema(scale)
    assert schema.name == "scale"
    assert kinds(schema) == {"first": POSITIONAL_ONLY, "by": POSITIONAL, "keep": KEYWORD, "name": KEYWORD}
    assert defaults(schema) == {"first": MISSING, "by": 1.0, "keep": MISSING, "name": "x"}
    assert annotations(schema) == {"first": float, "by": float, "keep": bool, "name": str}
    assert schema.rest is not None
    assert (schema.rest.name, schema.rest.annotation) == ("rest", int)
    assert schema.extra is not None
    assert (schema.extra.name, schema.extra.annotation) == ("extra", str)
    assert schema.returns is float
    assert schema.plain
    assert not schema.opaque


def test_what_has_no_default_is_required() -> None:
    schema = read_schema(scale)
    assert [name for name, parameter in schema.parameters.items() if parameter.required] == ["first", "keep"]


def test_a_lambda_has_parameters_and_no_annotations() -> None:
    schema = read_schema(lambda a, b=2: a)
    assert defaults(schema) == {"a": MISSING, "b": 2}
    assert annotations(schema) == {"a": MISSING, "b": MISSING}
    assert schema.plain


def test_what_cannot_be_called_has_no_schema() -> None:
    with pytest.raises(TypeError, match="3 has no schema"):
        read_schema(3)


def test_a_function_that_returns_none_is_known_to_return_none() -> None:
    def log(text: str) -> None: ...

    assert read_schema(log).returns is type(None)


async def fetch(url: str) -> bytes:
    return b""


def count(limit: int) -> Iterator[int]:
    yield limit


async def stream(limit: int) -> AsyncIterator[int]:
    yield limit


@contextlib.contextmanager
def opened(path: str) -> Iterator[int]:
    yield 1


@pytest.mark.parametrize("function", [fetch, count, stream, opened])
def test_what_coroutines_and_generators_return_is_not_what_a_call_makes(function: Callable[..., Any]) -> None:
    schema = read_schema(function)
    assert schema.returns is MISSING
    assert len(schema.parameters) == 1


def test_a_bound_method_takes_no_self() -> None:
    schema = read_schema(Scaler().method)
    assert annotations(schema) == {"value": int}
    assert schema.returns is Scaler
    assert not schema.plain


def test_a_bound_method_of_a_callable_that_takes_only_args_keeps_them() -> None:
    class Loose:
        def method(*args: int) -> None: ...

    schema = read_schema(Loose().method)
    assert schema.parameters == {}
    assert schema.rest is not None


def test_class_methods_and_static_methods_are_read_bound_and_as_objects() -> None:
    assert list(read_schema(Scaler.make).parameters) == ["by"]
    assert list(read_schema(vars(Scaler)["make"]).parameters) == ["by"]
    assert list(read_schema(Scaler.helper).parameters) == ["value"]
    assert list(read_schema(vars(Scaler)["helper"]).parameters) == ["value"]


def test_an_unbound_method_takes_self() -> None:
    assert list(read_schema(Scaler.method).parameters) == ["self", "value"]


def test_a_callable_instance_takes_what_its_call_takes() -> None:
    schema = read_schema(Scaler())
    assert kinds(schema) == {"value": POSITIONAL_ONLY, "offset": KEYWORD}
    assert schema.name == "Scaler"
    assert schema.returns is float
    assert not schema.plain


def test_a_wrapper_is_followed_to_what_it_wraps() -> None:
    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    def target(a: "int", b: str = "b") -> "str":
        return b

    schema = read_schema(decorator(decorator(target)))
    assert annotations(schema) == {"a": int, "b": str}
    assert schema.extra is None
    assert schema.returns is str
    assert schema.name == "target"
    assert not schema.plain


def test_a_function_that_says_its_signature_is_believed() -> None:
    def loose(*args: Any, **kwargs: Any) -> Any: ...

    loose.__signature__ = inspect.signature(scale)  # type: ignore[attr-defined]  # a protocol of inspect
    schema = read_schema(loose)
    assert list(schema.parameters) == ["first", "by", "keep", "name"]
    assert not schema.plain


def test_a_wrapper_with_a_signature_stops_the_search() -> None:
    def target(a: int) -> None: ...

    @functools.wraps(target)
    def wrapper(b: int) -> None: ...

    wrapper.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # a protocol of inspect
        [inspect.Parameter("c", KEYWORD, annotation="int")]
    )
    assert annotations(read_schema(wrapper)) == {"c": int}


def test_a_signature_that_is_none_is_not_believed() -> None:
    def target(a: int) -> None: ...

    target.__signature__ = "nonsense"  # type: ignore[attr-defined]  # what wild code may leave there
    assert list(read_schema(target).parameters) == ["a"]


def test_a_wrapper_of_itself_is_opaque() -> None:
    def loop(a: int) -> None: ...

    loop.__wrapped__ = loop  # type: ignore[attr-defined]  # what wild code may leave there
    assert read_schema(loop).opaque


def test_a_wrapped_class_is_read_as_the_class() -> None:
    @functools.wraps(Scaler, updated=())
    def make(*args: Any, **kwargs: Any) -> Any:
        return Scaler(*args, **kwargs)

    schema = read_schema(make)
    assert annotations(schema) == {"by": float}
    assert schema.returns is Scaler


def test_cached_and_dispatched_functions_are_followed() -> None:
    @functools.lru_cache
    def cached(a: int, b: int = 1) -> int:
        return a

    @functools.singledispatch
    def dispatched(a: object, b: int = 1) -> int:
        return b

    assert defaults(read_schema(cached)) == {"a": MISSING, "b": 1}
    assert defaults(read_schema(dispatched)) == {"a": MISSING, "b": 1}


def test_of_an_overloaded_function_the_implementation_counts() -> None:
    @typing.overload
    def convert(value: int) -> str: ...
    @typing.overload
    def convert(value: str, base: int) -> int: ...
    def convert(value: Any, base: int = 10) -> Any:
        return value

    assert annotations(read_schema(convert)) == {"value": Any, "base": int}


def test_a_builtin_with_a_text_signature_is_read() -> None:
    assert kinds(read_schema(sorted)) == {"iterable": POSITIONAL_ONLY, "key": KEYWORD, "reverse": KEYWORD}


@pytest.mark.parametrize("native", [print.__self__.__import__, dict, min, getattr, type, range, map])
def test_what_cannot_be_read_is_opaque_or_says_its_names(native: Any) -> None:
    schema = read_schema(native)
    readable = True
    try:
        inspect.signature(native)
    except (ValueError, TypeError):
        readable = False
    assert schema.opaque is not readable


def test_a_callable_whose_attributes_raise_is_opaque() -> None:
    class Hostile:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError(name)

        def __call__(self) -> None: ...

    assert read_schema(Hostile()).opaque
    assert read_schema(Hostile()).descriptions == {}


def test_a_callable_that_has_every_attribute_is_still_read() -> None:
    class Obliging:
        def __getattr__(self, name: str) -> Any:
            return self

        def __call__(self, a: int) -> None: ...

    assert read_schema(Obliging()).name == "Obliging"
    assert read_schema(Obliging()).descriptions == {}


def test_an_itemgetter_is_read_like_any_callable() -> None:
    assert read_schema(operator.itemgetter(1)).name == "itemgetter"


def test_a_new_type_takes_one_value() -> None:
    UserId = NewType("UserId", int)
    assert read_schema(UserId).name == "UserId"


@pytest.mark.parametrize("alias", [typing.Union[int, str], typing.Literal[1]])  # noqa: UP007  # the old form can be called
def test_special_forms_are_opaque_where_they_can_be_called_at_all(alias: Any) -> None:
    if callable(alias):
        assert read_schema(alias).opaque
    else:
        with pytest.raises(TypeError):
            read_schema(alias)


# partials


def target(a: int, b: int, c: int = 3, *, d: int = 4) -> float:
    """Add."""
    return a + b + c + d


def test_positional_arguments_of_a_partial_are_gone() -> None:
    schema = read_schema(functools.partial(target, 1))
    assert list(schema.parameters) == ["b", "c", "d"]
    assert schema.returns is float
    assert schema.name == "target"
    assert not schema.plain


def test_keywords_of_a_partial_are_defaults_and_what_follows_is_given_by_name() -> None:
    schema = read_schema(functools.partial(target, b=7))
    assert defaults(schema) == {"a": MISSING, "b": 7, "c": 3, "d": 4}
    assert kinds(schema) == {"a": POSITIONAL, "b": KEYWORD, "c": KEYWORD, "d": KEYWORD}


def test_a_partial_of_a_class_makes_the_class() -> None:
    assert read_schema(functools.partial(Scaler, by=3.0)).returns is Scaler


def test_a_partial_with_too_many_arguments_is_opaque() -> None:
    assert read_schema(functools.partial(target, 1, 2, 3, 4)).opaque


def test_a_partial_of_something_opaque_is_opaque() -> None:
    assert read_schema(functools.partial(dict, a=1)).opaque


def test_a_partial_fills_the_rest_too() -> None:
    def sink(*rest: int) -> None: ...

    assert read_schema(functools.partial(sink, 1, 2)).rest is not None


def test_partial_methods_are_read() -> None:
    class Cell:
        def set(self, state: bool, *, loud: bool = False) -> None: ...

        alive = functools.partialmethod(set, True)

    assert list(read_schema(Cell().alive).parameters) == ["loud"]


@given(st.integers(0, 3), st.sets(st.sampled_from(["a", "b", "c", "d"])))
def test_a_partial_has_the_names_kinds_and_defaults_that_inspect_gives(positional: int, keywords: set[str]) -> None:
    fixed = functools.partial(target, *range(positional), **dict.fromkeys(keywords - set("abc"[:positional]), 9))
    schema = read_schema(fixed)
    expected = inspect.signature(fixed).parameters.values()
    assert [(item.name, item.kind) for item in expected] == list(kinds(schema).items())
    assert [item.default is inspect.Parameter.empty for item in expected] == [
        parameter.required for parameter in schema.parameters.values()
    ]


@given(st.randoms(use_true_random=False))
def test_a_generated_function_has_the_names_kinds_and_defaults_that_inspect_gives(source: random.Random) -> None:
    names = iter("abcdefgh")
    only, either, by_name = (source.randrange(3) for _ in range(3))
    optional = source.randrange(only + either + 1)
    texts = [next(names) for _ in range(only + either)]
    texts = [f"{text}=0" if index >= len(texts) - optional else text for index, text in enumerate(texts)]
    if only:
        texts.insert(only, "/")
    texts += ["*rest"] if source.random() < 0.5 else ["*"] if by_name else []
    texts += [next(names) + source.choice(["", "=1"]) for _ in range(by_name)]
    texts += ["**extra"] if source.random() < 0.5 else []
    space: dict[str, Any] = {}
    exec(f"def made({', '.join(texts)}): pass", space)
    schema = read_schema(space["made"])
    expected = inspect.signature(space["made"]).parameters
    named = [item for item in expected.values() if item.kind not in (item.VAR_POSITIONAL, item.VAR_KEYWORD)]
    assert kinds(schema) == {item.name: item.kind for item in named}
    assert list(schema.parameters) == [item.name for item in named]
    assert [parameter.required for parameter in schema.parameters.values()] == [
        item.default is inspect.Parameter.empty for item in named
    ]
    assert (schema.rest is not None, schema.extra is not None) == ("rest" in expected, "extra" in expected)


def test_positional_only_parameters_stay_so_in_a_partial() -> None:
    def only(a: int, b: int, /, c: int = 0) -> None: ...

    assert kinds(read_schema(functools.partial(only, c=1))) == {
        "a": POSITIONAL_ONLY,
        "b": POSITIONAL_ONLY,
        "c": KEYWORD,
    }


def test_a_class_made_to_look_like_another_takes_what_its_own_constructor_takes() -> None:
    @functools.wraps(Scaler, updated=())
    class Logged:
        def __init__(self, level: int) -> None: ...

    assert list(read_schema(Logged).parameters) == ["level"]


@pytest.mark.parametrize("field", [field.name for field in attrs.fields(Schema)])
def test_a_changed_schema_is_the_same_but_for_what_was_changed(field: str) -> None:
    schema = read_schema(scale)
    assert schema.description == "Scale a number."
    new: dict[str, Any] = {
        "parameters": {"x": Parameter("x")},
        "read_descriptions": lambda: {"": "Another one."},
    }
    changes = {field: new.get(field, "something else")}
    quick, slow = changed(schema, **changes), attrs.evolve(schema, **changes)
    assert vars(quick) == {key: value for key, value in vars(slow).items() if key != "descriptions"}
    assert quick.description == ("Another one." if field == "read_descriptions" else "Scale a number.")
    assert schema.description == "Scale a number."
