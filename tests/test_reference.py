"""Every public name, command, setting, hook and error code is in the documentation."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

import registry
from registry import environment, errors, testing
from registry.cli.commands import command
from registry.plugins import hooks

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
PAGES = "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")])


@pytest.fixture(scope="module")
def make() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "make.py"))


def test_the_reference_is_what_the_docstrings_say(make: dict[str, Any]) -> None:
    told = make["PAGE"].read_text(encoding="utf-8")
    assert told == make["reference"](), "make reference writes it anew"


def test_every_row_says_something(make: dict[str, Any]) -> None:
    rows = [line for line in make["reference"]().splitlines() if line.startswith("| `")]
    assert len(rows) > 100
    assert [row for row in rows if re.search(r"\|\s*\|", row)] == []


def codes() -> set[str]:
    found = {one.code for one in vars(errors).values() if isinstance(one, type) and hasattr(one, "code")}
    assert len(found) > 20
    return found


def variables() -> set[str]:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "registry").rglob("*.py"))
    named = set(re.findall(r'"(REGISTRY_[A-Z_]+)"', source))
    assert environment.TOKEN in named
    return named


DOCUMENTED = {
    "names": set(registry.__all__),
    "names for tests": set(testing.__all__),
    "commands": {f"registry {name}" for name in command.commands},
    "settings": variables(),
    "hooks": {name for name in vars(hooks) if name.startswith("registry_")},
    "error codes": codes(),
}


@pytest.mark.parametrize("named", DOCUMENTED.values(), ids=DOCUMENTED.keys())
def test_it_is_documented(named: set[str]) -> None:
    assert {name for name in named if not re.search(rf"`{re.escape(name)}\b", PAGES)} == set()


def test_what_is_not_documented_is_caught() -> None:
    with pytest.raises(AssertionError):
        test_it_is_documented({"Registry", "NoSuchName"})
