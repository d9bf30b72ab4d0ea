"""Records as bytes: one form, read strictly, and nothing that is not one passes for one."""

import json
import math
import subprocess
import sys
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidNameError, TooLargeError, ValidationError
from registry.names import check_name
from registry.records import MAX_RECORD, Record, RecordOrigin, same_record
from registry.records.plain import MAX_BITS, MAX_DEPTH, fault_of

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=8), PLAIN, max_size=4)
HEX = st.text("0123456789abcdef", min_size=32, max_size=32)


def is_name(text: str) -> bool:
    try:
        check_name(text)
    except InvalidNameError:
        return False
    return True


NAMES = st.text(min_size=1, max_size=20).filter(is_name)
ADDRESSES = st.sampled_from(["acme.losses:Huber", "a:b", "os:system", "a.b.c:D.e.f", "\u00e9t\u00e9:\u0425"])
ORIGINS = st.builds(
    RecordOrigin,
    st.text(max_size=9),
    st.text(max_size=9),
    st.text(max_size=9),
    st.text(max_size=9),
    st.integers(0, 9999),
)
SAID = {
    "aliases": st.lists(NAMES, max_size=3, unique=True).map(tuple),
    "tags": st.lists(st.text(max_size=9), max_size=3).map(tuple),
    "description": st.text(max_size=30),
    "deprecated": st.none() | st.text(max_size=30),
    "metadata": OBJECTS,
    "origin": st.none() | ORIGINS,
}
RECORDS = st.one_of(
    st.builds(
        Record,
        kind=st.just("reference"),
        reference=ADDRESSES,
        schema=st.none() | OBJECTS,
        fingerprint=st.none() | HEX,
        **SAID,
    ),
    st.builds(Record, kind=st.just("data"), data=PLAIN, type=st.none() | ADDRESSES, **SAID),
    st.builds(Record, kind=st.just("alias"), alias_of=NAMES, **SAID),
)


@given(RECORDS)
def test_a_record_that_was_written_is_read_as_it_was(record: Record) -> None:
    assert Record.from_bytes(record.to_bytes()) == record


