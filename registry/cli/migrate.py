"""`registry migrate`."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from registry.cli.migration import telling
from registry.cli.migration.comparing import compare
from registry.cli.migration.ends import (
    End,
    complete_moved,
    end_of,
    refuse_one_store,
    refuse_one_token,
    refuse_what_is_for_servers,
)
from registry.cli.migration.planning import A_NAMESPACE, Plan, choose_moved, plan_migration
from registry.cli.migration.records import fitting
from registry.cli.migration.spool import Spool
from registry.cli.migration.writing import remove_records, write_records
from registry.cli.output import progress, write
from registry.cli.transfer.applying import Conflict, Done
from registry.store_protocol import Store


@click.command(short_help="Move everything of one store to another.")
@click.option("--from", "source", required=True, metavar="URL", help="Where it is: registry.db, http://127.0.0.1:8001.")
@click.option("--to", "target", required=True, metavar="URL", help="Where it shall be: etcd://10.0.0.1:2379, other.db.")
@click.option(
    "--namespace",
    "-n",
    "namespaces",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_moved,
    help="Only this namespace; repeatable.",
)
@click.option(
    "--on-conflict",
    type=click.Choice(["error", "replace", "keep"]),
    default="error",
    help="What to do about a name that the target has with another record; by default nothing is written then.",
)
@click.option("--prune", is_flag=True, help="Remove from the namespaces at the target what the source does not have.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--from-token-file", metavar="FILE", help="Holds the access token for the server at --from, - for stdin.")
@click.option(
    "--to-token-file", metavar="FILE", help="The same for the server at --to; REGISTRY_TOKEN is for the one without."
)
@click.option("--ca-file", metavar="FILE", help="Certificates of authorities that servers are trusted by besides.")
@click.option("--allow-plain", is_flag=True, help="Send tokens without TLS, where something else encrypts.")
def migrate(
    source: str,
    target: str,
    namespaces: tuple[str, ...],
    on_conflict: Conflict,
    prune: bool,
    dry_run: bool,
    from_token_file: str | None,
    to_token_file: str | None,
    ca_file: str | None,
    allow_plain: bool,
) -> None:
    """Move everything of one store to another: files, servers, clusters of etcd.

    Both stores are looked at first, and nothing is written when the target has other records under the same names.
    What is there already costs nothing, so a migration that was interrupted is simply started again. In the end all of
    it is read back and compared with what the source has then. The source stays as it is.

    Who asks a cluster of etcd, and what TLS trusts there, is said by REGISTRY_ETCD_USER, REGISTRY_ETCD_PASSWORD,
    REGISTRY_ETCD_CA_FILE, REGISTRY_ETCD_CERT_FILE and REGISTRY_ETCD_KEY_FILE.
    """
    if from_token_file == to_token_file == "-":
        raise click.UsageError("Only one token can come from stdin.")
    here = end_of("--from", source, from_token_file, ca_file, allow_plain)
    there = end_of("--to", target, to_token_file, ca_file, allow_plain)
    refuse_one_store(here, there)
    refuse_one_token(here, there)
    refuse_what_is_for_servers(here, there, ca_file, allow_plain)
    is_new = not there.where.is_made
    with here.opened() as old, there.opened(create=not dry_run, imagine=dry_run) as new, Spool() as spool:
        run = _Migration(here, there, old, new, namespaces, on_conflict, prune, is_new, spool)
        run.look(dry_run)
        if not dry_run:
            run.write()
            run.compare()


class _Migration:
    """One migration: what it found out, and how far it came."""

    def __init__(
        self,
        here: End,
        there: End,
        source: Store,
        target: Store,
        chosen: tuple[str, ...],
        on_conflict: Conflict,
        prune: bool,
        is_new: bool,
        spool: Spool,
    ) -> None:
        self._here = here
        self._there = there
        self._source = source
        self._target = target
        self._chosen = chosen
        self._on_conflict: Conflict = on_conflict
        self._prune = prune
        self._is_new = is_new
        self._spool = spool
        self._fit = fitting(target.limits, there.is_server)
        self._before = source.token()
        self._plan = Plan()

    def look(self, dry_run: bool) -> None:
        """Find out what has to be done, and say it.

        Raises:
            ValidationError: It cannot be done as it was asked for.
        """
        namespaces, alone = choose_moved(self._source, self._target, self._chosen)
        with progress("Looking", len(namespaces) * A_NAMESPACE) as advance:
            self._plan = plan_migration(
                self._source, self._target, namespaces, self._on_conflict, self._fit, self._spool, advance
            )
        if self._plan.obstacles:
            raise telling.obstacle_error(self._plan.obstacles)
        telling.tell_ends(self._here, self._before, self._there, None if self._is_new else self._target.token())
        telling.tell_plan(self._plan, self._target.limits, self._prune, is_all=dry_run)
        telling.tell_alone(alone, self._prune)
        if self._plan.changes:
            telling.tell_rest(self._here, self._there)

    def write(self) -> None:
        """Write what has to be written, and say what was."""
        done, total = Done(), self._plan.changes
        removed, removals = Done(), self._plan.only_there if self._prune else 0
        with self._gone_on_with(done, total), progress("Writing", total, 100) as advance:
            write_records(self._target, self._plan, self._spool, self._on_conflict, done, advance)
        if removals:
            with progress("Removing", removals, 100) as advance:
                remove_records(self._target, self._plan, self._spool, removed, advance)
        telling.tell_done(done, removed)

    def compare(self) -> None:
        """Read everything back, and say whether it is what the source has now.

        Raises:
            ValidationError: It is not.
        """
        sections = {section.namespace: section for section in self._plan.sections}
        now = () if self._chosen else self._source.namespaces()
        try:
            with progress("Comparing", self._plan.records, 1000) as advance:
                found = compare(self._source, self._target, sections, now, self._fit, advance)
        except BaseException:
            write("Everything was written, and not compared. Run the same command again to compare it.", "stderr")
            raise
        if found.differences:
            raise telling.difference_error(found, self._before)
        telling.tell_sameness(found, self._before)
        telling.tell_next(self._there)

    @contextmanager
    def _gone_on_with(self, done: Done, total: int) -> Iterator[None]:
        try:
            yield
        except BaseException:
            telling.tell_interruption(sum(done.written.values()), total)
            raise
