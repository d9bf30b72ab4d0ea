"""The suite of `contract.py` on a served store, through a real server."""

import base64
import importlib.util
import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
from hypothesis import settings

from registry.errors import DiagnosticError
from registry.revisions import Change, Frame, Seen, Snapshot, Stored, Token
from registry.store_protocol import Store, Watch
from registry.stores import HTTPStore, MemoryStore

TESTS = Path(__file__).parents[1]


def module_of(path: Path) -> ModuleType:
    """A helper module among the tests."""
    name = f"http_store_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


contract = module_of(TESTS / "stores" / "contract.py")
running = module_of(TESTS / "server" / "running.py").running


def wrapped(record: bytes | None, author: str) -> bytes | None:
    """Any bytes as a JSON object, the only records that are served."""
    if type(record) is not bytes:
        return record
    return json.dumps({"bytes": base64.b85encode(record).decode(), "author": author}).encode()


class Plain:
    """A served store as the suite wants one: of any bytes, and of any authors.

    Served, the author is whoever the access token belongs to; here, whoever the caller said.
    """

    def __init__(self, store: HTTPStore) -> None:
        self.store = store
        self.removers: dict[int, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def get(self, namespace: str, name: str, /) -> Stored | None:
        stored = self.store.get(namespace, name)
        return None if stored is None else self.plain(stored)

    def plain(self, stored: Stored) -> Stored:
        if stored.record is None:
            return attrs.evolve(stored, author=self.removers.get(stored.revision, ""))
        value = json.loads(stored.record)
        return Stored(stored.name, stored.revision, base64.b85decode(value["bytes"]), stored.time, value["author"])

    def snapshot(self, namespace: str, /) -> Snapshot:
        snapshot = self.store.snapshot(namespace)

        def records() -> Iterator[Stored]:
            with snapshot:
                yield from map(self.plain, snapshot)

        return Snapshot(snapshot.token, snapshot.count, records())

    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        return list(map(self.plain, self.store.history(namespace, name)))

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        given = [attrs.evolve(change, record=wrapped(change.record, author)) for change in changes]
        future = self.store.submit(namespace, given, operation=operation, author=author)
        error = future.exception(0)
        if error is None:
            self.removers[future.result(0).revision] = author
        if isinstance(error, DiagnosticError):
            error.context.pop("status", None)  # what only an error that came over the wire has
            current = error.context.get("current")
            if current is not None:
                value = json.loads(current["record"])
                current["record"] = base64.b85decode(value["bytes"]).decode(errors="replace")
                current["author"] = value["author"]
        return future

    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> "PlainWatch":
        return PlainWatch(self.store.watch(since=since, namespaces=namespaces), self.plain)


class PlainWatch:
    def __init__(self, watch: Watch, plain: Callable[[Stored], Stored]) -> None:
        self.watch = watch
        self.plain = plain

    def __iter__(self) -> Iterator[Seen]:
        return self

    def __next__(self) -> Seen:
        seen = next(self.watch)
        return attrs.evolve(seen, changes=tuple(map(self.plain, seen.changes))) if isinstance(seen, Frame) else seen

    def close(self) -> None:
        self.watch.close()


@pytest.mark.parametrize("check", contract.LAWS, ids=lambda check: check.__name__)
def test_law(memory: MemoryStore, check: Callable[[Store], None]) -> None:
    with running(memory) as server, HTTPStore(server.url) as store:
        check(Plain(store))


def test_a_served_store_does_what_the_model_does() -> None:
    opened: list[Any] = []

    def make() -> Plain:
        memory = MemoryStore()
        server = running(memory)
        opened.append((server, memory))
        return Plain(HTTPStore(server.__enter__().url))

    machine = contract.machine_for(make)
    try:
        contract.run_state_machine_as_test(
            machine, settings=settings(max_examples=10, stateful_step_count=20, deadline=None)
        )
    finally:
        for server, memory in opened:
            server.__exit__(None, None, None)
            memory.close()


def test_a_real_server_tells_its_bounds_and_clears_a_namespace(memory: MemoryStore) -> None:
    with running(memory) as server, HTTPStore(server.url) as store:
        assert (store.limits, store.retention) == (memory.limits, memory.retention)
        for number in range(3):
            store.submit("losses", [Change(f"name{number}", b"{}")], operation=f"o{number}").result(0)
        token, removed = store.clear("losses", operation="all")
        assert (token, removed) == (memory.token(), 3)
        assert store.clear("losses", operation="all") == (token, 3)
        assert store.namespaces() == []


def test_a_served_store_can_be_served_again(memory: MemoryStore) -> None:
    with running(memory) as near, HTTPStore(near.url) as middle, running(middle) as far, HTTPStore(far.url) as store:
        token = store.submit("losses", [Change("huber", b'{"a":1}')], operation="o").result(0)
        assert token == memory.token()
        found = store.get("losses", "huber")
        assert found is not None
        assert found.record == b'{"a":1}'
        assert len(list(store.snapshot("losses"))) == 1
        watch = store.watch(since=Token(token.epoch, 0))
        assert next(iter(frame for frame in watch if isinstance(frame, Frame))).token == token
        watch.close()
