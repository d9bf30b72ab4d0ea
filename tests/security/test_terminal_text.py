"""What somebody else wrote never reaches a terminal as something that it obeys."""

import json
from pathlib import Path
from typing import Annotated, Any

import pytest

from registry import Catalog, ConfigError, EntryNotFoundError, Location, Problem, Registry

WILD = [
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x9b2J",
    "a\rb",
    "a\nb",
    "a\x08\x08b",
    "\x00",
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe",
    "\N{LINE SEPARATOR}",
    "\N{ZERO WIDTH SPACE}",
    "\ud800",
]


def refuse(value: str) -> str:
    raise ValueError(f"{value} is refused")


def picky(x: Annotated[str, refuse] = "") -> str:
    return x


def registries() -> "Registry[Any, Any, str]":
    registry: Registry[Any, Any, str] = Registry("boxes")
    registry.register("picky", picky)
    return registry


def tame(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("wild", WILD)
@pytest.mark.parametrize("owner", ["registry", "catalog"])
def test_wild_names_keys_references_and_values_are_shown_tamely(wild: str, owner: str) -> None:
    registry: Any = registries() if owner == "registry" else Catalog(registries())
    config = {
        "a": {"_type": wild},
        "b": {"_type": "picky", wild: 1},
        "c": {"_ref": wild},
        "d": {"_type": "picky", "x": wild},
        "e": {"_type": "picky", "_registry": wild},
        wild: {"_type": "nope", "_partial": wild},
        "f": {"_type": "picky", "x": {wild: wild}},
        "g": {"_ref": f"given.{wild}"},
    }
    problems = registry.check(config)
    assert len(problems) >= 8
    for problem in problems:
        assert len(str(problem).splitlines()) <= 1 + len(problem.suggestions)
        assert tame(str(problem))
    with pytest.raises(ConfigError) as caught:
        registry.build(config)
    assert tame(str(caught.value))


@pytest.mark.parametrize("wild", WILD)
def test_a_wild_name_that_is_looked_up_is_shown_tamely(wild: str) -> None:
    with pytest.raises(EntryNotFoundError) as caught:
        registries()[wild]
    assert tame(str(caught.value))


@pytest.mark.parametrize("wild", [text for text in WILD if text not in ("\x00", "\ud800")])
def test_a_wild_name_of_a_file_is_shown_tamely(tmp_path: Path, wild: str) -> None:
    file = tmp_path / f"{wild.replace('/', '')}.json"
    file.write_text('{"_type": "nope"}')
    (problem,) = registries().check_file(file)
    assert len(str(problem).splitlines()) == 3
    assert tame(str(problem))
    (missing,) = registries().check_file(tmp_path / f"missing{wild}.json")
    assert tame(str(missing))


def test_a_wild_line_of_a_file_is_shown_tamely_with_its_caret_in_place(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: '\u202e\u200b\ufeff' # \u202e\nb: {_type: nope, '\u2066': 1} # \u2066\n", encoding="utf-8")
    problems = registries().check_file(file)
    assert problems
    for problem in problems:
        assert tame(str(problem))
        assert problem.location is not None
        shown, carets = problem.location.caret_line()
        assert shown.isprintable()
        assert carets.strip(" ^") == ""


def test_a_message_that_quotes_a_users_own_error_is_shown_tamely() -> None:
    (problem,) = registries().check({"_type": "picky", "x": "\x1b[2J\n\x1b[31mPASSED"})
    assert problem.code == "broken-constraint"
    assert len(str(problem).splitlines()) == 1
    assert tame(str(problem))


def test_a_live_object_with_a_wild_repr_is_shown_tamely() -> None:
    class Wild:
        def __repr__(self) -> str:
            return "\x1b[2J\nfake.yaml:1:1: all is well"

    def typed(x: int) -> int:
        return x

    registry = registries()
    registry.register("typed", typed)
    problems = registry.check({"_type": "typed", "x": Wild()})
    problems += registry.check({"_type": "typed", "x": {"_ref": "given.x"}}, given={"x": Wild()})
    assert [problem.code for problem in problems] == ["wrong-type"] * 2
    assert all(tame(str(problem)) and len(str(problem).splitlines()) == 1 for problem in problems)


def test_a_note_about_an_exception_is_tame(tmp_path: Path) -> None:
    def fail() -> None:
        raise OSError("no")

    registry = registries()
    registry.register("fail", fail)
    file = tmp_path / "\x1b[31m.json"
    file.write_text(json.dumps({"\x1b[31m": {"_type": "fail"}}))
    with pytest.raises(OSError, match="no") as caught:
        registry.build_file(file)
    (note,) = caught.value.__notes__
    assert note.isprintable()


def test_a_problem_made_by_hand_is_shown_tamely() -> None:
    wild = "\x1b[31m\nx"
    for location in (None, Location(wild, 1, 1, 2, wild), Location(wild, 1, 1, 2)):
        text = str(Problem("bad-document", wild, wild, location, (wild, wild)))
        assert "\x1b" not in text
        assert tame(text)
