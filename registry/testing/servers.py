"""A namespace server for the length of a test."""

import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

START = 60.0
"""Seconds that a server may take to start."""


@contextmanager
def serving(store: str = "memory:") -> Iterator[str]:
    """A real server in a process of its own, on this machine and for it alone, without tokens; stopped at the end.

    Args:
        store: What it serves, as `registry serve --store` takes it.

    Yields:
        Its URL, with a port that was free.

    Raises:
        RuntimeError: It did not start; with what it said.
    """
    listen = ["--host", "127.0.0.1", "--port", "0", "--no-auth", "--store", store]
    command = [sys.executable, "-m", "registry", "serve", *listen]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said: deque[str] = deque(maxlen=100)
        url: SimpleQueue[str] = SimpleQueue()

        def read() -> None:  # to the end, or the server would wait for somebody to read what it logs
            for line in process.stdout or ():
                said.append(line)
                found = re.search(r" at (http://127\.0\.0\.1:\d+)", line)
                if found is not None:
                    url.put(found[1])
            url.put("")

        reading = threading.Thread(target=read, daemon=True)
        reading.start()
        try:
            started = url.get(timeout=START)
            if not started:
                raise RuntimeError(f"The server did not start: {''.join(said)}")
            yield started
        finally:
            process.terminate()
            reading.join()
