"""From annotations to forms."""

import collections
import collections.abc
import typing
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NotRequired, Required, TypeVar

from typing_extensions import ReadOnly, is_typeddict

from registry.factorizer.assignable import bare, class_of, union_members
from registry.factorizer.forms import (
    ANY,
    AnyForm,
    ConstrainedForm,
    DictForm,
    Form,
    HookForm,
    ItemsForm,
    LiteralForm,
    ObjectForm,
    ScalarForm,
    TupleForm,
    TypedDictForm,
    UnionForm,
)
from registry.model import MISSING
from registry.schema import ForeignType
from registry.signatures import read_schema

_ITEMS: dict[Any, tuple[Callable[[Any], Any], bool]] = {
    list: (list, False),
    collections.abc.Sequence: (list, False),
    collections.abc.MutableSequence: (list, False),
    collections.abc.Iterable: (list, False),
    collections.abc.Collection: (list, False),
    collections.abc.Reversible: (list, False),
    set: (set, True),
    collections.abc.Set: (set, True),
    collections.abc.MutableSet: (set, True),
    frozenset: (frozenset, True),
    collections.deque: (collections.deque, False),
}

_DICTS: dict[Any, Callable[[Any], Any]] = {
    dict: dict,
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
    collections.OrderedDict: collections.OrderedDict,
    collections.Counter: collections.Counter,
}

_SCALARS = (str, int, float, complex, bool, bytes, type(None))


class Forms:
    """The forms of annotations, made once each; `hook_for` gives the structure hook of a type, if there is one."""

    def __init__(self, hook_for: Callable[[Any], Callable[[Any, Any], Any] | None]) -> None:
        self._hook_for = hook_for
        self._known: dict[Any, Form] = {}

    def of(self, annotation: Any, constraints: tuple[Any, ...] = ()) -> Form:
        """The form of an annotation, with constraints on top where there are any."""
        form = self._cached(annotation)
        return ConstrainedForm(form.annotation, form, constraints) if constraints else form

    def _cached(self, annotation: Any) -> Form:
        # types that compare equal may differ (Literal[1] and Literal[True], int | str and str | int), so the key is
        # the annotation's text and type too; what cannot be hashed is made anew
        try:
            key = (annotation, type(annotation), repr(annotation))
            form = self._known.get(key)
        except Exception:  # annotations may be any object, with any __hash__ and __repr__
            return self._make(annotation)
        if form is None:
            self._known[key] = ANY  # a recursive alias ends here
            form = self._known[key] = self._make(annotation)
        return form

    def _make(self, annotation: Any) -> Form:
        if typing.get_origin(annotation) is typing.Annotated:
            inner, *metadata = typing.get_args(annotation)
            usable = tuple(item for item in metadata if not isinstance(item, str))
            return self.of(inner, usable)
        if typing.get_origin(annotation) in (Required, NotRequired, ReadOnly, typing.Required, typing.NotRequired):
            return self._cached(typing.get_args(annotation)[0])
        annotation = bare(annotation)
        if annotation is MISSING or annotation is Any or annotation is object or isinstance(annotation, str | TypeVar):
            return ANY
        if isinstance(annotation, ForeignType):
            known = annotation.values
            return AnyForm(annotation) if known is None else LiteralForm(annotation, known)
        if members := union_members(annotation):
            return self._union(annotation, members)
        if typing.get_origin(annotation) is Literal:
            return LiteralForm(annotation, typing.get_args(annotation))
        if annotation in _SCALARS:
            return ScalarForm(annotation)
        if (hook := self._hook_for(annotation)) is not None:
            return HookForm(annotation, hook)
        return self._container(annotation) or self._object(annotation)

    def _union(self, annotation: Any, members: tuple[Any, ...]) -> Form:
        options = tuple(self._cached(member) for member in members)
        if ANY in options:
            return ANY
        # what is not known here may take anything, whatever the others would say
        foreign = any(isinstance(option, AnyForm) and isinstance(option.annotation, ForeignType) for option in options)
        return AnyForm(annotation) if foreign else UnionForm(annotation, options)

    def _container(self, annotation: Any) -> Form | None:
        origin = typing.get_origin(annotation)
        found = annotation if origin is None else origin
        arguments = typing.get_args(annotation)
        if is_typeddict(found):
            keys = read_schema(annotation).parameters.values()
            forms = {key.name: self.of(key.annotation, key.constraints) for key in keys}
            return TypedDictForm(annotation, frozenset(key.name for key in keys if key.required), forms)
        if found is tuple:
            if len(arguments) == 2 and arguments[1] is Ellipsis:
                return ItemsForm(annotation, tuple, self.of(arguments[0]))
            if arguments or hasattr(annotation, "__args__"):  # `tuple[()]` is empty, `typing.Tuple` is any tuple
                return TupleForm(annotation, tuple(self.of(argument) for argument in arguments))
            return ItemsForm(annotation, tuple, ANY)
        if found in _ITEMS:
            kind, hashed = _ITEMS[found]
            return ItemsForm(annotation, kind, self.of(arguments[0]) if arguments else ANY, hashed)
        if found is collections.defaultdict:
            made: Callable[[Any], Any] = partial(collections.defaultdict, class_of(arguments[1]) if arguments else None)
            return DictForm(annotation, made, *self._pair(arguments))
        if found is collections.Counter:
            return DictForm(annotation, collections.Counter, self.of(arguments[0]) if arguments else ANY, self.of(int))
        if found in _DICTS:
            return DictForm(annotation, _DICTS[found], *self._pair(arguments))
        return None

    def _pair(self, arguments: tuple[Any, ...]) -> tuple[Form, Form]:
        return (self.of(arguments[0]), self.of(arguments[1])) if len(arguments) == 2 else (ANY, ANY)

    def _object(self, annotation: Any) -> Form:
        kind = class_of(annotation)
        return AnyForm(annotation) if kind is None else ObjectForm(annotation, kind)
