"""Checks a factorizer."""

import copy
import functools
import pickle
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
from hypothesis import strategies as st

from registry.errors import ConfigError, EntryNotFoundError, RegistryNotFoundError
from registry.factorizer.language import RESERVED
from registry.names import quote
from registry.problems import has_errors
from registry.protocols import Factorizer, Target
from registry.schema import Schema
from registry.testing import corpus
from registry.testing.factorizers import samples
from registry.testing.factorizers.by_hand import arguments_of, by_position
from registry.testing.generation.case import Expected, Value
from registry.testing.generation.drawing import broken_cases, cases
from registry.testing.generation.nodes import Nodes
from registry.testing.generation.worlds import Known, World
from registry.testing.registries.check import fault_of, leniency_of, raised, smallest

REGISTRY = "samples"
EXAMPLES = 40

Make = Callable[[], Factorizer]
Fault = tuple[str, str]
"""A sentence, and what was called."""


@attrs.define
class SampleNames:
    """`Resolve` for the samples."""

    targets: dict[str, Target]

    @classmethod
    def read_by(cls, factorizer: Factorizer) -> "SampleNames":
        """The samples with the schemas that a factorizer reads."""
        artifacts = {**samples.SAMPLES, "failing": samples.failing}
        return cls({name: Target(REGISTRY, name, each, factorizer.schema(each)) for name, each in artifacts.items()})

    def target(self, name: Any, registry: str | None, parent: str | None, wanted: Any, /) -> Target:
        """What a node means by its `_type`."""
        if registry not in (None, REGISTRY):
            raise RegistryNotFoundError(f"There is no registry {quote(registry)}.")
        found = self.targets.get(name) if isinstance(name, str) else None
        if found is None:
            raise EntryNotFoundError(f"{quote(REGISTRY)} has no entry {quote(name)}.")
        return found

    def target_of(self, cls: type, /) -> Target | None:
        """The sample that is this class."""
        return next((target for target in self.targets.values() if target.artifact is cls), None)


def check_factorizer(make: Make, *, examples: int = EXAMPLES) -> None:
    """Check that a factorizer keeps the contract of `Factorizer`.

    It reads every callable without raising. `check` lists an error exactly when `plan` raises ConfigError, with the
    same problems, and mistakes are found where they are. Planning makes nothing. What is built is what calling by hand
    gives, new each time, also from a plan that was pickled. Exceptions of artifacts pass through with a note of the
    place.

    Args:
        make: Gives a new factorizer.
        examples: How many configs each rule is tried with, about.

    Raises:
        AssertionError: One sentence, and the calls that show it.
    """
    fault = next(_faults(make, examples), None)
    if fault is not None:
        sentence, call = fault
        raise AssertionError(f"{sentence}\n    factorizer = make()\n    {call}") from None


def _faults(make: Make, examples: int) -> Iterator[Fault]:
    factorizer = make()
    yield from _schemas(factorizer)
    names = SampleNames.read_by(factorizer)
    known = tuple(Known(target, (name,)) for name, target in names.targets.items() if name in samples.SAMPLES)

    def check(config: Any) -> Any:
        return factorizer.check(config, names, given={})

    world = World(names, factorizer, check, known)
    nodes = Nodes(world)
    valid = cases(nodes, known)
    yield from _tried(valid, lambda case: fault_of(world, case), examples, _written)
    yield from _tried(valid, lambda case: _building_fault(factorizer, names, case), examples, _written)
    broken = broken_cases(nodes, known)
    yield from _tried(broken, lambda each: leniency_of(world, each), examples, lambda each: each.config)
    junk = _junk([*samples.SAMPLES, "failing", "no such name"])
    yield from _tried(junk, lambda config: _agreement_fault(factorizer, names, config), 2 * examples, lambda it: it)
    yield from _failing(factorizer, names)


def _written(case: Value) -> Any:
    return case.written


def _tried(
    strategy: st.SearchStrategy[Any],
    fault: Callable[[Any], str | None],
    examples: int,
    config_of: Callable[[Any], Any],
) -> Iterator[Fault]:
    found = smallest(strategy, fault, examples)
    if found is not None:
        example, sentence = found
        yield f"{sentence[0].upper()}{sentence[1:]}.", _call("plan", config_of(example))


def _call(method: str, config: Any) -> str:
    return f"factorizer.{method}({config!r}, resolve, given={{}})"


# ---------------------------------------------------------------------------------------------------- rules


def _schemas(factorizer: Factorizer) -> Iterator[Fault]:
    wild = {f"corpus.CALLABLES[{what!r}]()": make for what, make in corpus.CALLABLES.items()}
    wild.update({f"samples.{each.__name__}": functools.partial(_itself, each) for each in samples.SAMPLES.values()})
    for shown, make in wild.items():
        artifact = make()
        if not callable(artifact):
            continue
        try:
            schema = factorizer.schema(artifact)
        except Exception as error:  # of whatever kind
            what = f"{type(error).__name__} for something that can be called"
            yield f"The schema raised {what}, and what cannot be read is opaque.", f"factorizer.schema({shown})"
            return
        if not isinstance(schema, Schema):
            yield f"The schema is a {type(schema).__name__} and no Schema.", f"factorizer.schema({shown})"
            return


def _itself(artifact: Any) -> Any:
    return artifact