@given(RECORDS)
def test_a_record_has_one_form_as_bytes(record: Record) -> None:
    data = record.to_bytes()
    assert Record.from_bytes(data).to_bytes() == data
    backwards = json.loads(data, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    spaced = json.dumps(backwards, indent=1).encode()
    assert Record.from_bytes(spaced).to_bytes() == data
    assert data == json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@given(RECORDS)
def test_a_store_that_reads_and_writes_json_keeps_the_bytes(record: Record) -> None:
    from registry.wire.json import read, write

    assert write(read(record.to_bytes())) == record.to_bytes()


def test_equal_values_of_other_types_make_other_records() -> None:
    records = [Record(kind="data", data={"x": [value]}) for value in (1, 1.0, True)]
    assert len(set(records)) == 3
    assert len({record.to_bytes() for record in records}) == 3
    assert Record(kind="data", data=1) != 1


GOLDEN = Record(
    kind="reference",
    reference="acme.losses:Huber",
    aliases=("h",),
    tags=("robust", "loss", "loss"),
    description="\u00e9\u2028\U0001f600",
    metadata={"b": [1e16, 0.1, -0.0, 1e-7, 2**64], "a": {"y": None, "x": True}},
    origin=RecordOrigin("acme", "1.2", "acme.losses", "acme/losses.py", 7),
    fingerprint="0" * 32,
)
GOLDEN_BYTES = (
    '{"aliases":["h"],"description":"\u00e9\u2028\U0001f600","fingerprint":"00000000000000000000000000000000","format":1'
    ',"kind":"reference","metadata":{"a":{"x":true,"y":null},"b":[1e+16,0.1,-0.0,1e-07,18446744073709551616]},"origin"'
    ':{"distribution":"acme","file":"acme/losses.py","line":7,"module":"acme.losses","version":"1.2"},"reference"'
    ':"acme.losses:Huber","tags":["loss","robust"]}'
).encode()


def test_every_python_writes_the_same_bytes() -> None:
    assert GOLDEN.to_bytes() == GOLDEN_BYTES


def test_no_hash_seed_and_no_locale_changes_the_bytes() -> None:
    program = (
        "import sys; from registry.records import Record;"
        "r = Record(kind='data', data={c: '\\u00e9' for c in 'zyxwvu'}, tags=tuple('fedcba'));"
        "sys.stdout.buffer.write(r.to_bytes())"
    )
    written = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "LC_ALL": "C"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(written) == 1


# ---------------------------------------------------------------------------------------------- what is no record

ORDINARY = {"format": 1, "kind": "reference", "reference": "acme.losses:Huber"}


def with_(**changes: Any) -> bytes:
    return json.dumps({**ORDINARY, **changes}).encode()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "line 1"),
    "no JSON": (b"{", "line 1"),
    "no object": (b"[]", "no object"),
    "a number": (b"1", "no object"),
    "binary": (b"\xff\xfe{}", "UTF-8"),
    "two documents": (b"{}{}", "line 1"),
    "a byte order mark": (b"\xef\xbb\xbf" + with_(), ""),
    "nested too deeply": (b'{"format":1,"kind":"data","data":' + b"[" * 100 + b"]" * 100 + b"}", "nested"),
    "nested to crash": (b"[" * 60_000, "nested"),
    "nested objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested"),
    "NaN": (b'{"format":1,"kind":"data","data":NaN}', "NaN"),
    "an infinite number": (b'{"format":1,"kind":"data","data":1e999}', ""),
    "a huge integer": (b'{"format":1,"kind":"data","data":' + b"9" * 4000 + b"}", "integer"),
    "an integer that Python does not read": (b'{"format":1,"kind":"data","data":' + b"9" * 9000 + b"}", ""),
    "half of a surrogate pair": (b'{"format":1,"kind":"data","data":"\\ud800"}', "surrogate"),
    "half of a pair in a key": (b'{"format":1,"kind":"data","data":{"\\udfff":1}}', "surrogate"),
    "a key twice": (b'{"format":1,"kind":"alias","alias_of":"a","alias_of":"b"}', "'alias_of'"),
    "a key twice, deep inside": (b'{"format":1,"kind":"data","data":[{"a":1,"a":2}]}', "'a'"),
    "no format": (b'{"kind":"alias","alias_of":"a"}', "'format' is missing"),
    "a format of another kind": (with_(format="1"), "'format'"),
    "format true": (with_(format=True), "'format'"),
    "a format that is to come": (with_(format=2), "newer"),
    "no kind": (b'{"format":1}', "'kind' is missing"),
    "an unknown kind": (with_(kind="code"), "'code'"),
    "a kind that cannot be hashed": (with_(kind=[]), "'kind'"),
    "no reference": (b'{"format":1,"kind":"reference"}', "'reference' is missing"),
    "no data": (b'{"format":1,"kind":"data"}', "'data' is missing"),
    "no alias": (b'{"format":1,"kind":"alias"}', "'alias_of' is missing"),
    "data in a reference": (with_(data=1), "'data'"),
    "a reference in an alias": (with_(kind="alias", alias_of="a"), "'reference'"),
    "a schema in data": (b'{"format":1,"kind":"data","data":1,"schema":{}}', "'schema'"),
    "a reference that is none": (with_(reference="os.system"), "'os.system'"),
    "a reference that is a number": (with_(reference=1), "'reference'"),
    "a reference with an empty segment": (with_(reference="a..b:c"), "'a..b:c'"),
    "a reference with two colons": (with_(reference="a:b:c"), "'a:b:c'"),
    "a reference with a call": (with_(reference="a:b()"), "'a:b()'"),
    "a reference with a line break": (with_(reference="a:b\n"), ""),
    "a very long reference": (with_(reference="a:" + "b" * 2000), "2002"),
    "aliases that are a text": (with_(aliases="abc"), "'aliases'"),
    "an alias that is no name": (with_(aliases=["a\0"]), "control"),
    "an alias that is a number": (with_(aliases=[1]), "'aliases[0]'"),
    "an alias twice": (with_(aliases=["a", "a"]), "twice"),
    "tags that are an object": (with_(tags={"a": 1}), "'tags'"),
    "a description that is a list": (with_(description=[]), "'description'"),
    "deprecated null": (with_(deprecated=None), "'deprecated'"),
    "metadata that are a list": (with_(metadata=[]), "'metadata'"),
    "an origin that is a text": (with_(origin="here"), "'origin'"),
    "a line that is negative": (with_(origin={"line": -1}), "line"),
    "a line that is true": (with_(origin={"line": True}), "line"),
    "a line that is huge": (with_(origin={"line": 2**40}), "line"),
    "a version that is a number": (with_(origin={"version": 1.0}), "'origin.version'"),
    "a schema that is a text": (with_(schema="x"), "'schema'"),
    "a fingerprint that is too short": (with_(fingerprint="ab"), "'fingerprint'"),
    "a fingerprint in capitals": (with_(fingerprint="A" * 32), "'fingerprint'"),
    "an alias of nothing": (b'{"format":1,"kind":"alias","alias_of":""}', "empty"),
    "a pickle": (b"\x80\x04cos\nsystem\n.", "UTF-8"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_record_is_refused_with_what_is_wrong(name: str) -> None:
    data, reason = HOSTILE[name]
    with pytest.raises(ValidationError) as caught:
        Record.from_bytes(data)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 1000
    json.dumps(caught.value.context)


def test_a_reader_that_believes_its_input_would_be_caught() -> None:
    """The twin: what the standard library alone makes of these bytes."""
    believed = 0
    for data, _ in HOSTILE.values():
        try:
            json.loads(data)
        except (ValueError, RecursionError):
            continue
        believed += 1
    assert believed > len(HOSTILE) / 2


@given(st.binary(max_size=300) | PLAIN.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_record_or_refused(data: bytes) -> None:
    try:
        record = Record.from_bytes(data)
    except ValidationError:
        return
    assert Record.from_bytes(record.to_bytes()) == record


@given(RECORDS, st.data())
def test_a_record_with_a_value_exchanged_is_read_or_refused(record: Record, data: st.DataObject) -> None:
    values = json.loads(record.to_bytes())
    values[data.draw(st.sampled_from(sorted(values)))] = data.draw(PLAIN)
    try:
        again = Record.from_bytes(json.dumps(values).encode())
    except ValidationError:
        return
    assert Record.from_bytes(again.to_bytes()) == again


def test_keys_that_are_not_known_are_overlooked() -> None:
    newer = with_(colour="red", origin={"version": "1", "host": "a"})
    assert Record.from_bytes(newer) == Record(
        kind="reference", reference="acme.losses:Huber", origin=RecordOrigin(version="1")
    )


def test_a_record_that_is_too_long_is_refused_at_both_ends() -> None:
    long = Record(kind="data", data="x" * MAX_RECORD)
    with pytest.raises(TooLargeError, match=str(MAX_RECORD)):
        long.to_bytes()
    with pytest.raises(TooLargeError):
        Record.from_bytes(b'{"data":"' + b"x" * MAX_RECORD + b'","format":1,"kind":"data"}')
    overhead = len(Record(kind="data", data="").to_bytes())
    assert len(Record(kind="data", data="x" * (MAX_RECORD - overhead)).to_bytes()) == MAX_RECORD == 64 * 1024


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, (1,), {1: 2}, {"a": b"x"}, {1}, 1 << MAX_BITS, "\ud800", {"\udc00": 1}, object()]
)
def test_what_json_does_not_have_is_not_written(value: Any) -> None:
    with pytest.raises(ValidationError, match="metadata"):
        Record(kind="alias", alias_of="a", metadata={"x": value}).to_bytes()


