"""Programs for backends: those that show mistakes which are easily made, and drawn ones."""

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from registry.model import Reference
from registry.testing.backends.questions import Get, Has, HasNoName, Names, audit
from registry.testing.backends.steps import Apply, Claim, Put, Refuse, Remove, Reopen
from registry.testing.backends.world import BackendStep
from registry.testing.drafts import Draft
from registry.testing.strategies import HOSTILE_NAMES, drafts, names

Program = Sequence[BackendStep]

PLAIN = Draft(Reference("statistics:mean"))
OTHER = Draft(Reference("statistics:median"))
TOLD = Draft(
    Reference("fractions:Fraction"),
    aliases=("l1", "größe"),
    tags=frozenset({"loss", "robust"}),
    description="Says much.\n\nÜber alles.",
    deprecated="Use 'a'.",
    metadata={"year": 1964, "nested": {"list": [1, 1.0, True, None, "x"]}, "": ""},
)
DATA = Draft({"depth": 50, "rates": [0.1, 1, True, None], "größe": ""})
ALIAS = Draft(None, alias_of="a")

# What a dict holds and others may refuse; and what nothing holds under a name that was not put.
UNUSUAL_NAMES: tuple[Any, ...] = ("", " a", "a ", "a\nb", "a\0b", "x" * 256, "\ud800", 3, ("a", 1))
NO_NAMES: tuple[Any, ...] = ([], {}, None, 3.5, b"a", ("a",), object)

_AB = audit(["a", "b"])
_HOSTILE = [name for name in HOSTILE_NAMES if name not in ("a", "b")]

DIRECTED: tuple[Program, ...] = (
    audit(["a"]),
    [Put("a", PLAIN), *_AB, Put("a", OTHER), *_AB, Put("b", DATA), Put("a", TOLD), *_AB],
    [Put("a", PLAIN), Put("b", OTHER), Put("a", TOLD), *_AB],
    [Put("a", PLAIN), *_AB, Remove("a"), *_AB, Remove("a"), Put("a", OTHER), *_AB],
    [Remove("a"), Put("a", PLAIN), Remove("b"), *_AB],
    [Claim("a", PLAIN), *_AB, Claim("a", OTHER), *_AB, Claim("a", PLAIN), Claim("b", PLAIN), *_AB],
    [Put("a", PLAIN), Claim("a", PLAIN), Remove("a"), Claim("a", OTHER), *_AB, Claim("a", TOLD), *_AB],
    [
        *(Put(name, PLAIN) for name in "cab"),
        Names(),
        Put("a", OTHER),
        Names(),
        Remove("c"),
        Names(),
        Put("c", OTHER),
        Names(),
    ],
    [*(Claim(name, PLAIN) for name in "zyx"), Names(), Remove("y"), Claim("y", PLAIN), Names()],
    [Put("a", PLAIN), Put("l", ALIAS), *audit(["a", "l"]), Remove("a"), *audit(["a", "l"]), Remove("l"), *audit(["l"])],
    [Apply((("a", PLAIN), ("b", TOLD))), *_AB, Apply((("a", None), ("c", DATA))), *audit(["a", "b", "c"])],
    [Apply(()), Apply((("a", PLAIN), ("b", None))), *_AB, Apply((("b", None), ("a", PLAIN))), *_AB],
    [Put("a", PLAIN), Apply((("a", OTHER), ("b", None))), *_AB, Apply((("a", None), ("b", None))), *_AB],
    [
        Put("c", PLAIN),
        Apply((("b", PLAIN), ("a", PLAIN))),
        Names(),
        Apply((("c", OTHER), ("l", ALIAS))),
        *audit(["c", "l"]),
    ],
    [*map(HasNoName, NO_NAMES), Put("a", PLAIN), *map(HasNoName, NO_NAMES)],
    [*(Put(str(name), PLAIN) for name in (None, 3.5, ("a",))), *map(HasNoName, NO_NAMES)],
    [Put("a", PLAIN), *audit(["ab", "a.b", "b"]), Put("a.b", OTHER), Remove("a"), *audit(["a", "ab", "a.b"])],
    [Put("a", PLAIN), *(Refuse(name, "b", OTHER) for name in UNUSUAL_NAMES), *_AB],
    [
        *(Put(name, PLAIN if position % 2 else OTHER) for position, name in enumerate(_HOSTILE)),
        *audit(_HOSTILE),
        *(Remove(name) for name in _HOSTILE[::2]),
        *audit(_HOSTILE),
    ],
    [Put("a", PLAIN), Has("A"), Get("A"), Put("A", OTHER), *audit(["a", "A"]), Remove("A"), *audit(["a", "A"])],
    [
        *(Put(name, draft) for name, draft in zip("badc", (PLAIN, TOLD, DATA, ALIAS), strict=True)),
        Remove("b"),
        Put("a", OTHER),
        Claim("e", TOLD),
        Reopen(),
        *audit(list("abcde")),
        Put("b", OTHER),
        Apply((("c", None), ("d", OTHER))),
        Claim("e", PLAIN),
        Reopen(),
        Reopen(),
        *audit(list("abcde")),
    ],
)
"""The names are short, since failures are shown with them."""


@st.composite
def drawn_programs(draw: st.DrawFn, steps: int) -> Program:
    """Programs over a few names, some of which differ in letter case only."""
    pool = draw(st.lists(names(), min_size=1, max_size=3, unique=True))
    pool += [name for name in {pool[0].swapcase()} - set(pool) if len(name.encode()) <= 200]
    name, draft = st.sampled_from(pool), drafts()
    change = st.tuples(name, st.none() | draft)
    step = st.one_of(
        st.builds(Put, name, draft),
        st.builds(Claim, name, draft),
        st.builds(Remove, name),
        st.builds(Apply, st.lists(change, max_size=3, unique_by=lambda one: one[0]).map(tuple)),
        st.builds(Get, name),
        st.just(Reopen()),
    )
    program: list[BackendStep] = []
    looks_often = draw(st.booleans())  # what was read may hide, or show, what is wrong
    for one in draw(st.lists(step, min_size=steps, max_size=steps)):
        program += [one, *audit(pool)] if looks_often else [one]
    return [*program, *audit(pool)]


def simpler_programs(program: Program) -> Iterable[Program]:
    """Programs with plainer entries, and with short names."""
    for position, step in enumerate(program):
        for plain in (PLAIN, OTHER):
            if isinstance(step, Put | Claim) and step.draft not in (PLAIN, OTHER):
                yield [*program[:position], attrs.evolve(step, draft=plain), *program[position + 1 :]]
            if isinstance(step, Apply) and len(step.changes) > 1:
                for number in range(len(step.changes)):
                    fewer = (*step.changes[:number], *step.changes[number + 1 :])
                    yield [*program[:position], Apply(fewer), *program[position + 1 :]]
    used = {name for step in program for name in _names_of(step)}
    for long in used - set("abcd"):
        for short in [letter for letter in "abcd" if letter not in used][:1]:
            yield [_renamed(step, long, short) for step in program]


def _names_of(step: Any) -> list[Any]:
    if isinstance(step, Apply):
        return [name for name, _ in step.changes]
    return [step.name] if isinstance(step, Put | Claim | Remove | Get | Has) else []


def _renamed(step: Any, old: Any, new: Any) -> Any:
    if isinstance(step, Apply):
        return Apply(tuple((new if name == old else name, draft) for name, draft in step.changes))
    return attrs.evolve(step, name=new) if old in _names_of(step) else step
