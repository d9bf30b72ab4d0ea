"""The entries of one registry: its backend, what reads see of it, and how it is written to."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from registry.backends import MemoryBackend
from registry.core.changes import Changes, OnConflict
from registry.errors import BackendError, DiagnosticError
from registry.model import MISSING, Entry, Reference
from registry.names import quote
from registry.references import address_of, describe

T = TypeVar("T")


class Source:
    """Gives a backend that shows no dict of its entries the attribute through which look-ups read."""

    __slots__ = ("entries",)

    def __init__(self, entries: Any) -> None:
        self.entries = entries


class Entries:
    """One registry's entries.

    Attributes:
        registry: The registry's name, for messages.
        backend: Where the entries are.
        source: What look-ups read first: `source.entries[name]`. An open overlay puts a view here.
        shown: Told when `source` changes.
        own: Whether the backend is a plain dict or a MemoryBackend, so that its methods are no user code, and a
            resolved artifact may be written back.
        shared: The backend, if it is a `Shared` one; None otherwise.
    """

    __slots__ = (
        "__weakref__",
        "_below",
        "_exchange",
        "_writes",
        "_writing",
        "backend",
        "base",
        "own",
        "registry",
        "shared",
        "shown",
        "source",
    )

    def __init__(self, registry: str, backend: Any) -> None:
        self.registry = registry
        self.backend = backend
        self.own = type(backend) in (dict, MemoryBackend)
        self.shared: Any = None if self.own or not hasattr(backend, "exchange") else backend
        # of a Shared backend, or of layers that write to one
        self._exchange: Any = getattr(backend, "exchange" if self.shared is not None else "exchange_first", None)
        self._below: Callable[[], Any] | None = None
        shows_entries = isinstance(getattr(backend, "entries", None), dict)
        self.base: Any = backend if shows_entries else Source(backend)
        self.source: Any = self.base
        self.shown: Callable[[Any], None] | None = None
        # Taken only around a backend of our own: user code never runs under it. It can be taken again by its holder,
        # since an artifact that goes may have a finalizer which registers.
        self._writing: Any = _NO_LOCK
        if self.own:
            self._writing = backend.writing if type(backend) is MemoryBackend else threading.RLock()
        self._writes = 0

    def show(self, source: Any, below: Callable[[], Any] | None = None) -> None:
        """Let look-ups read somewhere else; `below` gives what they ask where `source` does not have it."""
        self.source = source
        self._below = below
        if self.shown is not None:
            self.shown(source)

    def readable(self) -> Any:
        """What has every entry that this context sees: overlays, and below them the backend."""
        if self.own:
            return self.source.entries
        return self.backend if self._below is None else self._below()

    def find(self, name: Any) -> Entry[Any] | None:
        """The entry that look-ups see under a name."""
        return self._read(self.readable(), name)

    def has(self, name: object) -> bool:
        """Whether there is something under a name."""
        return bool(self._asked(self.readable().__contains__, name))

    def held_under(self, name: Any) -> Entry[Any] | None:
        """The entry or alias that the backend holds under a name, overlays left out."""
        return self._read(self.backend, name)

    def state(self) -> Any:
        """Equal as long as the entries are known to be the same; None when that cannot be known."""
        entries = self.source.entries
        return (self._writes, id(entries), len(entries)) if self.own and type(entries) is dict else None

    def names(self) -> list[Any]:
        """Every name, aliases included: a copy, safe beside writers."""
        entries = self.readable()
        return list(entries) if type(entries) is dict else self._listed(entries)

    def primary_names(self) -> list[Any]:
        """Every name, aliases left out; entries are not made for it where the backend can tell."""
        entries = self.readable()
        listing = getattr(entries, "primary_names", None)  # a Listing backend has it
        if callable(listing):
            found: list[Any] = self._asked(listing)
            return found
        return [entry.name for entry in self.snapshot()]

    def snapshot(self) -> list[Entry[Any]]:
        """Every entry that is not an alias."""
        entries = self.readable()
        if type(entries) is dict:
            return [entry for entry in list(entries.values()) if entry.alias_of is None]
        found = (self._read(entries, name) for name in self.names())
        return [entry for entry in found if entry is not None and entry.alias_of is None]

    def registered_here(self) -> Iterator[str]:
        """The addresses of what this process itself put here, or let be put here by a pickle: see `known`."""
        from registry.backends import held_here, shared_parts

        for shared in shared_parts(self.backend):
            yield from shared.trusted()
        try:
            held = self._call(list, held_here(self.backend))
        except (KeyError, DiagnosticError):  # what cannot be read vouches for nothing, and fails no look-up elsewhere
            return
        for _, entry in held:
            if not isinstance(entry, Entry) or entry.received is not None:
                continue
            for reference in (entry.target, entry.reference):
                if isinstance(reference, Reference):
                    yield reference.target
            address = address_of(entry.target)
            if address is not None:
                yield address

    def held(self) -> list[Entry[Any]]:
        """Every entry and alias that the backend holds, overlays left out."""
        found = (self._read(self.backend, name) for name in self._listed(self.backend))
        return [entry for entry in found if entry is not None]

    def add(self, entry: Entry[Any], on_conflict: OnConflict) -> bool:
        """Register an entry with its aliases; whether it is there now.

        Raises:
            DuplicateEntryError: Another definition has one of the names; nothing has changed.
        """
        if not entry.aliases:
            if self.own:
                with self._writing:  # `state` sees by their number that there are more
                    held = self.base.entries.setdefault(entry.name, entry)
            else:
                held = self._call(self.backend.setdefault, entry.name, entry)
            if held is entry:
                return True
        return self.change(lambda changes: changes.add(entry, on_conflict))

    def remove(self, entry: Entry[Any]) -> None:
        """Unregister an entry with its aliases, or an alias alone."""
        self.change(lambda changes: changes.remove(entry))

    def clear(self) -> list[Any]:
        """Unregister everything; gives the names that went, aliases left out.

        What is shared goes in parts, if it is more than one change may hold.
        """
        gone: list[Any] = []

        def work(names: Iterable[Any]) -> Callable[[Changes], list[Any]]:
            def stage(changes: Changes) -> list[Any]:
                held = [entry for entry in map(changes.now, names) if entry is not None]
                for entry in held:
                    changes.stage(entry.name, None)
                return [entry.name for entry in held if not entry.is_alias]

            return stage

        for part in self.parts(self._listed(self.backend)):
            gone += self.change(work(part))
        return gone

    def parts(self, items: Iterable[Any]) -> Iterator[list[Any]]:
        """Items, in lists that are small enough for one change each: all in one where nothing is shared."""
        most = None if self._exchange is None else max(1, self.backend.largest_batch)
        left = iter(items)
        while part := list(islice(left, most)):
            yield part

    def swap(self, old: Entry[Any], new: Entry[Any]) -> bool:
        """Put an entry whose artifact was resolved in the place of the lazy one; False when it stays where it is."""
        if self.shared is not None:
            return bool(self._call(self.shared.keep, old, new))
        if not self.own:
            return False
        with self._writing:
            if self._read(self.backend, old.name) is not old:
                return False
            self.backend[old.name] = new
            self._writes += 1
            return True

    def change(self, work: Callable[[Changes], T]) -> T:
        """Make all the changes that `work` stages, or none of them; it is called again if others were faster.

        What it decides on is looked at without a lock, since artifacts are user code, and compared before it counts.

        Raises:
            BackendError: The backend failed; it was restored as far as it let itself be.
        """
        while True:
            changes = Changes(self.registry, lambda name: self._read(self.backend, name))
            result = work(changes)
            if not changes.after:
                return result
            if self._exchange is not None:
                before = {name: changes.before[name] for name in changes.after}
                if self._call(self._exchange, before, changes.after):
                    return result
                continue
            with self._writing:
                if self._stands(changes.before):
                    self._writes += 1
                    if self._commit(changes):
                        return result

    def _stands(self, before: Mapping[Any, Entry[Any] | None]) -> bool:
        """Whether nobody has written since; a backend that is not our own sees to that itself."""
        return not self.own or all(self.base.entries.get(name) is entry for name, entry in before.items())

    def _commit(self, changes: Changes) -> bool:
        """Make the changes, or none of them; whether they were made."""
        apply = getattr(self.backend, "apply", None)  # a Transactional backend has it
        if callable(apply) and len(changes.after) > 1:
            self._call(apply, changes.after)
            return True
        done: list[Any] = []
        made = False
        try:
            for name, entry in changes.after.items():
                if not self._put(name, entry, changes.before[name]):
                    return False
                done.append(name)
            made = True
        finally:
            if not made:
                self._restore(done, changes)
        return True

    def _put(self, name: Any, entry: Entry[Any] | None, before: Entry[Any] | None) -> bool:
        if entry is None:
            if before is not None:
                self._call(self.backend.__delitem__, name)
            return True
        if before is None:
            return self._call(self.backend.setdefault, name, entry) is entry
        self._call(self.backend.__setitem__, name, entry)
        return True

    def _restore(self, done: list[Any], changes: Changes) -> None:
        for name in reversed(done):
            before = changes.before[name]
            try:
                if before is None:
                    self._call(self.backend.__delitem__, name)
                else:
                    self._call(self.backend.__setitem__, name, before)
            except (KeyError, DiagnosticError):  # the failure that led here is the one to report
                continue

    def _read(self, entries: Any, name: Any) -> Entry[Any] | None:
        try:
            hash(name)
        except TypeError:  # what cannot be hashed is no name
            return None
        try:
            if type(entries) is dict:
                entry = self._call(entries.get, name, MISSING)  # which makes no exception for what is not there
            else:
                entry = self._call(entries.__getitem__, name)
        except KeyError:
            return None
        if entry is MISSING:
            return None
        if not isinstance(entry, Entry):
            raise BackendError(
                f"The backend of {quote(self.registry)} holds {quote(entry)} under {quote(name)}, which is no entry.",
                suggestions=["Register artifacts through the registry, or put Entry(name, artifact) into the backend."],
            )
        return entry

    def _call(self, method: Callable[..., Any], /, *arguments: Any) -> Any:
        try:
            return method(*arguments)
        except (KeyError, DiagnosticError):
            raise
        except Exception as error:
            raise failed(self.registry, error) from error

    def _listed(self, entries: Any) -> list[Any]:
        """Every name, as a backend lists them. Its length is not asked for, which `list` would do."""
        found: list[Any] = self._asked(lambda: list(iter(entries)))
        return found

    def _asked(self, method: Callable[..., Any], /, *arguments: Any) -> Any:
        """What a method says for which nothing can be missing, so that a KeyError is a failure like any other."""
        try:
            return method(*arguments)
        except DiagnosticError:
            raise
        except Exception as error:
            raise failed(self.registry, error) from error


def failed(registry: str, error: Exception) -> BackendError:
    """The error for whatever the methods of a backend raised."""
    return BackendError(f"The backend of {quote(registry)} failed: {describe(error)}.", context={"registry": registry})


class _NoLock:
    """Stands for a lock around a backend that must not be called under one."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, *raised: object) -> None:
        return None


_NO_LOCK = _NoLock()
