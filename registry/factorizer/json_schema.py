"""A JSON Schema for config documents, so that editors complete and check them.

A value that may be a node is told apart by its keys before anything else is asked: each node is then compared with the
one entry that it names, never with all of them, which would take time exponential in the depth of a document.
"""

import collections
import collections.abc
import datetime
import decimal
import enum
import fractions
import inspect
import math
import typing
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import takewhile
from typing import Any, Literal
from urllib.parse import quote as percent_encode

import attrs
from typing_extensions import is_typeddict

from registry.factorizer import language
from registry.factorizer.assignable import assignable, bare, class_of, type_name, union_members
from registry.factorizer.structured import is_structured
from registry.factorizer.written import FROM_TEXT
from registry.model import MISSING
from registry.schema import ForeignType, Parameter, Schema
from registry.signatures import read_schema

Dialect = Literal["2020-12", "draft-07"]
Json = dict[str, Any]

_ADDRESSES = {
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
    "draft-07": "http://json-schema.org/draft-07/schema#",
}
_SCALARS: dict[Any, Json] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    complex: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    decimal.Decimal: {"type": ["number", "string"]},
    fractions.Fraction: {"type": ["number", "string"]},
    datetime.timedelta: {"type": "number"},
    **{kind: {"type": "string"} for kind in FROM_TEXT.keys() - {decimal.Decimal, fractions.Fraction}},
}
_LISTS = frozenset({list, set, frozenset, collections.deque}) | {
    getattr(collections.abc, name)
    for name in ("Sequence", "MutableSequence", "Iterable", "Collection", "Reversible", "Set", "MutableSet")
}
_MAPPINGS = frozenset({dict, collections.OrderedDict, collections.defaultdict, collections.Counter}) | {
    collections.abc.Mapping,
    collections.abc.MutableMapping,
}
_NUMBERS = {
    "gt": ("exclusiveMinimum", max),
    "ge": ("minimum", max),
    "lt": ("exclusiveMaximum", min),
    "le": ("maximum", min),
}
_LENGTHS = {"string": "Length", "array": "Items", "object": "Properties"}
_DATA_KEYS: Json = {"propertyNames": {"not": {"enum": list(language.RESERVED)}}}
_A_NODE: Json = {"type": "object", "required": [language.TYPE]}
_IS_PARTIAL: Json = {"properties": {language.PARTIAL: {"const": True}}, "required": [language.PARTIAL]}


def json_schema(
    registries: Mapping[str, Mapping[str, Schema | None]], *, root: str | None = None, dialect: Dialect = "2020-12"
) -> Json:
    """A JSON Schema for config documents that build what these registries hold.

    Args:
        registries: The schemas of entries by registry and name; an entry with None takes any parameters.
        root: The registry that the document's own node is of. None: the document may be any tree with nodes in it.
        dialect: The version of JSON Schema.
    """
    entries = [
        _Entry(registry, name, schema) for registry, named in registries.items() for name, schema in named.items()
    ]
    writer = _Writer(dialect, [entry for entry in entries if type(entry.name) in (str, int)], complete=True)
    if root is None:
        return writer.document(writer.anything())
    own = [entry for entry in writer.entries if entry.registry == root]
    return writer.document({**_A_NODE, "allOf": [writer.nodes(own, f"nodes of {root}")]})


def entry_json_schema(name: Any, schema: Schema | None, *, dialect: Dialect = "2020-12") -> Json:
    """A JSON Schema for documents that hold one node of this entry, or only its parameters.

    Nodes within may have any `_type`, since the other entries are not known here.
    """
    writer = _Writer(dialect, [], complete=False)
    return writer.document({"title": str(name), **writer.entry(_Entry(None, name, schema), named=False)})


@attrs.frozen(eq=False)
class _Entry:
    registry: str | None
    name: Any
    schema: Schema | None

    @property
    def makes(self) -> Any:
        return MISSING if self.schema is None or self.schema.makes_function else self.schema.returns

    @property
    def description(self) -> str:
        return "" if self.schema is None else self.schema.description


