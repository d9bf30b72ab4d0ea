"""Snapshots that are ready: always those of the mirror as it is, made once, and within their bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.mirror import Mirror
from registry.revisions import Frame, Snapshot, Stored, Token
from registry.server import records as records_module
from registry.server.records import ReadySnapshots
from registry.wire.json import envelope


def mirror_of(namespace: str = "n", *, records: int = 0, size: int = 2) -> Mirror:
    mirror = Mirror(namespace)
    held = [Stored(f"k{number}", number + 1, b"{%b}" % (b" " * size), 1.0, "") for number in range(records)]
    mirror.load(Snapshot(Token("e", records), len(held), held))
    return mirror


def write(mirror: Mirror, name: str, record: bytes | None) -> None:
    token = Token(mirror.epoch, mirror.revision + 1)
    mirror.apply(Frame(token, mirror.namespace, (Stored(name, token.revision, record, 2.0, "me"),)))


def lines_of(mirror: Mirror) -> bytes:
    records = sorted(mirror.entries.values(), key=lambda stored: stored.revision)
    return b"".join(envelope(stored, mirror.epoch) + b"\n" for stored in records)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([b"{}", b'{"a":1}', None]), st.booleans())))
def test_a_snapshot_is_always_that_of_the_mirror(steps: list[tuple[str, bytes | None, bool]]) -> None:
    ready, mirror = ReadySnapshots(), mirror_of()
    for name, record, is_read in steps:
        write(mirror, name, record)
        if is_read:
            token, count, parts = ready.of(mirror)
            assert (token, count) == (Token("e", mirror.revision), len(mirror.entries))
            assert b"".join(parts) == lines_of(mirror)


def test_a_mirror_of_another_epoch_is_another() -> None:
    ready, mirror = ReadySnapshots(), mirror_of(records=2)
    assert b"".join(ready.of(mirror)[2]) == lines_of(mirror)
    mirror.load(Snapshot(Token("f", 2), 1, [Stored("z", 2, b"{}", 1.0, "")]))
    token, count, parts = ready.of(mirror)
    assert (token.epoch, count, b"".join(parts)) == ("f", 1, lines_of(mirror))


def test_what_did_not_change_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    really = records_module.envelopes

    def counted(*given: object) -> bytes:
        nonlocal made
        made += 1
        return really(*given)  # type: ignore[arg-type]  # it passes on what it got

    monkeypatch.setattr(records_module, "envelopes", counted)
    ready, mirror = ReadySnapshots(), mirror_of(records=3)
    first = b"".join(ready.of(mirror)[2])
    assert (b"".join(ready.of(mirror)[2]), made) == (first, 1)
    write(mirror, "k1", b"{}")
    assert (b"".join(ready.of(mirror)[2]) != first, made) == (True, 2)


def test_one_that_was_not_sent_to_its_end_is_not_kept() -> None:
    ready, mirror = ReadySnapshots(), mirror_of(records=100, size=2000)
    _, _, parts = ready.of(mirror)
    next(parts)
    del parts
    assert b"".join(ready.of(mirror)[2]) == lines_of(mirror)


def test_they_are_kept_within_their_bytes() -> None:
    ready = ReadySnapshots(most=100_000)
    mirrors = [mirror_of(f"n{number}", records=10, size=1500) for number in range(20)]
    for mirror in [*mirrors, *mirrors]:
        assert b"".join(ready.of(mirror)[2]) == lines_of(mirror)
        assert ready._size == sum(held.size for held in ready._held.values()) <= 100_000
    assert 4 <= len(ready._held) <= 6
    large = mirror_of("large", records=20, size=1500)
    assert b"".join(ready.of(large)[2]) == lines_of(large)
    assert "large" not in ready._held
