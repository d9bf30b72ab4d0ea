"""What a registry asks of a backend that is shared, told by one that keeps its entries in a dict and counts."""

import pickle
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs
import pytest

from registry import (
    BackendError,
    DuplicateEntryError,
    Entry,
    EntryNotFoundError,
    Reference,
    Registry,
    ResolutionError,
    function_registry,
    known,
)
from registry.errors import RegistryError, UntrustedReferenceError
from registry.model import UNREAD
from registry.schema import Parameter, Schema


@attrs.define
class Received:
    """What came with an entry, as a test wants it."""

    artifact: Any = None
    schema: Schema | None = None
    differs: str | None = None
    resolved: int = 0

    def resolve(self) -> Any:
        self.resolved += 1
        if isinstance(self.artifact, Exception):
            raise self.artifact
        return self.artifact

    def difference(self, entry: Entry[Any], /) -> str | None:
        return self.differs


class SharedDict:
    """A shared backend of one process, whose `entries` show as much as a test wants."""

    def __init__(self, largest_batch: int = 1000) -> None:
        self.held: dict[Any, Entry[Any]] = {}
        self.entries: dict[Any, Entry[Any]] = {}
        self.largest_batch = largest_batch
        self.exchanges: list[list[Any]] = []
        self.overtaken: dict[Any, Entry[Any]] = {}
        self.trusts: list[str] = []

    def __getitem__(self, name: Any, /) -> Entry[Any]:
        return self.held[name]

    def __setitem__(self, name: Any, entry: Entry[Any], /) -> None:
        raise AssertionError("a shared backend is written to by exchange alone")

    def __delitem__(self, name: Any, /) -> None:
        raise AssertionError("a shared backend is written to by exchange alone")

    def __contains__(self, name: object, /) -> bool:
        return name in self.held

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.held))

    def __len__(self) -> int:
        return len(self.held)

    def setdefault(self, name: Any, entry: Entry[Any], /) -> Entry[Any]:
        return self.held.setdefault(name, entry)

    def exchange(self, before: Mapping[Any, Entry[Any] | None], after: Mapping[Any, Entry[Any] | None], /) -> bool:
        self.exchanges.append(list(after))
        self.held.update(self.overtaken)
        overtaken, self.overtaken = bool(self.overtaken), {}
        if overtaken or len(after) > self.largest_batch:
            return False
        assert all(self.held.get(name) is before[name] for name in after)
        for name, entry in after.items():
            if entry is None:
                del self.held[name]
            else:
                self.held[name] = entry
        return True

    def keep(self, entry: Entry[Any], resolved: Entry[Any], /) -> bool:
        if self.held.get(entry.name) is not entry:
            return False
        self.held[entry.name] = self.entries[entry.name] = resolved
        return True

    def describe_with(self, schema: Any, /) -> None:
        self.describe = schema

    def trust(self, references: Iterable[str], /) -> None:
        self.trusts.extend(references)

    def trusted(self) -> Collection[str]:
        return list(self.trusts)


def registry_over(backend: SharedDict) -> Registry[Any, Any, Any]:
    unknown: Any = backend  # its names and artifacts are anything
    return Registry("shared", backend=unknown)


LEN = Reference("builtins:len")


def received(name: str, received: Received, target: Any = LEN) -> Entry[Any]:
    return Entry(name, target, received=received)


@pytest.fixture
def backend() -> SharedDict:
    return SharedDict()


def test_what_the_dict_does_not_show_is_asked_of_the_backend(backend: SharedDict) -> None:
    shared = registry_over(backend)
    backend.held["a"] = Entry("a", len)
    assert "a" in shared
    assert "b" not in shared
    assert shared["a"] is len
    assert shared.get("a") is len
    assert shared.get("b") is None
    assert list(shared) == ["a"]
    assert len(shared) == 1
    with pytest.raises(EntryNotFoundError):
        shared["b"]


def test_an_overlay_stands_before_what_the_dict_does_not_show_too(backend: SharedDict) -> None:
    shared = registry_over(backend)
    backend.held["a"] = Entry("a", len)
    backend.held["b"] = Entry("b", len)
    with shared.overlay({"a": max}):
        assert shared["a"] is max
        assert shared["b"] is len
        assert sorted(shared) == ["a", "b"]
        assert "b" in shared
    assert shared["a"] is len


def test_what_arrived_is_resolved_by_what_came_with_it_and_only_once(backend: SharedDict) -> None:
    shared = registry_over(backend)
    came = Received(max)
    backend.held["a"] = received("a", came)
    assert shared["a"] is max
    assert shared["a"] is max
    assert backend.entries["a"].artifact is max
    assert came.resolved == 1


def test_data_that_arrived_is_read_when_it_is_looked_up(backend: SharedDict) -> None:
    shared = registry_over(backend)
    backend.held["a"] = received("a", Received({"lr": 1}), UNREAD)
    assert shared.entry("a").is_lazy
    assert shared["a"] == {"lr": 1}
    assert not shared.entry("a").is_lazy


def test_what_arrived_is_validated_when_it_is_resolved() -> None:
    backend = SharedDict()
    seen: list[str] = []

    def refuse(artifact: Any, context: Any) -> Any:
        seen.append(context.operation)
        raise ValueError("no")

    unknown: Any = backend
    shared: Registry[Any, Any, Any] = Registry("shared", backend=unknown, validators=[refuse])
    backend.held["a"] = received("a", Received(max))
    with pytest.raises(ValueError, match="refused"):
        shared["a"]
    assert seen == ["read"]


