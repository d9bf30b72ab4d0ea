"""Objects that do not behave, as functions that make them."""

import functools
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, MappingProxyType, SimpleNamespace
from typing import Any, NoReturn, Protocol


class Misbehaved(Exception):
    """What these objects raise where nothing should be raised."""


def _refuse(*args: Any, **kwargs: Any) -> NoReturn:
    raise Misbehaved("this object does not want to be looked at")


def _with(name: str, **methods: Any) -> Callable[[], Any]:
    """A maker of instances of a class with these methods."""
    return lambda: type(name, (), dict(methods))()


def _class_with(name: str, **methods: Any) -> Callable[[], Any]:
    """A maker of classes whose metaclass has these methods."""
    return lambda: type(f"{name}Meta", (type,), dict(methods))(name, (), {})


def _lying_class() -> Any:
    return type("Liar", (), {"__class__": property(lambda self: dict)})()


def _cyclic_list() -> Any:
    items: list[Any] = []
    items.append(items)
    return items


def _cyclic_dict() -> Any:
    table: dict[str, Any] = {}
    table["self"] = table
    return table


def _cyclic_object() -> Any:
    found = SimpleNamespace()
    found.self = found
    return found


def _deep_list() -> Any:
    found: list[Any] = []
    for _ in range(100_000):
        found = [found]
    return found


def _endless() -> Any:
    class Endless:
        def __iter__(self) -> Iterator[int]:
            while True:
                yield 1

        def __len__(self) -> int:
            return 2**31

        def __getitem__(self, key: Any) -> int:
            return 1

    return Endless()


def _answers_everything() -> Any:
    class Yes:
        def __getattr__(self, name: str) -> "Yes":
            return self

        def __call__(self, *args: Any, **kwargs: Any) -> "Yes":
            return self

    return Yes()


def _wraps_itself() -> Any:
    def function() -> None: ...

    function.__wrapped__ = function  # type: ignore[attr-defined]  # functions take attributes
    return function


def _deep_partial() -> Any:
    found: Any = functools.partial(print)
    for number in range(500):
        found = functools.partial(_Call(found), number)
    return found


