"""The schema of a class: whatever decides what may stand between the parentheses."""

import enum
import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, get_origin

import attrs
import typing_extensions

from registry.model import MISSING, NOTHING
from registry.schema import Parameter, Schema, changed
from registry.signatures.annotations import field_owners, has_variables, substitute, type_arguments
from registry.signatures.forwarding import Forwarding, forwarding
from registry.signatures.functions import read_function, read_signature, typed_dict_parameters, unwrapped
from registry.signatures.models import is_pydantic, read_pydantic

_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_SLOTS = (types.WrapperDescriptorType, types.BuiltinFunctionType, types.MethodDescriptorType)
_EXCEPTION_NAMES = {ImportError: ("name", "path"), AttributeError: ("name", "obj"), NameError: ("name",)}
"""The only built-in exceptions that take arguments by name."""


@attrs.frozen(eq=False, repr=False)
class _Class:
    """A class that is read, with what its annotations depend on.

    Attributes:
        cls: The class.
        arguments: What its type variables stand for.
        owners: For parameters that are fields, the classes that declare them.
    """

    cls: type
    arguments: tuple[Any, ...]
    owners: Mapping[str, type]

    def filled(self, schema: Schema, owner: type) -> Schema:
        """The schema of a method of this owner, without the type variables that are known."""
        if not any(has_variables(parameter.annotation) for parameter in schema.parameters.values()):
            return schema
        known = type_arguments(self.cls, self.arguments)
        parameters = {
            name: attrs.evolve(
                parameter, annotation=substitute(parameter.annotation, known.get(self.owners.get(name, owner), {}))
            )
            for name, parameter in schema.parameters.items()
        }
        return changed(schema, parameters=parameters)


def read_class(cls: type, arguments: tuple[Any, ...] = ()) -> Schema:
    """What constructing the class takes; `arguments` stand for its type variables.

    Raises:
        ValueError: It cannot be read.
        TypeError: The same.
    """
    return changed(_read(_Class(cls, arguments, field_owners(cls))), name=cls.__name__)


def _read(this: _Class) -> Schema:
    cls = this.cls
    if typing_extensions.is_typeddict(cls):
        return this.filled(Schema(cls.__name__, typed_dict_parameters(cls), returns=cls), cls)
    if isinstance(cls, enum.EnumMeta) and len(cls):
        value = Parameter("value", annotation=_values(cls))
        return Schema(cls.__name__, {"value": value}, returns=cls)
    if is_pydantic(cls):
        return read_pydantic(cls)
    signature = _own_signature(cls)
    if signature is not None:
        schema = read_signature(signature, cls, owners=this.owners, fallback=cls)
        return changed(this.filled(schema, cls), returns=cls)
    if type(cls).__call__ is type.__call__:
        return _read_construction(this)
    meta = type(cls)
    schema = _read_chain(_Class(meta, (), NOTHING), 0, "__call__", lambda _: _read_construction(this))
    return changed(schema, returns=_made(schema.returns, cls), plain=False)


def _own_signature(cls: type) -> inspect.Signature | None:
    """The `__signature__` that counts: not one that a subclass with a constructor of its own has inherited."""
    for owner in cls.__mro__:
        if "__signature__" in vars(owner):
            found = getattr(cls, "__signature__", None)
            return found if isinstance(found, inspect.Signature) else None
        if "__init__" in vars(owner) or "__new__" in vars(owner):
            return None
    return None


def _read_construction(this: _Class) -> Schema:
    """What `type.__call__` takes: arguments that both `__new__` and `__init__` take."""
    cls = this.cls
    new_at, new = _find(cls.__mro__, "__new__")
    init_at, init = _find(cls.__mro__, "__init__")
    if isinstance(init, _SLOTS) and isinstance(new, _SLOTS):
        return changed(_read_native(cls, init, new), returns=cls)
    if isinstance(new, _SLOTS):
        schema = _read_chain(this, init_at, "__init__", partial(_end_of_init, cls))
        return changed(schema, returns=cls, plain=schema.plain and new is object.__new__)
    schema = made = _read_chain(this, new_at, "__new__", partial(_end_of_new, cls))
    if not isinstance(init, _SLOTS):
        initialised = _read_chain(this, init_at, "__init__", partial(_end_of_init, cls))
        schema = _both(initialised, made) if init_at < new_at else _both(made, initialised)
    return changed(schema, returns=_made(made.returns, cls), plain=False)


def _both(first: Schema, second: Schema) -> Schema:
    """What two methods take that get the same arguments; the first is the nearer one."""
    if first.opaque or (first.extra is not None and not first.parameters):
        return second
    if first.extra is None or second.opaque:
        return first
    rest = first.rest if second.rest is not None else None
    parameters = _ordered({**second.parameters, **first.parameters})
    return changed(first, parameters=parameters, rest=rest, extra=second.extra)


