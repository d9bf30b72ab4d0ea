"""Programs for stores: those that show mistakes which are easily made, and drawn ones."""

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from registry.testing.stores.steps import (
    Ask,
    AskMoment,
    AskOperation,
    Follow,
    LookBack,
    ReopenStore,
    Snap,
    Spaces,
    Submit,
)
from registry.testing.stores.world import StoreStep
from registry.testing.strategies import HOSTILE_NAMES, records

Program = Sequence[StoreStep]

# What a server takes, too: JSON objects.
ONE, TWO, THREE = b'{"n":1}', b'{"n":2}', b'{"n":3}'
SPACES = ("a", "a.b", "A", "größe")
NAMES = ("x", "y", "X", "é")


def put(name: str, record: bytes | None = ONE, expect: str = "anything") -> tuple[str, bytes | None, str]:
    """A change."""
    return name, record, expect


def audit(namespaces: Iterable[str], names: Iterable[str], operations: Iterable[str] = ()) -> list[StoreStep]:
    """Everything that can be asked about these, one by one."""
    asked: list[StoreStep] = [AskMoment(), Spaces()]
    names = list(names)
    for namespace in namespaces:
        asked += [Snap(namespace)]
        for name in names:
            asked += [Ask(namespace, name), LookBack(namespace, name)]
    return [*asked, *map(AskOperation, operations)]


_AX = audit(["a"], ["x", "y"])

DIRECTED: tuple[Program, ...] = (
    audit(["a"], ["x"], ["nobody"]),
    [Submit("a", (put("x"),), author="anna"), *_AX, Submit("a", (put("x", TWO),), author="ben"), *_AX],
    [Submit("a", (put("x"), put("y", TWO))), *_AX, Submit("b", (put("x", THREE),)), *audit("ab", "xy")],
    [Submit("a", (put("x"),)), *_AX, Submit("a", (put("x", None),)), *_AX, Submit("a", (put("x", TWO),)), *_AX],
    [Submit("a", (put("x", None),)), Submit("a", (put("x", None, "nothing"),)), *_AX],
    [Submit("a", (put("x", expect="nothing"),)), Submit("a", (put("x", TWO, "nothing"),)), *_AX],
    [
        Submit("a", (put("x"),)),
        Submit("a", (put("x", TWO, "current"),)),
        *(Submit("a", (put("x", record, how),)) for how in ("stale", "elsewhere") for record in (THREE, None)),
        Submit("a", (put("y", TWO, "current"),)),
        *_AX,
        Submit("a", (put("x", None, "current"),)),
        *_AX,
    ],
    *(
        [Submit("a", (put("x"),)), Submit("a", (put("y"), wrong, put("z"))), *audit(["a"], "xyz"), Follow(0)]
        for wrong in (put("x", TWO, "nothing"), put("q", None), put("x", TWO, "stale"))
    ),
    [Submit("a", (put("x"),), "again"), Submit("a", (put("x", TWO),)), Submit("a", (put("x"),), "again"), *_AX],
    [
        Submit("a", (put("x"),), "again"),
        *(
            Submit(namespace, (change,), "again")
            for namespace, change in (
                ("a", put("x", TWO)),
                ("a", put("y")),
                ("a", put("x", None)),
                ("a", put("x", ONE, "nothing")),
                ("b", put("x")),
            )
        ),
        *audit("ab", "xy", ["again"]),
    ],
    [
        Submit("a", (put("x"),)),
        Submit("a", (put("x", TWO, "nothing"),), "again"),
        AskOperation("again"),
        Submit("a", (put("x", None),)),
        Submit("a", (put("x", TWO, "nothing"),), "again"),
        *audit(["a"], ["x"], ["again"]),
    ],
    [Submit("a", (put("c"), put("b"))), Submit("a", (put("d"),)), Submit("a", (put("c", TWO),)), Snap("a")],
    [
        *(Submit(namespace, (put("x", b'{"n":"%d"}' % number),)) for number, namespace in enumerate(SPACES)),
        *audit(SPACES, ["x", "X"]),
        *(Submit(namespace, (put("x", None),)) for namespace in SPACES[::2]),
        *audit(SPACES, ["x"]),
        Follow(20, ("a",)),
    ],
    [
        Submit("a", tuple(put(name, b'{"n":%d}' % number) for number, name in enumerate(HOSTILE_NAMES))),
        *audit(["a"], HOSTILE_NAMES),
    ],
    [
        Submit("a", (put("x"), put("y", TWO))),
        Submit("b", (put("x", THREE),)),
        Submit("a", (put("x", None), put("z"))),
        *(Follow(back, of) for back in (0, 1, 2, 5) for of in (None, ("a",), ("b", "c"))),
    ],
    [Submit("a", (put("x"),)), Submit("a", (put("x", TWO),)), Submit("b", (put("y"),)), Follow(9, ("a",)), Follow(1)],
    [
        Submit("a", (put("x"), put("y")), "again", "anna"),
        Submit("b", (put("x", TWO),)),
        Submit("a", (put("x", None),)),
        Submit("a", (put("y", THREE),)),
        ReopenStore(),
        *audit("ab", "xy", ["again", "operation-1"]),
        Submit("a", (put("x"), put("y")), "again", "anna"),
        Follow(9),
        Submit("b", (put("x", None, "current"),)),
        ReopenStore(),
        ReopenStore(),
        *audit("ab", "xy", ["again"]),
        Follow(3, ("b",)),
    ],
)
"""The names are short, since failures are shown with them."""


