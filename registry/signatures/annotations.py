"""Annotations as they are found in the wild: resolved one by one, so that a bad one spoils no other."""

import dataclasses
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, ForwardRef, Optional, TypeVar, get_args, get_origin

import attrs
import typing_extensions

from registry.model import MISSING, NOTHING

_WRAPPERS = (
    ClassVar,
    Final,
    typing_extensions.Required,
    typing_extensions.NotRequired,
    typing_extensions.ReadOnly,
)
_BOUNDS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "func")
_TYPING = ("typing", "typing_extensions")


@attrs.frozen(eq=False, repr=False)
class Scope:
    """Where the names in a stringified annotation are looked up."""

    globals: dict[str, Any]
    locals: Mapping[str, Any] = NOTHING


@attrs.frozen(eq=False, repr=False)
class Hint:
    """An annotation taken apart.

    Attributes:
        annotation: The bare type, or MISSING.
        constraints: What `Annotated` adds to it and a value can be checked against.
        documentation: The text of a PEP 727 `Doc`.
        required: What `Required` or `NotRequired` say, None where neither is written.
    """

    annotation: Any = MISSING
    constraints: tuple[Any, ...] = ()
    documentation: str | None = None
    required: bool | None = None


NO_HINT = Hint()


def raw_annotations(annotated: Any) -> Mapping[str, Any]:
    """What was written behind the colons, nothing evaluated that need not be.

    Where annotations are evaluated late (PEP 649), names that cannot be found stay forward references.
    """
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(annotated, format=annotationlib.Format.FORWARDREF)
    found = vars(annotated).get("__annotations__") if isinstance(annotated, type) else annotated.__annotations__
    return found if isinstance(found, Mapping) else NOTHING


def function_scope(function: types.FunctionType) -> Scope:
    """The names that a function sees: its module's, its closure's, and its type parameters."""
    names: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # the cell is still empty: the name was not assigned yet
            continue
    for variable in getattr(function, "__type_params__", ()):
        names.setdefault(variable.__name__, variable)
    return Scope(function.__globals__, names)


def class_scope(cls: type) -> Scope:
    """The names that a class body sees.

    The module's names come first, as in `typing.get_type_hints`: in `date: "date" = None` the type is meant, not the
    default that the class attribute became.
    """
    names = dict(vars(cls))
    for variable in getattr(cls, "__type_params__", ()):
        names.setdefault(variable.__name__, variable)
    names.setdefault(cls.__name__, cls)
    return Scope(names, getattr(sys.modules.get(cls.__module__), "__dict__", {}))


def field_owners(cls: type) -> dict[str, type]:
    """For each parameter that a field of an attrs class or a dataclass becomes, the class that declares the field."""
    names = {field.name: field.name for field in getattr(cls, "__dataclass_fields__", {}).values()}
    for field in getattr(cls, "__attrs_attrs__", ()):
        names[field.alias or field.name.lstrip("_")] = field.name
    if not names:
        return {}
    declared: dict[str, type] = {}
    for owner in reversed(cls.__mro__):
        declared.update(dict.fromkeys(raw_annotations(owner), owner))
    return {parameter: declared.get(name, cls) for parameter, name in names.items()}


def resolve(
    raw: Mapping[str, Any],
    scope: Callable[[], Scope],
    *,
    owners: Mapping[str, type] = NOTHING,
    fallback: type | None = None,
) -> dict[str, Hint]:
    """The meaning of each annotation; what cannot be resolved becomes MISSING and leaves its neighbours alone.

    Args:
        raw: Annotations by name, as they were written.
        scope: Gives the names that stringified ones refer to.
        owners: The classes in which single annotations were written.
        fallback: The class whose names count where those of the scope do not do.
    """
    hints: dict[str, Hint] = {}
    pending: dict[str, Any] = {}
    for name, annotation in raw.items():
        if annotation.__class__ is type:
            hints[name] = Hint(annotation)
        else:
            pending[name] = annotation.type if isinstance(annotation, dataclasses.InitVar) else annotation
    if pending:
        values = _evaluate_all(pending, scope, owners, fallback)
        hints.update((name, take_apart(value)) for name, value in values.items())
    return hints


def _evaluate_all(
    raw: Mapping[str, Any], scope: Callable[[], Scope], owners: Mapping[str, type], fallback: type | None
) -> dict[str, Any]:
    if not owners:
        try:
            return _evaluate(raw, scope())
        except Exception:  # evaluating wild text raises anything; one by one, the good ones are found
            pass
    values: dict[str, Any] = {}
    for name, annotation in raw.items():
        values[name] = MISSING
        for place in (owners.get(name), scope, fallback):
            if place is None:
                continue
            try:
                values.update(_evaluate({name: annotation}, class_scope(place) if isinstance(place, type) else place()))
                break
            except Exception:  # the same: the next scope may know better
                continue
    return values


