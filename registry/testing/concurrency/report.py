"""Tells which promise is broken, and shows the calls that show it."""

from collections.abc import Iterable, Sequence

import attrs

from registry.testing.concurrency.linearizability import NEVER, NOWHERE, Call, Finding, Verdict
from registry.testing.concurrency.rounds import Played

_LEGEND = "Calls by the moments of begin and end (those whose spans overlap ran beside each other), and their answers:"


_ATOMIC = {
    "backend.setdefault(": "setdefault()",
    "backend.apply(": "apply()",
    "del backend[": "del backend[name]",
}


@attrs.frozen
class Failure:
    """A broken promise.

    Attributes:
        sentence: Which.
        calls: The history, no longer than it has to be.
        hung: Whether a call never came back.
    """

    sentence: str
    calls: Sequence[Call]
    hung: bool = False

    def __str__(self) -> str:
        return "\n".join([self.sentence, _LEGEND, *lines(self.calls)])


def failure_of(played: Played, finding: Finding) -> Failure | None:
    """What a round shows to be wrong, if anything."""
    wrong = [call for call in played.calls if call.wrong]
    if wrong:
        first = min(wrong, key=lambda call: call.ended)
        before = [call for call in played.calls if call is first or (call.puts and call.begun < first.ended)]
        return Failure(first.wrong, before)
    if finding.verdict is Verdict.BROKEN:
        return Failure(_sentence(finding), finding.calls)
    if played.wrong:
        return Failure(played.wrong, played.calls, played.hung)
    return None


def lines(calls: Iterable[Call]) -> list[str]:
    """The calls, one a line, in the order of their begins."""
    shown = list({(call.begun, call.thread): call for call in calls}.values())  # one call may say several things
    shown.sort(key=lambda call: call.begun)
    moments = sorted({moment for call in shown for moment in (call.begun, call.ended) if moment != NEVER})
    number = {moment: str(index) for index, moment in enumerate(moments, 1)} | {NEVER: "?"}
    width = len(str(len(moments)))
    return [
        f"  {number[call.begun]:>{width}} to {number[call.ended]:>{width}}  {_who(call)}: {call.text}" for call in shown
    ]


def _who(call: Call) -> str:
    return f"thread {call.thread}" if call.thread else "alone   "


def _sentence(finding: Finding) -> str:
    calls, name = finding.calls, " and ".join(map(repr, finding.names))
    ending = f"no order of these calls about {name} explains their answers."
    if len(finding.names) > 1:
        return f"apply() was seen half done: {ending}"
    if any(value == NOWHERE for call in calls for _, value in call.needs):
        return f"A call gave an entry for {name} that nobody put there."
    methods = [
        what for sign, what in _ATOMIC.items() if any(call.text.startswith(sign) for call in calls if _writes(call))
    ]
    if not methods:
        return f"A write was lost or a read out of date: {ending}"
    return f"{' or '.join(methods)} is not atomic: {ending}"


def _writes(call: Call) -> bool:
    return bool(call.puts or call.offers)
