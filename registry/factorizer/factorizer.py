"""The factorizer: wires schemas, the explaining walk, plans and the fast path."""

import weakref
from collections.abc import Iterable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import attrs

from registry.announcing import announce
from registry.document import Document, nowhere
from registry.errors import ConfigError
from registry.factorizer.annotations import Forms
from registry.factorizer.fast import Fast
from registry.factorizer.findings import Findings
from registry.factorizer.makers import place_of
from registry.factorizer.normal import normalized
from registry.factorizer.part import on_its_own
from registry.factorizer.plan import ConfigPlan
from registry.factorizer.recipe import NONE, Recipe
from registry.factorizer.run import add_place, run
from registry.factorizer.structured import is_structured
from registry.factorizer.values import hook_for
from registry.factorizer.walk import Walk
from registry.model import MISSING, NOTHING, Limits
from registry.problems import Problem, has_errors
from registry.protocols import Resolve, Target
from registry.schema import Schema, changed
from registry.signatures import read_schema
from registry.signatures.openness import open_parameters

if TYPE_CHECKING:
    from cattrs import Converter


@attrs.frozen(eq=False, slots=False)
class SchemaFactorizer:
    """Builds from configs by the schemas of the artifacts' signatures.

    Args:
        converter: How values become other values (`value_converter()` with your hooks on it).
        limits: How deep and how large a config may be.
        signature: What its builds are called with. They then fix parameters and leave those of the signature open.
        makes: The type of what its artifacts make, where they do not say it.
    """

    limits: Limits = attrs.field(default=Limits(), kw_only=True)
    signature: Any = attrs.field(default=MISSING, kw_only=True)
    makes: Any = attrs.field(default=MISSING, kw_only=True)
    _converter: "Converter | None" = attrs.field(default=None, kw_only=True)

    def schema(self, artifact: Any, /) -> Schema:
        """The parameters of an artifact; one that cannot be read is opaque.

        Raises:
            TypeError: The artifact cannot be called.
        """
        schema = read_schema(artifact)
        if self.signature is not MISSING:
            left_open = open_parameters(self.signature, schema)
            parameters = {
                name: attrs.evolve(parameter, open=name in left_open) for name, parameter in schema.parameters.items()
            }
            schema = changed(schema, parameters=parameters, returns=self.signature, makes_function=True)
        elif schema.returns is MISSING and self.makes is not MISSING:
            schema = changed(schema, returns=self.makes)
        return schema

    def plan(self, config: Any, resolve: Resolve, /, *, given: Mapping[str, Any] = NOTHING) -> ConfigPlan:
        """Check a config (plain values or a Document) and make it ready. Nothing is constructed.

        Raises:
            ConfigError: With every problem.
        """
        document, recipe, problems = self._explain(config, resolve, given)
        if has_errors(problems):
            raise ConfigError.of(problems)
        _warn(problems)
        config = on_its_own(document.value, document.part) if document.part else document.value
        return ConfigPlan(recipe, tuple(problems), config, document.locate)

    def check(self, config: Any, resolve: Resolve, /, *, given: Mapping[str, Any] = NOTHING) -> list[Problem]:
        """Every problem of a config, in document order."""
        if self._is_ordinary(config, resolve):
            return []
        return self._explain(config, resolve, given)[2]

    def build(self, config: Any, resolve: Resolve, /, *, given: Mapping[str, Any] = NOTHING) -> Any:
        """Check a config and build it.

        Raises:
            ConfigError: With every problem, before anything is constructed.
            Exception: Whatever an artifact raises, with a note of the path and the location of its node.
        """
        document = None
        if type(config) is dict or not isinstance(config, Document):
            prepared = self._fast.prepare(config, resolve)
        else:
            document = config
            ordinary = not (document.problems or document.part)
            prepared = self._fast.prepare(document.value, resolve) if ordinary else None
        if prepared is None:
            document, recipe, problems = self._explain(config, resolve, given)
            if has_errors(problems):
                raise ConfigError.of(problems)
            _warn(problems)
            return run(recipe, document.locate)
        try:
            return prepared[0](prepared)
        except Exception as error:
            place = place_of(prepared, error)
            if place is not None:
                add_place(error, *place, nowhere if document is None else document.locate)
            raise

    def __reduce__(self) -> tuple[Any, ...]:
        # what was compiled stays here: it is made again where it is needed
        parts = {"limits": self.limits, "signature": self.signature, "makes": self.makes, "converter": self._converter}
        return partial(SchemaFactorizer, **parts), ()

    # ------------------------------------------------------------------------------------------------

    def _is_ordinary(self, config: Any, resolve: Resolve) -> bool:
        """Whether the fast path would build a config: it checks all of it, and leaves whatever there is to say."""
        if isinstance(config, Document):
            if config.problems or config.part:
                return False
            config = config.value
        return self._fast.prepare(config, resolve) is not None

    def _explain(
        self, config: Any, resolve: Resolve, given: Mapping[str, Any]
    ) -> tuple[Document, Recipe, list[Problem]]:
        document = config if isinstance(config, Document) else Document(config)
        findings = Findings(document)
        if document.value is None and has_errors(document.problems):
            return document, NONE, findings.problems()  # nothing could be read, so there is nothing to say about it
        try:
            value = normalized(document.value, self.limits, findings.error)
            document = attrs.evolve(document, value=value, problems=tuple(findings.problems()))
            walk = Walk(document, resolve, given, self._forms, self._targets(resolve), 2 * self.limits.nodes + 1000)
            recipe = walk.whole(document.part)
            return document, recipe, walk.problems()
        except RecursionError:
            message = "The config is nested too deeply for this Python process."
            findings.error("limit-exceeded", message, (), ["Lower Limits(depth=…), or raise sys.setrecursionlimit."])
            return document, NONE, findings.problems()

    @cached_property
    def _forms(self) -> Forms:
        return Forms(lambda wanted: hook_for(self._converter, wanted))

    @cached_property
    def _fast(self) -> Fast:
        return Fast(self._forms, self.limits)

    @cached_property
    def _structured(self) -> "weakref.WeakKeyDictionary[type, Target]":
        return weakref.WeakKeyDictionary()

    def _targets(self, resolve: Resolve) -> Any:
        def target_of(cls: type) -> Target | None:
            return resolve.target_of(cls) or self._structured_target(cls)

        return target_of

    def _structured_target(self, cls: type) -> Target | None:
        """A class that shows its fields is built from a mapping of them, registered or not."""
        if not is_structured(cls):
            return None
        target = self._structured.get(cls)
        if target is None:
            target = self._structured[cls] = Target("", cls.__qualname__, cls, read_schema(cls))
        return target


def _warn(problems: Iterable[Problem]) -> None:
    """Warn of deprecated names, at the line outside this library that asked for the build."""
    for problem in problems:
        if problem.severity == "warning":
            text = " ".join([problem.message, *problem.suggestions])
            place = problem.location or problem.path
            announce(f"{place}: {text}" if place else text, DeprecationWarning)
