"""The hooks that a plugin may have: a module, or any other object, with functions of these names."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

from registry.model import Event, Reference
from registry.protocols import RegistryView, Validator
from registry.schema import Schema

if TYPE_CHECKING:
    import click

PROJECT = "registry"

_hook = pluggy.HookspecMarker(PROJECT)

hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks the functions of a plugin that are hooks. A hook may leave out parameters that it does not need."""


@_hook
def registry_validators(registry: RegistryView) -> Sequence[Validator]:  # type: ignore[empty-body]  # a specification
    """Validators for a registry, which run after its own. Asked once for each registry, at its first artifact.

    Args:
        registry: Tells its name, the kind of its artifacts and the tags in use; nothing can be registered through it.
    """


@_hook(firstresult=True)
def registry_schema(artifact: Any, schema: Schema) -> Schema | None:
    """The parameters, constraints and descriptions of an artifact that its signature does not tell; None to pass.

    The first plugin that answers is believed. Asked once for each artifact, before it is first checked or built.

    Args:
        artifact: What was registered.
        schema: What was read from its signature.
    """


@_hook
def registry_entries(registry: RegistryView) -> Mapping[str, Reference | str]:  # type: ignore[empty-body]  # likewise
    """Entries by name, as references: imported when they are first looked up, taken up where the name is free.

    Asked once for each registry, at its first miss or listing.
    """


@_hook
def registry_event(event: Event) -> None:
    """Told what happened, after it did: registered, unregistered, built, refused. Called in the thread that did it."""


@_hook
def registry_cli(group: "click.Group") -> None:
    """Adds sub-commands to the command `registry`.

    Args:
        group: Takes them, by `group.command(...)` or `group.add_command(command)`.
    """


@_hook
def registry_plugins() -> Mapping[str, Any]:  # type: ignore[empty-body]  # likewise
    """More plugins that come with this one, by name: objects with hooks, or references as text, not imported yet.

    They are allowed, blocked and set aside like those that are installed.
    """
