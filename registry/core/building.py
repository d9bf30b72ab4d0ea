"""Building, checking and planning, as a registry and a catalog both do it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol

import attrs
from typing_extensions import TypeVar

from registry.closeness import close_matches
from registry.document import Document
from registry.errors import ConfigError
from registry.model import MISSING, NOTHING, Event
from registry.names import WHOLE, quote
from registry.paths import format_path, parse_path, step_into
from registry.problems import Problem

if TYPE_CHECKING:
    import os

    from registry.core.resolution import Imports
    from registry.protocols import Factorizer, Plan, Plugins, Target
    from registry.schema import Schema

Dialect = Literal["2020-12", "draft-07"]
Files = Iterable["str | os.PathLike[str]"]


class Resolver(Protocol):
    """`Resolve`, and what a JSON Schema is made from."""

    def target(self, name: Any, registry: str | None, parent: str | None, wanted: Any, /) -> "Target":
        """As in `Resolve`."""
        ...

    def target_of(self, cls: type, /) -> "Target | None":
        """As in `Resolve`."""
        ...

    def node_of(self, artifact: Any, /) -> Mapping[str, Any] | None:
        """The reserved keys of a node that stands for an artifact; None when it is not registered."""
        ...

    def schemas(self) -> dict[str, dict[Any, "Schema | None"]]:
        """The schemas of every entry by registry and name; None for those that are not known."""
        ...


Built = TypeVar("Built", default=Any)
Name = TypeVar("Name", default=str)


class Building(Generic[Built, Name]):
    """Builds configs for one owner, a registry or a catalog, which gives what is built and what names are their types.

    Args:
        factorizer: Builds.
        resolver: Gives what answers what names stand for: importing all that it needs, less, or nothing.
        label: The owner's name, for events.
        plugins: Told of builds.
    """

    __slots__ = ("_checked", "_factorizer", "_label", "_make", "_plugins", "_resolve", "_unimported")

    def __init__(
        self,
        factorizer: "Factorizer",
        resolver: "Callable[[Imports], Resolver]",
        label: str,
        plugins: "Plugins | None",
    ) -> None:
        self._factorizer = factorizer
        build = getattr(factorizer, "build", None)  # a Builder has it
        self._make: Callable[..., Any] = self._planned if build is None else build
        self._resolve = resolver("all")
        self._checked = resolver("own")
        self._unimported = resolver("none")
        self._label = label
        self._plugins = plugins

    def build(self, config: Any, arguments: dict[str, Any]) -> Any:
        """What `build(config, given=…)` or `build("name", **arguments)` asks for."""
        if type(config) is dict and not arguments and self._plugins is None:
            return self._make(config, self._resolve, given=NOTHING)  # what is asked most, without a detour
        if not is_config(config):
            return self._built(node(config, arguments), NOTHING)
        given = arguments.pop("given", NOTHING)
        if arguments:
            raise TypeError(
                f"build() takes parameters with the name of an entry; in a config they are written inside it: "
                f"{', '.join(map(quote, arguments))}."
            )
        return self._built(config, given)

    def build_file(self, files: Files, name: Any, path: str | None, overrides: Iterable[str]) -> Any:
        """What files describe."""
        return self._built(load(files, name, path, overrides), NOTHING)

    def build_url(self, url: str, name: Any, protocol: str) -> Any:
        """What a document behind a URL describes."""
        return self._built(load_from(url, name, protocol), NOTHING)

    def plan(self, config: Any, given: Mapping[str, Any]) -> "Plan":
        """A config, or the name of an entry, that was checked and is ready to be built."""
        return self._factorizer.plan(config if is_config(config) else node(config, {}), self._resolve, given=given)

    def check(self, config: Any, given: Mapping[str, Any], imports: bool) -> list[Problem]:
        """Every problem of a config, or of building the name of an entry."""
        resolve = self._checked if imports else self._unimported
        return self._factorizer.check(config if is_config(config) else node(config, {}), resolve, given=given)

    def check_file(
        self, files: Files, name: Any, path: str | None, overrides: Iterable[str], imports: bool
    ) -> list[Problem]:
        """Every problem of what files describe, those that keep it from being loaded included."""
        try:
            document = load(files, name, path, overrides)
        except ConfigError as error:
            return list(error.problems)
        return self.check(document, NOTHING, imports)

    def to_config(self, value: Any) -> Any:
        """The config that builds an equal object."""
        from registry.factorizer import to_config

        return to_config(value, self._resolve.node_of)

    def json_schema(self, dialect: Dialect, imports: bool, name: Any = None) -> dict[str, Any]:
        """A JSON Schema for what can be built here, or for one entry."""
        from registry.factorizer.json_schema import entry_json_schema, json_schema

        resolve = self._checked if imports else self._unimported
        if name is None:
            return json_schema(resolve.schemas(), dialect=dialect)
        target = resolve.target(name, None, None, MISSING)
        return entry_json_schema(target.name, target.schema, dialect=dialect)

    def _built(self, config: Any, given: Mapping[str, Any]) -> Any:
        if self._plugins is None:
            return self._make(config, self._resolve, given=given)
        name = config.get("_type") if isinstance(config, Mapping) else None
        begun = perf_counter()
        try:
            made = self._make(config, self._resolve, given=given)
        except ConfigError as error:
            self._plugins.emit(Event("refused", self._label, name, error, perf_counter() - begun))
            raise
        self._plugins.emit(Event("built", self._label, name, seconds=perf_counter() - begun))
        return made

    def _planned(self, config: Any, resolve: Resolver, *, given: Mapping[str, Any]) -> Any:
        return self._factorizer.plan(config, resolve, given=given).build()


def node(name: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The config that `build("name", **arguments)` means."""
    return {"_type": name, **arguments}


