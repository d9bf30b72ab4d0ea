"""`registry import`."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NoReturn

import attrs
import click

from registry.cli.output import counted, problem_text, progress, safe, write
from registry.cli.transfer.applying import Conflict, Done, Parts, Target, write_items
from registry.cli.transfer.reading import Source, open_source
from registry.cli.transfer.shape import Item, Report, Section
from registry.cli.transfer.writing import FORMS, form_of
from registry.cli.where import Where, where_options
from registry.errors import OperationalError
from registry.names import check_namespace, quote
from registry.problems import Problem
from registry.store_protocol import Store

MOST_PROBLEMS = 100
"""After so many mistakes the rest of a file is not looked at."""


@attrs.define
class Outlook:
    """What an import will do to one namespace: records by what becomes of them."""

    new: int = 0
    same: int = 0
    replace: int = 0
    keep: int = 0
    conflict: int = 0
    parts: int = 0

    @property
    def changes(self) -> int:
        """How many records have to be written."""
        return self.new + self.replace

    def __str__(self) -> str:
        words = {"new": self.new, "replaced": self.replace, "kept as there": self.keep, "there already": self.same}
        return ", ".join(f"{number:,} {word}" for word, number in words.items() if number) or "nothing"


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@where_options
@click.option("--namespace", "-n", "into", metavar="NAME", help="Import into this one, whatever the file calls it.")
@click.option(
    "--on-conflict",
    type=click.Choice(["error", "replace", "keep"]),
    default="error",
    help="What to do about a name that is there with another record; by default nothing is imported then.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--format", "form", type=click.Choice(list(FORMS)), help="By default the file's suffix says it.")
def import_(file: str, where: Where, into: str | None, on_conflict: Conflict, dry_run: bool, form: str | None) -> None:
    """Bring the records of an export into a server or store.

    The whole file is checked first; what is wrong in it is shown as file:line:column, and nothing is written then. A
    record that is there already costs nothing, so an import that was interrupted is simply started again. What is there
    and not in the file stays.
    """
    if file == "-" and where.token_file == "-":
        raise click.UsageError("Either the export or the token can come from stdin.")
    if into is not None:
        check_namespace(into)
    name = "<stdin>" if file == "-" else file
    with _rereadable(file) as stream, where.opened(create=not dry_run, imagine=dry_run) as store:
        run = _Import(store, open_source(stream, name, form_of(file, form)), name, into, on_conflict)
        run.check()
        run.announce(dry_run)
        if not dry_run:
            run.write()


class _Import:
    """One import: what it found out, and how far it came."""

    def __init__(self, store: Store, source: Source, name: str, into: str | None, on_conflict: Conflict) -> None:
        self._store = store
        self._source = source
        self._name = name
        self._into = into
        self._on_conflict: Conflict = on_conflict
        self._targets: dict[str, Target] = {}
        self._outlook: dict[str, Outlook] = {}
        self._mistakes = 0

    def check(self) -> None:
        """Look through the whole file, and at what is there.

        Raises:
            SystemExit: There are mistakes; they have been shown.
        """
        parts: dict[str, Parts] = {}
        with progress("Checking", self._source.size, 1_000_000) as advance:
            before = 0
            for item in self._items(self._report):
                target, outlook = self._targets[item.namespace], self._outlook[item.namespace]
                verdict = target.verdict(item)
                setattr(outlook, verdict, getattr(outlook, verdict) + 1)
                if verdict == "conflict":
                    self._report(_conflict(item))
                elif verdict in ("new", "replace"):
                    counter = parts.setdefault(item.namespace, Parts(self._store.limits))
                    outlook.parts += counter.begins(item)
                advance(self._source.position - before)
                before = self._source.position
        if self._mistakes:
            write(safe(f"{counted(self._mistakes, 'mistake')} in {self._name}. Nothing was imported."), "stderr")
            raise SystemExit(1)

    def announce(self, dry_run: bool) -> None:
        """Say what will be done, where that is asked for or is not one step."""
        for namespace, outlook in self._outlook.items():
            if dry_run:
                write(safe(f"{namespace}: {outlook}"))
            if outlook.parts > 1:
                limits = self._store.limits
                most = f"{counted(limits.changes, 'change')} or {limits.size:,} bytes"
                write(
                    safe(
                        f"{namespace}: {counted(outlook.changes, 'record')} in about {outlook.parts:,} parts, since the"
                        f" store takes {most} at once. Others may see some of them before the rest."
                    ),
                    "stderr",
                )

    def write(self) -> None:
        """Write what has to be written, and say what was."""
        done = Done()
        total = sum(outlook.changes for outlook in self._outlook.values())
        try:
            with progress("Importing", total, 1000) as advance:
                for target, items in self._by_namespace():
                    write_items(self._store, target, items, done, advance)
        except BaseException:
            written = sum(done.written.values())
            if written:
                write(
                    safe(
                        f"At least {written:,} of {counted(total, 'record')} were imported before this. To go on, run"
                        " the same command again: what is there already costs nothing."
                    ),
                    "stderr",
                )
            raise
        for namespace, outlook in self._outlook.items():
            write(safe(f"{namespace}: {outlook}"))
        if not self._outlook:
            write("There is nothing in the file to import.", "stderr")

    def _by_namespace(self) -> Iterator[tuple[Target, Iterator[Item]]]:
        items = self._items(_changed_meanwhile)
        pending = next(items, None)
        while pending is not None:
            first = pending
            pending = None

            def same(first: Item = first) -> Iterator[Item]:
                nonlocal pending
                yield first
                for item in items:
                    if item.namespace != first.namespace:
                        pending = item
                        return
                    yield item

            yield self._targets[first.namespace], same()

    def _items(self, report: Report) -> Iterator[Item]:
        """The records, each in the namespace that it goes to."""
        sections = 0
        for found in self._source.items(report):
            namespace = found.namespace if self._into is None else self._into
            if isinstance(found, Section):
                sections += 1
                if self._into is not None and sections > 1:
                    report(
                        found.spot.below("namespace").problem(
                            "This is another namespace, and --namespace can give only one of them another name.",
                            "Export one namespace to a file of its own, or import without --namespace.",
                        )
                    )
                    return
                if namespace not in self._targets:
                    self._targets[namespace] = Target(self._store, namespace, self._on_conflict)
                    self._outlook[namespace] = Outlook()
            else:
                yield found if self._into is None else attrs.evolve(found, namespace=namespace)

    def _report(self, problem: Problem) -> None:
        self._mistakes += 1
        write(problem_text(problem), "stderr")
        if self._mistakes >= MOST_PROBLEMS:
            write(f"There are {MOST_PROBLEMS} mistakes; the rest was not looked at. Nothing was imported.", "stderr")
            raise SystemExit(1)


def _conflict(item: Item) -> Problem:
    return item.key.problem(
        f"{quote(item.name)} is in {quote(item.namespace)} already, with another record.",
        "Choose with --on-conflict: replace puts this one there, keep leaves it out.",
        code="duplicate-entry",
    )


def _changed_meanwhile(problem: Problem) -> NoReturn:
    raise OperationalError(
        f"The file changed while it was imported: {problem.message}", suggestions=["Import a file that stays as it is."]
    )


@contextmanager
def _rereadable(file: str) -> Iterator[IO[bytes]]:
    """The bytes of a file, or of stdin in a temporary one, since they are read twice."""
    import tempfile

    if file != "-":
        try:
            stream = open(file, "rb")  # noqa: SIM115  # closed below, and an error of its user is not one of opening it
        except OSError as error:
            raise OperationalError(f"{quote(file)} cannot be read: {error.strerror}.") from error
        with stream:
            if stream.seekable():
                yield stream
                return
            with tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(stream, copy)
                copy.seek(0)
                yield copy
        return
    with tempfile.SpooledTemporaryFile(1 << 24) as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        yield copy
