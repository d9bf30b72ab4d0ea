"""Threads share what is right, and what is right in one thread only is refused, with the calls that show it."""

import itertools
import math
import os
import re
import shelve
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from testing import racing_backends as racing

from registry.backends import MemoryBackend, SQLiteBackend, StoredBackend, layered
from registry.errors import BackendError, ValidationError
from registry.model import Entry
from registry.stores import MemoryStore
from registry.testing.concurrency import linearizability
from registry.testing.concurrency import rounds as concurrent_rounds
from registry.testing.concurrency.calls import Caller
from registry.testing.concurrency.check import UndecidedError, check_concurrent
from registry.testing.concurrency.linearizability import ABSENT, NEVER, NOWHERE, PRESENT, Call, Verdict, check, search
from registry.testing.concurrency.programs import Method, Program, Step
from registry.testing.concurrency.report import failure_of, lines
from registry.testing.concurrency.rounds import Played, play
from registry.testing.concurrency.stirring import Stirring, is_stirred, often, seldom
from registry.testing.making import part_of

TWINS: dict[str, tuple[Callable[..., Any], str]] = {
    "check-then-act setdefault": (racing.ChecksThenClaims, r"setdefault\("),
    "a setdefault that returns what is not there": (racing.ClaimsForNothing, r"setdefault\(\).* is not atomic"),
    "a removal that says nothing": (
        racing.RemovesSilently,
        r"del backend\[name\].* is not atomic|setdefault\(.* raised KeyError",
    ),
    "iteration among writers": (racing.IteratesLive, r"list\(backend\) raised RuntimeError"),
    "a batch that loses updates": (racing.LosesUpdates, r"is not atomic|was lost|half done|raised KeyError"),
    "a batch that is seen half done": (racing.ShowsHalves, r"apply\(\) was seen half done|apply\(\).* is not atomic"),
    "writes that lose updates": (racing.ReplacesLate, r"was lost|is not atomic|setdefault\(.* raised KeyError"),
    "a copy in place of the entry": (racing.Copies, r"setdefault\(\) returned a copy"),
    "names miscounted": (
        racing.Miscounts,  # a number below 0 makes list() fail
        r"len\(backend\) is \d+, and list\(backend\) has \d+ names|__len__|list\(backend\) raised ValueError",
    ),
    "shelve": (lambda folder: shelve.open(str(folder / "shelf")), r""),  # noqa: SIM115 - the kit closes it
    "dbm without locks": (racing.Files, r""),
}
"""Backends that are right in one thread, and what is to be said of them. Files differ from one machine to another."""

RIGHT: dict[str, Callable[..., Any]] = {
    "dict": dict,
    "dict in Python, locked": racing.Locked,
    "dict in Python, locked, with batches": racing.LockedBatches,
    "memory": MemoryBackend,
    "layered": lambda: layered(MemoryBackend(), MemoryBackend()),
    "stored": lambda: StoredBackend(MemoryStore(), namespace="research.losses"),
    "sqlite": lambda folder: SQLiteBackend(folder / "team.db", namespace="research.losses"),
}


# ---------------------------------------------------------------------------------------------- backends


@pytest.mark.parametrize(("make", "said"), TWINS.values(), ids=TWINS)
def test_what_is_right_in_one_thread_only_is_refused(make: Callable[..., Any], said: str) -> None:
    error = refusal(make)
    sentence, *rest = str(error).splitlines()
    assert sentence.endswith(".")
    assert re.search(said, sentence)
    assert any("thread" in line for line in rest)
    assert rest[-1].startswith("(seed=")
    assert error.__suppress_context__
    assert error.__cause__ is None


def refusal(make: Callable[..., Any]) -> AssertionError:
    """What a check says that nothing else has to share the machine with; one run in a hundred may see nothing."""
    for _ in range(3):
        try:
            check_concurrent(make)
        except AssertionError as error:
            return error
    raise ValueError("Three runs have seen nothing.")


