"""Finds the registry or catalog that a command works on."""

import sys
from pathlib import Path
from typing import Any

from registry.catalog import Catalog
from registry.closeness import did_you_mean
from registry.core import Registry
from registry.errors import OperationalError, RegistryNotFoundError, ResolutionError
from registry.model import Reference
from registry.names import quote
from registry.settings import Settings

App = Registry[Any, Any, Any] | Catalog


def load_app(target: str | None, settings: Settings) -> App:
    """The registry or catalog at `module:attribute`, or the one that the settings name.

    The working folder is put on `sys.path` first, and the folder of the settings where those name the app.

    Raises:
        OperationalError: None is named.
        ResolutionError: The one that is named cannot be imported or is something else.
    """
    address = settings.app if target is None else target
    if address is None:
        raise OperationalError(
            "No registry is named.",
            suggestions=[
                "Name one with --app module:attribute.",
                'Or write app = "module:attribute" under [tool.registry] in pyproject.toml.',
            ],
        )
    try:
        reference = Reference(address)
    except ValueError as error:
        raise ResolutionError(str(error)) from error
    for folder in (Path.cwd(), *([settings.folder] if target is None else [])):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    found = _import(reference)
    if not isinstance(found, Registry | Catalog):
        raise ResolutionError(
            f"{quote(address)} is a {type(found).__name__}, not a Registry or a Catalog.",
            suggestions=["Name the variable that holds the registry."],
        )
    return found


def registries_of(app: App, chosen: str | None = None) -> dict[str, Registry[Any, Any, Any]]:
    """The registries of an application by their names, in order: of a registry itself; one alone, if it is chosen.

    Raises:
        RegistryNotFoundError: None has the name that was chosen.
    """
    registries = {app.name: app} if isinstance(app, Registry) else dict(app.items())
    if chosen is None:
        return registries
    if chosen not in registries:
        raise RegistryNotFoundError(
            f"There is no registry {quote(chosen)}.", suggestions=did_you_mean(chosen, registries)
        )
    return {chosen: registries[chosen]}


def _import(reference: Reference) -> object:
    import importlib

    try:
        found: object = importlib.import_module(reference.module)
    except Exception as error:  # whatever a user's module raises, the command has to say which module it was
        absent = isinstance(error, ModuleNotFoundError) and error.name is not None
        if absent and f"{reference.module}.".startswith(f"{error.name}."):  # type: ignore[attr-defined]  # by the line above
            message = f"There is no module {quote(error.name)} here."  # type: ignore[attr-defined]  # likewise
            suggestions = ["Run this in the folder that holds it, or install its package in this environment."]
        else:
            message = f"Importing {quote(reference.module)} fails with {type(error).__name__}: {error}"
            suggestions = ["Run with --debug to see where."]
        raise ResolutionError(message, suggestions=suggestions) from error
    for name in reference.name.split("."):
        try:
            found = getattr(found, name)
        except AttributeError as error:
            raise ResolutionError(
                f"{quote(reference.module)} has no {quote(name)}.", suggestions=did_you_mean(name, dir(found))
            ) from error
    return found
