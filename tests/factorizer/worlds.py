"""Generated registries and configs, valid and broken, for the laws of building.

A world is a registry of generated classes that record how they were made. Its configs are drawn from the classes'
own parameters, so that most are valid, and then broken at random places, so that many are not.
"""

import copy
import enum
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from hypothesis import strategies as st


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2


made: list[tuple[str, dict[str, Any]]] = []
"""Every object that was made, in order; tests clear it."""


class Base:
    """What generated classes inherit from. They tell what they were generated with."""

    parameters: ClassVar[dict[str, tuple[str, str]]]
    takes_more: ClassVar[bool]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({vars(self)})"


VALUES: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "int": (int, st.integers(-5, 5)),
    "float": (float, st.floats(-2, 2) | st.integers(-5, 5)),
    "str": (str, st.text("abc", max_size=3)),
    "bool": (bool, st.booleans()),
    "none": (type(None), st.none()),
    "literal": (Literal["a", 1, True], st.sampled_from(["a", 1, True])),
    "colour": (Colour, st.sampled_from(["red", 2, "BLUE"])),
    "path": (Path, st.sampled_from(["a/b", "/c"])),
    "ints": (list[int], st.lists(st.integers(0, 3), max_size=3)),
    "floats": (tuple[float, ...], st.lists(st.integers(0, 3) | st.floats(0, 1), max_size=3)),
    "pair": (tuple[int, str], st.tuples(st.integers(0, 3), st.text("ab", max_size=2)).map(list)),
    "set": (set[int], st.lists(st.integers(0, 3), max_size=3)),
    "table": (dict[str, float], st.dictionaries(st.text("xyz", min_size=1, max_size=2), st.integers(0, 3), max_size=2)),
    "optional": (int | None, st.none() | st.integers(0, 3)),
    "number": (int | float | str, st.integers(0, 3) | st.floats(0, 1) | st.text("ab", max_size=2)),
    "any": (
        Any,
        st.recursive(
            st.none() | st.integers(0, 3) | st.text("ab", max_size=2),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("xyz", max_size=2), inner, max_size=2),
            max_leaves=4,
        ),
    ),
}

CHILDREN = ("node", "maybe", "nodes", "named")


@st.composite
def classes(draw: st.DrawFn) -> dict[str, type[Base]]:
    """A few classes with parameters of all kinds; each takes objects of the classes before it."""
    found: dict[str, type[Base]] = {}
    for number in range(draw(st.integers(1, 4))):
        name = f"Class{number}"
        kinds = list(VALUES) + (list(CHILDREN) if found else [])
        parameters = [
            (f"p{index}", kind, draw(st.sampled_from(["required", "default", "keyword", "bare"])))
            for index, kind in enumerate(draw(st.lists(st.sampled_from(kinds), max_size=4)))
        ]
        takes_more = draw(st.integers(0, 5)) == 0
        found[name] = _make_class(name, parameters, takes_more, list(found.values()))
    return found


def _make_class(
    name: str, parameters: list[tuple[str, str, str]], takes_more: bool, before: list[type[Base]]
) -> type[Base]:
    positional = [p for p in parameters if p[2] in ("required", "bare")]
    positional += [p for p in parameters if p[2] == "default"]
    keyword = [p for p in parameters if p[2] == "keyword"]
    texts = [f"{p}=None" if how == "default" else p for p, _, how in positional]
    texts += ["*", *(p for p, _, _ in keyword)] if keyword else []
    texts += ["**more"] if takes_more else []
    names = [p for p, _, _ in positional + keyword]
    recorded = "{" + ", ".join([*(f"{n!r}: {n}" for n in names), *(["**more"] if takes_more else [])]) + "}"
    source = f"def __init__(self, {', '.join(texts)}):\n    arguments = {recorded}\n"
    source += "    self.__dict__.update(arguments)\n    made.append((type(self).__name__, arguments))\n"
    scope: dict[str, Any] = {"made": made}
    exec(source, scope)
    init = scope["__init__"]
    init.__annotations__ = {
        p: _annotation(kind, before) if how != "default" else _annotation(kind, before) | None
        for p, kind, how in parameters
        if how != "bare" and not (how == "default" and _annotation(kind, before) is Any)
    }
    made_class: type[Base] = type(name, (Base,), {"__init__": init, "__module__": __name__, "__qualname__": name})
    made_class.parameters = {p: (kind, how) for p, kind, how in parameters}
    made_class.takes_more = takes_more
    return made_class