def _building_fault(factorizer: Factorizer, names: SampleNames, case: Value) -> str | None:
    """What is wrong with how a valid config becomes real objects."""
    config = copy.deepcopy(case.written)
    samples.made.clear()
    plan = factorizer.plan(config, names, given={})
    if samples.made:
        return f"planning made {quote(samples.made[0])}, and only building makes anything"
    by_hand = _Hand().make(case.arrives)
    first, second = plan.build(), plan.build()
    for what, built in (("what a plan builds", first), ("the second build of a plan", second)):
        if not _equal(built, by_hand):
            return f"{what} is {built!r}, and the same calls by hand give {by_hand!r}"
    if _shared(first, second):
        return "two builds of a plan share an object, and each makes a new graph"
    again = factorizer.plan(plan.config, names, given={}).build()
    if not _equal(again, by_hand):
        return f"the config that a plan keeps builds {again!r} instead of {by_hand!r}"
    try:
        arrived = pickle.loads(pickle.dumps(plan))
    except Exception as error:  # pickle raises whatever the parts of the plan raise
        return f"the plan cannot be pickled: {raised(error)}"
    if not _equal(arrived.build(), by_hand):
        return f"a plan that was pickled builds {arrived.build()!r} instead of {by_hand!r}"
    return None


def _agreement_fault(factorizer: Factorizer, names: SampleNames, config: Any) -> str | None:
    """Whether `check` and `plan` disagree about a config that may be right or wrong in any way."""
    samples.made.clear()
    try:
        problems = factorizer.check(config, names, given={})
    except Exception as error:  # a check lists problems and raises nothing
        return f"check raised {raised(error)}"
    try:
        factorizer.plan(config, names, given={})
    except ConfigError as error:
        if not has_errors(problems):
            return "plan refuses a config in which check finds no error"
        if list(error.problems) != list(problems):
            return f"plan reports {len(error.problems)} problems, and check {len(problems)} others"
    except Exception as error:  # nothing but ConfigError may come out
        return f"plan raised {type(error).__name__} instead of ConfigError"
    else:
        if has_errors(problems):
            return f"plan takes a config in which check finds {quote(problems[0].code)}"
    return f"looking at a config made {quote(samples.made[0])}" if samples.made else None


def _failing(factorizer: Factorizer, names: SampleNames) -> Iterator[Fault]:
    config = {"here": [{"_type": "failing"}]}
    try:
        factorizer.plan(config, names, given={}).build()
    except samples.SampleError as error:
        notes = " ".join(getattr(error, "__notes__", ()))
        if "here[0]" not in notes:
            yield "An exception of an artifact has no note of the place in the config.", _call("build", config)
        if error.__cause__ is not None or error.__context__ is not None:
            yield "An exception of an artifact passes through with another one behind it.", _call("build", config)
    except Exception as error:  # anything else hides what the artifact raised
        yield f"An exception of an artifact became a {type(error).__name__}.", _call("build", config)
    else:
        yield "An exception of an artifact was swallowed.", _call("build", config)


# ---------------------------------------------------------------------------------------------------- by hand


class _Hand:
    """Calls artifacts by hand, each node once."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}

    def make(self, expected: Any) -> Any:
        if isinstance(expected, Expected):
            if id(expected) not in self._made:
                self._made[id(expected)] = self._called(expected)
            return self._made[id(expected)]
        if type(expected) in (list, tuple):
            return type(expected)(self.make(item) for item in expected)
        if type(expected) is dict:
            return {key: self.make(item) for key, item in expected.items()}
        return expected

    def _called(self, expected: Expected) -> Any:
        arguments = {name: self.make(value) for name, value in expected.arguments.items()}
        args, kwargs = by_position(expected.artifact, arguments, self.make(expected.rest))
        if expected.as_partial:
            return functools.partial(expected.artifact, *args, **kwargs)
        return expected.artifact(*args, **kwargs)


def _equal(first: Any, second: Any) -> bool:
    """Equality in which partials are compared by their parts, nan equals itself, and types count."""
    if type(first) is not type(second):
        return False
    if isinstance(first, functools.partial):
        return first.func is second.func and _equal(arguments_of(first), arguments_of(second))
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(_equal(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(_equal, first, second))
    if isinstance(first, samples.Result):
        return first.of == second.of and _equal(first.parts, second.parts)
    if isinstance(first, samples.Line):
        return _equal(first.parts, second.parts)
    if isinstance(first, float):
        return repr(first) == repr(second)
    return bool(first == second)


def _shared(first: Any, second: Any) -> bool:
    """Whether two graphs have an object in common that could be changed."""
    if isinstance(first, dict | list | samples.Point | samples.Line | samples.Result) and first is second:
        return True
    if isinstance(first, dict) and isinstance(second, Mapping):
        return any(_shared(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return any(map(_shared, first, second))
    if isinstance(first, samples.Result):
        return _shared(first.parts, second.parts)
    if isinstance(first, samples.Line):
        return _shared(first.parts, second.parts)
    return False


def _junk(names: list[str]) -> st.SearchStrategy[Any]:
    """Configs of the right words in the wrong places."""
    scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from([*names, "main", "a.b"])
    keys = st.sampled_from([*RESERVED, "_tpye", "main", "x", "y", "value", "start", "points", "kind", "sizes", "given"])
    tree = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=8
    )
    node = st.tuples(st.sampled_from(names), st.dictionaries(keys, tree, max_size=3)).map(
        lambda pair: {"_type": pair[0], **pair[1]}
    )
    return node | st.dictionaries(keys, node | tree, max_size=3) | st.lists(node | tree, max_size=2)
