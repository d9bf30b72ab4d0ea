"""Which plugins may be imported: decided by name, before anything of them is."""

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import attrs

from registry.settings import read_settings

ALLOW, BLOCK = "REGISTRY_PLUGINS", "REGISTRY_NO_PLUGINS"
"""Variables of the environment: names with commas between them."""


@attrs.frozen
class Names:
    """Names that somebody listed: of plugins or of their distributions, with `*` and `?` as in names of files."""

    names: tuple[str, ...]
    said_in: str

    def have(self, name: str, distribution: str) -> bool:
        """Whether a plugin is among them."""
        return any(fnmatchcase(each, wanted) for each in (name, distribution) if each for wanted in self.names)


@attrs.frozen
class Selection:
    """Which plugins may be imported.

    Attributes:
        allowed: Only these; None for all.
        blocked: None of these, even if they are allowed.
    """

    allowed: Names | None = None
    blocked: tuple[Names, ...] = ()

    def refusal(self, name: str, distribution: str) -> str:
        """Why a plugin is not imported, as a sentence; "" if it may be."""
        for names in self.blocked:
            if names.have(name, distribution):
                return f"It is blocked by {names.said_in}."
        if self.allowed is not None and not self.allowed.have(name, distribution):
            return f"It is not among those that {self.allowed.said_in} allows."
        return ""


def selection(allow: Iterable[str] | None = None, block: Iterable[str] = ()) -> Selection:
    """What the arguments say, the environment, and `[tool.registry]` of the project that the working folder is in.

    The first of them that says which are allowed decides that; what any of them blocks is blocked.

    Raises:
        ValidationError: The table of the project is not what it has to be.
    """
    settings = read_settings(Path.cwd())
    table = f"[tool.registry] in {settings.folder / 'pyproject.toml'}"
    allowed = (
        None if allow is None else Names(tuple(allow), "the argument 'allow'"),
        _from_environment(ALLOW),
        None if settings.plugins is None else Names(settings.plugins, table),
    )
    blocked = (
        Names(tuple(block), "the argument 'block'"),
        _from_environment(BLOCK),
        Names(settings.no_plugins, table),
    )
    return Selection(
        next((names for names in allowed if names is not None), None),
        tuple(names for names in blocked if names is not None and names.names),
    )


def _from_environment(variable: str) -> Names | None:
    text = os.environ.get(variable)
    if text is None:
        return None
    return Names(tuple(name.strip() for name in text.split(",") if name.strip()), variable)
