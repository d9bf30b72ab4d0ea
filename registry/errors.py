"""Every error of the library.

    DiagnosticError
    ├── ValidationError (ValueError)            what was given does not fit
    │   ├── CoercionError                       a value cannot become the required type
    │   ├── ConformanceError                    a callable's signature does not match
    │   ├── InheritanceError                    a class does not inherit from the required base
    │   ├── ConfigError                         a config has problems: all of them are in .problems
    │   ├── NotShareableError                   what no record can hold
    │   ├── TooLargeError                       more than a limit allows
    │   ├── AccessDeniedError                   no token, or one that does not allow it
    │   └── RegistryError                       does not fit what the registry holds
    │       ├── EntryNotFoundError (KeyError)   no entry has this name
    │       ├── RegistryNotFoundError (KeyError) no registry of the catalog has this name
    │       ├── AmbiguousNameError              several registries have this name
    │       ├── DuplicateEntryError             another artifact has this name
    │       ├── InvalidNameError                not a name that an entry can have
    │       ├── RevisionConflictError           another revision is there than was expected
    │       ├── OperationReusedError            the id of an operation that did something else
    │       └── FrozenRegistryError             the registry registers nothing more
    └── OperationalError                        the world outside failed
        ├── BackendError                        a backend failed or broke its contract
        │   └── StoreError                      a store's file or engine failed
        ├── RemoteError (ConnectionError)       a network source failed
        │   └── UnknownOutcomeError             nobody knows whether a write happened
        ├── OverloadedError                     a server has more to do than it can, or stops
        ├── ResolutionError                     a reference cannot be imported here
        │   └── UntrustedReferenceError         a reference that came from others and is not allowed here
        ├── PluginError                         a plugin or a part of one fails
        └── MissingExtraError (ImportError)     a package that this needs is not installed

`ValidationError` means that trying again cannot help (HTTP 4xx, exit 1), `OperationalError` that it might
(HTTP 5xx, exit 2).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:  # a program without a config needs no problems, and imports none
    from registry.problems import Problem


class DiagnosticError(Exception):
    """The root of all errors.

    Args:
        message: One sentence that names the subject in quotes and says what is wrong.
        suggestions: What a person can do, as full imperatives or questions. A function that gives them is called
            when they are first read, so that an error which nobody looks at costs no search.
        context: JSON-able facts for programs.
    """

    code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        *,
        suggestions: Iterable[str] | Callable[[], Iterable[str]] = (),
        context: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.context: dict[str, Any] = {} if context is None else dict(context)
        self._suggestions = suggestions if callable(suggestions) else tuple(suggestions)

    @property
    def suggestions(self) -> tuple[str, ...]:
        """What a person can do about it."""
        if callable(self._suggestions):
            self._suggestions = tuple(self._suggestions())
        return self._suggestions

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {text}" for text in self.suggestions)])

    def __reduce__(self) -> tuple[Any, ...]:
        notes = getattr(self, "__notes__", None)
        return (
            _restore,
            (type(self), self.message, self.suggestions, self.context),
            {"__notes__": notes} if notes else None,
        )


def _restore(
    kind: type[DiagnosticError], message: str, suggestions: tuple[str, ...], context: Mapping[str, Any]
) -> DiagnosticError:
    return kind(message, suggestions=suggestions, context=context)


class ValidationError(DiagnosticError, ValueError):
    """What was given does not fit."""

    code = "validation"


class CoercionError(ValidationError):
    """A value cannot become the required type."""

    code = "wrong-type"


class ConformanceError(ValidationError):
    """A callable's signature does not match the required one."""

    code = "conformance"


class InheritanceError(ValidationError):
    """A class does not inherit from the required base."""

    code = "inheritance"


class ConfigError(ValidationError):
    """A config has problems. `problems` holds every one of them, warnings and notes included."""

    code = "config"

    @classmethod
    def of(cls, problems: "Iterable[Problem]") -> Self:
        """The error for these problems; they travel in `context`, so that they survive any border."""
        listed = tuple(problems)
        errors = sum(problem.severity == "error" for problem in listed)
        message = f"The config has {errors} {'mistake' if errors == 1 else 'mistakes'}."
        return cls(message, context={"problems": [problem.as_dict() for problem in listed]})

    @property
    def problems(self) -> "tuple[Problem, ...]":
        """Every mistake, in document order."""
        from registry.problems import Problem

        return tuple(Problem.from_dict(values) for values in self.context.get("problems", ()))

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *map(str, self.problems)])


class NotShareableError(ValidationError):
    """No record can hold this: it has no address that others can import, and is no plain data."""

    code = "not-shareable"


class TooLargeError(ValidationError):
    """It is more than a limit allows."""

    code = "too-large"


class AccessDeniedError(ValidationError):
    """No token was given, or one that does not allow this."""

    code = "access-denied"


class RegistryError(ValidationError):
    """What was asked does not fit what the registry holds."""

    code = "registry"


class EntryNotFoundError(RegistryError, KeyError):
    """No entry has this name."""

    code = "entry-not-found"


class RegistryNotFoundError(RegistryError, KeyError):
    """No registry of the catalog has this name."""

    code = "registry-not-found"


class AmbiguousNameError(RegistryError):
    """Several registries of the catalog have an entry of this name."""

    code = "ambiguous-name"


class DuplicateEntryError(RegistryError):
    """Another artifact is registered under this name."""

    code = "duplicate-entry"


class InvalidNameError(RegistryError):
    """The name is not one that an entry can have."""

    code = "invalid-name"


class RevisionConflictError(RegistryError):
    """Another revision is there than was expected. `context["current"]` holds the record that won, None for none."""

    code = "revision-conflict"


class OperationReusedError(RegistryError):
    """An operation id was used again for another change."""

    code = "operation-reused"


class FrozenRegistryError(RegistryError):
    """The registry was frozen and registers nothing more."""

    code = "registry-frozen"


class OperationalError(DiagnosticError):
    """Something outside the program failed; trying again may help."""

    code = "operational"


class BackendError(OperationalError):
    """A backend failed or broke its contract."""

    code = "backend"


class StoreError(BackendError):
    """A store's file or engine failed."""

    code = "store"


class RemoteError(OperationalError, ConnectionError):
    """A network source failed."""

    code = "remote"


class UnknownOutcomeError(RemoteError):
    """A write was sent and its answer lost: it may have happened. `context["operation"]` is its id."""

    code = "unknown-outcome"


class OverloadedError(OperationalError):
    """A server has more to do than it can, or is about to stop: try again later, or elsewhere."""

    code = "overloaded"


class ResolutionError(OperationalError):
    """A reference cannot be resolved here: its module or attribute is missing, or its import fails."""

    code = "cannot-import"


class UntrustedReferenceError(ResolutionError):
    """A reference came from others and is not among those that are allowed here. Nothing was imported."""

    code = "untrusted-reference"


class PluginError(OperationalError):
    """A plugin, or a part that an installed distribution offers, cannot be imported or is not what it has to be."""

    code = "plugin"


class MissingExtraError(OperationalError, ImportError):
    """A package that this needs is not installed."""

    code = "missing-extra"