def _evaluate(raw: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    # As in a class body, where `Final` and `ClassVar` may stand around the type: fields become parameters.
    texts = {
        name: ForwardRef(text, is_argument=False, is_class=True) for name, text in raw.items() if type(text) is str
    }
    holder = types.SimpleNamespace(__annotations__={**raw, **texts})
    return typing.get_type_hints(holder, scope.globals, dict(scope.locals), include_extras=True)


def take_apart(annotation: Any) -> Hint:
    """Separate the type from what is wrapped around it."""
    metadata: tuple[Any, ...] = ()
    required: bool | None = None
    while True:
        origin = get_origin(annotation)
        if isinstance(annotation, dataclasses.InitVar):
            annotation = annotation.type
        elif origin is Annotated:
            metadata = annotation.__metadata__ + metadata
            annotation = annotation.__origin__
        elif origin in _WRAPPERS:
            if origin in (typing_extensions.Required, typing_extensions.NotRequired):
                required = origin is typing_extensions.Required
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, typing_extensions.TypeAliasType):
            annotation = annotation.__value__
        else:
            break
    documentation = next((text for item in metadata if isinstance(text := _documentation(item), str)), None)
    bare = annotation if _is_type(annotation) else MISSING
    return Hint(bare, tuple(constraints_in(metadata)), documentation, required)


def _documentation(item: Any) -> Any:
    return item.documentation if type(item).__name__ == "Doc" and hasattr(item, "documentation") else None


def constraints_in(metadata: Iterable[Any]) -> Iterator[Any]:
    """The items that a value can be checked against, groups of them (`Interval`, `Len`) opened.

    They are recognised by what they have, so that annotated-types need not be installed: a bound such as `gt`, a
    predicate's `func`, or being callable. A class is a mark, not a check.
    """
    for item in metadata:
        if isinstance(item, type):
            continue
        if hasattr(item, "__is_annotated_types_grouped_metadata__"):
            yield from constraints_in(item)
        elif type(item).__name__ == "FieldInfo" and isinstance(getattr(item, "metadata", None), list):
            yield from constraints_in(item.metadata)  # pydantic's `Field(gt=0)` between the brackets
        elif callable(item) or any(hasattr(item, bound) for bound in _BOUNDS):
            yield item


def _is_type(annotation: Any) -> bool:
    if isinstance(annotation, ForwardRef) or annotation in (*_WRAPPERS, dataclasses.InitVar):
        return False
    return isinstance(annotation, type) or get_origin(annotation) is not None or type(annotation).__module__ in _TYPING


def with_implicit_none(annotation: Any, default: Any) -> Any:
    """The annotation that is meant by `x: int = None`, which wild code is full of: `int | None`."""
    if default is not None or annotation in (MISSING, Any, object, type(None)):
        return annotation
    if type(None) in get_args(annotation) or None in get_args(annotation):
        return annotation
    try:
        return Optional[annotation]  # noqa: UP045  # not everything that stands in annotations has `|`
    except TypeError:
        return annotation


def type_arguments(cls: type, arguments: tuple[Any, ...] = ()) -> dict[type, dict[Any, Any]]:
    """What the type variables of a class and of each of its bases stand for.

    Each class has its own: the same variable may mean one thing in a class and another in its base.

    Args:
        cls: The class.
        arguments: What was written in brackets behind it.
    """
    known = dict(zip(getattr(cls, "__parameters__", ()), arguments, strict=False))
    found: dict[type, dict[Any, Any]] = {cls: known}
    for base in vars(cls).get("__orig_bases__", cls.__bases__):
        origin = get_origin(base) or base
        if isinstance(origin, type) and origin not in (object, typing.Generic):
            given = tuple(substitute(argument, known) for argument in get_args(base))
            found = {**type_arguments(origin, given), **found}
    return found


def substitute(annotation: Any, known: Mapping[Any, Any]) -> Any:
    """The annotation with the type variables replaced that are known."""
    if isinstance(annotation, TypeVar):
        return known.get(annotation, annotation)
    variables = _variables(annotation)
    if not any(variable in known for variable in variables):
        return annotation
    try:
        return annotation[tuple(known.get(variable, variable) for variable in variables)]
    except TypeError:  # parameter specifications and the like, which take no plain type
        return annotation


def has_variables(annotation: Any) -> bool:
    """Whether type variables are left in the annotation."""
    return isinstance(annotation, TypeVar) or bool(_variables(annotation))


def _variables(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is None:
        return ()  # a generic class without brackets has variables too, and none of them is left to fill
    found = getattr(annotation, "__parameters__", ())
    return found if isinstance(found, tuple) else ()
