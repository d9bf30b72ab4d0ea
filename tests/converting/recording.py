"""Classes that note how they were called, for another tool and for us."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from registry import Registry
from registry.cli.convert.conversion import convert_file
from registry.config import read_json, read_yaml
from registry.errors import ConfigError


class Call:
    """What was called, and with what. It is no dataclass: Hydra would take one for a config."""

    def __init__(
        self, name: str, args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None, partial: bool = False
    ) -> None:
        self.name = name
        self.args = tuple(args)
        self.kwargs = dict(kwargs or {})
        self.partial = partial

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and vars(self) == vars(other)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        listed = [*map(repr, self.args), *(f"{key}={value!r}" for key, value in self.kwargs.items())]
        return f"{'partial ' if self.partial else ''}{self.name}({', '.join(listed)})"


def plain(value: Any) -> Any:
    """A value without what only says who made it: tuples are lists, and mappings are dicts."""
    if isinstance(value, Call):
        return Call(value.name, plain(value.args), plain(value.kwargs), value.partial)
    if isinstance(value, Mapping):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    if isinstance(value, float) and value != value:
        return "NaN"  # which is like itself
    return (type(value).__name__, value)


def built(text: str, names: Iterable[str], registries: Iterable[str] = (), suffix: str = ".yaml") -> Any:
    """What a converted config builds where each name notes its call."""
    document = read_json(text) if suffix == ".json" else read_yaml(text)
    assert not document.problems
    recorders: Registry[Any, Any, str] = Registry("recorders")
    for name in sorted(set(names)):
        recorders.register(name, record(name))
    return recorders.build(document.value)


def record(name: str) -> Any:
    """A function that notes its calls under a name."""

    def noted(*positional: Any, **named: Any) -> Call:
        return Call(name, positional, named)

    noted.__name__ = noted.__qualname__ = name
    return noted


def are_located(error: ConfigError) -> bool:
    """Whether every reason for which something was refused has its place."""
    return bool(error.problems) and all(problem.location for problem in error.problems)


def assert_same_calls(
    file: Path, dialect: str | None, ours: Callable[[str], Any], theirs: Callable[[Path], Any]
) -> None:
    """A file becomes what makes the calls that the other tool makes of it, or it is refused with places."""
    text = _converted(file, dialect)
    if isinstance(text, ConfigError):
        assert are_located(text)
    else:
        assert plain(ours(text)) == plain(theirs(file))


def _converted(file: Path, dialect: str | None) -> str | ConfigError:
    try:
        return convert_file(file, dialect).text
    except ConfigError as error:
        return error
