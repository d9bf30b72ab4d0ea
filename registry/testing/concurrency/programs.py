"""What several threads are to do with one backend, drawn at random and made smaller once it has shown something."""

import enum
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import attrs

from registry.protocols import Backend, InMemory, Transactional

LETTERS = "abc"


class Method(enum.Enum):
    """What is called; the value is how it looks in code, for people."""

    GET = "backend[{}]"
    LOOK = "backend.entries.get({})"
    CONTAINS = "{} in backend"
    LIST = "list(backend)"
    SET = "backend[{}] = {}"
    DELETE = "del backend[{}]"
    SETDEFAULT = "backend.setdefault({}, {})"
    APPLY = "backend.apply({})"


READING = (Method.GET, Method.GET, Method.CONTAINS, Method.LIST)
WRITING = (Method.SET, Method.DELETE, Method.SETDEFAULT)


@attrs.frozen
class Step:
    """One call.

    Attributes:
        method: What is called.
        names: The letters of the names that it is about: one, or those of a batch.
        removed: The letter of the one that a batch removes, "" for none.
    """

    method: Method
    names: str
    removed: str = ""


@attrs.frozen
class Program:
    """One round.

    Attributes:
        names: The letters of all names; each is looked up at the end.
        before: What one thread does before the others begin.
        threads: What the threads do beside each other.
        uncut: Whether it shows most where the threads hardly ever hand over.
    """

    names: str
    before: tuple[Step, ...]
    threads: tuple[tuple[Step, ...], ...]
    uncut: bool = False

    @property
    def methods(self) -> frozenset[Method]:
        """What the threads call beside each other."""
        return frozenset(step.method for steps in self.threads for step in steps)

    def smaller(self) -> Iterator["Program"]:
        """The same without one of its threads, or without one of its steps."""
        if len(self.threads) > 2:
            for index in range(len(self.threads)):
                yield attrs.evolve(self, threads=_without(self.threads, index))
        for index in range(len(self.before)):
            yield attrs.evolve(self, before=_without(self.before, index))
        for thread, steps in enumerate(self.threads):
            for index in range(len(steps) if len(steps) > 1 else 0):
                fewer = _without(steps, index)
                yield attrs.evolve(self, threads=(*self.threads[:thread], fewer, *self.threads[thread + 1 :]))


def _without(items: tuple[Any, ...], index: int) -> tuple[Any, ...]:
    return (*items[:index], *items[index + 1 :])


def draw(random: Random, backend: Backend[str, object], *, threads: int, steps: int) -> Program:
    """A program for a backend with its abilities.

    Few methods meet in one round, since a window that two methods share is hit more often so: writers beside
    writers, writers beside readers, or a little of everything.

    Args:
        random: Draws.
        backend: Whose abilities count.
        threads: How many threads at most, at least 2.
        steps: How many calls a thread makes at most.
    """
    if isinstance(backend, Transactional) and random.random() < 0.3:
        return _halves(random)
    reading: list[Method] = [*READING, *([Method.LOOK] if isinstance(backend, InMemory) else [])]
    writing: list[Method] = [*WRITING, *([Method.APPLY] * 2 if isinstance(backend, Transactional) else [])]
    count = random.randint(2, max(2, threads))
    kinds: list[list[Method]]
    match random.randrange(5):
        case 0 | 1:
            kinds = [random.choices(writing, k=random.choice((1, 1, 2)))] * count
        case 2 | 3:
            written = random.choices(writing, k=random.choice((1, 1, 2)))
            kinds = [written] * (count - 1) + [[random.choice(reading)]]
        case _:
            kinds = [[*reading, *writing]] * count
    methods = {method for each in kinds for method in each}
    names = LETTERS[
        : random.choice((2, 2, 3) if Method.APPLY in methods else (2,) if Method.LIST in methods else (1, 1, 2))
    ]
    before = tuple(Step(Method.SET, name) for name in names if random.random() < 0.5)
    return Program(names, before, tuple(_steps(random, each, names, steps) for each in kinds))


def _halves(random: Random) -> Program:
    """One thread makes batches, and another looks at all of their names, one by one: may it see half of one?"""
    names = LETTERS[: random.choice((2, 2, 3))]
    batches = tuple(_step(random, Method.APPLY, names) for _ in range(random.choice((1, 1, 2))))
    looks = tuple(Step(Method.GET, name) for name in random.sample(names, len(names)))
    before = tuple(Step(Method.SET, name) for name in names if random.random() < 0.5)
    return Program(names, before, (batches, looks), uncut=True)


def _steps(random: Random, methods: Sequence[Method], names: str, most: int) -> tuple[Step, ...]:
    only_gets = set(methods) <= {Method.GET, Method.LOOK}
    count = random.randint(min(len(names), most) if only_gets else 1, most)
    return tuple(_step(random, random.choice(methods), names) for _ in range(count))


def _step(random: Random, method: Method, names: str) -> Step:
    if method is not Method.APPLY:
        return Step(method, random.choice(names))
    chosen = "".join(random.sample(names, random.randint(min(2, len(names)), len(names))))
    return Step(method, chosen, random.choice(chosen) if random.random() < 0.3 else "")
