"""What somebody at a terminal is told of a migration."""

import shlex
from collections.abc import Iterable, Sequence
from itertools import islice

from registry.cli.migration.comparing import MOST_DIFFERENCES, SAYINGS, Comparison
from registry.cli.migration.ends import End
from registry.cli.migration.planning import MOST_OBSTACLES, Obstacle, Plan, Section
from registry.cli.output import counted, on_one_line, safe, write
from registry.cli.token import TOKENS_FILE
from registry.cli.transfer.applying import Done
from registry.errors import DiagnosticError, DuplicateEntryError, ValidationError
from registry.names import quote
from registry.revisions import StoreLimits, Token

MOST_LINES = 20
"""So many namespaces are listed, and the others counted, where the list was not asked for."""

FIRST = 10
"""So many names are shown of those with which something is wrong."""


def tell_ends(source: End, at: Token, target: End, there: Token | None) -> None:
    """Say what is moved where; the moment of the target is None where it is not there yet."""
    write(f"From {source.shown} at {at}")
    write(f"To   {target.shown}{', which is made' if there is None else f' at {there}'}")
    if there is not None and at.epoch == there.epoch:
        write("Both have the same epoch: they are one store, or one is a copy of the other.", "stderr")


def tell_plan(plan: Plan, limits: StoreLimits, prune: bool, *, is_all: bool) -> None:
    """Say what will be done to each namespace."""
    if not plan.sections:
        write("The source has no namespaces, or none that may be seen.", "stderr")
        return
    listed = plan.sections if is_all else plan.sections[:MOST_LINES]
    for section in listed:
        write(on_one_line(f"  {section.namespace}: {_outlook(section, prune)}"))
    if len(listed) < len(plan.sections):
        write(f"  and {len(plan.sections) - len(listed):,} more; --dry-run lists them all")
    total = f"{counted(plan.records, 'record')} in {counted(len(plan.sections), 'namespace')}"
    if plan.changes:
        write(f"{total}; {plan.changes:,} to be written{_parts(plan, limits)}.")
    else:
        write(f"{total}; nothing to be written.")


def tell_alone(namespaces: Sequence[str], prune: bool) -> None:
    """Say which namespaces the target alone has, of which nothing is removed: others may have put them there."""
    if namespaces:
        named = ", ".join([*map(quote, namespaces[:FIRST]), *(["..."] if len(namespaces) > FIRST else [])])
        left = " To remove what is in one, choose it with --namespace." if prune else ""
        write(safe(f"{counted(len(namespaces), 'namespace')} only at the target, left there: {named}.{left}"), "stderr")


def _parts(plan: Plan, limits: StoreLimits) -> str:
    if all(section.outlook.parts <= 1 for section in plan.sections):
        return ""
    most = f"{counted(limits.changes, 'change')} or {limits.size:,} bytes"
    return f" in about {plan.parts:,} parts, since the target takes {most} at once"


def _outlook(section: Section, prune: bool) -> str:
    alone = len(section.only_there)
    if not alone:
        return str(section.outlook)
    return f"{section.outlook}, {alone:,} only at the target, {'removed' if prune else 'left there'}"


def tell_rest(source: End, target: End) -> None:
    """Say what stays behind."""
    tokens = f", in {TOKENS_FILE} as a rule: a server over the target takes the same"
    write("What does not move:")
    write("  revisions and tokens: the target gives its own, of another epoch")
    write("  when and by whom records were written, what they were before, and the ids of operations")
    write(f"  access tokens, which are in a file of their own{'' if target.is_server else tokens}")
    if source.is_server:
        write("  namespaces that the token for the source cannot see")


def tell_interruption(written: int, total: int) -> None:
    """Say how far it came before it ended."""
    if written:
        write(
            f"At least {written:,} of {counted(total, 'record')} were written before this. To go on, run the same"
            " command again: what is there already costs nothing.",
            "stderr",
        )


