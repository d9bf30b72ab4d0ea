"""The code that checks and makes the nodes of one artifact, for the fast path."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from types import FunctionType
from typing import Any

from registry.factorizer import language
from registry.factorizer.makers import make_constant
from registry.model import MISSING
from registry.protocols import Target

Prepare = Callable[[Any, Any, int, int], tuple[Any, ...]]
"""Checks a node: its mapping, the state, the depth below it, the number of keys in it that are not reserved."""

_ORDERS = 100
"""How many orders of keys are remembered, of each artifact, in which children stand as in the signature."""


def generated(target: Target, takers: Mapping[str, Any], constant: Callable[[Any], bool]) -> Prepare | None:
    """Straight-line code for an artifact that can be called with all parameters in order; None when it cannot.

    As attrs does it, the source is our own words; names, defaults and checks enter as constants. Every parameter is
    passed: what a config leaves out as the default that the function itself has.
    """
    schema = target.schema
    defaults = _defaults(target.artifact)
    if schema is None or defaults is None:
        return None
    constants: dict[str, Any] = {"make_in_order": make_in_order, "function": target.artifact}
    complete: list[str] = []
    partly: list[str] = []
    arguments: list[str] = []
    children: dict[str, int] = {}
    required = 0
    for index, (name, parameter) in enumerate(schema.parameters.items()):
        keyword = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        if keyword and not language.is_plain_name(name):
            return None
        if parameter.default is not MISSING and name not in defaults:
            return None
        take = takers[name]
        constants[f"name{index}"] = name
        check = [f"value{index} = node[name{index}]", *_check(take, index, constants)]
        complete += check
        if parameter.default is MISSING:
            required += 1
            partly += check
        else:
            constants[f"default{index}"] = defaults[name]
            partly += [f"if name{index} in node:", "    given -= 1", *(f"    {line}" for line in check)]
            partly += ["else:", f"    value{index} = default{index}"]
        passed = f"value{index}"
        if not constant(take):
            # a default may be a tuple too; it is wrapped so that it is not taken for a prepared value
            if type(defaults.get(name)) is tuple:
                constants[f"default{index}"] = (make_constant, defaults[name])
            passed = f"value{index}[0](value{index})"
            if not (getattr(take, "gives_nodes", False) and parameter.default is MISSING):
                passed = f"({passed} if type(value{index}) is tuple else value{index})"
            children[name] = index
        arguments.append(f"{name}={passed}" if keyword else passed)
    count = len(schema.parameters)
    values = "".join(f", value{index}" for index in range(count))
    source = [
        "def make(prepared):",
        f"    _{values} = prepared" if count else "    pass",
        f"    return function({', '.join(arguments)})",
        "def prepare(node, state, depth, given):",
        f"    if given == {count}:",  # then every parameter has to be there, and nothing need be counted
        "        pass",
        *(f"        {line}" for line in complete),
        "    else:",
        f"        given -= {required}",
        *(f"        {line}" for line in partly),
        "        if given:",
        "            raise KeyError",
    ]
    if len(children) > 1:
        constants["children"] = children
        constants["orderly"] = set()
        source += [
            "    names = tuple(node)",
            "    if names not in orderly:",
            "        order = [children[name] for name in names if name in children]",
            "        if order != sorted(order):",
            f"            return (ordered, (make{values}), order)",
            f"        if len(orderly) < {_ORDERS}:",
            "            orderly.add(names)",
        ]
    source.append(f"    return (make{values},)" if not values else f"    return (make{values})")
    exec(compile("\n".join(source), "<registry build>", "exec"), constants)
    make = constants["make"]
    names = tuple(schema.parameters)
    make.target = target
    make.named = lambda prepared: zip(names, prepared[1:], strict=True)
    ordered = constants["ordered"] = partial(make_in_order)
    ordered.named = lambda prepared: make.named(prepared[1])  # type: ignore[attr-defined]  # partials take attributes
    prepare: Prepare = constants["prepare"]
    return prepare


def _check(take: Any, index: int, constants: dict[str, Any]) -> list[str]:
    """The lines that check one value: by its taker, unless its type alone shows that it is right."""
    constants[f"take{index}"] = take
    line = f"value{index} = take{index}(value{index}, state, depth)"
    exact = getattr(take, "exact_type", None)
    if exact is None:
        return [line]
    constants[f"type{index}"] = exact
    return [f"if type(value{index}) is not type{index}:", f"    {line}"]


def _defaults(artifact: Any) -> dict[str, Any] | None:
    """The defaults as the function itself holds them: a schema may show others, as for factories of dataclasses."""
    function = artifact if isinstance(artifact, FunctionType) else getattr(artifact, "__init__", None)
    if not isinstance(function, FunctionType):
        # a class without an __init__ of its own takes nothing
        return {} if isinstance(artifact, type) and function is object.__init__ else None
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    found = function.__defaults__ or ()
    return {
        **dict(zip(positional[len(positional) - len(found) :], found, strict=True)),
        **(function.__kwdefaults__ or {}),
    }


def make_in_order(prepared: tuple[Any, ...]) -> Any:
    """Make a node whose children come in another order in the document than in the signature: theirs counts."""
    _, node, order = prepared
    values = list(node)
    for index in order:
        value = values[index + 1]
        if type(value) is tuple:
            values[index + 1] = (make_constant, value[0](value))
    return node[0](tuple(values))


def looping(target: Target, takers: Mapping[str, Any], extra: Any) -> Prepare:
    """One loop over the keys of the mapping, for artifacts that have to be called by name."""
    schema = target.schema
    assert schema is not None
    parameters = schema.parameters.values()
    required = frozenset(parameter.name for parameter in parameters if parameter.required)
    by_position = any(
        parameter.kind is inspect.Parameter.POSITIONAL_ONLY and not parameter.open for parameter in parameters
    )
    function = partial(partial, target.artifact) if schema.makes_function else target.artifact

    def make(prepared: tuple[Any, ...]) -> Any:
        return function(**{name: item[0](item) if type(item) is tuple else item for name, item in prepared[1].items()})

    def prepare(node: Any, state: Any, depth: int, given: int) -> tuple[Any, ...]:
        if by_position:
            raise TypeError
        values: dict[str, Any] = {}
        for name, value in node.items():
            take = takers.get(name)
            if take is None:
                if name == language.TYPE or name == language.REGISTRY:
                    continue
                if extra is None or name in schema.parameters or name in language.RESERVED or language.misspelt(name):
                    raise KeyError
                take = extra
            made = take(value, state, depth)
            if type(made) is tuple and getattr(take, "gives_constants", False):
                made = (make_constant, made)
            values[name] = made
        if len(values) != given or not required <= values.keys():  # a reserved key was not accounted for
            raise KeyError
        return (make, values)

    make.target = target  # type: ignore[attr-defined]  # read when an exception is placed
    make.named = lambda prepared: prepared[1].items()  # type: ignore[attr-defined]  # likewise
    return prepare
