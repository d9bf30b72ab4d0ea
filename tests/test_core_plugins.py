"""What a registry asks of plugins, and tells them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pytest

from registry import (
    ConfigError,
    DuplicateEntryError,
    EntryNotFoundError,
    Event,
    Reference,
    Registry,
    Schema,
    ValidationContext,
    ValidationError,
)


class Recording:
    """Plugins that write down what happens."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.asked: list[str] = []
        self.sizes: list[int] = []
        self.registry: Registry[Any] | None = None

    def validators(self, view: Any, /) -> Sequence[Any]:
        self.asked.append(f"validators of {view.name}")

        def no_data(artifact: Any, context: ValidationContext) -> None:
            if not callable(artifact):
                raise ValidationError("No data here.")

        return [no_data]

    def schema(self, artifact: Any, read: Schema, /) -> Schema | None:
        return attrs.evolve(read, opaque=True) if artifact is math.fabs else None

    def entries(self, view: Any, /) -> Mapping[str, Reference]:
        self.asked.append(f"entries of {view.name}")
        return {"floor": Reference("math:floor"), "sqrt": Reference("math:cos")}

    def unavailable(self) -> Sequence[str]:
        return ["Update the plugin 'acme', which failed to load: ImportError."]

    def emit(self, event: Event, /) -> None:
        self.events.append((event.kind, event.name))
        if self.registry is not None:
            self.sizes.append(len(self.registry._entries.backend))


@pytest.fixture
def plugins() -> Recording:
    return Recording()


@pytest.fixture
def rules(plugins: Recording) -> Registry[Any]:
    registry = Registry[Any]("rules", plugins=plugins)
    plugins.registry = registry
    return registry


def test_nothing_is_asked_before_it_is_needed(rules: Registry[Any], plugins: Recording) -> None:
    assert repr(rules)
    assert plugins.asked == []
    rules.register("sqrt", math.sqrt)
    rules.register("ceil", math.ceil)
    assert rules["sqrt"] is math.sqrt
    assert plugins.asked == ["validators of rules"]
    assert "wavelet" not in rules
    assert len(rules) == 3
    assert plugins.asked == ["validators of rules", "entries of rules"]


def test_validators_of_plugins_refuse_too(rules: Registry[Any]) -> None:
    with pytest.raises(ValidationError, match="No data here"):
        rules.register("three", 3)


def test_entries_of_plugins_are_taken_up_where_the_name_is_free(rules: Registry[Any]) -> None:
    rules.register("sqrt", math.sqrt)
    assert rules["floor"] is math.floor
    assert rules["sqrt"] is math.sqrt


def test_a_plugin_may_know_a_schema_better(rules: Registry[Any]) -> None:
    rules.register("fabs", math.fabs)
    rules.register("pow", math.pow)
    assert rules.schema("fabs").opaque
    assert not rules.schema("pow").opaque


def test_a_miss_names_the_plugins_that_failed_to_load(rules: Registry[Any]) -> None:
    with pytest.raises(EntryNotFoundError, match="the plugin 'acme', which failed to load"):
        rules["wavelet"]
    with pytest.raises(EntryNotFoundError, match="the plugin 'acme', which failed to load"):
        rules["flor"]


def test_events_are_told_after_it_was_done(rules: Registry[Any], plugins: Recording) -> None:
    rules.register("sqrt", math.sqrt, aliases=["root"])
    with pytest.raises(DuplicateEntryError):
        rules.register("sqrt", math.ceil)
    rules.register_many({"ceil": math.ceil, "three": 3}, on_error="collect")
    rules.unregister("root")
    rules.clear()
    assert plugins.events == [
        ("registered", "sqrt"),
        ("refused", "sqrt"),
        ("registered", "ceil"),
        ("refused", "three"),
        ("unregistered", "root"),
        ("unregistered", "sqrt"),
        ("unregistered", "ceil"),
    ]
    assert plugins.sizes == [2, 2, 3, 3, 2, 0, 0]


def test_builds_are_told_with_the_name_of_the_root(rules: Registry[Any], plugins: Recording) -> None:
    rules.register("gcd", dict)
    plugins.events.clear()
    rules.build("gcd", a=1)
    rules.build({"_type": "gcd"})
    rules.build([{"_type": "gcd"}])
    with pytest.raises(ConfigError):
        rules.build("nothing")
    assert plugins.events == [("built", "gcd"), ("built", "gcd"), ("built", None), ("refused", "nothing")]


def test_a_batch_of_which_nothing_was_registered_is_refused_as_a_whole(
    rules: Registry[Any], plugins: Recording
) -> None:
    with pytest.raises(ValidationError):
        rules.register_many({"sqrt": math.sqrt, "three": 3})
    assert plugins.events == [("refused", None)]
