"""The commands, put together."""

from typing import Any

import click

from registry.cli.build import build
from registry.cli.check import check
from registry.cli.completion import completion
from registry.cli.convert import convert
from registry.cli.listing import list_entries
from registry.cli.new import new
from registry.cli.schema import schema
from registry.cli.show import show
from registry.distribution import DISTRIBUTION, __version__
from registry.errors import DiagnosticError, OperationalError


class _Reporting(click.Group):
    """Prints an error of the library as a message with its suggestions, and leaves with the exit code of its family."""

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


for part in (list_entries, show, check, build, schema, convert, new, completion):
    command.add_command(part)
