"""A cache that keeps every promise, and twins of it that break one, each a line away."""

import threading
import time
from typing import Any


class Sound:
    """Values in a dict; the newest few."""

    def __init__(self) -> None:
        self.held: dict[Any, Any] = {}

    def get(self, key: Any, default: Any, /) -> Any:
        return self.held.get(key, default)

    def __setitem__(self, key: Any, value: Any, /) -> None:
        self.held[key] = value

    def pop(self, key: Any, default: Any, /) -> Any:
        return self.held.pop(key, default)

    def clear(self) -> None:
        self.held.clear()


class GivesNoneForAbsent(Sound):
    def get(self, key: Any, default: Any, /) -> Any:
        return self.held.get(key)


class KeepsTheFirst(Sound):
    def __setitem__(self, key: Any, value: Any, /) -> None:
        self.held.setdefault(key, value)


class PopsAndKeeps(Sound):
    def pop(self, key: Any, default: Any, /) -> Any:
        return self.held.get(key, default)


class ClearsNothing(Sound):
    def clear(self) -> None:
        self.held = dict(self.held)


class TakesKeysForTexts(Sound):
    def get(self, key: Any, default: Any, /) -> Any:
        return self.held.get(str(key), default)

    def __setitem__(self, key: Any, value: Any, /) -> None:
        self.held[str(key)] = value


class FoldsCase(Sound):
    def get(self, key: Any, default: Any, /) -> Any:
        return self.held.get(key.lower() if isinstance(key, str) else key, default)


class CutsKeys(Sound):
    def get(self, key: Any, default: Any, /) -> Any:
        cut = {held[:3] if isinstance(held, str) else held: value for held, value in self.held.items()}
        return cut.get(key[:3] if isinstance(key, str) else key, default)


class TakesNothingForFalse(Sound):
    def __setitem__(self, key: Any, value: Any, /) -> None:
        self.held[key] = value or False


class RaisesWhenAbsent(Sound):
    def pop(self, key: Any, default: Any, /) -> Any:
        return self.held.pop(key)


class GivesTheLastFound(Sound):
    def get(self, key: Any, default: Any, /) -> Any:
        self.last = self.held.get(key, getattr(self, "last", default))
        return self.last


class FailsWhenFull(Sound):
    def __setitem__(self, key: Any, value: Any, /) -> None:
        if len(self.held) >= 20:
            raise MemoryError
        self.held[key] = value


class ChecksThenGets(Sound):
    def get(self, key: Any, default: Any, /) -> Any:
        if key not in self.held:
            return default
        time.sleep(0)
        return self.held[key]


class MixesThreads(Sound):
    def get(self, key: Any, default: Any, /) -> Any:
        self.asked = key
        time.sleep(0)
        return self.held.get(self.asked, default)


class BlocksForEver(Sound):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def get(self, key: Any, default: Any, /) -> Any:
        if not self.lock.acquire(blocking=threading.current_thread() is not threading.main_thread()):
            return default
        found = self.held.get(key, default)
        if found is default or threading.current_thread() is threading.main_thread():
            self.lock.release()
        return found


VALUE = "A cache has to give what was stored last under this very key, or the default itself."

BROKEN: dict[type[Sound], str] = {
    GivesNoneForAbsent: VALUE,
    KeepsTheFirst: VALUE,
    PopsAndKeeps: VALUE,
    ClearsNothing: VALUE,
    TakesKeysForTexts: VALUE,
    FoldsCase: VALUE,
    CutsKeys: VALUE,
    TakesNothingForFalse: VALUE,
    RaisesWhenAbsent: "A call raised what nothing allows it to.",
    GivesTheLastFound: VALUE,
    FailsWhenFull: "A call raised what nothing allows it to.",
    ChecksThenGets: "A cache may be used from several threads at once: none of its calls must fail then.",
    MixesThreads: "A cache that several threads use must give what one of them stored under the key.",
    BlocksForEver: "No call to a cache may block for ever.",
}
"""Each broken twin, with the sentence that has to say so."""
