"""Clients that do things to a store at random and note what they were told."""

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, final
from uuid import uuid4

import attrs
from faults.calls import NEVER, Call, Kind, Outcome

from registry.errors import DiagnosticError, EntryNotFoundError, RevisionConflictError, UnknownOutcomeError
from registry.revisions import ANYTHING, NOTHING_THERE, Change, Expect, Stored, Token
from registry.store_protocol import Store

NAMESPACE = "faults"

PATIENCE = 60.0
"""Seconds after which a call counts as one that blocks for ever; far more than any deadline of a store."""


def record_of(value: str) -> bytes:
    """A record that holds a value."""
    return json.dumps({"v": value}, separators=(",", ":")).encode()


def value_of(record: bytes | str | None) -> str | None:
    """The value in a record."""
    return None if record is None else str(json.loads(record)["v"])


@final
class Journal:
    """Where calls are noted: before they begin, so that those of a client that is killed are known, and when they end.

    Args:
        path: A file for the notes, which another process may read at any time. None keeps them here only.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._descriptor = None if path is None else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self.calls: list[Call] = []

    def begin(self, call: Call) -> None:
        """Note a call that is about to be made."""
        self._write(call)

    def end(self, call: Call) -> None:
        """Note how a call ended."""
        self._write(call)
        with self._lock:
            self.calls.append(call)

    def _write(self, call: Call) -> None:
        if self._descriptor is not None:
            os.write(self._descriptor, call.to_json().encode() + b"\n")  # one write: no line is in the midst of another


def read_journal(path: Path) -> list[Call]:
    """The calls in a journal; what began and did not end is in doubt."""
    found: dict[tuple[str, float], Call] = {}
    for line in path.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):  # a killed client may leave half a line
            call = Call.from_json(json.loads(line))
            found[call.client, call.called] = call
    return list(found.values())


@final
class Client:
    """One client of a store, which notes everything.

    Args:
        name: Its name.
        store: What it talks to.
        journal: Where it notes it.
    """

    def __init__(self, name: str, store: Store, journal: Journal) -> None:
        self.name = name
        self._store = store
        self._journal = journal
        self._count = 0
        self._epoch = ""
        self._known: dict[str, tuple[str, Token]] = {}
        """The value and token that this client saw last, for each name."""

    def knows(self, name: str) -> bool:
        """Whether there is a revision to expect."""
        return name in self._known

    def read(self, name: str) -> Call:
        """Ask the store what is there."""

        def ask(call: Call) -> Call:
            stored = self._store.get(NAMESPACE, name)
            self._learn(name, stored)
            if stored is None:
                return call
            return attrs.evolve(call, seen=value_of(stored.record), revision=stored.revision)

        return self._note(Call(self.name, name, Kind.READ, 0, NEVER), ask)

    def write(self, name: str) -> Call:
        """Put a new value, whatever is there."""
        return self._submit(name, Kind.WRITE, ANYTHING)

    def claim(self, name: str) -> Call:
        """Put a new value, if there is none."""
        return self._submit(name, Kind.CLAIM, NOTHING_THERE)

    def swap(self, name: str) -> Call:
        """Put a new value in place of the one that this client saw last."""
        return self._submit(name, Kind.SWAP, self._known[name][1])

    def remove(self, name: str, *, known: bool = False) -> Call:
        """Remove what is there, or only what this client saw last."""
        return self._submit(name, Kind.REMOVE, self._known[name][1] if known else ANYTHING)

    def _submit(self, name: str, kind: Kind, expect: Expect | Token) -> Call:
        self._count += 1
        value = None if kind is Kind.REMOVE else f"{self.name}-{self._count}"
        expected = self._known[name][0] if isinstance(expect, Token) else None
        change = Change(name, None if value is None else record_of(value), expect)
        operation = uuid4().hex

        def ask(call: Call) -> Call:
            future = self._store.submit(NAMESPACE, [change], operation=operation, author=self.name)
            token = future.result(PATIENCE)
            if value is None:
                self._known.pop(name, None)
            else:
                self._known[name] = (value, token)
            return attrs.evolve(call, revision=token.revision)

        call = Call(self.name, name, kind, 0, NEVER, value=value, expected=expected, operation=operation)
        return self._note(call, ask)

    def _note(self, call: Call, ask: Callable[[Call], Call]) -> Call:
        began = time.monotonic_ns()  # the same clock in all processes of the machine
        call = attrs.evolve(call, called=began)
        self._journal.begin(attrs.evolve(call, outcome=Outcome.UNKNOWN))
        try:
            call = attrs.evolve(ask(call), returned=time.monotonic_ns())
        except Exception as error:  # whatever a store lets through is for a test to judge
            call = self._failed(call, error, time.monotonic_ns())
        self._journal.end(call)
        return call

    def _failed(self, call: Call, error: Exception, returned: float) -> Call:
        told = attrs.evolve(call, returned=returned, error=type(error).__name__)
        if isinstance(error, RevisionConflictError):
            self._known.pop(call.name, None)
            current = error.context["current"]
            seen = None if current is None else value_of(current["record"])
            return attrs.evolve(told, outcome=Outcome.REFUSED, seen=seen)
        if isinstance(error, EntryNotFoundError) and call.kind is Kind.REMOVE:
            return attrs.evolve(told, outcome=Outcome.REFUSED, seen=None)
        if isinstance(error, DiagnosticError) and not isinstance(error, UnknownOutcomeError):
            return attrs.evolve(told, outcome=Outcome.FAILED)
        return attrs.evolve(told, outcome=Outcome.UNKNOWN)

    def _learn(self, name: str, stored: Stored | None) -> None:
        if stored is None:
            self._known.pop(name, None)
        else:
            if not self._epoch:
                self._epoch = self._store.token().epoch
            self._known[name] = (value_of(stored.record) or "", Token(self._epoch, stored.revision))


AFTER_FAILURE = 0.1
"""Seconds for which a client leaves a store alone that could not be reached, and others the processor."""

WEIGHTS: dict[str, int] = {"read": 40, "write": 20, "claim": 12, "swap": 16, "remove": 6, "remove known": 6}


def run(client: Client, names: Sequence[str], *, seed: int, until: Callable[[int], bool], pause: float = 0.0) -> None:
    """Do things at random.

    Args:
        client: Does them.
        names: To these names.
        seed: Of the choices.
        until: Told how many calls were made; ends it.
        pause: Seconds between two calls, half of it at random.
    """
    chance = random.Random(seed)
    kinds, weights = list(WEIGHTS), list(WEIGHTS.values())
    count = 0
    while not until(count):
        call = step(client, chance.choice(names), chance.choices(kinds, weights)[0])
        count += 1
        if call.outcome is Outcome.FAILED:
            time.sleep(AFTER_FAILURE)
        elif pause:
            time.sleep(pause * chance.uniform(0.5, 1.0))


def step(client: Client, name: str, kind: str) -> Call:
    """One call; what needs a revision that the client does not know reads it first."""
    if kind in ("swap", "remove known") and not client.knows(name):
        kind = "read"
    match kind:
        case "read":
            return client.read(name)
        case "write":
            return client.write(name)
        case "claim":
            return client.claim(name)
        case "swap":
            return client.swap(name)
        case "remove":
            return client.remove(name)
        case _:
            return client.remove(name, known=True)


def in_threads(tasks: Iterable[Callable[[], Any]]) -> None:
    """Run each in a thread of its own, and raise the first error that one of them raised.

    Raises:
        AssertionError: One did not end.
    """
    errors: list[BaseException] = []

    def guarded(task: Callable[[], Any]) -> None:
        try:
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(task,), daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 10 * PATIENCE
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    assert not any(thread.is_alive() for thread in threads), "a thread did not end"
    if errors:
        raise errors[0]
