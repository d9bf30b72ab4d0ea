"""A package with a backend."""

from registry.distribution import entry_point_group

WORDS = {
    "summary": "A backend that keeps a journal of its changes",
    "group": entry_point_group("backends"),
    "leads_to": "<<module>>:JournalBackend",
}

README = """\
# <<name>>

<<summary>>.

```python
from registry import Registry
from <<module>> import JournalBackend

backend = JournalBackend()
losses = Registry("losses", backend=backend)
losses.register("absolute", abs)
print(backend.journal)
```

Programs that read the name of a backend from somewhere find it by `registry.offers.offered("backends", "<<part>>")`.
"""

MODULE = '''\
"""<<summary>>."""

import threading
from collections.abc import Iterator
from typing import Any

from registry import Entry


class JournalBackend:
    """Entries in a dict, and a journal of what was put and taken away: the name, and the entry or None.

    Readers take no lock. Writers take one, so that the journal has their changes in the order in which they were made.
    """

    def __init__(self) -> None:
        self._entries: dict[Any, Entry[Any]] = {}
        self._journal: list[tuple[Any, Entry[Any] | None]] = []
        self._writing = threading.RLock()

    @property
    def journal(self) -> list[tuple[Any, Entry[Any] | None]]:
        """Every change so far, oldest first."""
        return list(self._journal)

    def __getitem__(self, name: Any, /) -> Entry[Any]:
        return self._entries[name]

    def __setitem__(self, name: Any, entry: Entry[Any], /) -> None:
        with self._writing:
            self._entries[name] = entry
            self._journal.append((name, entry))

    def __delitem__(self, name: Any, /) -> None:
        with self._writing:
            del self._entries[name]
            self._journal.append((name, None))

    def __contains__(self, name: object, /) -> bool:
        try:
            return name in self._entries
        except TypeError:  # what cannot be hashed is no name
            return False

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._entries))  # a copy, since writers may come while it is read

    def __len__(self) -> int:
        return len(self._entries)

    def setdefault(self, name: Any, entry: Entry[Any], /) -> Entry[Any]:
        with self._writing:
            found = self._entries.setdefault(name, entry)
            if found is entry:
                self._journal.append((name, entry))
            return found

    def __repr__(self) -> str:
        return f"JournalBackend({len(self)} entries, {len(self._journal)} changes)"
'''

TEST = '''\
"""The package fits, and does what it says."""

from registry import Registry
from registry.offers import offered
from registry.testing import check_backend, check_plugin

from <<module>> import JournalBackend


def test_what_is_installed_can_be_imported_and_is_a_backend() -> None:
    assert check_plugin("<<name>>").parts == ("backends <<part>>",)


def test_it_keeps_the_promises_of_backends() -> None:
    check_backend(JournalBackend)


def test_it_is_found_by_its_name() -> None:
    offer = offered("backends", "<<part>>")
    assert offer is not None
    assert offer.load() is JournalBackend


def test_the_journal_has_every_change_in_order() -> None:
    backend = JournalBackend()
    losses = Registry("losses", backend=backend)
    losses.register("absolute", abs)
    losses.unregister("absolute")
    assert [(name, entry is not None) for name, entry in backend.journal] == [("absolute", True), ("absolute", False)]
'''

FILES = {
    "README.md": README,
    "<<module>>/__init__.py": MODULE,
    "tests/test_<<module>>.py": TEST,
}
