"""Does what was planned, in parts."""

from collections.abc import Callable
from uuid import uuid4

from registry.cli.migration.planning import Plan, Section
from registry.cli.migration.spool import Spool
from registry.cli.transfer.applying import PATIENCE, Conflict, Done, Parts, Target, write_items
from registry.errors import DiagnosticError, RemoteError, RevisionConflictError
from registry.names import quote
from registry.revisions import Change, Token
from registry.store_protocol import Store


def write_records(
    target: Store, plan: Plan, spool: Spool, on_conflict: Conflict, done: Done, advance: Callable[[int], None]
) -> None:
    """Write what has to be written.

    Args:
        target: Where.
        plan: What.
        spool: Has the records.
        on_conflict: What to do about a name that somebody wrote since it was planned.
        done: Says how far it came, also after an error.
        advance: Is told of each part's number of records.

    Raises:
        RevisionConflictError: Somebody wrote one of the names meanwhile, and conflicts are errors.
        DiagnosticError: The store failed.
    """
    for section in plan.sections:
        if section.start == section.end:
            continue
        namespace = section.namespace
        try:
            there = Target(target, namespace, on_conflict)
            write_items(target, there, spool.items(namespace, section.start, section.end), done, advance)
        except RevisionConflictError as error:
            raise _meanwhile(error) from error


def remove_records(target: Store, plan: Plan, spool: Spool, done: Done, advance: Callable[[int], None]) -> None:
    """Remove what the target alone has, as it was when it was planned; arguments and errors as above."""
    for section in plan.sections:
        part: list[Change] = []
        parts = Parts(target.limits)
        for name, revision in section.only_there.items():
            if parts.begins(spool.item(section.namespace, name, b"", False)) and part:
                _remove(target, section, part, done)
                advance(len(part))
                part = []
            part.append(Change(name, None, Token(section.epoch, revision)))
        if part:
            _remove(target, section, part, done)
            advance(len(part))
        section.only_there = {}


def _remove(target: Store, section: Section, changes: list[Change], done: Done) -> None:
    operation = uuid4().hex
    try:
        target.submit(section.namespace, changes, operation=operation).result(PATIENCE)
    except RevisionConflictError as error:
        raise _meanwhile(error) from error
    except TimeoutError as error:
        raise RemoteError(
            f"The target did not answer within {PATIENCE:.0f} seconds.", context={"operation": operation}
        ) from error
    done.add(section.namespace, len(changes))


def _meanwhile(error: DiagnosticError) -> RevisionConflictError:
    name, namespace = error.context.get("name"), error.context.get("namespace")
    return RevisionConflictError(
        f"{quote(name)} in {quote(namespace)} was written at the target by somebody else meanwhile.",
        suggestions=["Let nobody write to the target until everything is there, and run the same command again."],
        context=error.context,
    )
