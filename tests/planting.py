"""Plants mistakes in configs, and keeps its own books of what has to be said about each."""

import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

detection: Any = sys.modules["detection"]  # a test imports it first

Steps = tuple[Any, ...]
Classes = Mapping[str, Mapping[str, Any]]

RESERVED = ("_type", "_registry", "_args", "_partial", "_ref", "_raw")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@attrs.frozen
class Mistake:
    """One mistake: `at` is the path whose value, or whose key with `on_key`, has to be shown.

    `names` is what the message has to name; `meant` what the suggestion has to name first.
    """

    code: str
    path: Steps
    at: Steps
    names: str
    on_key: bool = False
    meant: str = ""


def plant(config: Any, classes: Classes, count: int, rng: random.Random) -> list[Mistake]:
    """Change a config so that it has one mistake at each of `count` nodes."""
    nodes = list(detection.nodes_of(config))
    planted: list[Mistake] = []
    for path, node in rng.sample(nodes, count):
        ways = [_wrong_name, _wrong_key, _wrong_type, _missing_parameter]
        rng.shuffle(ways)
        found = (way(path, node, classes, rng) for way in ways)
        planted.append(next(mistake for mistake in found if mistake is not None))
    return planted


def dotted(path: Steps) -> str:
    """The path as problems show it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif "." in step:
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text


def one_edit_apart(first: str, second: str) -> bool:
    """Whether an insertion, a deletion, a substitution or a swap of neighbours makes one of the other."""
    while first and second and first[0] == second[0]:
        first, second = first[1:], second[1:]
    while first and second and first[-1] == second[-1]:
        first, second = first[:-1], second[:-1]
    swapped = len(first) == 2 and first == second[::-1]
    return swapped or (max(len(first), len(second)) == 1)


# ---------------------------------------------------------------------------------------------------- kinds


def _wrong_name(path: Steps, node: dict[str, Any], classes: Classes, rng: random.Random) -> Mistake | None:
    meant = node["_type"]
    written = _misspelt(meant, classes, rng)
    if written is None:
        return None
    node["_type"] = written
    at = (*path, "_type")
    return Mistake("entry-not-found", at, at, written, meant=meant)


def _wrong_key(path: Steps, node: dict[str, Any], classes: Classes, rng: random.Random) -> Mistake | None:
    """An optional parameter is misspelt, or stands there a second time, misspelt."""
    parameters = classes[node["_type"]]
    if not parameters:
        return None
    meant = rng.choice(list(parameters))
    written = _misspelt(meant, parameters, rng)
    if written is None:
        return None
    if meant in node and not parameters[meant].required and _is_data(node[meant]):
        items = [(written if key == meant else key, value) for key, value in node.items()]
    else:
        items = list(node.items())
        items.insert(rng.randint(0, len(items)), (written, rng.choice([1, "text", None, [1, 2], {"a": 1}])))
    node.clear()
    node.update(items)
    return Mistake("unknown-parameter", (*path, written), (*path, written), written, on_key=True, meant=meant)


def _wrong_type(path: Steps, node: dict[str, Any], classes: Classes, rng: random.Random) -> Mistake | None:
    """A parameter with a type gets a value that it does not take, in place of its own or of its default."""
    parameters = {
        key: parameter
        for key, parameter in classes[node["_type"]].items()
        if parameter.kind and _is_data(node.get(key)) and not (parameter.required and key not in node)
    }
    if not parameters:
        return None
    key = rng.choice(list(parameters))
    kind, at = parameters[key].kind, (*path, key)
    if kind.startswith("list[") and node.get(key) and rng.random() < 0.7:
        index = rng.randrange(len(node[key]))
        node[key] = [*node[key]]
        node[key][index] = _unfit(kind[5:-1], False, rng)
        return Mistake("wrong-type", (*at, index), (*at, index), f"{key}[{index}]")
    node[key] = _unfit(kind, not parameters[key].required, rng)
    return Mistake("wrong-type", at, at, key)


def _missing_parameter(path: Steps, node: dict[str, Any], classes: Classes, rng: random.Random) -> Mistake | None:
    removable = [
        key for key, parameter in classes[node["_type"]].items() if parameter.required and _is_data(node.get(key))
    ]
    if not removable:
        return None
    key = rng.choice(removable)
    del node[key]
    return Mistake("missing-parameter", path, (*path, "_type"), key)


# ---------------------------------------------------------------------------------------------------- help

_VALUES: Mapping[str, tuple[Any, ...]] = {
    "int": (1, 0, -7),
    "float": (0.5, 3.0, 1e-05),
    "bool": (True, False),
    "str": ("three", "3", "naïve ☃ 😀", "true", ""),
    "None": (None,),
}
_TAKES = {"int": {"int"}, "float": {"int", "float"}, "bool": {"bool"}, "str": {"str"}}


def _unfit(kind: str, optional: bool, rng: random.Random) -> Any:
    """A value that a type does not take."""
    fit = {*_TAKES.get(kind, ()), *(["None"] if optional else [])}
    return rng.choice([value for name, values in _VALUES.items() if name not in fit for value in values])


def _is_data(value: Any) -> bool:
    return not any(True for _ in detection.nodes_of(value))


def _misspelt(word: str, names: Iterable[str], rng: random.Random) -> str | None:
    """The word with one edit, such that nothing else could be meant; None when none was found."""
    others = [name.casefold() for name in names if name != word]
    for written in _edits(word, rng):
        folded = written.casefold()
        if folded == word.casefold() or folded in others or any(one_edit_apart(folded, other) for other in others):
            continue
        if not any(folded == reserved or one_edit_apart(folded, reserved) for reserved in RESERVED):
            return written
    return None


def _edits(word: str, rng: random.Random) -> Iterator[str]:
    for _ in range(30):
        place = rng.randrange(len(word))
        before, here, after = word[:place], word[place], word[place + 1 :]
        kind = rng.choice(["insert", "delete", "substitute", "swap"])
        if kind == "insert":
            yield before + rng.choice(LETTERS) + here + after
        elif kind == "substitute":
            yield before + rng.choice(LETTERS) + after
        elif kind == "delete" and len(word) > 1:
            yield before + after
        elif kind == "swap" and after and after[0] != here:
            yield before + after[0] + here + after[1:]
