"""Looking names up in a namespace that a server shares, among a thousand."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.lookup import LOOP
from benchmarks.peers import hand, peer
from benchmarks.ratios import Row, compare, without
from benchmarks.sharing import losses
from benchmarks.sharing.records import NAMESPACE
from benchmarks.sharing.served import served
from benchmarks.stores import loop
from benchmarks.timing import Effort, Run, Samples, interleave
from registry import MemoryBackend, Registry, RemoteBackend

GROUP = "Look up a name that is shared"
REMOTE, LOCAL = "registry[name], RemoteBackend", "registry[name], MemoryBackend"


def measure(effort: Effort) -> list[Row]:
    """The rows of this group. What the loop costs is taken off, round by round."""
    samples: Samples = {}
    if peer("aiohttp") is not None:
        with TemporaryDirectory() as name, _contenders(Path(name)) as contenders:
            passes = without(interleave(contenders, effort), LOOP)
        samples = {name: [taken / losses.COUNT for taken in seconds] for name, seconds in passes.items()}
    return [compare(GROUP, REMOTE, LOCAL, samples, target=1.3), compare(GROUP, REMOTE, hand.BARE, samples)]


@contextmanager
def _contenders(folder: Path) -> Iterator[dict[str, Run]]:
    artifacts = losses.by_name()
    local: Registry = Registry("local", backend=MemoryBackend())
    local.register_many(artifacts)
    with served(folder, str(folder / "registry.db")) as server:
        with RemoteBackend(server.url, namespace=NAMESPACE, token=server.token) as writer:
            Registry("writer", backend=writer).register_many(artifacts)
        # Another backend, which has the entries from the server.
        with RemoteBackend(server.url, namespace=NAMESPACE, token=server.token) as backend:
            remote: Registry = Registry("remote", backend=backend)
            assert all(remote[name] is artifact for name, artifact in artifacts.items())
            held: Any = {REMOTE: remote, LOCAL: local, hand.BARE: hand.Bare(dict(artifacts))}
            contenders = {name: loop("found[name]", found, artifacts) for name, found in held.items()}
            yield {**contenders, LOOP: loop("pass", None, artifacts)}
