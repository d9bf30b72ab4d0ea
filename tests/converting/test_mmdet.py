"""The configs that mmdet 3.3.0 carries: mmengine builds of each what we build of what it became."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from converting.recording import Call, built, plain

from registry.cli.convert.conversion import convert_file
from registry.errors import ConfigError


@cache
def configs() -> Path:
    """The folder of the configs, in the distribution."""
    from importlib.metadata import distribution

    return Path(str(distribution("mmdet").locate_file("mmdet/.mim/configs")))


def files() -> list[Path]:
    return sorted(configs().rglob("*.py"))


class Peer:
    """mmengine, with a registry whose every class notes its call."""

    def __init__(self) -> None:
        from mmengine.registry import Registry

        self.root = Registry("recorders", scope="mmdet")
        self.scopes = {"mmdet": self.root}
        self.make = Registry

    def build(self, value: Any, default: str = "mmdet") -> Any:
        """A value, its nodes built."""
        if isinstance(value, dict):
            if isinstance(value.get("type"), str):
                return self._node(value)
            return {key: self.build(held) for key, held in value.items()}
        if isinstance(value, list | tuple):
            return [self.build(held) for held in value]
        return value

    def _node(self, node: dict[str, Any]) -> Any:
        scope, _, name = node["type"].rpartition(".")
        scope = scope or node.get("_scope_") or "mmdet"
        if scope not in self.scopes:
            self.scopes[scope] = self.make("recorders", parent=self.root, scope=scope)
        if name not in self.scopes[scope].module_dict:
            self.scopes[scope].register_module(name=name, module=self._recorder(name))
        return self.root.build(node).call

    def _recorder(self, name: str) -> type:
        peer = self

        class Recorder:
            def __init__(self, **kwargs: Any) -> None:
                self.call = Call(name, (), {key: peer.build(value) for key, value in kwargs.items()})

        return Recorder


def names_in(call: Any) -> Iterator[str]:
    if isinstance(call, Call):
        yield call.name
        yield from names_in(call.kwargs)
    elif isinstance(call, dict):
        for held in call.values():
            yield from names_in(held)
    elif isinstance(call, list | tuple):
        for held in call:
            yield from names_in(held)


def theirs(file: Path) -> Any:
    """What mmengine reads in a file."""
    from mmengine import Config

    return Config.fromfile(file, import_custom_modules=False).to_dict()


def compared(found: Iterable[Path]) -> tuple[Counter[str], list[str]]:
    """What came of each file: whether we converted it, why not, and whether mmengine reads it."""
    outcomes: Counter[str] = Counter()
    different: list[str] = []
    for file in found:
        try:
            text = convert_file(file).text
        except ConfigError as error:
            outcomes[why(error, file)] += 1
            continue
        peer = Peer().build(theirs(file))
        outcomes["converted"] += 1
        if plain(built(text, names_in(peer))) != plain(peer):
            different.append(file.name)
    return outcomes, different


def why(error: ConfigError, file: Path) -> str:
    """The reason for which a file was refused, in words of the documentation."""
    message, where = error.problems[0].message, error.problems[0].location
    if where is None:
        raise AssertionError(f"{file}: {message}")
    for reason, pattern in REASONS.items():
        if re.search(pattern, message):
            return reason
    raise AssertionError(f"{file}: {message}")


REASONS = {
    "builds on a file that is not there": "does not exist",
    "builds on a file of another package": "of another package",
    "two packages have a class of the name": "would be both",
    "a program, and no config": "is not worked out",
}

# The one that the two packages are about, one that deletes, one that refuses, and each twentieth of the others.
CHOSEN = (
    "deepsort_faster-rcnn_r50",
    "grounding_dino_swin-t_pretrain_zeroshot_lvis",
    "override_category",
    "cspnext-s_8xb256",
)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning")  # of mmengine and what it reads
def test_what_is_converted_makes_the_same_calls() -> None:
    listed = files()
    some = [*listed[::50], *(file for file in listed if file.name.startswith(CHOSEN))]
    outcomes, different = compared(some)
    assert different == []
    assert set(outcomes) <= {"converted", *REASONS}
    assert outcomes["converted"] > 15
    assert len(outcomes) >= 4


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning")  # as above
def test_all_of_them_are_converted_or_refused_as_the_documentation_says() -> None:
    outcomes, different = compared(files())
    assert different == []
    guide = Path(__file__).parents[2].joinpath("docs/guides/moving.md").read_text(encoding="utf-8")
    told = {reason: int(count) for reason, count in re.findall(r"^\| (.+?) \| (\d+) \|$", guide, re.MULTILINE)}
    assert {reason: told.get(reason) for reason in outcomes} == dict(outcomes)


def test_a_config_that_is_converted_wrongly_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from registry.cli.convert import mmengine

    def forgetful(own: Any, base: Any, where: Any) -> Any:
        return base | own

    monkeypatch.setattr(mmengine, "_merged", forgetful)
    file = next(file for file in files() if file.name == "faster-rcnn_r101_fpn_1x_coco.py")
    assert compared([file])[1] == [file.name]