@pytest.mark.parametrize("make", RIGHT.values(), ids=RIGHT)
def test_what_threads_may_share_passes(make: Callable[..., Any]) -> None:
    check_concurrent(make, seconds=1.5 if make is RIGHT["sqlite"] else 0.3)


def test_a_history_is_short_and_shows_who_met_whom() -> None:
    with pytest.raises(AssertionError) as caught:
        check_concurrent(racing.ChecksThenClaims)
    calls = re.findall(r"^ +(\d+) to +(\d+)  (thread \d|alone) *: (.*)$", str(caught.value), re.MULTILINE)
    assert 2 <= len(calls) <= 12
    assert [int(begun) for begun, *_ in calls] == sorted(int(begun) for begun, *_ in calls)


def test_a_factory_that_gives_the_same_backend_again_is_named() -> None:
    held = {"a": Entry("a", None)}
    with pytest.raises(AssertionError, match=r"make\(\) did not give an empty backend: list\(backend\) is \['a'\]"):
        check_concurrent(lambda: held)


def test_calls_that_never_return_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrent_rounds, "DEADLINE", 0.5)
    with pytest.raises(AssertionError, match=r"^A call did not return within 0\.5 s while other threads called"):
        check_concurrent(racing.Deadlocks, seconds=8)


def test_one_thread_is_not_enough() -> None:
    with pytest.raises(ValidationError, match="calls of one thread never meet"):
        check_concurrent(dict, threads=1)


# ---------------------------------------------------------------------------------------------- not known


def test_above_its_bound_nothing_passes_and_nothing_is_refused() -> None:
    with pytest.raises(UndecidedError, match="histories have more than 3 configurations") as caught:
        check_concurrent(racing.LockedBatches, bound=3, seconds=0.2)
    assert not isinstance(caught.value, AssertionError)
    assert caught.value.suggestions


def test_a_backend_that_is_too_slow_to_be_tried_does_not_pass() -> None:
    with pytest.raises(UndecidedError, match="calls overlapped in only"):
        check_concurrent(racing.Sleeps, seconds=0.02)


def test_a_backend_that_fails_for_reasons_of_its_own_does_not_pass() -> None:
    with pytest.raises(UndecidedError, match="calls failed for reasons of the backend's own"):
        check_concurrent(racing.Fails, seconds=0.2)


# ---------------------------------------------------------------------------------------------- trace functions


def test_the_tracer_of_this_thread_stays_and_those_of_others_come_back() -> None:
    found: list[Any] = []
    events: list[str] = []

    def traced(frame: FrameType, event: str, argument: Any) -> Any:
        events.append(event)
        return traced

    class Noticing(racing.ChecksThenClaims):
        def __len__(self) -> int:
            found.append(sys.gettrace())
            return super().__len__()

    def work(stirring: Stirring) -> None:
        with stirring.turn(0):
            stirring.border(0)
            len(Noticing())
            stirring.border(0)
        found.append(sys.gettrace())

    before, threads_before, interval = sys.gettrace(), threading.gettrace(), sys.getswitchinterval()
    threading.settrace(traced)
    try:
        with pytest.raises(AssertionError, match="setdefault"):
            check_concurrent(racing.ChecksThenClaims, seconds=8)
        worker = threading.Thread(target=work, args=(Stirring(Random(1), often(Random(1), 3), 0.3, 1),))
        worker.start()
        worker.join()
        assert threading.gettrace() is traced
    finally:
        threading.settrace(threads_before)
    assert sys.gettrace() is before
    assert sys.getswitchinterval() == interval
    assert found[0] is not traced
    assert found[1] is traced
    assert "opcode" not in events


COVERED = """
import sys
sys.path.insert(0, {tests!r})
from testing.racing_backends import ChecksThenClaims, LockedBatches
from registry.testing.concurrency.check import check_concurrent

before = sys.gettrace()
check_concurrent(LockedBatches, seconds=0.5)
try:
    check_concurrent(ChecksThenClaims, seconds=8)
except AssertionError as error:
    print(str(error).splitlines()[0])
assert sys.gettrace() is before, "the tracer was taken away"
print("the last line")
"""


