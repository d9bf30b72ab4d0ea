"""What every history has to keep, whatever went wrong meanwhile."""

from collections.abc import Iterable, Sequence

import attrs
from faults.calls import NEVER, Call, Outcome
from faults.histories import value_of
from faults.linearizability import Verdict, check
from faults.revision_laws import check_revisions

from registry import errors
from registry.errors import DiagnosticError, UnknownOutcomeError
from registry.store_protocol import Store

LONGEST = 30.0
"""Seconds within which every call has to end; a client's own deadline is 10 and the machine may be busy."""

_TYPED = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, DiagnosticError)
} | {""}


def breaches(calls: Sequence[Call]) -> list[str]:
    """Everything that is wrong with a history, as sentences: order, revisions, errors and deadlines."""
    finding = check(calls)
    found = [] if finding.verdict is Verdict.LINEARIZABLE else [f"{finding.name}: {finding.verdict}: {finding.reason}"]
    return found + check_revisions(calls) + untyped(calls) + too_slow(calls)


def untyped(calls: Iterable[Call]) -> list[str]:
    """The calls that ended with something else than an answer or one of our errors, or in doubt without saying so."""
    doubt = UnknownOutcomeError.__name__
    return [
        f"{call} ended with {call.error}"
        for call in calls
        if call.error not in _TYPED
        or (call.outcome is Outcome.UNKNOWN and call.returned != NEVER and call.error != doubt)
    ]


def too_slow(calls: Iterable[Call], longest: float = LONGEST) -> list[str]:
    """The calls that took longer than any deadline."""
    return [f"{call} took {call.seconds:.1f} s" for call in calls if call.seconds > longest]


def resolved(calls: Iterable[Call], store: Store) -> list[Call]:
    """A history in which what was in doubt is settled by what the store remembers of it, once nothing is under way."""
    found = []
    for call in calls:
        if call.is_write and call.outcome is Outcome.UNKNOWN:
            done = store.operation(call.operation)
            if done is None:
                call = attrs.evolve(call, outcome=Outcome.FAILED)
            else:
                call = attrs.evolve(call, outcome=Outcome.DONE, revision=done.token.revision, returned=NEVER)
        found.append(call)
    return found


def lies(calls: Iterable[Call], store: Store) -> list[str]:
    """The writes about which a store says something else afterwards than it said to the client.

    Args:
        calls: Of which those count that are still remembered.
        store: A healthy one.
    """
    found = []
    for call in calls:
        if not call.is_write:
            continue
        done = store.operation(call.operation)
        if call.outcome is Outcome.DONE and (done is None or done.token.revision != call.revision):
            found.append(f"{call} was acknowledged, and the store says {done}")
        elif call.outcome in (Outcome.FAILED, Outcome.REFUSED) and done is not None:
            found.append(f"{call} did not happen, and the store says {done}")
    return found


def lost(calls: Iterable[Call], store: Store, namespace: str) -> list[str]:
    """The acknowledged writes that the history of the store does not hold with their value and revision."""
    acknowledged = [call for call in calls if call.is_write and call.outcome is Outcome.DONE]
    found = []
    for name in {call.name for call in acknowledged}:
        held = {version.revision: value_of(version.record) for version in store.history(namespace, name)}
        found += [
            f"{call} was acknowledged and is not in the history"
            for call in acknowledged
            if call.name == name and held.get(call.revision or 0, "\0nothing") != call.value
        ]
    return found
