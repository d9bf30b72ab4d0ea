"""Packages of others, written for one test and gone after it."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

Packages = Callable[[dict[str, str]], Path]


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    """Write modules by their paths, so that they can be imported; packages get their `__init__.py`."""
    before = set(sys.modules)
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            file = folder / name
            for parent in reversed(file.relative_to(folder).parents):
                if str(parent) != ".":
                    (folder / parent).mkdir(exist_ok=True)
                    (folder / parent / "__init__.py").touch()
            file.write_text(dedent(text), encoding="utf-8")
        importlib.invalidate_caches()
        return folder

    yield write
    for name in set(sys.modules) - before:
        source = getattr(sys.modules[name], "__file__", None)
        if isinstance(source, str) and source.startswith(str(folder)):
            del sys.modules[name]
