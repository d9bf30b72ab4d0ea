"""ruamel.yaml."""

from collections.abc import Mapping
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.abilities import Load

MODULES: tuple[str, ...] = ("ruamel.yaml",)
IMPORTS: Mapping[str, str] = {"import ruamel.yaml": "import ruamel.yaml"}

ROUND_TRIP = "ruamel.yaml round-trip loader"


def _round_trip(file: str) -> Any:
    with open(file, "rb") as opened:
        return peer("ruamel.yaml").YAML(typ="rt").load(opened)


def _safe(file: str) -> Any:
    with open(file, "rb") as opened:
        return peer("ruamel.yaml").YAML(typ="safe").load(opened)


LOADERS: Mapping[str, Load] = {ROUND_TRIP: _round_trip, "ruamel.yaml safe C loader, no locations": _safe}
