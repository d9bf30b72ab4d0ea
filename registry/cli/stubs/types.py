"""Writes types and signatures as text for a stub, and remembers what the text needs to be imported."""

import builtins
import collections.abc
import enum
import inspect
import keyword
import sys
import types
import typing
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typing_extensions

from registry.model import MISSING
from registry.references import reference_of
from registry.schema import Parameter, Schema

_FORMS = ("NoReturn", "Never", "LiteralString")
"""Special forms that may stand alone and need no class around them."""

_NOT_TYPES = (Annotated, typing.Generic, typing.Protocol)
"""Classes that nothing is an instance of: they are written in brackets or below a class alone."""

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class UnnameableError(Exception):
    """A type that no text in another module can name: it is local, made as the program runs, or generic in itself."""


class Types:
    """Writes types.

    Attributes:
        names: What is imported by name, by module.
        modules: The name by which each module is imported whose types are named.
    """

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {}
        self.modules: dict[str, str] = {}

    def use(self, module: str, name: str) -> str:
        """A name of a module, imported."""
        self.names.setdefault(module, set()).add(name)
        return name

    def text(self, annotation: Any) -> str:
        """The type as it is written in the stub.

        Raises:
            UnnameableError: It cannot be.
        """
        if annotation is None or annotation is type(None):
            return "None"
        if annotation is Any:
            return self.use("typing", "Any")
        origin = get_origin(annotation)
        return self._named(annotation) if origin is None else self._generic(origin, annotation)

    def text_or_any(self, annotation: Any) -> str:
        """The type, or Any where it is not known or cannot be written."""
        try:
            return self.use("typing", "Any") if annotation is MISSING else self.text(annotation)
        except UnnameableError:
            return self.use("typing", "Any")

    def literal(self, value: Any) -> str:
        """A value as it stands in `Literal[…]`.

        Raises:
            UnnameableError: `Literal` cannot have it.
        """
        if isinstance(value, enum.Enum):
            return f"{self._named(type(value))}.{value.name}"
        if type(value) is str:
            return quoted(value)
        if value is None or type(value) in (bool, int, bytes):
            return repr(value)
        raise UnnameableError

    def _generic(self, origin: Any, annotation: Any) -> str:
        arguments = get_args(annotation)
        if origin is Annotated:
            return self.text(arguments[0])
        if origin in (Union, types.UnionType):
            return " | ".join(dict.fromkeys(map(self.text, arguments)))
        if origin in (Literal, typing_extensions.Literal):
            return f"{self.use('typing', 'Literal')}[{', '.join(map(self.literal, arguments))}]"
        if origin is collections.abc.Callable:
            return self._callable(arguments)
        if origin is tuple and not arguments:
            return f"tuple[{self.use('typing', 'Any')}, ...]" if annotation is typing.Tuple else "tuple[()]"  # noqa: UP006  # the old one has no arguments either
        name = self._named(origin)
        if not arguments:
            return name
        return f"{name}[{', '.join('...' if argument is ... else self.text(argument) for argument in arguments)}]"

    def _callable(self, arguments: tuple[Any, ...]) -> str:
        name = self.use("collections.abc", "Callable")
        if not arguments:
            return f"{name}[..., {self.use('typing', 'Any')}]"
        taken, given = arguments
        if taken is ...:
            return f"{name}[..., {self.text(given)}]"
        if not isinstance(taken, list):  # what is generic in its parameters
            raise UnnameableError
        return f"{name}[[{', '.join(map(self.text, taken))}], {self.text(given)}]"

    def _named(self, kind: Any) -> str:
        form: Any = getattr(kind, "_name", None)
        if type(kind).__module__ in ("typing", "typing_extensions") and form in _FORMS:
            return self.use("typing", form)
        is_alias = isinstance(kind, typing_extensions.TypeAliasType | typing.NewType)
        if not (isinstance(kind, type) or is_alias) or kind in _NOT_TYPES:
            raise UnnameableError
        name: str = kind.__name__
        if getattr(builtins, name, None) is kind:
            return name
        reference = reference_of(kind)
        if reference is None or reference.module == "__main__":
            raise UnnameableError
        return f"{self._module(_public_home(reference.module, reference.name, kind))}.{reference.name}"

    def _module(self, module: str) -> str:
        if module not in self.modules:
            name = f"_{module.replace('.', '_')}"
            while name in self.modules.values():
                name += "_"
            self.modules[module] = name
        return self.modules[module]


def _public_home(module: str, name: str, kind: Any) -> str:
    """The package around a private module that has the type too: what people, and stubs of packages, import it from."""
    parts = module.split(".")
    for number, part in enumerate(parts):
        if number and part.startswith("_"):
            package = ".".join(parts[:number])
            found: Any = sys.modules.get(package)
            for step in name.split("."):
                found = getattr(found, step, None)
            return package if found is kind else module
    return module


def quoted(text: str) -> str:
    """A text as Python reads it, in double quotes wherever that takes no escapes.

    >>> print(quoted("huber"), quoted('say "no"'))
    "huber" 'say "no"'
    """
    written = repr(text)
    return written if '"' in written or "\\'" in written else f'"{written[1:-1]}"'


def call_text(schema: Schema, written: Types) -> str:
    """The signature of a function, from the opening bracket to the result, as a method has it.

    Raises:
        UnnameableError: Python has no way to write it.
    """
    parts: list[str] = []
    positional = [parameter for parameter in schema.parameters.values() if parameter.kind in _POSITIONAL]
    named = [parameter for parameter in schema.parameters.values() if parameter.kind not in _POSITIONAL]
    taken = {parameter.name for parameter in (*positional, *named, *_stars(schema))}
    parts.append(free("self", taken))
    optional = False
    for number, parameter in enumerate(positional):
        if optional and parameter.default is MISSING:
            raise UnnameableError
        optional = parameter.default is not MISSING
        parts.append(_parameter_text(parameter, written))
        following = positional[number + 1].kind if number + 1 < len(positional) else None
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY and following is not parameter.kind:
            parts.append("/")
    if schema.rest is not None:
        parts.append(f"*{_parameter_text(schema.rest, written)}")
    elif named:
        parts.append("*")
    parts += [_parameter_text(parameter, written) for parameter in named]
    if schema.extra is not None:
        parts.append(f"**{_parameter_text(schema.extra, written)}")
    return f"({', '.join(parts)}) -> {written.text_or_any(schema.returns)}"


def free(name: str, taken: Iterable[str]) -> str:
    """The name, or one like it that is not taken."""
    while name in taken:
        name = f"_{name}"
    return name


def is_writable(name: str) -> bool:
    """Whether a parameter may be called this in a `def`."""
    return name.isidentifier() and not keyword.iskeyword(name) and name != "__debug__"


def _stars(schema: Schema) -> list[Parameter]:
    return [parameter for parameter in (schema.rest, schema.extra) if parameter is not None]


def _parameter_text(parameter: Parameter, written: Types) -> str:
    if not is_writable(parameter.name):
        raise UnnameableError
    default = "" if parameter.default is MISSING else " = ..."
    return f"{parameter.name}: {written.text_or_any(parameter.annotation)}{default}"
