"""The checker of histories says what trying every order says, and refuses what is known to be bad."""

import itertools
from collections.abc import Iterator, Sequence

import attrs
import pytest
from faults.calls import NEVER, Call, Kind, Outcome
from faults.linearizability import Verdict, check, check_register
from faults.revision_laws import Sight, check_revisions, check_sights
from hypothesis import given, settings
from hypothesis import strategies as st


def call(
    kind: Kind,
    called: float,
    returned: float,
    *,
    value: str | None = None,
    expected: str | None = None,
    seen: str | None = None,
    outcome: Outcome = Outcome.DONE,
    told: bool = True,
    revision: int | None = None,
    client: str = "a",
    name: str = "x",
) -> Call:
    return Call(client, name, kind, called, returned, outcome, value, expected, seen, told, revision)


# ---------------------------------------------------------------------------------------------- every order there is


def orders(calls: Sequence[Call]) -> Iterator[tuple[Call, ...]]:
    """Every order of the calls that keeps to the clock, with any of those in doubt left out."""
    doubtful = [one for one in calls if one.outcome is Outcome.UNKNOWN]
    sure = [one for one in calls if one.outcome is not Outcome.UNKNOWN]
    for count in range(len(doubtful) + 1):
        for some in itertools.combinations(doubtful, count):
            for order in itertools.permutations([*sure, *some]):
                if all(not later.returned < early.called for early, later in itertools.combinations(order, 2)):
                    yield order


def replays(order: Sequence[Call]) -> bool:
    """Whether a register that does one call after the other answers what was answered."""
    held: str | None = None
    for one in order:
        refused: bool
        match one.kind:
            case Kind.READ:
                if one.seen != held:
                    return False
                continue
            case Kind.CLAIM:
                refused = held is not None
            case Kind.SWAP:
                refused = held != one.expected
            case Kind.REMOVE:
                refused = held is None or (one.expected is not None and one.expected != held)
            case Kind.WRITE:
                refused = False
        if refused != (one.outcome is Outcome.REFUSED):
            return False
        if refused:
            if one.told and one.seen != held:
                return False
        else:
            held = None if one.kind is Kind.REMOVE else one.value
    return True


@st.composite
def histories(draw: st.DrawFn) -> list[Call]:
    """A few calls, mostly with answers that a register might have given."""
    found: list[Call] = []
    held: str | None = None
    called = 0
    for number in range(draw(st.integers(1, 6))):
        called += draw(st.integers(0, 3))
        returned: float = called + draw(st.integers(0, 6))
        kind = draw(st.sampled_from(Kind))
        values = [None, *(f"v{other}" for other in range(number + 1))]
        guess = draw(st.one_of(st.just(held), st.sampled_from(values)))
        outcome = Outcome.DONE
        if kind is not Kind.READ:
            outcome = draw(st.sampled_from([Outcome.DONE, Outcome.DONE, Outcome.REFUSED, Outcome.UNKNOWN]))
        expected = draw(st.sampled_from(values)) if kind in (Kind.SWAP, Kind.REMOVE) else None
        if kind is Kind.SWAP and expected is None:
            expected = "v0"
        if outcome is Outcome.UNKNOWN:
            returned = NEVER
        value = f"v{number}" if kind in (Kind.WRITE, Kind.CLAIM, Kind.SWAP) else None
        told = outcome is not Outcome.REFUSED or draw(st.booleans())
        seen = guess if kind is Kind.READ or outcome is Outcome.REFUSED else None
        found.append(
            call(kind, called, returned, value=value, expected=expected, seen=seen, outcome=outcome, told=told)
        )
        if kind is not Kind.READ and outcome is not Outcome.REFUSED:
            held = value
    return found


@settings(max_examples=300)
@given(histories())
def test_the_checker_says_what_trying_every_order_says(history: list[Call]) -> None:
    expected = any(replays(order) for order in orders(history))
    assert (check(history).verdict is Verdict.LINEARIZABLE) == expected


