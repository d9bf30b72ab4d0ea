"""Whether a history is linearizable: whether each call can have happened at one moment between call and return.

The search is that of Wing and Gong (1993) with the memory of Lowe (2017), "Testing for linearizability": calls are put
in line one by one, and what was tried is a set of calls together with the state that they lead to. Names are
independent registers, so each is searched by itself (Herlihy and Wing 1990, locality). The search is bounded; above the
bound the answer is UNKNOWN, which is no pass.
"""

import enum
from collections import Counter
from collections.abc import Iterable, Sequence

import attrs
from faults.calls import NEVER, Call, Kind, Outcome, by_name

BOUND = 200_000
"""How many configurations are looked at for one name."""

_IMPOSSIBLE = "\0impossible"


class Verdict(enum.Enum):
    """What the search found."""

    LINEARIZABLE = "linearizable"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@attrs.frozen
class Finding:
    """The verdict about a history.

    Attributes:
        verdict: What was found.
        name: The register in which it was found, "" when all are fine.
        reason: Why, for whoever reads the failure of a test.
        calls: How many calls were checked.
    """

    verdict: Verdict
    name: str = ""
    reason: str = ""
    calls: int = 0


def check(calls: Iterable[Call], *, bound: int = BOUND) -> Finding:
    """Whether the calls about every name can be put in line.

    Args:
        calls: The history. Calls that failed count for nothing, and reads whose outcome is unknown neither.
        bound: How many configurations to look at for each name.
    """
    checked, doubt = 0, None
    for name, about in by_name(calls).items():
        finding = check_register(about, bound=bound)
        checked += finding.calls
        if finding.verdict is Verdict.BROKEN:
            return attrs.evolve(finding, name=name, calls=checked)
        if finding.verdict is Verdict.UNKNOWN:
            doubt = attrs.evolve(finding, name=name)
    return Finding(Verdict.LINEARIZABLE, calls=checked) if doubt is None else attrs.evolve(doubt, calls=checked)


def check_register(calls: Iterable[Call], *, bound: int = BOUND) -> Finding:
    """Whether the calls about one name, which holds nothing at first, can be put in line."""
    line = sorted(_that_matter(list(calls)), key=lambda call: call.called)
    required = sum(1 << index for index, call in enumerate(line) if call.outcome is not Outcome.UNKNOWN)
    tried: set[tuple[int, str | None]] = set()
    stack: list[tuple[int, str | None]] = [(0, None)]
    furthest: tuple[int, int, str | None] = (-1, 0, None)
    while stack:
        done, state = _with_what_only_looks(line, *stack.pop())
        if (done, state) in tried:
            continue
        tried.add((done, state))
        if done & required == required:
            return Finding(Verdict.LINEARIZABLE, calls=len(line))
        if len(tried) > bound:
            return Finding(Verdict.UNKNOWN, reason=f"more than {bound} configurations", calls=len(line))
        reached = (done & required).bit_count()
        if reached > furthest[0]:
            furthest = (reached, done, state)
        next_ones = [index for index in _may_be_next(line, done) if _after(line[index], state) != _IMPOSSIBLE]
        # The last one pushed is tried first: what has to return soon; what need not have happened comes last.
        next_ones.sort(key=lambda index: line[index].returned, reverse=True)
        stack.extend((done | 1 << index, _after(line[index], state)) for index in next_ones)
    return Finding(Verdict.BROKEN, reason=_account(line, *furthest[1:]), calls=len(line))


def _that_matter(calls: Sequence[Call]) -> Iterable[Call]:
    """Without the calls that say nothing.

    These are also writes in doubt whose value nobody ever saw or expected: where one of them stands in a line, what
    follows it is a write, which fits as well without it. Only a removal of whatever is there may need it.
    """
    writers = Counter(call.value for call in calls if call.is_write)
    known = {call.seen for call in calls} | {call.expected for call in calls}
    blind = any(
        (call.kind is Kind.REMOVE and call.expected is None and call.outcome is Outcome.DONE)
        or (call.outcome is Outcome.REFUSED and not call.told)
        for call in calls
    )
    for call in calls:
        if call.outcome is Outcome.FAILED or (call.outcome is Outcome.UNKNOWN and not call.is_write):
            continue
        unseen = call.value is not None and call.value not in known and writers[call.value] == 1
        if call.outcome is Outcome.UNKNOWN and unseen and not blind:
            continue
        yield attrs.evolve(call, returned=NEVER) if call.outcome is Outcome.UNKNOWN else call


def _may_be_next(line: Sequence[Call], done: int) -> Iterable[int]:
    """The calls that are not in line yet and began before every other such call returned."""
    earliest = NEVER
    remaining = ~done
    index = (remaining & -remaining).bit_length() - 1
    while index < len(line):
        if not done >> index & 1:
            call = line[index]
            if call.called > earliest:
                return
            yield index
            earliest = min(earliest, call.returned)
        index += 1


def _with_what_only_looks(line: Sequence[Call], done: int, state: str | None) -> tuple[int, str | None]:
    """With every call in line that may be next, fits, and changes nothing: no other choice can be better."""
    while True:
        looking = [
            index
            for index in _may_be_next(line, done)
            if _only_looks(line[index]) and _after(line[index], state) != _IMPOSSIBLE
        ]
        if not looking:
            return done, state
        for index in looking:
            done |= 1 << index


def _only_looks(call: Call) -> bool:
    return call.kind is Kind.READ or call.outcome is Outcome.REFUSED


def _after(call: Call, state: str | None) -> str | None:
    """What the register holds after a call, or _IMPOSSIBLE when the call cannot have been answered so."""
    if call.kind is Kind.READ:
        return state if call.seen == state else _IMPOSSIBLE
    fits = _fits(call, state)
    if call.outcome is Outcome.REFUSED:
        truthful = not call.told or call.seen == state
        return state if truthful and not fits else _IMPOSSIBLE
    if not fits:
        return _IMPOSSIBLE
    return None if call.kind is Kind.REMOVE else call.value


def _fits(call: Call, state: str | None) -> bool:
    """Whether what a write expects is there."""
    if call.kind is Kind.CLAIM:
        return state is None
    if call.kind is Kind.SWAP:
        return state is not None and state == call.expected
    if call.kind is Kind.REMOVE:
        return state is not None and call.expected in (None, state)
    return True


def _account(line: Sequence[Call], done: int, state: str | None) -> str:
    stuck = [line[index] for index in _may_be_next(line, done)]
    told = "\n".join(f"  {call}" for call in stuck)
    return (
        f"after {done.bit_count()} of {len(line)} calls the register holds {state!r}, and none of these fits:\n{told}"
    )
