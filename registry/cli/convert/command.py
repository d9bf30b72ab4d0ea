"""`registry convert`."""

from collections.abc import Sequence
from pathlib import Path

import click

from registry.cli.convert.conversion import Converted, convert_file
from registry.cli.convert.dialects import DIALECTS
from registry.cli.convert.reading import SUFFIXES
from registry.cli.convert.registering import registrations
from registry.cli.convert.rewriting import Wishes
from registry.cli.output import counted, problem_text, progress, safe, write
from registry.errors import ConfigError, ValidationError
from registry.names import quote
from registry.problems import Problem


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILES_OR_FOLDERS..."
)
@click.option("--dialect", type=click.Choice([*DIALECTS]), help="Whose configs these are, where they do not show it.")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="A folder for what comes out.")
@click.option("--raw", multiple=True, metavar="KEY", help="What is under this key stays data; repeatable.")
@click.option("--partial", multiple=True, metavar="KEY", help="Nodes under this key are called later; repeatable.")
@click.option("--full-names", is_flag=True, help="Keep the whole of torch.nn.Linear, and not its last part.")
@click.option(
    "--register", type=click.Path(dir_okay=False, path_type=Path), help="A Python file for what to register; new."
)
def convert(
    paths: tuple[Path, ...],
    dialect: str | None,
    to: Path | None,
    raw: tuple[str, ...],
    partial: tuple[str, ...],
    full_names: bool,
    register: Path | None,
) -> None:
    """Rewrite configs of mmengine, Hydra, jsonargparse or confection.

    One file is printed, several go to the folder --to. A node gets _type with the last part of its name, which is how a
    class is registered by default. Nothing is imported or run. What means something else here is refused, with its
    place; leaves with 1 if anything was. Comments in YAML stay, but for those of keys that go.
    """
    wishes = Wishes(frozenset(raw), frozenset(partial), full_names)
    found = [(file, inside) for file, inside in _files(paths) if to is None or to not in file.parents]
    if to is None and (len(found) != 1 or paths[0].is_dir()):
        raise ValidationError(
            f"There are {counted(len(found), 'file')}, and only one can be printed.",
            suggestions=["Name a folder for what comes out: --to FOLDER."],
        )
    if register is not None and (register.exists() or not register.parent.is_dir()):
        reason = "is there already" if register.exists() else "is in a folder that is not there"
        raise ValidationError(
            f"{quote(str(register))} {reason}.", suggestions=["Name a new file in a folder that is there."]
        )
    _check_targets(found, to)
    converted = _convert(found, dialect, wishes, to)
    if register is not None:
        register.write_text(registrations(converted), encoding="utf-8")
    refused = len(found) - len(converted)
    nodes = counted(sum(one.nodes for one in converted), "node")
    told = f"{nodes} rewritten" if to is None else f"{counted(len(converted), 'file')} converted, {nodes} rewritten"
    write(safe(f"{told}, {refused} refused." if refused else f"{told}."), "stderr")
    raise SystemExit(int(refused > 0))


def _files(paths: Sequence[Path]) -> "list[tuple[Path, Path]]":
    """Each file, and where it goes below the folder for what comes out."""
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file())
            found.update({one: one.relative_to(path) for one in inside})
        else:
            found[path] = Path(path.name)
    return list(found.items())


def _target(inside: Path) -> Path:
    return inside.with_suffix(".json" if inside.suffix.lower() == ".json" else ".yaml")


def _check_targets(found: Sequence[tuple[Path, Path]], to: Path | None) -> None:
    """Refuse, before anything is written, what would be written twice or over something."""
    sources: dict[Path, Path] = {}
    for file, inside in found if to is not None else ():
        target = _target(inside)
        if target in sources:
            raise ValidationError(
                f"{quote(str(sources[target]))} and {quote(str(file))} would both become {quote(str(target))}.",
                suggestions=["Convert them to folders of their own."],
            )
        if to is not None and (to / target).exists():
            raise ValidationError(f"{quote(str(to / target))} is there already.", suggestions=["Name an empty folder."])
        sources[target] = file


def _convert(
    found: Sequence[tuple[Path, Path]], dialect: str | None, wishes: Wishes, to: Path | None
) -> list[Converted]:
    converted: list[Converted] = []
    known: dict[str, str] = {}
    with progress("Converting", len(found), enough=20) as advance:
        for file, inside in found:
            try:
                one = convert_file(file, dialect, wishes, known)
            except ConfigError as error:
                if to is None:
                    raise
                _show(error.problems)
            else:
                _show(one.problems)
                known.update(one.names)
                _put(one, None if to is None else to / _target(inside))
                converted.append(one)
            advance(1)
    return converted


def _show(problems: Sequence[Problem]) -> None:
    for problem in problems:
        write(problem_text(problem), "stderr")


def _put(one: Converted, path: Path | None) -> None:
    if path is None:
        click.echo(one.text, nl=False)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(one.text, encoding="utf-8")
