"""`registry convert`."""

import json
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import click

from registry.cli.output import counted, safe, write
from registry.config import load_file
from registry.errors import ConfigError, ValidationError
from registry.names import quote
from registry.problems import has_errors

RENAMED = {"_args_": "_args", "_partial_": "_partial"}
"""What Hydra calls words that mean the same here."""

DROPPED = frozenset({"_convert_", "_recursive_"})
"""What has no meaning here: containers are plain, and nodes are built at any depth."""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def convert(file: Path) -> None:
    """Rewrite a YAML or JSON config of another tool, and print it.

    A node that is marked with _target_, class_path or type gets _type with the last part of the name, which is how a
    class is registered by default. Comments in YAML stay, but for those of keys that go. Then check what came out.
    """
    document = load_file(file)
    if has_errors(document.problems):
        raise ConfigError.of(document.problems)
    if file.suffix.lower() == ".json":
        value = document.value
        changed = rewrite(value)
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
    elif file.suffix.lower() in (".yaml", ".yml"):
        changed = _rewrite_yaml(file)
    else:
        raise ValidationError(f"{quote(str(file))} is neither YAML nor JSON.")
    write(safe(f"{counted(changed, 'node')} rewritten."), "stderr")


def rewrite(value: Any) -> int:
    """Mark the nodes of a config with `_type`, in place, and say how many there were."""
    pending, changed = [value], 0
    while pending:
        here = pending.pop()
        if isinstance(here, MutableMapping):
            changed += _rewrite_node(here)
            pending += here.values()
        elif isinstance(here, list):
            pending += here
    return changed


def _rewrite_node(node: MutableMapping[str, Any]) -> int:
    marker = next((key for key in ("_target_", "class_path", "type") if isinstance(node.get(key), str)), None)
    if marker is None or "_type" in node:
        return 0
    renamed = {marker: "_type", **(RENAMED if marker == "_target_" else {})}
    content = list(node.items())
    node.clear()
    for key, value in content:
        if marker == "class_path" and key in ("init_args", "dict_kwargs") and isinstance(value, MutableMapping):
            node.update(value)
            _comments(node).update(_comments(value))
        elif not (marker == "_target_" and key in DROPPED):
            node[renamed.get(key, key)] = value.rpartition(".")[2] if key == marker else value
            if key in renamed and key in _comments(node):
                _comments(node)[renamed[key]] = _comments(node).pop(key)
    return 1


def _comments(mapping: MutableMapping[str, Any]) -> dict[str, Any]:
    """What ruamel.yaml keeps beside the keys of a mapping; nothing in a plain one."""
    beside: Any = getattr(mapping, "ca", None)
    return {} if beside is None else beside.items


def _rewrite_yaml(file: Path) -> int:
    """Rewrite and print a YAML file, comments and all."""
    from ruamel.yaml import YAML

    yaml = YAML()  # the one that keeps comments; the document was read, and so is within the limits
    yaml.preserve_quotes = True
    yaml.width = 120
    value = yaml.load(file)
    changed = rewrite(value)
    yaml.dump(value, sys.stdout)
    return changed
