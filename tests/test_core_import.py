"""The front door: what it offers, and how little it imports."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import registry

PACKAGE = Path(registry.__file__).parent

HEAVY = {
    "aiohttp",
    "cattrs",
    "click",
    "difflib",
    "docstring_parser",
    "hypothesis",
    "importlib.metadata",
    "json",
    "pluggy",
    "rich",
    "ruamel.yaml",
    "registry.core.building",
    "registry.config",
    "registry.document",
    "registry.factorizer",
    "registry.problems",
    "registry.signatures",
    "registry.validators",
}


def run(code: str) -> str:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent
    )
    assert result.stderr == ""
    return result.stdout


def test_a_first_registry_imports_nothing_heavy() -> None:
    use = """
from registry import Registry
r = Registry("x")
@r.register
def f(): return 1
assert r["f"] is f and "g" not in r and list(r) == ["f"]
import sys
loaded = sorted(sys.modules)
import json
print(json.dumps(loaded))
"""
    assert HEAVY.isdisjoint(json.loads(run(use)))


def test_a_preset_imports_no_factorizer() -> None:
    use = """
from registry import type_registry
type_registry("x", base=dict).register(dict)
import sys
print([name for name in ("registry.factorizer", "cattrs", "registry.config") if name in sys.modules])
"""
    assert run(use) == "[]\n"


def test_the_modules_that_it_imports_are_few_beside_those_of_attrs() -> None:
    count = "import sys; {}; print(len(sys.modules))"
    own = int(run(count.format("import attrs, typing_extensions; from registry import Registry; Registry('x')")))
    attrs = int(run(count.format("import attrs, typing_extensions")))
    assert own - attrs < 26


def test_the_public_names_are_sorted_and_all_there() -> None:
    assert registry.__all__ == sorted(registry.__all__)
    assert len(set(registry.__all__)) == len(registry.__all__)
    assert set(registry.__all__) <= set(dir(registry))
    for name in registry.__all__:
        assert getattr(registry, name) is not None


def test_type_checkers_see_the_same_names_from_the_same_modules() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    seen: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("registry."):
            seen.update({alias.name: str(node.module) for alias in node.names})
    assert set(seen) == set(registry.__all__)
    assert {name: module for name, module in seen.items() if name in registry._HOME_OF} == registry._HOME_OF


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Registri'"):
        registry.Registri  # type: ignore[attr-defined]  # noqa: B018  # the mistake
