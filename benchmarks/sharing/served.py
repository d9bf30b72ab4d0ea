"""A namespace server of this run alone, with access tokens, as `python -m registry serve` starts it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import attrs

from benchmarks.sharing.processes import HOST, Child, python, serving
from benchmarks.sharing.records import operation
from registry.revisions import Change
from registry.store_protocol import Store

MEMORY = "memory:"


@attrs.frozen
class Served:
    """A server that runs.

    Attributes:
        child: Its process.
        token: An access token that may read and write.
    """

    child: Child
    token: str

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.child.port

    @property
    def url(self) -> str:
        """The same as a client is told it."""
        return f"http://{HOST}:{self.child.port}"


@contextmanager
def served(folder: Path, store: str, options: Sequence[str] = ()) -> Iterator[Served]:
    """Serve a store, that of a SQLite file or `MEMORY`, until the end of the block.

    Args:
        folder: Where the file of tokens is made.
        store: Which.
        options: For the command line.
    """
    from registry.server import create_token

    tokens = folder / "tokens.json"
    _, token = create_token(tokens, "benchmarks", ["*:admin"])
    url = store if store == MEMORY else f"sqlite:///{store}"
    given = ["--store", url, "--tokens", str(tokens), *options]
    with serving(lambda port: python("registry", "serve", "--port", str(port), *given), is_ready=_is_ready) as child:
        yield Served(child, token)


def put(store: Store, namespace: str, changes: Sequence[Change]) -> None:
    """Write records in one submission."""
    store.submit(namespace, changes, operation=operation()).result()


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://{HOST}:{port}/ready", timeout=5) as answer:
            return bool(json.load(answer)["status"] == "ready")
    except HTTPError:  # 503: it has not caught up yet
        return False
