"""How other tools write a node, each by its own rules."""

import re
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

import attrs

from registry.cli.convert.links import Link, follow, texts
from registry.cli.convert.report import Report
from registry.names import quote
from registry.paths import Path

POSITIONAL = "*"
"""Under what confection has positional arguments."""

LOAD_IT = "Have mmengine write what it comes to: Config.fromfile(file).dump('config.json')"

COMPOSE = "Convert what Hydra composes: python app.py --cfg job --resolve > composed.yaml"


@attrs.frozen
class Dialect:
    """What a tool writes.

    Attributes:
        name: The tool.
        is_node: Whether a mapping is one object.
        marker: The key that says what a node is.
        renamed: Keys of a node that mean the same and are called otherwise here.
        dropped: Keys of a node that mean nothing here.
        lifted: Keys of a node whose mapping holds its parameters.
        data: Those of them in which there are no nodes.
        words: Keys that mean something in a node only.
        in_lists: Whether nodes may stand in lists, beside those of positional arguments.
        has_imports: Whether names say where something is imported from.
        keeps: Whether what a node holds is passed to it as it is written.
        prepare: Changes a document before its nodes are rewritten, and notes what cannot be.
        refuse: Notes what of a node cannot be converted.
    """

    name: str
    is_node: Callable[[Mapping[Any, Any]], bool]
    marker: Callable[[Mapping[Any, Any]], str]
    renamed: Mapping[str, str] = attrs.field(factory=dict)
    dropped: Set[str] = frozenset()
    lifted: tuple[str, ...] = ()
    data: Set[str] = frozenset()
    words: Set[str] = frozenset()
    in_lists: bool = True
    has_imports: bool = False
    keeps: Callable[[Mapping[Any, Any]], bool] = lambda node: False
    prepare: Callable[[Any, Report], Any] = lambda root, report: root
    refuse: Callable[[Mapping[Any, Any], Path, Report], None] = lambda node, path, report: None