@pytest.mark.soak
@settings(max_examples=20_000)
@given(histories())
def test_the_checker_says_what_trying_every_order_says_for_long(history: list[Call]) -> None:
    expected = any(replays(order) for order in orders(history))
    assert (check(history).verdict is Verdict.LINEARIZABLE) == expected


# ---------------------------------------------------------------------------------------------- known cases

FIRST = call(Kind.WRITE, 0, 1, value="1", revision=1)
SECOND = call(Kind.WRITE, 2, 3, value="2", revision=2)

GOOD = {
    "one after the other": [FIRST, SECOND, call(Kind.READ, 4, 5, seen="2")],
    "a read beside a write sees either": [
        call(Kind.WRITE, 0, 9, value="1"),
        call(Kind.READ, 1, 2, seen=None),
        call(Kind.READ, 3, 4, seen="1"),
    ],
    "a write in doubt happens late": [
        call(Kind.WRITE, 0, NEVER, value="1", outcome=Outcome.UNKNOWN),
        call(Kind.READ, 1, 2, seen=None),
        call(Kind.READ, 3, 4, seen="1"),
    ],
    "a write in doubt never happens": [
        call(Kind.WRITE, 0, NEVER, value="1", outcome=Outcome.UNKNOWN),
        call(Kind.CLAIM, 1, 2, value="2"),
    ],
    "a removal shows that a write in doubt happened": [
        call(Kind.WRITE, 0, NEVER, value="1", outcome=Outcome.UNKNOWN),
        call(Kind.REMOVE, 1, 2),
    ],
    "of two claims one is told of the other": [
        call(Kind.CLAIM, 0, 9, value="1"),
        call(Kind.CLAIM, 0, 9, value="2", outcome=Outcome.REFUSED, seen="1"),
    ],
}

BAD = {
    "a stale read": [FIRST, SECOND, call(Kind.READ, 4, 5, seen="1")],
    "a lost update": [
        FIRST,
        call(Kind.SWAP, 2, 9, expected="1", value="2"),
        call(Kind.SWAP, 2, 9, expected="1", value="3"),
    ],
    "a lost write": [FIRST, call(Kind.READ, 2, 3, seen=None)],
    "a write that happened twice": [
        FIRST,
        SECOND,
        call(Kind.READ, 4, 5, seen="2"),
        call(Kind.READ, 6, 7, seen="1"),
    ],
    "a read from the future": [call(Kind.READ, 0, 1, seen="1"), call(Kind.WRITE, 2, 3, value="1")],
    "a read of what nobody wrote": [FIRST, call(Kind.READ, 2, 3, seen="9")],
    "two winners of one claim": [call(Kind.CLAIM, 0, 9, value="1"), call(Kind.CLAIM, 0, 9, value="2")],
    "a loser who is told of the wrong winner": [
        call(Kind.CLAIM, 0, 1, value="1"),
        call(Kind.CLAIM, 2, 3, value="2", outcome=Outcome.REFUSED, seen="3"),
    ],
    "a write that failed and happened": [
        call(Kind.WRITE, 0, 1, value="1", outcome=Outcome.FAILED),
        call(Kind.READ, 2, 3, seen="1"),
    ],
    "a removal that came back": [FIRST, call(Kind.REMOVE, 2, 3), call(Kind.READ, 4, 5, seen="1")],
    "a refusal without a reason": [
        FIRST,
        call(Kind.SWAP, 2, 3, expected="1", value="2", outcome=Outcome.REFUSED, told=False),
    ],
}


@pytest.mark.parametrize("history", GOOD.values(), ids=GOOD)
def test_a_good_history_passes(history: list[Call]) -> None:
    assert check(history).verdict is Verdict.LINEARIZABLE


@pytest.mark.parametrize("history", BAD.values(), ids=BAD)
def test_a_known_bad_history_is_refused(history: list[Call]) -> None:
    finding = check(history)
    assert finding.verdict is Verdict.BROKEN
    assert finding.name == "x"
    assert "none of these fits" in finding.reason


