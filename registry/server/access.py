"""Who may do what in which namespace."""

import enum
import re
from collections.abc import Iterable
from typing import Final, final

import attrs

from registry.errors import ValidationError
from registry.names import check_namespace, quote

_SCOPE = re.compile(r"(?P<pattern>.+):(?P<level>[a-z]+)", re.DOTALL)

_REMEMBERED = 4096
"""How many namespaces an access remembers its answer for."""


class Level(enum.IntEnum):
    """What may be done; each level allows what is below it."""

    NONE = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


@attrs.frozen
class Scope:
    """A level in some namespaces.

    Attributes:
        pattern: A namespace; or one with `.*` at its end, which covers it and all that is below it; or `*` for all.
        level: What may be done there.
    """

    pattern: str
    level: Level

    @classmethod
    def parse(cls, text: str) -> "Scope":
        """A scope as it is written.

        >>> str(Scope.parse("research.*:write"))
        'research.*:write'

        Raises:
            ValidationError: It is none.
        """
        found = _SCOPE.fullmatch(text)
        levels = {level.name.lower(): level for level in Level if level}
        if found is None or found["level"] not in levels:
            raise _refused(text, f"it has to end in one of {', '.join(':' + name for name in levels)}")
        pattern = found["pattern"]
        if pattern != "*":
            namespace = pattern.removesuffix(".*")
            if "*" in namespace:
                raise _refused(text, "a star stands alone, or for the last segment")
            check_namespace(namespace)
        return cls(pattern, levels[found["level"]])

    def __str__(self) -> str:
        return f"{self.pattern}:{self.level.name.lower()}"

    def covers(self, namespace: str) -> bool:
        """Whether it says something about a namespace: by segments, so that `research.*` never means `researchers`."""
        if self.pattern == "*" or self.pattern == namespace:
            return True
        if not self.pattern.endswith(".*"):
            return False
        above = self.pattern[:-2]
        return namespace == above or namespace.startswith(above + ".")


@final
class Access:
    """What somebody may do.

    Args:
        who: The name of who asks, for authors of records and the audit.
        scopes: What is allowed.
        token: The id of the access token; "" where none was asked for.
        most: No more than this, whatever the scopes say.
    """

    __slots__ = ("_levels", "most", "scopes", "token", "who")

    def __init__(self, who: str, scopes: Iterable[Scope], *, token: str = "", most: Level = Level.ADMIN) -> None:
        self.who = who
        self.scopes = tuple(scopes)
        self.token = token
        self.most = most
        self._levels: dict[str, Level] = {}

    def level(self, namespace: str) -> Level:
        """What is allowed in a namespace."""
        level = self._levels.get(namespace)
        if level is None:
            level = max((scope.level for scope in self.scopes if scope.covers(namespace)), default=Level.NONE)
            level = min(level, self.most)
            if len(self._levels) >= _REMEMBERED:
                self._levels = {}
            self._levels[namespace] = level
        return level

    def may_read(self, namespace: str) -> bool:
        """Whether a namespace is there, for this access."""
        return self.level(namespace) >= Level.READ


EVERYTHING: Final = (Scope("*", Level.ADMIN),)
"""The scopes of a server that asks for no tokens."""


def _refused(text: str, why: str) -> ValidationError:
    return ValidationError(
        f"{quote(text)} is not a scope: {why}.",
        suggestions=["Write one like 'research.*:write', 'research.losses:admin' or '*:read'."],
        context={"scope": quote(text)},
    )
