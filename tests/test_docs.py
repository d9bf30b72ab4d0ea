"""The documentation becomes pages, with a warning for nothing, and tells of reliability what was measured."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from faults.figures import table

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def made(source: Path, into: Path) -> subprocess.CompletedProcess[str]:
    """Make the pages of a folder, where a warning is an error."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", str(into / "trees")]
    return subprocess.run([*command, str(source), str(into)], capture_output=True, text=True, cwd=ROOT)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pages."""
    into = tmp_path_factory.mktemp("pages")
    done = made(DOCS, into)
    assert (done.returncode, done.stderr) == (0, "")
    return into


def test_every_page_is_made_and_can_be_reached(pages: Path) -> None:
    sources = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.md") if "_build" not in page.parts}
    assert sources == {str(page.relative_to(pages).with_suffix("")) for page in pages.rglob("*.html")} - OF_SPHINX
    linked = set(re.findall(r'class="reference internal" href="([^"#]+)\.html"', (pages / "index.html").read_text()))
    assert linked == sources - {"index"}


OF_SPHINX = {"genindex", "search", "py-modindex"}


def test_every_public_name_has_its_docstring_there(pages: Path) -> None:
    import registry

    page = (pages / "reference" / "api.html").read_text(encoding="utf-8")
    listed = set(re.findall(r'id="registry\.(\w+)"', page))
    assert listed == set(registry.__all__) - {"__version__"}


def test_a_link_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    source.joinpath("conf.py").write_text('extensions = ["myst_parser"]\n')
    source.joinpath("index.md").write_text("# It\n\n[there](nowhere.md)\n")
    done = made(source, tmp_path / "pages")
    assert done.returncode != 0
    assert "nowhere" in done.stderr


def test_the_figures_of_speed_are_those_that_were_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    summary = importlib.import_module("benchmarks.summary")
    rows = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))["rows"]
    told = summary.table(rows)
    assert len(told.splitlines()) > 20
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert told in readme
    worse = [{**row, "ratio": row["ratio"] and 2 * row["ratio"]} for row in rows]
    assert summary.table(worse) not in readme


def test_the_figures_of_reliability_are_those_that_were_measured() -> None:
    figures = json.loads((ROOT / "benchmarks" / "reliability.json").read_text(encoding="utf-8"))
    rows = table(figures).splitlines()[2:]
    assert len(rows) > 10
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [row for row in rows if row not in readme] == []
