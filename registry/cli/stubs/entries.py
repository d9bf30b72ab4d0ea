"""What a stub says of each entry of a registry: its name, what a look-up gives, what building it takes and gives."""

import re
from typing import Any, get_origin

import attrs

from registry.cli.stubs.types import Types, UnnameableError, call_text, free, is_writable
from registry.core import Registry
from registry.core.view import View
from registry.errors import DiagnosticError
from registry.model import MISSING, Entry
from registry.schema import Schema
from registry.signatures import read_schema

AnyRegistry = Registry[Any, Any, Any]


@attrs.frozen
class Bound:
    """What is known of all entries of a registry: the types in `Registry[artifact, built, name]`, as text.

    Attributes:
        is_known: Whether the registry says it, by a signature or a base.
    """

    artifact: str
    built: str
    name: str
    is_known: bool = False


@attrs.frozen
class Row:
    """An entry.

    Attributes:
        names: Its name and its aliases, as `Literal` has them.
        found: The type of a look-up.
        built: The type of what is built of it; None where nothing can be.
        arguments: The parameters that `build` has behind the name, each as text.
        deprecated: What to do instead.
    """

    names: tuple[str, ...]
    found: str
    built: str | None
    arguments: tuple[str, ...]
    deprecated: str | None


@attrs.frozen
class Described:
    """A registry as a stub tells it.

    Attributes:
        title: The name of its class in the stub.
        rows: Its entries, sorted by name.
        others: The types of names that `Literal` cannot have.
        shapes: Signatures of functions, by the name of the Protocol that each becomes.
        unread: Why an entry is told by the bound types alone, by its name.
    """

    title: str
    bound: Bound
    rows: tuple[Row, ...]
    others: tuple[str, ...]
    shapes: dict[str, str]
    unread: dict[str, str]


def describe_registry(registry: AnyRegistry, title: str, written: Types) -> Described:
    """All that a stub says of a registry. Lazy entries are imported; what cannot be has the bound types.

    Args:
        registry: What is described.
        title: The name of its class in the stub.
        written: Writes the types.
    """
    return _Description(registry, title, written).made()


def camel(text: str) -> str:
    """A name for a class.

    >>> camel("research.loss-functions")
    'ResearchLossFunctions'
    """
    name = "".join(word[0].upper() + word[1:] for word in re.findall(r"[^\W_]+", text))
    return name if name.isidentifier() else f"Registry{name}"


class _Description:
    def __init__(self, registry: AnyRegistry, title: str, written: Types) -> None:
        self._registry = registry
        self._title = title
        self._written = written
        self._any = written.use("typing", "Any")
        self._shapes: dict[str, str] = {}
        self._unread: dict[str, str] = {}

    def made(self) -> Described:
        entries = sorted(self._registry.find(), key=lambda entry: (str(entry.name), repr(entry.name)))
        bound = self._bound([entry.name for entry in entries])
        rows: list[Row] = []
        others: set[str] = set()
        for entry in entries:
            names = []
            for name in (entry.name, *entry.aliases):
                try:
                    names.append(self._written.literal(name))
                except UnnameableError:
                    others.add(self._written.text_or_any(type(name)))
            if names:
                rows.append(self._row(entry, tuple(names), bound))
        shapes = {name: text for text, name in self._shapes.items()}
        return Described(self._title, bound, tuple(rows), tuple(sorted(others)), shapes, self._unread)

    def _row(self, entry: Entry[Any], names: tuple[str, ...], bound: Bound) -> Row:
        try:
            target = self._registry._resolve.named(entry.name)
        except DiagnosticError as error:
            self._unread[str(entry.name)] = error.message
            return Row(names, bound.artifact, bound.built, (f"**arguments: {self._any}",), entry.deprecated)
        schema = target.schema
        found = self._found(target.artifact, bound)
        if schema is None:
            return Row(names, found, None, (), entry.deprecated)
        return Row(names, found, self._built(target.artifact, schema, bound), self._arguments(schema), entry.deprecated)

    def _bound(self, names: list[Any]) -> Bound:
        kinds = {type(name) for name in names} or {str}
        name = " | ".join(sorted({self._written.text_or_any(kind) for kind in kinds}))
        factorizer: Any = self._registry._factorizer
        signature, makes = (getattr(factorizer, given, MISSING) for given in ("signature", "makes"))
        try:
            if signature is not MISSING:
                text = self._signature(signature)
                return Bound(text, text, name, True)
            if makes is not MISSING:
                text = self._written.text(makes)
                return Bound(f"type[{text}]", text, name, True)
        except UnnameableError:
            pass
        kind = View(self._registry.name, self._registry._validators, self._registry._entries).kind
        if kind == "function":
            return Bound(f"{self._written.use('collections.abc', 'Callable')}[..., {self._any}]", self._any, name)
        return Bound(f"type[{self._any}]" if kind in ("type", "schema") else self._any, self._any, name)

    def _signature(self, signature: Any) -> str:
        try:
            return self._written.text(signature)
        except UnnameableError:
            if isinstance(signature, type) or get_origin(signature) is not None or not callable(signature):
                raise
            return self._shape(read_schema(signature))  # a function that others are like

    def _shape(self, schema: Schema) -> str:
        """The name of the Protocol that has the signature of a function."""
        text = call_text(schema, self._written)
        return self._shapes.setdefault(text, f"_{self._title}Call{len(self._shapes) + 1}")

    def _found(self, artifact: Any, bound: Bound) -> str:
        try:
            if _is_class(artifact):
                return f"type[{self._written.text(artifact)}]"
            if not callable(artifact):
                return self._written.text(type(artifact))
            schema = read_schema(artifact)
            if not schema.opaque and (schema.returns is not MISSING or not bound.is_known):
                return self._shape(schema)
            return bound.artifact if bound.is_known else self._written.text(type(artifact))
        except UnnameableError:
            return bound.artifact

    def _built(self, artifact: Any, schema: Schema, bound: Bound) -> str:
        if schema.makes_function:
            return bound.built
        try:
            if _is_class(artifact):
                return self._written.text(artifact)
            return bound.built if schema.returns is MISSING else self._written.text(schema.returns)
        except UnnameableError:
            return bound.built

    def _arguments(self, schema: Schema) -> tuple[str, ...]:
        """The parameters by their names: what a config may write for each is more than its type."""
        fixed = [parameter for parameter in schema.parameters.values() if not parameter.open]
        names = {parameter.name for parameter in fixed}
        if schema.opaque or not all(map(is_writable, names)):
            return (f"**arguments: {self._any}",)
        parts = [f"{each.name}: {self._any}{'' if each.required else ' = ...'}" for each in fixed]
        if fixed:
            parts.insert(0, "*")
        if schema.extra is not None:
            parts.append(f"**{free('arguments', names)}: {self._any}")
        return tuple(parts)


def _is_class(artifact: Any) -> bool:
    return isinstance(artifact, type) or isinstance(get_origin(artifact), type)
