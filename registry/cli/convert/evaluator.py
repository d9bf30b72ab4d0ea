"""mmengine's config files in Python: what they come to, worked out without running them."""

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

from registry.cli.convert.dialects import LOAD_IT
from registry.cli.convert.operations import BINARY, COMPARED, FUNCTIONS, METHODS, UNARY, VALUES, called, number
from registry.cli.convert.python_values import MOST, Settings, fits, size_of, tree_of
from registry.config.text import Text
from registry.problems import Location, Problem

ROUNDS = 10 * MOST
"""How much is looked at in all, in values, characters and rounds of comprehensions."""


class Unread(Exception):
    """Something in a file that is not worked out.

    Args:
        problem: What, and where.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


_FILLED_IN = re.compile(r"\{\{\s*(?:file\w+|_base_\.|\$)")
"""What mmengine replaces in the text of a file before it is read."""


class Evaluator:
    """Works out the assignments of one file.

    Args:
        text: The file.
        base: What the files that it builds on come to, as `_base_`.
        predefined: What stands for `{{ fileDirname }}` and the like in its texts.
    """

    def __init__(self, text: Text, base: Settings, predefined: Mapping[str, str]) -> None:
        self._text = text
        self._predefined = predefined
        self.names: dict[str, Any] = {"_base_": base}
        self._base = base
        self._spent = 0
        self._lines = re.split(r"\r\n|\r|\n", text.content)  # as Python counts them; a form feed ends none

    def run(self, module: ast.Module) -> Settings:
        """What the file assigns."""
        for statement in module.body:
            self._statement(statement)
        assigned = Settings((name, value) for name, value in self.names.items() if not name.startswith("__"))
        del assigned["_base_"]
        return assigned

    # ------------------------------------------------------------------------------------------------ statements

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id="_base_")]):
                pass  # it was read first
            case ast.Assign(targets=targets, value=value):
                if any(isinstance(part, ast.Name) and part.id == "_base_" for part in targets):
                    raise self.unread(node, "`_base_` stands alone")
                found = self._held(value)
                for target in targets:
                    self._assign(target, found)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value) if type(op) in BINARY:
                held, other = self.value(self._named(name, node)), self.value(value)
                if isinstance(held, list):  # it is changed, wherever it stands
                    held[:] = self._operate(node, op, held, [*other] if isinstance(other, tuple) else other)
                else:
                    self.names[name] = self._operate(node, op, held, other)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._delete(target)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=value):
                self.value(value)
            case ast.If(test=test, body=body, orelse=orelse):
                for statement in body if self.value(test) else orelse:
                    self._statement(statement)
            case _:
                raise self.unread(node, f"{called(node)} is not worked out")

    def _named(self, name: str, node: ast.AST) -> ast.expr:
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    def _assign(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name(id=name):
                self.names[name] = value
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                values = self._guarded(target, lambda: list(islice(value, MOST)))
                if len(values) != len(elements):
                    raise self.unread(target, f"{len(values)} values do not fit {len(elements)} names")
                for element, held in zip(elements, values, strict=True):
                    self._assign(element, held)
            case ast.Attribute(value=holder, attr=key):
                self._settings(holder)[key] = value
            case ast.Subscript(value=holder, slice=index):
                held, step = self.value(holder), self.value(index)
                self._guarded(target, lambda: operator.setitem(held, step, value))
            case _:
                raise self.unread(target, "this cannot be assigned to")

    def _delete(self, target: ast.expr) -> None:
        match target:
            case ast.Name(id=name) if name in self.names:
                del self.names[name]
            case ast.Attribute(value=holder, attr=key):
                settings = self._settings(holder)
                self._guarded(target, lambda: operator.delitem(settings, key))
            case ast.Subscript(value=holder, slice=index):
                held, step = self.value(holder), self.value(index)
                self._guarded(target, lambda: operator.delitem(held, step))
            case _:
                raise self.unread(target, "this cannot be deleted")

    # ----------------------------------------------------------------------------------------------- expressions

    def value(self, node: ast.expr) -> Any:
        """What an expression comes to, which is no larger than a config is."""
        found = self._value(node)
        if not fits(found):
            raise self.unread(node, "this is too large")
        self._spend(node, size_of(found))
        return found

    def _held(self, node: ast.expr) -> Any:
        """What a place is given: a value, or `{{_base_.x}}`, which mmengine fills in when the rest is worked out."""
        match node:
            case ast.Set(elts=[ast.Set(elts=[ast.Attribute() as place])]):
                return self._placeholder(node, ast.unparse(place))
        return self.value(node)

    def _spend(self, node: ast.AST, work: int) -> None:
        self._spent += work
        if self._spent > ROUNDS:
            raise self.unread(node, "this takes too long")

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=str() as text):
                return self._constant(node, text)
            case ast.Constant(value=value) if value is not Ellipsis:
                return value
            case ast.Name(id=name):
                if name not in self.names:
                    raise self.unread(node, f"`{name}` is not assigned in this file")
                return self.names[name]
            case ast.List(elts=elements):
                return [*self._elements(elements)]
            case ast.Tuple(elts=elements):
                return (*self._elements(elements),)
            case ast.Dict(keys=keys, values=values):
                return self._dict(node, keys, values)
            case ast.Call(func=ast.Name(id="dict"), args=positional, keywords=keywords) if "dict" not in self.names:
                return self._dict_call(node, positional, keywords)
            case ast.Call():
                return self._call(node)
            case ast.Attribute(value=holder, attr=key):
                settings = self._settings(holder)
                if key not in settings:
                    raise self.unread(node, f"`{key}` is not set there")
                return settings[key]
            case ast.Subscript(value=holder, slice=index):
                held, step = self.value(holder), self.value(index)
                return self._guarded(node, lambda: held[step])
            case ast.Slice(lower=lower, upper=upper, step=step_node):
                return slice(*(None if part is None else self.value(part) for part in (lower, upper, step_node)))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                return self._operate(node, op, self.value(left), self.value(right))
            case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
                unary, operated = UNARY[type(op)], self.value(operand)
                return self._guarded(node, lambda: unary(operated))
            case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in COMPARED for op in ops):
                return self._compare(node, left, ops, others)
            case ast.BoolOp(op=op, values=values):
                found = self.value(values[0])
                for part in values[1:]:
                    if bool(found) is isinstance(op, ast.Or):
                        break
                    found = self.value(part)
                return found
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body) if self.value(test) else self.value(orelse)
            case ast.JoinedStr(values=values):
                if _FILLED_IN.search(ast.get_source_segment(self._text.content, node) or ""):
                    raise self.unread(node, "this text is put together when mmengine reads it")
                return "".join([self._formatted(value) for value in values])
            case ast.ListComp(elt=element, generators=generators):
                return [self.value(element) for _ in self._rounds(generators)]
            case ast.DictComp(key=key_node, value=held_node, generators=generators):
                pairs = [(self.value(key_node), self.value(held_node)) for _ in self._rounds(generators)]
                made = self._guarded(node, lambda: Settings(pairs))
                made.where = self.where(node)
                return made
            case _:
                raise self.unread(node, f"{called(node)} is not worked out")

    def _compare(self, node: ast.expr, left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr]) -> Any:
        one, found = self.value(left), True
        for op, right in zip(ops, others, strict=True):
            other = self.value(right)
            found = self._guarded(node, partial(COMPARED[type(op)], one, other))
            if not found:
                break
            one = other
        return found

    def _constant(self, node: ast.expr, text: str) -> Any:
        if "{{" not in text:
            return text
        for word, stands_for in self._predefined.items():
            text = re.sub(r"\{\{\s*" + word + r"\s*\}\}", lambda _, it=stands_for: it, text)  # type: ignore[misc]  # mypy takes the default for an argument
        if "{{" in text:
            raise self.unread(node, "this text is put together when mmengine reads it")
        return text

    def _placeholder(self, node: ast.expr, place: str) -> Any:
        held: Any = self._base
        for step in place.split(".")[1:]:
            if not isinstance(held, Settings) or step not in held:
                raise self.unread(node, f"`{place}` is not set")
            held = held[step]
        return tree_of(held)

    def _elements(self, nodes: list[ast.expr]) -> Iterator[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                held = self.value(node.value)
                yield from self._guarded(node, lambda held=held: list(islice(held, MOST)))  # type: ignore[misc]  # as above
            else:
                yield self._held(node)

    def _dict(self, node: ast.expr, keys: list[ast.expr | None], values: list[ast.expr]) -> Settings:
        made = Settings()
        for key, value in zip(keys, values, strict=True):
            if key is None:
                self._update(value, made)
            else:
                name = self.value(key)
                held = self._held(value)
                self._guarded(key, lambda name=name, held=held: operator.setitem(made, name, held))  # type: ignore[misc]  # as above
        made.where = self.where(node)
        return made

    def _dict_call(self, node: ast.expr, positional: list[ast.expr], keywords: list[ast.keyword]) -> Settings:
        made = Settings()
        for argument in positional:
            self._update(argument, made)
        for keyword in keywords:
            if keyword.arg is None:
                self._update(keyword.value, made)
            else:
                made[keyword.arg] = self._held(keyword.value)
        made.where = self.where(node)
        return made

    def _update(self, node: ast.expr, made: Settings) -> None:
        held = self.value(node)
        self._guarded(node, lambda: made.update(held))

    def _call(self, node: ast.Call) -> Any:
        match node.func:
            case ast.Name(id=name) if name in FUNCTIONS and name not in self.names:
                function = FUNCTIONS[name]
            case ast.Attribute(value=holder, attr=method):
                held = self.value(holder)
                if method not in METHODS.get(type(held), ()):
                    raise self.unread(node, f"`{ast.unparse(node.func)}()` is not worked out")
                if method == "pop" and type(held) is Settings and len(node.args) == 1:
                    return held.pop(self.value(node.args[0]), None)  # as mmengine's mappings do
                function = getattr(held, method)
            case _:
                raise self.unread(node, f"`{ast.unparse(node.func)}()` is not worked out")
        arguments = [*self._elements(node.args)]
        if function is round and any(number(one) > 400 for one in arguments[1:]):
            raise self.unread(node, "this is too large")
        if function is range and any(number(one) > MOST for one in arguments):
            raise self.unread(node, "this is too large")
        if function is str and any(isinstance(one, Mapping | list | tuple) for one in arguments):
            raise self.unread(node, "this form of a text is not worked out")
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.unread(node, "`**` is not worked out here")
            named[keyword.arg] = self.value(keyword.value)
        made = self._guarded(node, lambda: function(*arguments, **named))
        return made if isinstance(made, VALUES) else self._guarded(node, lambda: [*islice(made, MOST)])

    def _operate(self, node: ast.AST, op: ast.operator, left: Any, right: Any) -> Any:
        is_long = [isinstance(one, str | list | tuple) for one in (left, right)]
        if isinstance(op, ast.Mult) and any(is_long):
            if all(is_long) or size_of(left) * size_of(right) > MOST or max(map(number, (left, right))) > MOST:
                raise self.unread(node, "this is too large")
        elif isinstance(op, ast.Pow):
            if max(map(number, (left, right))) > 1000:
                raise self.unread(node, "this is too large")
        elif isinstance(op, ast.Mod) and is_long[0]:
            raise self.unread(node, "this form of a text is not worked out")
        return self._guarded(node, lambda: BINARY[type(op)](left, right))

    def _formatted(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                held = self.value(value)
                if not isinstance(held, Mapping | list | tuple):
                    return str(held)
        raise self.unread(node, "this form of a text is not worked out")

    def _rounds(self, generators: list[ast.comprehension]) -> Iterator[None]:
        outer = dict(self.names)
        for count, _ in enumerate(self._nested(generators)):
            if count >= MOST:
                raise self.unread(generators[0].target, "this takes too long")
            self._spend(generators[0].target, 1)
            yield
        self.names = outer

    def _nested(self, generators: list[ast.comprehension]) -> Iterator[None]:
        if not generators:
            yield
            return
        first, *rest = generators
        held = self.value(first.iter)
        for item in self._guarded(first.iter, lambda: iter(held)):
            self._assign(first.target, item)
            if all(self.value(condition) for condition in first.ifs):
                yield from self._nested(rest)

    # ----------------------------------------------------------------------------------------------------- places

    def _settings(self, node: ast.expr) -> Settings:
        held = self.value(node)
        if not isinstance(held, Settings):
            raise self.unread(node, f"`{ast.unparse(node)}` is no mapping")
        return held

    def _guarded(self, node: ast.AST, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Unread:
            raise
        except Exception as error:  # whatever Python says of it, it would say so there too
            raise self.unread(node, f"{type(error).__name__}: {error}") from None

    def where(self, node: ast.AST) -> Location:
        """The place of a part of the file."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        end = getattr(node, "end_col_offset", column + 1) if getattr(node, "end_lineno", line) == line else None
        source = self._lines[line - 1].encode()
        begin = len(source[:column].decode())
        stop = len(source.decode()) if end is None else len(source[:end].decode())
        start = self._text.offset(line, begin + 1)
        return self._text.location(start, start + max(1, stop - begin))

    def unread(self, node: ast.AST, reason: str) -> Unread:
        """What is raised for a part of the file."""
        problem = Problem("bad-document", reason[0].upper() + reason[1:] + ".", "", self.where(node), (LOAD_IT,))
        return Unread(problem)