def _made(returns: Any, cls: type) -> Any:
    """What the class makes, after a look at what `__new__` or the metaclass say that they return."""
    if returns is MISSING:
        return cls
    origin = get_origin(returns) or returns
    return cls if isinstance(origin, type) and origin not in (object, Any) and issubclass(cls, origin) else MISSING


def _find(mro: Sequence[type], method: str, start: int = 0) -> tuple[int, Any]:
    """Where a method is defined, and the function itself, out of its wrappers."""
    for index in range(start, len(mro)):
        found = vars(mro[index]).get(method)
        # Protocols have an `__init__` that takes anything and, when called, puts the next class's in its place.
        if found is not None and getattr(found, "__name__", "") != "_no_init_or_replace_init":
            return index, unwrapped(_function(found))
    raise TypeError(method)


def _function(found: Any) -> Any:
    return found.__func__ if isinstance(found, staticmethod) else found  # `__new__` is one of its own accord


def _read_chain(this: _Class, start: int, method: str, end: Callable[[Any], Schema]) -> Schema:
    """The parameters of the first such method, and those of the next for as long as `**kwargs` is handed on.

    Args:
        this: The class.
        start: Where in its MRO to begin.
        method: `__init__`, `__new__` or `__call__`.
        end: What is taken where the chain arrives at C code.
    """
    mro = inspect.getmro(this.cls)
    index, function = _find(mro, method, start)
    if isinstance(function, _SLOTS):
        return end(function)
    owner = mro[index]
    schema = read_function(_function(vars(owner)[method]), skip=1, owners=this.owners, fallback=owner)
    schema = this.filled(schema, owner)
    if schema.extra is None or not isinstance(function, types.FunctionType):
        return schema
    handed = forwarding(function, owner, method)
    if handed is None:
        return schema
    below = _read_chain(this, index + 1, method, end)
    return schema if below.opaque else _joined(schema, below, handed)


def _end_of_init(cls: type, slot: Any) -> Schema:
    if slot is object.__init__:
        return Schema(cls.__name__)
    if issubclass(cls, BaseException) and _is_builtin(slot, "__objclass__"):
        return _read_exception(cls)
    return Schema(cls.__name__, opaque=True)


def _end_of_new(cls: type, slot: Any) -> Schema:
    return Schema(cls.__name__, opaque=slot is not object.__new__)


def _read_native(cls: type, init: Any, new: Any) -> Schema:
    if issubclass(cls, BaseException) and _is_builtin(init, "__objclass__") and _is_builtin(new, "__self__"):
        return _read_exception(cls)
    if init is object.__init__ and new is object.__new__:
        return Schema(cls.__name__)
    return read_signature(inspect.signature(cls), cls)


def _read_exception(cls: type[BaseException]) -> Schema:
    names = next((names for base, names in _EXCEPTION_NAMES.items() if issubclass(cls, base)), ())
    parameters = {name: Parameter(name, _KEYWORD, default=None) for name in names}
    return Schema(cls.__name__, parameters, rest=Parameter("args", inspect.Parameter.VAR_POSITIONAL))


def _is_builtin(slot: Any, home: str) -> bool:
    return getattr(getattr(slot, home, None), "__module__", None) == "builtins"


def _values(cls: enum.EnumMeta) -> Any:
    """The type of an enum's values, where nothing else is accepted."""
    values = [member.value for member in cls]  # type: ignore[var-annotated]  # the members are of any type
    open_ended = issubclass(cls, enum.Flag) or cls._missing_.__func__ is not enum.Enum._missing_.__func__  # type: ignore[attr-defined]  # a classmethod's function
    if open_ended or not all(type(value) in (str, int, bool, bytes) for value in values):
        return MISSING
    return Literal[tuple(values)]


def _joined(schema: Schema, below: Schema, handed: Forwarding) -> Schema:
    added: dict[str, Parameter] = {}
    position = 0
    for name, parameter in below.parameters.items():
        if parameter.kind is not _KEYWORD:
            position += 1
            if position <= handed.filled:
                continue
        if name in schema.parameters or name in handed.names:
            continue
        if not handed.rest:
            if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
                continue
            parameter = attrs.evolve(parameter, kind=_KEYWORD)
        added[name] = parameter
    read = partial(_merged, below.read_descriptions, schema.read_descriptions)
    return changed(
        schema,
        parameters=_ordered({**schema.parameters, **added}),
        rest=below.rest if handed.rest else schema.rest,
        extra=below.extra,
        plain=False,
        read_descriptions=read,
    )


def _merged(*sources: Callable[[], Any]) -> dict[str, str]:
    return {name: text for source in sources for name, text in source().items()}


def _ordered(parameters: dict[str, Parameter]) -> dict[str, Parameter]:
    return dict(sorted(parameters.items(), key=lambda item: item[1].kind))
