"""Imports what a distribution offers in a process of its own, with a deadline: it may hang or crash there."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from registry.names import quote
from registry.offers import Offer
from registry.plugins.state import PluginState

SECONDS = 10.0
"""How long an import may take."""

_START = 10.0
"""Seconds more for the child, which ends itself when the time is up: Python starts slowly on a busy machine."""

_HUNG = "Timeout ("
"""What stands before the place where it hung."""


def probe(offer: Offer, seconds: float = SECONDS) -> PluginState:
    """What becomes of a plugin, or of a part, when it is imported alone: "active" or "failed".

    Nothing of it is imported here. The child and all that it started are killed when the time is up.

    Args:
        offer: What is imported. For a plugin, its hooks are checked too.
        seconds: How long that may take.
    """
    state = PluginState(offer.name, "active", offer.distribution, offer.version, offer.value)
    with TemporaryDirectory() as name:
        answer, trace = Path(name, "answer.json"), Path(name, "trace.txt")
        code = _run([offer.kind, offer.name, offer.value, str(seconds), str(answer), str(trace)], seconds)
        if answer.exists() and code == 0:
            said: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
            return attrs.evolve(state, **{**said, "hooks": tuple(said.get("hooks", ()))})
        place = trace.read_text(encoding="utf-8", errors="replace") if trace.exists() else ""
    if code is None or place.startswith(_HUNG):
        reason = f"Importing {quote(offer.value)} did not end within {seconds:g} seconds."
    elif code < 0:
        reason = f"Importing {quote(offer.value)} crashed the process: {_signal(-code)}."
    else:
        reason = f"Importing {quote(offer.value)} ended the process, with the exit code {code}."
    return attrs.evolve(state, state="failed", reason=reason, traceback=place)


def _run(arguments: list[str], seconds: float) -> int | None:
    """The exit code of the child; None when the time was up."""
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    child = subprocess.Popen(
        [sys.executable, "-m", "registry.plugins.probe", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )
    try:
        return child.wait(seconds + _START)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _kill(child)


def _kill(child: "subprocess.Popen[bytes]") -> None:
    kill_group: Any = getattr(os, "killpg", None)  # not on Windows
    try:
        if kill_group is None:
            child.kill()
        else:
            kill_group(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # all of it has ended
        pass
    child.wait()


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _main(kind: str, name: str, value: str, seconds: str, answer: str, trace: str) -> None:
    """The child's part."""
    import faulthandler

    from registry.plugins.loading import try_offer

    with open(trace, "w", encoding="utf-8") as stream:
        faulthandler.enable(stream)
        faulthandler.dump_traceback_later(float(seconds), file=stream, exit=True)
        state = try_offer(Offer(kind, name, value))
        faulthandler.cancel_dump_traceback_later()
    said = {"state": state.state, "hooks": state.hooks, "reason": state.reason, "traceback": state.traceback}
    Path(answer).write_text(json.dumps(said), encoding="utf-8")
    os._exit(0)  # threads that it may have started do not hold this up


if __name__ == "__main__":
    _main(*sys.argv[1:])
