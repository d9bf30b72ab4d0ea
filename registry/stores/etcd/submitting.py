"""Makes submissions, each as one transaction that happens once."""

import time
from collections.abc import Sequence
from typing import Any

import attrs

from registry.errors import AccessDeniedError, DiagnosticError, OperationalError, UnknownOutcomeError
from registry.revisions import ANYTHING, NOTHING_THERE, Change, Stored, Token
from registry.stores.etcd.engine import Engine, Epoch
from registry.stores.etcd.failures import foreign, unsettled
from registry.stores.etcd.gateway import (
    TXN,
    KeyValue,
    Part,
    delete,
    fetch,
    is_at,
    is_missing,
    is_there,
    put,
    transaction,
)
from registry.stores.etcd.layout import Layout, is_mark, read_record, read_value, record_value, written
from registry.stores.submission import Submission, objection, reused
from registry.stores.transport.dialect import is_final
from registry.stores.transport.failures import unknown
from registry.stores.transport.requests import Answer, Request

_TRIES = 10
_NEVER = -1
_NO_ANSWER = (OperationalError, AccessDeniedError)


def submit(engine: Engine, submission: Submission) -> Token:
    """Make a submission, or find that it was made.

    A request whose answer is lost is sent again, and the transaction that finds the operation's id does nothing. If the
    second one is refused, the first may still be on its way: the id is then taken by a mark, and it will never happen.

    Raises:
        DiagnosticError: What speaks against it.
        UnknownOutcomeError: It may have happened.
        StoreError, RemoteError: The cluster cannot do it.
    """
    doubt = _Doubt()
    try:
        return _submit(engine, submission, doubt)
    except _NO_ANSWER as error:
        if doubt.answer is None or isinstance(error, UnknownOutcomeError):
            raise
        raise unknown(submission.operation, doubt.answer.address, error) from error


@attrs.define
class _Doubt:
    """The answer after which it is no longer certain that nothing has happened."""

    answer: Answer | None = None


def _submit(engine: Engine, submission: Submission, doubt: _Doubt) -> Token:
    layout = engine.layout
    key = layout.operation(submission.operation)
    compared = [change for change in submission.changes if change.record is None or change.expect is not ANYTHING]
    pinned = frozenset(change.name for change in compared if isinstance(change.expect, Token))
    marked = 0  # the revision of a mark that an earlier submission of this id left
    for _ in range(_TRIES):
        epoch = engine.epoch
        known = engine.known
        body = transaction(
            [
                is_at(key, marked),
                is_at(layout.epoch, epoch.revision),
                *(_comparison(layout, submission.namespace, change, epoch) for change in compared),
            ],
            _operations(layout, submission),
            [
                fetch(key),
                fetch(layout.epoch),
                *(fetch(layout.record(submission.namespace, change.name)) for change in compared),
            ],
        )
        request = Request(TXN, body, submission.operation, pinned, limit=64 << 20)
        outcome, answer = engine.ask(request, pages=2 + len(compared))
        if outcome.has_succeeded or answer.is_repeated:
            doubt.answer = answer
        if outcome.has_succeeded:
            if engine.confirm(epoch, outcome, known[1]):
                return Token(epoch.name, outcome.revision)
            continue  # and find it in the new epoch
        made, key_of_epoch, *current = (page.only for page in outcome.pages)
        now = engine.settle(key_of_epoch, outcome, known)
        if now is None:
            continue
        if made is not None:
            if not is_mark(made):
                return _made_before(made, submission, now)
            marked = made.modified
        refusal = _refusal(layout, submission, compared, current, now)
        if refusal is not None:
            if doubt.answer is not None and not is_final(refusal, pinned):
                return _settled(engine, submission, marked, doubt.answer, refusal)
            raise refusal
    raise unsettled(layout.prefix)


def _comparison(layout: Layout, namespace: str, change: Change, epoch: Epoch) -> Part:
    key, expect = layout.record(namespace, change.name), change.expect
    if isinstance(expect, Token):
        is_possible = expect.epoch == epoch.name and expect.revision > 0  # 0 would mean that nothing is there
        return is_at(key, expect.revision if is_possible else _NEVER)
    if expect is not NOTHING_THERE:
        return is_there(key)
    return is_missing(key) if change.record is not None else is_at(key, _NEVER)  # what is not there cannot be removed


def _operations(layout: Layout, submission: Submission) -> list[Part]:
    now, namespace, author = time.time(), submission.namespace, submission.author
    digest = submission.digest.hex()
    parts = [
        put(layout.operation(submission.operation), written([namespace, digest, now])),
        put(layout.last, written(namespace)),
    ]
    removed = [change.name for change in submission.changes if change.record is None]
    if removed:
        parts.append(put(layout.removal(namespace), written([now, author, removed])))
    for change in submission.changes:
        key = layout.record(namespace, change.name)
        parts.append(delete(key) if change.record is None else put(key, record_value(change.record, now, author)))
    return parts


def _made_before(made: KeyValue, submission: Submission, epoch: Epoch) -> Token:
    if operation_of(made)[1] != submission.digest.hex():
        raise reused(submission.operation)
    return epoch.token(made.modified)


def operation_of(made: KeyValue) -> tuple[str, str]:
    """The namespace and the digest of a submission that was made.

    Raises:
        StoreError: The key does not say.
    """
    value: Any = read_value(made)
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], str):
        return value[0], value[1]
    raise foreign(made.key)


def _refusal(
    layout: Layout,
    submission: Submission,
    compared: Sequence[Change],
    current: Sequence[KeyValue | None],
    epoch: Epoch,
) -> DiagnosticError | None:
    """What speaks against a submission, with what is there."""
    for change, item in zip(compared, current, strict=True):
        stored: Stored | None = None
        if item is not None:
            stored = read_record(change.name, item.key, item.value, item.modified)
        refused = objection(submission.namespace, change, stored, epoch.name)
        if refused is not None:
            return refused
    return None


def _settled(engine: Engine, submission: Submission, marked: int, answer: Answer, refusal: DiagnosticError) -> Token:
    """Mark the id of a submission that was refused, so that an earlier request for it does nothing if it still comes.

    Returns:
        Its moment, if that came first.

    Raises:
        DiagnosticError: The refusal, now for certain.
        UnknownOutcomeError: The mark could not be made.
    """
    key = engine.layout.operation(submission.operation)
    body = transaction([is_at(key, marked)], [put(key, written(time.time()))], [fetch(key)])
    try:
        outcome, _ = engine.ask(Request(TXN, body, submission.operation), pages=1)
        made = None if outcome.has_succeeded else outcome.pages[0].only
        if made is not None and not is_mark(made):
            return _made_before(made, submission, engine.epoch)
    except _NO_ANSWER as error:
        raise unknown(submission.operation, answer.address, error) from error
    raise refusal
