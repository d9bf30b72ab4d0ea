"""Processes that claim one name at once: one of them gets it, and the others are told who did."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from faults.calls import Call, Kind, Outcome, by_name
from faults.claiming import ARTIFACTS
from faults.figures import Figure
from faults.histories import read_journal
from faults.processes import PATIENCE, Server, spawned


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Server(tmp_path_factory.mktemp("claims")) as server:
        yield server.url


def claims(address: str, folder: Path, *, rounds: int, registry: bool) -> dict[str, list[Call]]:
    """What three processes were told, for each name."""
    options = ["--rounds", str(rounds), *(["--registry"] if registry else [])]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(spawned(["-m", "faults.claiming", address, str(folder / label), label, *options]))
            for label in ARTIFACTS
        ]
        for _ in range(rounds):
            for process in processes:
                assert process.stdout is not None
                assert process.stdout.readline() == b"ready\n"
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(b"\n")
                process.stdin.flush()
        for process in processes:
            assert process.wait(2 * PATIENCE) == 0
    return by_name([call for label in ARTIFACTS for call in read_journal(folder / label)])


def wrong(rounds: dict[str, list[Call]]) -> list[str]:
    """The rounds without exactly one winner, or with a loser who was told of somebody else."""
    found = []
    for name, calls in rounds.items():
        winners = [call for call in calls if call.outcome is Outcome.DONE]
        losers = [call for call in calls if call.outcome is Outcome.REFUSED]
        if len(winners) != 1 or len(losers) != len(ARTIFACTS) - 1:
            found.append(f"{name}: {len(winners)} winners, {len(losers)} losers: {calls}")
        found += [
            f"{name}: {winners[0].value} won, {call}" for call in losers if winners and call.seen != winners[0].value
        ]
    return found


def contested(rounds: dict[str, list[Call]]) -> int:
    """In how many rounds two calls overlapped, so that there was something to decide."""
    return sum(
        any(early.called <= late.called <= early.returned for early in calls for late in calls if early is not late)
        for calls in rounds.values()
    )


@pytest.mark.parametrize("kind", ["sqlite", "http"])
def test_of_processes_that_claim_a_name_at_once_one_gets_it(
    kind: str, url: str, tmp_path: Path, figure: Figure
) -> None:
    rounds = claims(url if kind == "http" else str(tmp_path / "registry.db"), tmp_path, rounds=60, registry=False)
    assert len(rounds) == 60
    assert wrong(rounds) == []
    assert contested(rounds) > 0
    figure("names claimed by three processes at once, with one winner each", len(rounds))


@pytest.mark.parametrize("kind", ["sqlite", "http"])
def test_of_processes_that_register_a_name_at_once_one_does_and_the_others_are_told_who(
    kind: str, url: str, tmp_path: Path, figure: Figure
) -> None:
    rounds = claims(url if kind == "http" else str(tmp_path / "registry.db"), tmp_path, rounds=40, registry=True)
    assert wrong(rounds) == []
    for calls in rounds.values():
        winner = next(call for call in calls if call.outcome is Outcome.DONE)
        assert all(f"{winner.value}" in call.operation for call in calls if call.outcome is Outcome.REFUSED)
    assert contested(rounds) > 0
    figure("names claimed by three processes at once, with one winner each", len(rounds))


@pytest.mark.soak
def test_of_processes_that_claim_a_thousand_names_at_once_one_gets_each(
    url: str, tmp_path: Path, figure: Figure
) -> None:
    for number, address in enumerate([url, str(tmp_path / "registry.db")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        rounds = {
            f"{number}{name}": calls for name, calls in claims(address, folder, rounds=1000, registry=True).items()
        }
        assert wrong(rounds) == []
        figure("names claimed by three processes at once, with one winner each", len(rounds))


def call(label: str, outcome: Outcome, seen: str | None = None) -> Call:
    return Call(label, "r", Kind.CLAIM, 0, 1, outcome, value=label, seen=seen)


@pytest.mark.parametrize(
    "calls",
    [
        [call("first", Outcome.DONE), call("second", Outcome.DONE), call("third", Outcome.REFUSED, "first")],
        [call(label, Outcome.REFUSED, "first") for label in ARTIFACTS],
        [
            call("first", Outcome.DONE),
            call("second", Outcome.REFUSED, "third"),
            call("third", Outcome.REFUSED, "first"),
        ],
        [call("first", Outcome.DONE), call("second", Outcome.UNKNOWN), call("third", Outcome.REFUSED, "first")],
    ],
    ids=["two winners", "no winner", "a loser who is told of another loser", "one who is not told"],
)
def test_a_round_that_went_wrong_is_noticed(calls: list[Call]) -> None:
    assert wrong({"r": calls}) != []
