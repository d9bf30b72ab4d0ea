"""Whether a history is linearizable: whether each call can have happened at one moment between its begin and its end.

The search is that of Wing and Gong (1993) with the memory of Lowe (2017), "Testing for linearizability": calls are put
in line one by one, and what was tried is a set of calls together with the state that they lead to. Names are
independent, so each is searched by itself (Herlihy and Wing 1990, locality); names that one call writes together are
searched together, too, since nobody may see half of it. The search is bounded; above the bound the answer is UNKNOWN,
which is no pass.
"""

import enum
import math
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

import attrs

BOUND = 200_000
"""How many configurations are looked at in one search."""

NEVER = math.inf
"""When a call ended of which nobody knows whether it took effect: it still may."""

ABSENT = 0
"""What a name holds under which there is nothing."""

PRESENT = -1
"""What a call needs that fits whatever is there, but not if there is nothing."""

NOWHERE = -2
"""What a call saw that nobody ever put: nothing fits it."""


class Verdict(enum.Enum):
    """What a search found."""

    LINEARIZABLE = "linearizable"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@attrs.frozen
class Call:
    """What one thread asked, and what its answer says about the names.

    Attributes:
        thread: Who called. The calls of one thread do not overlap.
        text: The call and its answer, for people.
        begun: When, by a clock that all threads share.
        ended: When; NEVER if nobody knows whether it took effect.
        needs: What names hold at the moment at which it takes effect: the number of an entry, ABSENT or PRESENT.
        puts: What names hold from that moment on: the number of an entry, which no other call puts, or ABSENT.
        offers: The entries that it brought, though it did not put them as far as its answer says.
        wrong: What is wrong with the answer whatever the other calls did, as a sentence.
    """

    thread: int
    text: str
    begun: float
    ended: float
    needs: tuple[tuple[str, int], ...] = ()
    puts: tuple[tuple[str, int], ...] = ()
    offers: tuple[int, ...] = ()
    wrong: str = ""

    @property
    def names(self) -> set[str]:
        """The names that it is about."""
        return {name for name, _ in (*self.needs, *self.puts)}


@attrs.frozen
class Finding:
    """The verdict about a history.

    Attributes:
        verdict: What was found.
        names: Those of which no order is right, or, where it is not known, could be found.
        calls: The calls that cannot be put in line, without those that do not matter, in the order of their begins.
    """

    verdict: Verdict
    names: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()


def check(calls: Sequence[Call], *, bound: int = BOUND) -> Finding:
    """Whether the calls can be put in line, where nothing is under any name at first.

    Args:
        calls: The history.
        bound: How many configurations to look at in each search.
    """
    doubt: Finding | None = None
    singles = sorted({name for call in calls for name in call.names})
    for names in (*((name,) for name in singles), *_together(calls)):
        verdict = search(calls, names, bound=bound)
        if verdict is Verdict.BROKEN:
            return Finding(verdict, names, smallest(calls, names, bound=bound))
        if verdict is Verdict.UNKNOWN:
            doubt = Finding(verdict, names)
    return Finding(Verdict.LINEARIZABLE) if doubt is None else doubt


def search(calls: Iterable[Call], names: Sequence[str], *, bound: int = BOUND) -> Verdict:
    """Whether the calls can be put in line as far as these names go."""
    line = _that_matter(calls, names)
    needs = [call.needs for call in line]
    puts = [call.puts for call in line]
    required = sum(1 << index for index, call in enumerate(line) if call.ended != NEVER)
    tried: set[tuple[int, tuple[int, ...]]] = set()
    stack = [(0, (ABSENT,) * len(names))]
    while stack:
        done, state = stack.pop()
        able = [index for index in _may_be_next(line, done) if _fits(needs[index], state)]
        looking = [index for index in able if not puts[index]]
        while looking:  # no other choice can be better than what fits and changes nothing
            for index in looking:
                done |= 1 << index
            able = [index for index in _may_be_next(line, done) if _fits(needs[index], state)]
            looking = [index for index in able if not puts[index]]
        if (done, state) in tried:
            continue
        tried.add((done, state))
        if done & required == required:
            return Verdict.LINEARIZABLE
        if len(tried) > bound:
            return Verdict.UNKNOWN
        # The last one pushed is tried first: what ended soonest; what need not have happened comes last.
        for index in sorted(able, key=lambda index: line[index].ended, reverse=True):
            stack.append((done | 1 << index, _after(puts[index], state)))
    return Verdict.BROKEN


