"""Hydra instantiates of a config what we build of what it became."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from converting.recording import Call, assert_same_calls, built
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ["A", "B", "C"]

KEYS = st.sampled_from(["x", "width", "given", "a b", "class_path"])
ODD = st.sampled_from(["x", "y", "type", "ref", "raw", "registry"])  # some of them mean something to us
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False),
    st.text("aeno01.:-~ ", max_size=5),
    st.sampled_from(["${x}", "${width.x}", "${given}", "${.x}", "${..x}", "of ${x} and ${width}", "${x[0]}", "${x.y}"]),
)


def nodes(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Nodes with these within."""

    def marked(node: dict[str, Any], name: str, words: dict[str, Any]) -> dict[str, Any]:
        return {"_target_": f"converting.targets.{name}", **words, **node}

    words = st.fixed_dictionaries(
        {},
        optional={
            "_args_": st.lists(children, max_size=2),
            "_partial_": st.booleans(),
            "_convert_": st.sampled_from(["none", "partial", "all"]),
            "_recursive_": st.booleans(),
        },
    )
    return st.builds(marked, st.dictionaries(ODD, children, max_size=3), st.sampled_from(NAMES), words)


CONFIGS = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda children: st.one_of(
            st.lists(children, max_size=3),
            st.dictionaries(KEYS, children, max_size=3),
            st.dictionaries(ODD, SCALARS, max_size=2),
            nodes(children),
        ),
        max_leaves=12,
    ),
    min_size=1,
    max_size=4,
)


def noted(value: Any) -> Any:
    """What was made, with partials as calls that are still to come, and OmegaConf's containers as plain ones."""
    if isinstance(value, functools.partial):
        name = value.func.__name__
        return Call(
            name, tuple(map(noted, value.args)), {key: noted(held) for key, held in value.keywords.items()}, True
        )
    if isinstance(value, Call):
        return Call(value.name, tuple(map(noted, value.args)), {key: noted(held) for key, held in value.kwargs.items()})
    if isinstance(value, Mapping):
        return {key: noted(held) for key, held in value.items()}
    if isinstance(value, list | tuple) or type(value).__name__ == "ListConfig":
        return [noted(held) for held in value]
    return value


def theirs(file: Path) -> Any:
    """What Hydra makes of a file."""
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    return noted(instantiate(OmegaConf.load(file)))


def ours(text: str) -> Any:
    """What we make of what it becomes."""
    return noted(built(text, NAMES))


@given(config=CONFIGS)
@settings(max_examples=30, deadline=None)
def test_what_is_converted_makes_the_same_calls(tmp_path_factory: pytest.TempPathFactory, config: Any) -> None:
    file = tmp_path_factory.mktemp("hydra") / "config.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    assert_same_calls(file, "hydra", ours, theirs)
