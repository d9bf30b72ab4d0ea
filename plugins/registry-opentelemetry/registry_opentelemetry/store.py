"""A store with a span for each request."""

from collections.abc import Callable, Collection, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from registry_opentelemetry.spans import fail, text_of, tracer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from opentelemetry.trace import Span, TracerProvider


def traced_store(store: Any, provider: "TracerProvider | None" = None) -> "TracedStore":
    """A store that does what another one does, with a span for each call that asks its engine or its server.

    Put it between a backend and its store: `StoredBackend(traced_store(HTTPStore(url)), namespace=…)`. Look-ups ask
    nothing of a store, so they have no spans. What follows the store asks it, too, from a thread of its own.

    Args:
        store: Any store.
        provider: Where the spans go; by default, what the program has set for all.
    """
    return TracedStore(store, provider)


class TracedStore:
    """What `traced_store` makes: a store that has whatever the other one has."""

    __slots__ = ("_provider", "_store")

    def __init__(self, store: Any, provider: "TracerProvider | None" = None) -> None:
        self._store = store
        self._provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)  # what is no request, and the abilities that only some stores have

    @property
    def limits(self) -> Any:
        """As in `Store`."""
        return self._store.limits

    @property
    def retention(self) -> Any:
        """As in `Store`."""
        return self._store.retention

    def token(self) -> Any:
        """As in `Store`."""
        return self._asked("token", self._store.token)

    def get(self, namespace: str, name: str, /) -> Any:
        """As in `Store`."""
        return self._asked("get", partial(self._store.get, namespace, name), namespace, name)

    def snapshot(self, namespace: str, /) -> Any:
        """As in `Store`. The span is over when the first records can be read."""
        return self._asked("snapshot", partial(self._store.snapshot, namespace), namespace)

    def submit(self, namespace: str, changes: Sequence[Any], /, *, operation: str, author: str = "") -> "Future[Any]":
        """As in `Store`. The span is over when the answer is there."""
        span = self._started("submit", namespace)
        span.set_attribute("registry.changes", len(changes))
        with _failing(span):
            answer: Future[Any] = self._store.submit(namespace, changes, operation=operation, author=author)
        answer.add_done_callback(partial(_answered, span))
        return answer

    def operation(self, operation: str, /) -> Any:
        """As in `Store`."""
        return self._asked("operation", partial(self._store.operation, operation))

    def history(self, namespace: str, name: str, /) -> Any:
        """As in `Store`."""
        return self._asked("history", partial(self._store.history, namespace, name), namespace, name)

    def namespaces(self) -> Any:
        """As in `Store`."""
        return self._asked("namespaces", self._store.namespaces)

    def watch(self, *, since: Any, namespaces: Collection[str] | None = None) -> Any:
        """As in `Store`. The span is that of opening it: what it sees has none."""
        return self._asked("watch", partial(self._store.watch, since=since, namespaces=namespaces))

    def close(self) -> None:
        """As in `Store`."""
        self._store.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return TracedStore, (self._store,)  # a provider has threads and connections: another process has its own

    def __repr__(self) -> str:
        return f"traced_store({self._store!r})"

    def _asked(self, operation: str, ask: Callable[[], Any], namespace: str = "", name: Any = None) -> Any:
        from opentelemetry import trace

        span = self._started(operation, namespace, name)
        with trace.use_span(span, end_on_exit=False), _failing(span):
            answer = ask()
        span.end()
        return answer

    def _started(self, operation: str, namespace: str, name: Any = None) -> "Span":
        from opentelemetry.trace import SpanKind

        attributes = {"registry.store.operation": operation, "registry.store": type(self._store).__qualname__}
        if namespace:
            attributes["registry.namespace"] = namespace
        if name is not None:
            attributes["registry.entry"] = text_of(name)
        started = tracer(self._provider).start_span
        return started(f"registry.store.{operation}", kind=SpanKind.CLIENT, attributes=attributes)


@contextmanager
def _failing(span: "Span") -> "Iterator[None]":
    """End a span with the error of its block, if it has one."""
    try:
        yield
    except BaseException as error:
        fail(span, error)
        span.end()
        raise


def _answered(span: "Span", answer: "Future[Any]") -> None:
    error = None if answer.cancelled() else answer.exception()
    if error is not None:
        fail(span, error)
    span.end()
