"""`check_backend` on backends that keep every promise, and on twins of one that break one each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from server.running import running
from testing import broken_abilities, broken_backends
from testing.broken_backends import SharesState, Sound
from testing.durable_backends import DbmBackend, ShelveBackend

from registry.backends import LayeredBackend, MemoryBackend, RemoteBackend, SQLiteBackend, StoredBackend, layered
from registry.errors import ValidationError
from registry.model import Entry, Reference
from registry.stores import MemoryStore
from registry.testing.backends.check import check_backend

BROKEN = {**broken_backends.BROKEN, **broken_abilities.BROKEN}

IN_MEMORY: dict[str, Callable[[], Any]] = {
    "dict": dict,
    "memory": MemoryBackend,
    "layered memory": lambda: LayeredBackend(MemoryBackend()),
    "layered, transactional": lambda: layered(MemoryBackend(), MemoryBackend()),
    "stored": lambda: StoredBackend(MemoryStore(), namespace="research.losses"),
    "stored, every read asks": lambda: StoredBackend(MemoryStore(), namespace="research.losses", max_staleness=0),
}

IN_FILES: dict[str, Callable[[Path], Any]] = {
    "sqlite": lambda folder: SQLiteBackend(folder / "registry.db", namespace="research.losses"),
    "shelve": lambda folder: ShelveBackend(folder / "shelf"),
    "dbm": lambda folder: DbmBackend(folder / "entries"),
    "the twin of the broken ones": Sound,
}


@pytest.mark.parametrize("make", IN_MEMORY.values(), ids=IN_MEMORY.keys())
def test_a_backend_in_memory_keeps_every_promise(make: Callable[[], Any]) -> None:
    check_backend(make, max_examples=10)


@pytest.mark.parametrize("make", IN_FILES.values(), ids=IN_FILES.keys())
def test_a_backend_in_files_keeps_every_promise_and_its_entries(make: Callable[[Path], Any]) -> None:
    check_backend(make, reopen=True, max_examples=5, steps=10)


@pytest.fixture
def url() -> Iterator[str]:
    with MemoryStore() as store, running(store) as served:
        yield served.url


def test_a_backend_over_a_live_server_keeps_every_promise_and_its_entries(url: str) -> None:
    def make(folder: Path) -> Any:
        return RemoteBackend(url, namespace=folder.name)

    check_backend(make, reopen=True, max_examples=3, steps=10)


@pytest.mark.soak
def test_backends_keep_every_promise_in_many_programs(url: str) -> None:
    for make in IN_MEMORY.values():
        check_backend(make, max_examples=500, steps=40)
    for kept in IN_FILES.values():
        check_backend(kept, reopen=True, max_examples=200, steps=30)
    check_backend(lambda: RemoteBackend(url, namespace=f"n{uuid4().hex}"), max_examples=100, steps=30)


def complaint(make: Callable[..., Any], **options: Any) -> str:
    """What the check says."""
    with pytest.raises(AssertionError) as caught:
        check_backend(make, **{"reopen": True, **options})
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return str(caught.value)


@pytest.mark.parametrize(("broken", "sentence"), BROKEN.items(), ids=[broken.__name__ for broken in BROKEN])
def test_a_backend_that_breaks_one_promise_is_caught(broken: type[Sound], sentence: str) -> None:
    SharesState.shared.clear()
    # what is caught without chance is caught each time
    assert complaint(broken, max_examples=0).startswith(sentence)


@pytest.mark.soak
@pytest.mark.parametrize(("broken", "sentence"), BROKEN.items(), ids=[broken.__name__ for broken in BROKEN])
def test_a_backend_that_breaks_one_promise_is_caught_each_time(broken: type[Sound], sentence: str) -> None:
    for _ in range(5):
        SharesState.shared.clear()
        assert complaint(broken).startswith(sentence)


def test_a_failure_is_one_sentence_and_the_shortest_history() -> None:
    class Forgets(dict[Any, Any]):
        def __delitem__(self, name: Any) -> None:
            self[name]

    assert complaint(Forgets, reopen=False).splitlines() == [
        "`in` has to say whether there is an entry of this very name.",
        "",
        "backend = make()",
        "backend['a'] = Entry('a', Reference('statistics:mean'))",
        "del backend['a']",
        "'a' in backend  # returned True",
    ]


def test_a_mistake_that_only_drawn_programs_meet_is_shown_with_short_names_and_plain_entries() -> None:
    class LosesTheFifthClaim(dict[Any, Any]):
        claims = 0

        def setdefault(self, name: Any, entry: Any = None, /) -> Any:
            self.claims += name not in self
            return entry if name not in self and self.claims == 5 else super().setdefault(name, entry)

    check_backend(LosesTheFifthClaim, max_examples=0)
    text = complaint(LosesTheFifthClaim, reopen=False, max_examples=100, steps=40)
    lines = text.splitlines()[3:]
    assert sum(line.startswith("backend.setdefault(") for line in lines) == 5
    assert sum(line.startswith("del backend[") for line in lines) <= 5
    assert len(lines) <= 11
    assert all("Reference('statistics:me" in line for line in lines if "Entry(" in line)
    for word in ("hypothesis", "Hypothesis", "alsifying", "reproduce_failure"):
        assert word not in text


def test_the_same_history_is_shown_each_time() -> None:
    broken = next(iter(BROKEN))
    assert complaint(broken) == complaint(broken)


def test_what_is_shown_is_python_that_breaks_the_promise_again(tmp_path: Path) -> None:
    broken = next(iter(BROKEN))
    lines = complaint(broken, reopen=False).splitlines()[2:]
    names: dict[str, Any] = {"make": broken, "folder": tmp_path, "Entry": Entry, "Reference": Reference}
    for line in lines[:-1]:
        exec(line, names)
    shown = eval(lines[-1], names)
    assert shown.target == Reference("statistics:mean")
    assert "median" in lines[-2]


def test_entries_of_an_earlier_backend_are_found_by_the_first_rule() -> None:
    only = MemoryBackend[Any, Any]()
    assert complaint(lambda: only, reopen=False).splitlines() == [
        "Two backends that were made one after the other must not share their entries.",
        "",
        "backend = make()",
        "list(backend)",
        "backend['huber'] = Entry('huber', Reference('statistics:mean'))",
        "another = make()",
        "list(another)  # returned ['huber']",
    ]
    assert complaint(lambda: only, reopen=False).startswith("A new backend has to be empty")


def test_what_has_no_folder_cannot_be_opened_again() -> None:
    with pytest.raises(ValidationError, match="does not take a folder"):
        check_backend(dict, reopen=True)


def test_what_a_factory_raises_is_passed_on() -> None:
    def make() -> Any:
        raise RuntimeError("no disk")

    with pytest.raises(RuntimeError, match="no disk"):
        check_backend(make)


def test_a_failure_says_where_a_backend_raised_what_it_must_not() -> None:
    class Fails(dict[Any, Any]):
        def __len__(self) -> int:
            raise OSError("the disk\nis gone")

    text = complaint(Fails, reopen=False)
    assert text.splitlines()[0] == "A call raised what nothing allows it to."
    assert "raised OSError: the disk is gone at test_check_backend.py:" in text.splitlines()[-1]