def test_it_works_under_coverage_and_takes_no_measurement_away(tmp_path: Path) -> None:
    script = tmp_path / "covered.py"
    script.write_text(COVERED.format(tests=str(Path(__file__).parents[1])))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}

    def coverage(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "coverage", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == ""
        return done.stdout

    said = coverage("run", "--include=covered.py,*/racing_backends.py", "covered.py")
    assert re.fullmatch(r".*setdefault\(.*\.\nthe last line\n", said)
    assert re.search(r"covered\.py +\d+ +0 +100%", coverage("report", "--include=covered.py"))


# ---------------------------------------------------------------------------------------------- schedules


def test_code_under_test_is_stirred_and_plumbing_is_not() -> None:
    stirred = {
        name for name in ("acme.backend", "shelve", "_collections_abc", "dbm.dumb", "__main__") if is_stirred(name)
    }
    assert stirred == {"acme.backend", "shelve", "_collections_abc", "dbm.dumb", "__main__"}
    left = (
        "threading",
        "registry.testing",
        "registry.testing.concurrency.stirring",
        "attr._make",
        "pickle",
        "importlib._bootstrap",
    )
    assert not any(map(is_stirred, left))
    assert is_stirred("registry.backends.memory")
    assert is_stirred("registry.testing_of_mine")


def test_a_thread_that_waits_for_another_does_not_stop_the_schedule() -> None:
    backend = racing.Locked()
    steps = (Step(Method.SETDEFAULT, "a"),) * 4
    begun = time.monotonic()
    for number in range(20):
        random = Random(number)
        played = play(
            backend, Program("a", (), (steps,) * 4), {"a": f"a{number}"}, Stirring(random, often(random, 2), 0.3, 4)
        )
        assert not played.wrong
        assert len(played.calls) == 17
    assert time.monotonic() - begun < 20


def test_what_runs_while_threads_hand_over_does_not_hand_over_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrent_rounds, "DEADLINE", 5.0)

    def gaps() -> float:
        """As a finalizer of a backend that the collector runs there: code that is stirred."""
        return min(float(number) for number in range(3))

    program = Program("a", (), ((Step(Method.SETDEFAULT, "a"),) * 3,) * 2)
    for _ in range(5):
        played = play(racing.Locked(), program, {"a": "a"}, Stirring(Random(1), gaps, 1.0, 2))
        assert not played.hung


def test_hand_overs_happen_where_they_are_drawn() -> None:
    drawn = seldom(Random(1), 100, 3)
    moments = list(itertools.accumulate(drawn() for _ in range(3)))
    assert 0 <= min(moments) <= max(moments) <= 100
    assert drawn() == math.inf
    drawn = often(Random(1), 10)
    gaps = [drawn() for _ in range(2000)]
    assert 8 < sum(gaps) / len(gaps) < 12


# ---------------------------------------------------------------------------------------------- answers


def called(backend: Any, *steps: Step) -> list[Call]:
    caller = Caller(backend, {"a": "a", "b": "b"})
    return [call for step in steps for call in caller.call(step, 0, lambda: None)]


