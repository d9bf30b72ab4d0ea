"""A client of namespace servers: blocking, in the thread that calls, on sockets of the standard library."""

from registry.stores.http.store import HTTPStore
from registry.stores.http.watches import HTTPWatch

__all__ = ["HTTPStore", "HTTPWatch"]
