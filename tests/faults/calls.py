"""What clients did to a store, one call at a time, as a checker needs it."""

import enum
import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

NEVER = float("inf")
"""When a call returned whose outcome nobody knows: it may still happen."""


class Kind(enum.Enum):
    """What was asked of a name."""

    READ = "read"
    WRITE = "write"
    """Put a value, whatever is there."""
    CLAIM = "claim"
    """Put a value if there is none."""
    SWAP = "swap"
    """Put a value in place of the one that is expected."""
    REMOVE = "remove"
    """Remove the value that is expected, or any."""


class Outcome(enum.Enum):
    """What the client was told."""

    DONE = "done"
    REFUSED = "refused"
    """It does not fit what is there; nothing happened."""
    FAILED = "failed"
    """It did not happen, and nothing was learned."""
    UNKNOWN = "unknown"
    """It may have happened, may happen later, or never."""


@attrs.frozen
class Call:
    """One call of one client.

    Attributes:
        client: Who called. The calls of one client do not overlap.
        name: What was asked about.
        kind: What was asked.
        called: When, by a clock that all clients share, in nanoseconds.
        returned: When it was answered; NEVER when the outcome is unknown.
        outcome: What was answered.
        value: What was to be written; every write of a history has another value.
        expected: The value that was expected to be there, in a SWAP, or a REMOVE that expects one.
        seen: What a read saw, or a refused call was told is there; None for nothing.
        told: Whether `seen` was said: a refusal may say no more than no.
        revision: What the answer named: of what was written or seen.
        operation: The id of a write.
        error: The class of the error, "" where none was raised.
    """

    client: str
    name: str
    kind: Kind
    called: float
    returned: float
    outcome: Outcome = Outcome.DONE
    value: str | None = None
    expected: str | None = None
    seen: str | None = None
    told: bool = True
    revision: int | None = None
    operation: str = ""
    error: str = ""

    @property
    def is_write(self) -> bool:
        """Whether it changes something if it succeeds."""
        return self.kind is not Kind.READ

    @property
    def seconds(self) -> float:
        """How long it took; 0 for one that nobody saw return."""
        return 0.0 if self.returned == NEVER else (self.returned - self.called) / 1e9

    def to_json(self) -> str:
        """One line of a journal."""
        values = attrs.asdict(self) | {"kind": self.kind.value, "outcome": self.outcome.value}
        return json.dumps(values | {"returned": None if self.returned == NEVER else self.returned})

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Call":
        """The call that `to_json` wrote."""
        returned = NEVER if values["returned"] is None else values["returned"]
        made = {"kind": Kind(values["kind"]), "outcome": Outcome(values["outcome"]), "returned": returned}
        return cls(**{**values, **made})


def by_name(calls: Iterable[Call]) -> dict[str, list[Call]]:
    """The calls about each name, in the order in which they began."""
    found: dict[str, list[Call]] = {}
    for call in sorted(calls, key=lambda call: call.called):
        found.setdefault(call.name, []).append(call)
    return found