class _Writer:
    """Writes one document. Definitions that were used once are referred to afterwards, recursive ones among them."""

    def __init__(self, dialect: Dialect, entries: list[_Entry], *, complete: bool) -> None:
        self._address = _ADDRESSES[dialect]
        self._keyword = "$defs" if dialect == "2020-12" else "definitions"
        self.entries = entries
        self._complete = complete
        self._definitions: Json = {}
        self._names: dict[Any, str] = {}
        self._alive: list[Any] = []  # keys hold ids: what they are of must not go

    def document(self, top: Json) -> Json:
        """The finished JSON Schema."""
        shown = {"allOf": [top]} if "$ref" in top else top
        return {"$schema": self._address, **shown, self._keyword: self._definitions}

    def anything(self) -> Json:
        """A value without an annotation: plain, with nodes anywhere in it."""
        return self._defined("anything", "anything", lambda: self._place(MISSING, self._plain()))

    def nodes(self, entries: list[_Entry], hint: str) -> Json:
        """What the mappings with reserved keys have to be; other values pass."""
        return self._defined(("nodes", *map(id, entries)), hint, lambda: self._nodes(entries))

    def entry(self, entry: _Entry, *, named: bool = True) -> Json:
        """A node of an entry."""
        schema = Schema(str(entry.name), opaque=True) if entry.schema is None else entry.schema
        made: Json = {language.TYPE: {"const": entry.name}}
        if entry.registry is not None:
            made[language.REGISTRY] = {"const": entry.registry}
        elif not named:
            made[language.REGISTRY] = {"type": "string"}
        made[language.PARTIAL] = {"type": "boolean"}
        made[language.ARGS] = {"type": "array", "items": self.anything()}
        positional = [p for p in schema.parameters.values() if p.kind is not inspect.Parameter.KEYWORD_ONLY]
        # they are given in order, so what stands behind an open one cannot be given by position
        places = list(takewhile(lambda parameter: not parameter.open, positional))
        if (schema.rest is None and not schema.opaque) or len(places) < len(positional):
            made[language.ARGS]["maxItems"] = len(places)
        node = self._parameters(schema, made)
        node["required"] = [language.TYPE] if named else []
        by_name = [p.name for p in schema.parameters.values() if p.required and p not in places]
        by_place = [p.name for p in places if p.required]
        by_position: Json = {"anyOf": [_IS_PARTIAL, {"required": [language.ARGS]}]}
        conditions = [(_IS_PARTIAL, by_name), (by_position, by_place)]
        node["allOf"] = [{"if": unless, "else": {"required": names}} for unless, names in conditions if names]
        return {key: value for key, value in node.items() if value != []}

    # ------------------------------------------------------------------------------------------------

    def _defined(self, key: Any, hint: str, make: Callable[[], Any]) -> Json:
        name = self._names.get(key)
        if name is None:
            name, number = hint, 2
            while name in self._definitions:
                name, number = f"{hint} ({number})", number + 1
            self._names[key] = name
            self._definitions[name] = {}  # taken, so that what refers to itself ends here
            self._definitions[name] = make()
        pointer = name.replace("~", "~0").replace("/", "~1")
        return {"$ref": f"#/{self._keyword}/{percent_encode(pointer, safe='~')}"}

    def _nodes(self, entries: list[_Entry]) -> Json:
        by_name: dict[Any, list[_Entry]] = {}
        for entry in entries:
            by_name.setdefault(entry.name, []).append(entry)
        rules: list[Json] = [
            {
                "if": {"type": "object", "required": [key]},
                "then": {"properties": {key: allowed}, "additionalProperties": False},
            }
            for key, allowed in ((language.REF, {"type": "string"}), (language.RAW, True))
        ]
        offered: list[Json] = []
        for name, found in by_name.items():
            description = next((entry.description for entry in found if entry.description), "")
            offered.append({"const": name, **({"description": description} if description else {})})
            asked = {"type": "object", "properties": {language.TYPE: {"const": name}}, "required": [language.TYPE]}
            one_of = [self._entry_reference(entry) for entry in found]
            rules.append({"if": asked, "then": one_of[0] if len(one_of) == 1 else {"anyOf": one_of}})
        names: Any = {"anyOf": offered} if offered else not self._complete
        return {"properties": {language.TYPE: names, language.REF: True, language.RAW: True}, "allOf": rules}

    def _entry_reference(self, entry: _Entry) -> Json:
        return self._defined(("entry", id(entry)), f"{entry.registry}.{entry.name}", lambda: self.entry(entry))

    def _place(self, annotation: Any, value: Any) -> Json:
        """A place where a value may stand, or a node that makes one, a reference, or raw data."""
        special = {
            "type": "object",
            "anyOf": [{"required": [key]} for key in (language.TYPE, language.REF, language.RAW)],
        }
        marked = self._defined("special", "node, reference or raw data", lambda: special)
        return {"allOf": [self._nodes_for(annotation)], "if": marked, "else": value}

    def _nodes_for(self, annotation: Any) -> Json:
        partials = assignable(partial, annotation)  # what any node makes that says `_partial: true`
        fitting = [entry for entry in self.entries if partials or assignable(entry.makes, annotation)]
        hint = "nodes" if len(fitting) == len(self.entries) else f"nodes that make {type_name(annotation)}"
        return self.nodes(fitting, hint)

    def _parameter(self, parameter: Parameter) -> Json:
        if parameter.annotation is MISSING:
            return self.anything() if not parameter.constraints else self._of(Any, parameter.constraints)
        return self._of(parameter.annotation, parameter.constraints)

    def _of(self, annotation: Any, constraints: Iterable[Any] = ()) -> Json:
        return self._place(annotation, _constrained(self._value(annotation), constraints))

    def _parameters(self, schema: Schema, made: Json) -> Json:
        """A mapping of parameters, after the keys that are there already."""
        descriptions = schema.descriptions
        for name, parameter in schema.parameters.items():
            if parameter.open or name in made:
                continue
            shown: Json = self._parameter(parameter)
            extras = {"description": descriptions.get(name, ""), "default": _as_json(parameter.default)}
            extras = {key: value for key, value in extras.items() if value is not MISSING and value != ""}
            if extras and "$ref" in shown:
                shown = {"allOf": [shown]}  # draft-07 ignores what stands beside a reference
            made[name] = {**extras, **shown}
        rest: Any = False
        if schema.extra is not None:
            rest = self._parameter(schema.extra)
        elif schema.opaque:
            rest = self.anything()
        node: Json = {"type": "object", "properties": made, "additionalProperties": rest}
        return {"description": schema.description, **node} if schema.description else node

    # ------------------------------------------------------------------------------------------------ plain values

    def _plain(self) -> Json:
        rest = {"items": self.anything(), "additionalProperties": self.anything(), **_DATA_KEYS}
        return self._defined("plain", "plain value", lambda: rest)

    def _value(self, annotation: Any) -> Json:
        """A plain value that is converted to what the annotation says."""
        if typing.get_origin(annotation) is typing.Annotated:
            inner, *metadata = typing.get_args(annotation)
            return _constrained(self._value(inner), metadata)
        if type(annotation).__name__ == "TypeAliasType":
            self._alive.append(annotation)
            return self._defined(id(annotation), str(annotation), lambda: self._value(annotation.__value__))
        annotation = bare(annotation)
        if isinstance(annotation, ForeignType):
            return self._plain() if annotation.values is None else _enumeration(annotation.values)
        if members := union_members(annotation):
            return {"anyOf": [self._value(member) for member in members]}
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is Literal:
            return _enumeration(arguments)
        found = annotation if origin is None else origin
        if found in _LISTS:
            return {"type": "array", "items": self._of(arguments[0]) if arguments else self.anything()}
        if found is tuple:
            return self._tuple(arguments if arguments or not hasattr(annotation, "__args__") else ((),))
        if found in _MAPPINGS:
            return self._mapping(found, arguments)
        if class_of(annotation) is None:
            return self._plain()
        return self._class(found)

    def _tuple(self, arguments: tuple[Any, ...]) -> Json:
        if not arguments or arguments[-1] is Ellipsis:
            return {"type": "array", "items": self._of(arguments[0]) if arguments else self.anything()}
        places = [self._of(argument) for argument in arguments if argument != ()]
        size = {"type": "array", "minItems": len(places), "maxItems": len(places)}
        if not places:
            return size
        return {**size, "prefixItems" if self._keyword == "$defs" else "items": places}

    def _mapping(self, kind: type, arguments: tuple[Any, ...]) -> Json:
        values = self._of(int) if kind is collections.Counter else None
        if len(arguments) == 2:
            values = self._of(arguments[1])
        keys = self._value(arguments[0]) if arguments else {}
        names: Json = (
            {"propertyNames": keys} if all(isinstance(key, str) for key in keys.get("enum", [0])) else _DATA_KEYS
        )
        return {"type": "object", "additionalProperties": self.anything() if values is None else values, **names}

    def _class(self, cls: Any) -> Json:
        if cls in _SCALARS:
            return dict(_SCALARS[cls])
        if isinstance(cls, enum.EnumMeta):
            allowed = _enumeration([*cls, *cls.__members__])
            return {"anyOf": [allowed, _SCALARS[int]]} if issubclass(cls, enum.Flag) else allowed
        registered = [
            e for e in self.entries if e.makes is cls and e.schema is not None and e.schema.name == cls.__name__
        ]
        schema = registered[0].schema if registered else None
        if schema is None and (is_structured(cls) or is_typeddict(cls)):
            schema = read_schema(cls)
        if schema is not None:
            self._alive.append(cls)
            return self._defined(id(cls), cls.__qualname__, lambda: self._fields(schema))
        if any(assignable(kind, cls) for kind in (str, int, float, bool, bytes, list, dict, type(None))):
            return self._plain()
        makers = any(e.makes is not MISSING and e.makes is not Any and assignable(e.makes, cls) for e in self.entries)
        # What nothing here makes may come from a structure hook that a user registered, so it is left open.
        return _A_NODE if makers else self._plain()

    def _fields(self, schema: Schema) -> Json:
        fields = self._parameters(schema, {})
        required = [parameter.name for parameter in schema.parameters.values() if parameter.required]
        return {**fields, "required": required} if required else fields