def is_config(value: object) -> bool:
    """Whether `build` was given a config, rather than the name of an entry."""
    if isinstance(value, Mapping | Document):
        return True
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | tuple)  # a tuple may be a name


def load(files: Files, name: Any, path: str | None, overrides: Iterable[str]) -> Document:
    """The document that lies in files, later ones over earlier ones; `name` and `path` as in `build_file`.

    Raises:
        ConfigError: `path` leads nowhere, or `name` does not fit what is there.
    """
    from registry.config import load_files

    named = list(files)
    if not named:
        raise TypeError("No file was named: pass at least one.")
    changes = (overrides,) if isinstance(overrides, str) else tuple(overrides)  # one text is one override
    return select(load_files(named, overrides=changes), name, path)


def load_from(url: str, name: Any, protocol: str) -> Document:
    """The document behind a URL.

    Raises:
        RemoteError: It cannot be fetched.
        ConfigError: `name` does not fit what is there.
    """
    from registry.config import load_url

    return select(load_url(url, protocol=protocol), name, None)


def select(document: Document, name: Any, path: str | None) -> Document:
    """The part of a document that is to be built, as the parameters of an entry if `name` says so."""
    if path is not None:
        try:
            part = parse_path(path)
        except ValueError as error:
            raise _refusal(document, "bad-reference", str(error), ()) from error
        here = document.value
        for depth, step in enumerate(part):
            try:
                here = step_into(here, step)
            except LookupError as error:
                close = close_matches(step, here) if isinstance(here, Mapping) else []
                advice = [f"did you mean {quote(format_path((*part[:depth], close[0])))}?"] if close else []
                where = format_path(part[: depth + 1])
                text = f"{quote(document.name, WHOLE)} has nothing at {quote(where)}."
                raise _refusal(document, "bad-reference", text, part[:depth], advice) from error
        document = attrs.evolve(document, part=part)
    return document if name is None else _as_parameters(document, name)


def _as_parameters(document: Document, name: Any) -> Document:
    part, locate = document.part, document.locate
    parameters: Any = document.value
    for step in part:
        parameters = step_into(parameters, step)
    if parameters is None:  # an empty document: no parameters
        parameters = {}
    if not isinstance(parameters, Mapping):
        text = f"{quote(document.name, WHOLE)} shall hold the parameters of {quote(name)}, which a mapping names."
        raise _refusal(document, "bad-document", text, part)
    if parameters.get("_type", name) != name:
        text = f"The parameters of {quote(name)} say that they are those of {quote(parameters['_type'])}."
        raise _refusal(document, "bad-node", text, (*part, "_type"), ["Remove '_type', or the name."])
    written = "_type" in parameters
    type_path = (*part, "_type")

    def locate_in_file(path: tuple[Any, ...], key: bool, /) -> Any:
        return locate(part if path == type_path and not written else path, key)

    value = _replaced(document.value, part, node(name, parameters))
    return attrs.evolve(document, value=value, locate=locate_in_file)


def _replaced(value: Any, path: Sequence[Any], new: Any) -> Any:
    """A copy of a config in which something else stands at one path."""
    if not path:
        return new
    step, *rest = path
    copy = dict(value) if isinstance(value, Mapping) else list(value)
    copy[step] = _replaced(value[step], rest, new)
    return copy


def _refusal(
    document: Document, code: str, message: str, path: Sequence[Any], suggestions: Sequence[str] = ()
) -> ConfigError:
    at = tuple(path)
    problem = Problem(code, message, format_path(at), document.locate(at, False), tuple(suggestions))
    return ConfigError.of([*document.problems, problem])
