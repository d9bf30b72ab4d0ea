"""A process that claims names at the same moments as others: `python -m faults.claiming ADDRESS JOURNAL LABEL …`.

It says when it is ready for each round, and is told when to begin.
"""

import argparse
import time
from pathlib import Path
from typing import Any

from faults.calls import Call, Kind, Outcome
from faults.histories import Client, Journal
from faults.worker import opened

from registry import Registry
from registry.backends import StoredBackend
from registry.errors import DuplicateEntryError


def first(value: float) -> float:
    """What one process registers."""
    return value


def second(value: float) -> float:
    """What the other one registers under the same name."""
    return -value


def third(value: float) -> float:
    """What a third one registers under the same name."""
    return value + 1


ARTIFACTS: dict[str, Any] = {"first": first, "second": second, "third": third}


def main() -> None:
    """Claim a name in each round, with others that begin at the same time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("journal", type=Path)
    parser.add_argument("label", choices=ARTIFACTS)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--registry", action="store_true")
    options = parser.parse_args()
    journal, store = Journal(options.journal), opened(options.address)
    client = Client(options.label, store, journal)
    store.token()
    backend: StoredBackend[Any] = StoredBackend(store, namespace="claims", allow=("faults.claiming",))
    registry: Registry[Any, Any, str] = Registry("claims", backend=backend)
    if options.registry:
        assert "nothing" not in registry  # which makes it connect
    for number in range(options.rounds):
        name = f"r{number}"
        print("ready", flush=True)
        input()
        if options.registry:
            journal.end(_register(registry, name, options.label))
        else:
            client.claim(name)
    store.close()


def _register(registry: "Registry[Any, Any, str]", name: str, label: str) -> Call:
    """Register a function, and note which one is there then."""
    called = time.monotonic_ns()
    outcome, told = Outcome.DONE, ""
    try:
        registry.register(name, ARTIFACTS[label])
    except DuplicateEntryError as error:
        outcome, told = Outcome.REFUSED, str(error)
    seen = registry[name].__name__
    return Call(label, name, Kind.CLAIM, called, time.monotonic_ns(), outcome, value=label, seen=seen, operation=told)


if __name__ == "__main__":
    main()
