"""The peers, each of which may be missing."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any


def peer(module: str) -> Any:
    """A module of a peer, or None when it is not installed."""
    return None if find_spec(module.partition(".")[0]) is None else import_module(module)
