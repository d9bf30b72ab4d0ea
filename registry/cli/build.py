"""`registry build`."""

from typing import TYPE_CHECKING, Any

import click

from registry.cli.options import app_option, find_app, set_option
from registry.cli.output import safe, shown, write
from registry.core.building import load
from registry.names import quote

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False), metavar="FILES...")
@app_option
@click.option("--path", metavar="PATH", help="Build this part alone, as in trainer.model.")
@click.option("--name", metavar="NAME", help="The files hold the parameters of this entry.")
@set_option
@click.option("--tree", is_flag=True, help="Show what would be built, as a tree, and build nothing.")
def build(
    files: tuple[str, ...], app: str | None, path: str | None, name: str | None, overrides: tuple[str, ...], tree: bool
) -> None:
    """Build what a config describes, and show it.

    Later files are laid over earlier ones.
    """
    plan = find_app(app).plan(load(files, name, path, overrides))
    if tree:
        write(tree_of(plan.config, files[-1] if path is None else path))
        return
    from rich.pretty import pretty_repr

    write(safe(pretty_repr(plan.build())))


def tree_of(config: Any, root: str) -> "Tree":
    """A config as a tree: nodes by what they build, values as they are."""
    from rich.tree import Tree

    tree = Tree(_label(root, config), highlight=False)
    _grow(tree, config)
    return tree


def _grow(tree: "Tree", config: Any) -> None:
    if _is_on_one_line(config):
        return
    if isinstance(config, dict):
        children = {str(key): value for key, value in config.items() if key not in ("_type", "_ref", "_registry")}
    elif isinstance(config, list):
        children = {f"[{number}]": value for number, value in enumerate(config)}
    else:
        return
    for key, value in children.items():
        _grow(tree.add(_label(key, value)), value)


def _is_on_one_line(value: Any) -> bool:
    """Whether a value is shown beside its key: data that is marked as such, and short lists of numbers and the like."""
    if isinstance(value, dict):
        return "_raw" in value
    return isinstance(value, list) and shown(value).startswith("[")


def _label(key: str, value: Any) -> "Text":
    from rich.text import Text

    text = Text().append(safe(key), "dim")
    if _is_on_one_line(value):
        text.append(": ").append(safe(shown(value["_raw"] if isinstance(value, dict) else value)), "")
    elif isinstance(value, dict):
        if "_type" in value:
            text.append(" ").append(safe(value["_type"]), "bold green")
            if "_registry" in value:
                text.append(f" of {safe(value['_registry'])}", "dim")
        elif "_ref" in value:
            text.append(" -> ").append(safe(value["_ref"]), "cyan")
    elif not isinstance(value, list):
        text.append(": ").append(safe(quote(value)), "")
    return text
