"""The nodes of another tool's document become ours."""

from collections.abc import Mapping, MutableMapping, Set
from typing import Any

import attrs

from registry.cli.convert.dialects import POSITIONAL, Dialect
from registry.cli.convert.links import Link, settle
from registry.cli.convert.report import Report
from registry.factorizer import language
from registry.names import quote
from registry.paths import Path

NOTHING: Mapping[str, str] = {}


@attrs.frozen
class Wishes:
    """What a user said of a document, which the document does not say.

    Attributes:
        raw: Keys whose values are data.
        partial: Keys whose nodes are to be called later.
        full_names: Whether names are kept whole.
    """

    raw: Set[str] = frozenset()
    partial: Set[str] = frozenset()
    full_names: bool = False


@attrs.frozen
class _Context:
    """What was said above a value: whether nodes here are partial, and the scope of their names."""

    partial: bool = False
    scope: str = ""


class Rewriter:
    """Rewrites a document in place.

    Args:
        dialect: Whose nodes these are.
        report: Takes what cannot be converted.
        wishes: What to do otherwise.
        known: What names stand for in other files.

    Attributes:
        nodes: How many nodes were rewritten.
        names: What each name stands for: where it is imported from, or how it was written.
    """

    def __init__(self, dialect: Dialect, report: Report, wishes: Wishes, known: Mapping[str, str] = NOTHING) -> None:
        self.nodes = 0
        self.names: dict[str, str] = {}
        self._known = known
        self._dialect = dialect
        self._report = report
        self._wishes = wishes

    def rewrite(self, root: Any) -> Any:
        """The document as a config of ours."""
        scope = root.get("default_scope") if isinstance(root, Mapping) else None
        context = _Context(scope=scope if isinstance(scope, str) and self._dialect.name == "mmengine" else "")
        return settle(self._value(root, (), context))

    # ---------------------------------------------------------------------------------------------------- values

    def _value(self, value: Any, path: Path, context: _Context) -> Any:
        if isinstance(value, MutableMapping):
            return self._mapping(value, path, context)
        if isinstance(value, list | tuple):
            if not (self._dialect.in_lists or path[-1:] == (POSITIONAL,)):
                return self._as_data(value, path)
            items = [self._value(item, (*path, index), context) for index, item in enumerate(value)]
            if not isinstance(value, list):
                return items
            value[:] = items
        elif isinstance(value, str) and not _is_text(value):
            self._report.refuse(
                "wrong-type", "Half of a surrogate pair cannot be written.", path, "Write a whole text."
            )
        elif not isinstance(value, str | int | float | None):
            message = f"A {type(value).__name__} cannot be written in a config."
            self._report.refuse("wrong-type", message, path, "Write text, a number, a list or a mapping.")
        return value

    def _mapping(self, mapping: MutableMapping[Any, Any], path: Path, context: _Context) -> Any:
        for key in mapping:
            if not isinstance(key, str | int | float | None) or (isinstance(key, str) and not _is_text(key)):
                message = f"{quote(key)} cannot be a key of a config."
                self._report.refuse("wrong-type", message, path, "Write text or a number.")
                return mapping
        if isinstance(mapping, Link):
            return mapping
        if self._dialect.is_node(mapping):
            return self._node(mapping, path, context)
        for key in mapping:
            if key in self._dialect.words:
                message = f"{quote(key)} means something in a node only."
                self._report.refuse("bad-node", message, (*path, key), key=True)
        ours = [key for key in mapping if _means_something(key)]
        if ours and not self._has_nodes(mapping):
            return {language.RAW: self._data(mapping, path)}
        for key in ours:
            like = "is a word of ours" if key in language.RESERVED else f"reads like {quote(language.misspelt(key))}"
            message = f"{quote(key)} {like}, and there are nodes below."
            self._report.refuse("misspelt-key", message, (*path, key), "Give it another name.", key=True)
        self._below(mapping, path, context)
        return mapping

    def _below(self, mapping: MutableMapping[Any, Any], path: Path, context: _Context) -> None:
        for key, value in list(mapping.items()):
            below = (*path, key)
            if key in self._wishes.raw:
                mapping[key] = self._as_data(value, below)
            else:
                mapping[key] = self._value(value, below, attrs.evolve(context, partial=key in self._wishes.partial))

    # ----------------------------------------------------------------------------------------------------- nodes

    def _node(self, node: MutableMapping[Any, Any], path: Path, context: _Context) -> Any:
        dialect, marker = self._dialect, self._dialect.marker(node)
        self.nodes += 1
        refused = len(self._report.problems)
        dialect.refuse(node, path, self._report)
        for above in ((), *((key,) for key in dialect.lifted)):
            held = node if not above else node.get(above[0]) or {}
            for key in held if isinstance(held, Mapping) else ():
                if key in language.RESERVED:
                    message = f"{quote(key)} is a word of ours, and no parameter can have this name."
                    self._report.refuse("bad-node", message, (*path, *above, key), "Rename the parameter.", key=True)
        if len(self._report.problems) > refused:
            return node
        if isinstance(node.get("_scope_"), str) and "_scope_" in dialect.dropped:
            context = attrs.evolve(context, scope=node["_scope_"])
        name = self._name(str(node[marker]), (*path, marker), context)
        if dialect.keeps(node):
            for key in node.keys() - {marker, *dialect.dropped}:
                value, below = node[key], (*path, key)
                if key in dialect.words and isinstance(value, list):
                    value[:] = [self._as_data(item, (*below, index)) for index, item in enumerate(value)]
                else:
                    node[key] = self._as_data(value, below)
        else:
            for key in dialect.lifted:
                held = node.get(key) or {}
                if key in dialect.data:
                    for parameter, value in list(held.items()):
                        held[parameter] = self._as_data(value, (*path, key, parameter))
                else:
                    self._below(held, (*path, key), context)
            kept = {key: node.pop(key) for key in dialect.lifted if key in node}
            self._below(node, path, context)
            node.update(kept)
            if context.partial:
                node.setdefault(language.PARTIAL, True)
        self._rename(node, marker, name)
        return node

    def _rename(self, node: MutableMapping[Any, Any], marker: str, name: str) -> None:
        dialect = self._dialect
        renamed = {marker: language.TYPE, **dialect.renamed}
        content = list(node.items())
        node.clear()
        for key, value in content:
            if key in dialect.lifted:
                node.update(value or {})
                _comments(node).update(_comments(value))
            elif key not in dialect.dropped:
                node[renamed.get(key, key)] = name if key == marker else value
                if key in renamed and key in _comments(node):
                    _comments(node)[renamed[key]] = _comments(node).pop(key)
            if key == marker and marker.startswith("@"):
                node[language.REGISTRY] = marker[1:]

    def _name(self, written: str, path: Path, context: _Context) -> str:
        if self._dialect.name == "confection":
            self.names[written] = str(path[-1])
            return written
        origin = written if "." in written or not context.scope else f"{context.scope}.{written}"
        name = written if self._wishes.full_names else written.rpartition(".")[2]
        known = self.names.get(name)
        if known is None:  # what another file leaves to its scope may well be the same
            before = self._known.get(name, "")
            known = self.names[name] = before if "." in before and "." in origin else origin
        if known != origin:
            message = f"{quote(name)} would be both {quote(known)} and {quote(origin)}."
            self._report.refuse("ambiguous-name", message, path, "Keep names whole with --full-names.")
        return name

    # ------------------------------------------------------------------------------------------------------ data

    def _has_nodes(self, value: Any) -> bool:
        if isinstance(value, Mapping):
            return self._dialect.is_node(value) or any(map(self._has_nodes, value.values()))
        return isinstance(value, list | tuple) and any(map(self._has_nodes, value))

    def _as_data(self, value: Any, path: Path) -> Any:
        """A value in which nothing means anything."""
        data = self._data(value, path)
        return {language.RAW: data} if _is_read(data) else data

    def _data(self, value: Any, path: Path) -> Any:
        if isinstance(value, Link):
            return value.value
        if isinstance(value, Mapping):
            return {key: self._data(held, (*path, key)) for key, held in value.items()}
        if isinstance(value, list | tuple):
            return [self._data(held, (*path, index)) for index, held in enumerate(value)]
        return self._value(value, path, _Context())


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _means_something(key: Any) -> bool:
    """Whether a config would take a key for a word of its language, or for a slip of one."""
    return isinstance(key, str) and (key in language.RESERVED or language.misspelt(key) is not None)


def _is_read(value: Any) -> bool:
    """Whether a config would read more than data in it."""
    if isinstance(value, dict):
        return any(map(_means_something, value)) or any(map(_is_read, value.values()))
    return isinstance(value, list) and any(map(_is_read, value))


def _comments(mapping: Any) -> dict[str, Any]:
    """What ruamel.yaml keeps beside the keys of a mapping; nothing in a plain one."""
    beside: Any = getattr(mapping, "ca", None)
    return {} if beside is None else beside.items
