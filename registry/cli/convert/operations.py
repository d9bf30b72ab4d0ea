"""The parts of Python that configs of mmengine may use: operators, functions and methods of plain values."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from registry.cli.convert.python_values import Settings

BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (abs, bool, enumerate, float, int, len, list, max, min, range, round, sorted, str, tuple, zip)
}
METHODS: Mapping[type, frozenset[str]] = {
    Settings: frozenset({"copy", "get", "items", "keys", "pop", "update", "values"}),
    list: frozenset({"append", "copy", "count", "extend", "index", "insert", "pop"}),
    str: frozenset({"endswith", "lower", "split", "startswith", "strip", "upper"}),
}
VALUES = (str, int, float, list, tuple, dict, range, type(None))
"""What a call may come to; views and iterators become lists, since what they look at may change."""


def number(value: Any) -> float:
    """How large a number is; 0 for what is none."""
    return abs(value) if isinstance(value, int | float) else 0


def called(node: ast.AST) -> str:
    """What a construct is called."""
    names = {
        "Import": "`import`",
        "ImportFrom": "`import`",
        "With": "`with`",
        "FunctionDef": "`def`",
        "ClassDef": "`class`",
        "Lambda": "`lambda`",
        "For": "`for`",
        "While": "`while`",
        "Try": "`try`",
        "Assert": "`assert`",
        "Raise": "`raise`",
        "AnnAssign": "an assignment with an annotation",
        "AugAssign": "this assignment",
        "Compare": "this comparison",
        "BinOp": "this operator",
        "UnaryOp": "this operator",
        "Set": "a set",
        "SetComp": "a set",
        "GeneratorExp": "a generator",
        "NamedExpr": "`:=`",
        "Starred": "`*` here",
    }
    return names.get(type(node).__name__, "this")
