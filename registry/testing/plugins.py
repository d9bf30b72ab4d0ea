"""Checks a distribution that offers plugins and parts."""

import re
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from inspect import Parameter, signature
from typing import Any, Literal

import attrs

from registry.core import Registry
from registry.distribution import DISTRIBUTION, entry_point_group
from registry.errors import DiagnosticError, ValidationError
from registry.model import Event
from registry.names import quote
from registry.offers import KINDS, Offer, offers
from registry.plugins import PluginManager, PluginState
from registry.plugins.probe import SECONDS, probe

KINDS_OF_EVENTS: tuple[Literal["registered", "built", "unregistered", "refused"], ...] = (
    "registered",
    "built",
    "unregistered",
    "refused",
)


@attrs.frozen
class PluginReport:
    """What `check_plugin` looked at.

    Attributes:
        plugins: The plugins whose hooks were called, by name.
        parts: The parts that were put through the check of their kind, as "backends shelf".
        imported: The parts of which only the import was checked, since nothing is known of their arguments.
    """

    plugins: tuple[str, ...]
    parts: tuple[str, ...]
    imported: tuple[str, ...]


def check_plugin(name: str, *, seconds: float = SECONDS) -> PluginReport:
    """Check everything that an installed distribution offers.

    Each plugin and part is imported first in a process of its own, with a deadline; then here. The hooks of a plugin
    are called for an empty registry and a few artifacts, entries that it offers are imported, and each part goes
    through the check of its kind, if it can be made without arguments or with a folder.

    Args:
        name: The name of the distribution.
        seconds: How long one import may take.

    Raises:
        AssertionError: Something is wrong, in a sentence.
    """
    try:
        about = distribution(name)
    except PackageNotFoundError as error:
        raise AssertionError(f"There is no distribution {quote(name)} installed.") from error
    _check_requirement(about.name, about.requires or [])
    mine = [offer for kind in KINDS for offer in offers(kind) if _same(offer.distribution, about.name)]
    if not mine:
        groups = ", ".join(quote(entry_point_group(kind)) for kind in KINDS)
        raise AssertionError(f"{quote(name)} offers nothing: it has no entry point in {groups}.")
    for offer in mine:
        state = probe(offer, seconds)
        if state.state != "active":
            raise AssertionError(_failed(offer, state))
    plugins = [offer for offer in mine if offer.kind == "plugins"]
    for offer in plugins:
        _check_hooks(offer)
    parts = {f"{offer.kind} {offer.name}": _check_part(offer) for offer in mine if offer.kind != "plugins"}
    return PluginReport(
        tuple(offer.name for offer in plugins),
        tuple(part for part, checked in parts.items() if checked),
        tuple(part for part, checked in parts.items() if not checked),
    )


def _check_requirement(name: str, requires: list[str]) -> None:
    wanted = re.compile(rf"{re.escape(DISTRIBUTION)}\b", re.IGNORECASE)
    if not any(wanted.match(requirement.replace("_", "-")) for requirement in requires):
        raise AssertionError(f"{quote(name)} does not say that it needs {DISTRIBUTION}: add it to install_requires.")


def _same(first: str, second: str) -> bool:
    """Whether two names of distributions are one, as the PyPA has it ("Names and normalization")."""
    return re.sub(r"[-_.]+", "-", first).lower() == re.sub(r"[-_.]+", "-", second).lower()


def _failed(offer: Offer, state: PluginState) -> str:
    place = "".join(f"\n  | {line}" for line in state.traceback.splitlines())
    return f"{quote(offer.name)} among the {offer.kind} of {offer.source} failed: {state.reason}{place}"


# ---------------------------------------------------------------------------------------------- plugins


def _check_hooks(offer: Offer) -> None:
    manager = PluginManager([offer.value], installed=False)
    (state,) = (state for state in manager.states if state.value == offer.value)
    if state.state == "blocked":
        raise AssertionError(f"{quote(offer.name)} of {offer.source} is blocked: {state.reason}")
    registry: Registry[Any, Any, Any] = Registry("checked", plugins=manager)
    for number, artifact in enumerate((_plain, _Plain)):  # asks for validators, schemas and entries as a program does
        try:
            registry.register(f"artifact{number}", artifact)
            registry.schema(f"artifact{number}")
        except ValidationError:  # a validator of the plugin may be right to refuse it
            continue
    for name in registry:
        try:
            registry[name]  # imports what the plugin offers
        except DiagnosticError as error:
            raise AssertionError(
                f"The entry {quote(name)} of {quote(offer.name)} of {offer.source} fails: {error}"
            ) from error
    for kind in KINDS_OF_EVENTS:
        refusal = ValidationError("It is refused.") if kind == "refused" else None
        for _, failure in manager.tell(Event(kind, "checked", "name", refusal)):
            raise AssertionError(
                f"{quote(offer.name)} of {offer.source} failed on the event {kind!r}:"
                f" {type(failure).__name__}: {failure}"
            ) from failure
    if "registry_cli" in state.hooks:
        import click

        manager.add_commands(click.Group())
    for after in manager.states:
        if after.state != "active":
            raise AssertionError(_failed(offer, after))


def _plain(value: int, *, scale: float = 1.0) -> float:
    """A function to read the parameters of."""
    return value * scale


class _Plain:
    """A class to read the parameters of."""

    def __init__(self, size: int = 1) -> None:
        self.size = size


# ---------------------------------------------------------------------------------------------- parts


def _check_part(offer: Offer) -> bool:
    """Put a part through the check of its kind; whether there is one for it as it is."""
    part = offer.load()
    if offer.kind == "backends" and _can_be_made(part):
        from registry.testing import check_backend

        check_backend(part)
        return True
    if offer.kind == "readers":
        from registry.testing import check_reader

        check_reader(part)
        return True
    if offer.kind == "validators" and _can_be_made(part, 0):
        from registry.testing import check_validator

        check_validator(part)
        return True
    return False


def _can_be_made(make: Callable[..., Any], most: int = 1) -> bool:
    """Whether it takes no argument, or so many at most."""
    try:
        parameters = signature(make).parameters.values()
    except (TypeError, ValueError):
        return False
    optional = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    required = [each for each in parameters if each.default is Parameter.empty and each.kind not in optional]
    return len(required) <= most and not any(each.kind is Parameter.KEYWORD_ONLY for each in required)
