"""Programs that the type checkers read: right ones with `assert_type`, wrong lines marked `# expect-error`."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAMS = sorted(path.name for path in HERE.glob("*.py") if not path.name.startswith("test_"))

Refused = Mapping[str, set[int]]
"""Lines with an error, by file."""


def refused_by_mypy(cache: Path) -> Refused:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(cache)]
    result = subprocess.run(
        [*command, *(str(HERE / program) for program in PROGRAMS)], cwd=ROOT, capture_output=True, text=True
    )
    found: dict[str, set[int]] = {program: set() for program in PROGRAMS}
    for file, line in re.findall(r"^(.+?):(\d+): error:", result.stdout, re.MULTILINE):
        found.setdefault(Path(file).name, set()).add(int(line))
    assert not result.stderr
    return found


def refused_by_pyright(cache: Path) -> Refused:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    result = subprocess.run(
        [*command, *(str(HERE / program) for program in PROGRAMS)], cwd=ROOT, capture_output=True, text=True
    )
    found: dict[str, set[int]] = {program: set() for program in PROGRAMS}
    for finding in json.loads(result.stdout)["generalDiagnostics"]:
        if finding["severity"] == "error":
            found.setdefault(Path(finding["file"]).name, set()).add(finding["range"]["start"]["line"] + 1)
    return found


@pytest.fixture(scope="module", params=[refused_by_mypy, refused_by_pyright], ids=["mypy", "pyright"])
def refused(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Refused:
    check: Callable[[Path], Refused] = request.param
    return check(tmp_path_factory.mktemp("checker"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_exactly_the_marked_lines_are_refused(refused: Refused, program: str) -> None:
    lines = (HERE / program).read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if "# expect-error" in line}
    assert marked
    assert refused[program] == marked


def test_nothing_is_refused_in_the_library_itself(refused: Refused) -> None:
    assert set(refused) == set(PROGRAMS)
