"""What MemoryBackend adds to the contract: batches that nobody sees half of, and writers beside readers."""

import copy
import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from registry.backends import MemoryBackend
from registry.model import Entry

THREADS = 4
ROUNDS = 400


def entries(*names: str) -> dict[str, Entry[Any]]:
    return {name: Entry(name, target=name.upper()) for name in names}


def together(*works: Callable[[], None]) -> None:
    """Run each in a thread of its own, all at once, and raise what any of them raised."""
    failures: list[BaseException] = []
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        gate.wait()
        try:
            work()
        except BaseException as failure:  # raised again where the test can see it
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure


def test_the_entries_given_are_copied() -> None:
    given = entries("huber")
    backend = MemoryBackend(given)
    given["mse"] = Entry("mse", target=1)
    assert list(backend) == ["huber"]


def test_an_empty_mapping_is_taken_as_it_is() -> None:
    assert len(MemoryBackend({})) == 0


def test_what_cannot_be_a_name_is_not_in_it() -> None:
    assert [] not in MemoryBackend(entries("huber"))


def test_a_batch_puts_and_removes_at_once() -> None:
    backend = MemoryBackend(entries("huber", "mse"))
    new = entries("hinge")
    backend.apply({"hinge": new["hinge"], "mse": None})
    assert list(backend) == ["huber", "hinge"]


def test_a_batch_that_removes_what_is_not_there_changes_nothing() -> None:
    backend = MemoryBackend(entries("huber"))
    before = backend.entries
    with pytest.raises(KeyError):
        backend.apply({"mse": Entry("mse", target=1), "absent": None, "huber": None})
    assert backend.entries is before
    assert list(before) == ["huber"]


def test_a_dict_that_was_read_before_a_batch_does_not_change_under_its_reader() -> None:
    backend = MemoryBackend(entries("huber"))
    read = backend.entries
    backend.apply(entries("mse"))
    assert list(read) == ["huber"]
    assert list(backend.entries) == ["huber", "mse"]


def test_a_loop_over_the_names_may_write() -> None:
    backend = MemoryBackend(entries("huber", "mse"))
    for name in backend:
        backend[name + "2"] = Entry(name + "2", target=name)
    assert list(backend) == ["huber", "mse", "huber2", "mse2"]


def test_threads_may_register_while_others_iterate() -> None:
    backend: MemoryBackend[str, int] = MemoryBackend()

    def write(number: int) -> None:
        for round_ in range(ROUNDS):
            name = f"{number}-{round_}"
            backend[name] = Entry(name, target=round_)
            if round_ % 3 == 0:
                del backend[name]

    def read() -> None:
        for _ in range(ROUNDS):
            names = list(backend)
            assert len(names) == len(set(names))

    together(*(lambda number=number: write(number) for number in range(THREADS)), read, read)
    assert set(backend) == {f"{number}-{round_}" for number in range(THREADS) for round_ in range(ROUNDS) if round_ % 3}


def test_one_name_is_claimed_by_one_thread_only() -> None:
    backend: MemoryBackend[str, int] = MemoryBackend()
    winners: list[str] = []

    def claim() -> None:
        for round_ in range(ROUNDS):
            mine = Entry(str(round_), target=round_)
            if backend.setdefault(mine.name, mine) is mine:
                winners.append(mine.name)

    together(*[claim] * THREADS)
    assert sorted(winners, key=int) == [str(round_) for round_ in range(ROUNDS)]


def test_no_write_is_lost_to_a_batch_that_replaces_the_dict() -> None:
    backend: MemoryBackend[str, int] = MemoryBackend()

    def write_batches() -> None:
        for round_ in range(ROUNDS):
            backend.apply({f"batch-{round_}": Entry(f"batch-{round_}", target=round_)})

    def write_singly() -> None:
        for round_ in range(ROUNDS):
            backend[f"set-{round_}"] = Entry(f"set-{round_}", target=round_)
            backend.setdefault(f"claim-{round_}", Entry(f"claim-{round_}", target=round_))

    together(write_batches, write_singly)
    assert len(backend) == 3 * ROUNDS


def test_nobody_sees_half_of_a_batch() -> None:
    backend = MemoryBackend({name: Entry(name, target=0) for name in "ab"})
    finished = threading.Event()

    def write() -> None:
        for round_ in range(ROUNDS):
            backend.apply({name: Entry(name, target=round_) for name in "ab"})
        finished.set()

    def read() -> None:
        while not finished.is_set():
            seen = backend.entries
            assert seen["a"].target == seen["b"].target

    together(write, read, read)
    assert backend["a"].target == ROUNDS - 1


class Noisy:
    """Registers another entry when it ends."""

    def __init__(self, backend: MemoryBackend[str, Any]) -> None:
        self.backend = backend

    def __del__(self) -> None:
        self.backend["ended"] = Entry("ended", target=True)


REMOVALS: dict[str, Callable[[MemoryBackend[str, Any]], None]] = {
    "replaced": lambda backend: backend.__setitem__("noisy", Entry("noisy", target=1)),
    "removed": lambda backend: backend.__delitem__("noisy"),
    "removed in a batch": lambda backend: backend.apply({"noisy": None}),
}


@pytest.mark.parametrize("remove", REMOVALS.values(), ids=REMOVALS.keys())
def test_an_artifact_whose_end_writes_to_the_backend_neither_blocks_nor_is_lost(
    remove: Callable[[MemoryBackend[str, Any]], None],
) -> None:
    backend: MemoryBackend[str, Any] = MemoryBackend()
    backend["noisy"] = Entry("noisy", target=Noisy(backend))
    remove(backend)
    gc.collect()
    assert backend["ended"].target is True


def test_a_removed_entry_is_let_go() -> None:
    backend = MemoryBackend(entries("huber"))
    gone = weakref.ref(backend["huber"])
    del backend["huber"]
    gc.collect()
    assert gone() is None


def test_a_copy_is_a_backend_of_its_own() -> None:
    backend = MemoryBackend(entries("huber"))
    copied = copy.copy(backend)
    del copied["huber"]
    assert "huber" in backend


def test_its_repr_shows_its_size() -> None:
    assert repr(MemoryBackend(entries("huber"))) == "MemoryBackend(1 entry)"
    assert repr(MemoryBackend()) == "MemoryBackend(0 entries)"


def test_a_writer_waits_for_a_batch_that_is_under_way() -> None:
    backend: MemoryBackend[str, Any] = MemoryBackend()
    writer = threading.Thread(target=lambda: backend.__setitem__("single", Entry("single", target=1)))

    class Slow(dict[str, Entry[Any]]):
        def items(self) -> Any:
            writer.start()
            writer.join(0.1)  # it cannot finish before the batch has
            return super().items()

    backend.apply(Slow(entries("a", "b")))
    writer.join()
    assert set(backend) == {"a", "b", "single"}
