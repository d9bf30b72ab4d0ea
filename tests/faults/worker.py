"""A process with clients of a store, for tests: `python -m faults.worker ADDRESS JOURNAL …`.

It works until its standard input ends, so it never outlives the test that started it.
"""

import argparse
import os
import threading
from functools import partial
from pathlib import Path

from faults import twins
from faults.histories import Client, Journal, in_threads, run

from registry.store_protocol import Store
from registry.stores import HTTPStore, SQLiteStore, open_store


def opened(address: str, timeout: float = 8.0) -> Store:
    """A store by its URL, by several URLs of servers with commas between them, or by a path.

    Its calls take so many seconds at most.
    """
    if address.startswith("http"):
        return HTTPStore(address.split(","), timeout=timeout)
    return open_store(address, timeout=timeout) if ":" in address else SQLiteStore(address, timeout=timeout)


def main() -> None:
    """Run the clients."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("journal", type=Path)
    parser.add_argument("--label", default="p")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--names", default="a,b,c,d")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--timeout", type=float, default=8.0)
    parser.add_argument("--twin", default="")
    options = parser.parse_args()
    journal = Journal(options.journal)
    store = opened(options.address, options.timeout)
    if options.twin:
        store = getattr(twins, options.twin)(store)
    ended = threading.Event()

    def listen() -> None:
        while os.read(0, 64):  # not sys.stdin, whose lock this thread would hold when the process ends
            pass
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    names = options.names.split(",")
    in_threads(
        partial(
            run,
            Client(f"{options.label}{number}", store, journal),
            names,
            seed=options.seed * 1000 + number,
            until=lambda count: ended.is_set() or count >= options.calls,
            pause=options.pause,
        )
        for number in range(options.clients)
    )
    store.close()


if __name__ == "__main__":
    main()
