"""Whether the target has what the source has now."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import attrs

from registry.cli.migration.planning import Section
from registry.cli.migration.records import Fitting, Held, check_whole
from registry.errors import DiagnosticError
from registry.revisions import Token
from registry.store_protocol import Store

MOST_DIFFERENCES = 100
"""After so many the rest is not compared."""

Kind = Literal["missing", "other", "alone"]

SAYINGS: Mapping[Kind, str] = {
    "missing": "is not at the target",
    "other": "is another record at the target",
    "alone": "is at the target, and not at the source",
}


@attrs.frozen
class Difference:
    """A name under which the stores do not have the same."""

    namespace: str
    name: str
    kind: Kind


@attrs.define
class Comparison:
    """What was found.

    Attributes:
        at: The source's moment when it began; what came later may have been compared or not.
        until: The source's moment when it ended.
        namespaces: How many were compared.
        compared: How many records were.
        kept: How many were not, since the target was to keep its own.
        differences: The first of them.
    """

    at: Token
    until: Token
    namespaces: int = 0
    compared: int = 0
    kept: int = 0
    differences: list[Difference] = attrs.field(factory=list)

    @property
    def is_cut(self) -> bool:
        """Whether there were so many differences that the rest was not looked at."""
        return len(self.differences) >= MOST_DIFFERENCES

    def kinds(self) -> set[Kind]:
        """What kinds of differences there are."""
        return {difference.kind for difference in self.differences}


def compare(
    source: Store,
    target: Store,
    sections: Mapping[str, Section],
    namespaces: Sequence[str],
    fit: Fitting,
    advance: Callable[[int], None],
) -> Comparison:
    """Read both stores, and compare names and the bytes of records.

    Args:
        source: The one store, as it is now.
        target: The other.
        sections: What was planned, by namespace.
        namespaces: Those that the source has now and that are to be moved.
        fit: What the target makes of a record.
        advance: Is told of how many records were compared.
    """
    began = source.token()
    found = Comparison(began, began)
    for namespace in dict.fromkeys([*sections, *namespaces]):
        _compare(source, target, sections.get(namespace, Section(namespace)), fit, found, advance)
        found.namespaces += 1
        if found.is_cut:
            break
    found.until = source.token()
    return found


def _compare(
    source: Store, target: Store, section: Section, fit: Fitting, found: Comparison, advance: Callable[[int], None]
) -> None:
    namespace, seen = section.namespace, set()
    held = Held(target, namespace)
    with source.snapshot(namespace) as snapshot:
        for stored in snapshot:
            seen.add(stored.name)
            advance(1)
            if stored.name in section.kept:
                found.kept += 1
                continue
            found.compared += 1
            likeness = held.likeness(stored.name, _fitted(fit, stored.name, stored.record or b""))
            if likeness != "same":
                kind: Kind = "missing" if likeness == "absent" else "other"
                found.differences.append(Difference(namespace, stored.name, kind))
                if found.is_cut:
                    return
        check_whole(snapshot, len(seen), namespace)
    for name in held.revisions:
        if name not in seen and name not in section.only_there and not found.is_cut:
            found.differences.append(Difference(namespace, name, "alone"))


def _fitted(fit: Fitting, name: str, record: bytes) -> bytes:
    try:
        return fit(name, record)
    except DiagnosticError:  # it came to the source meanwhile, and is a difference
        return record
