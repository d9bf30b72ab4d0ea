"""Where an entry comes from, in words that mean the same on every machine: never a path of this one."""

import os
import sys
from functools import lru_cache
from pathlib import PurePath
from typing import Any

import attrs

from registry.model import Origin
from registry.names import quote


@attrs.frozen
class RecordOrigin:
    """Where an entry comes from, in words that mean the same on every machine.

    Attributes:
        distribution: What was installed, "" when that is not known.
        version: Its version, or the `__version__` of the package; "" when neither is known.
        module: The module of the artifact.
        file: Where it was registered, relative to the folder that the package lies in.
        line: The line there, counted from 1; 0 when it is not known.
    """

    distribution: str = ""
    version: str = ""
    module: str = ""
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        """The version, as messages name it."""
        if not self.version:
            return "an unknown version"
        return f"version {self.version} of {quote(self.distribution or self.module.partition('.')[0])}"


def origin_of(module: str, registered: Origin | None = None) -> RecordOrigin:
    """The origin of something that a module defines.

    Args:
        module: The module of the artifact; "" when it has none.
        registered: Where it was registered.
    """
    distribution, version = _distribution(module.partition(".")[0]) if module else ("", "")
    file = "" if registered is None else relative_file(registered.file, module)
    return RecordOrigin(distribution, version, module, file, 0 if registered is None else registered.line)


def relative_file(file: str, module: str) -> str:
    """The file as it lies in its package: `research/losses.py`. What is in none is its bare name.

    Args:
        file: As a code object names it.
        module: The module of what was registered there, probably in this very file.
    """
    if file.startswith("<") and file.endswith(">"):
        return file
    source = getattr(sys.modules.get(module), "__file__", None)
    parts = PurePath(file).parts
    if isinstance(source, str) and PurePath(source) == PurePath(file):
        package = parts[-1] == "__init__.py"
        depth = module.count(".") + (2 if package else 1)
        return "/".join(parts[-depth:])
    for folder in sorted((path for path in sys.path if os.path.isabs(path)), key=len, reverse=True):
        above = PurePath(folder).parts
        if len(above) < len(parts) and parts[: len(above)] == above:
            return "/".join(parts[len(above) :])
    return parts[-1] if parts else ""


def _distribution(package: str) -> tuple[str, str]:
    """The distribution that a package was installed from, and its version; what is not known is ""."""
    if package in sys.stdlib_module_names:
        return "python", ".".join(map(str, sys.version_info[:3]))
    module = sys.modules.get(package)
    found = _installed(package, _folders_of(module))
    if found is not None:
        return found
    version = getattr(module, "__version__", None)
    return "", version if isinstance(version, str) else ""


def _folders_of(module: Any) -> tuple[str, ...]:
    """The folders that a package that was imported lies in."""
    places = [place for place in getattr(module, "__path__", ()) if isinstance(place, str)]
    source = getattr(module, "__file__", None)
    if not places and isinstance(source, str):
        places = [source]
    return tuple(sorted({os.path.dirname(place) for place in places}))


@lru_cache(maxsize=1024)
def _installed(package: str, folders: tuple[str, ...]) -> tuple[str, str] | None:
    """What is installed under the name of a package, or lists the package as its own in one of these folders.

    Nothing else is searched: to read all that is installed takes long.
    """
    from importlib import metadata

    try:
        same_name = metadata.distribution(package)
        return same_name.name, same_name.version
    except Exception:  # there is none, or what is installed here is damaged, in any way; registering goes on
        pass
    try:
        for distribution in metadata.distributions(path=list(folders)):
            listed = (distribution.read_text("top_level.txt") or "").split()
            if not listed:
                listed = [file.parts[0].removesuffix(".py") for file in distribution.files or ()]
            if package in listed:
                return distribution.name, distribution.version
    except Exception:  # the same
        pass
    return None
