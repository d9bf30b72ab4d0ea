"""A part of a config as a config of its own."""

from typing import Any

from registry.factorizer.language import GIVEN, RAW, REF
from registry.paths import Path, format_path, parse_path, step_into


def on_its_own(root: Any, part: Path) -> Any:
    """The part at a path, its references led to where their targets then are.

    What it refers to outside itself is written where it is first referred to, and later references lead there, so that
    one object stays one object.

    Args:
        root: A config without problems.
        part: The path of the part.
    """
    moved: dict[Path, Path] = {}

    def rewrite(value: Any, path: Path) -> Any:
        if type(value) is list or type(value) is tuple:
            return type(value)([rewrite(item, (*path, index)) for index, item in enumerate(value)])
        if type(value) is not dict or RAW in value:
            return value
        if REF not in value:
            return {key: rewrite(item, (*path, key)) for key, item in value.items()}
        target = parse_path(value[REF])
        if target[0] == GIVEN and not (type(root) is dict and GIVEN in root):
            return value
        if target[: len(part)] == part:
            return {REF: format_path(target[len(part) :])}
        for outside, inside in moved.items():
            if target[: len(outside)] == outside:
                return {REF: format_path((*inside, *target[len(outside) :]))}
        moved[target] = path
        return rewrite(_at(root, target), path)

    return rewrite(_at(root, part), ())


def _at(root: Any, path: Path) -> Any:
    value = root
    for step in path:
        value = step_into(value, step)
        if type(value) is dict and type(value.get(REF)) is str and step != path[-1]:
            value = _at(root, parse_path(value[REF]))
    return value
