"""Text for a terminal: coloured there, plain elsewhere, and never more than text."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Literal

from registry.errors import ConfigError, DiagnosticError
from registry.names import quote
from registry.problems import Problem, Severity

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

STYLES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "note": "bold blue"}


def console(stream: Literal["stdout", "stderr"] = "stdout") -> "Console":
    """A console that takes text as it is: no markup, no emoji, nothing wrapped, no guessing at what to colour.

    `NO_COLOR` and `FORCE_COLOR` are followed (no-color.org, force-color.org).
    """
    from rich.console import Console

    file: IO[str] = getattr(sys, stream)
    if reconfigure := getattr(file, "reconfigure", None):
        reconfigure(errors="replace")  # a terminal that cannot show a character gets a question mark, not a crash
    return Console(
        file=file,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=True,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        legacy_windows=False,
    )


def safe(text: object) -> str:
    """Text of unknown origin without what a terminal would obey: control, format and half characters.

    >>> safe("a\\x1b[31mb")
    'a\N{REPLACEMENT CHARACTER}[31mb'
    """
    return "".join(
        character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}"
        for character in str(text).expandtabs(4)
    )


LONGEST_LIST = 60
"""Characters of a list that is shown with what is in it."""


def shown(value: object) -> str:
    """A value: quoted, and a short list or tuple of plain values with what is in it.

    >>> shown((0.9, "x"))
    "(0.9, 'x')"
    """
    if isinstance(value, list | tuple) and not any(isinstance(item, dict | list | tuple | set) for item in value):
        start, end = "[]" if isinstance(value, list) else "()"
        text = f"{start}{', '.join(map(quote, value))}{end}"
        if len(text) <= LONGEST_LIST:
            return text
    return quote(value)


def on_one_line(text: object) -> str:
    """The same where no other line may begin."""
    return safe(text).replace("\n", " ")


def problem_text(problem: Problem) -> "Text":
    """A problem as `str()` writes it, in colour."""
    from rich.text import Text

    style = STYLES[problem.severity]
    label = "" if problem.severity == "error" else f"{problem.severity}: "
    where = problem.location
    place = problem.path if where is None else str(where)
    text = Text()
    if place:
        text.append(on_one_line(place), "bold").append(": ")
    text.append(label, style).append(on_one_line(problem.message), "" if label else style)
    hints = [on_one_line(suggestion) for suggestion in problem.suggestions]
    if where is None or not where.excerpt:
        for hint in hints:
            text.append("\n  ").append(hint, "cyan")
        return text
    gutter = f"  {where.line} | "
    margin = "\n" + " " * (len(gutter) - 2) + "| "
    shown, carets = where.caret_line()
    text.append("\n").append(gutter, "dim").append(shown)
    text.append(margin, "dim").append(" " * carets.count(" ")).append(carets.strip(), style)
    for number, hint in enumerate(hints):
        if number:
            text.append(margin, "dim").append(" " * len(carets))
        text.append(" ").append(hint, "cyan")
    return text


def error_text(error: DiagnosticError) -> "Text":
    """An error as its message, its suggestions and its problems."""
    from rich.text import Text

    text = Text().append("error: ", "bold red").append(safe(error.message), "bold")
    for suggestion in error.suggestions:
        text.append("\n  ").append(safe(suggestion), "cyan")
    for problem in error.problems if isinstance(error, ConfigError) else ():
        text.append("\n").append_text(problem_text(problem))
    return text


def counted(number: int, word: str, words: str = "") -> str:
    """A number and its word: `1 file`, `2 files`; `words` is the plural where an s does not make it."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {words or f'{word}s'}"


def moment(seconds: float) -> str:
    """A time in seconds since 1970-01-01 UTC, as the clock here shows it."""
    from datetime import datetime

    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, OSError, ValueError):  # what another machine wrote need not be a time
        return str(seconds)


def summary(problems: Sequence[Problem], files: int) -> str:
    """One line that says how it went."""
    words = {"error": "mistake", "warning": "warning", "note": "note"}
    counts = {word: sum(problem.severity == severity for problem in problems) for severity, word in words.items()}
    found = [counted(number, word) for word, number in counts.items() if number]
    return f"{', '.join(found) or 'No mistakes'} in {counted(files, 'file')}."


def with_progress(files: Sequence[str], enough: int = 20) -> Iterator[str]:
    """The files one by one, with a bar on stderr where somebody sees it and there are enough to wait for."""
    if len(files) < enough or not sys.stderr.isatty():
        yield from files
        return
    from rich.progress import track

    yield from track(files, description="Checking", console=console("stderr"), transient=True)


@contextmanager
def progress(description: str, total: int, enough: int = 1) -> Iterator[Callable[[int], None]]:
    """Gives what moves a bar on stderr by so much; there is none where nobody sees it or there is little to do."""
    if total < enough or not sys.stderr.isatty():
        yield lambda by: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console("stderr"), transient=True) as bar:
        task = bar.add_task(safe(description), total=total)
        yield lambda by: bar.advance(task, by)


def write(content: "RenderableType", stream: Literal["stdout", "stderr"] = "stdout") -> None:
    """Print text, a table or a tree."""
    console(stream).print(content)
