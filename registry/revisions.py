"""What stores are told and what they answer: records under names, in revisions."""

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, final

import attrs

from registry.errors import ValidationError
from registry.names import quote

_TOKEN = re.compile(r"([0-9A-Za-z]{1,32})\.(0|[1-9][0-9]{0,18})", re.ASCII)


@attrs.frozen
class Token:
    """A moment in the life of a store: its epoch, and the revision that it had reached.

    Tokens of one epoch are ordered by their revisions. The epoch, a random word, changes when a store's log is
    recreated or restored, so a token of another epoch is from another history and matches nothing.
    """

    epoch: str
    revision: int

    @classmethod
    def parse(cls, text: str) -> "Token":
        """The token that `str()` wrote.

        Raises:
            ValidationError: The text is none.
        """
        found = _TOKEN.fullmatch(text) if isinstance(text, str) else None
        if found is None or int(found[2]) >= 1 << 63:
            raise ValidationError(
                f"{quote(text)} is not a token.",
                suggestions=["Pass one on as it was given: '<epoch>.<revision>'."],
                context={"token": quote(text)},
            )
        return cls(found[1], int(found[2]))

    def __str__(self) -> str:
        return f"{self.epoch}.{self.revision}"


class Expect(enum.Enum):
    """What a change expects to find under its name, where it is not one revision."""

    ANYTHING = "anything"
    NOTHING = "nothing"

    def __repr__(self) -> str:
        return self.name


ANYTHING: Final = Expect.ANYTHING
NOTHING_THERE: Final = Expect.NOTHING


@attrs.frozen
class Change:
    """One change of a submission.

    Attributes:
        name: What is changed.
        record: The bytes to be stored, None to remove the name, which must be there then.
        expect: What has to be there: ANYTHING, NOTHING_THERE, or the token of the revision that was read.
    """

    name: str
    record: bytes | None
    expect: Expect | Token = ANYTHING


# Not `frozen`, since a mirror makes a million of these.
@attrs.define
class Stored:
    """What a store has under a name. Never changed once it is made.

    Attributes:
        name: The name.
        revision: The revision at which it was written.
        record: Its bytes as they were given; None in an account of a removal.
        time: When that was, in seconds since 1970-01-01 UTC.
        author: Who wrote it, as the store was told; "" when nobody said.
    """

    name: str
    revision: int
    record: bytes | None
    time: float = 0.0
    author: str = ""


@final
class Snapshot:
    """The records of one namespace as they were at one moment, oldest revision first. Can be iterated once.

    Args:
        token: The moment.
        count: How many there are.
        records: Gives them; a generator is closed when this is.
    """

    __slots__ = ("_records", "count", "token")

    def __init__(self, token: Token, count: int, records: Iterable[Stored]) -> None:
        self.token = token
        self.count = count
        self._records = iter(records)

    def __iter__(self) -> Iterator[Stored]:
        return self._records

    def close(self) -> None:
        """Give back what reading holds. A second call does nothing."""
        close = getattr(self._records, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> "Snapshot":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


@attrs.frozen
class Frame:
    """What one submission changed, seen by a watch: all of it, at once.

    Attributes:
        token: The moment at which it happened.
        namespace: Where.
        changes: What is there now; a removed name with None for its record.
    """

    token: Token
    namespace: str
    changes: tuple[Stored, ...]


@attrs.frozen
class Digest:
    """What a follower can compare with what it has: the number of names and a digest of their revisions."""

    count: int
    digest: int


@attrs.frozen
class Beat:
    """A sign of life of a watch: everything up to the token was delivered.

    Attributes:
        token: That moment.
        digests: What each watched namespace should look like then, where the store keeps count of it.
    """

    token: Token
    digests: Mapping[str, Digest] = attrs.field(factory=dict)


@attrs.frozen
class Reset:
    """The end of a watch that cannot go on without a gap: take a snapshot, and watch from its token.

    Attributes:
        reason: Why, in half a sentence: the log no longer reaches back to the token, the epoch is another one, …
    """

    reason: str


Seen = Frame | Beat | Reset
"""What a watch gives."""


@attrs.frozen
class Operation:
    """A submission that a store remembers by its id.

    Attributes:
        namespace: Where it changed something.
        token: The moment at which it did.
    """

    namespace: str
    token: Token


@attrs.frozen
class StoreLimits:
    """How much one submission may hold: changes, and bytes of names and records together."""

    changes: int
    size: int


@attrs.frozen
class Retention:
    """For how long a store keeps its log and remembers operations: the longer of the two counts.

    Attributes:
        seconds: So long at least.
        operations: So many at least.
    """

    seconds: float = 3600.0
    operations: int = 100_000


def described(stored: Stored | None, epoch: str) -> dict[str, Any] | None:
    """A record for the context of an error, which JSON can hold."""
    if stored is None:
        return None
    return {
        "token": str(Token(epoch, stored.revision)),
        "time": stored.time,
        "author": stored.author,
        "record": None if stored.record is None else stored.record.decode(errors="replace"),
    }
