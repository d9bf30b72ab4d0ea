"""Strategies for nodes: mappings that build an entry of a world."""

import collections.abc
import inspect
from functools import cached_property
from typing import Any, Literal

import attrs
from hypothesis import strategies as st
from typing_extensions import is_protocol

from registry.factorizer.assignable import assignable, class_of
from registry.factorizer.language import RESERVED
from registry.protocols import Target
from registry.schema import Parameter, Schema
from registry.testing.generation.case import Expected, Strategy, Value
from registry.testing.generation.values import Values
from registry.testing.generation.worlds import Known, World

DEPTH = 2
"""How deep nodes are nested in generated nodes."""

Style = Literal["all", "some"]
"""Whether a node gives all parameters for which there are values, or some."""

BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

_EXTRA = ("extra_one", "extra_two")


@attrs.frozen(eq=False)
class Slot:
    """A parameter that a config may give, with values for it; None where no values are known."""

    parameter: Parameter
    values: Strategy | None


@attrs.frozen(eq=False)
class Takes:
    """What the nodes of a schema may say.

    Attributes:
        slots: Its parameters by name, without open ones.
        places: The names of those that `_args` may fill, in order, as far as there are values.
        rest: Values for `*args`, where they can be given.
        extra: Values for names of `**kwargs`, where it has them.
        complete: Whether there are values for all that is required.
    """

    slots: dict[str, Slot]
    places: tuple[str, ...]
    rest: Strategy | None
    extra: Strategy | None
    complete: bool


