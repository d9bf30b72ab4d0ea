"""Data as records: it arrives equal, or is refused where it is registered, as is what is too long."""

import collections
import datetime
import enum
import math
from typing import Any, NamedTuple

import attrs
import pytest
from cattrs import Converter
from hypothesis import given
from hypothesis import strategies as st

from registry import Entry
from registry.errors import NotShareableError, TooLargeError
from registry.model import UNREAD
from registry.records import MAX_RECORD, Policy, Receiver, Record, entry_of, record_of
from registry.records.plain import fault_of
from registry.records.structured import data_of, made_of
from registry.revisions import Stored
from registry.schema import Schema
from registry.signatures import read_schema

here = __name__


def huber(prediction: float, target: float, delta: float = 1.0) -> float:
    return 0.0


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def arrived(record: Record, **parts: Any) -> Any:
    """What another process resolves."""
    stored = Stored("it", 1, record.to_bytes())
    return entry_of(stored, Receiver("data", **parts)).received.resolve()


@given(PLAIN)
def test_plain_data_arrives_as_it_was(data: Any) -> None:
    record = record_of(Entry("it", data))
    assert (record.kind, record.type) == ("data", None)
    made = arrived(record)
    assert Record(kind="data", data=made) == Record(kind="data", data=data)
    assert made == data


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@attrs.frozen
class Source:
    url: str
    since: datetime.date
    weights: tuple[float, ...] = ()
    level: Level = Level.LOW
    inner: "Source | None" = None


class Point(NamedTuple):
    x: float
    y: float


SOURCES = st.recursive(
    st.none(),
    lambda inner: st.builds(
        Source,
        st.text(max_size=5),
        st.dates(),
        st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3).map(tuple),
        st.sampled_from(Level),
        inner,
    ),
    max_leaves=4,
).filter(lambda source: source is not None)


@given(SOURCES)
def test_objects_of_attrs_classes_arrive_equal(source: Source) -> None:
    record = record_of(Entry("it", source))
    assert (record.kind, record.type) == ("data", f"{here}:Source")
    made = arrived(record, policy=Policy([here]))
    assert made == source
    assert type(made) is Source


@pytest.mark.parametrize(
    "value",
    [
        Level.HIGH,
        datetime.date(2026, 1, 31),
        datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC),
        collections.Counter("abc"),
    ],
)
def test_other_values_that_cattrs_knows_arrive_equal(value: Any) -> None:
    made = arrived(record_of(Entry("it", value)), policy=Policy([here, "datetime", "collections"]))
    assert made == value
    assert type(made) is type(value)


@attrs.frozen(eq=False)
class NeverEqual:
    x: int = 1


@attrs.frozen
class Holds:
    value: Any = None


class Plain:
    def __init__(self) -> None:
        self.x = 1


@attrs.frozen
class Refuses:
    x: int = attrs.field(default=1)

    @x.validator
    def _never_from_data(self, attribute: Any, value: int) -> None:
        if value == 2:
            raise ValueError("never 2")


def broken_law() -> Any:
    made = Refuses()
    object.__setattr__(made, "x", 2)
    return made


class RaisesWhenCompared:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]  # like that of whatever defines `==` alone


LAWLESS: dict[str, Any] = {
    "never equal": NeverEqual(),
    "an object inside that is lost": Holds(Source("u", datetime.date(2026, 1, 1))),
    "a set inside that becomes a list": Holds({1}),
    "a tuple inside that becomes a list": Holds((1,)),
    "NaN inside": Holds(math.nan),
    "a key that is a number": Holds({1: 2}),
    "a plain object": Plain(),
    "what its class refuses": broken_law(),
    "what raises when it is compared": RaisesWhenCompared(),
}


@pytest.mark.parametrize("name", LAWLESS)
def test_data_that_does_not_come_back_equal_is_refused_at_registration(name: str) -> None:
    with pytest.raises(NotShareableError, match="'it' cannot be shared"):
        record_of(Entry("it", LAWLESS[name]))


