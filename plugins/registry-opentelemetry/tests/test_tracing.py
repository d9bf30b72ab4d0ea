"""Spans of builds, validations and requests, as OpenTelemetry's own exporter in memory gets them."""

import pickle
from collections.abc import Iterator
from statistics import fmean
from time import sleep
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from registry_opentelemetry import Tracing, traced_store

from registry import (
    ConfigError,
    HTTPStore,
    MemoryStore,
    Registry,
    RemoteError,
    StoredBackend,
    ValidationError,
    documented,
    function_registry,
)
from registry.plugins import plugin_manager
from registry.testing import check_plugin, check_store, serving


class Spans:
    """Where spans go, and what came."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    def all(self, name: str = "") -> list[ReadableSpan]:
        return [span for span in self._exporter.get_finished_spans() if span.name.startswith(name)]

    def names(self) -> list[str]:
        return [span.name for span in self.all()]

    def clear(self) -> None:
        self._exporter.clear()


def attribute(span: ReadableSpan, name: str) -> Any:
    return (span.attributes or {}).get(name)


@pytest.fixture
def spans() -> Iterator[Spans]:
    made = Spans()
    yield made
    made.provider.shutdown()


@pytest.fixture
def losses(spans: Spans) -> Registry[Any, Any]:
    plugins = plugin_manager(Tracing(spans.provider), installed=False)
    registry = function_registry("losses", validators=[documented()], plugins=plugins)
    registry.register("scaled", scaled)
    return registry


def scaled(value: float, factor: float = 1.0) -> float:
    """Scale a value."""
    return value * factor


def slow(seconds: float) -> float:
    """Take a while."""
    sleep(seconds)
    return seconds


def undocumented(value: float) -> float:
    return value


def test_a_build_has_a_span(losses: Registry[Any, Any], spans: Spans) -> None:
    spans.clear()
    assert losses.build("scaled", value=2.0) == 2.0
    (span,) = spans.all()
    assert span.name == "registry.build"
    assert dict(span.attributes or {}) == {
        "registry.name": "losses",
        "registry.event": "built",
        "registry.entry": "scaled",
    }
    assert span.status.status_code is StatusCode.UNSET


def test_a_config_that_is_refused_has_a_span_with_its_problems(losses: Registry[Any, Any], spans: Spans) -> None:
    spans.clear()
    with pytest.raises(ConfigError):
        losses.build({"_type": "scaled", "value": "x", "fctor": 2.0})
    (span,) = spans.all()
    assert (span.name, span.status.status_code) == ("registry.build", StatusCode.ERROR)
    assert span.status.description == "The config has 2 mistakes."
    assert attribute(span, "registry.paths") == ("value", "fctor")
    assert attribute(span, "registry.problems") == 2
    assert attribute(span, "error.type") == "config"
    (event,) = span.events
    assert (event.attributes or {})["exception.type"] == "registry.errors.ConfigError"


def test_validations_have_spans_whether_they_pass_or_not(losses: Registry[Any, Any], spans: Spans) -> None:
    with pytest.raises(ValidationError):
        losses.register("bare", undocumented)
    losses.unregister("scaled")
    passed, refused, removed = spans.all()
    assert (passed.name, passed.status.status_code) == ("registry.validate", StatusCode.UNSET)
    assert (refused.name, refused.status.status_code) == ("registry.validate", StatusCode.ERROR)
    assert (attribute(refused, "registry.entry"), attribute(refused, "error.type")) == ("bare", "validation")
    assert removed.name == "registry.unregister"


def test_spans_are_as_long_as_what_they_stand_for(losses: Registry[Any, Any], spans: Spans) -> None:
    losses.register("slow", slow)
    spans.clear()
    losses.build("slow", seconds=0.05)
    losses.build("slow", seconds=0.0)
    long, short = (span.end_time - span.start_time for span in spans.all())  # type: ignore[operator]  # both have ended
    assert 0.05e9 <= long < 5e9
    assert short < long


def test_look_ups_have_none(losses: Registry[Any, Any], spans: Spans) -> None:
    spans.clear()
    assert losses["scaled"] is scaled
    assert "other" not in losses
    assert list(losses) == ["scaled"]
    assert losses.check({"_type": "scaled"})
    assert spans.all() == []


def test_spans_stand_inside_the_one_that_is_current(losses: Registry[Any, Any], spans: Spans) -> None:
    spans.clear()
    with spans.provider.get_tracer("program").start_as_current_span("training"):
        losses.build("scaled", value=2.0)
    inner, outer = spans.all()
    assert outer.context is not None
    assert inner.parent is not None
    assert (outer.name, inner.parent.span_id) == ("training", outer.context.span_id)


def test_names_that_are_no_text_are_told_as_text(spans: Spans) -> None:
    registry = Registry[Any, Any, Any]("rules", plugins=plugin_manager(Tracing(spans.provider), installed=False))
    registry.register((1, "a"), scaled)
    assert [attribute(span, "registry.entry") for span in spans.all()] == ["(1, 'a')"]


def test_a_registry_with_it_goes_into_a_pickle(losses: Registry[Any, Any], spans: Spans) -> None:
    losses.unregister("scaled")  # what is defined in a test cannot be imported elsewhere
    losses.register("mean", fmean)
    again = pickle.loads(pickle.dumps(losses))
    spans.clear()
    assert again.build("mean", data=[1.0, 3.0]) == 2.0
    assert spans.all() == []  # another process has a provider of its own


def test_without_a_provider_nothing_happens() -> None:
    registry = function_registry("losses", plugins=plugin_manager(Tracing(), installed=False))
    registry.register("scaled", scaled)
    assert registry.build("scaled", value=3.0) == 3.0


# ---------------------------------------------------------------------------------------------- requests


def test_each_request_to_a_server_has_a_span_and_no_look_up(spans: Spans) -> None:
    with serving() as url:
        store = traced_store(HTTPStore(url), spans.provider)
        backend = StoredBackend[Any](store, namespace="research.means")
        registry = Registry[Any, Any]("means", backend=backend)
        registry.register("mean", fmean)
        (submitted,) = spans.all("registry.store.submit")
        assert (submitted.kind, submitted.status.status_code) == (SpanKind.CLIENT, StatusCode.UNSET)
        assert attribute(submitted, "registry.namespace") == "research.means"
        assert attribute(submitted, "registry.changes") == 1
        assert attribute(submitted, "registry.store") == "HTTPStore"
        assert (submitted.end_time or 0) > (submitted.start_time or 0)
        before = len(spans.all())
        for _ in range(100):
            assert registry["mean"] is fmean
        assert len(spans.all()) - before < 5  # what follows the store may ask at any time
        backend.close()
        store.close()


def test_a_request_that_fails_has_a_span_with_its_error(spans: Spans) -> None:
    store = traced_store(HTTPStore("http://127.0.0.1:9", timeout=0.5), spans.provider)  # nobody listens there
    with pytest.raises(RemoteError):
        store.get("research.losses", "scaled")
    store.close()
    (span,) = spans.all("registry.store")
    assert (span.name, span.status.status_code) == ("registry.store.get", StatusCode.ERROR)
    assert attribute(span, "error.type") == "remote"
    assert attribute(span, "registry.entry") == "scaled"


def test_a_store_is_still_all_that_it_was(spans: Spans) -> None:
    with_spans = traced_store(MemoryStore(), spans.provider)
    assert with_spans.limits == MemoryStore().limits
    assert with_spans.namespaces() == MemoryStore().namespaces()
    assert with_spans.get("a", "b") is None
    assert list(with_spans.history("a", "b")) == []
    assert with_spans.operation("none") is None
    with_spans.snapshot("a").close()
    with_spans.watch(since=with_spans.token()).close()
    assert spans.names() == [
        f"registry.store.{name}" for name in ("namespaces", "get", "history", "operation", "snapshot", "token", "watch")
    ]
    assert not hasattr(with_spans, "no_such_ability")
    with_spans.close()


def test_it_keeps_the_contract_of_a_store(spans: Spans) -> None:
    check_store(lambda: traced_store(MemoryStore(), spans.provider))


def test_a_traced_store_goes_into_a_pickle_with_the_other(spans: Spans) -> None:
    store = traced_store(HTTPStore("http://127.0.0.1:9"), spans.provider)
    again = pickle.loads(pickle.dumps(store))
    assert repr(again) == repr(store)
    assert repr(store).startswith("traced_store(")


def test_the_distribution_is_whole() -> None:
    assert check_plugin("registry-opentelemetry").plugins == ("opentelemetry",)
