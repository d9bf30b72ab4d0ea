"""Which references of others may be followed here."""

import unicodedata
from collections.abc import Iterable
from typing import Literal, final

from registry import known
from registry.errors import ValidationError
from registry.model import Reference
from registry.names import quote

OnMismatch = Literal["warn", "error", "ignore"]

_HOW = (
    "Write an exact module 'acme.losses', a package with all below it 'acme.*', or one reference 'acme.losses:Huber'."
)


@final
class Policy:
    """Decides by its text alone whether a reference may be followed, before anything is imported.

    Whatever this process registered itself, in any registry, may be followed always.

    Args:
        allow: Exact modules (`"acme.losses"`), packages with all that is below them (`"acme.*"`, on dot boundaries),
            and exact references (`"acme.losses:Huber"`).
        on_mismatch: What happens where the signature here is not the recorded one.

    Raises:
        ValidationError: One of them is nothing of the kind.
    """

    __slots__ = ("_exact", "_modules", "_packages", "_trusted", "allow", "on_mismatch")

    def __init__(self, allow: Iterable[str] = (), on_mismatch: OnMismatch = "warn") -> None:
        if on_mismatch not in ("warn", "error", "ignore"):
            raise ValidationError(
                f"{quote(on_mismatch)} is no way to treat a mismatch.",
                suggestions=["Pass 'warn', 'error' or 'ignore'."],
            )
        self.allow = (allow,) if isinstance(allow, str) else tuple(allow)
        self.on_mismatch: OnMismatch = on_mismatch
        for pattern in self.allow:
            _check(pattern)
        self._exact = frozenset(pattern for pattern in self.allow if ":" in pattern)
        self._packages = tuple(pattern[:-1] for pattern in self.allow if pattern.endswith(".*"))
        self._modules = frozenset(self.allow) - self._exact
        self._trusted: set[str] = set()  # only ever added to, so it can be read beside a writer

    def permits(self, reference: str) -> bool:
        """Whether a reference may be followed."""
        module = reference.partition(":")[0]
        return (
            module in self._modules
            or any(f"{module}.".startswith(package) for package in self._packages)
            or self.permits_exactly(reference)
        )

    def permits_exactly(self, reference: str) -> bool:
        """Whether this very reference is allowed, so that it may also be another name of what it leads to."""
        return reference in self._exact or reference in self._trusted or known.is_registered_here(reference)

    def trust(self, reference: str) -> None:
        """Allow a reference from now on."""
        self._trusted.add(reference)

    def trusted(self) -> frozenset[str]:
        """The references that were allowed since."""
        return frozenset(self._trusted)

    def __reduce__(self) -> tuple[object, ...]:
        # a pickle is trusted, and so is what was trusted where it was made
        return Policy, (self.allow, self.on_mismatch), (None, {"_trusted": set(self._trusted)})

    def __repr__(self) -> str:
        return f"Policy(allow={self.allow!r}, on_mismatch={self.on_mismatch!r})"


def fault_of_segments(segments: Iterable[str]) -> str | None:
    """What keeps a reference with these segments from ever being followed, as a clause; None when nothing does."""
    for segment in segments:
        if segment.startswith("_"):
            return f"{quote(segment)} begins with an underscore, and what is private is never reached from outside"
        if unicodedata.normalize("NFKC", segment) != segment:
            return f"{quote(segment)} is not written as Python writes it (NFKC): it only looks like another name"
    return None


def _check(pattern: object) -> None:
    why = _fault(pattern)
    if why is not None:
        raise ValidationError(
            f"{quote(pattern)} cannot be allowed: {why}.", suggestions=[_HOW], context={"allow": quote(pattern)}
        )


def _fault(pattern: object) -> str | None:
    if not isinstance(pattern, str):
        return f"it is a {type(pattern).__name__}, not a text"
    if pattern in ("*", ".*", "*.*"):
        return "it would let whoever writes to the namespace run any code that is installed here"
    module = pattern[:-2] if pattern.endswith(".*") else pattern
    try:
        reference = Reference(module if ":" in module else f"{module}:any")
    except ValueError:
        return "it is neither a module, nor a package with '.*' behind it, nor a reference"
    if module is not pattern and ":" in module:
        return "'.*' stands behind a package, not behind a reference"
    return fault_of_segments([*reference.module.split("."), *reference.name.split(".")])
