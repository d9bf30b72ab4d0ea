"""What a served store tells and does beside the promises of every store, through a real server."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from registry.revisions import Change, Frame, Token
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


running = module_of(TESTS / "server" / "running.py").running


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
