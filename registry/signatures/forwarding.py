"""Whether a method hands its `**kwargs` to the next class and to nobody else.

Decided from the source; where there is none, from the bytecode, for the plainest form only. Undecided means no: then
unknown names are accepted, which is the safe side.
"""

import ast
import dis
import inspect
import types
from collections.abc import Sequence

import attrs


@attrs.frozen
class Forwarding:
    """How `super().method(...)` is called with the `**kwargs`.

    Attributes:
        filled: How many positional parameters of the next method are given already.
        names: The parameters that are given already, by name.
        rest: Whether `*args` goes along.
    """

    filled: int = 0
    names: frozenset[str] = frozenset()
    rest: bool = False


def forwarding(function: types.FunctionType, owner: type, method: str) -> Forwarding | None:
    """How the function passes its `**kwargs` to `super().<method>`; None when they go elsewhere too, or it is unclear.

    Args:
        function: A method with `**kwargs`.
        owner: The class that defines it.
        method: Its name.
    """
    code = function.__code__
    if "super" not in code.co_names or method not in code.co_names or "locals" in code.co_names:
        return None
    definition = _definition(function)
    if definition is None:
        return _from_bytecode(code, method)
    return _from_source(definition, owner.__name__, method)


def _definition(function: types.FunctionType) -> ast.FunctionDef | None:
    try:
        source = inspect.getsource(function)
        tree = ast.parse(f"if True:\n{source}" if source[:1].isspace() else source)
    except (OSError, TypeError, SyntaxError, ValueError, IndexError):
        return None
    node = tree.body[0] if tree.body else None
    if isinstance(node, ast.If):
        node = node.body[0]
    # The file may have changed since it was imported.
    return node if isinstance(node, ast.FunctionDef) and _names(node) == _compiled_names(function.__code__) else None


def _names(node: ast.FunctionDef) -> Sequence[str]:
    taken = node.args
    last = [item for item in (taken.vararg, taken.kwarg) if item is not None]
    return [node.name, *(item.arg for item in [*taken.posonlyargs, *taken.args, *taken.kwonlyargs, *last])]


def _compiled_names(code: types.CodeType) -> Sequence[str]:
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return [code.co_name, *code.co_varnames[:count]]


def _from_source(definition: ast.FunctionDef, owner: str, method: str) -> Forwarding | None:
    taken = definition.args
    if taken.kwarg is None:
        return None
    itself = next((item.arg for item in [*taken.posonlyargs, *taken.args]), None)
    rest = taken.vararg.arg if taken.vararg is not None else None
    uses = 0
    found: set[Forwarding | None] = set()
    for node in ast.walk(definition):
        if isinstance(node, ast.Name) and node.id == taken.kwarg.arg:
            uses += 1
        elif isinstance(node, ast.Call) and _is_super_call(node, owner, itself, method):
            handed = [keyword.value for keyword in node.keywords if keyword.arg is None]
            if len(handed) == 1 and isinstance(handed[0], ast.Name) and handed[0].id == taken.kwarg.arg:
                uses -= 1
                found.add(_read_call(node, itself if method == "__new__" else None, rest))
    return found.pop() if uses == 0 and len(found) == 1 else None


def _is_super_call(node: ast.Call, owner: str, itself: str | None, method: str) -> bool:
    match node.func:
        case ast.Attribute(value=ast.Call(func=ast.Name("super"), args=[], keywords=[]), attr=attribute):
            return attribute == method
        case ast.Attribute(
            value=ast.Call(func=ast.Name("super"), args=[ast.Name(cls), ast.Name(first)], keywords=[]), attr=attribute
        ):
            return attribute == method and cls in (owner, "__class__") and first == itself
    return False


def _read_call(node: ast.Call, leading: str | None, rest: str | None) -> Forwarding | None:
    arguments = list(node.args)
    if leading is not None:  # `super().__new__(cls, ...)`: the class is not a parameter of what is called next
        match arguments:
            case [ast.Name(name), *arguments] if name == leading:
                pass
            case _:
                return None
    along = False
    match arguments:
        case [*arguments, ast.Starred(value=ast.Name(name))] if name == rest:
            along = True
    if any(isinstance(argument, ast.Starred) for argument in arguments):
        return None
    return Forwarding(len(arguments), frozenset(keyword.arg for keyword in node.keywords if keyword.arg), along)


_SILENT = frozenset({"NOP", "CACHE", "PRECALL", "RESUME", "PUSH_NULL", "EXTENDED_ARG", "COPY_FREE_VARS", "NOT_TAKEN"})


def _from_bytecode(code: types.CodeType, method: str) -> Forwarding | None:
    """The plain forms `super().method(**kwargs)` and `super().method(*args, **kwargs)`, used once."""
    names = code.co_varnames
    count = code.co_argcount + code.co_kwonlyargcount
    rest = names[count] if code.co_flags & inspect.CO_VARARGS else None
    extra = names[count + (rest is not None)]
    if extra in code.co_cellvars or rest in code.co_cellvars:
        return None
    steps = [step for step in dis.get_instructions(code) if step.opname not in _SILENT]
    uses = [
        index
        for index, step in enumerate(steps)
        if step.argval == extra or (isinstance(step.argval, tuple) and extra in step.argval)
    ]
    if len(uses) != 1 or uses[0] < 4 or uses[0] + 2 >= len(steps):
        return None
    at = uses[0]
    attribute, positional, mapping, load, merge, call = steps[at - 3 : at + 3]
    shape = [mapping.opname, mapping.argval, merge.opname, call.opname]
    if shape != ["BUILD_MAP", 0, "DICT_MERGE", "CALL_FUNCTION_EX"] or not load.opname.startswith("LOAD_FAST"):
        return None
    if attribute.argval != method or not _loads_from_super(steps[: at - 2]):
        return None
    along = rest is not None and positional.argval == rest and positional.opname.startswith("LOAD_FAST")
    return Forwarding(rest=along) if along or positional.argval == () else None


def _loads_from_super(steps: Sequence[dis.Instruction]) -> bool:
    if steps[-1].opname == "LOAD_SUPER_ATTR":  # 3.12 and newer
        return True
    before = steps[-3:-1]
    return [step.opname for step in before] == ["LOAD_GLOBAL", "CALL"] and before[0].argval == "super"
