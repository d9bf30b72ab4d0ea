"""The pictures of the README are of what there is."""

import re
import runpy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"


@pytest.fixture(scope="module")
def make() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "make.py"))


def words(picture: str) -> list[str]:
    """What can be read in a picture."""
    text = "".join(ElementTree.fromstring(picture).itertext())
    return text.partition("$")[2].split()


def test_the_terminal_shows_what_the_command_says(make: dict[str, Any]) -> None:
    kept = (FOLDER / make["TERMINAL"]).read_text(encoding="utf-8")
    assert words(kept) == words(make["terminal"](make["said"]()))
    assert words(kept)[-5:] == ["3", "mistakes", "in", "1", "file."]
    assert "http" not in kept.replace("http://www.w3.org/2000/svg", "")


def test_the_readme_shows_every_picture_and_no_other() -> None:
    shown = set(re.findall(r"docs/pictures/([\w.-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert shown == {path.name for path in FOLDER.iterdir() if path.suffix in (".svg", ".png")}


@pytest.mark.parametrize("name", ["page-light.png", "page-dark.png"])
def test_a_picture_of_the_page_is_one(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (1280, 720)
