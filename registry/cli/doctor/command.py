"""The command itself."""

import os
from collections.abc import Iterator
from pathlib import Path

import attrs
import click

from registry.cli.doctor.checklist import Check, as_json, exit_code, shown, summary
from registry.cli.options import namespaces_option
from registry.cli.output import write
from registry.cli.where import Where, where_options
from registry.environment import HOST
from registry.settings import read_settings


@click.command(short_help="Say what is wrong, and what to do about it.")
@where_options
@namespaces_option
@click.option("--app", metavar="MODULE:ATTRIBUTE", help="The registry or catalog of a project.")
@click.option("--reference", metavar="PACKAGE.MODULE:NAME", help="An artifact that a shared namespace names.")
@click.option(
    "--allow", multiple=True, metavar="MODULE", help="What may be imported, as RemoteBackend takes it; repeatable."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How the list is written.")
def doctor(
    where: Where,
    namespaces: tuple[str, ...],
    app: str | None,
    reference: str | None,
    allow: tuple[str, ...],
    form: str,
) -> None:
    """Say what is wrong, and what to do about it: with a server, a store file, a reference, a project.

    Nothing is changed anywhere. Without options it looks at the server that the environment names and at the app of the
    project. Leaves with 1 if something given does not fit, with 2 if something outside fails.
    """
    given = _Given(where, namespaces, app, reference, allow)
    checks = given.checks()
    if form == "json":
        found = list(checks)
        click.echo(as_json(found))
    else:
        found = shown(checks, write)
        write(summary(found), "stderr")
    raise SystemExit(exit_code(found))


@attrs.frozen
class _Given:
    """What the command was given."""

    where: Where
    namespaces: tuple[str, ...]
    app: str | None
    reference: str | None
    allow: tuple[str, ...]

    def checks(self) -> Iterator[Check]:
        """All that has to be looked at, one after the other."""
        from registry.cli.doctor.app import check_app
        from registry.cli.doctor.reference import check_reference
        from registry.cli.doctor.server import check_server
        from registry.cli.doctor.store import check_store

        by_environment = self.where.store is None and bool(os.environ.get(HOST))
        if self.where.server is not None and self.where.store is not None:
            raise click.UsageError("Use either --server or --store.")
        nothing = not (self.where.is_named or self.app or self.reference)
        at_hand = nothing and read_settings(Path.cwd()).app is not None
        if nothing and not (by_environment or at_hand):
            raise click.UsageError("Say what to look at: --server, --store, --reference or --app.")
        if self.where.server is not None or (by_environment and (nothing or self.reference is not None)):
            yield from check_server(self.where, self.namespaces)
        if self.where.store is not None:
            yield from check_store(self.where)
        if self.app is not None or at_hand:
            yield from check_app(self.app)
        if self.reference is not None:
            shared = self.where if self.where.is_named or by_environment else None
            yield from check_reference(self.reference, self.allow, shared, self.namespaces)
