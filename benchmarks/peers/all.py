"""Every peer, and what is offered by those that are installed."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from benchmarks.peers import (
    catalogue,
    cattrs,
    class_registry,
    confection,
    fvcore,
    gin,
    hand,
    hydra,
    hydra_zen,
    jsonargparse,
    mmengine,
    msgspec,
    ours,
    peer,
    pydantic,
    pyyaml,
    ruamel,
    stevedore,
)
from benchmarks.peers.abilities import (
    Adapter,
    Builder,
    Builds,
    Extract,
    Importable,
    KeepsNames,
    Load,
    Loads,
    Names,
    ReadsSchemas,
)

T = TypeVar("T")

ADAPTERS: tuple[Adapter, ...] = (
    hand,
    ours,
    catalogue,
    cattrs,
    class_registry,
    confection,
    fvcore,
    gin,
    hydra,
    hydra_zen,
    jsonargparse,
    mmengine,
    msgspec,
    pydantic,
    pyyaml,
    ruamel,
    stevedore,
)


def is_installed(adapter: Adapter) -> bool:
    """Whether what it needs can be imported here."""
    return all(peer(module) is not None for module in adapter.MODULES)


def _offered(offers: Iterable[tuple[Adapter, Mapping[str, T]]]) -> dict[str, T | None]:
    return {
        title: offer if is_installed(adapter) else None
        for adapter, offered in offers
        for title, offer in offered.items()
    }


def importable() -> dict[str, str | None]:
    """What a program imports of each, None where it is not installed."""
    return _offered((adapter, adapter.IMPORTS) for adapter in ADAPTERS if isinstance(adapter, Importable))


def names() -> dict[str, Names | None]:
    """How names are kept, by title, None where the peer is not installed."""
    return _offered((adapter, adapter.NAMES) for adapter in ADAPTERS if isinstance(adapter, KeepsNames))


def builders() -> dict[str, Builder | None]:
    """How objects are built, likewise."""
    return _offered((adapter, adapter.BUILDERS) for adapter in ADAPTERS if isinstance(adapter, Builds))


def loaders() -> dict[str, Load | None]:
    """How YAML is read, likewise."""
    return _offered((adapter, adapter.LOADERS) for adapter in ADAPTERS if isinstance(adapter, Loads))


def schemas() -> dict[str, Extract | None]:
    """How schemas are read, likewise."""
    return _offered((adapter, adapter.SCHEMAS) for adapter in ADAPTERS if isinstance(adapter, ReadsSchemas))
