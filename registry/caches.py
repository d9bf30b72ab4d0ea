"""Caches for verdicts, and the keys that tell live objects apart."""

import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, final

from registry.errors import ValidationError
from registry.names import quote
from registry.protocols import Cache


@final
class VerdictCache:
    """Remembers the most recently used verdicts for a limited time. Locks itself.

    Pickles empty, since a verdict is about an object of this process.

    Args:
        max_size: How many verdicts are kept; the one that was not used for longest is forgotten first.
        ttl: Seconds that a verdict counts, from when it was stored; `math.inf` for ever.
        clock: Gives the time in seconds.

    Raises:
        ValidationError: The size or the time is not above zero.
    """

    __slots__ = ("_clock", "_held", "_lock", "max_size", "ttl")

    def __init__(
        self, max_size: int = 1000, ttl: float = 300.0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        for name, value in (("max_size", max_size), ("ttl", ttl)):
            if not value > 0:
                raise ValidationError(
                    f"'{name}' of a cache is {quote(value)}, which leaves room for nothing.",
                    suggestions=[f"Give a '{name}' above zero, or use NullCache() to remember nothing."],
                )
        self.max_size = max_size
        self.ttl = ttl
        self._clock = clock
        # It can be taken again by its holder, since the garbage collector may run a finalizer at any point.
        self._lock = threading.RLock()
        self._held: OrderedDict[Any, tuple[Any, float]] = OrderedDict()

    def get(self, key: Any, default: Any = None, /) -> Any:
        now = self._clock()
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return default
            if found[1] > now:
                self._held.move_to_end(key)
            else:
                del self._held[key]
        return found[0] if found[1] > now else default

    def __setitem__(self, key: Any, value: Any, /) -> None:
        until = self._clock() + self.ttl
        forgotten: list[Any] = []  # let go after the lock, since what ends with them is a user's
        with self._lock:
            forgotten.append(self._held.pop(key, None))
            self._held[key] = (value, until)
            if len(self._held) > self.max_size:
                forgotten.append(self._held.popitem(last=False))

    def pop(self, key: Any, default: Any = None, /) -> Any:
        now = self._clock()
        with self._lock:
            found = self._held.pop(key, None)
        return default if found is None or found[1] <= now else found[0]

    def clear(self) -> None:
        with self._lock:
            forgotten, self._held = self._held, OrderedDict()
        forgotten.clear()

    def __len__(self) -> int:
        return len(self._held)

    def __getstate__(self) -> tuple[int, float, Callable[[], float]]:
        return self.max_size, self.ttl, self._clock

    def __setstate__(self, state: tuple[int, float, Callable[[], float]]) -> None:
        max_size, ttl, clock = state
        self.__init__(max_size, ttl, clock=clock)

    def __repr__(self) -> str:
        return f"VerdictCache(max_size={self.max_size}, ttl={self.ttl})"


@final
class NullCache:
    """Remembers nothing."""

    __slots__ = ()

    def get(self, key: Any, default: Any = None, /) -> Any:
        return default

    def __setitem__(self, key: Any, value: Any, /) -> None:
        pass

    def pop(self, key: Any, default: Any = None, /) -> Any:
        return default

    def clear(self) -> None:
        pass

    def __repr__(self) -> str:
        return "NullCache()"


@final
class LockedCache:
    """Puts a lock around a cache that has none, such as those of cachetools.

    Pickles with the cache inside, and a new lock.
    """

    __slots__ = ("_cache", "_lock")

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._lock = threading.RLock()

    def get(self, key: Any, default: Any = None, /) -> Any:
        with self._lock:
            return self._cache.get(key, default)

    def __setitem__(self, key: Any, value: Any, /) -> None:
        with self._lock:
            self._cache[key] = value

    def pop(self, key: Any, default: Any = None, /) -> Any:
        with self._lock:
            return self._cache.pop(key, default)

    def clear(self) -> None:
        with self._lock:
            self._cache.clear()

    def __reduce__(self) -> tuple[Any, ...]:
        return LockedCache, (self._cache,)

    def __repr__(self) -> str:
        return f"LockedCache({type(self._cache).__name__})"


def identity_key(artifact: object, *more: Hashable) -> "IdentityKey":
    """A key that equals another exactly when it was made of the same live object and equal further facts.

    An object's `id()` is given to another one when it ends; this key is not: it holds the object weakly, and once
    the object has ended the key equals no other. What cannot be held weakly (data such as dicts, strings, numbers) is
    held strongly, so that it lives as long as the key. Two objects that are equal have different keys. An object that
    changes keeps its key, so a verdict about data that may change should not be remembered.

    Args:
        artifact: The object.
        more: What else the verdict depends on, compared by equality.
    """
    return IdentityKey(artifact, more)


@final
class IdentityKey:
    """What `identity_key` makes. Pickles as a key that equals no other, since the object stays behind."""

    # A weak reference without a callback is the same object for everyone who asks while it is held (weakref.c), and
    # outlives what it refers to: its address tells objects apart that had the same one, one after the other.
    __slots__ = ("_hash", "_is_weak", "_more", "_token")

    def __init__(self, artifact: object, more: tuple[Hashable, ...] = ()) -> None:
        try:
            self._token: Any = weakref.ref(artifact)
            self._is_weak = True
        except TypeError:
            self._token = artifact
            self._is_weak = False
        self._more = more
        self._hash = hash((id(self._token), more))

    @property
    def is_alive(self) -> bool:
        """Whether the object still exists."""
        return not self._is_weak or self._token() is not None

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not IdentityKey:
            return NotImplemented
        return self._token is other._token and self._is_weak is other._is_weak and self._more == other._more

    def __reduce__(self) -> tuple[Any, ...]:
        return IdentityKey, (_Gone(), self._more)

    def __repr__(self) -> str:
        held = self._token() if self._is_weak else self._token
        return f"identity_key({'an object that has ended' if self._is_weak and held is None else quote(held)})"


class _Gone:
    """Stands for an object of another process, and is held by nobody."""