def test_values_are_as_deep_as_a_body_around_them_allows() -> None:
    from registry.revisions import Change
    from registry.wire.json import MAX_DEPTH as OF_THE_WIRE
    from registry.wire.json import changes_body, read_changes

    value: Any = 1
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    deepest = Record(kind="data", data=value)
    body = changes_body([Change("x", deepest.to_bytes())], "1")
    assert read_changes(body)[0][0].record == deepest.to_bytes()
    with pytest.raises(ValidationError, match="nested"):
        Record(kind="data", data=[value]).to_bytes()
    assert MAX_DEPTH + 3 < OF_THE_WIRE


def test_a_value_that_holds_itself_is_not_plain() -> None:
    value: list[Any] = []
    value.append(value)
    fault = fault_of(value)
    assert fault is not None
    assert "nested" in fault[1]


# ---------------------------------------------------------------------------------------------- what counts

A = Record(
    kind="reference",
    reference="a:b",
    fingerprint="1" * 32,
    aliases=("x",),
    tags=("t",),
    description="d",
    metadata={"m": 1},
    origin=RecordOrigin("acme", "1", "a", "a.py", 3),
    schema={"description": "one"},
)


@pytest.mark.parametrize(
    "change",
    [
        {"origin": RecordOrigin("acme", "2", "a", "a.py", 9)},
        {"origin": None},
        {"schema": {"description": "another"}},
        {"schema": None},
    ],
)
def test_where_it_comes_from_and_what_docstrings_say_do_not_count(change: dict[str, Any]) -> None:
    assert same_record(attrs.evolve(A, **change), A)
    assert same_record(A, attrs.evolve(A, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "a:c"},
        {"fingerprint": "2" * 32},
        {"aliases": ()},
        {"aliases": ("x", "y")},
        {"tags": ()},
        {"description": ""},
        {"deprecated": ""},
        {"metadata": {"m": 1.0}},
        {"metadata": {"m": True}},
        {"kind": "data", "reference": None, "fingerprint": None, "data": 1},
    ],
)
def test_whatever_else_differs_counts(change: dict[str, Any]) -> None:
    assert not same_record(attrs.evolve(A, **change), A)
    assert not same_record(A, attrs.evolve(A, **change))


def test_a_reference_that_was_not_imported_is_the_same_whatever_the_signature_was() -> None:
    assert same_record(attrs.evolve(A, fingerprint=None), A)


def test_a_signature_that_was_not_known_before_is_written() -> None:
    assert not same_record(A, attrs.evolve(A, fingerprint=None))


def test_data_is_the_same_when_it_is_the_same_json() -> None:
    one = Record(kind="data", data={"a": 1, "b": [1]})
    assert same_record(one, Record(kind="data", data={"b": [1], "a": 1}))
    assert not same_record(one, Record(kind="data", data={"a": 1, "b": [1.0]}))
    assert not same_record(one, Record(kind="data", data={"a": 1, "b": [1]}, type="a:b"))


def test_a_comparison_of_bytes_would_be_caught() -> None:
    """The twin: were records compared as bytes, every version in use would overwrite the other at its start."""
    other = attrs.evolve(A, origin=RecordOrigin("acme", "2", "a", "a.py", 9))
    assert same_record(other, A)
    assert other.to_bytes() != A.to_bytes()
