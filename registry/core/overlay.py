"""Entries that stand before a registry's own for a while, in one context only."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock
from typing import Any, TypeVar

from registry.core.entries import Entries
from registry.model import Entry

T = TypeVar("T")

_OPEN: ContextVar[tuple["_Layer", ...]] = ContextVar("registry overlays", default=())
"""The overlays opened in this context, of all registries, innermost first. One variable for the whole library: contexts
never forget a variable, so one per registry would keep every registry alive."""


class _Layer:
    """One open block. A task that was started inside keeps it in its context, so closing it here ends it there."""

    __slots__ = ("entries", "held", "open")

    def __init__(self, held: Entries, entries: Mapping[Any, Entry[Any]]) -> None:
        self.held = held
        self.entries = entries
        self.open = True


class _View:
    """Takes the place of a registry's source while an overlay is open somewhere, and asks who is reading."""

    __slots__ = ("_base", "_held")

    def __init__(self, held: Entries) -> None:
        self._held = held
        self._base = held.base

    @property
    def entries(self) -> Any:
        return self._over(self._base.entries)

    def readable(self) -> Any:
        """What has every entry, where `entries` may not."""
        return self._over(self._held.backend)

    def _over(self, below: Any) -> Any:
        layers = [layer.entries for layer in _OPEN.get() if layer.held is self._held and layer.open]
        return _Overlaid(layers, below) if layers else below


class _Overlaid:
    """Entries seen through layers, innermost first."""

    __slots__ = ("_below", "_layers")

    def __init__(self, layers: list[Mapping[Any, Entry[Any]]], below: Any) -> None:
        self._layers = layers
        self._below = below

    def __getitem__(self, name: Any) -> Entry[Any]:
        for layer in self._layers:
            if name in layer:
                return layer[name]
        entry: Entry[Any] = self._below[name]
        return entry

    def __contains__(self, name: object) -> bool:
        return any(name in layer for layer in self._layers) or name in self._below

    def __iter__(self) -> Iterator[Any]:
        names = dict.fromkeys(list(self._below))
        for layer in reversed(self._layers):
            names.update(dict.fromkeys(layer))
        return iter(names)


class Overlays:
    """Opens and closes the overlays of one registry."""

    __slots__ = ("_count", "_counting", "_held")

    def __init__(self, held: Entries) -> None:
        self._held = held
        self._count = 0
        self._counting = RLock()

    @contextmanager
    def open(self, shown: T, entries: Mapping[Any, Entry[Any]]) -> Iterator[T]:
        """Let this context, and what is started inside the block, see these entries before the others."""
        layer = _Layer(self._held, entries)
        with self._counting:
            self._count += 1
            if self._count == 1:
                view = _View(self._held)
                self._held.show(view, view.readable)
        try:
            _OPEN.set((layer, *_OPEN.get()))
            yield shown
        finally:
            # No token is kept: a test fixture may be torn down in another context than it was set up in.
            layer.open = False
            _OPEN.set(tuple(other for other in _OPEN.get() if other.open))
            with self._counting:
                self._count -= 1
                if self._count == 0:
                    self._held.show(self._held.base)
