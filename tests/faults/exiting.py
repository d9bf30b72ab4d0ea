"""A program that ends in the midst of something: `python -m faults.exiting STATE ADDRESS`.

It says "ending" when its last statement was run; what comes after that is what the library holds it up for.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from faults.histories import NAMESPACE, record_of
from faults.worker import opened

from registry import Registry
from registry.backends import StoredBackend
from registry.errors import DiagnosticError
from registry.mirror import Follower, Mirror
from registry.revisions import Change
from registry.store_protocol import Store

KEPT: list[Any] = []
"""What is alive until the very end, as in a program that holds it in a module."""


def write(store: Store) -> None:
    """One write."""
    store.submit(NAMESPACE, [Change("a", record_of(uuid4().hex))], operation=uuid4().hex).result(60)


def again_and_again(work: Callable[[], object], *, daemon: bool = True) -> None:
    """Do something in a thread until the process ends, and wait until it was done once."""
    begun = threading.Event()

    def loop() -> None:
        while True:
            try:
                work()
            except DiagnosticError:
                time.sleep(0.01)
            finally:
                begun.set()

    threading.Thread(target=loop, daemon=daemon).start()
    begun.wait(30)


def never_used(store: Store) -> None:
    """It was made, and that was all."""


def idle(store: Store) -> None:
    """It was used, and nobody closed it."""
    write(store)


def closed(store: Store) -> None:
    """It was closed."""
    write(store)
    store.close()


def half_closed(store: Store) -> None:
    """Another thread closes it at this moment."""
    write(store)
    threading.Thread(target=store.close, daemon=True).start()


def writing(store: Store) -> None:
    """Three threads write without a pause."""
    for _ in range(3):
        again_and_again(lambda: write(store))


def submitted(store: Store) -> None:
    """Much was submitted, and nobody waits for it."""
    write(store)
    for number in range(200):
        KEPT.append(store.submit(NAMESPACE, [Change(f"n{number}", record_of("1"))], operation=uuid4().hex))


def watching(store: Store) -> None:
    """A thread waits in a watch."""
    write(store)
    watch = store.watch(since=store.token())
    KEPT.append(watch)
    threading.Thread(target=list, args=(watch,), daemon=True).start()
    time.sleep(0.2)


def snapshotting(store: Store) -> None:
    """A snapshot was read half-way."""
    for number in range(20):
        store.submit(NAMESPACE, [Change(f"n{number}", record_of("1"))], operation=uuid4().hex).result(60)
    snapshot = store.snapshot(NAMESPACE)
    next(iter(snapshot))
    KEPT.append(snapshot)


def mirrored(store: Store) -> None:
    """A mirror is followed, and a registry used."""
    write(store)
    follower, mirror = Follower(store), Mirror(NAMESPACE)
    follower.follow(mirror)
    follower.wait(lambda: mirror.revision >= 0, time.monotonic() + 30)
    registry: Registry[Any, Any, str] = Registry("r", backend=StoredBackend(store, namespace="registry"))
    registry.register("write", write, replace=True)
    KEPT.extend([follower, mirror, registry])


def left(store: Store) -> None:
    """The server was stopped meanwhile: threads wait for it, and a mirror was followed."""
    mirrored(store)
    print("stop", flush=True)
    sys.stdin.readline()
    for work in (lambda: write(store), lambda: store.get(NAMESPACE, "a"), lambda: list(store.snapshot(NAMESPACE))):
        threading.Thread(target=_quietly, args=(work,), daemon=True).start()
    time.sleep(0.3)


def blocked(store: Store) -> None:
    """What this must not be like: a thread that is waited for, and waits in a watch itself."""
    write(store)
    threading.Thread(target=list, args=(store.watch(since=store.token()),)).start()


def _quietly(work: Callable[[], object]) -> None:
    try:
        work()
    except DiagnosticError:
        return


STATES: dict[str, Callable[[Store], None]] = {
    state.__name__: state
    for state in (
        *(never_used, idle, closed, half_closed, writing, submitted, watching, snapshotting, mirrored, left),
        blocked,
    )
}


def main() -> None:
    """Get there, and end."""
    store = opened(sys.argv[2])
    KEPT.append(store)
    STATES[sys.argv[1]](store)
    print("ending", flush=True)


if __name__ == "__main__":
    main()
