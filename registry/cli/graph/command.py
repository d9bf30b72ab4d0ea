"""`registry graph`."""

from pathlib import Path

import click

from registry.cli.build import tree_of
from registry.cli.options import app_option, find_app, set_option
from registry.cli.output import counted, on_one_line, write
from registry.core.building import load


@click.command(short_help="Draw what a config would build.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False), metavar="FILES...")
@app_option
@click.option("--path", metavar="PATH", help="Draw this part alone, as in trainer.model.")
@click.option("--name", metavar="NAME", help="The files hold the parameters of this entry.")
@set_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid", "svg"]),
    help="A tree, a flowchart for Markdown, or a picture; by default what the name of --output says, else text.",
)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it there.")
def graph(
    files: tuple[str, ...],
    app: str | None,
    path: str | None,
    name: str | None,
    overrides: tuple[str, ...],
    form: str | None,
    output: Path | None,
) -> None:
    """Draw what a config would build: objects, what they are given, and what they share. Nothing is built.

    The config is checked first. Later files are laid over earlier ones.
    """
    config = find_app(app).plan(load(files, name, path, overrides)).config
    root = files[-1] if path is None else path
    form = form or {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid"}.get(
        "" if output is None else output.suffix
    )
    if form in (None, "text"):
        _write_tree(config, root, output)
        return
    from registry.cli.graph.mermaid import mermaid
    from registry.cli.graph.model import graph_of
    from registry.cli.graph.svg import svg

    found = graph_of(config, root)
    text = mermaid(found) if form == "mermaid" else svg(found)
    if output is None:
        click.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    write(on_one_line(f"{counted(len(found.nodes), 'object')} drawn in {output}."), "stderr")


def _write_tree(config: object, root: str, output: Path | None) -> None:
    tree = tree_of(config, root)
    if output is None:
        write(tree)
        return
    from rich.console import Console

    with output.open("w", encoding="utf-8") as file:
        Console(file=file, color_system=None, soft_wrap=True, markup=False, emoji=False, highlight=False).print(tree)
