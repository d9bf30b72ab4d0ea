"""What revisions promise beyond linearizability: they only grow, name one write each, and no client's reads go back."""

from collections.abc import Iterable, Mapping, Sequence

import attrs
from faults.calls import Call, Kind, Outcome, by_name


def check_revisions(calls: Iterable[Call]) -> list[str]:
    """Every breach of the laws of revisions in a history of calls that ask the store, as sentences.

    - Each acknowledged write has a revision of its own.
    - What returned before another call began has a lower revision, if both are writes of one store.
    - A read names the revision of the write whose value it saw.
    - What a read saw is not older than what was acknowledged or seen under the name before the read began.
    """
    known = [call for call in calls if call.outcome is Outcome.DONE and call.revision is not None]
    writes = [call for call in known if call.is_write]
    found = [f"{call} was acknowledged without a revision" for call in calls if _is_mute(call)]
    found += _twice(writes)
    found += [f"{late} came after {early} with a revision that is not higher" for early, late in _backwards(writes)]
    values: dict[tuple[str, str | None], int | None] = {(call.name, call.value): call.revision for call in writes}
    held: dict[int | None, tuple[str, str | None]] = {call.revision: (call.name, call.value) for call in writes}
    reads = [call for call in known if not call.is_write]
    for read in reads:
        key = (read.name, read.seen)
        if values.setdefault(key, read.revision) != read.revision:
            found.append(f"{read} names another revision than {values[key]}, which the value has")
        if held.setdefault(read.revision, key) != key:
            found.append(f"{read} names the revision of {held[read.revision]}")
    for about in by_name(known).values():
        found += [f"{late} saw less than {early}" for early, late in _backwards(about, strictly=False) if _reads(late)]
    return found


def _is_mute(call: Call) -> bool:
    return call.is_write and call.outcome is Outcome.DONE and call.revision is None


def _reads(call: Call) -> bool:
    return call.kind is Kind.READ


def _twice(writes: Sequence[Call]) -> list[str]:
    first: dict[int | None, Call] = {}
    return [
        f"{call} has the revision of {first[call.revision]}"
        for call in writes
        if first.setdefault(call.revision, call) is not call
    ]


def _backwards(calls: Sequence[Call], *, strictly: bool = True) -> list[tuple[Call, Call]]:
    """Pairs of calls of which the first returned before the second began, and has the higher revision.

    Args:
        calls: All with a revision.
        strictly: Whether equal revisions are wrong, too.
    """
    found = []
    returned = sorted(calls, key=lambda call: call.returned)
    highest: Call | None = None
    position = 0
    for late in sorted(calls, key=lambda call: call.called):
        while position < len(returned) and returned[position].returned < late.called:
            candidate = returned[position]
            if highest is None or (candidate.revision or 0) > (highest.revision or 0):
                highest = candidate
            position += 1
        if highest is not None:
            before, after = highest.revision or 0, late.revision or 0
            if after < before or (strictly and after == before):
                found.append((highest, late))
    return found


@attrs.frozen
class Sight:
    """One mirrored read.

    Attributes:
        client: Who read.
        name: What.
        value: What it saw, None for nothing.
    """

    client: str
    name: str
    value: str | None


def check_sights(sights: Iterable[Sight], versions: Mapping[str, Sequence[str | None]]) -> list[str]:
    """Every read of a client that went back, or saw what never was, as sentences.

    Args:
        sights: The reads of each client, in its order.
        versions: All that each name ever held, oldest first; None where it was removed. The None before the first
            write need not be there.
    """
    found = []
    reached: dict[tuple[str, str], int] = {}
    for sight in sights:
        every = [None, *versions.get(sight.name, ())]
        start = reached.get((sight.client, sight.name), 0)
        later = next((place for place in range(start, len(every)) if every[place] == sight.value), None)
        if later is not None:
            reached[sight.client, sight.name] = later
        elif sight.value in every:
            found.append(f"{sight} went back: version {every.index(sight.value)} after version {start}")
        else:
            found.append(f"{sight} saw what never was there")
    return found