def test_an_encoder_that_trusts_cattrs_would_be_caught() -> None:
    """The twin: without the law most of these would be taken, and arrive as something else."""
    from registry.records.structured import default_converter

    taken = 0
    for value in LAWLESS.values():
        try:
            made = default_converter().unstructure(value)
        except Exception:  # a converter raises what its hooks raise
            continue
        taken += fault_of(made) is None or not isinstance(made, type(value))
    assert taken >= 5


def test_a_converter_of_ones_own_is_used_at_both_ends() -> None:
    converter = Converter()
    converter.register_unstructure_hook(complex, lambda value: [value.real, value.imag])
    converter.register_structure_hook(complex, lambda value, _: complex(*value))
    holds = Wave(complex(1, 2))
    record = record_of(Entry("it", holds), converter=converter)
    assert record.data == {"z": [1.0, 2.0]}
    assert arrived(record, policy=Policy([here]), converter=converter) == holds
    with pytest.raises(NotShareableError):
        record_of(Entry("it", holds))


@attrs.frozen
class Wave:
    z: complex


def test_an_object_of_a_class_that_has_no_address_is_refused() -> None:
    local = attrs.make_class("Local", {"x": attrs.field(type=int)})(1)
    with pytest.raises(NotShareableError, match="an object of 'Local'"):
        record_of(Entry("it", local))


@pytest.mark.parametrize(
    "data",
    [
        *(
            {"url": 1, "since": "2026-01-31"},
            {"url": "u", "since": "2026-01-31", "more": 1},
            {"url": "u"},
            [],
            None,
            "x",
        ),
        *(
            {"url": "u", "since": 3},
            {"url": "u", "since": "2026-01-31", "weights": ["1.5"]},
        ),
        *({"url": "u", "since": "2026-01-31", "level": 7},),
    ],
)
def test_data_that_does_not_fit_its_class_is_refused_where_it_arrives(data: Any) -> None:
    from registry.errors import ResolutionError

    record = Record(kind="data", data=data, type=f"{here}:Source")
    with pytest.raises(ResolutionError, match="'it' of 'data' cannot become an object of 'Source'"):
        arrived(record, policy=Policy([here]))


def test_data_belongs_to_who_resolves_it() -> None:
    entry = entry_of(Stored("it", 1, record_of(Entry("it", {"a": [1]})).to_bytes()), Receiver("data"))
    entry.received.resolve()["a"].append(2)
    assert entry.received.resolve() == {"a": [1]}
    assert entry.target is UNREAD


def test_what_is_taken_apart_and_made_again_is_the_same() -> None:
    data, kind = data_of(Level.HIGH, "it", None)
    assert (data, kind) == (2, f"{here}:Level")
    assert made_of(data, Level, "it", None) is Level.HIGH


# ---------------------------------------------------------------------------------------------- size


def test_a_record_that_is_too_long_leaves_out_descriptions_and_then_its_schema() -> None:
    described = {f"p{number}": "word " * 190 for number in range(100)}

    def schema_of(names: dict[str, str], length: int) -> Any:
        read = read_schema(huber)
        parameters = {name: attrs.evolve(read.parameters["delta"], name=name * length) for name in names}
        descriptions = {parameter.name: "word " * 190 for parameter in parameters.values()}
        return lambda artifact: Schema("huber", parameters, read_descriptions=lambda: descriptions)

    record = record_of(Entry("x", huber), schema=schema_of(described, 1))
    assert record.schema is not None
    assert len(record.schema["parameters"]) == 100
    assert "description" not in record.schema["parameters"][0]
    assert len(record.to_bytes()) <= MAX_RECORD
    record = record_of(Entry("x", huber), schema=schema_of(described, 400))
    assert record.schema is None
    assert record.fingerprint is not None


def test_what_is_too_long_even_so_is_refused() -> None:
    with pytest.raises(TooLargeError, match="65536"):
        record_of(Entry("x", "y" * MAX_RECORD))
    with pytest.raises(TooLargeError):
        record_of(Entry("x", huber, metadata={"x": "y" * MAX_RECORD}))
