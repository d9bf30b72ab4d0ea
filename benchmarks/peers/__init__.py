"""A small module for each peer: how it does what is measured. What a peer cannot do, its module leaves out.

Nothing is imported of a peer before it is used, since any of them may be missing, and since the start of a process is
measured with these modules too: they import nothing but what every contender has.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any


def peer(module: str) -> Any:
    """A module of a peer, or None when it is not installed."""
    return None if find_spec(module.partition(".")[0]) is None else import_module(module)
