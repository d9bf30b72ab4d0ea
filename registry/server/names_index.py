"""The keys of namespaces in their order."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import final

from registry.mirror import Mirror
from registry.revisions import Frame


@final
class NamesIndex:
    """Sorted keys, made for a namespace when they are first asked for, and kept up to date from then on.

    Args:
        mirror_of: Gives the mirror of a namespace.
    """

    def __init__(self, mirror_of: Callable[[str], Mirror | None]) -> None:
        self._mirror_of = mirror_of
        self._sorted: dict[str, list[str]] = {}

    def clear(self) -> None:
        """Begin anew."""
        self._sorted = {}

    def forget(self, namespace: str) -> None:
        """Begin one namespace anew."""
        self._sorted.pop(namespace, None)

    def take(self, frame: Frame) -> None:
        """Follow a submission; one that the mirror had before changes nothing."""
        names = self._sorted.get(frame.namespace)
        if names is None:
            return
        if len(frame.changes) > 100:  # one sort is less than so many moves
            del self._sorted[frame.namespace]
            return
        for stored in frame.changes:
            place = bisect_left(names, stored.name)
            there = place < len(names) and names[place] == stored.name
            if stored.record is None and there:
                del names[place]
            elif stored.record is not None and not there:
                names.insert(place, stored.name)

    def page(self, namespace: str, *, after: str | None, prefix: str, limit: int, keep: bool) -> tuple[list[str], bool]:
        """Keys in order of their code points, and whether more follow.

        Args:
            namespace: Whose.
            after: Begin with what follows this key.
            prefix: Only those that begin like this.
            limit: The most of them.
            keep: Whether the mirrors are loaded, so that the order may be kept.
        """
        mirror = self._mirror_of(namespace)
        if mirror is None:
            return [], False
        names = self._sorted.get(namespace)
        if names is None:
            held = list(mirror.entries)  # in one step, since the follower writes to it
            names = sorted(held)
            if keep:
                self._sorted[namespace] = names
        start = bisect_left(names, prefix)
        if after is not None:
            start = max(start, bisect_right(names, after))
        entries = mirror.entries
        found: list[str] = []
        for place in range(start, len(names)):
            name = names[place]
            if not name.startswith(prefix):
                break
            if name in entries:  # the mirror may be a moment ahead
                if len(found) == limit:
                    return found, True
                found.append(name)
        return found, False