def tell_done(done: Done, removed: Done) -> None:
    """Say what was written."""
    for verb, what in (("Wrote", done), ("Removed", removed)):
        if what.parts:
            number = counted(sum(what.written.values()), "record")
            write(f"{verb} {number} in {counted(what.parts, 'part')}.")


def tell_sameness(found: Comparison, before: Token) -> None:
    """Say that the target has what the source has."""
    number = f"{counted(found.compared, 'record')} in {counted(found.namespaces, 'namespace')}"
    when = f"has at {found.until}" if found.at == found.until else f"had between {found.at} and {found.until}"
    kept = f" {found.kept:,} more were not compared, since the target keeps its own." if found.kept else ""
    write(f"Verified: {number} were read back, and are what the source {when}.{kept}")
    if found.until != before:
        write(
            f"The source was written to meanwhile: it was at {before} and is at {found.until} now. Stop what writes"
            " there, and run the same command again before the target takes its place.",
            "stderr",
        )


def tell_next(target: End) -> None:
    """Say what to do with the target."""
    if target.is_server:
        write(f"Next: let clients use {target.shown}.")
    else:
        write(f"Next: registry serve --store {shlex.quote(target.shown)}")


def difference_error(found: Comparison, before: Token) -> ValidationError:
    """The error for stores that differ; the first differences are shown here."""
    _first(f"{quote(one.name)} in {quote(one.namespace)} {SAYINGS[one.kind]}" for one in found.differences)
    number = len(found.differences)
    moved = found.until != before
    options = {"other": "--on-conflict replace", "alone": "--prune"}
    needed = " and ".join(option for kind, option in options.items() if kind in found.kinds())
    again = f"run the same command again{f' with {needed}' if needed else ''}: only what differs is written"
    return ValidationError(
        f"The target differs from the source in {_at_least(number, MOST_DIFFERENCES)}{counted(number, 'record')}, of"
        f" {found.compared:,} that were compared: "
        + (
            f"the source was written to meanwhile, and went from {before} to {found.until}."
            if moved
            else f"the source is still at {before}, so that somebody else writes to the target, or it lost something."
        ),
        suggestions=[f"Stop what writes {'there' if moved else 'to the target'}, and {again}."],
        context={
            "differences": number,
            "compared": found.compared,
            "before": str(before),
            "after": str(found.until),
        },
    )


def obstacle_error(obstacles: Sequence[Obstacle]) -> DiagnosticError:
    """The error for records that cannot be moved; the first are shown here."""
    unfit = [one for one in obstacles if one.why is not None]
    if unfit:
        _first(f"{quote(one.name)} in {quote(one.namespace)}: {one.why}" for one in unfit)
        return ValidationError(
            f"The target does not take {_at_least(len(unfit), MOST_OBSTACLES)}{counted(len(unfit), 'record')}."
            " Nothing was written.",
            suggestions=[
                "Register them again at the source, or remove them there; registry doctor finds such records."
            ],
            context={"records": len(unfit)},
        )
    _first(f"{quote(one.name)} in {quote(one.namespace)} is another record there" for one in obstacles)
    number = len(obstacles)
    return DuplicateEntryError(
        f"The target has other records under {_at_least(number, MOST_OBSTACLES)}{counted(number, 'name')}."
        " Nothing was written.",
        suggestions=[
            "Choose with --on-conflict: replace puts those of the source there, keep leaves those of the target.",
            "Choose replace to catch up with a source that was written to since it was migrated.",
        ],
        context={"names": number},
    )


def _first(lines: Iterable[str]) -> None:
    listed = list(islice(lines, FIRST + 1))
    for line in listed[:FIRST]:
        write(safe(f"  {line}"), "stderr")
    if len(listed) > FIRST:
        write("  ...", "stderr")


def _at_least(number: int, most: int) -> str:
    return "at least " if number >= most else ""
