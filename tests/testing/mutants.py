"""Mutation testing of the kit, by cosmic-ray: what it changes in two parts, the kit has to notice (`make mutants`).

Each part is changed in one place after another in a copy of the package, and the kit alone looks at it. What survives
has to be known below, with the reason why it is no mistake that a promise of its Protocol speaks of.
"""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parents[2] / "registry"

HANGING = 60
"""Seconds after which a part that hangs is noticed, too."""


class Subject(NamedTuple):
    """A part, the files that are changed, and what looks at it."""

    files: tuple[str, ...]
    check: str


SUBJECTS = {
    "MemoryBackend": Subject(
        ("backends/memory.py",),
        "from registry.backends import MemoryBackend\n"
        "from registry.testing import check_backend, check_concurrent\n"
        "check_backend(MemoryBackend, max_examples=20)\n"
        "check_concurrent(MemoryBackend)\n",
    ),
    "SQLiteStore": Subject(
        (
            "stores/sqlite/store.py",
            "stores/sqlite/engine.py",
            "stores/sqlite/reading.py",
            "stores/sqlite/writer.py",
            "stores/sqlite/rows.py",
            "stores/sqlite/recent.py",
            "stores/sqlite/group.py",
            "stores/sqlite/compaction.py",
            "stores/submission.py",
            "stores/feed.py",
            "stores/answer.py",
        ),
        "from registry.stores import SQLiteStore\n"
        "from registry.testing import check_store\n"
        "check_store(lambda folder: SQLiteStore(folder / 'r.db'), reopen=True, max_examples=8, patience=3.0)\n",
    ),
}

KNOWN: dict[str, dict[str, str]] = {
    "It is the same program: nothing that is asked of the part tells the difference.": {
        "backends/memory.py": r"^@final$ | return.f.MemoryBackend",
        "stores/answer.py": r"^@final$ | TYPE_CHECKING | acquire\(timeout=-1 | super\(\)\.result\(0\)",
        "stores/feed.py": r"^@final$ | ^@property$ | init=False | signals",
        "stores/submission.py": r"eq=False | type\(\w+\).is. | author.!= | size.= | digest_size | !=.len\(listed\)"
        r" | is.NOTHING_THERE | author.=.f",
        "stores/sqlite/engine.py": r"^@property$ | ^@final$",
        "stores/sqlite/group.py": r"^@property$ | ^@final$ | eq=False | init=False | is.not.ANYTHING | start.:.start"
        r" | strict=True",
        "stores/sqlite/reading.py": r"strict=False | ^break$",
        "stores/sqlite/rows.py": r"Frame\(token,.changes\[0\]",
        "stores/sqlite/store.py": r"^@property$ | ^@final$ | =.10\.0 | poll | daemon=True | given.==. | atexit | ^\*,$"
        r" | def.watch",
        "stores/sqlite/writer.py": r"^@property$ | ^@final$ | is.not.threading | daemon=True | strict=False | 200",
    },
    "Revisions begin at 0 here and increase by one, and those of another store may not.": {
        "stores/sqlite/group.py": r"self\.revision.\+=.1 | number_of.\+=.1",
        "stores/sqlite/reading.py": r"return.0.if.change.is.None",
    },
    "How fast it is, or how much is read or written at once: the answers are the same.": {
        "stores/feed.py": r"^BEAT | self\._beaten | remaining | len\(self\._watches\) | all_of_them",
        "stores/sqlite/engine.py": r"is_watched | self\._writer\.moved | database\.timeout",
        "stores/sqlite/group.py": r"^@cache$ | ^SIZES",
        "stores/sqlite/reading.py": r"^AT_ONCE | ^ENOUGH | size | fetchmany | row\[0\].for.row | is_enough"
        r" | return.*,.True$",
        "stores/sqlite/recent.py": r"",
        "stores/sqlite/writer.py": r"expected | GATHERING | changes.<. | PAGES | _pages | len\(group\) | self\.moved",
    },
    "A check makes fewer and smaller changes than a store takes; tests/stores has tests of more.": {
        "stores/sqlite/compaction.py": r"",
        "stores/sqlite/writer.py": r"if.group\.rows",
        "stores/submission.py": r"^LIMITS | size.>.limits\.size | size.\+=.len\(name\)",
    },
    "It is about disks and processes that fail; tests/stores/test_sqlite_faults.py lets them.": {
        "stores/sqlite/rows.py": r"==.checksum | ^except.Exception",
        "stores/sqlite/writer.py": r"except. | is_busy | late.= | isinstance\(error | is_definite | _unanswered"
        r" | ^continue$ | ^break$ | goes_on | for.request.in.group | in_transaction",
    },
    "It is about a file that several processes or a server use; tests/stores/test_sqlite_processes.py has them.": {
        "stores/sqlite/engine.py": r"served_as",
    },
    "To await an answer is not asked of a store; tests/stores/test_answer.py does.": {
        "stores/answer.py": r"is_done | is_cancelled | self\.done\(\) | _awaited | for.answer.in | waiter",
    },
}
"""Why a change is no mistake that the kit could see: an expression for the lines that were changed, by their file."""


