"""Hydra and OmegaConf."""

import logging
from collections.abc import Mapping
from typing import Any

from benchmarks.nested import renamed
from benchmarks.peers import peer
from benchmarks.peers.abilities import Build, Builder, Load, Names

MODULES: tuple[str, ...] = ("hydra", "omegaconf")
IMPORTS: Mapping[str, str] = {"import hydra": "import hydra", "import hydra.utils": "import hydra.utils"}

INSTANTIATE = "hydra instantiate"


def _empty() -> Any:
    logging.getLogger("hydra").setLevel(logging.ERROR)
    store = peer("hydra.core.config_store").ConfigStore.instance()
    store.repo.clear()
    return store


NAMES: Mapping[str, Names] = {
    # it holds configs, and gives a copy of one
    "hydra ConfigStore": Names(
        _empty,
        "found.load(name + '.yaml')",
        "found.store(name=name, node={'_target_': 'benchmarks.artifacts.' + name})",
        "found.get_type(name + '.yaml').name != 'NOT_FOUND'",
        "found.list('')",
        limit=1000,
        own=True,
    )
}


def _build(config: dict[str, Any]) -> Build:
    instantiate = peer("hydra.utils").instantiate
    targets = renamed(config, "_target_", "benchmarks.plain.")
    return lambda: instantiate(targets)


BUILDERS: Mapping[str, Builder] = {INSTANTIATE: Builder(_build)}


def _load(file: str) -> Any:
    return peer("omegaconf").OmegaConf.load(file)


LOADERS: Mapping[str, Load] = {"OmegaConf.load": _load}