def test_another_definition_of_what_arrived_is_refused_with_the_difference(backend: SharedDict) -> None:
    shared = registry_over(backend)
    backend.held["len"] = received("len", Received(len, differs="research 1.0 there, research 2.0 here"))
    with pytest.raises(DuplicateEntryError, match=r"research 1\.0 there, research 2\.0 here"):
        shared.register(len)
    assert backend.exchanges == []
    shared.register("len", len, replace=True)
    assert backend.exchanges == [["len"]]


def test_the_same_definition_is_handed_to_the_backend_which_knows_whether_it_is_news(backend: SharedDict) -> None:
    shared = registry_over(backend)
    backend.held["len"] = received("len", Received(len))
    shared.register(len)
    assert backend.exchanges == [["len"]]
    assert backend.held["len"].artifact is len


def test_a_registration_that_was_overtaken_is_decided_again(backend: SharedDict) -> None:
    shared = registry_over(backend)
    backend.held["other"] = Entry("other", max)
    backend.overtaken = {"name": Entry("name", max)}
    with pytest.raises(DuplicateEntryError):
        shared.register("name", len, aliases=["alias"])
    assert backend.exchanges == [["name", "alias"]]
    assert "alias" not in shared


def test_all_or_none_is_one_exchange_and_collecting_goes_in_parts() -> None:
    backend = SharedDict(largest_batch=2)
    shared = registry_over(backend)
    result = shared.register_many(dict.fromkeys("abcde", len), on_error="collect")
    assert list(result.registered) == list("abcde")
    assert list(map(len, backend.exchanges)) == [2, 2, 1]


def test_clearing_goes_in_parts() -> None:
    backend = SharedDict(largest_batch=2)
    shared = registry_over(backend)
    backend.held = {name: Entry(name, len) for name in "abcde"}
    shared.clear()
    assert backend.held == {}
    assert list(map(len, backend.exchanges)) == [2, 2, 1]


def take(size: int, rate: float = 0.1) -> None:
    """Code that another machine has."""


UNTRUSTED = UntrustedReferenceError("'x:y' is not allowed.", suggestions=["allow=('x',)"])
TAKES_SIZE = Schema("y", {"size": Parameter("size", annotation=int)})


def test_a_config_is_checked_by_the_recorded_schema_and_nothing_is_resolved(backend: SharedDict) -> None:
    shared = registry_over(backend)
    came = Received(UNTRUSTED, TAKES_SIZE)
    backend.held["y"] = received("y", came, Reference("x:y"))
    assert shared.check({"_type": "y", "size": 3}) == []
    (problem,) = shared.check({"_type": "y", "size": "three"})
    assert (problem.code, problem.path) == ("wrong-type", "size")
    (problem,) = shared.check({"_type": "y", "size": 3, "sise": 3})
    assert problem.code == "unknown-parameter"
    assert came.resolved == 0


def test_the_recorded_schema_is_given_where_the_code_is_not(backend: SharedDict) -> None:
    shared = registry_over(backend)
    backend.held["y"] = received("y", Received(UNTRUSTED, TAKES_SIZE), Reference("x:y"))
    assert shared.schema("y") is TAKES_SIZE
    assert "size" in str(shared.json_schema())


def test_a_build_of_what_is_not_allowed_is_a_problem_with_the_remedy(backend: SharedDict) -> None:
    shared = registry_over(backend)
    backend.held["y"] = received("y", Received(UNTRUSTED, TAKES_SIZE), Reference("x:y"))
    with pytest.raises(ValueError, match="mistake") as caught:
        shared.build({"_type": "y", "size": 3})
    (problem,) = caught.value.problems  # type: ignore[attr-defined]  # a ConfigError
    assert (problem.code, problem.suggestions) == ("untrusted-reference", ("allow=('x',)",))
    with pytest.raises(ResolutionError):
        shared["y"]


def test_a_missing_schema_leaves_an_opaque_entry_that_is_imported_to_be_checked(backend: SharedDict) -> None:
    shared = registry_over(backend)
    backend.held["take"] = received("take", Received(take), Reference(f"{__name__}:take"))
    (problem,) = shared.check({"_type": "take", "size": "three"})
    assert problem.code == "wrong-type"


def test_a_pickle_has_what_was_trusted_and_no_entries(backend: SharedDict) -> None:
    shared = registry_over(backend)
    backend.held = {str(number): Entry(str(number), len) for number in range(1000)}
    backend.trust(["builtins:len"])
    assert len(pickle.dumps(shared.__reduce__()[2])) < 100

    other = SharedDict()
    registry_over(other).__setstate__(shared.__reduce__()[2])
    assert other.trusts == ["builtins:len"]
    assert other.exchanges == []


def test_records_describe_artifacts_as_the_registry_builds_them() -> None:
    def signature(left: int) -> int: ...

    def add(left: int, right: int = 1) -> int:
        return left + right

    backend = SharedDict()
    unknown: Any = backend
    function_registry("shared", signature=signature, backend=unknown)
    assert backend.describe(add).parameters["left"].open
    assert not backend.describe(add).parameters["right"].open
    assert backend.describe({"plain": "data"}) is None


def test_an_unknown_name_to_remove_is_not_found(backend: SharedDict) -> None:
    with pytest.raises(RegistryError):
        registry_over(backend).unregister("a")
    assert backend.exchanges == []


class Away(dict[Any, Entry[Any]]):
    """A user's backend that can be reached no longer after a while."""

    away = False

    def __iter__(self) -> Iterator[Any]:
        if self.away:
            raise ConnectionError("away")
        return super().__iter__()


def test_a_registry_whose_backend_fails_does_not_fail_the_look_ups_of_others() -> None:
    backend = Away()
    failing = Registry[Any]("failing", backend=backend)
    assert not known.is_registered_here("nobody.registered:this")
    backend.away = True
    assert not known.is_registered_here("nobody.registered:this")
    with pytest.raises(BackendError, match="'failing' failed"):
        list(failing)
