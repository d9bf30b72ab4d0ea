"""Which servers can be reached, as far as this process knows: one that is away is not asked by every call."""

import time
from collections.abc import Sequence
from typing import final

from registry.stores.transport.address import Address

PAUSE = 1.0
"""Seconds for which a server that could not be reached is not asked again."""

_MOST = 1024


@final
class Reach:
    """What is known of a set of servers. Its parts are replaced by single steps only, so it takes no lock.

    Args:
        addresses: Of the servers, the preferred one first.
    """

    __slots__ = ("_addresses", "_away", "_good", "_heard")

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = tuple(addresses)
        self._good = 0
        self._away: dict[Address, tuple[float, str]] = {}
        self._heard = dict.fromkeys(addresses, float("-inf"))

    @property
    def is_single(self) -> bool:
        """Whether there is only one server."""
        return len(self._addresses) == 1

    def order(self) -> Sequence[Address]:
        """All servers, best first: the one that answered last, the others, and then those that are away."""
        if not self._good and not self._away:
            return self._addresses
        good = self._good
        turned = self._addresses[good:] + self._addresses[:good]
        return sorted(turned, key=lambda address: self._away.get(address, (0.0, ""))[0])

    def away(self, address: Address) -> str | None:
        """Why a server is not asked now; None if it may be."""
        found = self._away.get(address)
        if found is None or time.monotonic() - found[0] >= PAUSE:
            return None
        return found[1]

    def answered(self, address: Address) -> None:
        """A server can be reached."""
        self._heard[address] = time.monotonic()
        if self._away:
            self._away.pop(address, None)
        if self._addresses[self._good] is not address:
            self._good = self._addresses.index(address)

    def failed(self, address: Address, why: str, since: float = float("inf")) -> None:
        """A server cannot be reached, unless it answered another call since that moment."""
        if self._heard[address] < since:
            self._away[address] = (time.monotonic(), why)


_known: dict[tuple[Address, ...], Reach] = {}


def reach_of(addresses: tuple[Address, ...]) -> Reach:
    """What this process knows of these servers; the same object for all stores over them."""
    if len(_known) >= _MOST:
        _known.clear()
    return _known.setdefault(addresses, Reach(addresses))
