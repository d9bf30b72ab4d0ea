"""Schemas of code that knows nothing of this library."""

import enum
import importlib
import inspect
import re
import typing
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from registry.schema import Schema
from registry.signatures import read_schema

STANDARD = [
    "argparse",
    "array",
    "ast",
    "asyncio",
    "base64",
    "collections",
    "concurrent.futures",
    "configparser",
    "contextlib",
    "csv",
    "ctypes",
    "datetime",
    "decimal",
    "email",
    "enum",
    "fractions",
    "functools",
    "http.client",
    "io",
    "itertools",
    "json",
    "logging.handlers",
    "math",
    "multiprocessing",
    "operator",
    "pathlib",
    "pickle",
    "random",
    "re",
    "sched",
    "shutil",
    "socket",
    "sqlite3",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "tempfile",
    "textwrap",
    "threading",
    "tokenize",
    "types",
    "unittest",
    "unittest.mock",
    "urllib.request",
    "uuid",
    "weakref",
    "xml.etree.ElementTree",
    "zipfile",
]


def public(module_name: str) -> dict[str, Any]:
    """What a module offers that can be called."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated names warn when they are looked at
        module = importlib.import_module(module_name)
        found = {f"{module_name}.{name}": getattr(module, name) for name in dir(module) if name[0] != "_"}
    return {name: value for name, value in found.items() if callable(value)}


def estimators() -> dict[str, Any]:
    from sklearn.utils import all_estimators

    return dict(all_estimators())


def lexers() -> dict[str, Any]:
    from pygments.lexers import find_lexer_class, get_all_lexers

    return {name: find_lexer_class(name) for name, *_ in get_all_lexers(plugins=False)}


def standard_library() -> dict[str, Any]:
    return {name: value for module in STANDARD for name, value in public(module).items()}


COLLECTIONS: dict[str, tuple[Callable[[], dict[str, Any]], int]] = {
    "sklearn": (estimators, 150),
    "scipy.stats": (lambda: public("scipy.stats"), 250),
    "scipy.optimize": (lambda: public("scipy.optimize"), 60),
    "networkx": (lambda: public("networkx"), 600),
    "pygments": (lexers, 500),
    "the standard library": (standard_library, 1000),
}


@cache
def callables(of: str) -> dict[str, Any]:
    return COLLECTIONS[of][0]()


@cache
def schemas(of: str) -> dict[str, Schema]:
    return {name: read_schema(value) for name, value in callables(of).items()}


def signature_of(value: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(value)
    except (ValueError, TypeError):
        return None


def takes_any_name(signature: inspect.Signature) -> bool:
    return any(item.kind is item.VAR_KEYWORD for item in signature.parameters.values())


def readable(of: str) -> Iterator[tuple[str, Any, inspect.Signature]]:
    """What has a signature without `**kwargs`; but for enums, which old Pythons show as what makes new enums."""
    for name, value in callables(of).items():
        signature = signature_of(value)
        if signature is not None and not takes_any_name(signature) and not isinstance(value, enum.EnumMeta):
            yield name, value, signature


@pytest.mark.parametrize("of", COLLECTIONS)
def test_every_callable_has_a_schema(of: str) -> None:
    found = schemas(of)
    assert len(found) >= COLLECTIONS[of][1]
    assert all(isinstance(schema, Schema) for schema in found.values())


def test_thirty_modules_of_the_standard_library_are_looked_at() -> None:
    assert len(STANDARD) >= 30


@pytest.mark.parametrize("of", COLLECTIONS)
def test_the_names_and_what_is_required_agree_with_inspect(of: str) -> None:
    compared = 0
    for name, _, signature in readable(of):
        schema = schemas(of)[name]
        named = [item for item in signature.parameters.values() if item.kind is not item.VAR_POSITIONAL]
        assert list(schema.parameters) == [item.name for item in named], name
        required = [item.name for item in named if item.default is item.empty]
        assert [p.name for p in schema.parameters.values() if p.required] == required, name
        compared += 1
    assert compared >= {"networkx": 20, "pygments": 0}.get(of, 55)  # both take `**options` nearly everywhere


@pytest.mark.parametrize("of", COLLECTIONS)
def test_a_misspelt_parameter_is_refused_by_everything_without_kwargs(of: str) -> None:
    for name, _, _ in readable(of):
        assert schemas(of)[name].extra is None, name
        assert not schemas(of)[name].opaque, name


def test_every_estimator_is_plain_and_knows_all_its_names() -> None:
    for name, schema in schemas("sklearn").items():
        assert schema.extra is None, name
        assert not schema.opaque, name
        assert schema.returns is callables("sklearn")[name], name
    assert sum(schema.plain for schema in schemas("sklearn").values()) >= 150


def test_lexers_keep_their_options() -> None:
    kept = [schema for schema in schemas("pygments").values() if schema.extra is not None]
    assert len(kept) >= 500


# Classes whose `__init__` hands its `**kwargs` to `super().__init__` and does nothing else with them: found here by the
# text alone, without the parser that the library uses.

MORE = [
    "click",
    "code",
    "doctest",
    "http.server",
    "logging.handlers",
    "pydoc",
    "pygments.formatters",
    "rich.progress",
    "smtplib",
    "socketserver",
    "tarfile",
    "xmlrpc.client",
    "xmlrpc.server",
]

HANDED_ON = re.compile(r"super\(\)\.__init__\(([^()]*)\*\*(\w+),?\s*\)")


def handed_on(cls: type) -> bool:
    """Whether all `**kwargs` on the way up the MRO are handed on, to end in an `__init__` without them."""
    for owner in cls.__mro__:
        init = vars(owner).get("__init__")
        if init is None:
            continue
        if init is object.__init__:
            return True
        if not inspect.isfunction(init) or hasattr(init, "__wrapped__"):
            return False
        if not takes_any_name(inspect.signature(init)):
            return True
        try:
            text = inspect.getsource(init)
        except (OSError, TypeError):
            return False
        (kwargs,) = [item.name for item in inspect.signature(init).parameters.values() if item.kind is item.VAR_KEYWORD]
        call = HANDED_ON.search(text)
        if call is None or call[2] != kwargs or len(re.findall(rf"\b{kwargs}\b", text)) != 2 or "**" in call[1]:
            return False
    return False


@cache
def cooperative() -> dict[str, type]:
    found: dict[str, type] = {}
    for module in [*MORE, *STANDARD]:
        for name, value in public(module).items():
            signature = signature_of(value) if inspect.isclass(value) else None
            constructed = (
                inspect.isclass(value) and value.__new__ is object.__new__ and type(value).__call__ is type.__call__
            )
            if constructed and signature is not None and takes_any_name(signature) and handed_on(value):
                found[name] = value
    return found


def test_a_misspelt_parameter_is_refused_where_kwargs_go_only_to_super() -> None:
    found = cooperative()
    assert len(found) >= 3
    for name, cls in found.items():
        schema = read_schema(cls)
        assert schema.extra is None, name
        assert not schema.opaque, name


def test_what_is_refused_because_kwargs_go_only_to_super_is_refused_by_the_class_itself() -> None:
    closed = 0
    for of in COLLECTIONS:
        for name, value in callables(of).items():
            signature = signature_of(value) if inspect.isclass(value) else None
            schema = schemas(of)[name]
            if signature is None or not takes_any_name(signature) or schema.extra is not None or schema.opaque:
                continue
            if typing.get_origin(value) is not None or getattr(value, "_is_protocol", False):
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # some are deprecated
                with pytest.raises(TypeError):
                    value(no_class_has_a_parameter_of_this_name=1)
            closed += 1
    assert closed >= 3