class Nodes:
    """The nodes of a world, and the objects that annotations ask for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.values = Values(self)
        self._taken: dict[tuple[int, int], Takes] = {}

    def of(self, known: Known, style: Style = "some", depth: int = DEPTH) -> Strategy:
        """Nodes of one entry. What they need and nothing is known to fit is left out of a partial."""
        return _nodes(self, known, style, depth)

    def takes(self, schema: Schema, depth: int) -> Takes:
        """What nodes of a schema may say."""
        key = (id(schema), depth)  # the world keeps the schema
        if key not in self._taken:
            self._taken[key] = self._takes(schema, depth)
        return self._taken[key]

    # ---------------------------------------------------------------------------------------- asked by `Values`

    def anywhere(self, depth: int) -> Strategy | None:
        """Nodes that may stand where nothing is asked for."""
        if depth <= 0 or not self.world.callable_entries:
            return None
        return st.sampled_from(self.world.callable_entries).flatmap(lambda known: self.of(known, "some", depth - 1))

    def objects(self, annotation: Any, depth: int) -> Strategy | None:
        """Nodes and mappings that make what an annotation asks for."""
        kind: Any = class_of(annotation)
        if kind is None or depth <= 0:
            return None
        if kind is collections.abc.Callable:
            return self._callables(annotation, depth)
        options: list[Strategy] = []
        makers = self._makers(kind, annotation)
        makers = [known for known in makers if self.takes(known.schema, depth - 1).complete]
        if makers:
            options.append(
                st.sampled_from(makers).flatmap(lambda known: _nodes(self, known, "some", depth - 1, whole=True))
            )
        target = self._from_mapping(kind)
        if target is not None and target.schema is not None and self.takes(target.schema, depth - 1).complete:
            options.append(_mappings(self, target, depth - 1))
        return st.one_of(options) if options else None

    def takes_mapping(self, kind: type) -> bool:
        """Whether a mapping without `_type` makes an object of a class."""
        return self._from_mapping(kind) is not None

    # ------------------------------------------------------------------------------------------------

    def _from_mapping(self, kind: type) -> Target | None:
        target = self.world.built_from_mapping(kind)
        if target is None or target.schema is None or target.schema.makes_function or target.schema.opaque:
            return None
        return target

    def _callables(self, annotation: Any, depth: int) -> Strategy | None:
        if not self.world.callable_entries:
            return None
        return st.sampled_from(self.world.callable_entries).flatmap(
            lambda known: _nodes(self, known, "some", depth - 1, partly=True)
        )

    def _makers(self, kind: type, annotation: Any) -> list[Known]:
        return [known for known in self._making if _fits(known, kind, annotation)]

    @cached_property
    def _making(self) -> list[Known]:
        return [known for known in self.world.callable_entries if known.makes is not None]

    def _takes(self, schema: Schema, depth: int) -> Takes:
        slots = {
            name: Slot(parameter, self._values_of(name, parameter, depth))
            for name, parameter in schema.parameters.items()
            if not parameter.open
        }
        places: list[str] = []
        positional = [parameter for parameter in schema.parameters.values() if parameter.kind in BY_POSITION]
        for parameter in positional:
            if parameter.open or slots[parameter.name].values is None:
                break
            places.append(parameter.name)
        rest = extra = None
        if schema.opaque:
            rest = extra = self.values.of(Any, (), 0)
        else:
            if schema.rest is not None and len(places) == len(positional):
                rest = self.values.of(schema.rest.annotation, schema.rest.constraints, depth)
            if schema.extra is not None:
                extra = self.values.of(schema.extra.annotation, schema.extra.constraints, depth)
        complete = all(slot.values is not None or not slot.parameter.required for slot in slots.values())
        return Takes(slots, tuple(places), rest, extra, complete)

    def _values_of(self, name: str, parameter: Parameter, depth: int) -> Strategy | None:
        if name in RESERVED:  # a config cannot say it
            return None
        return self.values.of(parameter.annotation, parameter.constraints, depth, parameter.default)


def _fits(known: Known, kind: type, annotation: Any) -> bool:
    made = known.makes
    if made is None or is_protocol(made):
        return False
    if is_protocol(kind):
        return assignable(made, annotation)
    try:
        return issubclass(made, kind)
    except TypeError:  # a metaclass that answers issubclass in its own way
        return False


@st.composite
def _nodes(
    draw: st.DrawFn, nodes: Nodes, known: Known, style: Style, depth: int, *, whole: bool = False, partly: bool = False
) -> Value:
    """A node: `whole` asks for one that is no partial, `partly` for one that is."""
    schema = known.schema
    takes = nodes.takes(schema, depth)
    as_partial = partly and not schema.makes_function
    if not (whole or as_partial or takes.complete):
        as_partial = True
    if not (whole or as_partial) and style == "some":
        as_partial = draw(st.integers(0, 9)) == 9
    args, rest, named = _arguments(draw, takes, schema, style, as_partial)
    config: dict[str, Any] = {"_type": known.names[0]}
    if len(known.names) > 1:
        config["_type"] = draw(st.sampled_from(known.names))
    if not known.alone or (style == "some" and draw(st.integers(0, 4)) == 4):
        config["_registry"] = known.target.registry
    if as_partial:
        config["_partial"] = True
    config.update({name: value.written for name, value in named.items()})
    if args or rest:
        config["_args"] = [value.written for value in [*args.values(), *rest]]
    if style == "some" and len(config) > 1 and draw(st.booleans()):
        config = dict(reversed(config.items()))
    arguments = {name: value.arrives for name, value in {**args, **named}.items()}
    values = tuple(value.arrives for value in rest)
    return Value(config, Expected(known.target.artifact, arguments, values, as_partial or schema.makes_function))


@st.composite
def _mappings(draw: st.DrawFn, nodes: Nodes, target: Target, depth: int) -> Value:
    """A mapping without `_type`, which builds what the annotation around it names."""
    assert target.schema is not None
    takes = nodes.takes(target.schema, depth)
    named = _named(draw, takes, takes.slots, "some", False)
    config = {name: value.written for name, value in named.items()}
    return Value(config, Expected(target.artifact, {name: value.arrives for name, value in named.items()}))


def _arguments(
    draw: st.DrawFn, takes: Takes, schema: Schema, style: Style, as_partial: bool
) -> tuple[dict[str, Value], list[Value], dict[str, Value]]:
    """What `_args` gives to parameters, what it gives beyond them, and what is given by name."""
    args: dict[str, Value] = {}
    rest: list[Value] = []
    by_position = style == "some" and (takes.places or takes.rest is not None) and draw(st.integers(0, 3)) == 3
    if by_position or (style == "all" and takes.rest is not None):
        count = len(takes.places) if style == "all" else draw(st.integers(0, len(takes.places)))
        for name in takes.places[:count]:
            args[name] = draw(_values(takes.slots[name]))
        if takes.rest is not None and count == len(takes.places):
            rest = draw(st.lists(takes.rest, min_size=1 if style == "all" else 0, max_size=2))
    left = {name: slot for name, slot in takes.slots.items() if name not in args}
    named = _named(draw, takes, left, style, as_partial)
    if takes.extra is not None:
        free = [name for name in _EXTRA if name not in schema.parameters]
        count = min(1, len(free)) if style == "all" else draw(st.integers(0, len(free)))
        named.update({name: draw(takes.extra) for name in free[:count]})
    return args, rest, named


def _named(draw: st.DrawFn, takes: Takes, slots: dict[str, Slot], style: Style, as_partial: bool) -> dict[str, Value]:
    found: dict[str, Value] = {}
    gap = False
    for name, slot in slots.items():
        only_by_position = slot.parameter.kind is inspect.Parameter.POSITIONAL_ONLY
        needed = slot.parameter.required and not as_partial
        possible = slot.values is not None and not (gap and only_by_position)
        if possible and (needed or style == "all" or draw(st.booleans())):
            found[name] = draw(_values(slot))
        if only_by_position and name not in found and slot.parameter.required:
            gap = True  # what stands behind it can only be given after it
    return found


def _values(slot: Slot) -> Strategy:
    assert slot.values is not None
    return slot.values
