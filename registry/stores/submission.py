"""What was submitted to a store: checked, with the digest by which it is known again."""

import re
from collections.abc import Sequence
from hashlib import blake2b

import attrs

from registry.errors import (
    DiagnosticError,
    EntryNotFoundError,
    InvalidNameError,
    OperationReusedError,
    RevisionConflictError,
    TooLargeError,
    ValidationError,
)
from registry.names import check_name, check_namespace, quote
from registry.revisions import NOTHING_THERE, Change, Expect, Retention, Stored, StoreLimits, Token, described

LIMITS = StoreLimits(changes=10_000, size=16 << 20)
"""What one submission to a store of this machine may hold."""

RETENTION = Retention()
"""For how long such a store keeps its log, unless it is told."""

_EXPECTED = {expect: expect.value for expect in Expect}  # an attribute of an enum's member is slow

_OPERATION = re.compile(r"[!-~]{1,64}", re.ASCII)


@attrs.define(eq=False)
class Submission:
    """Changes that can be stored, as far as they can be judged without looking at what is there.

    Attributes:
        namespace: Where.
        changes: What.
        operation: The id that the caller gave it.
        author: Who asks.
        digest: Of everything that the same operation must repeat.
        size: Bytes of names and records together.
    """

    namespace: str
    changes: Sequence[Change]
    operation: str
    author: str
    digest: bytes
    size: int


def check_submission(
    namespace: str, changes: Sequence[Change], operation: str, author: str, limits: StoreLimits
) -> Submission:
    """The submission, if it can be stored at all.

    Raises:
        InvalidNameError: The namespace or a name is none.
        TooLargeError: It is more than the limits allow.
        ValidationError: It is malformed.
    """
    check_namespace(namespace)
    if not isinstance(operation, str) or _OPERATION.fullmatch(operation) is None:
        raise ValidationError(
            f"{quote(operation)} cannot be the id of an operation.",
            suggestions=["Use 1 to 64 printable ASCII characters without spaces, such as uuid4().hex."],
        )
    if author != "":
        _check_author(author)
    if len(changes) > limits.changes:
        raise too_large(f"{len(changes)} changes", f"{limits.changes} changes", limits)
    listed, size = [], 0
    # No name holds a NUL, and what may hold one is preceded by its length.
    parts = [f"{namespace}\0".encode()]
    for change in changes:
        name, record, expect = change.name, change.record, change.expect
        check_name(name)
        if type(name) is not str:
            name = _plain(name)
            change = attrs.evolve(change, name=name)
        if isinstance(expect, Token):
            expected = str(expect)
        elif isinstance(expect, Expect):
            expected = _EXPECTED[expect]
        else:
            raise _unexpected(change)
        size += len(name) if name.isascii() else len(name.encode())
        if record is None:
            parts.append(f"{name}\0{expected}\0-".encode())
        elif type(record) is bytes:
            size += len(record)
            parts.append(f"{name}\0{expected}\0{len(record)}:".encode())
            parts.append(record)
        else:
            raise _no_record(change)
        if size > limits.size:
            raise too_large(f"more than {limits.size} bytes", f"{limits.size} bytes", limits)
        listed.append(change)
    if len(listed) != 1 and (not listed or len({change.name for change in listed}) != len(listed)):
        raise _malformed(namespace, listed)
    digest = blake2b(b"".join(parts), digest_size=16).digest()
    return Submission(str.__str__(namespace), listed, operation, author, digest, size)


def check_key(namespace: str, name: str) -> None:
    """Refuse what cannot be where a record is.

    Raises:
        InvalidNameError: The namespace or the name is none.
    """
    check_namespace(namespace)
    check_name(_plain(name))


def _plain(name: object) -> str:
    if not isinstance(name, str):
        raise InvalidNameError(
            f"{quote(name)} cannot be a name in a store: it is not text.",
            suggestions=["Use a string as the name of what other processes shall see."],
        )
    return str.__str__(name)  # the members of some enums are strings, and hash differently


def _check_author(author: object) -> None:
    if isinstance(author, str):
        try:
            if len(author.encode()) <= 255:
                return
        except UnicodeEncodeError:
            pass
    raise ValidationError(
        f"{quote(author)} cannot be the author of a change.", suggestions=["Use text of at most 255 bytes of UTF-8."]
    )


def _no_record(change: Change) -> ValidationError:
    return ValidationError(
        f"The record for {quote(change.name)} is a {type(change.record).__name__}.",
        suggestions=["Pass bytes, or None to remove the name."],
    )


def _unexpected(change: Change) -> ValidationError:
    return ValidationError(
        f"{quote(change.expect)} is nothing that a change of {quote(change.name)} can expect.",
        suggestions=["Use ANYTHING, NOTHING_THERE, or the token of the revision that was read."],
    )


def _malformed(namespace: str, changes: Sequence[Change]) -> ValidationError:
    if not changes:
        return ValidationError(
            f"A submission to {quote(namespace)} holds no change.", suggestions=["Submit at least one change."]
        )
    names = [change.name for change in changes]
    twice = next(name for position, name in enumerate(names) if name in names[:position])
    return ValidationError(
        f"A submission to {quote(namespace)} changes {quote(twice)} twice.",
        suggestions=["Keep the last change of each name."],
        context={"name": twice},
    )


def too_large(what: str, limit: str, limits: StoreLimits) -> TooLargeError:
    """The error for a submission that is more than a store takes at once."""
    return TooLargeError(
        f"A submission holds {what}, and this store takes {limit} at once.",
        suggestions=["Submit it in parts; each of them is made as a whole."],
        context={"changes": limits.changes, "size": limits.size},
    )


def reused(operation: str) -> OperationReusedError:
    """The error for an operation that is not the one which had this id first."""
    return OperationReusedError(
        f"The operation {quote(operation)} was already used for another change.",
        suggestions=["Use a new id for every change; repeat one only with the same changes."],
        context={"operation": operation},
    )


def objection(namespace: str, change: Change, current: Stored | None, epoch: str) -> DiagnosticError | None:
    """Why a change cannot be made to what is there, None if it can.

    Args:
        namespace: Where.
        change: What is asked.
        current: What is there, None for nothing.
        epoch: The epoch of the store.
    """
    expected = change.expect
    if expected is NOTHING_THERE and current is not None:
        why = "is there already"
    elif isinstance(expected, Token) and (current is None or expected != Token(epoch, current.revision)):
        why = f"is no longer what it was at {expected}"
    elif change.record is None and current is None:
        return EntryNotFoundError(
            f"There is no {quote(change.name)} in {quote(namespace)} to remove.",
            suggestions=["Check the name; somebody else may have removed it."],
            context={"namespace": namespace, "name": change.name},
        )
    else:
        return None
    return RevisionConflictError(
        f"{quote(change.name)} in {quote(namespace)} {why}{_winner(current)}.",
        suggestions=["Read what is there now, and decide again."],
        context={"namespace": namespace, "name": change.name, "current": described(current, epoch)},
    )


def _winner(current: Stored | None) -> str:
    if current is None:
        return ": it was removed, or never there"
    author = f" by {quote(current.author)}" if current.author else ""
    return f": revision {current.revision} was written{author}"
