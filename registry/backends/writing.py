"""Writes entries of this process to a shared namespace: as records, each only where it stands for something new."""

import time
from collections.abc import Mapping
from concurrent.futures import CancelledError
from typing import Any
from uuid import uuid4

import attrs

from registry.backends.link import Link, stored_of
from registry.errors import (
    DiagnosticError,
    EntryNotFoundError,
    RemoteError,
    RevisionConflictError,
    UnknownOutcomeError,
    ValidationError,
)
from registry.model import Entry
from registry.names import quote
from registry.records import Record, record_of, same_record
from registry.revisions import NOTHING_THERE, Change, Expect, Token
from registry.store_protocol import Store

Entries = Mapping[Any, Entry[Any] | None]


@attrs.define
class Plan:
    """What a write comes to.

    Attributes:
        changes: What the store has to be told.
        written: The entries among them with their records.
        known: Entries whose record is there already, each with the entry that has it.
        records: The records of all these entries.
    """

    changes: list[Change] = attrs.field(factory=list)
    written: list[tuple[Entry[Any], bytes]] = attrs.field(factory=list)
    known: list[tuple[Entry[Any], Entry[Any]]] = attrs.field(factory=list)
    records: list[tuple[Entry[Any], Record]] = attrs.field(factory=list)


def exchange(link: Link, before: Entries, after: Entries, timeout: float) -> bool:
    """Make all of the changes if every name still holds what it has in `before`; whether it was done."""
    deadline = time.monotonic() + timeout
    epoch = link.epoch()
    if epoch is not None and not all(link.stands(before.get(name), name) for name in after):
        return False
    plan = plan_of(link, before, after)
    if plan.changes:
        if epoch is None and any(before.get(change.name) is not None for change in plan.changes):
            epoch = link.store.token().epoch
        expecting = [
            attrs.evolve(change, expect=_expected(before.get(change.name), epoch or "")) for change in plan.changes
        ]
        try:
            token = submit(link.store, link.receiver.namespace, expecting, deadline)
        except (RevisionConflictError, EntryNotFoundError) as error:
            see_winner(link, error, deadline)
            return False
        done(link, plan, token, deadline)
        return True
    return hand_out_known(link, plan)


def plan_of(link: Link, before: Entries, after: Entries) -> Plan:
    """What has to be written, with nothing expected yet.

    Raises:
        NotShareableError: No record can hold one of the entries.
    """
    plan = Plan()
    converter, schema = link.receiver.converter, link.receiver.schema
    for name, entry in after.items():
        held = before.get(name)
        if entry is None:
            if held is not None:
                plan.changes.append(Change(name, None))
            continue
        if entry.name != name:
            raise ValidationError(
                f"{quote(name)} cannot hold the entry {quote(entry.name)}.",
                suggestions=[f"Put it under its own name, {quote(entry.name)}."],
            )
        if held is not None:
            brief = record_of(entry, converter=converter, schema=schema, brief=True)
            if _holds(held, brief):
                plan.known.append((entry, held))
                plan.records.append((entry, brief))
                continue
        record = record_of(entry, converter=converter, schema=schema)
        data = record.to_bytes()
        plan.changes.append(Change(name, data))
        plan.written.append((entry, data))
        plan.records.append((entry, record))
    return plan


def done(link: Link, plan: Plan, token: Token, deadline: float) -> None:
    """Have this process see what was written."""
    _trust(link, plan)
    link.freshness.reach(token, deadline)
    for entry, record in plan.written:
        link.put(entry, record, token)
    hand_out_known(link, plan)


def hand_out_known(link: Link, plan: Plan) -> bool:
    """Hand out the live artifacts of records that are there already; whether they still are."""
    _trust(link, plan)
    done = [link.hand_out(held, entry) for entry, held in plan.known]
    return all(done)


def submit(store: Store, namespace: str, changes: list[Change], deadline: float) -> Token:
    """Make changes, and wait until they are durable.

    Raises:
        UnknownOutcomeError: There was no answer in time.
    """
    operation = uuid4().hex
    answer = store.submit(namespace, changes, operation=operation)
    try:
        return answer.result(max(0.0, deadline - time.monotonic()))
    except CancelledError as error:
        raise RemoteError(f"The write {quote(operation)} was given up before it was made.") from error
    except TimeoutError as error:
        if answer.done() and isinstance(answer.exception(), TimeoutError):
            raise
        if answer.cancel():
            raise RemoteError(
                f"The store of {quote(namespace)} did not get to the write in time; nothing was written.",
                suggestions=["Try again, or raise 'timeout'."],
                context={"namespace": namespace, "operation": operation},
            ) from error
        raise UnknownOutcomeError(
            f"The write {quote(operation)} to {quote(namespace)} was not answered in time, and may have been made.",
            suggestions=["Look at what is there now, and try again."],
            context={"namespace": namespace, "operation": operation},
        ) from error


def _expected(before: Entry[Any] | None, epoch: str) -> Expect | Token:
    return NOTHING_THERE if before is None else Token(epoch, stored_of(before).revision)


def _holds(held: Entry[Any], record: Record) -> bool:
    try:
        return same_record(record, held.received.record)
    except ValidationError:  # what is there cannot be used, and is written anew
        return False


def _trust(link: Link, plan: Plan) -> None:
    """Allow what this process registered itself; what it only passes on is not its own."""
    for entry, record in plan.records:
        if entry.received is None:
            for reference in (record.reference, record.type):
                if reference is not None:
                    link.receiver.policy.trust(reference)


def see_winner(link: Link, error: DiagnosticError, deadline: float) -> None:
    """Have the next look-up here see what somebody else wrote, which made the store refuse a write."""
    current = error.context.get("current")
    try:
        token = Token.parse(current["token"]) if isinstance(current, dict) else link.store.token()
    except (DiagnosticError, KeyError):
        link.freshness.put_aside()
    else:
        link.freshness.reach(token, deadline)


__all__ = ["Entries", "done", "exchange", "hand_out_known", "plan_of", "see_winner", "submit"]
