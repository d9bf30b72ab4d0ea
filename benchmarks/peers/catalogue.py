"""catalogue: one global dict, keyed by namespaces and names."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.abilities import Names

MODULES: tuple[str, ...] = ("catalogue",)
IMPORTS: Mapping[str, str] = {"import catalogue": "import catalogue"}

REGISTERED = "catalogue"
_NUMBERS = count()


def _empty() -> Any:
    catalogue = peer("catalogue")
    return catalogue.create("benchmarks", f"plain{next(_NUMBERS)}")


def forget() -> None:
    """Empty the dict that all its registries share."""
    peer("catalogue").REGISTRY.clear()


NAMES: Mapping[str, Names] = {
    REGISTERED: Names(
        _empty,
        "found.get(name)",
        "found.register(name)(artifact)",
        "name in found",
        "found.get_all()",
        forget=forget,
        miss_limit=100_000,  # a miss lists all names
    )
}
