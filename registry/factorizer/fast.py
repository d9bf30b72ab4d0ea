"""The fast path: checks and builds ordinary configs with code made for each artifact, and tracks nothing.

It works in two passes, like the explaining path: `prepare` checks every node and gives a *prepared* value, then the
prepared root is made. A prepared value is a tuple whose first item is the function that makes it, called with the tuple
itself; what is no tuple is a constant. Whatever is unusual here (a reference, a partial, a mistake, a deprecated name)
raises, and the explaining path decides; so this file need not know how to say what is wrong, and a config that it does
build is one that the other would build alike.
"""

from collections.abc import Callable
from typing import Any

from registry.factorizer import language
from registry.factorizer.annotations import Forms
from registry.factorizer.assignable import assignable
from registry.factorizer.constraints import broken
from registry.factorizer.fast_code import Prepare, generated, looping
from registry.factorizer.forms import (
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
    UnionForm,
)
from registry.factorizer.language import SCALARS
from registry.factorizer.makers import Prepared, make_constant, make_dict, make_items, make_list
from registry.factorizer.nodes import single
from registry.model import MISSING, Limits
from registry.protocols import Resolve, Target

Take = Callable[[Any, "State", int], Any]
"""Checks the value of one parameter at a depth; gives a constant or a prepared value.

One that is marked by `_constant_taker` gives constants only, tuples among them; others wrap a tuple that is a constant.
"""


class Unusual(Exception):
    """This config is not one for the fast path."""


class State:
    """What one build carries along: who resolves names, and how many more values there may be."""

    __slots__ = ("left", "live", "target")

    def __init__(self, resolve: Resolve, left: int) -> None:
        self.target = resolve.target
        live = getattr(resolve, "live", None)  # a Live one has it
        self.live = None if live is None else live()
        self.left = left


