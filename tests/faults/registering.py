"""A process that registers the same names again and again: `python -m faults.registering URL`.

Each time with a higher number in the description, so that a reader sees whether it goes back. It ends with its input.
"""

import os
import sys
import threading
from typing import Any

from faults.claiming import first

from registry import Registry
from registry.backends import RemoteBackend
from registry.errors import OperationalError

NAMESPACE = "mirrored"
NAMES = ("m0", "m1", "m2")


def main() -> None:
    """Register until there is no more input."""
    ended = threading.Event()

    def listen() -> None:
        while os.read(0, 64):
            pass
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    backend = RemoteBackend(sys.argv[1], namespace=NAMESPACE, allow=("faults.claiming",), timeout=5.0)
    registry: Registry[Any, Any, str] = Registry(NAMESPACE, backend=backend)
    number = 0
    while not ended.wait(0.01):
        number += 1
        try:
            registry.register(NAMES[number % len(NAMES)], first, replace=True, description=str(number))
        except OperationalError:  # the server is away, or the outcome in doubt: the next number is higher anyway
            ended.wait(0.1)
    backend.close()


if __name__ == "__main__":
    main()
