"""jsonargparse instantiates of a config what we build of what it became."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from converting.recording import Call, assert_same_calls, built
from converting.targets import Base, Leaf, Tree
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ["Leaf", "Tree"]

LEAVES = st.fixed_dictionaries(
    {"class_path": st.just("converting.targets.Leaf")},
    optional={
        "init_args": st.fixed_dictionaries(
            {},
            optional={
                "value": st.one_of(st.integers(-9, 9), st.booleans(), st.lists(st.integers(0, 3), max_size=2)),
                "text": st.sampled_from(["", "yes ", "a b", "0x", "é"]),
                "number": st.floats(-1e9, 1e9),
                "flag": st.booleans(),
            },
        )
    },
)


def trees(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Nodes with these within."""
    given_to = st.fixed_dictionaries(
        {},
        optional={
            "one": children,
            "many": st.lists(children, max_size=2),
            "named": st.dictionaries(st.sampled_from(["x", "y z"]), children, max_size=2),
        },
    )
    rest = st.dictionaries(st.sampled_from(["extra", "type", "args"]), st.integers(0, 3), max_size=2)
    return st.builds(
        lambda init, more: {
            "class_path": "converting.targets.Tree",
            "init_args": init,
            **({"dict_kwargs": more} if more else {}),
        },
        given_to,
        rest,
    )


CONFIGS = st.dictionaries(
    st.sampled_from(["model", "other"]), st.recursive(LEAVES, trees, max_leaves=6), min_size=1, max_size=2
)


def noted(value: Any) -> Any:
    """What was made, as calls; what was not given is left out, since only one of the two says it."""
    if isinstance(value, Base):
        return noted(value.call)
    if isinstance(value, Call):
        defaults = Leaf().call.kwargs if value.name == "Leaf" else Tree().call.kwargs
        return Call(value.name, (), {key: noted(held) for key, held in (defaults | value.kwargs).items()})
    if isinstance(value, dict):
        return {key: noted(held) for key, held in value.items()}
    return [noted(held) for held in value] if isinstance(value, list) else value


def theirs(file: Path) -> Any:
    """What jsonargparse makes of a file."""
    from jsonargparse import ArgumentParser

    parser = ArgumentParser(exit_on_error=False)
    for name in ("model", "other"):
        parser.add_argument(f"--{name}", type=Base | None)
    made = parser.instantiate(parser.parse_path(file))
    return {name: noted(made[name]) for name in ("model", "other") if made[name] is not None}


def ours(text: str) -> Any:
    """What we make of what it becomes."""
    return noted(built(text, NAMES))


@given(config=CONFIGS)
@settings(max_examples=25, deadline=None)
def test_what_is_converted_makes_the_same_calls(tmp_path_factory: pytest.TempPathFactory, config: Any) -> None:
    file = tmp_path_factory.mktemp("jsonargparse") / "config.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    assert_same_calls(file, "jsonargparse", ours, theirs)