class Fast:
    """The fast path of one factorizer."""

    def __init__(self, forms: Forms, limits: Limits) -> None:
        self._forms = forms
        self._depth = limits.depth
        self._nodes = limits.nodes
        self._any = self._any_taker(None)
        self._root = self._node_taker(None, MISSING)

    def prepare(self, config: Any, resolve: Resolve) -> Prepared | None:
        """The prepared root of a config, or None when the explaining path has to look at it."""
        try:
            take = self._root if type(config) is dict and "_type" in config else self._any
            prepared = take(config, State(resolve, self._nodes), 0)
        except Exception:  # whatever went wrong, the explaining path meets it again and says it well
            return None
        return prepared if type(prepared) is tuple else None

    # ------------------------------------------------------------------------------------------------ nodes

    def _node_taker(self, registry: str | None, annotation: Any) -> Take:
        """Takes nodes whose object goes where an annotation stands, inside a node of a registry."""
        wanted = single(annotation)
        ready: dict[Target, Prepare] = {}
        named: dict[str, tuple[Any, Prepare]] = {}  # by name, with the entry for which it counts
        limit = self._depth

        def take(node: Any, state: State, depth: int) -> Prepared:
            if type(node) is not dict:
                raise Unusual
            size = len(node)
            left = state.left = state.left - size
            if left < 0 or depth >= limit:
                raise Unusual
            name = node["_type"]
            live = state.live
            if live is not None:
                try:
                    entry, prepare = named[name]
                except KeyError:
                    pass
                else:
                    if live[name] is entry:
                        return prepare(node, state, depth + 1, size - 1)
            if type(name) is not str:
                raise Unusual
            chosen = None
            if "_registry" in node:
                size -= 1
                chosen = node["_registry"]
                if type(chosen) is not str:
                    raise Unusual
            target = state.target(name, chosen, registry, wanted)
            if target not in ready:
                if len(ready) > 1000:  # entries that were replaced again and again
                    ready.clear()
                    named.clear()
                ready[target] = self._prepare_for(target, annotation)
            prepare = ready[target]
            if live is not None and target.entry is not None:
                named[name] = (target.entry, prepare)
            return prepare(node, state, depth + 1, size - 1)

        return _node_taker(take)

    def _prepare_for(self, target: Target, annotation: Any) -> Prepare:
        """The code that prepares nodes of a target, if what they make may stand where an annotation does."""
        schema = target.schema
        if schema is None or not assignable(schema.returns, annotation):
            raise Unusual
        if target.compiled is None or target.compiled[0] is not self:
            target.compiled = (self, self._compile(target))
        prepare: Prepare = target.compiled[1]
        return prepare

    def _compile(self, target: Target) -> Prepare:
        schema = target.schema
        if (
            schema is None
            or schema.opaque
            or target.deprecated is not None
            or target.artifact is MISSING
            or not callable(target.artifact)
        ):
            return _unusual
        takers = {
            name: self._taker(self._forms.of(parameter.annotation, parameter.constraints), target.registry)
            for name, parameter in schema.parameters.items()
            if not parameter.open
        }
        if schema.plain and schema.extra is None and not schema.makes_function:
            prepare = generated(target, takers, constant=_is_constant_taker)
            if prepare is not None:
                return prepare
        extra = None
        if schema.extra is not None:
            extra = self._taker(self._forms.of(schema.extra.annotation, schema.extra.constraints), target.registry)
        return looping(target, takers, extra)

    # ------------------------------------------------------------------------------------------------ values

    def _taker(self, form: Form, registry: str | None) -> Take:
        """The taker of a form. Forms that are not listed here are left to the explaining path."""
        if isinstance(form, AnyForm):
            return self._any_taker(registry)
        if isinstance(form, ScalarForm):
            return _scalar_taker(form.annotation)
        if isinstance(form, LiteralForm):
            return _literal_taker(form.values)
        if isinstance(form, HookForm):
            return _hook_taker(form)
        if isinstance(form, ConstrainedForm):
            return self._constrained_taker(form, registry)
        if isinstance(form, ObjectForm):
            # a mapping without `_type` raises a KeyError there, which is unusual enough
            return self._node_taker(registry, form.annotation)
        if isinstance(form, UnionForm):
            return self._union_taker(form, registry)
        if isinstance(form, ItemsForm):
            return self._items_taker(form, registry)
        if isinstance(form, DictForm):
            return self._dict_taker(form, registry)
        if isinstance(form, TupleForm):
            return self._tuple_taker(form, registry)
        return _refuse

    def _any_taker(self, registry: str | None) -> Take:
        take_node = self._node_taker(registry, MISSING)
        limit = self._depth

        def take(value: Any, state: State, depth: int) -> Any:
            kind = type(value)
            if kind in SCALARS:
                return value
            if kind is list:
                state.left -= len(value)
                if depth >= limit or state.left < 0:
                    raise Unusual
                items = [item if type(item) in SCALARS else take(item, state, depth + 1) for item in value]
                return (make_list, items) if tuple in map(type, items) else items
            if kind is not dict:
                raise Unusual
            if "_type" in value:
                return take_node(value, state, depth)
            return _take_dict(value, state, depth, take, limit)

        return take

    def _union_taker(self, form: UnionForm, registry: str | None) -> Take:
        exact = frozenset(option.annotation for option in form.options if isinstance(option, ScalarForm))
        others = [option for option in form.options if not isinstance(option, ScalarForm)]
        take_node = self._node_taker(registry, form.annotation) if others else None
        items = others[0] if len(others) == 1 and isinstance(others[0], ItemsForm | TupleForm | DictForm) else None
        take_items = None if items is None else self._taker(items, registry)
        wrap = take_items is not None and _is_constant_taker(take_items)

        def take(value: Any, state: State, depth: int) -> Any:
            kind = type(value)
            if kind in exact:
                return value
            if kind is dict and take_node is not None and "_type" in value:
                return take_node(value, state, depth)
            if take_items is not None and kind not in SCALARS:
                made = take_items(value, state, depth)
                return (make_constant, made) if wrap and type(made) is tuple else made
            if kind is int and not others and float in exact:
                return float(value)
            raise Unusual

        return _constant_taker(take) if not others else take

    def _items_taker(self, form: ItemsForm, registry: str | None) -> Take:
        take_item = self._taker(form.item, registry)
        kind, limit, hashed = form.kind, self._depth, form.hashed
        constant = _is_constant_taker(take_item)

        def take(value: Any, state: State, depth: int) -> Any:
            if type(value) is not list:
                raise Unusual
            state.left -= len(value)
            if depth >= limit or state.left < 0:
                raise Unusual
            items: list[Any] = []
            for item in value:  # a comprehension would cost a frame more before Python 3.12
                items.append(take_item(item, state, depth + 1))
            if constant:
                return items if kind is list else kind(items)
            if hashed:
                raise Unusual  # whether an object can go into a set is told by the explaining path
            return (make_list, items) if kind is list else (make_items, items, kind)

        return _constant_taker(take) if constant else take

    def _tuple_taker(self, form: TupleForm, registry: str | None) -> Take:
        takers = [self._taker(item, registry) for item in form.items]
        limit = self._depth

        def take(value: Any, state: State, depth: int) -> Any:
            if type(value) is not list or len(value) != len(takers):
                raise Unusual
            state.left -= len(value)
            if depth >= limit or state.left < 0:
                raise Unusual
            return tuple([taker(item, state, depth + 1) for taker, item in zip(takers, value, strict=True)])

        return _constant_taker(take) if all(map(_is_constant_taker, takers)) else _refuse

    def _dict_taker(self, form: DictForm, registry: str | None) -> Take:
        take_item = self._taker(form.item, registry)
        limit = self._depth
        is_text = isinstance(form.key, ScalarForm) and form.key.annotation is str
        if form.kind is not dict or not (is_text or isinstance(form.key, AnyForm)):
            return _refuse
        take_node = self._node_taker(registry, form.annotation)

        def take(value: Any, state: State, depth: int) -> Any:
            if type(value) is not dict:
                raise Unusual
            if "_type" in value:
                return take_node(value, state, depth)
            return _take_dict(value, state, depth, take_item, limit)

        return take

    def _constrained_taker(self, form: ConstrainedForm, registry: str | None) -> Take:
        inner = self._taker(form.inner, registry)
        if not _is_constant_taker(inner):
            return _refuse
        constraints = form.constraints

        def take(value: Any, state: State, depth: int) -> Any:
            made = inner(value, state, depth)
            if made is not None and broken(made, constraints):
                raise Unusual
            return made

        return _constant_taker(take)


