"""Spans of OpenTelemetry for what happens in registries: builds, validations, and requests to a store.

Look-ups are not traced. Nothing of OpenTelemetry is imported before the first span.
"""

from registry_opentelemetry.plugin import Tracing
from registry_opentelemetry.store import traced_store

__all__ = ["Tracing", "traced_store"]
