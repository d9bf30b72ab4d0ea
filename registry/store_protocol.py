"""The contracts of stores, which keep records under names in many namespaces. Nothing is inherited.

The values that they are told and answer are in `registry.revisions`.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from registry.revisions import Change, Operation, Retention, Seen, Snapshot, Stored, StoreLimits, Token

if TYPE_CHECKING:
    from concurrent.futures import Future  # which brings logging with it


class Watch(Protocol):
    """Follows a store. Made by `Store.watch`, read by one thread at a time."""

    def __iter__(self) -> Iterator[Seen]: ...

    def __next__(self) -> Seen:
        """What happened next: a `Frame` for each submission, in order, each once, none missing.

        Waits for it. When nothing happens there is a `Beat` at least every second, as long as the store can be
        reached. After a `Reset`, or when it was closed, the watch ends with StopIteration.

        Raises:
            OperationalError: The store cannot be reached any more. A new watch may go on from the last token seen.
        """
        ...

    def close(self) -> None:
        """End it, also a `next` that another thread waits in. A second call does nothing."""
        ...


class Store(Protocol):
    """Records under names, in many namespaces, with revisions, compare-and-set and watches.

    Any method may be called from any thread. Revisions are 64-bit, store-wide and strictly increasing: one for each
    submission, given when it is committed. What is acknowledged survives whatever the implementation says it survives
    (MemoryStore: nothing; all others: the end of the process and a loss of power).

    All methods raise a StoreError or a RemoteError when the engine fails, and none blocks without a limit but
    `Watch.__next__`. Namespaces and names obey `registry.names`; a namespace exists while it has names.
    """

    @property
    def limits(self) -> StoreLimits:
        """How much one submission may hold."""
        ...

    @property
    def retention(self) -> Retention:
        """For how long the log and operations are kept."""
        ...

    def token(self) -> Token:
        """The newest moment, asked of the engine."""
        ...

    def get(self, namespace: str, name: str, /) -> Stored | None:
        """What is under a name, asked of the engine: never older than what was acknowledged before the call."""
        ...

    def snapshot(self, namespace: str, /) -> Snapshot:
        """All records of a namespace at one moment, not older than what was acknowledged before the call. Close it."""
        ...

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        """Make all of the changes, or none of them.

        Args:
            namespace: Where.
            changes: At least one; each name at most once.
            operation: An id of the caller's choice, 1 to 64 printable ASCII characters without spaces. Asked again with
                the same changes, the first answer is given and nothing done; refused submissions are not remembered.
            author: Who asks, kept with each record.

        Returns:
            The moment at which it was done and durable. A store that groups commits returns at once, one that asks
            another machine when it has its answer, at the latest at its deadline. The future raises:

            RevisionConflictError: An expectation was not met; `context` has `namespace`, `name`, and in `current`
                what is there (see `revisions.described`).
            EntryNotFoundError: A name to remove is not there (and nothing else was expected of it).
            OperationReusedError: The id was used for something else.
            TooLargeError, InvalidNameError, ValidationError: It cannot be stored at all.
            UnknownOutcomeError: It may have happened: `operation()` will tell.
        """
        ...

    def operation(self, operation: str, /) -> Operation | None:
        """The submission of this id, if it happened and is still remembered (at least for `retention`)."""
        ...

    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        """What a name held, newest first, as far back as the log reaches; a removal has None for its record."""
        ...

    def namespaces(self) -> Sequence[str]:
        """Those that have names, sorted."""
        ...

    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Watch:
        """What happens after a moment, in these namespaces or in all.

        A moment of another epoch, in the future, or too long ago for the log gives a `Reset` at once, never silence.
        """
        ...

    def close(self) -> None:
        """Give back what it holds, and end its watches. A second call does nothing; any other one is a StoreError."""
        ...


@runtime_checkable
class Grouping(Protocol):
    """A store whose `submit` returns at once, since a thread of its own commits in groups what came together."""

    @property
    def pending(self) -> int:
        """How many submissions have no answer yet."""
        ...
