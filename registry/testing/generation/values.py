"""Config values that fit annotations, each with what has to arrive for it.

What arrives is worked out here from the annotation alone, without the library's own conversions.
"""

import collections
import collections.abc
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import re
import typing
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Literal

import attrs
from hypothesis import strategies as st
from typing_extensions import is_typeddict

from registry.factorizer.assignable import union_members
from registry.model import MISSING
from registry.signatures import read_schema
from registry.testing.generation.case import Strategy, Value
from registry.testing.generation.constraints import constrained
from registry.testing.generation.shapes import SHAPES, is_container, says_nothing, shape_of, shapes_of, stripped

_NUMBERS = st.integers(-(2**53), 2**53)
_FLOATS = st.floats(allow_nan=False, width=32)
_TEXTS = st.text(max_size=6)
_KEYS = st.sampled_from(["a", "b", "two words", "ünï", "3", ""])

_SCALARS: dict[Any, Strategy] = {
    type(None): st.just(Value.plain(None)),
    bool: st.booleans().map(Value.plain),
    int: st.integers().map(Value.plain),
    str: _TEXTS.map(Value.plain),
    float: _FLOATS.map(Value.plain) | _NUMBERS.map(lambda number: Value(number, float(number))),
    complex: (_FLOATS | _NUMBERS).map(lambda number: Value(number, complex(number)))
    | st.complex_numbers(allow_nan=False, max_magnitude=1e6).map(Value.plain),
    bytes: st.binary(max_size=4).map(Value.plain),
}

_ANY_SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS
_PLAIN = (
    _ANY_SCALAR
    | st.lists(_ANY_SCALAR | st.lists(_ANY_SCALAR, max_size=2), max_size=2)
    | st.dictionaries(_KEYS, _ANY_SCALAR | st.dictionaries(_KEYS, _ANY_SCALAR, max_size=1), max_size=2)
).map(Value.plain)
"""Data of any kind."""

_EVERY = frozenset(SHAPES.values())

CONVERTED: dict[Any, tuple[tuple[Any, Any], ...]] = {
    pathlib.Path: (("a/b", pathlib.Path("a/b")), ("", pathlib.Path())),
    pathlib.PurePath: (("a/b", pathlib.PurePath("a/b")),),
    pathlib.PurePosixPath: (("/a", pathlib.PurePosixPath("/a")),),
    pathlib.PureWindowsPath: (("c:\\a", pathlib.PureWindowsPath("c:\\a")),),
    datetime.datetime: (("2026-01-31T12:30:00", datetime.datetime(2026, 1, 31, 12, 30)),),
    datetime.date: (("2026-01-31", datetime.date(2026, 1, 31)),),
    datetime.time: (("12:30", datetime.time(12, 30)),),
    datetime.timedelta: ((90, datetime.timedelta(seconds=90)), (0.5, datetime.timedelta(seconds=0.5))),
    decimal.Decimal: (("1.50", decimal.Decimal("1.50")), (0.1, decimal.Decimal("0.1")), (2, decimal.Decimal(2))),
    fractions.Fraction: (("1/3", fractions.Fraction(1, 3)), (0.5, fractions.Fraction(1, 2))),
    uuid.UUID: (("12345678123456781234567812345678", uuid.UUID(int=0x12345678123456781234567812345678)),),
    re.Pattern: (("a+", re.compile("a+")),),
    ipaddress.IPv4Address: (("10.0.0.1", ipaddress.IPv4Address("10.0.0.1")),),
    ipaddress.IPv6Address: (("::1", ipaddress.IPv6Address("::1")),),
}
"""What text and numbers stand for."""

_LISTS: dict[Any, Callable[[Any], Any]] = {
    list: list,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
    collections.abc.Reversible: list,
    collections.deque: collections.deque,
}
_SETS: dict[Any, Callable[[Any], Any]] = {
    set: set,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    frozenset: frozenset,
}
_HASHED = (int, str, bool, float, bytes, *CONVERTED)
_DICTS: dict[Any, Callable[[Any], Any]] = {
    dict: dict,
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
    collections.OrderedDict: collections.OrderedDict,
}


def anything() -> Strategy:
    """Data that fits where nothing is asked for."""
    return _PLAIN