def smallest(calls: Iterable[Call], names: Sequence[str], *, bound: int = BOUND) -> tuple[Call, ...]:
    """A part of a history that cannot be put in line and has no call that does not matter.

    It is cut at the first end after which there is no order any more, and what only looked is left out where there is
    none without it either. What changed something always stays, and so does what brought an entry, whatever its answer
    says of it: without it others would look wrong where they are not, or for another reason.
    """
    kept = sorted((call for call in calls if call.names & set(names)), key=lambda call: call.begun)
    for moment in sorted(call.ended for call in kept):
        if search(_until(kept, moment), names, bound=bound) is Verdict.BROKEN:
            begun = [call for call in kept if call.begun < moment]
            kept = [call for call in begun if call.ended <= moment or _changes(call, names) or call.offers]
            break
    else:
        moment = NEVER
    for call in reversed(kept):
        if not _changes(call, names) and not call.offers:
            fewer = [other for other in kept if other is not call]
            if search(_until(fewer, moment), names, bound=bound) is Verdict.BROKEN:
                kept = fewer
    return tuple(kept)


def _until(calls: Iterable[Call], moment: float) -> Iterator[Call]:
    """A history as it was known at a moment: what had not ended then may have happened, or may still."""
    for call in calls:
        if call.begun < moment:
            yield call if call.ended <= moment else attrs.evolve(call, ended=NEVER)


def _changes(call: Call, names: Sequence[str]) -> bool:
    return any(name in names for name, _ in call.puts)


class _Told(NamedTuple):
    """What a call says about the names of one search, by their places."""

    begun: float
    ended: float
    needs: list[tuple[int, int]]
    puts: list[tuple[int, int]]


def _that_matter(calls: Iterable[Call], names: Sequence[str]) -> list[_Told]:
    """What the calls say about these names, in the order of their begins, without those that say nothing."""
    place = {name: index for index, name in enumerate(names)}
    found = []
    for call in calls:
        needs = [(place[name], value) for name, value in call.needs if name in place]
        puts = [(place[name], value) for name, value in call.puts if name in place]
        if puts or (needs and call.ended != NEVER):
            found.append(_Told(call.begun, call.ended, needs, puts))
    return sorted(found, key=itemgetter(0))


def _together(calls: Iterable[Call]) -> list[tuple[str, ...]]:
    """The names that calls tie to one another, several by each."""
    groups: list[set[str]] = []
    for call in calls:
        names = call.names
        if len(names) > 1:
            joined = [group for group in groups if group & names]
            groups = [group for group in groups if not group & names]
            groups.append(names.union(*joined))
    return [tuple(sorted(group)) for group in groups]


def _may_be_next(line: Sequence[_Told], done: int) -> Iterator[int]:
    """The calls that are not in line yet and began before every other such call ended."""
    earliest = NEVER
    remaining = ~done
    for index in range((remaining & -remaining).bit_length() - 1, len(line)):
        if not done >> index & 1:
            call = line[index]
            if call.begun > earliest:
                return
            yield index
            earliest = min(earliest, call.ended)


def _fits(needs: Sequence[tuple[int, int]], state: Sequence[int]) -> bool:
    return all(state[place] == value or (value == PRESENT and state[place] != ABSENT) for place, value in needs)


def _after(puts: Sequence[tuple[int, int]], state: tuple[int, ...]) -> tuple[int, ...]:
    changed = list(state)
    for place, value in puts:
        changed[place] = value
    return tuple(changed)