def test_what_calls_say_is_what_they_did() -> None:
    backend = MemoryBackend[str, Any]()
    calls = called(
        backend,
        *(Step(Method.DELETE, "a"), Step(Method.SETDEFAULT, "a"), Step(Method.SETDEFAULT, "a"), Step(Method.SET, "a")),
        *(Step(Method.GET, "a"), Step(Method.LOOK, "a"), Step(Method.LOOK, "b"), Step(Method.CONTAINS, "b")),
        *(
            Step(Method.APPLY, "ab", "b"),
            Step(Method.APPLY, "ab"),
            Step(Method.APPLY, "ab", "a"),
            Step(Method.LIST, "a"),
        ),
    )
    assert [call.text for call in calls] == [
        "del backend['a'] -> KeyError",
        "backend.setdefault('a', #1) -> #1",
        "backend.setdefault('a', #2) -> #1",
        "backend['a'] = #3 -> done",
        "backend['a'] -> #3",
        "backend.entries.get('a') -> #3",
        "'b' in backend -> False",
        "backend.apply({'a': #4, 'b': None}) -> KeyError",
        "backend.apply({'a': #5, 'b': #6}) -> done",
        "backend.apply({'a': None, 'b': #7}) -> done",
        "list(backend) -> ['b']",
        "list(backend) -> ['b']",
    ]
    assert [call.needs for call in calls[:4]] == [(("a", ABSENT),), (("a", ABSENT),), (("a", 1),), ()]
    assert calls[9].needs == (("a", PRESENT),)
    assert calls[9].puts == (("a", ABSENT), ("b", 7))
    assert [call.needs for call in calls[10:]] == [(("a", ABSENT),), (("b", PRESENT),)]
    assert check(calls).verdict is Verdict.LINEARIZABLE
    assert not any(call.wrong for call in calls)


class Odd(dict[str, Any]):
    """Answers what no backend may."""

    def __getitem__(self, name: str) -> Any:
        return None

    def __iter__(self) -> Iterator[str]:
        return iter(["a", "b", "a"])

    def setdefault(self, name: str, entry: Any = None, /) -> Any:
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        raise SystemExit


def test_what_no_backend_may_answer_is_wrong_by_itself() -> None:
    got, listed, _, claimed, contained = called(
        Odd(), *(Step(method, "a") for method in (Method.GET, Method.LIST, Method.SETDEFAULT, Method.CONTAINS))
    )
    assert got.needs == (("a", NOWHERE),)
    assert check([got]).verdict is Verdict.BROKEN
    assert listed.wrong == "list(backend) gave a name twice."
    assert claimed.wrong == "backend.setdefault(name, entry) raised KeyError: 'a', while other threads called, too."
    assert contained.wrong.startswith("name in backend raised SystemExit")
    failure = failure_of(Played([got, listed, claimed]), check([got, listed, claimed]))
    assert failure is not None
    assert failure.sentence == listed.wrong


def test_a_write_in_doubt_may_have_been_made_or_not() -> None:
    class Tired(racing.Locked):
        def __setitem__(self, name: str, entry: Any, /) -> None:
            raise BackendError("The disk is tired.")

    write, read = called(Tired(), Step(Method.SET, "a"), Step(Method.GET, "a"))
    assert write.ended == NEVER
    assert write.text == "backend['a'] = #1 -> BackendError, in doubt"
    made = attrs.evolve(read, needs=(("a", 1),))
    assert check([write, read]).verdict is check([write, made]).verdict is Verdict.LINEARIZABLE
    assert "?" in lines([write])[0]


# ---------------------------------------------------------------------------------------------- the search


def orders(calls: Sequence[Call]) -> Iterator[tuple[Call, ...]]:
    """Every order of the calls that keeps to the clock, with any of those in doubt left out."""
    doubtful = [one for one in calls if one.ended == NEVER]
    sure = [one for one in calls if one.ended != NEVER]
    for count in range(len(doubtful) + 1):
        for some in itertools.combinations(doubtful, count):
            for order in itertools.permutations([*sure, *some]):
                if all(not later.ended < early.begun for early, later in itertools.combinations(order, 2)):
                    yield order


def replays(order: Sequence[Call]) -> bool:
    """Whether a dict that does one call after the other answers what was answered."""
    held: dict[str, int] = {}
    for one in order:
        for name, value in one.needs:
            there = held.get(name, ABSENT)
            if there != value and not (value == PRESENT and there != ABSENT):
                return False
        held.update(one.puts)
    return True


