"""Dicts in memory that follow a store, in a server and in its clients alike."""

from registry.mirror.follower import Follower
from registry.mirror.mirror import Mirror

__all__ = ["Follower", "Mirror"]