def test_names_are_registers_of_their_own() -> None:
    elsewhere = [attrs.evolve(one, name="y") for one in BAD["a stale read"]]
    assert check([FIRST, *elsewhere]).name == "y"


def test_above_its_bound_the_checker_says_that_it_does_not_know() -> None:
    many = [call(Kind.WRITE, 0, 99, value=str(number)) for number in range(10)]
    impossible = [*many, call(Kind.READ, 100, 101, seen="3"), call(Kind.READ, 102, 103, seen="4")]
    assert check_register(impossible, bound=100).verdict is Verdict.UNKNOWN
    assert check(impossible, bound=100).verdict is Verdict.UNKNOWN
    assert check(impossible).verdict is Verdict.BROKEN


def test_a_long_history_with_many_writes_in_doubt_is_checked_in_no_time() -> None:
    history = []
    for number in range(300):
        doubtful = number % 3 == 0
        history.append(
            call(
                Kind.WRITE,
                10 * number,
                NEVER if doubtful else 10 * number + 15,
                value=str(number),
                outcome=Outcome.UNKNOWN if doubtful else Outcome.DONE,
            )
        )
        history.append(call(Kind.READ, 10 * number + 16, 10 * number + 17, seen=str(number)))
    assert check(history, bound=5_000).verdict is Verdict.LINEARIZABLE


# ---------------------------------------------------------------------------------------------- revisions

READ_OF_SECOND = call(Kind.READ, 4, 5, seen="2", revision=2)

BROKEN_REVISIONS = {
    "a revision given twice": [FIRST, attrs.evolve(SECOND, revision=1)],
    "a revision that goes back": [attrs.evolve(FIRST, revision=3), SECOND],
    "a revision that goes back, in another register": [attrs.evolve(FIRST, revision=3), attrs.evolve(SECOND, name="y")],
    "a write without a revision": [attrs.evolve(FIRST, revision=None)],
    "a read that names another revision": [FIRST, SECOND, attrs.evolve(READ_OF_SECOND, revision=1)],
    "a read of another value under the same revision": [FIRST, SECOND, attrs.evolve(READ_OF_SECOND, seen="3")],
    "a read that goes back": [
        FIRST,
        SECOND,
        READ_OF_SECOND,
        call(Kind.READ, 6, 7, seen="1", revision=1),
    ],
}


def test_good_revisions_pass() -> None:
    beside = [attrs.evolve(FIRST, revision=2, returned=3.5), attrs.evolve(SECOND, revision=1)]
    assert check_revisions([FIRST, SECOND, READ_OF_SECOND]) == []
    assert check_revisions(beside) == []


@pytest.mark.parametrize("history", BROKEN_REVISIONS.values(), ids=BROKEN_REVISIONS)
def test_revisions_that_are_known_to_be_bad_are_refused(history: list[Call]) -> None:
    assert check_revisions(history) != []


VERSIONS = {"x": ["1", "2", None, "3"]}


def sights(*values: str | None) -> list[Sight]:
    return [Sight("a", "x", value) for value in values]


@pytest.mark.parametrize("seen", [(None, "1", "2", "3"), ("1", "1", None, None, "3"), ("2", "3"), (None, None, "3")])
def test_reads_that_go_forward_pass(seen: tuple[str | None, ...]) -> None:
    assert check_sights(sights(*seen), VERSIONS) == []


@pytest.mark.parametrize("seen", [("2", "1"), ("3", None), ("3", "2"), ("2", None, "1"), ("9",)])
def test_reads_that_go_back_are_refused(seen: tuple[str | None, ...]) -> None:
    assert check_sights(sights(*seen), VERSIONS) != []


def test_each_client_goes_forward_by_itself() -> None:
    assert check_sights([Sight("a", "x", "3"), Sight("b", "x", "1")], VERSIONS) == []
