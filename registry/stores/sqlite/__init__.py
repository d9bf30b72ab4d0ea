"""A store in a SQLite file."""

from registry.stores.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
