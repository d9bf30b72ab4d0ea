"""What may stand in a config for an annotation.

A form takes a plain value (a node was dealt with before) and gives the recipe for what the annotation asks, reporting
what does not fit to the walk that it serves.
"""

import copy
import enum
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from registry.factorizer import constraints as constraints_
from registry.factorizer.assignable import assignable, bare, class_of, type_name
from registry.factorizer.recipe import NONE, Constant, Fresh, Recipe, is_value, value_of
from registry.model import MISSING
from registry.names import quote
from registry.paths import Path

if TYPE_CHECKING:
    from registry.factorizer.site import Site
    from registry.factorizer.walk import Walk


# Nobody compares forms or looks at them: what attrs does not make for them is time saved at the first build.


class Form(typing.Protocol):
    """How a plain value becomes what an annotation asks for."""

    @property
    def annotation(self) -> Any:
        """The annotation, MISSING for none."""
        ...

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """The recipe for a value; problems go to the walk."""
        ...


@attrs.frozen(eq=False, repr=False)
class AnyForm:
    """Everything is accepted: no annotation, or one that says nothing."""

    annotation: Any = MISSING

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """The value in plain containers, its nodes built."""
        kind = type(value)
        if kind is dict:
            items = [walk.visit(item, site.inside(self), (*path, key)) for key, item in value.items()]
            return Fresh(dict, tuple(items), tuple(value))
        if kind is list or kind is tuple:
            items = [walk.visit(item, site.inside(self), (*path, index)) for index, item in enumerate(value)]
            return Fresh(kind, tuple(items))
        return Constant(value)


@attrs.frozen(eq=False, repr=False)
class ScalarForm:
    """str, int, float, complex, bool, bytes or None: strict, but for an int that stands for a float."""

    annotation: Any

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """The value itself, or an int as the float it stands for."""
        kind = type(value)
        if kind is self.annotation:
            return Constant(value)
        if (self.annotation is float and kind is int) or (self.annotation is complex and kind in (int, float)):
            try:
                return Constant(self.annotation(value))
            except OverflowError:
                walk.report.wrong_type(value, site, path, "the integer is too large for a float")
                return NONE
        return _live_or_wrong(walk, value, site, path, self.annotation)


@attrs.frozen(eq=False, repr=False)
class LiteralForm:
    """One of some values, of the same type."""

    annotation: Any
    values: tuple[Any, ...]

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """The value of the literal that equals it."""
        for allowed in self.values:
            if type(allowed) is type(value) and allowed == value:
                return Constant(allowed)
            if isinstance(allowed, enum.Enum) and type(allowed.value) is type(value) and allowed.value == value:
                return Constant(allowed)  # Literal[Color.RED], written as the member's value
        walk.report.wrong_value(value, site, path, self.values)
        return NONE


@attrs.frozen(eq=False, repr=False)
class HookForm:
    """A value that cattrs makes: a path, a date, an enum member, or what a user registered a hook for."""

    annotation: Any
    hook: Callable[[Any, Any], Any]

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """The converted value; a live object that already is one stays."""
        kind = class_of(self.annotation)
        if kind is not None and isinstance(value, kind):
            return Constant(value)
        try:
            return Constant(self.hook(copy.deepcopy(value), self.annotation))
        except Exception as error:  # hooks are users' code; whatever they raise refuses the value
            walk.report.wrong_type(value, site, path, _reason(error))
            return NONE


@attrs.frozen(eq=False, repr=False)
class ItemsForm:
    """A list, tuple, set or other container of items that are all alike."""

    annotation: Any
    kind: Callable[[Any], Any]
    item: Form
    hashed: bool = False

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """A container of the wanted kind."""
        kind = type(value)
        if kind is str or kind is bytes:  # a sequence of itself, and hardly ever meant
            walk.report.wrong_type(value, site, path)
            return NONE
        if kind is not list and kind is not tuple:
            return _live_or_wrong(walk, value, site, path, self.annotation)
        items = tuple(walk.visit(item, site.inside(self.item), (*path, index)) for index, item in enumerate(value))
        if self.hashed:
            for index, item in enumerate(items):
                if not _hashable(item):
                    walk.report.wrong_type(
                        value[index], site.inside(self.item), (*path, index), "it cannot be put in a set"
                    )
                    return NONE
        return Fresh(self.kind, items)


@attrs.frozen(eq=False, repr=False)
class TupleForm:
    """A tuple with a type for each place."""

    annotation: Any
    items: tuple[Form, ...]

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """A tuple of exactly this length."""
        kind = type(value)
        if kind is not list and kind is not tuple:
            return _live_or_wrong(walk, value, site, path, self.annotation)
        if len(value) != len(self.items):
            walk.report.wrong_type(value, site, path, f"it has {len(value)} items, not {len(self.items)}")
            return NONE
        pairs = zip(self.items, value, strict=True)
        return Fresh(
            tuple,
            tuple(walk.visit(item, site.inside(form), (*path, index)) for index, (form, item) in enumerate(pairs)),
        )


