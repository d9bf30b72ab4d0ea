"""Checks what is registered: whether its configs arrive as they are written, and mistakes are refused."""

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import attrs
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample, Unsatisfiable

from registry.catalog import Catalog
from registry.errors import ConfigError
from registry.names import quote
from registry.problems import Problem
from registry.testing.generation.case import Value
from registry.testing.generation.drawing import broken_cases, cases
from registry.testing.generation.mistakes import BrokenConfig
from registry.testing.generation.nodes import DEPTH, Nodes, Style
from registry.testing.generation.worlds import AnyRegistry, Known, World
from registry.testing.registries.arrivals import differences
from registry.testing.registries.construction import constructed
from registry.testing.registries.stand_ins import StandIns

T = TypeVar("T")

_SUPPRESSED = (
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
)
"""How large or slow the configs of a registry are is not for us to say."""


@attrs.frozen
class RegistryReport:
    """What `check_registry` looked at, and what it could not look at.

    Attributes:
        entries: How many entries there are.
        configs: How many valid configs were tried.
        broken_configs: How many broken configs were tried.
        parameters: How many parameters the entries have that a config may give.
        defaults_only: The parameters that never got a value, since none is known that fits: they only had their
            defaults, or were left out of a partial. By registry and entry.
        opaque: The entries whose signature cannot be read, so that nothing about them can be wrong.
        constructed: How many real objects were made, with `construct`.
        raised: The last exception of each artifact that raised one of its own, with `construct`.
    """

    entries: int = 0
    configs: int = 0
    broken_configs: int = 0
    parameters: int = 0
    defaults_only: Mapping[tuple[str, Any], tuple[str, ...]] = attrs.field(factory=dict)
    opaque: tuple[tuple[str, Any], ...] = ()
    constructed: int = 0
    raised: Mapping[tuple[str, Any], str] = attrs.field(factory=dict)


def check_registry(registry: AnyRegistry | Catalog, construct: bool = False, *, examples: int = 20) -> RegistryReport:
    """Check every entry of a registry or catalog with generated configs.

    Each valid config has to pass `check` and to arrive, value for value, at a stand-in that has the artifact's
    signature and is called in its place, so that nothing real runs. Each broken one has to be refused with the right
    code at the right path, by `check`, `plan` and `build` alike.

    Args:
        registry: What to check. Lazy entries are imported.
        construct: Call the real artifacts, too. Exceptions of their own are counted, not refused: values that fit the
            annotations may still make no sense.
        examples: How many valid and how many broken configs are tried for each entry, about.

    Returns:
        What was tried, and what could not be.

    Raises:
        AssertionError: With one sentence for each entry that differs, and its smallest config.
    """
    world = World.of(registry)
    checking = _Checking(world, examples, registry.build if construct else None)
    failures = [*_unresolved(world), *_data(world)]
    for known in world.callable_entries:
        failures += checking.failures_of(known)
    if failures:
        count = "1 difference" if len(failures) == 1 else f"{len(failures)} differences"
        raise AssertionError("\n".join([f"{registry!r} has {count}.", *failures])) from None
    return checking.report()


def smallest(strategy: st.SearchStrategy[T], fault: Callable[[T], str | None], examples: int) -> tuple[T, str] | None:
    """The smallest example with a fault, and what the fault is; None when none was found."""
    found = settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=_SUPPRESSED,
    )
    said: list[str] = []

    def fails(example: T) -> bool:
        sentence = fault(example)
        if sentence is not None:
            said[:] = [sentence]
        return sentence is not None

    try:
        return find(strategy, fails, settings=found), said[0]
    except (NoSuchExample, Unsatisfiable):
        return None