def reason_of(file: str, line: str) -> str | None:
    """Why a change of this line may survive; None if it may not."""
    for reason, lines in KNOWN.items():
        if file in lines and re.search(lines[file], line, re.VERBOSE):
            return reason
    return None


def survivors(subject: Subject, folder: Path) -> Iterator[tuple[str, str, str]]:
    """The file, the line that was changed, and what it became, of each change that was not noticed."""
    shutil.copytree(PACKAGE, folder / "registry", ignore=shutil.ignore_patterns("__pycache__"))
    guard = f"import faulthandler; faulthandler.dump_traceback_later({HANGING}, exit=True)\n"
    (folder / "look.py").write_text(guard + subject.check, encoding="utf-8")
    subprocess.run([sys.executable, "-B", "look.py"], cwd=folder, check=True)
    settings = {
        "module-path": [f"registry/{file}" for file in subject.files],
        "timeout": HANGING * 2.0,
        "excluded-modules": [],
        "test-command": f"{sys.executable} -B look.py",
    }
    lines = ["[cosmic-ray]", *(f"{key} = {json.dumps(value)}" for key, value in settings.items())]
    lines += ["[cosmic-ray.distributor]", 'name = "local"']
    # `X | None` is changed in annotations a dozen times, where nothing looks at it.
    lines += ["[cosmic-ray.filters.operators-filter]", 'exclude-operators = ["core/ReplaceBinaryOperator_BitOr_.*"]']
    (folder / "settings.toml").write_text("\n".join(lines), encoding="utf-8")
    tools = Path(sys.executable).parent
    for command in (
        ["cosmic-ray", "init", "settings.toml", "session.sqlite"],
        ["cr-filter-operators", "session.sqlite", "settings.toml"],
        ["cosmic-ray", "exec", "settings.toml", "session.sqlite"],
    ):
        subprocess.run([tools / command[0], *command[1:]], cwd=folder, check=True)
    with sqlite3.connect(folder / "session.sqlite") as session:
        outcomes = session.execute(
            "SELECT module_path, test_outcome, diff FROM mutation_specs JOIN work_results USING (job_id)"
            " WHERE worker_outcome = 'NORMAL'"
        ).fetchall()
    print(dict(Counter(outcome for _, outcome, _ in outcomes)))
    for path, outcome, difference in outcomes:
        if outcome == "SURVIVED":
            changed = [line for line in difference.splitlines() if re.match(r"[+-](?![+-]{2}).*\S", line)]
            before = " ".join(line[1:].strip() for line in changed if line[0] == "-")
            after = " ".join(line[1:].strip() for line in changed if line[0] == "+")
            yield path.removeprefix("registry/"), before, after


def main() -> int:
    """Change both parts, and say what survived."""
    unknown = 0
    for name, subject in SUBJECTS.items():
        print(f"\n{name}")
        with tempfile.TemporaryDirectory() as folder:
            for file, before, after in sorted(survivors(subject, Path(folder))):
                reason = reason_of(file, before)
                unknown += reason is None
                print(f"{file}\n  - {before}\n  + {after}\n  {reason or 'NOT KNOWN'}")
    return 1 if unknown else 0


if __name__ == "__main__":
    raise SystemExit(main())
