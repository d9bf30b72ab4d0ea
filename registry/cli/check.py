"""`registry check`."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from registry.cli import formats
from registry.cli.application import load_app
from registry.cli.files import find_files
from registry.cli.options import app_option
from registry.cli.output import problem_text, summary, with_progress, write
from registry.errors import OperationalError
from registry.problems import Problem, has_errors
from registry.settings import read_settings

FORMATS: dict[str, Callable[[Sequence[Problem], int], str]] = {
    "json": formats.as_json,
    "github": lambda problems, files: formats.as_github(problems),
    "sarif": lambda problems, files: formats.as_sarif(problems),
}


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True), metavar="FILES_OR_FOLDERS...")
@app_option
@click.option(
    "--format", "form", type=click.Choice(["text", *FORMATS]), default="text", help="How problems are written."
)
@click.option(
    "--no-import", "imports", flag_value=False, default=True, help="Import nothing that is registered lazily."
)
def check(paths: tuple[str, ...], app: str | None, form: str, imports: bool) -> None:
    """Check configs, each by itself, and build nothing.

    In folders, every .yaml, .yml, .json and .toml file is a config; include and exclude under [tool.registry] narrow
    that. Leaves with 1 if there is a mistake.
    """
    settings = read_settings(Path.cwd())
    application = load_app(app, settings)
    files = list(find_files(paths, settings))
    if not files:
        raise OperationalError(
            f"There is no config in {', '.join(map(repr, paths))}.",
            suggestions=["Name the files, or widen include under [tool.registry]."],
        )
    problems: list[Problem] = []
    for file in with_progress(files):
        found = application.check_file(file, imports=imports)
        problems += found
        if form == "text":
            for problem in found:
                write(problem_text(problem))
    if form == "text":
        write(summary(problems, len(files)), "stderr")
    elif text := FORMATS[form](problems, len(files)):
        click.echo(text)
    raise SystemExit(int(has_errors(problems)))
