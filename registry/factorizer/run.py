"""Build a recipe: step by step for once, as generated code for often."""

from collections.abc import Callable
from functools import partial
from types import CodeType
from typing import Any

from registry.factorizer.language import is_plain_name
from registry.factorizer.recipe import Call, Constant, Fresh, Recipe, value_of
from registry.names import quote
from registry.paths import Path, format_path
from registry.problems import Location

Locate = Callable[[Path, bool], Location | None]

_IMMUTABLE = (tuple, frozenset)


def run(recipe: Recipe, locate: Locate) -> Any:
    """Make everything that a recipe needs, each call once, and give its root."""
    made: dict[int, Any] = {}

    def make(recipe: Recipe) -> Any:
        if isinstance(recipe, Constant):
            return recipe.value
        if isinstance(recipe, Fresh):
            items = [make(item) for item in recipe.items]
            return recipe.kind(items if recipe.keys is None else dict(zip(recipe.keys, items, strict=True)))
        if id(recipe) in made:
            return made[id(recipe)]
        values = {id(part): make(part) for part in recipe.order}
        args = [values[id(part)] if id(part) in values else make(part) for part in recipe.args]
        kwargs = {name: values[id(part)] for name, part in {**recipe.kwargs, **recipe.extra}.items()}
        try:
            result = (
                partial(recipe.function, *args, **kwargs) if recipe.as_partial else recipe.function(*args, **kwargs)
            )
        except Exception as error:
            add_place(error, recipe.label, recipe.path, locate)
            raise
        made[id(recipe)] = result
        return result

    return make(recipe)


def add_place(error: BaseException, label: object, path: Path, locate: Locate) -> None:
    """Note which node of the config was built when an artifact raised; the exception itself stays as it is."""
    note = f"while building {quote(str(label))}"
    if path:
        note += f" at {format_path(path)}"
    location = locate((*path, "_type"), False) or locate(path, False)
    error.add_note(note if location is None else f"{note} ({location})")


def compiled(recipe: Recipe, locate: Locate) -> Callable[[], Any]:
    """A function that builds the recipe anew at each call, at little more than the cost of its calls.

    Each call is a line of its own, so that the line of a traceback tells the node. The text of the generated code has
    only our own words and the parameter names of the artifacts in it: what a config says enters as global constants.
    """
    writer = _Writer()
    root = writer.expression(recipe)
    source = "\n".join(["def build():", *writer.lines, f"    return {root}"])
    exec(compile(source, "<registry plan>", "exec"), writer.constants)
    build: Callable[[], Any] = writer.constants.pop("build")
    code = build.__code__
    call_of_line = dict(enumerate(writer.call_of_line, 2))

    def build_with_notes() -> Any:
        try:
            return build()
        except Exception as error:
            call = call_of_line.get(_line_in(error, code))
            if call is not None:
                add_place(error, call.label, call.path, locate)
            raise

    return build_with_notes


def _line_in(error: BaseException, code: CodeType) -> int:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            return trace.tb_lineno
        trace = trace.tb_next
    return 0


class _Writer:
    """Writes a recipe as Python statements, children before parents."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.call_of_line: list[Call | None] = []
        self.constants: dict[str, Any] = {"partial": partial}
        self._variables: dict[int, str] = {}

    def expression(self, recipe: Recipe) -> str:
        if isinstance(recipe, Constant):
            return self._constant(recipe.value)
        if isinstance(recipe, Call):
            if id(recipe) not in self._variables:
                self._variables[id(recipe)] = self._call(recipe)
            return self._variables[id(recipe)]
        if all(isinstance(item, Constant) for item in recipe.items):
            value = value_of(recipe)
            constant = self._constant(value)
            return constant if recipe.kind in _IMMUTABLE else f"{constant}.copy()"
        items = [self.expression(item) for item in recipe.items]
        if recipe.keys is None:
            listed = f"[{', '.join(items)}]"
        else:
            pairs = zip(recipe.keys, items, strict=True)
            listed = "{" + ", ".join(f"{self._constant(key)}: {item}" for key, item in pairs) + "}"
        text = listed if recipe.kind in (list, dict) else f"{self._constant(recipe.kind)}({listed})"
        # Python reads no more than 200 brackets inside one another, so only one level of them shares a line
        return self._assign(text, None) if any(isinstance(item, Fresh) for item in recipe.items) else text

    def _call(self, call: Call) -> str:
        # children become lines of their own here, so in document order, which may not be the order of the arguments
        written = {id(part): self.expression(part) for part in call.order}
        texts = [written.get(id(part)) or self.expression(part) for part in call.args]
        spread = [f"{self._constant(name)}: {written[id(part)]}" for name, part in call.extra.items()]
        for name, part in call.kwargs.items():
            if is_plain_name(name):
                texts.append(f"{name}={written[id(part)]}")
            else:
                spread.append(f"{self._constant(name)}: {written[id(part)]}")
        if spread:
            texts.append("**{" + ", ".join(spread) + "}")
        function = self._constant(call.function)
        if call.as_partial:
            texts.insert(0, function)
            function = "partial"
        return self._assign(f"{function}({', '.join(texts)})", call)

    def _assign(self, text: str, call: Call | None) -> str:
        variable = f"v{len(self.lines)}"
        self.lines.append(f"    {variable} = {text}")
        self.call_of_line.append(call)
        return variable

    def _constant(self, value: Any) -> str:
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name
