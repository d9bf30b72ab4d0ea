"""Several backends seen as one, the first in front of the others."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Generic, final

from typing_extensions import TypeVar

from registry.errors import RegistryError, ValidationError
from registry.model import Entry
from registry.names import quote
from registry.protocols import Backend, Closeable, Transactional

K = TypeVar("K", default=Any)
V = TypeVar("V", default=Any)


class _Layers(Generic[K, V]):
    """What both kinds of layered backend do."""

    __slots__ = ("layers",)

    def __init__(self, *layers: Backend[K, V]) -> None:
        if not layers:
            raise ValidationError(
                f"A '{type(self).__name__}' without layers has nowhere to put an entry.",
                suggestions=["Give it at least one backend, such as MemoryBackend()."],
            )
        self.layers = layers

    @property
    def beneath(self) -> tuple[Backend[K, V], ...]:
        """The backends that this one looks into."""
        return self.layers

    def __getitem__(self, name: K, /) -> Entry[V]:
        for layer in self.layers:
            try:
                return layer[name]
            except KeyError:
                continue
        raise KeyError(name)

    def __setitem__(self, name: K, entry: Entry[V], /) -> None:
        self.layers[0][name] = entry

    def __delitem__(self, name: K, /) -> None:
        self._refuse_to_remove_from_below(name)
        del self.layers[0][name]

    def __contains__(self, name: object, /) -> bool:
        try:
            return any(name in layer for layer in self.layers)
        except TypeError:  # a dict's answer to what cannot be hashed
            return False

    def __iter__(self) -> Iterator[K]:
        return iter(dict.fromkeys(name for layer in reversed(self.layers) for name in list(layer)))

    def __len__(self) -> int:
        return len({name for layer in self.layers for name in list(layer)})

    def setdefault(self, name: K, entry: Entry[V], /) -> Entry[V]:
        try:
            return self[name]
        except KeyError:
            return self.layers[0].setdefault(name, entry)

    def close(self) -> None:
        """Close every layer that can be closed, also when one of them fails."""
        with ExitStack() as closing:
            for layer in reversed(self.layers):
                if isinstance(layer, Closeable):
                    closing.callback(layer.close)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(_show, self.layers))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.layers

    def _refuse_to_remove_from_below(self, name: K) -> None:
        first, *lower = self.layers
        if name in first:
            return
        for number, layer in enumerate(lower, 2):
            if name in layer:
                raise RegistryError(
                    f"{quote(name)} cannot be removed: layer {number}, {_show(layer)}, has it, and only the first is"
                    " written to.",
                    suggestions=["Remove it from the backend of that layer."],
                    context={"name": name if isinstance(name, str) else repr(name), "layer": number},
                )


@final
class LayeredBackend(_Layers[K, V]):
    """Looks in the first layer, then in the next; writes to the first alone.

    Names come oldest first, so those of the last layer before those of the one in front of it. What the first layer
    puts in front of a lower one is removed from the first, and the lower one is seen again; what only a lower
    layer has cannot be removed here (a RegistryError). `setdefault` claims a name that no layer has, and is atomic
    beside writers of the first layer: the others are taken as not written to. `close` closes the layers.
    """

    __slots__ = ()


@final
class TransactionalLayeredBackend(_Layers[K, V]):
    """A `LayeredBackend` whose first layer is Transactional, and so is it."""

    __slots__ = ()

    def apply(self, changes: Mapping[K, Entry[V] | None], /) -> None:
        _apply(self, changes)


@final
class SharedLayeredBackend(_Layers[K, V]):
    """A `LayeredBackend` whose first layer is Shared: a change of it holds only if nobody else was faster there."""

    __slots__ = ()

    @property
    def largest_batch(self) -> int:
        """So many changes fit into one `exchange_first`."""
        first: Any = self.layers[0]  # a Shared, which no type says of a Backend
        most: int = first.largest_batch
        return most

    def apply(self, changes: Mapping[K, Entry[V] | None], /) -> None:
        _apply(self, changes)

    def exchange_first(self, before: Mapping[K, Entry[V] | None], after: Mapping[K, Entry[V] | None], /) -> bool:
        """Make all of the changes in the first layer if every name still holds what it has in `before`.

        What a name has in `before` may be from a lower layer: the first one has to have nothing there then. Atomic as
        the `exchange` of the first layer is, and whether it was done.
        """
        first: Any = self.layers[0]  # as above
        there: dict[K, Entry[V] | None] = {}
        for name, entry in after.items():
            if entry is None:
                self._refuse_to_remove_from_below(name)
            try:
                there[name] = first[name]
            except KeyError:
                there[name] = None
            if there[name] is not None and there[name] is not before.get(name):
                return False
            if there[name] is None and before.get(name) is not None and not self._is_below(name):
                return False
        exchange = getattr(first, "exchange", None)
        done: bool = (first.exchange_first if exchange is None else exchange)(there, after)
        return done

    def _is_below(self, name: K) -> bool:
        return any(name in layer for layer in self.layers[1:])


def _apply(layers: _Layers[K, V], changes: Mapping[K, Entry[V] | None]) -> None:
    for name, entry in changes.items():
        if entry is None:
            layers._refuse_to_remove_from_below(name)
    first: Any = layers.layers[0]  # a Transactional, which no type says of a Backend
    first.apply(changes)


Layered = LayeredBackend[K, V] | TransactionalLayeredBackend[K, V] | SharedLayeredBackend[K, V]


def layered(*layers: Backend[K, V]) -> Layered[K, V]:
    """Several backends seen as one, which is Transactional when the first is.

    >>> from registry.backends import MemoryBackend
    >>> shared, mine = MemoryBackend(), MemoryBackend()
    >>> layered(mine, shared)
    TransactionalLayeredBackend(MemoryBackend(0 entries), MemoryBackend(0 entries))
    """
    if layers and (hasattr(layers[0], "exchange") or hasattr(layers[0], "exchange_first")):
        return SharedLayeredBackend(*layers)
    if layers and isinstance(layers[0], Transactional):
        return TransactionalLayeredBackend(*layers)
    return LayeredBackend(*layers)


def _show(layer: object) -> str:
    return f"a dict of {len(layer)}" if isinstance(layer, dict) else repr(layer)
