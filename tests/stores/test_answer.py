"""Answers of a store: futures that can be waited for in threads and in event loops."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.errors import InvalidNameError, RevisionConflictError
from registry.revisions import NOTHING_THERE, Change, Token
from registry.stores import MemoryStore, SQLiteStore
from registry.stores.answer import Answer, answer_all


async def waiting_for(answers: list[Answer[int]]) -> "list[asyncio.Task[int]]":
    """Tasks that wait for answers, each at its own."""

    async def wait(answer: Answer[int]) -> int:
        return await answer

    tasks = [asyncio.create_task(wait(answer)) for answer in answers]
    await asyncio.sleep(0)
    return tasks


def wakes(tell: Callable[[list[Answer[int]]], None]) -> int:
    """How often a loop is woken by what answers ten that are awaited in it."""

    async def count() -> int:
        loop: Any = asyncio.get_running_loop()
        woken, really = 0, loop.call_soon_threadsafe

        def counted(*given: Any, **options: Any) -> Any:
            nonlocal woken
            woken += 1
            return really(*given, **options)

        answers: list[Answer[int]] = [Answer() for _ in range(10)]
        tasks = await waiting_for(answers)
        loop.call_soon_threadsafe = counted
        telling = threading.Thread(target=tell, args=(answers,))
        telling.start()
        try:
            assert await asyncio.gather(*tasks) == list(range(10))
        finally:
            del loop.call_soon_threadsafe
            telling.join()
        return woken

    return asyncio.run(count())


def test_a_loop_is_woken_once_for_all_answers_of_a_commit() -> None:
    assert wakes(lambda answers: answer_all(zip(answers, range(10), strict=True))) == 1


def test_a_loop_that_is_woken_for_each_answer_is_counted() -> None:
    def one_by_one(answers: list[Answer[int]]) -> None:
        for number, answer in enumerate(answers):
            answer_all([(answer, number)])

    assert wakes(one_by_one) == 10


def test_every_loop_that_waits_is_woken() -> None:
    answer: Answer[int] = Answer()
    begun = threading.Barrier(3)
    found: list[int] = []

    async def wait() -> None:
        task = asyncio.create_task(waiting_for([answer]))
        (waiting,) = await task
        begun.wait(20)
        found.append(await waiting)

    threads = [threading.Thread(target=asyncio.run, args=(wait(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    begun.wait(20)
    answer_all([(answer, 7)])
    for thread in threads:
        thread.join(20)
    assert found == [7, 7]
    assert answer.result(0) == 7


def test_an_answer_that_is_there_already_is_awaited_without_a_pause() -> None:
    answer: Answer[int] = Answer()
    answer_all([(answer, 7)])

    async def wait() -> int:
        return await answer

    running = wait()
    with pytest.raises(StopIteration) as stopped:
        running.send(None)  # no loop at all
    assert stopped.value.value == 7


def test_an_exception_is_raised_where_it_is_awaited() -> None:
    async def wait() -> None:
        answer: Answer[int] = Answer()
        (task,) = await waiting_for([answer])
        answer_all([(answer, KeyError("k"))])
        with pytest.raises(KeyError, match="k"):
            await task

    asyncio.run(wait())


def test_one_who_gives_up_waiting_disturbs_nobody() -> None:
    async def wait() -> None:
        answers: list[Answer[int]] = [Answer(), Answer()]
        first, second = await waiting_for(answers)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        answer_all(zip(answers, (1, 2), strict=True))
        assert await second == 2
        assert answers[0].result(0) == 1  # the write went on

    asyncio.run(wait())


def test_an_answer_that_is_cancelled_wakes_who_awaits_it() -> None:
    async def wait() -> None:
        answer: Answer[int] = Answer()
        (task,) = await waiting_for([answer])
        assert answer.cancel()
        with pytest.raises(concurrent.futures.CancelledError):
            await asyncio.wait_for(task, 20)

    asyncio.run(wait())


def test_a_loop_that_has_ended_holds_up_nobody() -> None:
    answer: Answer[int] = Answer()

    async def leave() -> None:
        await waiting_for([answer])

    asyncio.run(leave())
    answer_all([(answer, 7)])
    assert answer.result(0) == 7


@pytest.mark.parametrize("kind", [MemoryStore, SQLiteStore])
def test_a_write_can_be_awaited(kind: Any, tmp_path: Path) -> None:
    async def write(store: MemoryStore | SQLiteStore) -> None:
        token = await store.submit("n", [Change("k", b"{}", NOTHING_THERE)], operation="1")
        assert isinstance(token, Token)
        assert store.token() == token
        with pytest.raises(RevisionConflictError):
            await store.submit("n", [Change("k", b"{}", NOTHING_THERE)], operation="2")
        with pytest.raises(InvalidNameError):
            await store.submit("", [Change("k", b"{}")], operation="3")

    with kind() if kind is MemoryStore else kind(tmp_path / "a.db") as store:
        asyncio.run(write(store))
