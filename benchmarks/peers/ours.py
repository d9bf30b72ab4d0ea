"""The library itself."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.peers.abilities import Build, Builder, Names
from benchmarks.plain import EVERY

MODULES: tuple[str, ...] = ()
START = 'from registry import Registry; Registry("x")'
IMPORTS: Mapping[str, str] = {START: START}

MEMORY = "a Registry"
DICT = "a Registry over a dict"
MIRROR = "a Registry over a live mirror"
OTHER = "a Registry over another Backend"
BUILD = "registry.build(config)"
PLAN = "plan.build()"
DECLARED = "registry.build(config) of attrs classes"
SCHEMA = "a schema, no descriptions"
DESCRIBED = "a schema with descriptions"

NAMESPACE = "benchmarks"
BATCH = 5000


class Slow:
    """A Backend that somebody wrote: a class, with no dict to show."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def __getitem__(self, name: str, /) -> Any:
        return self._kept[name]

    def __setitem__(self, name: str, entry: Any, /) -> None:
        self._kept[name] = entry

    def __delitem__(self, name: str, /) -> None:
        del self._kept[name]

    def __contains__(self, name: object, /) -> bool:
        return name in self._kept

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def setdefault(self, name: str, entry: Any, /) -> Any:
        return self._kept.setdefault(name, entry)


def _memory() -> Any:
    from registry import Registry

    return Registry("memory")


def _dict() -> Any:
    from registry import Registry

    return Registry("dict", backend={})


def _other() -> Any:
    from registry import Registry

    return Registry("other", backend=Slow())


def _mirror() -> Any:
    from registry import Registry, StoredBackend
    from registry.stores import MemoryStore

    return Registry("mirror", backend=StoredBackend(MemoryStore(), namespace=NAMESPACE))


def _shared(artifacts: Mapping[str, Any]) -> Any:
    """A registry that has all from a store, into which another process wrote it."""
    from registry import Entry, Registry, StoredBackend
    from registry.records import record_of
    from registry.revisions import Change
    from registry.stores import MemoryStore

    names = list(artifacts)
    model = record_of(Entry(names[0], artifacts[names[0]])).to_bytes()
    before = names[0].encode()
    store = MemoryStore()
    for start in range(0, len(names), BATCH):
        changes = [Change(name, model.replace(before, name.encode())) for name in names[start : start + BATCH]]
        store.submit(NAMESPACE, changes, operation=f"fill-{start}").result()
    module = artifacts[names[0]].__module__
    backend: Any = StoredBackend(store, namespace=NAMESPACE, allow=module, on_mismatch="ignore")
    return Registry("mirror", backend=backend)


_CODE = ("found[name]", "found.register(name)(artifact)", "name in found", "found")

NAMES: Mapping[str, Names] = {
    MEMORY: Names(_memory, *_CODE),
    DICT: Names(_dict, *_CODE),
    MIRROR: Names(_mirror, *_CODE, fill=_shared),
    OTHER: Names(_other, *_CODE),
}


def _registered() -> Any:
    from registry import Registry

    registry: Registry = Registry("parts")
    for cls in EVERY:
        registry.register(cls)
    return registry


def _build(config: dict[str, Any]) -> Build:
    build = _registered().build
    return lambda: build(config)


def _plan(config: dict[str, Any]) -> Build:
    build: Build = _registered().plan(config).build
    return build


def _declared(config: dict[str, Any]) -> Build:
    from benchmarks.declared import attrs_classes
    from registry import Registry

    registry: Registry = Registry("declared")
    for cls in EVERY:
        registry.register(getattr(attrs_classes, cls.__name__))
    build = registry.build
    return lambda: build(config)


BUILDERS: Mapping[str, Builder] = {BUILD: Builder(_build), PLAN: Builder(_plan), DECLARED: Builder(_declared)}


def _schema(cls: Any) -> Any:
    from registry.signatures import read_schema

    return read_schema(cls)


def _described(cls: Any) -> Any:
    from registry.signatures import read_schema

    return read_schema(cls).descriptions


SCHEMAS: Mapping[str, Callable[[Any], Any]] = {SCHEMA: _schema, DESCRIBED: _described}
