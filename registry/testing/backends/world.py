"""A backend, what it should hold, and what was done to it; and what a step of a program is."""

from collections.abc import Callable
from typing import Any, Protocol

import attrs

from registry.protocols import Backend, Closeable
from registry.testing.backends.model import BackendModel
from registry.testing.drafts import Draft
from registry.testing.histories import History


@attrs.define
class BackendWorld:
    """A backend, what it should hold, and what was done to it.

    Attributes:
        backend: The backend.
        again: Makes one in the same place; None where that is not asked for.
        made: How that is written.
    """

    backend: Backend[Any, Any]
    history: History
    again: Callable[[], Backend[Any, Any]] | None
    made: str
    model: BackendModel = attrs.field(factory=BackendModel)

    def close(self) -> None:
        """Give back what the backend holds, if it can; a second time, which must do nothing."""
        backend = self.backend
        if isinstance(backend, Closeable):
            for promise in ("close() raised something.", "A second close() has to do nothing."):
                self.history.call("backend.close()", backend.close, promise)


class BackendStep(Protocol):
    """Something that is done to a backend, or asked of it."""

    def take(self, world: BackendWorld, /) -> None:
        """Do it to the backend and to the model. Raises BrokenPromise when they differ."""
        ...


def expect(world: BackendWorld, draft: Draft, name: Any, answer: Any, promise: str) -> None:
    difference = draft.difference(name, answer)
    if difference is not None:
        raise world.history.broken(promise, difference)
