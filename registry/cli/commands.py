"""The commands, put together."""

import contextlib
from typing import Any

import click

from registry.cli.build import build
from registry.cli.check import check
from registry.cli.completion import completion
from registry.cli.convert.command import convert
from registry.cli.difference.command import diff
from registry.cli.doctor.command import doctor
from registry.cli.export import export
from registry.cli.graph.command import graph
from registry.cli.importing import import_
from registry.cli.listing import list_entries
from registry.cli.migrate import migrate
from registry.cli.namespaces import namespaces
from registry.cli.new import new
from registry.cli.new_plugin.command import new_plugin
from registry.cli.plugins import plugins
from registry.cli.schema import schema
from registry.cli.serve import serve
from registry.cli.show import show
from registry.cli.stubs.command import stubs
from registry.cli.token import token
from registry.cli.watch import watch
from registry.distribution import DISTRIBUTION, __version__
from registry.errors import DiagnosticError, OperationalError


def with_serve(arguments: list[str]) -> list[str]:
    """The arguments, with `serve` where its options stand alone: `registry --host 127.0.0.1 --port 8001`."""
    options = {option for parameter in serve.params for option in parameter.opts}
    start = next((number for number, argument in enumerate(arguments) if argument != "--debug"), len(arguments))
    if start < len(arguments) and arguments[start].partition("=")[0] in options:
        return [*arguments[:start], serve.name or "", *arguments[start:]]
    return arguments


class _Reporting(click.Group):
    """Prints an error of the library as a message with its suggestions, and leaves with the exit code of its family.

    Commands of plugins are added when there is none of that name, or all are listed: the others need not wait for them.
    """

    _is_complete = False

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        if found is None and not self._is_complete:
            self._complete()
            found = super().get_command(ctx, cmd_name)
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:
        with contextlib.suppress(DiagnosticError):  # a project's wrong settings must not keep the help away
            self._complete()
        return super().list_commands(ctx)

    def _complete(self) -> None:
        if not self._is_complete:
            from registry.plugins import plugin_manager

            self._is_complete = True
            plugin_manager().add_commands(self)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_serve(args))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DiagnosticError as error:
            if ctx.params.get("debug"):
                raise
            from registry.cli.output import error_text, write

            write(error_text(error), "stderr")
            ctx.exit(2 if isinstance(error, OperationalError) else 1)


@click.group(cls=_Reporting, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--debug", is_flag=True, envvar="REGISTRY_DEBUG", help="Show where in the code an error comes from.")
@click.version_option(__version__, package_name=DISTRIBUTION, message="%(package)s %(version)s")
def command(debug: bool) -> None:
    """Look into registries, and check and build configs by them.

    The registry or catalog is the one that --app names, as module:attribute, else the one under [tool.registry] in
    the pyproject.toml of the project.
    """


PARTS = (
    list_entries,
    show,
    check,
    build,
    graph,
    schema,
    stubs,
    convert,
    new,
    new_plugin,
    serve,
    token,
    namespaces,
    diff,
    watch,
    export,
    import_,
    migrate,
    doctor,
    plugins,
    completion,
)

for part in PARTS:
    command.add_command(part)