@st.composite
def drawn_programs(draw: st.DrawFn, steps: int) -> Program:
    """Programs over a few names in a few namespaces."""
    namespace, name = st.sampled_from(SPACES), st.sampled_from(NAMES)
    record = st.sampled_from([ONE, TWO, THREE]) | records()
    expect = st.sampled_from(["anything", "anything", "nothing", "current", "stale"])
    change = st.tuples(name, st.none() | record, expect)
    changes = st.lists(change, min_size=1, max_size=3, unique_by=lambda one: one[0]).map(tuple)
    operation = st.none() | st.sampled_from(["again", "once-more"])
    step = st.one_of(
        st.builds(Submit, namespace, changes, operation, st.sampled_from(["", "anna"])),
        st.builds(Submit, namespace, changes),
        st.builds(Follow, st.integers(0, 9), st.none() | st.lists(namespace, min_size=1, max_size=2).map(tuple)),
        st.just(ReopenStore()),
    )
    program: list[StoreStep] = []
    for one in draw(st.lists(step, min_size=steps, max_size=steps)):
        program += [one, Ask(draw(namespace), draw(name)), Snap(draw(namespace))]
    return [*program, *audit(SPACES, NAMES, ["again", "once-more"])]


def simpler_programs(program: Program) -> Iterable[Program]:
    """Programs of submissions that say less."""
    for position, step in enumerate(program):
        for other in _simpler(step):
            yield [*program[:position], other, *program[position + 1 :]]


def _simpler(step: Any) -> Iterable[StoreStep]:
    if isinstance(step, Follow):  # what it watches may not matter, but that it submits
        yield Submit("a" if step.namespaces is None else step.namespaces[0], (put("end"),))
    if not isinstance(step, Submit):
        return
    if step.author:
        yield attrs.evolve(step, author="")
    for number, (name, record, expect) in enumerate(step.changes):
        before, after = step.changes[:number], step.changes[number + 1 :]
        if before or after:
            yield attrs.evolve(step, changes=(*before, *after))
        if expect != "anything":
            yield attrs.evolve(step, changes=(*before, (name, record, "anything"), *after))
        if record not in (None, ONE, TWO, THREE):
            yield attrs.evolve(step, changes=(*before, (name, ONE, expect), *after))
