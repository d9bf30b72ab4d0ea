"""A program with a mirror, a writer and a watcher that forks: `python -m faults.forking ADDRESS FORKS …`.

It prints what became of its children as JSON.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
import traceback
from typing import Any
from uuid import uuid4

from faults import twins
from faults.claiming import first
from faults.histories import NAMESPACE, record_of, value_of
from faults.watching import Witness, gaps, written_in
from faults.worker import opened

from registry import Registry
from registry.backends import StoredBackend
from registry.errors import DiagnosticError
from registry.revisions import Beat, Change, Frame
from registry.store_protocol import Store

WRITTEN = "parent"


def main() -> None:
    """Fork, and look after the children."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("forks", type=int)
    parser.add_argument("--twin", default="")
    parser.add_argument("--patience", type=float, default=30.0)
    options = parser.parse_args()
    store = opened(options.address)
    if options.twin:
        store = getattr(twins, options.twin)(store)
    backend: StoredBackend[Any] = StoredBackend(
        store, namespace="forks", allow=("faults.claiming",), max_staleness=30.0
    )
    registry: Registry[Any, Any, str] = Registry("forks", backend=backend)
    registry.register("known", first, replace=True)
    ended = threading.Event()
    written = [0]
    writer = threading.Thread(target=_write, args=(store, ended, written), daemon=True)
    writer.start()
    witness = Witness(store, NAMESPACE)
    hung, failed, slowest = 0, 0, 0.0
    for number in range(options.forks):
        time.sleep(0.02)
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            _in_child(store, registry, number)
        status = _waited(child, options.patience)
        slowest = max(slowest, time.monotonic() - began)
        hung += status is None
        failed += status not in (None, 0)
        if status is None:
            break
    before = written[0]
    deadline = time.monotonic() + options.patience
    while written[0] == before and time.monotonic() < deadline:
        time.sleep(0.01)
    went_on = written[0] > before
    ended.set()
    writer.join(options.patience)
    complete = witness.wait(store.token().revision)
    witness.close()
    names = [WRITTEN, *(f"child{number}" for number in range(options.forks))]
    breaches = gaps(witness.spans, written_in(store, NAMESPACE, names))
    result = {"hung": hung, "failed": failed, "slowest": slowest, "went_on": went_on, "complete": complete}
    print(json.dumps(result | {"breaches": breaches, "registered": len(registry)}), flush=True)
    os._exit(0)


def _write(store: Store, ended: threading.Event, written: list[int]) -> None:
    while not ended.is_set():
        try:
            change = Change(WRITTEN, record_of(str(written[0])))
            store.submit(NAMESPACE, [change], operation=uuid4().hex).result(60)
            written[0] += 1
        except DiagnosticError:
            time.sleep(0.01)


def _in_child(store: Store, registry: "Registry[Any, Any, str]", number: int) -> None:
    """Use all that the parent used, and end: every second child as a program ends, the others at once."""
    try:
        assert registry["known"] is first
        value = record_of(f"child{number}")
        done = store.submit(NAMESPACE, [Change(f"child{number}", value)], operation=uuid4().hex).result(30)
        stored = store.get(NAMESPACE, f"child{number}")
        assert stored is not None
        assert value_of(stored.record) == f"child{number}"
        watch = store.watch(since=done, namespaces=[NAMESPACE])
        seen = next(iter(watch))
        assert isinstance(seen, Frame | Beat)
        watch.close()
        registry.register(f"child{number}", first)
        assert registry[f"child{number}"] is first
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    if number % 2:
        os._exit(0)
    sys.exit(0)


def _waited(child: int, patience: float) -> int | None:
    """The exit code of a child, None for one that did not end and was killed."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


if __name__ == "__main__":
    main()
