"""Which files a command means by the files and folders that it is given."""

import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from registry.settings import Settings

SUFFIXES = frozenset({".yaml", ".yml", ".json", ".toml"})

NOT_OURS = frozenset({"__pycache__", "node_modules", "build", "dist", "venv", "pyproject.toml", "package-lock.json"})
"""What is left out of folders, besides everything hidden: other tools own it."""


def find_files(paths: Sequence[str], settings: Settings) -> Iterator[str]:
    """Each file once: those that are named, and the configs of the folders that are named, sorted.

    A file that is named is taken as it is. Of a folder come the files of a known format which one of `include`
    matches, where there are any, and none of `exclude`.
    """
    seen = set()
    for path in paths:
        for found in _walk(path, settings) if os.path.isdir(path) else [path]:
            key = os.path.realpath(found)
            if key not in seen:
                seen.add(key)
                yield found


def _walk(folder: str, settings: Settings) -> Iterator[str]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if _may_be_ours(name))
        for name in sorted(files):
            path = os.path.join(where, name)
            if Path(name).suffix.lower() in SUFFIXES and _may_be_ours(name) and _is_chosen(path, settings):
                yield os.path.normpath(path)


def _may_be_ours(name: str) -> bool:
    return not name.startswith(".") and name not in NOT_OURS


def _is_chosen(path: str, settings: Settings) -> bool:
    relative = Path(os.path.relpath(path, settings.folder)).as_posix()
    included = not settings.include or any(_pattern(glob).match(relative) for glob in settings.include)
    return included and not any(_pattern(glob).match(relative) for glob in settings.exclude)


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    """A glob for a whole relative path: `**` is any folders, `*` and `?` stay within one; a folder is all below it."""
    steps = glob.strip("/").split("/")
    text = "/".join(re.escape(step).replace(r"\*", "[^/]*").replace(r"\?", "[^/]") for step in steps)
    any_folders = r"[^/]*[^/]*"  # what the two stars of `**` have become
    text = text.replace(f"{any_folders}/", "(?:.*/)?").replace(any_folders, ".*")
    return re.compile(f"{text}(?:/.*)?\\Z", re.DOTALL)