def _enumeration(values: Iterable[Any]) -> Json:
    listed: list[Any] = []
    for value in values:
        plain = _as_json(value)
        if plain is MISSING:
            return {}
        if not any(type(other) is type(plain) and other == plain for other in listed):
            listed.append(plain)
    return {"enum": listed}


def _as_json(value: Any) -> Any:
    """The value as JSON has it, or MISSING where JSON has none."""
    if value is MISSING or value is attrs.NOTHING:
        return MISSING
    plain = value.value if isinstance(value, enum.Enum) else value
    kind = type(plain)
    if plain is None or kind in (str, int, bool) or (kind is float and math.isfinite(plain)):
        return plain
    if kind in (list, tuple):
        items = [_as_json(item) for item in plain]
        return MISSING if any(item is MISSING for item in items) else items
    if kind is dict and all(type(key) is str for key in plain):
        found = {key: _as_json(item) for key, item in plain.items()}
        return MISSING if any(item is MISSING for item in found.values()) else found
    return MISSING


def _constrained(value: Json, constraints: Iterable[Any]) -> Json:
    """The schema of a value with those constraints that JSON Schema can say."""
    for constraint in constraints:
        if getattr(constraint, "__is_annotated_types_grouped_metadata__", False) is True:
            value = _constrained(value, constraint)
        else:
            value = _with_constraint(value, constraint)
    return value


def _with_constraint(value: Json, constraint: Any) -> Json:
    if "anyOf" in value:
        return {**value, "anyOf": [_with_constraint(option, constraint) for option in value["anyOf"]]}
    kind = value.get("type")
    found = dict(value)
    if kind in ("integer", "number"):
        for attribute, (keyword, tighter) in _NUMBERS.items():
            bound: Any = getattr(constraint, attribute, None)
            if type(bound) in (int, float) and math.isfinite(bound):
                found[keyword] = tighter(bound, found.get(keyword, bound))
        factor: Any = getattr(constraint, "multiple_of", None)
        if type(factor) in (int, float) and 0 < factor < math.inf:
            found["multipleOf"] = factor
    if kind in _LENGTHS:
        for attribute, prefix, tighter in (("min_length", "min", max), ("max_length", "max", min)):
            bound = getattr(constraint, attribute, None)
            if type(bound) is int and bound >= 0:
                keyword = prefix + _LENGTHS[kind]
                found[keyword] = tighter(bound, found.get(keyword, bound))
    return found
