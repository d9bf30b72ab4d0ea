"""Whether an artifact may be in a registry: its validators, and what they said before."""

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from registry.errors import ValidationError
from registry.model import NOTHING, ValidationContext

if TYPE_CHECKING:
    from registry.protocols import Cache, Plugins, RegistryView, Validator


class Admission:
    """The validators of one registry, its own before those of plugins, with a memory of their verdicts.

    Attributes:
        admits_all: Whether nobody can have anything against an artifact.

    Args:
        view: The registry as plugins see it.
        validators: The registry's own.
        cache: Keeps verdicts; None for a `VerdictCache` that is made when the first one is reached.
        plugins: May have more validators; asked once, when the first artifact is looked at.
    """

    __slots__ = ("_cache", "_plugins", "_token", "_validators", "_view", "admits_all", "validators")

    def __init__(
        self, view: "RegistryView", validators: "Sequence[Validator]", cache: "Cache | None", plugins: "Plugins | None"
    ) -> None:
        self._view = view
        self.validators = tuple(validators)
        self._cache = cache
        self._plugins = plugins
        self._token = object()
        self._validators: tuple[Validator, ...] | None = self.validators if plugins is None else None
        self.admits_all = self._validators == ()

    def admit(
        self, artifact: Any, name: Any, operation: Literal["write", "read"], metadata: Mapping[str, Any] = NOTHING
    ) -> Any:
        """The artifact as it may be kept: unchanged, or coerced.

        Raises:
            ValidationError: With every refusal.
        """
        validators = self._validators
        if validators is None:
            assert self._plugins is not None
            validators = self._validators = (*self.validators, *self._plugins.validators(self._view))
        if not validators:
            return artifact
        return self._judge(validators, artifact, ValidationContext(self._view.name, name, operation, metadata))

    def _judge(self, validators: "Sequence[Validator]", artifact: Any, context: ValidationContext) -> Any:
        from registry.caches import VerdictCache, identity_key
        from registry.validators import run_validators

        if self._cache is None:
            self._cache = VerdictCache()
        if not callable(artifact):
            return run_validators(validators, artifact, context)  # data may change, and its verdict with it
        # Validators may look at all of the context, so a verdict counts for the same context only. A cache may be
        # shared between registries, so it counts for the validators of this one only.
        facts = tuple(context.metadata.items())
        try:
            key = identity_key(artifact, self._token, context.entry, context.operation, facts)
            verdict = self._cache.get(key, None)
        except TypeError:  # metadata that cannot be hashed
            return run_validators(validators, artifact, context)
        if isinstance(verdict, ValidationError):
            raise copy.copy(verdict)
        if verdict is _UNCHANGED:
            return artifact
        if isinstance(verdict, _Passed):
            return verdict.artifact
        try:
            admitted = run_validators(validators, artifact, context)
        except ValidationError as error:
            self._cache[key] = copy.copy(error)  # a copy has no traceback, which would keep its frames alive
            raise
        self._cache[key] = _UNCHANGED if admitted is artifact else _Passed(admitted)
        return admitted


class _Passed:
    """The verdict that an artifact was coerced to another."""

    __slots__ = ("artifact",)

    def __init__(self, artifact: Any) -> None:
        self.artifact = artifact


_UNCHANGED = True
"""The verdict that an artifact passed as it is: a cache that held the artifact would keep it alive."""
