"""docs/extending.md names every hook, kind of part, setting and command, and its code runs."""

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry import testing
from registry.cli.commands import command
from registry.cli.plugins import plugins as plugins_command
from registry.distribution import entry_point_group
from registry.offers import KINDS
from registry.plugins import hooks, selection
from registry.settings import LISTS
from registry.testing import pytest_plugin

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
PAGES = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
)

HOOKS = [name for name in vars(hooks) if name.startswith("registry_")]


def missing(words: list[str], page: str) -> list[str]:
    """Which of them a page does not have as code."""
    return [word for word in words if f"`{word}" not in page and f"    {word}" not in page]


def test_every_hook_is_documented_with_its_parameters() -> None:
    signatures = [f"{name}({', '.join(inspect.signature(getattr(hooks, name)).parameters)})" for name in HOOKS]
    assert len(signatures) == 6
    assert missing(signatures, PAGE) == []
    assert all(inspect.getdoc(getattr(hooks, name)) for name in HOOKS)


def test_every_kind_of_part_and_every_setting_is_documented() -> None:
    assert missing([entry_point_group(kind) for kind in KINDS], PAGE) == []
    variables = [value for name, value in vars(selection).items() if str(value).startswith("REGISTRY_")]
    assert len(variables) == 2
    assert missing(variables, PAGE) == []
    assert missing(["plugins", "no-plugins"], PAGE) == []
    assert [key for key in ("app", *LISTS) if not re.search(rf"`{key}`|^    {key} = ", PAGES, re.MULTILINE)] == []


def test_every_command_is_documented() -> None:
    names = [f"registry {name}" for name in command.commands]
    assert missing(names, PAGES) == []
    assert missing([f"registry plugins {name}" for name in plugins_command.commands], PAGE) == []


def test_everything_of_the_kit_is_documented() -> None:
    assert missing(sorted(testing.__all__), PAGE) == []
    fixtures = [name for name, value in vars(pytest_plugin).items() if "fixture" in type(value).__name__.lower()]
    assert len(fixtures) == 3
    assert missing(fixtures, PAGE) == []


def test_a_word_that_is_not_documented_would_be_missed() -> None:
    assert missing(["registry_validators(registry)", "registry_nothing()"], PAGE) == ["registry_nothing()"]


def test_the_plugin_of_the_page_works(fake_distribution: Callable[..., Path], tmp_path: Path) -> None:
    plugin, use, _ = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (points,) = re.findall(r"^registry_kit\.plugins =\n +(\w+) = (\w+)$", PAGE, re.MULTILINE)
    folder = fake_distribution("acme-rules", {"plugins": dict([points])}, modules={"acme_rules": plugin})
    program = f"{use}\nlosses.register(max)\ntry:\n    losses.register('bare', lambda: 0)\nexcept Exception as error:\n"
    program += "    print(error)\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{program}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "'bare' has no docstring.\n  Write one.\n"


def test_the_check_of_the_page_passes() -> None:
    *_, check = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    done: dict[str, Any] = {}
    exec(check, done)
    done["test_my_backend"]()


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_says_who_calls_it_when(name: str) -> None:
    text = inspect.getdoc(getattr(hooks, name)) or ""
    assert text.partition("\n")[0].endswith((".", "pass."))
