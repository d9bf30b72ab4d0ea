"""What is in front, what is beneath, and where writes go."""

from typing import Any

import pytest

from registry.backends import LayeredBackend, MemoryBackend, layered, read_only
from registry.errors import RegistryError, ValidationError
from registry.model import Entry


def entry(name: str, artifact: Any = None) -> Entry[Any]:
    return Entry(name, target=artifact)


class Closing(dict[str, Entry[Any]]):
    """A backend that counts how often it was closed, and may fail at it."""

    closed = 0
    failure: Exception | None = None

    def close(self) -> None:
        self.closed += 1
        if self.failure is not None:
            raise self.failure


def test_the_first_layer_is_in_front_of_the_others() -> None:
    mine, shared = entry("huber"), entry("huber")
    other = entry("mse")
    backend = layered({"huber": mine}, {"huber": shared, "mse": other})
    assert backend["huber"] is mine
    assert backend["mse"] is other


def test_a_name_that_no_layer_has_is_a_key_error() -> None:
    backend = layered({}, {})
    with pytest.raises(KeyError, match="huber"):
        backend["huber"]
    with pytest.raises(KeyError, match="huber"):
        del backend["huber"]


def test_each_name_comes_once_and_those_of_the_lowest_layer_first() -> None:
    backend = layered({"c": entry("c"), "b": entry("b")}, {"a": entry("a"), "b": entry("b")})
    assert list(backend) == ["a", "b", "c"]
    assert len(backend) == 3


def test_writes_go_to_the_first_layer_alone() -> None:
    first: dict[str, Entry[Any]] = {}
    second = {"huber": entry("huber")}
    backend = layered(first, second)
    mine = entry("huber")
    backend["huber"] = mine
    assert first == {"huber": mine}
    assert second["huber"] is not mine


def test_setdefault_claims_only_what_no_layer_has() -> None:
    shared = entry("huber")
    backend = layered(MemoryBackend(), MemoryBackend({"huber": shared}))
    assert backend.setdefault("huber", entry("huber")) is shared
    mine = entry("mse")
    assert backend.setdefault("mse", mine) is mine
    assert list(backend.layers[0]) == ["mse"]


def test_removing_what_is_in_front_shows_what_is_beneath() -> None:
    shared = entry("huber")
    backend = layered({"huber": entry("huber")}, {"huber": shared})
    del backend["huber"]
    assert backend["huber"] is shared


def test_what_only_a_lower_layer_has_cannot_be_removed_and_the_message_names_the_layer() -> None:
    backend = layered(MemoryBackend(), MemoryBackend({"huber": entry("huber")}))
    with pytest.raises(RegistryError) as caught:
        del backend["huber"]
    assert caught.value.message == (
        "'huber' cannot be removed: layer 2, MemoryBackend(1 entry), has it, and only the first is written to."
    )
    assert caught.value.context == {"name": "huber", "layer": 2}
    assert "huber" in backend


def test_a_batch_that_removes_from_a_lower_layer_changes_nothing() -> None:
    first: MemoryBackend[str, Any] = MemoryBackend()
    backend: Any = layered(first, {"huber": entry("huber")})
    with pytest.raises(RegistryError, match="a dict of 1"):
        backend.apply({"mse": entry("mse"), "huber": None})
    assert len(first) == 0


def test_closing_closes_every_layer_that_can_be_closed_also_when_one_fails() -> None:
    layers = [Closing(), Closing(), Closing()]
    layers[0].failure = OSError("gone")
    backend = layered(layers[0], MemoryBackend(), layers[1], layers[2])
    with pytest.raises(OSError, match="gone"):
        backend.close()
    assert [layer.closed for layer in layers] == [1, 1, 1]


def test_a_writable_layer_in_front_of_a_read_only_one_takes_the_writes() -> None:
    shared = MemoryBackend({"huber": entry("huber")})
    backend = layered(MemoryBackend(), read_only(shared))
    backend["mse"] = entry("mse")
    assert list(backend) == ["huber", "mse"]
    assert list(shared) == ["huber"]


def test_no_layers_are_refused() -> None:
    with pytest.raises(ValidationError, match="without layers"):
        LayeredBackend()


def test_what_cannot_be_a_name_is_not_in_it() -> None:
    assert [] not in layered({"huber": entry("huber")})


def test_its_repr_shows_its_layers() -> None:
    assert repr(layered({}, MemoryBackend())) == "LayeredBackend(a dict of 0, MemoryBackend(0 entries))"