@st.composite
def histories(draw: st.DrawFn) -> list[Call]:
    """A few calls about two names, mostly with answers that a dict might have given."""
    found: list[Call] = []
    held = {"a": ABSENT, "b": ABSENT}
    begun = 0
    for number in range(1, draw(st.integers(2, 6))):
        begun += draw(st.integers(0, 3))
        ended = begun + draw(st.integers(0, 6))
        needs, puts = [], []
        for name in draw(st.sampled_from(["a", "b", "ab"])):
            if draw(st.booleans()):
                told = draw(st.one_of(st.just(held[name]), st.sampled_from([PRESENT, *range(number)])))
                needs.append((name, told))
            if draw(st.booleans()):
                held[name] = draw(st.sampled_from([ABSENT, number]))
                puts.append((name, held[name]))
        doubtful = draw(st.integers(0, 4)) == 0
        found.append(Call(0, "", begun, NEVER if doubtful else ended, tuple(needs), tuple(puts)))
    return found


def agree(history: list[Call]) -> None:
    """The search has to say what trying every order says, and what it shows has to be wrong by itself."""
    finding = check(history)
    assert (finding.verdict is Verdict.LINEARIZABLE) == any(replays(order) for order in orders(history))
    if finding.verdict is Verdict.BROKEN:
        shown = [
            attrs.evolve(
                call,
                needs=tuple(need for need in call.needs if need[0] in finding.names),
                puts=tuple(put for put in call.puts if put[0] in finding.names),
            )
            for call in finding.calls
        ]
        assert not any(replays(order) for order in orders(shown))


@settings(max_examples=300)
@given(histories())
def test_the_search_says_what_trying_every_order_says(history: list[Call]) -> None:
    agree(history)


@pytest.mark.soak
@settings(max_examples=20_000)
@given(histories())
def test_the_search_says_what_trying_every_order_says_for_long(history: list[Call]) -> None:
    agree(history)


def put(number: int, begun: float, ended: float, names: str = "a", thread: int = 1) -> Call:
    return Call(thread, f"put #{number}", begun, ended, (), tuple((name, number) for name in names))


def saw(number: int, begun: float, ended: float, name: str = "a", thread: int = 2) -> Call:
    return Call(thread, f"saw #{number}", begun, ended, ((name, number),))


GOOD = {
    "one after the other": [put(1, 1, 2), saw(1, 3, 4)],
    "a read beside a write sees either": [put(1, 1, 9), saw(ABSENT, 2, 3), saw(1, 4, 5)],
    "a batch that is seen after it is made": [
        put(1, 1, 9, "ab"),
        saw(ABSENT, 2, 3, "b"),
        saw(1, 4, 5),
        saw(1, 6, 7, "b"),
    ],
    "a write in doubt that happens late": [put(1, 1, NEVER), saw(ABSENT, 2, 3), saw(1, 4, 5)],
}
BAD = {
    "a stale read": [put(1, 1, 2), put(2, 3, 4), saw(1, 5, 6)],
    "a lost write": [put(1, 1, 2), saw(ABSENT, 3, 4)],
    "a read from the future": [saw(1, 1, 2), put(1, 3, 4)],
    "a read of what nobody put": [saw(NOWHERE, 1, 2)],
    "a write that happened twice": [put(1, 1, 2), put(2, 1, 9), saw(2, 3, 4), saw(1, 5, 6)],
    "half a batch": [put(1, 1, 9, "ab"), saw(1, 2, 3), saw(ABSENT, 4, 5, "b")],
    "two batches that two threads see in two orders": [
        *(put(1, 1, 2, "ab", thread=1), put(2, 1, 2, "ab", thread=2)),
        *(saw(1, 3, 4), saw(2, 5, 6, "b")),
    ],
}


@pytest.mark.parametrize("history", GOOD.values(), ids=GOOD)
def test_a_good_history_passes(history: list[Call]) -> None:
    assert check(history).verdict is Verdict.LINEARIZABLE


@pytest.mark.parametrize("history", BAD.values(), ids=BAD)
def test_a_known_bad_history_is_refused(history: list[Call]) -> None:
    assert check(history).verdict is Verdict.BROKEN


