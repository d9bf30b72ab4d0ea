"""A backend that can be read and not written."""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, final

from typing_extensions import TypeVar

from registry.errors import FrozenRegistryError
from registry.model import Entry
from registry.names import quote
from registry.protocols import Backend, Closeable, InMemory

K = TypeVar("K", default=Any)
V = TypeVar("V", default=Any)


class _ReadOnly(Generic[K, V]):
    """What both kinds of read-only backend do."""

    __slots__ = ("_backend",)

    def __init__(self, backend: Backend[K, V]) -> None:
        self._backend = backend

    @property
    def beneath(self) -> tuple[Backend[K, V], ...]:
        """The backend that this one looks into."""
        return (self._backend,)

    def __getitem__(self, name: K, /) -> Entry[V]:
        return self._backend[name]

    def __setitem__(self, name: K, entry: Entry[V], /) -> None:
        raise _refusal(name, "registered")

    def __delitem__(self, name: K, /) -> None:
        if name not in self:
            raise KeyError(name)
        raise _refusal(name, "removed")

    def __contains__(self, name: object, /) -> bool:
        try:
            return name in self._backend
        except TypeError:  # a dict's answer to what cannot be hashed
            return False

    def __iter__(self) -> Iterator[K]:
        return iter(list(self._backend))

    def __len__(self) -> int:
        return len(self._backend)

    def setdefault(self, name: K, entry: Entry[V], /) -> Entry[V]:
        try:
            return self._backend[name]
        except KeyError:
            raise _refusal(name, "registered") from None

    def close(self) -> None:
        """Close the backend beneath, if it can be closed."""
        if isinstance(self._backend, Closeable):
            self._backend.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._backend,)

    def __repr__(self) -> str:
        inner = f"a dict of {len(self)}" if isinstance(self._backend, dict) else repr(self._backend)
        return f"{type(self).__name__}({inner})"


@final
class ReadOnlyBackend(_ReadOnly[K, V]):
    """Reads pass through; every write is a FrozenRegistryError.

    Others may still write to the backend beneath, and it shows. Removing a name that is not there is a KeyError, as
    everywhere, and `setdefault` gives the entry that is there.
    """

    __slots__ = ()


@final
class InMemoryReadOnlyBackend(_ReadOnly[K, V]):
    """A `ReadOnlyBackend` over one that is InMemory, and so is it."""

    __slots__ = ()

    @property
    def entries(self) -> Mapping[K, Entry[V]]:
        """What the backend beneath shows; the rest is asked of it."""
        backend: Any = self._backend  # a dict or an InMemory, which no type says of a Backend
        entries: Mapping[K, Entry[V]] = backend if isinstance(backend, dict) else backend.entries
        return entries


def read_only(backend: Backend[K, V]) -> ReadOnlyBackend[K, V] | InMemoryReadOnlyBackend[K, V]:
    """A view of a backend that cannot be written to, as fast to look up in as the backend itself.

    >>> from registry.backends import MemoryBackend
    >>> read_only(MemoryBackend())
    InMemoryReadOnlyBackend(MemoryBackend(0 entries))
    """
    if isinstance(backend, dict | InMemory):
        return InMemoryReadOnlyBackend(backend)
    return ReadOnlyBackend(backend)


def _refusal(name: object, verb: str) -> FrozenRegistryError:
    return FrozenRegistryError(
        f"{quote(name)} cannot be {verb}: its backend is read-only.",
        suggestions=["Put a backend that can be written to in front: layered(MemoryBackend(), backend)."],
        context={"name": name if isinstance(name, str) else repr(name)},
    )
