"""A store in the memory of this process."""

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from secrets import token_hex
from typing import Any, final

import attrs

from registry.errors import DiagnosticError
from registry.names import check_namespace
from registry.revisions import Change, Frame, Operation, Reset, Retention, Snapshot, Stored, StoreLimits, Token
from registry.stores.answer import Answer
from registry.stores.failures import closed
from registry.stores.feed import Feed, LogWatch, gap, too_old
from registry.stores.forks import tell_of_forks
from registry.stores.submission import LIMITS, RETENTION, Submission, check_key, check_submission, objection, reused

AT_ONCE = 256
"""Most frames that a watch takes from the log in one go."""

_EMPTY: dict[str, Stored] = {}


@attrs.frozen
class _Done:
    frame: Frame
    time: float
    operation: str
    digest: bytes


@final
class MemoryStore:
    """Records in dicts, for tests and throw-away servers: what it holds ends with the process.

    A forked child goes on with a copy of its own, under the same epoch.

    Args:
        retention: For how long the log and operations are kept.
        limits: How much one submission may hold.
    """

    def __init__(self, *, retention: Retention = RETENTION, limits: StoreLimits = LIMITS) -> None:
        self._retention = retention
        self._limits = limits
        self._epoch = token_hex(8)
        self._revision = 0
        # Its holder may take it again: a record that is replaced may end here, and run a finalizer.
        self._lock = threading.RLock()
        self._spaces: dict[str, dict[str, Stored]] = {}
        self._log: list[_Done] = []
        self._forgotten = 0  # how many of the log's first items are only waiting to be cut off
        self._operations: dict[str, _Done] = {}
        self._feed = Feed()
        self._closed = False
        tell_of_forks(self)

    @property
    def limits(self) -> StoreLimits:
        """How much one submission may hold."""
        return self._limits

    @property
    def retention(self) -> Retention:
        """For how long the log and operations are kept."""
        return self._retention

    @property
    def pending(self) -> int:
        """None: a submission is done when `submit` returns."""
        return 0

    def token(self) -> Token:
        """The newest moment."""
        self._check_open()
        return Token(self._epoch, self._revision)

    def get(self, namespace: str, name: str, /) -> Stored | None:
        """What is under a name."""
        self._check_open()
        check_key(namespace, name)
        with self._lock:  # since a record that is replaced is gone for a moment
            return self._spaces.get(namespace, _EMPTY).get(name)

    def snapshot(self, namespace: str, /) -> Snapshot:
        """All records of a namespace as they are now."""
        self._check_open()
        check_namespace(namespace)
        with self._lock:
            records = list(self._spaces.get(namespace, {}).values())
            return Snapshot(self.token(), len(records), records)

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> Answer[Token]:
        """Make all of the changes, or none of them. The future is done already, and can be awaited all the same."""
        self._check_open()
        answer: Answer[Token] = Answer()
        try:
            done = self._make(check_submission(namespace, changes, operation, author, self._limits))
        except DiagnosticError as error:
            answer.set_exception(error)
        else:
            self._feed.signal()
            answer.set_result(done)
        return answer

    def operation(self, operation: str, /) -> Operation | None:
        """The submission of this id, if it happened and is still remembered."""
        self._check_open()
        done = self._operations.get(operation)
        return None if done is None else Operation(done.frame.namespace, done.frame.token)

    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        """What a name held, newest first, as far back as the log reaches."""
        self._check_open()
        check_key(namespace, name)
        with self._lock:
            log, current = self._log[self._forgotten :], self.get(namespace, name)
        frames = [done.frame for done in reversed(log) if done.frame.namespace == namespace]
        found = [stored for frame in frames for stored in frame.changes if stored.name == name]
        return found if found or current is None else [current]

    def namespaces(self) -> Sequence[str]:
        """Those that have names, sorted."""
        self._check_open()
        with self._lock:
            return sorted(self._spaces)

    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> LogWatch:
        """What happens after a moment, in these namespaces or in all."""
        self._check_open()
        wanted = None if namespaces is None else frozenset(namespaces)
        for namespace in () if wanted is None else wanted:
            check_namespace(namespace)
        with self._lock:
            reset = gap(since, self.token(), self._oldest)
        watch = LogWatch(self, self._feed, self._epoch, since.revision, wanted, reset)
        self._feed.add(watch)
        return watch

    def close(self) -> None:
        """Let go of everything, and end the watches."""
        self._closed = True
        self._feed.end()

    def after(self, revision: int, /) -> tuple[Sequence[Frame | Reset], bool]:
        """The next frames after a revision, for watches, and whether these were all."""
        with self._lock:
            if revision < self._oldest:
                return [too_old(revision)], True
            first = self._forgotten + revision - self._oldest
            return [done.frame for done in self._log[first : first + AT_ONCE]], first + AT_ONCE >= len(self._log)

    @property
    def _oldest(self) -> int:
        """The revision after which the log is whole."""
        return self._revision - len(self._log) + self._forgotten

    def _check_open(self) -> None:
        if self._closed:
            raise closed("A memory store")

    def _make(self, submission: Submission) -> Token:
        with self._lock:
            self._check_open()
            before = self._operations.get(submission.operation)
            if before is not None:
                if before.digest != submission.digest:
                    raise reused(submission.operation)
                return before.frame.token
            space = self._spaces.get(submission.namespace, {})
            self._check(submission, space)
            now = time.time()
            token = Token(self._epoch, self._revision + 1)
            changes = tuple(
                Stored(change.name, token.revision, change.record, now, submission.author)
                for change in submission.changes
            )
            done = _Done(Frame(token, submission.namespace, changes), now, submission.operation, submission.digest)
            self._log.append(done)
            self._operations[submission.operation] = done
            for stored in changes:
                space.pop(stored.name, None)  # so that what was written last stands last
                if stored.record is not None:
                    space[stored.name] = stored
            if space:
                self._spaces[submission.namespace] = space
            else:
                self._spaces.pop(submission.namespace, None)
            self._revision = token.revision
            self._compact(now)
            return token

    def _check(self, submission: Submission, space: Mapping[str, Stored]) -> None:
        for change in submission.changes:
            current = space.get(change.name)
            refused = objection(submission.namespace, change, current, self._epoch)
            if refused is not None:
                raise refused

    def _compact(self, now: float) -> None:
        most = len(self._log) - max(1, self._retention.operations)  # the newest one says what the revision is
        while self._forgotten < most and now - self._log[self._forgotten].time > self._retention.seconds:
            del self._operations[self._log[self._forgotten].operation]
            self._forgotten += 1
        if self._forgotten > 100 and self._forgotten > len(self._log) // 2:
            del self._log[: self._forgotten]
            self._forgotten = 0

    def before_fork(self) -> None:
        """Come to rest."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Go on with what was there, as a copy."""
        self._lock = threading.RLock()
        self._feed.revive()

    def __enter__(self) -> "MemoryStore":
        return self

    def __exit__(self, *raised: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"MemoryStore({len(self._spaces)} {'namespace' if len(self._spaces) == 1 else 'namespaces'})"
