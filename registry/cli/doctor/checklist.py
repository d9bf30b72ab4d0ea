"""What a doctor found out, one check after the other."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import attrs

from registry.cli.output import counted, on_one_line
from registry.errors import DiagnosticError, OperationalError

if TYPE_CHECKING:
    from rich.text import Text

Verdict = Literal["ok", "warning", "failed", "skipped"]

STYLES: dict[Verdict, str] = {"ok": "bold green", "warning": "bold yellow", "failed": "bold red", "skipped": "dim"}

MARKS: dict[Verdict, str] = {
    "ok": "\N{CHECK MARK}",
    "warning": "!",
    "failed": "\N{BALLOT X}",
    "skipped": "-",
}

PLAIN_MARKS: dict[Verdict, str] = {"ok": "ok", "warning": "WARN", "failed": "FAIL", "skipped": "skip"}
"""For a terminal that knows ASCII only."""


@attrs.frozen
class Check:
    """One line of the list.

    Attributes:
        subject: What was looked at: a server, a file, a reference.
        name: Which property of it.
        verdict: How it is.
        message: What was found, in half a sentence.
        remedies: What to do about it, as full sentences.
        is_outside: Whether a failure is one of the world outside (exit code 2), not of what was given (1).
    """

    subject: str
    name: str
    verdict: Verdict
    message: str
    remedies: tuple[str, ...] = ()
    is_outside: bool = False


@attrs.frozen
class Subject:
    """Makes checks of one thing."""

    name: str

    def ok(self, name: str, message: str) -> Check:
        """All is well."""
        return Check(self.name, name, "ok", message)

    def warning(self, name: str, message: str, *remedies: str) -> Check:
        """It works, and somebody should know this."""
        return Check(self.name, name, "warning", message, remedies)

    def failed(self, name: str, message: str, *remedies: str, outside: bool = True) -> Check:
        """It does not work."""
        return Check(self.name, name, "failed", message, remedies, outside)

    def refused(self, name: str, error: DiagnosticError) -> Check:
        """It does not work, as an error says."""
        return self.failed(name, error.message, *error.suggestions, outside=isinstance(error, OperationalError))

    def skipped(self, name: str, message: str) -> Check:
        """It was not looked at, or there is nothing to look at."""
        return Check(self.name, name, "skipped", message)


def as_json(checks: Sequence[Check]) -> str:
    """One JSON object: every check, and how many failed."""
    listed = [
        {
            "subject": check.subject,
            "name": check.name,
            "verdict": check.verdict,
            "message": check.message,
            "remedies": list(check.remedies),
        }
        for check in checks
    ]
    return json.dumps(
        {"failed": _count(checks, "failed"), "warnings": _count(checks, "warning"), "checks": listed}, indent=2
    )


def shown(checks: Iterable[Check], write: Callable[["Text"], None]) -> list[Check]:
    """Write the list while it grows, since some checks take their time; gives all of it."""
    from rich.text import Text

    found: list[Check] = []
    subject = None
    marks = _marks()
    for check in checks:
        if check.subject != subject:
            subject = check.subject
            write(Text(("\n" if found else "") + on_one_line(subject), "bold underline"))
        found.append(check)
        write(_line(check, marks))
    return found


def summary(checks: Sequence[Check]) -> str:
    """One line that says how it went."""
    failed, warnings = _count(checks, "failed"), _count(checks, "warning")
    said = [counted(failed, "failure")] if failed else []
    said += [counted(warnings, "warning")] if warnings else []
    return f"{', '.join(said) or 'No failures'} in {counted(len(checks), 'check')}."


def exit_code(checks: Sequence[Check]) -> int:
    """0 without a failure, 2 if one is of the world outside, else 1."""
    failed = [check for check in checks if check.verdict == "failed"]
    return 2 if any(check.is_outside for check in failed) else int(bool(failed))


def _line(check: Check, marks: dict[Verdict, str]) -> "Text":
    from textwrap import wrap

    from rich.text import Text

    width = max(map(len, marks.values()))
    margin = width + 15
    text = Text().append(f"  {marks[check.verdict]:<{width}} ", STYLES[check.verdict])
    dim = "dim" if check.verdict == "skipped" else ""
    text.append(f"{on_one_line(check.name):<11} ", dim or "bold")
    lines = wrap(on_one_line(check.message), _width() - margin, break_on_hyphens=False, break_long_words=False)
    text.append(f"\n{' ' * margin}".join(lines), dim)
    for remedy in check.remedies:
        for line in wrap(on_one_line(remedy), _width() - margin, break_on_hyphens=False, break_long_words=False):
            text.append(f"\n{' ' * margin}").append(line, "cyan")
    return text


def _width() -> int:
    from shutil import get_terminal_size

    return max(60, min(get_terminal_size((80, 24)).columns, 120)) if sys.stdout.isatty() else 100


def _marks() -> dict[Verdict, str]:
    try:
        "".join(MARKS.values()).encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return PLAIN_MARKS
    return MARKS


def _count(checks: Sequence[Check], verdict: Verdict) -> int:
    return sum(check.verdict == verdict for check in checks)
