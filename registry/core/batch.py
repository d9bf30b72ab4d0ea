"""Registering many at once: what came of it, and where many come from."""

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

import attrs

from registry.errors import DiagnosticError, RegistryError, ResolutionError
from registry.model import Origin, Reference
from registry.names import quote
from registry.references import describe

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@attrs.frozen
class BatchResult:
    """What came of registering many.

    Attributes:
        registered: The names that are registered now, in order.
        errors: Why each of the others was refused.
    """

    registered: tuple[Any, ...] = ()
    errors: Mapping[Any, DiagnosticError] = attrs.field(factory=dict)


def public_members(module: ModuleType, where: Callable[[Any], object] | None) -> dict[str, Any]:
    """What a module offers: the names in `__all__`, or those without an underscore that it or its package defines.

    Args:
        module: The module.
        where: Which of them are wanted; None for those that can be called. Modules never are.
    """
    listed = getattr(module, "__all__", None)
    if listed is None:
        members = {
            name: value
            for name, value in list(vars(module).items())
            if not name.startswith("_") and _defined_in(module, value)
        }
    else:
        members = {name: value for name in listed if (value := _offered(module, name)) is not None}
    wanted = callable if where is None else where
    return {name: value for name, value in members.items() if not isinstance(value, ModuleType) and wanted(value)}


def _offered(module: ModuleType, name: str) -> Any:
    """What a module has under a name of its `__all__`; None for what it only has under conditions and refuses here."""
    try:
        return getattr(module, name, None)
    except ImportError:  # as scikit-learn does for what is experimental
        return None


def _defined_in(module: ModuleType, value: object) -> bool:
    home = getattr(value, "__module__", None)
    return isinstance(home, str) and (home == module.__name__ or home.startswith(f"{module.__name__}."))


def origin_of(artifact: object, module: ModuleType) -> Origin:
    """Where an artifact begins, or its module's file when that is not known."""
    code = getattr(inspect.unwrap(artifact) if callable(artifact) else artifact, "__code__", None)
    if code is not None:
        return Origin(code.co_filename, code.co_firstlineno)
    line = vars(artifact).get("__firstlineno__", 0) if isinstance(artifact, type) else 0  # since Python 3.13
    file = getattr(module, "__file__", None)
    return Origin(file if isinstance(file, str) else f"module {module.__name__}", line)


def offered(group: str) -> tuple[list[tuple[Any, Any, Origin]], dict[Any, DiagnosticError]]:
    """What installed distributions offer in a group, as lazy items, and what is wrong with the others."""
    from importlib.metadata import entry_points

    items: list[tuple[Any, Any, Origin]] = []
    errors: dict[Any, DiagnosticError] = {}
    for point in entry_points(group=group):
        try:
            reference = reference_to(point)
        except ResolutionError as error:
            errors[point.name] = error
        else:
            items.append((point.name, reference, Origin(f"{distribution_of(point)} (entry points of {group})")))
    return items, errors


def reference_to(point: "EntryPoint") -> Reference:
    """The reference that an entry point holds.

    Raises:
        ResolutionError: It holds none.
    """
    address = point.value.partition("[")[0]  # what follows are extras of the distribution, which say nothing here
    try:
        return Reference(":".join(part.strip() for part in address.split(":", 1)))
    except ValueError as error:
        raise ResolutionError(
            f"The entry point {quote(point.name)} of {distribution_of(point)} is {quote(point.value)}, which is no"
            " 'package.module:name'.",
            suggestions=["Correct it in the packaging metadata of the distribution, or remove the distribution."],
            context={"entry_point": point.name, "value": point.value},
        ) from error


def distribution_of(point: "EntryPoint") -> str:
    """The distribution that has an entry point, for messages."""
    if point.dist is None:
        return "an unknown distribution"
    try:
        return f"{point.dist.name} {point.dist.version}"
    except Exception as error:  # broken metadata of another project must not hide what is said here
        return f"a distribution whose metadata cannot be read ({describe(error)})"


def refusal(registry: str, errors: Mapping[Any, DiagnosticError], total: int) -> RegistryError:
    """The error of a batch of which nothing was registered. It shows every failure, one to a line."""
    count = f"{len(errors)} of {total} {'was' if len(errors) == 1 else 'were'} refused"
    lines = [f"{quote(registry)} registered nothing of the batch, since {count}:"]
    for name, error in errors.items():
        lines.append(f"  {quote(name)}: {error.message}")
        lines.extend(f"    {suggestion}" for suggestion in error.suggestions)
    return RegistryError(
        "\n".join(lines),
        suggestions=["Correct them, or pass on_error='collect' to register the others."],
        context={
            "registry": registry,
            "errors": [
                {"name": name if isinstance(name, str) else quote(name), "code": error.code, "message": error.message}
                for name, error in errors.items()
            ],
        },
    )