def enum_members(cls: type[enum.Enum]) -> list[Value]:
    """How the members of an enum are written: by their values where those are plain, and by their names."""
    members = list(cls)
    plain = [member for member in members if shape_of(member.value) is not None]
    texts = {member.value for member in plain if type(member.value) is str}
    first: dict[tuple[type, Any], enum.Enum] = {}
    for member in plain:
        first.setdefault((type(member.value), member.value), member)
    by_value = [Value(value, member) for (_, value), member in first.items()]
    return by_value + [Value(member.name, member) for member in members if member.name and member.name not in texts]


def literal_values(values: Iterable[Any]) -> list[Value]:
    """How the values of a Literal are written."""
    found: list[Value] = []
    for value in values:
        if isinstance(value, enum.Enum):
            if shape_of(value.value) is not None:
                found.append(Value(value.value, value))
        else:
            found.append(Value.plain(value))
    taken: set[tuple[type, Any]] = set()
    kept = []
    for each in found:  # an enum member may be written like a value before it, which then is meant
        key = (type(each.written), each.written)
        if key not in taken:
            taken.add(key)
            kept.append(each)
    return kept


class Values:
    """Strategies for annotations.

    Args:
        objects: Gives the strategy for an annotation that asks for an object, at a depth, or None; and what such an
            annotation takes besides nodes (`shapes_of`).
    """

    def __init__(self, objects: Any) -> None:
        self._objects = objects
        self._known: dict[Any, Strategy | None] = {}

    def of(self, annotation: Any, constraints: tuple[Any, ...], depth: int, default: Any = MISSING) -> Strategy | None:
        """Values that fit, nodes of at most this depth among them; None where nothing is known that would.

        Args:
            annotation: What is asked for.
            constraints: What is demanded beyond it.
            depth: How deep nodes may be nested.
            default: A value that is known to fit, for where little else is.
        """
        if constraints:
            return self._made(annotation, constraints, depth, default)
        try:
            key = (annotation, type(annotation), repr(annotation), depth)
            if key in self._known:
                return self._known[key]
        except Exception:  # annotations may be any object, with any __hash__ and __repr__
            return self._made(annotation, (), depth, default)
        self._known[key] = None  # a recursive alias ends here
        found = self._known[key] = self._made(annotation, (), depth, default)
        return found

    def _made(self, annotation: Any, constraints: tuple[Any, ...], depth: int, default: Any) -> Strategy | None:
        annotation, more = stripped(annotation)
        constraints = (*constraints, *more)
        if constraints:
            return constrained(annotation, constraints, self._unconstrained(annotation, 0), default)
        return self._unconstrained(annotation, depth)

    def _unconstrained(self, annotation: Any, depth: int) -> Strategy | None:
        if says_nothing(annotation):
            anywhere: Strategy | None = self._objects.anywhere(depth)
            return _PLAIN if anywhere is None else st.one_of(_PLAIN, _PLAIN, anywhere)
        if members := union_members(annotation):
            return self._union(members, depth)
        if typing.get_origin(annotation) is Literal:
            written = literal_values(typing.get_args(annotation))
            return st.sampled_from(written) if written else None
        try:
            if annotation in _SCALARS:
                return _SCALARS[annotation]
            origin = typing.get_origin(annotation)
            found = annotation if origin is None else origin
            if found in CONVERTED:
                return st.sampled_from([Value(*pair) for pair in CONVERTED[found]])
        except TypeError:  # what cannot be hashed
            return None
        if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
            written = enum_members(annotation)
            return st.sampled_from(written) if written else None
        if is_container(found):
            return self._container(annotation, found, typing.get_args(annotation), depth)
        objects: Strategy | None = self._objects.objects(annotation, depth)
        return objects

    def _union(self, members: tuple[Any, ...], depth: int) -> Strategy | None:
        """Values for which it is beyond doubt which member they are for."""
        scalars = {member for member in members if isinstance(member, type) and member in _SCALARS}
        options: list[Strategy] = []
        # what may take anything in its own way leaves only exact scalars and nodes beyond doubt
        taken = [shapes_of(member, CONVERTED, self._objects.takes_mapping) for member in members]
        for position, member in enumerate(members):
            found = self.of(member, (), depth)
            if found is None:
                continue
            others = frozenset().union(
                *(_EVERY if shapes is None else shapes for place, shapes in enumerate(taken) if place != position)
            ) - {"node"}
            own = taken[position]
            if member in scalars:
                options.append(found.map(_Exact(frozenset(scalars))).filter(_NotOf(others, member)))
            elif own is None or "node" in own or not own <= others:
                options.append(found.filter(_NotOf(others, None)))
        return st.one_of(options) if options else None

    def _container(self, annotation: Any, found: Any, arguments: tuple[Any, ...], depth: int) -> Strategy | None:
        if is_typeddict(found):
            return self._typed_dict(annotation, depth)
        if found is tuple:
            if arguments == () and hasattr(annotation, "__args__") and found is not annotation:
                return st.just(Value([], ()))
            if len(arguments) == 2 and arguments[1] is Ellipsis:
                return self._items(arguments[:1], tuple, depth)
            if not arguments:
                return self._items((), tuple, depth)
            items = [self.of(argument, (), depth) for argument in arguments]
            places = [item for item in items if item is not None]
            if len(places) < len(items):
                return None
            return st.tuples(*places).map(lambda values: Value([v.written for v in values], _all(tuple, values)))
        if found in _LISTS:
            return self._items(arguments, _LISTS[found], depth)
        if found in _SETS:
            return self._set(arguments, _SETS[found])
        if found is collections.Counter:
            return self._mapping((arguments[0] if arguments else Any, int), collections.Counter, depth)
        if found is collections.defaultdict:
            return None  # which factory it gets is more than a value
        return self._mapping(arguments, _DICTS[found], depth) if found in _DICTS else None

    def _items(self, arguments: tuple[Any, ...], kind: Callable[[Any], Any], depth: int) -> Strategy | None:
        item = self.of(arguments[0] if arguments else Any, (), depth)
        if item is None:
            return st.just(Value([], kind([])))
        return st.lists(item, max_size=3).map(lambda values: Value([v.written for v in values], _all(kind, values)))

    def _set(self, arguments: tuple[Any, ...], kind: Callable[[Any], Any]) -> Strategy | None:
        inner = arguments[0] if arguments else str
        known = inner in _HASHED or (isinstance(inner, type) and issubclass(inner, enum.Enum))
        if not known and typing.get_origin(inner) is not Literal:
            return st.just(Value([], kind([])))
        return self._items((inner,), kind, 0)

    def _mapping(self, arguments: tuple[Any, ...], kind: Callable[[Any], Any], depth: int) -> Strategy | None:
        key, inner = arguments if len(arguments) == 2 else (Any, Any)
        if key is int:
            keys: st.SearchStrategy[Any] = st.integers(-5, 5)
        elif key is str or says_nothing(key):
            keys = _KEYS
        else:
            return st.just(Value({}, kind({})))
        item = self.of(inner, (), depth)
        if item is None:
            return st.just(Value({}, kind({})))

        def made(values: dict[Any, Value]) -> Value:
            return Value(
                {key: value.written for key, value in values.items()},
                kind({key: value.arrives for key, value in values.items()}),
            )

        return st.dictionaries(keys, item, max_size=2).map(made)

    def _typed_dict(self, annotation: Any, depth: int) -> Strategy | None:
        needed: dict[str, Strategy] = {}
        optional: dict[str, Strategy] = {}
        for name, parameter in read_schema(annotation).parameters.items():
            found = self.of(parameter.annotation, parameter.constraints, depth)
            if found is None and parameter.required:
                return None
            if found is not None:
                (needed if parameter.required else optional)[name] = found
        return st.fixed_dictionaries(needed, optional=optional).map(
            lambda values: Value(
                {key: value.written for key, value in values.items()},
                {key: value.arrives for key, value in values.items()},
            )
        )


def _all(kind: Callable[[Any], Any], values: Iterable[Value]) -> Any:
    return kind([value.arrives for value in values])


@attrs.frozen
class _Exact:
    """In a union, a value of exactly a scalar member's type stays what it is."""

    scalars: frozenset[type]

    def __call__(self, value: Value) -> Value:
        return Value.plain(value.written) if type(value.written) in self.scalars else value


@attrs.frozen
class _NotOf:
    """Leaves out values that another member of a union might take too."""

    shapes: frozenset[str]
    scalar: type | None

    def __call__(self, value: Value) -> bool:
        if self.scalar is not None and type(value.written) is self.scalar:
            return True
        return shape_of(value.written) not in self.shapes