# ------------------------------------------------------------------------------------------------ takers of constants

_CONSTANT_TAKERS = "gives_constants"


def _constant_taker(take: Take) -> Take:
    setattr(take, _CONSTANT_TAKERS, True)
    return take


def _node_taker(take: Take) -> Take:
    take.gives_nodes = True  # type: ignore[attr-defined]  # read by the code generator
    return take


def _is_constant_taker(take: Take) -> bool:
    """Whether what it gives is never a prepared value, even where it is a tuple."""
    return getattr(take, _CONSTANT_TAKERS, False)


def _scalar_taker(wanted: type) -> Take:
    def take(value: Any, state: State, depth: int) -> Any:
        if type(value) is wanted:
            return value
        if wanted is float and type(value) is int:
            return float(value)
        raise Unusual

    take.exact_type = wanted  # type: ignore[attr-defined]  # read by the code generator
    return _constant_taker(take)


def _literal_taker(values: tuple[Any, ...]) -> Take:
    allowed = {(type(value), value) for value in values if type(value) in SCALARS}

    def take(value: Any, state: State, depth: int) -> Any:
        if (type(value), value) not in allowed:
            raise Unusual
        return value

    return _constant_taker(take)


def _hook_taker(form: HookForm) -> Take:
    def take(value: Any, state: State, depth: int) -> Any:
        if type(value) not in SCALARS:
            raise Unusual
        return form.hook(value, form.annotation)

    return _constant_taker(take)


def _refuse(value: Any, state: State, depth: int) -> Any:
    raise Unusual


def _unusual(node: Any, state: State, depth: int, given: int) -> Prepared:
    raise Unusual


def _take_dict(value: dict[Any, Any], state: State, depth: int, take: Take, limit: int) -> Any:
    state.left -= len(value)
    if depth >= limit or state.left < 0:
        raise Unusual
    items = {}
    prepared = False
    for key, item in value.items():
        if type(key) is not str or key in language.RESERVED or language.misspelt(key):
            raise Unusual
        made = items[key] = take(item, state, depth + 1)
        prepared = prepared or type(made) is tuple
    if prepared:
        if _is_constant_taker(take):
            return items
        return (make_dict, items)
    return items
