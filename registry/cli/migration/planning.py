"""What a migration will do, found out before it does anything."""

from collections.abc import Callable, Sequence

import attrs

from registry.cli.importing import Outlook
from registry.cli.migration.records import Fitting, Held, check_whole, is_alias
from registry.cli.migration.spool import Spool
from registry.cli.transfer.applying import Conflict, Parts
from registry.cli.where import no_namespace
from registry.errors import DiagnosticError
from registry.store_protocol import Store

MOST_OBSTACLES = 100
"""After so many the rest is not looked at."""

A_NAMESPACE = 1000
"""What one namespace counts for while they are read: how many records they have is known only then."""


@attrs.frozen
class Obstacle:
    """A record that cannot be moved as it was asked for; `why` is None where another one has its name."""

    namespace: str
    name: str
    why: str | None = None


@attrs.define
class Section:
    """What will be done to one namespace.

    Attributes:
        namespace: Its name.
        outlook: How many records are new, there already, and so on.
        names: Those that the source has.
        kept: Those of them under which the target keeps another record.
        only_there: Those that the target alone has, and the revisions at which they were written.
        epoch: That of the target, to which the revisions belong.
        start: Where the records to be written begin in the spool.
        end: Where they end.
    """

    namespace: str
    outlook: Outlook = attrs.field(factory=Outlook)
    names: set[str] = attrs.field(factory=set)
    kept: set[str] = attrs.field(factory=set)
    only_there: dict[str, int] = attrs.field(factory=dict)
    epoch: str = ""
    start: int = 0
    end: int = 0


@attrs.define
class Plan:
    """What will be done, or what keeps it from being done."""

    sections: list[Section] = attrs.field(factory=list)
    obstacles: list[Obstacle] = attrs.field(factory=list)

    @property
    def records(self) -> int:
        """How many records the source has."""
        return sum(len(section.names) for section in self.sections)

    @property
    def changes(self) -> int:
        """How many of them have to be written."""
        return sum(section.outlook.changes for section in self.sections)

    @property
    def parts(self) -> int:
        """In about how many submissions."""
        return sum(section.outlook.parts for section in self.sections)

    @property
    def only_there(self) -> int:
        """How many names the target alone has in these namespaces."""
        return sum(len(section.only_there) for section in self.sections)


def choose_moved(source: Store, target: Store, chosen: Sequence[str]) -> tuple[list[str], list[str]]:
    """The namespaces that are looked at, and those that only the target has and that are left alone.

    One that the target alone has is looked at where it was chosen: the source had it, and has emptied it.

    Raises:
        RegistryNotFoundError: One that was chosen is at neither end.
    """
    here = list(source.namespaces())
    only_there = [namespace for namespace in target.namespaces() if namespace not in set(here)]
    for namespace in chosen:
        if namespace not in here and namespace not in only_there:
            raise no_namespace(namespace, here)
    return (list(dict.fromkeys(chosen)), []) if chosen else (here, only_there)


def plan_migration(
    source: Store,
    target: Store,
    namespaces: Sequence[str],
    on_conflict: Conflict,
    fit: Fitting,
    spool: Spool,
    advance: Callable[[int], None],
) -> Plan:
    """Look at both stores, and keep what has to be written.

    Args:
        source: Where the records are.
        target: Where they shall be.
        namespaces: Which ones.
        on_conflict: What to do about a name that is there with another record.
        fit: What the target makes of a record.
        spool: Takes what has to be written.
        advance: Is told how far it came: `A_NAMESPACE` for each of them.
    """
    plan = Plan()
    for namespace in namespaces:
        section = Section(namespace, start=spool.position)
        plan.sections.append(section)
        _look(source, Held(target, namespace), plan, section, on_conflict, fit, spool, advance)
        section.end = spool.position
        if len(plan.obstacles) >= MOST_OBSTACLES:
            break
    return plan


def _look(
    source: Store,
    held: Held,
    plan: Plan,
    section: Section,
    on_conflict: Conflict,
    fit: Fitting,
    spool: Spool,
    advance: Callable[[int], None],
) -> None:
    namespace, outlook, parts, told = section.namespace, section.outlook, Parts(held.limits), 0
    with source.snapshot(namespace) as snapshot:
        for stored in snapshot:
            section.names.add(stored.name)
            now = A_NAMESPACE * len(section.names) // max(snapshot.count, 1)
            advance(now - told)
            told = now
            try:
                record = fit(stored.name, stored.record or b"")
            except DiagnosticError as error:
                plan.obstacles.append(Obstacle(namespace, stored.name, error.message))
            else:
                likeness = held.likeness(stored.name, record, look=on_conflict == "error")
                if likeness == "same":
                    outlook.same += 1
                elif likeness == "other" and on_conflict == "error":
                    plan.obstacles.append(Obstacle(namespace, stored.name))
                elif likeness == "other" and on_conflict == "keep":
                    outlook.keep += 1
                    section.kept.add(stored.name)
                else:
                    outlook.new += likeness == "absent"
                    outlook.replace += likeness == "other"
                    item = spool.item(namespace, stored.name, record, is_alias(record))
                    outlook.parts += parts.begins(item)
                    spool.add(item)
            if len(plan.obstacles) >= MOST_OBSTACLES:
                return
        check_whole(snapshot, len(section.names), namespace)
    advance(A_NAMESPACE - told)
    section.epoch = held.token.epoch
    section.only_there = {name: made for name, made in held.revisions.items() if name not in section.names}