def mappings(value: Any) -> Iterator[dict[Any, Any]]:
    """Every mapping of a document."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list | tuple):
        for held in value.values() if isinstance(value, dict) else value:
            yield from mappings(held)


def _marked(key: str) -> Callable[[Mapping[Any, Any]], bool]:
    return lambda mapping: isinstance(mapping.get(key), str)


# ------------------------------------------------------------------------------------------------------ mmengine


def _prepare_mmengine(root: Any, report: Report) -> Any:
    for path, text in texts(root, ()):
        if "{{" in text:
            report.refuse("bad-document", "This text is put together when mmengine reads it.", path, LOAD_IT)
    return root


def _refuse_mmengine(node: Mapping[Any, Any], path: Path, report: Report) -> None:
    if "_delete_" in node:
        message = "'_delete_' deletes nothing here, and mmengine passes it to the class."
        report.refuse("bad-node", message, (*path, "_delete_"), "Remove it.", key=True)


# --------------------------------------------------------------------------------------------------------- Hydra

_STEP = re.compile(r"\.?([\w-]+)|\[([\w-]+)\]")


def _omegaconf_path(words: str, path: Path) -> Path:
    """The path that OmegaConf reads between the braces."""
    if ":" in words:
        raise ValueError("is worked out when the program runs")
    absolute = words.lstrip(".")
    up = len(words) - len(absolute)
    if not absolute or up > len(path):
        raise ValueError("is no path")
    steps: list[Any] = list(path[: len(path) - up]) if up else []
    position = 0
    while position < len(absolute):
        match = _STEP.match(absolute, position)
        if match is None:
            raise ValueError("is written in a way that is not read here")
        step = match[1] or match[2]
        steps.append(int(step) if step.isdigit() else step)
        position = match.end()
    return tuple(steps)


def _prepare_hydra(root: Any, report: Report) -> Any:
    if isinstance(root, dict):
        defaults = root.get("defaults")
        if isinstance(defaults, list) and defaults != ["_self_"]:
            message = "A list of defaults puts a config together from other files, as the command line says."
            report.refuse("bad-document", message, ("defaults",), COMPOSE, key=True)
        elif defaults == ["_self_"]:
            del root["defaults"]
        if isinstance(root.get("hydra"), dict):
            message = "'hydra' configures Hydra itself, and is left out."
            report.refuse("bad-document", message, ("hydra",), key=True, severity="warning")
            del root["hydra"]
    for path, text in texts(root, ()):
        if text == "???":
            report.refuse(
                "missing-parameter", "'???' stands for a value that the command line has to give.", path, COMPOSE
            )
    root = follow(root, _omegaconf_path, report)
    for mapping in mappings(root):
        for key in ("_target_", "_partial_", "_recursive_", "_convert_"):
            if isinstance(mapping.get(key), Link):
                mapping[key] = mapping[key].value
    return root


def _refuse_hydra(node: Mapping[Any, Any], path: Path, report: Report) -> None:
    if not (isinstance(node["_target_"], str) and node["_target_"]):
        report.refuse("bad-node", "'_target_' has to be text.", (*path, "_target_"))
    if type(node.get("_recursive_", True)) is not bool:
        report.refuse("bad-node", "'_recursive_' has to be true or false.", (*path, "_recursive_"))
    if type(node.get("_partial_", False)) is not bool:
        report.refuse("bad-node", "'_partial_' has to be true or false.", (*path, "_partial_"))
    if not isinstance(node.get("_args_", []), list):
        report.refuse("bad-node", "'_args_' has to be a list.", (*path, "_args_"))
    if node.get("_target_") == "functools.partial":
        message = "functools.partial is no artifact."
        report.refuse("bad-node", message, (*path, "_target_"), "Name what it calls, with '_partial_: true'.")


# -------------------------------------------------------------------------------------------------- jsonargparse

_SPECIFICATION = frozenset({"class_path", "init_args", "dict_kwargs"})


def _prepare_jsonargparse(root: Any, report: Report) -> Any:
    for key in root if isinstance(root, Mapping) else ():
        if isinstance(key, str) and "." in key:
            message = f"{quote(key)} is a path to jsonargparse."
            report.refuse("bad-node", message, (key,), "Write it as mappings.", key=True)
    for path, text in texts(root, ()):
        if "${" in text:
            message = "This is text to jsonargparse, unless its parser mode is 'omegaconf', and stays text."
            report.refuse("bad-reference", message, path, severity="warning")
    return root


def _refuse_jsonargparse(node: Mapping[Any, Any], path: Path, report: Report) -> None:
    for key in node:
        if key not in _SPECIFICATION:
            message = f"{quote(key)} stands beside 'class_path', where jsonargparse reads nothing."
            report.refuse("bad-node", message, (*path, key), "Put it under 'init_args'.", key=True)
    given: set[Any] = set()
    for part in ("init_args", "dict_kwargs"):
        held = node.get(part)
        if not isinstance(held, Mapping | None):
            report.refuse("bad-node", f"'{part}' has to be a mapping.", (*path, part))
            continue
        for key in held or ():
            if isinstance(key, str) and "." in key:
                message = f"{quote(key)} is a path to jsonargparse."
                report.refuse("bad-node", message, (*path, part, key), "Write it as mappings.", key=True)
            if key in given:
                report.refuse("duplicate-key", f"{quote(key)} is given twice.", (*path, part, key), key=True)
            given.add(key)


# ---------------------------------------------------------------------------------------------------- confection


def _registries(mapping: Mapping[Any, Any]) -> list[str]:
    return [key for key in mapping if isinstance(key, str) and key.startswith("@")]


def _refuse_confection(node: Mapping[Any, Any], path: Path, report: Report) -> None:
    for key in _registries(node)[1:]:
        report.refuse("bad-node", "A block has one name.", (*path, key), key=True)
    for key in _registries(node):
        if not isinstance(node[key], str):
            report.refuse("bad-node", "The name of a function has to be text.", (*path, key))


DIALECTS: Mapping[str, Dialect] = {
    one.name: one
    for one in (
        Dialect(
            "mmengine",
            _marked("type"),
            lambda node: "type",
            dropped={"_scope_"},
            prepare=_prepare_mmengine,
            refuse=_refuse_mmengine,
        ),
        Dialect(
            "hydra",
            lambda mapping: "_target_" in mapping,
            lambda node: "_target_",
            renamed={"_args_": "_args", "_partial_": "_partial"},
            dropped={"_convert_", "_recursive_"},  # containers are plain here, and nodes are built at any depth
            words={"_args_", "_partial_", "_convert_", "_recursive_"},
            has_imports=True,
            keeps=lambda node: node.get("_recursive_") is False,
            prepare=_prepare_hydra,
            refuse=_refuse_hydra,
        ),
        Dialect(
            "jsonargparse",
            _marked("class_path"),
            lambda node: "class_path",
            lifted=("init_args", "dict_kwargs"),
            data={"dict_kwargs"},
            has_imports=True,
            prepare=_prepare_jsonargparse,
            refuse=_refuse_jsonargparse,
        ),
        Dialect(
            "confection",
            lambda mapping: bool(_registries(mapping)),
            lambda node: _registries(node)[0],
            renamed={POSITIONAL: "_args"},
            in_lists=False,
            refuse=_refuse_confection,
        ),
    )
}
