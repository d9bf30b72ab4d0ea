"""Registries of every kind with the same entries in them, and loops over their names."""

import random
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.peers.abilities import Names
from benchmarks.timing import Run

SAMPLE = 1000
"""Names that are looked up in turn."""


class Filled:
    """What keeps names, with entries in it.

    Attributes:
        found: The peer's own object.
        names: How it is asked.
        held: The names in it, fewer than given where the peer is slow; `note` says how many then.
    """

    def __init__(self, names: Names, artifacts: Mapping[str, Any]) -> None:
        self.names = names
        held = dict(list(artifacts.items())[: names.limit])
        self.held = list(held)
        self.note = "" if len(held) == len(artifacts) else f"{len(held):,} entries"
        if names.fill is not None:
            self.found = names.fill(held)
            return
        self.found = names.empty()
        exec(
            f"for name, artifact in artifacts.items():\n    {names.register}",
            {"found": self.found, "artifacts": held},
        )

    def sample(self) -> list[str]:
        """Some of the names, in no order."""
        return random.Random(0).sample(self.held, min(SAMPLE, len(self.held)))

    def get(self, name: str) -> Any:
        """What it gives for a name, once."""
        return eval(self.names.get, {"found": self.found, "name": name})


def fill(keepers: Mapping[str, Names | None], artifacts: Mapping[str, Any]) -> dict[str, Filled]:
    """Each that is installed with these artifacts."""
    here = {title: names for title, names in keepers.items() if names is not None}
    stores = {title: Filled(names, artifacts) for title, names in here.items()}
    for title, store in stores.items():
        if not store.names.own and any(store.get(name) is not artifacts[name] for name in store.sample()):
            raise AssertionError(f"{title} does not give back what was registered")
    return stores


def forget(keepers: Mapping[str, Names | None]) -> None:
    """Empty what peers keep globally."""
    for names in keepers.values():
        if names is not None:
            names.forget()


def loop(statement: str, found: Any, names: Iterable[str], **scope: Any) -> Run:
    """A loop over all names, compiled for each contender anew: the interpreter adapts code to the types it meets."""
    body = statement.replace("\n", "\n            ")
    source = f"""
def run(times, found=found, names=names):
    for _ in range(times):
        for name in names:
            {body}
"""
    return compiled(source, found=found, names=list(names), **scope)


def compiled(source: str, **scope: Any) -> Run:
    """The `run` that a source defines."""
    exec(source, scope)
    run: Run = scope["run"]
    return run
