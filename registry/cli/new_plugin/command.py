"""`registry new-plugin`."""

import keyword
import re
import sys
from pathlib import Path

import click

from registry.cli.new_plugin.files import KINDS, files_of
from registry.cli.output import safe, write
from registry.distribution import DISTRIBUTION
from registry.errors import OperationalError, ValidationError
from registry.names import quote

TAKEN = frozenset({"registry", "tests", DISTRIBUTION.replace("-", "_")}) | sys.stdlib_module_names


@click.command("new-plugin", short_help="Start a package that adds a validator, a backend or a reader.")
@click.argument("folder", metavar="NAME", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--kind", type=click.Choice(list(KINDS)), default="validator", show_default=True, help="What the package offers."
)
def new_plugin(folder: Path, kind: str) -> None:
    """Start a package, in a folder of its name, that is installed to add to registries elsewhere.

    It works as it is, with tests that say whether it fits: change what it does, and run them again.
    """
    name = folder.name
    module = _module_of(name)
    if folder.exists():
        raise ValidationError(
            f"There is a {quote(str(folder))} already.", suggestions=["Name a folder that does not exist yet."]
        )
    part = _part_of(module, kind)
    try:
        for file, text in files_of(kind, name, module, part).items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            write(safe(path))
    except OSError as error:
        raise OperationalError(f"{quote(str(folder))} cannot be written: {error}.") from error
    write(safe(f"\nNow try:\n  cd {folder}\n  pip install -e '.[test]'\n  pytest\n  registry plugins doctor {part}"))


def _part_of(module: str, kind: str) -> str:
    """The name that the package offers; of a reader the suffix of the files that it reads.

    Raises:
        ValidationError: The library reads such files itself.
    """
    part = module.removeprefix("registry_")
    if kind != "reader":
        return part
    from registry.config.readers import READERS

    suffix = part.replace("_", "")
    if f".{suffix}" in READERS:
        raise ValidationError(
            f"Files that end in {quote(f'.{suffix}')} have a reader already.",
            suggestions=["Name the package after another suffix."],
        )
    return suffix


def _module_of(name: str) -> str:
    """The package that a distribution of this name has.

    Raises:
        ValidationError: It cannot be the name of a distribution, or of a package beside others.
    """
    module = re.sub(r"[-.]", "_", name).lower()
    # PyPA specification "Names and normalization"; its package has to be an identifier, too
    fits = re.fullmatch(r"[A-Za-z]([A-Za-z0-9._-]*[A-Za-z0-9])?", name) is not None
    if not fits or keyword.iskeyword(module) or not module.isidentifier():
        raise ValidationError(
            f"{quote(name)} cannot be the name of a package.",
            suggestions=["Use letters, digits and dashes, a letter first, as in registry-acme."],
        )
    if module in TAKEN:
        raise ValidationError(
            f"{quote(name)} would be imported as {quote(module)}, which is something else already.",
            suggestions=[f"Name it registry-{name}, or otherwise."],
        )
    return module
