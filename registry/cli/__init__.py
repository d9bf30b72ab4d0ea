"""The command `registry`."""

import signal
import threading
from collections.abc import Sequence
from typing import Any


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command, and leave with its exit code.

    0: all is well; 1: what was given does not fit; 2: something outside failed, or the command was used wrongly.

    Args:
        arguments: What stands after the command's name; by default what the process was started with.
    """
    from registry.cli.commands import command

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _ended)
    command.main(arguments, prog_name="registry")


def _ended(number: int, frame: Any) -> None:
    """End as with Ctrl-C: what is open is closed, and a terminal gets its cursor back."""
    raise SystemExit(128 + number)