@attrs.frozen(eq=False, repr=False)
class DictForm:
    """A mapping whose keys and values are all alike."""

    annotation: Any
    kind: Callable[[Any], Any]
    key: Form
    item: Form

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """A mapping of the wanted kind."""
        if type(value) is not dict:
            return _live_or_wrong(walk, value, site, path, self.annotation)
        keys: list[Any] = []
        items: list[Recipe] = []
        for key, item in value.items():
            made = self.key.take(walk, key, site.inside(self.key, key=True), (*path, key))
            keys.append(value_of(made) if is_value(made) else key)
            items.append(walk.visit(item, site.inside(self.item), (*path, key)))
        return Fresh(self.kind, tuple(items), tuple(keys))


@attrs.frozen(eq=False, repr=False)
class TypedDictForm:
    """A mapping with a type for each key."""

    annotation: Any
    required: frozenset[str]
    forms: Mapping[str, Form]

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """A dict with these keys."""
        if type(value) is not dict:
            return _live_or_wrong(walk, value, site, path, self.annotation)
        items: dict[Any, Recipe] = {}
        for key, item in value.items():
            form = self.forms.get(key)
            if form is None:
                walk.report.unknown_key(key, value, self.forms, f"{type_name(self.annotation)}", path)
            items[key] = walk.visit(item, site.inside(AnyForm() if form is None else form), (*path, key))
        for key in self.forms:
            if key in self.required and key not in value:
                walk.report.missing(key, type_name(self.annotation), path, path)
        return Fresh(dict, tuple(items.values()), tuple(items))


@attrs.frozen(eq=False, repr=False)
class UnionForm:
    """Any of several forms: the first that takes the value, exact types before conversions."""

    annotation: Any
    options: tuple[Form, ...]

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """What the first option that fits makes of it."""
        if any(isinstance(option, ScalarForm) and option.annotation is type(value) for option in self.options):
            return Constant(value)
        suitable = [option for option in self.options if not isinstance(option, ScalarForm) or _is_scalar(value)]
        meant = [option for option in suitable if walk.is_meant(option, value)]
        if len(meant) != 1 or any(
            isinstance(option, ObjectForm | HookForm) for option in suitable if option not in meant
        ):
            for option in suitable:
                recipe = walk.attempt(option, value, site, path)
                if recipe is not None:
                    return recipe
        if len(meant) == 1:  # its own problems say more than "none of these"
            return meant[0].take(walk, value, site.inside(meant[0]), path)
        walk.report.wrong_type(value, site, path)
        return NONE


@attrs.frozen(eq=False, repr=False)
class ObjectForm:
    """An object of a class: a mapping is built or structured where the class is registered or shows its fields."""

    annotation: Any
    kind: type

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """The object's recipe."""
        if type(value) is dict and (target := walk.target_of(self.kind)) is not None:
            return walk.nodes.call(value, target, site, path, {})
        if type(value) is dict and not assignable(dict, self.annotation):
            walk.report.wrong_type(value, site, path, suggestions=["Name the entry that builds it with '_type'."])
            return NONE
        return _live_or_wrong(walk, value, site, path, self.annotation)


@attrs.frozen(eq=False, repr=False)
class ConstrainedForm:
    """A form with constraints on the value it makes."""

    annotation: Any
    inner: Form
    constraints: tuple[Any, ...]

    def take(self, walk: "Walk", value: Any, site: "Site", path: Path) -> Recipe:
        """What the inner form makes, if it meets the constraints."""
        before = walk.error_count
        recipe = self.inner.take(walk, value, site, path)
        if value is None:  # where None may stand, it stands for no value, as in `x: Annotated[int, Gt(0)] = None`
            return recipe
        if walk.error_count == before and is_value(recipe):
            for text in constraints_.broken(value_of(recipe), self.constraints):
                walk.report.broken_constraint(text, site, path)
        return recipe


def _live_or_wrong(walk: "Walk", value: Any, site: "Site", path: Path, wanted: Any) -> Recipe:
    """A value that already is what is wanted (a live object, or a scalar under an abstract type), or a problem."""
    kind = type(value)
    if kind is dict or kind is list or kind is tuple:
        if assignable(kind, wanted):
            return ANY.take(walk, value, site.inside(ANY), path)
    elif assignable(kind, wanted) and not (kind is bool and wanted in (int, float, complex)):
        return Constant(value)
    walk.report.wrong_type(value, site, path)
    return NONE


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, dict | list | tuple)


def _hashable(recipe: Recipe) -> bool:
    made = recipe.makes
    if isinstance(recipe, Fresh) and recipe.kind is tuple:
        return all(_hashable(item) for item in recipe.items)
    found = class_of(bare(made))
    return found is None or getattr(found, "__hash__", None) is not None


def _reason(error: Exception) -> str:
    return quote(str(error), 200)[1:-1] if str(error) else type(error).__name__


ANY = AnyForm()