def _annotation(kind: str, before: list[type[Base]]) -> Any:
    if kind in VALUES:
        return VALUES[kind][0]
    last = before[-1]
    return {"node": Base, "maybe": last | None, "nodes": list[Base], "named": dict[str, Base]}[kind]


@st.composite
def nodes(draw: st.DrawFn, world: Mapping[str, type[Base]], among: Sequence[str] = ()) -> dict[str, Any]:
    """A valid node of one of the classes, its keys in any order."""
    name = draw(st.sampled_from(list(among) or list(world)))
    config: dict[str, Any] = {}
    position = list(world).index(name)
    for parameter, (kind, how) in world[name].parameters.items():
        if how == "default" and draw(st.booleans()):
            continue
        config[parameter] = draw(_value(world, kind, position))
    if world[name].takes_more and draw(st.booleans()):
        config["more"] = draw(st.integers(0, 3))
    config["_type"] = name
    return {key: config[key] for key in draw(st.permutations(list(config)))}


def _value(world: Mapping[str, type[Base]], kind: str, position: int) -> st.SearchStrategy[Any]:
    if kind in VALUES:
        return VALUES[kind][1]
    before = list(world)[:position]
    inner = nodes(world, before)
    return {
        "node": inner,
        "maybe": st.none() | nodes(world, before[-1:]),
        "nodes": st.lists(inner, max_size=2),
        "named": st.dictionaries(st.sampled_from(["first", "second"]), inner, max_size=2),
    }[kind]


@st.composite
def configs(draw: st.DrawFn, world: Mapping[str, type[Base]]) -> Any:
    """A valid config: a node, or nodes in plain containers, some of them referred to twice."""
    root: dict[str, Any] = {"main": draw(nodes(world))}
    for key in draw(st.lists(st.sampled_from(["other", "extra"]), unique=True)):
        root[key] = draw(nodes(world) | st.lists(nodes(world), max_size=2) | st.integers(0, 3))
    if draw(st.booleans()):
        root["again"] = {"_ref": draw(st.sampled_from(["main", "main", *root]))}
    if draw(st.integers(0, 4)) == 0:
        root["data"] = {"_raw": {"_type": "data", "type": 1}}
    if draw(st.integers(0, 4)) == 0:
        root["later"] = {**draw(nodes(world)), "_partial": True}
    return draw(st.sampled_from([root, root["main"], [root["main"], 1]])) if "again" not in root else root


MISTAKES = (
    lambda node: node.__setitem__("_type", "Clas0"),
    lambda node: node.__setitem__("_type", "os.system"),
    lambda node: node.__setitem__("unknown_parameter", 1),
    lambda node: node.__setitem__("_tpye", 1),
    lambda node: node.pop(next((key for key in node if key != "_type"), ""), None),
    lambda node: node.__setitem__(next((key for key in node if key != "_type"), "x1"), {"_ref": "no.where"}),
    lambda node: node.__setitem__(next((key for key in node if key != "_type"), "x2"), object()),
    lambda node: node.__setitem__(next((key for key in node if key != "_type"), "x3"), "not this"),
    lambda node: node.__setitem__(next((key for key in node if key != "_type"), "x4"), [1, "two", {"_type": "None"}]),
    lambda node: node.__setitem__("_partial", 1),
    lambda node: node.__setitem__("_args", [1, 2, 3, 4, 5, 6, 7]),
    lambda node: node.__setitem__("_registry", "nowhere"),
)


@st.composite
def broken(draw: st.DrawFn, config: Any) -> Any:
    """The config with a few changes, each of which may be a mistake."""
    config = copy.deepcopy(config)
    found = list(all_nodes(config))
    for node in draw(st.lists(st.sampled_from(found), min_size=1, max_size=3)) if found else []:
        draw(st.sampled_from(MISTAKES))(node)
    return config


def all_nodes(value: Any) -> Any:
    """Every node of a config, outside `_raw`."""
    if isinstance(value, dict):
        if "_type" in value:
            yield value
        for key, item in value.items():
            if key != "_raw":
                yield from all_nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from all_nodes(item)
