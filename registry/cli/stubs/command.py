"""`registry stubs`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import click

from registry.catalog import Catalog
from registry.cli.application import App, load_app
from registry.cli.options import app_option
from registry.cli.output import counted, safe, write
from registry.core import Registry
from registry.errors import OperationalError, ValidationError
from registry.model import Reference
from registry.names import quote
from registry.settings import read_settings


@click.command(short_help="Tell type checkers and editors the names that are registered.")
@app_option
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="The stub to write, - for stdout; by default MODULE_registries.pyi beside the module.",
)
@click.option("--check", "is_check", is_flag=True, help="Write nothing; leave with 1 if the stub is out of date.")
@click.option("--open", "is_open", is_flag=True, help="Let look-ups take names that are not known yet, as any text.")
def stubs(app: str | None, output: Path | None, is_check: bool, is_open: bool) -> None:
    """Write a stub that tells mypy, pyright and editors which names are registered, and what each gives.

    It has a class for every registry and catalog of the module. Where the registry is made, say that it is one:

    \b
        if TYPE_CHECKING:
            from shop_registries import Losses
        losses = cast("Losses", function_registry("losses"))

    Then losses["huber"] and losses.build("huber", delta=0.5) have types of their own, names are completed, and a
    misspelt one is refused. Programs run as before: the stub is never imported. The module keeps its other names, and
    a registry is made as it was.
    """
    settings = read_settings(Path.cwd())
    holder = load_app(app, settings)
    reference = Reference(app if app is not None else settings.app or "")
    module = sys.modules[reference.module]
    beside, name = _beside(module)
    target = beside if output is None else output
    if output is not None and str(output) != "-":
        name = f"{name.rpartition('.')[0]}.{output.stem}".lstrip(".") if _is_beside(output, beside) else output.stem

    from registry.cli.stubs.text import stub_of

    stub = stub_of(_found(module, reference.name, holder), reference.module, name, is_open)
    for entry, reason in stub.unread.items():
        write(safe(f"note: {entry} has the type of its registry: {reason}"), "stderr")
    if target is None:
        raise ValidationError(
            f"{quote(reference.module)} has no file that the stub could be written beside.",
            suggestions=["Name one with --output."],
        )
    if str(target) == "-":
        click.echo(stub.text, nl=False)
        return
    current = _read(target)
    if is_check:
        _compare(current, stub.text, target)
        return
    _write(current, stub.text, target)
    write(safe(f"{counted(stub.names, 'name')} in {target}."))
    if current is None:
        write(safe("\n".join([f"\nNow write in {reference.module}:", *(f"  {line}" for line in stub.usage)])))


def _found(module: ModuleType, variable: str, holder: App) -> Mapping[str, App]:
    """The registries and catalogs of a module by their variables: the same ones, whichever of them was named."""
    found: dict[str, App] = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, Registry | Catalog) and not name.startswith("_")
    }
    if not any(value is holder for value in found.values()):
        found[variable.rpartition(".")[2]] = holder
    return found


def _beside(module: ModuleType) -> tuple[Path | None, str]:
    """Where the stub of a module is, and its own name as a module."""
    package = f"{module.__package__}." if module.__package__ else ""
    stem = f"{module.__name__.rpartition('.')[2]}_registries"
    file = getattr(module, "__file__", None)
    return None if file is None else Path(file).parent / f"{stem}.pyi", f"{package}{stem}"


def _is_beside(output: Path, beside: Path | None) -> bool:
    return beside is not None and output.resolve().parent == beside.resolve().parent


def _read(target: Path) -> str | None:
    try:
        return target.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _compare(current: str | None, text: str, target: Path) -> None:
    if current != text:
        raise ValidationError(
            f"{quote(str(target))} is {'not there' if current is None else 'out of date'}.",
            suggestions=["Run registry stubs with the same options, without --check."],
        )
    write(safe(f"{target} is up to date."))


def _write(current: str | None, text: str, target: Path) -> None:
    from registry.cli.stubs.text import MARK

    if current is not None and not current.startswith(MARK):
        raise ValidationError(
            f"{quote(str(target))} was not written by this command, and is left as it is.",
            suggestions=["Name another file with --output."],
        )
    if target.with_suffix(".py").exists():
        raise ValidationError(
            f"{quote(str(target))} would hide {quote(str(target.with_suffix('.py')))} from type checkers.",
            suggestions=["Name another file with --output."],
        )
    try:
        target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OperationalError(f"{quote(str(target))} cannot be written: {error}.") from error
