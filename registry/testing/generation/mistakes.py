"""One mistake in a valid config, and the problem that it must have."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import attrs
from hypothesis import strategies as st

from registry.paths import Path, format_path
from registry.schema import Parameter
from registry.testing.generation.case import Value
from registry.testing.generation.constraints import breaking
from registry.testing.generation.nodes import BY_POSITION, Nodes
from registry.testing.generation.shapes import shape_of, shapes_of, stripped
from registry.testing.generation.values import CONVERTED
from registry.testing.generation.worlds import Known

UNKNOWN = "no_such_thing"
"""Is added to names so that nothing has them."""

_UNFIT: tuple[Any, ...] = (7, "seven", 1.5, True, [[]], {}, None)


@attrs.frozen(eq=False)
class BrokenConfig:
    """A config with mistakes.

    Attributes:
        config: As a user would write it.
        problems: The code and the path of every error that its check has to report, and of no other.
    """

    config: Any
    problems: tuple[tuple[str, str], ...]


@attrs.frozen(eq=False)
class Place:
    """A node of a config: where it stands, and what it means."""

    nodes: Nodes
    path: Path
    node: dict[str, Any]
    known: Known

    @property
    def given(self) -> list[tuple[str, Parameter]]:
        """The parameters that are given by name."""
        parameters = self.known.schema.parameters
        return [(name, parameters[name]) for name in self.node if name in parameters]

    def problem(self, code: str, *steps: Any) -> tuple[str, str]:
        """A problem below the node."""
        return code, format_path((*self.path, *steps))

    def unused(self, names: tuple[str, ...]) -> Iterator[str]:
        """Names that the artifact does not have as parameters."""
        return (name for name in names if name not in self.known.schema.parameters)


Mistake = Callable[[], tuple[str, str]]
"""Changes the config, and tells the problem that this must give."""

Finder = Callable[[st.DrawFn, Place], Iterator[Mistake]]


@st.composite
def broken(draw: st.DrawFn, nodes: Nodes, valid: st.SearchStrategy[Value]) -> BrokenConfig:
    """A valid config with one mistake, at any of its nodes."""
    config = copy.deepcopy(draw(valid).written)
    places = list(_places(config, (), nodes))
    place = draw(st.sampled_from(places))
    kinds = [mistakes for mistakes in (list(find(draw, place)) for find in FINDERS) if mistakes]
    problem = draw(st.sampled_from(draw(st.sampled_from(kinds))))()
    return BrokenConfig(config, (problem,))


def _places(value: Any, path: Path, nodes: Nodes) -> Iterator[Place]:
    if isinstance(value, dict):
        if "_raw" in value or "_ref" in value:
            return
        if "_type" in value:
            yield Place(nodes, path, value, nodes.world.named(value["_type"], value.get("_registry")))
        for key, item in value.items():
            yield from _places(item, (*path, key), nodes)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _places(item, (*path, index), nodes)


# ---------------------------------------------------------------------------------------------------- kinds


def _set(place: Place, key: str, value: Any, problem: tuple[str, str]) -> Mistake:
    def make() -> tuple[str, str]:
        place.node[key] = value
        return problem

    return make


def _unknown_name(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    name = f"{place.node['_type']}_{UNKNOWN}"
    if name not in set(place.nodes.world.names()):
        yield _set(place, "_type", name, place.problem("entry-not-found", "_type"))


def _unknown_registry(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    if UNKNOWN not in place.nodes.world.registries:
        yield _set(place, "_registry", UNKNOWN, place.problem("registry-not-found", "_registry"))


def _unknown_parameter(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    schema = place.known.schema
    if schema.extra is None and not schema.opaque:
        for name in place.unused((UNKNOWN, "zzzz")):
            if not _close_to_missing(name, place):
                yield _set(place, name, 1, place.problem("unknown-parameter", name))


def _close_to_missing(name: str, place: Place) -> bool:
    return place.node.get("_partial") is True and name in place.known.schema.parameters


def _missing_parameter(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    if place.node.get("_partial") is True:
        return
    for name, parameter in place.given:
        if parameter.required:

            def make(name: str = name) -> tuple[str, str]:
                del place.node[name]
                return place.problem("missing-parameter")

            yield make


def _wrong_type(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    for name, parameter in place.given:
        shapes = shapes_of(parameter.annotation, CONVERTED, place.nodes.takes_mapping)
        if shapes is None:
            continue
        for value in _UNFIT:
            if shape_of(value) not in shapes:
                yield _set(place, name, value, place.problem("wrong-type", name))


def _broken_constraint(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    for name, parameter in place.given:
        annotation, more = stripped(parameter.annotation)
        for value in breaking(annotation, (*parameter.constraints, *more))[:1]:
            yield _set(place, name, value, place.problem("broken-constraint", name))


def _open_parameter(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    for name, parameter in place.known.schema.parameters.items():
        if not parameter.open or name in place.node:
            continue
        values = place.nodes.values.of(parameter.annotation, parameter.constraints, 0)
        if values is not None:
            yield _set(place, name, draw(values).written, place.problem("open-parameter", name))


def _misspelt_key(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    extra = place.known.schema.extra
    values = None if extra is None else place.nodes.takes(place.known.schema, 0).extra
    if extra is not None and values is None:
        return  # the value would be a mistake of its own
    for name in place.unused(("_tpye", "_arg", "_partail", "_rwa")):
        value = 1 if values is None else draw(values).written
        yield _set(place, name, value, place.problem("misspelt-key", name))


def _bad_reserved_value(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    if "_partial" not in place.node:
        yield _set(place, "_partial", 1, place.problem("bad-node", "_partial"))
    yield _set(place, "_type", None, place.problem("bad-node", "_type"))


def _bad_reference(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    for name, _ in place.given:
        value = {"_ref": f"{UNKNOWN}.x"}
        yield _set(place, name, value, place.problem("bad-reference", name, "_ref"))
        if place.path:
            cycle = {"_ref": format_path(place.path)}
            yield _set(place, name, cycle, place.problem("reference-cycle", name, "_ref"))


def _given_twice(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    values = place.node.get("_args", ())
    by_position = [p for p in place.known.schema.parameters.values() if p.kind in BY_POSITION]
    for parameter, value in zip(by_position, values, strict=False):
        if parameter.name not in place.node:
            again = copy.deepcopy(value)
            yield _set(place, parameter.name, again, place.problem("duplicate-key", parameter.name))


def _too_many_arguments(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    schema = place.known.schema
    values = place.node.get("_args")
    count = sum(parameter.kind in BY_POSITION for parameter in schema.parameters.values())
    full = values is not None and len(values) == count
    if schema.rest is None and not schema.opaque and (full or (values is None and count == 0)):
        yield _set(place, "_args", [*(values or ()), 1], place.problem("unknown-parameter", "_args", count))


def _ambiguous_name(draw: st.DrawFn, place: Place) -> Iterator[Mistake]:
    if place.path == () and place.node["_type"] in place.nodes.world.ambiguous and "_registry" in place.node:

        def make() -> tuple[str, str]:
            del place.node["_registry"]
            return place.problem("ambiguous-name", "_type")

        yield make


FINDERS: tuple[Finder, ...] = (
    _unknown_name,
    _unknown_parameter,
    _missing_parameter,
    _wrong_type,
    _broken_constraint,
    _open_parameter,
    _misspelt_key,
    _unknown_registry,
    _bad_reserved_value,
    _bad_reference,
    _given_twice,
    _too_many_arguments,
    _ambiguous_name,
)