class _Call:
    """Hides a partial from the next one, which would take over its arguments."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, *args: Any) -> Any:
        return self.inner(*args)


def _annotated(annotation: Any) -> Callable[[], Any]:
    def make() -> Any:
        def function(x: Any = None) -> None: ...

        function.__annotations__ = {"x": annotation, "return": annotation}
        return function

    return make


def _many_parameters() -> Any:
    scope: dict[str, Any] = {}
    exec(f"def many({', '.join(f'p{number}=None' for number in range(2000))}): pass", scope)
    return scope["many"]


def _function_with(**attributes: Any) -> Callable[[], Any]:
    def make() -> Any:
        function = FunctionType(_wraps_itself.__code__, {})
        for name, value in attributes.items():
            setattr(function, name, value)
        return function

    return make


_none: Callable[..., Any] = len


class _Members(Protocol):
    """A Protocol, which cannot be made."""

    def __call__(self, x: int) -> int: ...


CALLABLES: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "a function that wraps itself": _wraps_itself,
        "a signature that is none": _function_with(__signature__="not one"),
        "a docstring that is none": _function_with(__doc__=3),
        "a name that is none": lambda: _answers_everything(),
        "code that is annotated": _annotated("__import__('os').system('true')"),
        "annotations that are broken text": _annotated("list[int"),
        "an annotation that does not exist": _annotated("NoSuchType"),
        "an annotation that cannot be hashed": _annotated([]),
        "an annotation that refuses": _annotated(
            _with("Refusing", __eq__=_refuse, __hash__=_refuse, __repr__=_refuse)()
        ),
        "2000 parameters": _many_parameters,
        "500 partials": _deep_partial,
        "a partial of nothing that takes it": lambda: functools.partial(_none, 1, 2, 3, x=4),
        "a __call__ that is no function": _with("Odd", __call__=functools.partial(print)),
        "a __signature__ that raises": _with("Odd", __call__=print, __signature__=property(_refuse)),
        "a class whose metaclass calls": _class_with("Odd", __call__=lambda cls, x, y=1: None),
        "a class whose signature raises": _class_with("Odd", __signature__=property(_refuse)),
        "a class whose bases are hidden": _class_with("Odd", __mro__=property(_refuse)),
        "a class with a broken __new__": lambda: type("Odd", (), {"__new__": 3}),
        "a class with a broken __init__": lambda: type("Odd", (), {"__init__": property(_refuse)}),
        "a protocol": lambda: _Members,
        "what answers everything": _answers_everything,
        "attributes that raise": _with("Odd", __call__=lambda self, x: None, __getattr__=_refuse),
        "every attribute raises": _with("Odd", __call__=lambda self, x: None, __getattribute__=_refuse),
        "a method of a built-in": lambda: [].append,
        "a slot of a built-in": lambda: int.__add__,
        "a built-in class": lambda: type,
        "a generic alias": lambda: dict[str, int],
        "print": lambda: print,
    }
)
"""Things that can be called, or say so, and cannot be read like a function."""

OBJECTS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "nothing": lambda: None,
        "not implemented": lambda: NotImplemented,
        "an ellipsis": lambda: ...,
        "a bare object": object,
        "an equality that raises": _with("Odd", __eq__=_refuse, __hash__=object.__hash__),
        "an equality that is no answer": _with("Odd", __eq__=lambda self, other: self, __bool__=_refuse),
        "equal to everything": _with("Odd", __eq__=lambda self, other: True, __hash__=lambda self: 0),
        "a hash that raises": _with("Odd", __hash__=_refuse),
        "no hash": list,
        "a truth that raises": _with("Odd", __bool__=_refuse),
        "a length that raises": _with("Odd", __len__=_refuse),
        "a length that is negative": _with("Odd", __len__=lambda self: -1),
        "a text that raises": _with("Odd", __repr__=_refuse, __str__=_refuse),
        "a text that is none": _with("Odd", __repr__=lambda self: 3),
        "a text of a million characters": _with("Odd", __repr__=lambda self: "x" * 1_000_000),
        "a text for terminals": _with("Odd", __repr__=lambda self: "\x1b[31m\n\0"),
        "attributes that raise": _with("Odd", __getattr__=_refuse),
        "every attribute raises": _with("Odd", __getattribute__=_refuse),
        "a class that raises": _with("Odd", __class__=property(_refuse)),
        "a class that lies": _lying_class,
        "a name that raises": _with("Odd", __name__=property(_refuse)),
        "a module that raises": _with("Odd", __module__=property(_refuse)),
        "a copy that raises": _with("Odd", __copy__=_refuse, __deepcopy__=_refuse, __reduce_ex__=_refuse),
        "an iteration that raises": _with("Odd", __iter__=_refuse),
        "an iteration without an end": _endless,
        "a mapping that raises": _with("Odd", keys=_refuse, __getitem__=_refuse),
        "a class whose instances are not checked": _class_with("Odd", __instancecheck__=_refuse),
        "a class whose children are not checked": _class_with("Odd", __subclasscheck__=_refuse),
        "a class whose text raises": _class_with("Odd", __repr__=_refuse),
        "a class whose attributes raise": _class_with("Odd", __getattribute__=_refuse),
        "a list in itself": _cyclic_list,
        "a dict in itself": _cyclic_dict,
        "an object in itself": _cyclic_object,
        "a deep list": _deep_list,
        "a long list": lambda: [0] * 1_000_000,
        "a large integer": lambda: 10**5000,
        "not a number": lambda: float("nan"),
        "half a surrogate pair": lambda: "\ud800",
        "a NUL": lambda: "\0",
        "bytes that are no text": lambda: b"\xff\xfe",
        **{f"callable: {what}": make for what, make in CALLABLES.items()},
    }
)
"""Anything that somebody may hand over."""
