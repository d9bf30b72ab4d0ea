"""Which references may be followed: decided by their text."""

import copy
import gc
import pickle
import threading
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import known
from registry.errors import ValidationError
from registry.records import Policy


@pytest.mark.parametrize(
    ("pattern", "permitted", "refused"),
    [
        (
            "acme.losses",
            ["acme.losses:Huber", "acme.losses:Huber.make"],
            ["acme.losses.evil:x", "acme.lossesx:x", "acme:losses", "acme:x", "xacme.losses:x"],
        ),
        (
            "research.*",
            ["research:x", "research.losses:x", "research.losses.deep:x.y"],
            ["researchers:x", "researchers.x:y", "research_:x", "re:x", "my.research:x", "Research:x"],
        ),
        (
            "acme.losses:Huber",
            ["acme.losses:Huber"],
            [
                "acme.losses:Hubert",
                "acme.losses:Huber.make",
                "acme.losses:H",
                "acme.losses.Huber:x",
                "acme:losses.Huber",
            ],
        ),
        ("a.b.*", ["a.b:x", "a.b.c:x"], ["a:b", "a.bc:x", "a:x"]),
    ],
)
def test_a_pattern_permits_these_and_no_others(pattern: str, permitted: list[str], refused: list[str]) -> None:
    policy = Policy((pattern,))
    assert [reference for reference in permitted if not policy.permits(reference)] == []
    assert [reference for reference in refused if policy.permits(reference)] == []


def test_a_policy_that_compares_beginnings_would_be_caught() -> None:
    """The twin: without dot boundaries, `researchers` would be part of `research.*`."""
    assert "researchers.x".startswith("research")
    assert not Policy(("research.*",)).permits("researchers.x:y")


SEGMENTS = st.lists(st.sampled_from(["a", "b", "ab", "a1"]), min_size=1, max_size=3)


@given(SEGMENTS, SEGMENTS, SEGMENTS)
def test_a_package_permits_exactly_what_is_below_it_on_dot_boundaries(
    package: list[str], module: list[str], name: list[str]
) -> None:
    policy = Policy((".".join(package) + ".*",))
    reference = f"{'.'.join(module)}:{'.'.join(name)}"
    assert policy.permits(reference) == (module[: len(package)] == package)


def test_nothing_is_permitted_by_default() -> None:
    assert not Policy().permits("acme.losses:Huber")


def test_a_single_text_is_one_pattern_and_not_its_letters() -> None:
    assert Policy("acme.*").allow == ("acme.*",)


@pytest.mark.parametrize("pattern", ["*", ".*", "*.*"])
def test_everything_is_refused_with_the_reason(pattern: str) -> None:
    with pytest.raises(ValidationError, match="any code that is installed here"):
        Policy((pattern,))


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "",
            " ",
            "acme.",
            ".acme",
            "acme..losses",
            "acme.*.losses",
            "acme*",
            "acme.lo*",
            "*.losses",
            "acme.**",
            "acme.*.*",
        ),
        *(
            "^acme",
            "acme|os",
            "acme.losses:",
            ":Huber",
            "acme:a:b",
            "acme.losses:Huber.*",
            "acme.losses:*",
            "acme losses",
        ),
        *(
            "acme.losses\n",
            "acme/losses",
            "acme-losses",
            "1acme",
            "_acme",
            "acme._losses",
            "acme.losses:_Huber",
        ),
        *(
            "__main__",
            "acme.losses:Huber.__init__",
            "\uff41cme",
            "\ufb01nance.*",
            3,
            None,
            b"acme",
            ("acme",),
        ),
    ],
)
def test_what_is_no_pattern_is_refused_with_how_to_write_it(pattern: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Policy((pattern,))
    assert "cannot be allowed" in caught.value.message
    assert "'acme.*'" in caught.value.suggestions[0]


def test_a_mismatch_is_treated_in_one_of_three_ways() -> None:
    with pytest.raises(ValidationError, match="'raise'"):
        Policy(on_mismatch="raise")  # type: ignore[arg-type]  # the mistake is the point


def test_a_reference_that_was_trusted_is_allowed_and_no_other() -> None:
    policy = Policy()
    policy.trust("acme.losses:Huber")
    assert policy.permits("acme.losses:Huber")
    assert policy.permits_exactly("acme.losses:Huber")
    assert not policy.permits("acme.losses:Other")
    assert policy.trusted() == {"acme.losses:Huber"}


def test_a_pattern_is_no_exact_permission_for_what_it_covers() -> None:
    policy = Policy(("acme.*", "acme.losses", "os:system"))
    assert not policy.permits_exactly("acme.losses:Huber")
    assert policy.permits_exactly("os:system")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda policy: pickle.loads(pickle.dumps(policy))])
def test_a_policy_travels_with_what_was_trusted(again: Any) -> None:
    policy = Policy(("acme.*",), "error")
    policy.trust("os:system")
    made = again(policy)
    assert (made.allow, made.on_mismatch, made.trusted()) == (("acme.*",), "error", {"os:system"})
    assert made.permits("acme.x:y")
    made.trust("sys:exit")
    assert not policy.permits("sys:exit")


def test_it_can_be_read_beside_writers() -> None:
    policy = Policy()
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            policy.trust(f"acme:x{number % 5000}")
            number += 1

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for number in range(5000):
            policy.permits(f"acme:x{number}")
            policy.trusted()
    finally:
        stop.set()
        for writer in writers:
            writer.join()


# ---------------------------------------------------------------------------------------------- registered here


class Holder:
    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    def registered_here(self) -> Iterable[str]:
        return self.addresses


def test_what_this_process_registered_may_be_followed_in_any_registry() -> None:
    holder = Holder("acme.losses:OnlyHere")
    policy = Policy()
    assert not policy.permits("acme.losses:OnlyHere")
    known.add(holder)
    assert policy.permits("acme.losses:OnlyHere")
    assert policy.permits_exactly("acme.losses:OnlyHere")
    assert not policy.permits("acme.losses:Other")


def test_a_registry_that_is_gone_is_not_asked() -> None:
    holder = Holder("acme.losses:GoneSoon")
    known.add(holder)
    gone = weakref.ref(holder)
    del holder
    gc.collect()
    assert gone() is None
    assert not known.is_registered_here("acme.losses:GoneSoon")


def test_holders_come_and_go_while_others_ask() -> None:
    stop = threading.Event()
    failures: list[BaseException] = []

    def churn() -> None:
        try:
            while not stop.is_set():
                kept = [Holder(f"acme:x{number}") for number in range(20)]
                for holder in kept:
                    known.add(holder)
        except BaseException as error:  # whatever it is, the test shall see it
            failures.append(error)

    threads = [threading.Thread(target=churn) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(1000):
            known.is_registered_here("acme:never")
    except BaseException as error:  # the same
        failures.append(error)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []


def test_a_holder_may_be_made_while_holders_are_asked() -> None:
    class Making(Holder):
        def registered_here(self) -> Iterator[str]:
            known.add(made := Holder("acme:x"))
            yield from made.addresses
            gc.collect()

    holder = Making()
    known.add(holder)
    assert known.is_registered_here("acme:x")


def test_what_runs_as_main_is_known_by_the_name_that_others_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "running_module", lambda: "acme.train")
    holder = Holder("__main__:huber")
    known.add(holder)
    assert known.is_registered_here("acme.train:huber")
    assert not known.is_registered_here("acme.other:huber")
