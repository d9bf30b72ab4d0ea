"""A checked config as the steps that build it."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from registry.model import MISSING
from registry.paths import Path


@attrs.frozen(eq=False, repr=False)
class Constant:
    """A value that is handed on as it is."""

    value: Any

    @property
    def makes(self) -> Any:
        """The type of the value."""
        return type(self.value)


@attrs.frozen(eq=False, repr=False)
class Fresh:
    """A container that is new in every build.

    `kind` is called with a list of the items, or with a dict of them where there are `keys`.
    """

    kind: Callable[[Any], Any]
    items: "tuple[Recipe, ...]"
    keys: tuple[Any, ...] | None = None

    @property
    def makes(self) -> Any:
        """The type of the container."""
        return self.kind if isinstance(self.kind, type) else MISSING


@attrs.frozen(eq=False, repr=False)
class Call:
    """An object that is made by calling an artifact. One that is referred to in several places is made once.

    `kwargs` are for parameters that the artifact declares, `extra` for its `**kwargs`; `order` has all arguments in the
    order in which the document gives them, which is the order they are made in.
    """

    function: Any
    label: Any
    path: Path
    args: "tuple[Recipe, ...]"
    kwargs: "Mapping[str, Recipe]"
    extra: "Mapping[str, Recipe]"
    order: "tuple[Recipe, ...]"
    makes: Any = MISSING
    as_partial: bool = False


Recipe = Constant | Fresh | Call

NONE = Constant(None)

BROKEN = Call(None, None, (), (), {}, {}, ())
"""Stands where a mistake was reported; what it would have made is not known."""


def parts(recipe: Recipe) -> "tuple[Recipe, ...]":
    """What has to be there before this can be made, in order."""
    if isinstance(recipe, Call):
        return recipe.order
    return recipe.items if isinstance(recipe, Fresh) else ()


def is_value(recipe: Recipe) -> bool:
    """Whether no artifact has to be called for it."""
    return not isinstance(recipe, Call) and all(is_value(part) for part in parts(recipe))


def value_of(recipe: Recipe) -> Any:
    """The value that a recipe without calls stands for."""
    if isinstance(recipe, Constant):
        return recipe.value
    assert isinstance(recipe, Fresh)
    items = [value_of(item) for item in recipe.items]
    return recipe.kind(items if recipe.keys is None else dict(zip(recipe.keys, items, strict=True)))


def calls(recipe: Recipe) -> "list[Call]":
    """Every call of a recipe once, in the order in which they are made."""
    found: dict[int, Call] = {}
    _collect(recipe, found)
    return list(found.values())


def _collect(recipe: Recipe, found: dict[int, Call]) -> None:
    if id(recipe) in found:
        return
    for part in parts(recipe):
        _collect(part, found)
    if isinstance(recipe, Call):
        found[id(recipe)] = recipe
