"""Asks the cluster, and knows in which epoch its answers are."""

from collections.abc import Sequence
from hashlib import blake2b
from secrets import token_hex
from typing import final

import attrs

from registry.revisions import Token
from registry.stores.etcd.failures import foreign, other_format, unsettled
from registry.stores.etcd.gateway import (
    NONSENSE,
    TXN,
    KeyValue,
    Outcome,
    Page,
    Part,
    fetch,
    is_at,
    is_missing,
    put,
    read_outcome,
    transaction,
)
from registry.stores.etcd.layout import FORMAT, Layout, read_value, written
from registry.stores.transport.calls import Caller
from registry.stores.transport.failures import unknown, unusable
from registry.stores.transport.requests import Answer, Request

_LONG = 256 << 20
"""The longest answer, in bytes."""

_TRIES = 10


@attrs.frozen
class Epoch:
    """An epoch of the store.

    Attributes:
        name: As tokens have it: made of a word that is stored and of the cluster's id, which another cluster that was
            restored from a backup does not have.
        revision: At which it began.
        cluster: The cluster's id.
    """

    name: str
    revision: int
    cluster: str

    def token(self, revision: int) -> Token:
        """A moment of it; what happened before it began counts as its beginning."""
        return Token(self.name, max(revision, self.revision))


@attrs.frozen
class Reading:
    """What was read at one moment.

    Attributes:
        token: The moment of the store, which is its last submission.
        epoch: The epoch.
        revision: That of the cluster, which others may have moved on.
        pages: What the ranges found.
    """

    token: Token
    epoch: Epoch
    revision: int
    pages: list[Page]


@final
class Engine:
    """A store's side of the conversation with its cluster.

    Args:
        caller: Sends requests.
        layout: Where what is kept.
    """

    def __init__(self, caller: Caller, layout: Layout) -> None:
        self.caller = caller
        self.layout = layout
        self._epoch: Epoch | None = None
        self._seen = 0

    def read(self, parts: Sequence[Part] = (), caller: Caller | None = None, *, is_slow: bool = False) -> Reading:
        """What is there now: never older than what anybody was told before the call.

        Args:
            parts: What to read besides the moment.
            caller: Asks instead of the usual one.
            is_slow: Whether it may take long, so that no other member is asked as well before that is over.

        Raises:
            StoreError, RemoteError: The cluster cannot say.
        """
        for _ in range(_TRIES):
            known = self.known
            body = transaction((), [fetch(self.layout.epoch), fetch(self.layout.last), *parts])
            outcome, _answer = self.ask(Request(TXN, body, limit=_LONG, is_slow=is_slow), caller, pages=2 + len(parts))
            epoch = self.settle(outcome.pages[0].only, outcome, known)
            if epoch is not None:
                last = outcome.pages[1].only
                token = epoch.token(0 if last is None else last.modified)
                return Reading(token, epoch, outcome.revision, outcome.pages[2:])
        raise unsettled(self.layout.prefix)

    def ask(self, request: Request, caller: Caller | None = None, *, pages: int = 0) -> tuple[Outcome, Answer]:
        """What became of a transaction, and the answer that told it.

        Args:
            request: The transaction.
            caller: Asks instead of the usual one.
            pages: How many ranges it reads; a write, if it is not made.

        Raises:
            RemoteError: The answer makes no sense; or as `Caller.ask`.
            UnknownOutcomeError: So it is with a write, which may have been made.
        """
        answer = (self.caller if caller is None else caller).ask(request)
        try:
            outcome = read_outcome(answer.body)
            is_made = request.operation is not None and outcome.has_succeeded
            if len(outcome.pages) != (0 if is_made else pages):
                raise ValueError("not what was asked for")
        except NONSENSE as error:
            failure = unusable(answer.address, "sent an answer that etcd does not give")
            if request.operation is None:
                raise failure from error
            raise unknown(request.operation, answer.address, failure) from error
        return outcome, answer

    @property
    def epoch(self) -> Epoch:
        """The epoch, as far as this process knows."""
        found = self._epoch
        return self.read().epoch if found is None else found

    @property
    def known(self) -> tuple[Epoch | None, int]:
        """The epoch and the newest revision of the cluster that this process knows of."""
        return self._epoch, self._seen

    def settle(self, item: KeyValue | None, outcome: Outcome, known: tuple[Epoch | None, int]) -> Epoch | None:
        """The epoch of an answer; None if a new one had to be begun, and it is worth nothing.

        Args:
            item: The key of the epoch.
            outcome: What was answered.
            known: What was known before it was asked.
        """
        layout = self.layout
        if item is None:
            self._put_epoch(is_missing(layout.epoch))
            return None
        value = read_value(item)
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise other_format(layout.prefix, value.get("format") if isinstance(value, dict) else value)
        if not isinstance(value.get("epoch"), str):
            raise foreign(item.key)
        name = blake2b(f"{value['epoch']} {outcome.cluster}".encode(), digest_size=8).hexdigest()
        before, seen = known
        if outcome.revision < seen:  # the cluster has forgotten something: it was restored, or lost most of its members
            if before is None or before.name == name:  # and nobody has begun another epoch yet
                self._put_epoch(is_at(layout.epoch, item.modified))
                return None
            self._seen = outcome.revision  # not before: who could not begin one has to notice it again
        epoch = self._epoch
        if epoch is None or epoch.name != name or epoch.revision != item.modified:
            epoch = self._epoch = Epoch(name, item.modified, outcome.cluster)
        self._seen = max(self._seen, outcome.revision)
        return epoch

    def confirm(self, epoch: Epoch, outcome: Outcome, seen: int) -> bool:
        """Whether a write that was made is in this epoch; begins another one if the cluster has forgotten something.

        Args:
            epoch: The epoch.
            outcome: What was answered.
            seen: What was known to have happened before it was asked.
        """
        if outcome.cluster == epoch.cluster and outcome.revision > seen:
            self._seen = max(self._seen, outcome.revision)
            return True
        if outcome.cluster == epoch.cluster:
            self._put_epoch(is_at(self.layout.epoch, epoch.revision))
        self._epoch, self._seen = None, 0
        return False

    def _put_epoch(self, condition: Part) -> None:
        """Begin an epoch, unless another process is quicker."""
        value = written({"format": FORMAT, "epoch": token_hex(8)})
        self.ask(Request(TXN, transaction([condition], [put(self.layout.epoch, value)])))