class _Checking:
    """The checks of one world, and the books on what they did."""

    def __init__(self, world: World, examples: int, build: Callable[[Any], Any] | None) -> None:
        self._world = world
        self._nodes = Nodes(world)
        self._examples = examples
        self._build = build
        self._given: dict[tuple[str, Any], set[str]] = {}
        self._raised: dict[tuple[str, Any], str] = {}
        self._valid = self._broken = self._constructed = 0

    def failures_of(self, known: Known) -> Iterator[str]:
        """What differs for one entry: at most one sentence for valid configs and one for broken ones."""
        label = f"{quote(known.names[0])} of {quote(known.target.registry)}"
        styles: tuple[tuple[Style, int], ...] = (("some", self._examples), ("all", max(3, self._examples // 4)))
        for style, examples in styles:
            valid = smallest(cases(self._nodes, [known], style), partial(self._fault, known), examples)
            if valid is not None:
                yield f"{label}: {valid[1]}.\n    {valid[0].written!r}"
                break
        broken = smallest(broken_cases(self._nodes, [known]), self._leniency, self._examples)
        if broken is not None:
            yield f"{label}: {broken[1]}.\n    {broken[0].config!r}"

    def report(self) -> RegistryReport:
        """The books."""
        unvaried: dict[tuple[str, Any], tuple[str, ...]] = {}
        opaque: list[tuple[str, Any]] = []
        parameters = 0
        for known in self._world.callable_entries:
            key = (known.target.registry, known.names[0])
            settable = [name for name, parameter in known.schema.parameters.items() if not parameter.open]
            parameters += len(settable)
            left = tuple(name for name in settable if name not in self._given.get(key, ()))
            if left:
                unvaried[key] = left
            if known.schema.opaque:
                opaque.append(key)
        return RegistryReport(
            len(self._world.callable_entries) + len(self._world.data),
            self._valid,
            self._broken,
            parameters,
            unvaried,
            tuple(opaque),
            self._constructed,
            self._raised,
        )

    # ------------------------------------------------------------------------------------------------

    def _fault(self, known: Known, case: Value) -> str | None:
        """What is wrong with how a valid config is taken."""
        self._valid += 1
        fault = fault_of(self._world, case)
        if fault is not None:
            return fault
        self._note(known, case.written)
        if self._build is not None and "_type" in case.written:
            outcome = constructed(self._build, copy.deepcopy(case.written), known)
            self._constructed += outcome.made
            if outcome.raised is not None:
                self._raised[known.target.registry, known.names[0]] = outcome.raised
            return outcome.fault
        return None

    def _leniency(self, broken: BrokenConfig) -> str | None:
        """What is wrong with how a broken config is refused."""
        self._broken += 1
        return leniency_of(self._world, broken)

    def _note(self, known: Known, config: Any) -> None:
        key = (known.target.registry, known.names[0])
        for node in _nodes_in(config):
            if node["_type"] in known.names and node.get("_registry", key[0]) == key[0]:
                places = self._nodes.takes(known.schema, DEPTH).places
                self._given.setdefault(key, set()).update([*node, *places[: len(node.get("_args", ()))]])


def fault_of(world: World, case: Value) -> str | None:
    """What is wrong with how a valid config is checked, and with what arrives at stand-ins; None for nothing."""
    config = copy.deepcopy(case.written)
    try:
        refused = errors_of(world.check(config))
    except Exception as error:  # a check lists problems and raises nothing
        return f"check raised {raised(error)}"
    if refused:
        return f"check refuses a config that fits, with {_listed(refused)}"
    for way, build in ways(world, config):
        stand_ins = StandIns(world.resolve)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of entries that are deprecated
                built = build(stand_ins)
        except Exception as error:  # of a call that does not fit the signature, or of the library itself
            return f"{way} raised {raised(error)}"
        difference = next(differences(case.arrives, built, stand_ins), None)
        if difference is not None:
            return f"with {way}, {difference}"
    return None if repr(config) == repr(case.written) else "the config itself was changed"


def leniency_of(world: World, broken: BrokenConfig) -> str | None:
    """What is wrong with how a broken config is refused; None for nothing."""
    try:
        found = errors_of(world.check(broken.config))
    except Exception as error:  # a check lists problems and raises nothing
        return f"check raised {raised(error)}"
    if set(found) != set(broken.problems):
        return f"check reports {_listed(found) or 'nothing'} instead of {_listed(broken.problems)}"
    for way, build in ways(world, broken.config):
        stand_ins = StandIns(world.resolve)
        try:
            build(stand_ins)
        except ConfigError as error:
            reported = errors_of(error.problems)
            if set(reported) != set(broken.problems):
                return f"{way} reports {_listed(reported)}, and check {_listed(found)}"
        except Exception as error:  # nothing else may come out
            return f"{way} raised {raised(error)}"
        else:
            return f"{way} builds what check refuses with {_listed(found)}"
        if stand_ins.calls:
            return f"{way} calls {quote(stand_ins.calls[0].artifact)} before it refuses the config"
    return None


def ways(world: World, config: Any) -> Iterator[tuple[str, Callable[[StandIns], Any]]]:
    """The ways in which a config is built."""

    def planned(stand_ins: StandIns) -> Any:
        return world.factorizer.plan(config, stand_ins, given={}).build()

    build = getattr(world.factorizer, "build", None)  # a Builder has it
    if build is not None:
        yield "build", lambda stand_ins: build(config, stand_ins, given={})
    yield "plan", planned


def raised(error: Exception) -> str:
    """An exception on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(".: ")


def errors_of(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    """The codes and paths of the errors."""
    return [(problem.code, problem.path) for problem in problems if problem.severity == "error"]


def _listed(problems: Sequence[tuple[str, str]]) -> str:
    return " and ".join(f"{code!r} at {quote(path) if path else 'the root'}" for code, path in problems)


def _unresolved(world: World) -> Iterator[str]:
    for (registry, name), error in world.unresolved.items():
        yield f"{quote(name)} of {quote(registry)}: its artifact cannot be had: {raised(error)}"


def _data(world: World) -> Iterator[str]:
    """Entries that are data: a node that names one is refused."""
    for registry, name in world.data:
        found = errors_of(world.check({"_type": name, "_registry": registry}))
        if found != [("not-buildable", "_type")]:
            reported = _listed(found) or "nothing"
            yield f"{quote(name)} of {quote(registry)}: it is data, and check reports {reported} for a node of it"


def _nodes_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and "_raw" not in value:
        if "_type" in value:
            yield value
        for item in value.values():
            yield from _nodes_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _nodes_in(item)
