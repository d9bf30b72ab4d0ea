"""fvcore: a registry that names everything by its __name__."""

from collections.abc import Mapping
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.abilities import Names

MODULES: tuple[str, ...] = ("fvcore",)
IMPORTS: Mapping[str, str] = {"import fvcore.common.registry": "import fvcore.common.registry"}


def _empty() -> Any:
    return peer("fvcore.common.registry").Registry("benchmarks")


NAMES: Mapping[str, Names] = {
    "fvcore": Names(_empty, "found.get(name)", "found.register()(artifact)", "name in found", "found")
}
