"""A new package for plugins and parts: what is written, and that it is installed and fits."""

import configparser
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from registry.cli.new_plugin.command import new_plugin
from registry.cli.new_plugin.files import KINDS, files_of
from registry.distribution import DISTRIBUTION, entry_point_group
from registry.errors import ValidationError

NAME = "registry-acme-rules"
MODULE = "registry_acme_rules"

OFFERED = {
    "validator": ("plugins", "acme_rules", f"{MODULE}.plugin"),
    "backend": ("backends", "acme_rules", f"{MODULE}:JournalBackend"),
    "reader": ("readers", "acmerules", f"{MODULE}:read"),
}

MISTAKES = {
    "validator": ("        if bare:", "        if bare and False:"),
    "backend": ("            del self._entries[name]", "            self._entries.pop(name, None)"),
    "reader": ("    except UnicodeError:", "    except UnicodeWarning:"),
}
"""A line of each package that is right, and what makes it wrong."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(new_plugin, arguments)


@attrs.frozen
class Environment:
    """An environment with what this one has, into which more is installed without the network."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> "Environment":
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        own = subprocess.run(
            [str(cls(folder).python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        # addsitedir: what is installed for development here is found through .pth files, too
        line = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
        Path(own, "outer.pth").write_text(line, encoding="utf-8")
        return cls(folder)

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def run(self, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "REGISTRY_"))
        }
        environment |= {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        command = [str(self.python), "-m", *arguments]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    "kind", ["validator", *(pytest.param(kind, marks=pytest.mark.soak) for kind in KINDS if kind != "validator")]
)
def test_the_package_is_installed_and_its_tests_pass_until_it_has_a_mistake(folder: Path, kind: str) -> None:
    assert run(NAME, "--kind", kind).exit_code == 0
    package = folder / NAME
    environment = Environment.made(folder / "environment")
    installed = environment.run("pip", "install", "-q", "--no-deps", "--no-build-isolation", "-e", ".", cwd=package)
    assert installed.returncode == 0, installed.stderr
    tested = environment.run("pytest", "-q", "-W", "error", "-p", "no:cacheprovider", cwd=package)
    assert tested.returncode == 0, tested.stdout
    module = package / MODULE / "__init__.py"
    right, wrong = MISTAKES[kind]
    assert module.read_text().count(right) == 1
    module.write_text(module.read_text().replace(right, wrong))
    again = environment.run("pytest", "-q", "-W", "error", "-p", "no:cacheprovider", cwd=package)
    assert again.returncode == 1, again.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_filled_in_and_the_entry_point_leads_to_what_is_there(folder: Path, kind: str) -> None:
    run(NAME, "--kind", kind)
    files = {path.relative_to(folder / NAME).as_posix(): path for path in (folder / NAME).rglob("*") if path.is_file()}
    assert {"setup.cfg", "setup.py", "pyproject.toml", "README.md", f"{MODULE}/py.typed"} < set(files)
    assert f"tests/test_{MODULE}.py" in files
    for name, path in files.items():
        assert not re.search(r"<<|>>", name + path.read_text(encoding="utf-8"))
    setup = configparser.ConfigParser()
    setup.read(files["setup.cfg"], encoding="utf-8")
    assert setup["metadata"]["name"] == NAME
    assert DISTRIBUTION in setup["options"]["install_requires"]
    group, part, value = OFFERED[kind]
    assert dict(setup["options.entry_points"]) == {entry_point_group(group): f"\n{part} = {value}"}
    module, _, attribute = value.partition(":")
    source = files.get(f"{module.replace('.', '/')}.py", files[f"{MODULE}/__init__.py"]).read_text()
    assert re.search(rf"^(def|class) {attribute or 'registry_validators'}\b", source, re.MULTILINE)
    assert "[project]" not in files["pyproject.toml"].read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_has_nothing_that_a_linter_would_change(folder: Path, kind: str) -> None:
    run(NAME, "--kind", kind)
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--isolated", "--line-length", "120"]
    chosen = ["--select", "E,F,W,I,UP,B,C4,SIM,RUF,PT,RET,PIE,TID"]
    for command in ([*ruff, "check", *rules, *chosen, "."], [*ruff, "format", "--check", *rules, "."]):
        done = subprocess.run(command, cwd=folder / NAME, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_has_types_that_fit(folder: Path, kind: str) -> None:
    run(NAME, "--kind", kind)
    root = str(Path(sys.modules["registry"].__file__ or "").parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", MODULE, "tests"],
        cwd=folder / NAME,
        env={**os.environ, "MYPYPATH": root},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_the_readme_is_true(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(NAME, "--kind", kind)
    monkeypatch.syspath_prepend(folder / NAME)
    monkeypatch.setenv("REGISTRY_PLUGINS", "none-of-those-that-are-installed-here")
    text = (folder / NAME / "README.md").read_text()
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(code, {})
    for module in [name for name in sys.modules if name.partition(".")[0] == MODULE]:
        del sys.modules[module]
    assert "pip install -e" in text
    assert OFFERED[kind][1] in text


def test_it_says_what_to_do_next(folder: Path) -> None:
    output = run(NAME).stdout
    assert output.splitlines()[-5:] == [
        "Now try:",
        f"  cd {NAME}",
        "  pip install -e '.[test]'",
        "  pytest",
        "  registry plugins doctor acme_rules",
    ]
    assert f"{NAME}/setup.cfg".replace("/", os.sep) in output


def test_a_folder_that_is_there_is_left_as_it_is(folder: Path) -> None:
    (folder / NAME).mkdir()
    result = run(NAME)
    assert isinstance(result.exception, ValidationError)
    assert "already" in str(result.exception)
    assert list((folder / NAME).iterdir()) == []


@pytest.mark.parametrize(
    "name", ["-acme", "acme-", "3acme", "ac me", "acmé", "class", "ac/../..", "a\x1bb", "acme..", "a+b", "def"]
)
def test_what_cannot_be_a_package_is_refused_and_nothing_written(folder: Path, name: str) -> None:
    result = run("--", name)
    assert isinstance(result.exception, ValidationError), result.output
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["json", "registry", "registry-kit", "Tests", "asyncio"])
def test_the_name_of_something_else_is_refused(folder: Path, name: str) -> None:
    assert "something else already" in str(run(name).exception)
    assert list(folder.iterdir()) == []


def test_a_reader_for_files_that_the_library_reads_is_refused(folder: Path) -> None:
    assert "have a reader already" in str(run("registry-yaml", "--kind", "reader").exception)
    assert list(folder.iterdir()) == []
    assert run("registry-yaml", "--kind", "backend").exit_code == 0


def test_a_name_with_dots_and_capitals_is_imported_without_them(folder: Path) -> None:
    assert run("deep/Acme.Rules").exit_code == 0
    assert (folder / "deep" / "Acme.Rules" / "acme_rules" / "plugin.py").exists()
    assert files_of("validator", "Acme.Rules", "acme_rules", "acme_rules")["setup.cfg"].count("acme_rules") == 5
