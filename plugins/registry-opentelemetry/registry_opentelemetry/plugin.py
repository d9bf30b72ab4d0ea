"""The plugin: a span for each event of a registry."""

from time import time_ns
from typing import TYPE_CHECKING, Any

from registry import ConfigError, Event
from registry.plugins import hookimpl
from registry_opentelemetry.spans import fail, text_of, tracer

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider


class Tracing:
    """Makes a span for each build and each validation, refused ones included, inside the span that is current then.

    Registries tell what happened when it is over, and how long it took: spans of what happened inside, of a model that
    a build made, stand beside the span and not under it.

    Args:
        provider: Where the spans go; by default, what the program has set for all (`trace.set_tracer_provider`).
    """

    def __init__(self, provider: "TracerProvider | None" = None) -> None:
        self._provider = provider

    @hookimpl
    def registry_event(self, event: Event) -> None:
        """Make the span of an event."""
        attributes = {"registry.name": event.registry, "registry.event": event.kind}
        if event.name is not None:
            attributes["registry.entry"] = text_of(event.name)
        now = time_ns()
        start = now - int(event.seconds * 1e9)
        span = tracer(self._provider).start_span(_name(event), attributes=attributes, start_time=start)
        if event.error is not None:
            fail(span, event.error)
        if isinstance(event.error, ConfigError):
            span.set_attribute("registry.problems", len(event.error.problems))
            span.set_attribute("registry.paths", [problem.path for problem in event.error.problems])
        span.end(now)

    def __reduce__(self) -> tuple[Any, ...]:
        return Tracing, ()  # a provider has threads and connections: another process has its own


def _name(event: Event) -> str:
    """One of a few, as the conventions for names of spans want it: the entry is an attribute."""
    if event.kind == "built" or isinstance(event.error, ConfigError):
        return "registry.build"
    return "registry.unregister" if event.kind == "unregistered" else "registry.validate"
