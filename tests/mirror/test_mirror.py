"""One namespace as a dict."""

import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.mirror import Mirror
from registry.revisions import Digest, Frame, Snapshot, Stored, Token

Model = dict[str, Stored]
submissions = st.lists(st.dictionaries(st.sampled_from("abcd"), st.booleans(), min_size=1, max_size=3), max_size=8)
"""For each submission the names that it writes (True) or removes (False)."""


def frames_of(submissions: Iterable[dict[str, bool]], first: int = 1) -> list[Frame]:
    return [
        Frame(
            Token("e", revision),
            "n",
            tuple(
                Stored(name, revision, b'{"at":%d}' % revision if written else None)
                for name, written in changes.items()
            ),
        )
        for revision, changes in enumerate(submissions, first)
    ]


def model_after(frames: Iterable[Frame], upto: int | None = None) -> Model:
    """What a namespace holds, told as simply as can be."""
    model: Model = {}
    for frame in frames:
        if upto is None or frame.token.revision <= upto:
            for stored in frame.changes:
                model.pop(stored.name, None)
                if stored.record is not None:
                    model[stored.name] = stored
    return model


def loaded(model: Model, revision: int = 0, epoch: str = "e", **options: Any) -> Mirror:
    mirror = Mirror("n", **options)
    mirror.load(Snapshot(Token(epoch, revision), len(model), model.values()))
    return mirror


@given(submissions, st.data())
def test_a_snapshot_and_the_frames_since_it_add_up_to_the_store(
    made: list[dict[str, bool]], data: st.DataObject
) -> None:
    frames = frames_of(made)
    start = data.draw(st.integers(0, len(frames)))
    mirror = loaded(model_after(frames, start), start)
    overlap = data.draw(st.integers(0, start))
    for frame in frames[overlap:]:  # a watch may begin before the snapshot
        assert mirror.apply(frame) == (frame.token.revision > start)
    assert mirror.entries == model_after(frames)
    assert mirror.revision == max(start, len(frames))


@given(submissions, st.integers(0, 8))
def test_mirrors_that_hold_the_same_have_the_same_digest_however_they_got_there(
    made: list[dict[str, bool]], start: int
) -> None:
    frames = frames_of(made)
    followed, fresh = loaded(model_after(frames, start), start), loaded(model_after(frames), len(frames))
    for frame in frames:
        followed.apply(frame)
    assert followed.digest == fresh.digest


@given(submissions.filter(bool), st.data())
def test_a_mirror_that_missed_a_frame_that_counts_has_another_digest(
    made: list[dict[str, bool]], data: st.DataObject
) -> None:
    frames = frames_of(made)
    missed = data.draw(st.integers(0, len(frames) - 1))
    mirror = loaded({})
    for number, frame in enumerate(frames):
        if number != missed:
            mirror.apply(frame)
    same = mirror.entries == model_after(frames)
    assert (mirror.digest == loaded(model_after(frames)).digest) == same


def test_an_empty_mirror_has_the_digest_of_nothing() -> None:
    assert Mirror("n").digest == loaded({}).digest == Digest(0, 0)


def test_a_frame_of_another_epoch_is_refused() -> None:
    with pytest.raises(ValueError, match="epoch"):
        loaded({}).apply(Frame(Token("f", 9), "n", ()))


def test_loading_again_keeps_the_objects_of_what_has_not_changed() -> None:
    first, second = Stored("a", 1, b"{}"), Stored("b", 1, b"{}")
    mirror = loaded({"a": first, "b": second}, 1)
    mirror.load(Snapshot(Token("e", 2), 2, [Stored("a", 1, b"{}"), Stored("b", 2, b"{}")]))
    assert mirror.entries["a"] is first
    assert mirror.entries["b"] is not second


def test_loading_from_another_epoch_keeps_nothing() -> None:
    first = Stored("a", 1, b"{}")
    mirror = loaded({"a": first}, 1)
    mirror.load(Snapshot(Token("f", 1), 1, [Stored("a", 1, b"{}")]))
    assert mirror.entries["a"] is not first
    assert mirror.epoch == "f"


@attrs.define
class Decoded:
    """What a user of a mirror puts in the place of what was stored."""

    revision_of_it: int


def test_what_was_decoded_counts_by_its_revision() -> None:
    mirror = loaded(
        {"a": Stored("a", 1, b"{}")},
        1,
        revision_of=lambda held: held.revision_of_it if isinstance(held, Decoded) else held.revision,
    )
    before = mirror.digest
    mirror.entries["a"] = decoded = Decoded(1)
    mirror.load(Snapshot(Token("e", 5), 1, [Stored("a", 1, b"{}")]))
    assert mirror.entries["a"] is decoded
    assert mirror.digest == before
    mirror.apply(Frame(Token("e", 6), "n", (Stored("a", 6, None),)))
    assert mirror.digest == Digest(0, 0)


def test_readers_never_see_half_of_a_submission() -> None:
    mirror = loaded({})
    torn: list[list[int]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            held = list(mirror.entries.values())
            revisions = {stored.revision for stored in held}
            if len(revisions) > 1 or len(held) not in (0, 3):
                torn.append(sorted(revisions))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for revision in range(1, 3000):
        # each submission writes three names; every other one also removes the three that were there
        written, gone = ("abc", "xyz") if revision % 2 else ("xyz", "abc")
        changes = [Stored(name, revision, b"{}") for name in written]
        changes += [Stored(name, revision, None) for name in gone if name in mirror.entries]
        mirror.apply(Frame(Token("e", revision), "n", tuple(changes)))
    done.set()
    for reader in readers:
        reader.join()
    assert torn == []


def seen_between_lines(mirror: Mirror, call: Callable[[], object]) -> list[dict[str, Any]]:
    """What a reader sees whom the interpreter lets in before any line of what is called."""
    seen: list[dict[str, Any]] = []

    def look(frame: Any, event: str, argument: Any) -> Any:
        seen.append(dict(mirror.entries))
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        call()
    finally:
        sys.settrace(before)
    return seen


@pytest.mark.parametrize(
    "changes",
    [{"a": True, "b": False}, {"a": False, "b": False}, {"a": True, "b": True, "c": True}, {"a": False}],
    ids=["one written and one removed", "two removed", "three written", "one removed"],
)
def test_there_is_no_line_before_which_half_of_a_submission_is_seen(changes: dict[str, bool]) -> None:
    mirror = loaded(model_after(frames_of([{"a": True, "b": True, "d": True}])), 1)
    (frame,) = frames_of([changes], 2)
    before = dict(mirror.entries)
    seen = seen_between_lines(mirror, lambda: mirror.apply(frame))
    after = dict(mirror.entries)
    assert before != after
    assert before in seen
    assert all(state in (before, after) for state in seen)


def test_what_was_made_of_a_record_that_is_no_longer_there_does_not_take_the_place_of_another() -> None:
    old, made, late = Stored("a", 1, b"{}"), Decoded(1), Decoded(1)
    mirror = loaded(
        {"a": old},
        1,
        revision_of=lambda held: held.revision_of_it if isinstance(held, Decoded) else held.revision,
    )
    assert mirror.replace("a", old, made)
    newer = Stored("a", 2, b"{}")
    mirror.apply(Frame(Token("e", 2), "n", (newer,)))
    for held in (old, made, None):
        assert not mirror.replace("a", held, late)
    assert not mirror.replace("b", old, late)
    assert mirror.entries == {"a": newer}
