"""What is installed: metadata from setup.cfg alone, and the package and nothing beside it."""

import configparser
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from registry.distribution import DISTRIBUTION, __version__, entry_point_group, install_command
from registry.server.page import SCRIPTS

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel of the sources beside what a checkout holds too, made without the network."""
    source = tmp_path_factory.mktemp("source")
    for name in ("setup.cfg", "setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "registry", source / "registry", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tests", "plugins", "examples", "benchmarks", "registry_extra"):
        source.joinpath(name).mkdir()
        source.joinpath(name, "__init__.py").touch()
    # -S: no site-packages but what is put on the path here, so reading the version must not import dependencies
    script = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from setuptools import build_meta\n"
        "build_meta.build_wheel('dist')\n"
        "sys.exit('attrs was imported' if 'attr' in sys.modules else 0)"
    )
    import setuptools

    site = str(Path(setuptools.__file__).parents[1])
    built = subprocess.run([sys.executable, "-S", "-c", script, site], cwd=source, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (path,) = source.glob("dist/*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_the_distribution_has_one_name(setup_cfg: configparser.ConfigParser) -> None:
    assert setup_cfg["metadata"]["name"] == DISTRIBUTION


def test_what_is_made_from_the_name_follows_it() -> None:
    assert install_command("remote") == f"pip install '{DISTRIBUTION}[remote]'"
    assert entry_point_group("readers") == f"{DISTRIBUTION.replace('-', '_')}.readers"


def test_a_wheel_holds_the_package_and_nothing_beside_it(wheel: zipfile.ZipFile) -> None:
    top = {name.partition("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"registry"}


def test_a_wheel_holds_every_source_file_and_the_mark_of_typing(wheel: zipfile.ZipFile) -> None:
    expected = {path.relative_to(ROOT).as_posix() for path in (ROOT / "registry").rglob("*.py")}
    page = {f"registry/server/page/{name}" for name in (*SCRIPTS, "page.css", "page.html")}
    assert page <= set(wheel.namelist())
    assert expected | {"registry/py.typed"} <= set(wheel.namelist())


def test_a_wheel_has_the_version_that_the_package_says(metadata: Message) -> None:
    assert (metadata["Name"], metadata["Version"]) == (DISTRIBUTION, __version__)
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|rc\d+)?", __version__)


def test_a_wheel_installs_the_command(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    parser = configparser.ConfigParser()
    parser.read_string(wheel.read(name).decode())
    assert dict(parser["console_scripts"]) == {"registry": "registry.cli:main"}


def test_every_extra_of_an_extra_exists(metadata: Message) -> None:
    extras = set(metadata.get_all("Provides-Extra", []))
    assert extras == {"remote", "testing", "all", "dev"}
    named = re.findall(rf"{re.escape(DISTRIBUTION)}\[([^\]]+)\]", "\n".join(metadata.get_all("Requires-Dist", [])))
    assert {extra for group in named for extra in group.split(",")} <= extras


def test_metadata_has_one_home() -> None:
    assert "project" not in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    statements = [line for line in (ROOT / "setup.py").read_text(encoding="utf-8").splitlines() if line.strip()]
    assert statements[1:] == ["from setuptools import setup", "setup()"]


def test_the_newest_version_of_the_changelog_is_unreleased_or_this_one() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] in ("Unreleased", __version__)


def sources() -> Iterator[Path]:
    """Every text file of the project, without what tools leave behind."""
    left_behind = {"__pycache__", "build", "dist"}
    for path in ROOT.rglob("*"):
        folders = path.relative_to(ROOT).parts[:-1]
        hidden = any((folder.startswith(".") and folder != ".ci") or folder.endswith(".egg-info") for folder in folders)
        if path.is_file() and not hidden and left_behind.isdisjoint(folders) and not path.name.startswith(".coverage"):
            try:
                path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            yield path


def test_no_file_names_a_package_index_or_this_machine() -> None:
    places = [f"{folder}/" for folder in (ROOT, Path.home()) if folder.name] + ["index" + "-url", "find" + "-links"]
    found = [(path, place) for path in sources() for place in places if place in path.read_text(encoding="utf-8")]
    assert found == []
