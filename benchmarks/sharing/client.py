"""python -m benchmarks.sharing.client: a process that mirrors a namespace, and says what that took."""

import json
import os
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from urllib.parse import urlencode

from benchmarks.sharing.processes import PATIENCE, resident
from benchmarks.sharing.records import NAMESPACE
from benchmarks.sharing.wire import Connection, http
from registry import Registry, RemoteBackend
from registry.wire.routes import KEYS, namespace_path


def main() -> None:
    """Mirror, list, and print figures as JSON: seconds, and bytes of main memory."""
    url, token, expected, again = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    # Another namespace first: what the library itself takes is not counted with the entries.
    with RemoteBackend(url, namespace="nothing", token=token) as nothing:
        assert len(Registry("nothing", backend=nothing)) == 0
    before = resident(os.getpid())
    rounds: list[dict[str, float]] = []
    for _ in range(again):
        with RemoteBackend(url, namespace=NAMESPACE, token=token, timeout=PATIENCE) as backend:
            registry: Registry = Registry("losses", backend=backend)
            mirrored = _seconds(lambda registry=registry: registry.get("none"))
            memory = resident(os.getpid()) - before
            listed = _seconds(registry.keys)
            after_listing = resident(os.getpid()) - before
            assert len(registry) == expected
        paged = _seconds(lambda: _keys(int(url.rpartition(":")[2]), token))
        taken = {"mirrored": mirrored, "listed": listed, "paged": paged}
        rounds.append({**taken, "memory": memory, "after_listing": after_listing})
    # Memory of the first round: the later ones find what it left.
    seconds = {step: median(taken[step] for taken in rounds) for step in ("mirrored", "listed", "paged")}
    print(json.dumps({**rounds[0], **seconds}))


def _keys(port: int, token: str) -> list[str]:
    connection = Connection(port)
    keys: list[str] = []
    after = ""
    while True:
        query = f"?{urlencode({'after': after})}" if after else ""
        answer = connection.ask(http("GET", namespace_path(NAMESPACE, KEYS) + query, token))
        page = json.loads(answer.partition(b"\r\n\r\n")[2])
        keys += page["keys"]
        if page["next"] is None:
            return keys
        after = page["next"]


def _seconds(do: Callable[[], object]) -> float:
    start = perf_counter()
    do()
    return perf_counter() - start


if __name__ == "__main__":
    main()
