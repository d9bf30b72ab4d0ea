"""What the spans of this distribution have in common."""

from typing import TYPE_CHECKING, Any

from registry import DiagnosticError

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer, TracerProvider

LIBRARY = "registry_opentelemetry"
"""The name of the instrumentation, by which a backend can tell these spans from others."""


def tracer(provider: "TracerProvider | None") -> "Tracer":
    """The tracer of a provider, or of the one that the program has set."""
    from opentelemetry import trace

    return trace.get_tracer(LIBRARY, tracer_provider=provider)


def fail(span: "Span", error: BaseException) -> None:
    """Mark a span as failed: `error.type` as the semantic conventions have it, and the exception itself."""
    from opentelemetry.trace import Status, StatusCode

    span.record_exception(error)
    span.set_attribute("error.type", error.code if isinstance(error, DiagnosticError) else type(error).__qualname__)
    message = error.message if isinstance(error, DiagnosticError) else str(error)
    span.set_status(Status(StatusCode.ERROR, message))


def text_of(name: Any) -> str:
    """The name of an entry as an attribute, which may be text only."""
    return name if isinstance(name, str) else repr(name)
