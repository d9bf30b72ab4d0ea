"""`check_store` on stores that keep every promise, and on twins of one that break one each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from server.running import running
from testing import broken_stores, broken_watches
from testing.broken_stores import Kept, LosesTheLastChange, SharesState, Sound

from registry.errors import ValidationError
from registry.stores import HTTPStore, MemoryStore, SQLiteStore
from registry.testing.stores.check import check_store

BROKEN = {**broken_stores.BROKEN, **broken_watches.BROKEN}


class Served:
    """A store over a live server, which ends with it."""

    def __init__(self) -> None:
        self.memory = MemoryStore()
        self.server = running(self.memory)
        self.store = HTTPStore(self.server.__enter__().url)
        self.is_closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def close(self) -> None:
        self.store.close()
        if not self.is_closed:
            self.is_closed = True
            self.server.__exit__(None, None, None)
            self.memory.close()


def test_a_store_in_memory_keeps_every_promise() -> None:
    check_store(MemoryStore, max_examples=25)


def test_a_store_in_a_file_keeps_every_promise_and_all_that_it_holds() -> None:
    check_store(lambda folder: SQLiteStore(folder / "registry.db"), reopen=True, max_examples=5)


def test_a_store_over_a_live_server_keeps_every_promise() -> None:
    check_store(Served, max_examples=1, steps=4)


def test_the_twins_of_the_broken_stores_keep_every_promise() -> None:
    check_store(Kept, reopen=True, max_examples=0)
    check_store(Sound, max_examples=0)


@pytest.mark.soak
def test_stores_keep_every_promise_in_many_programs() -> None:
    check_store(MemoryStore, max_examples=300, steps=30)
    check_store(lambda folder: SQLiteStore(folder / "registry.db"), reopen=True, max_examples=100, steps=20)
    check_store(Served, max_examples=50, steps=20)


def complaint(make: Callable[..., Any], **options: Any) -> str:
    """What the check says."""
    with pytest.raises(AssertionError) as caught:
        check_store(make, **{"patience": 1.5, **options})
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return str(caught.value)


@pytest.mark.parametrize(("broken", "sentence"), BROKEN.items(), ids=[broken.__name__ for broken in BROKEN])
def test_a_store_that_breaks_one_promise_is_caught(broken: type[Any], sentence: str) -> None:
    with_file = issubclass(broken, Kept)
    text = complaint(broken, reopen=with_file, max_examples=0)  # what is caught without chance is caught each time
    assert text.startswith(sentence) or (broken is SharesState and text.startswith("A new store has to be empty"))


@pytest.mark.soak
@pytest.mark.parametrize("broken", BROKEN, ids=[broken.__name__ for broken in BROKEN])
def test_a_store_that_breaks_one_promise_is_caught_each_time(broken: type[Any]) -> None:
    for _ in range(5):
        text = complaint(broken, reopen=issubclass(broken, Kept))
        assert text.startswith(BROKEN[broken]) or broken is SharesState


def test_a_failure_is_one_sentence_and_the_shortest_history() -> None:
    assert complaint(LosesTheLastChange).splitlines() == [
        "A snapshot has to hold all records of its namespace, each as it was written last.",
        "",
        "store = make()",
        "store.token()",
        "store.submit('a', [Change('x', b'{\"n\":1}'), Change('y', b'{\"n\":2}')], operation='operation-1').result()",
        "list(store.snapshot('a'))  # has ['x']",
    ]


def test_nothing_of_hypothesis_is_in_a_failure_of_a_drawn_program() -> None:
    class HidesTheEighth(Sound):
        def snapshot(self, namespace: str, /) -> Any:
            return self.store.snapshot("none" if self.store.token().revision in range(8, 13) else namespace)

    check_store(HidesTheEighth, max_examples=0)
    text = complaint(HidesTheEighth, max_examples=100, steps=15)
    for word in ("hypothesis", "Hypothesis", "alsifying", "reproduce_failure"):
        assert word not in text
    lines = text.splitlines()
    assert sum(line.startswith("store.submit(") for line in lines) == 8
    assert len(lines) <= 15


def test_what_has_no_folder_cannot_be_opened_again(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="does not take a folder"):
        check_store(lambda: SQLiteStore(tmp_path / "registry.db"), reopen=True)