def test_what_is_shown_leaves_out_what_does_not_matter() -> None:
    matters = [put(1, 1, 2), put(2, 3, 4), saw(1, 7, 8)]
    idle = [saw(2, 5, 6), put(3, 1, 2, "b"), saw(1, 2.5, 2.7), put(4, 9, 10)]
    assert check([*idle, *matters]).calls == tuple(matters)


def test_what_brought_an_entry_is_shown_whatever_it_answered() -> None:
    claimed = Call(1, "", 1, 2, (("a", 1),), offers=(2,))
    calls = [put(1, 0, 0.5), claimed, saw(2, 3, 4)]
    assert check(calls).calls == tuple(calls)
    assert check([calls[0], attrs.evolve(claimed, offers=()), calls[2]]).calls == (calls[0], calls[2])


def test_above_its_bound_the_search_says_that_it_does_not_know() -> None:
    many = [*(put(number, 1, 99) for number in range(1, 11)), saw(3, 100, 101), saw(4, 102, 103)]
    assert search(many, "a", bound=100) is Verdict.UNKNOWN
    finding = check(many, bound=100)
    assert (finding.verdict, finding.names) == (Verdict.UNKNOWN, ("a",))
    assert check(many, bound=linearizability.BOUND).verdict is Verdict.BROKEN


def test_what_brought_an_entry_is_shown_though_it_went_on() -> None:
    claimed = Call(1, "backend.setdefault('a', #1) -> #2", 1, 9, (("a", 2),), offers=(1,))
    removed = Call(2, "del backend['a'] -> done", 2, 3, (("a", PRESENT),), (("a", ABSENT),))
    finding = check([claimed, removed])
    assert finding.verdict is Verdict.BROKEN
    assert finding.calls == (claimed, removed)


# ---------------------------------------------------------------------------------------------- making


def test_parts_are_made_in_folders_of_their_own_and_closed() -> None:
    closed: list[Path] = []

    @attrs.frozen
    class Part:
        folder: Path

        def close(self) -> None:
            closed.append(self.folder)

    with part_of(Part) as first, part_of(Part) as second:
        assert first.folder.is_dir()
        assert second.folder.is_dir()
        assert first.folder != second.folder
    assert closed == [second.folder, first.folder]
    assert not first.folder.exists()


@pytest.mark.parametrize("make", [dict, MemoryBackend, lambda entries=None: {}, lambda *some, **more: {}])
def test_a_factory_that_needs_nothing_is_given_nothing(make: Callable[..., Any]) -> None:
    with part_of(make) as part:
        assert list(part) == []


# ---------------------------------------------------------------------------------------------- for long

RUNS = int(os.environ.get("CONCURRENT_RUNS", "40"))
"""For each twin; the backends that are right share five times as many."""

QUICK = ["dict", "dict in Python, locked, with batches", "memory", "stored", "sqlite"]


@pytest.mark.soak
@pytest.mark.parametrize("make", [make for make, _ in TWINS.values()], ids=TWINS)
def test_twins_are_caught_in_at_least_95_of_100_runs(
    make: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    caught, longest = 0, 0.0
    for _ in range(RUNS):
        begun = time.monotonic()
        try:
            check_concurrent(make)
        except AssertionError:
            caught += 1
        longest = max(longest, time.monotonic() - begun)
    with capsys.disabled():
        print(f"\ncaught in {caught} of {RUNS} runs, the longest took {longest:.1f} s")
    assert caught >= 0.95 * RUNS
    assert longest < 10


@pytest.mark.soak
@pytest.mark.parametrize("kind", QUICK)
def test_what_is_right_is_never_refused(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    runs, longest = RUNS * 5 // len(QUICK), 0.0
    for _ in range(runs):
        begun = time.monotonic()
        check_concurrent(RIGHT[kind])
        longest = max(longest, time.monotonic() - begun)
    with capsys.disabled():
        print(f"\n{kind}: no alarm in {runs} runs, the longest took {longest:.1f} s")
    assert longest < 10
