"""A plain scalar is to us, after it was converted, what it is to the tool that it comes from."""

from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.cli.convert.scalars import SCALARS
from registry.cli.convert.writing import written
from registry.cli.convert.yaml_tree import yaml_reader
from registry.config import read_yaml
from registry.model import Limits

WORDS = [
    *("yes", "No", "ON", "off", "true", "False", "null", "~", "Null", "nULL", "y", "n", "yEs", ".inf", "-.INF", ".nan"),
    *("0", "00", "010", "08", "0o10", "0x1F", "0b101", "1_000", "1__0", "12:30", "1:30:15", "12:30.5", "-0x1F", "+12"),
    *("1e3", "1e-3", "1.e3", "1.5e+3", "1.5e3", ".5", "5.", "-.5", ".5e3", "._", "1_0.5_0", "2024-01-02", "1E5", "0e0"),
]
TEXTS = st.one_of(
    st.sampled_from(WORDS),
    st.from_regex(r"[-+]?[0-9_]{1,4}([.:][0-9_]{0,3})?([eE][-+]?[0-9]{1,2})?", fullmatch=True),
    st.text("0123456789.:_+-eExobaf", min_size=1, max_size=8),
    st.from_regex(r"(?i)(yes|no|true|false|on|off|null|\.inf|\.nan)", fullmatch=True),
)


def theirs(dialect: str, document: str) -> Any:
    """What the tool makes of a document."""
    if dialect == "hydra":
        import yaml
        from omegaconf._utils import get_yaml_loader  # what OmegaConf.load uses, without what it does with the values

        return yaml.load(document, Loader=get_yaml_loader())
    if dialect == "jsonargparse":
        from jsonargparse import get_loader

        return get_loader("yaml")(document)
    from mmengine.fileio.handlers import YamlHandler

    return YamlHandler().load_from_fileobj(StringIO(document))


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and repr(one) == repr(other)


@pytest.mark.parametrize("dialect", SCALARS)
@given(text=TEXTS)
@settings(max_examples=100, deadline=None)
def test_a_plain_scalar_keeps_its_value(dialect: str, text: str) -> None:
    document = f"a: {text}\n"
    if read_yaml(document).problems:
        return
    converted = yaml_reader(dialect)(document, "it.yaml", Limits())
    try:
        expected = theirs(dialect, document)
    except ValueError:  # a float of underscores alone
        assert converted.problems
        return
    if converted.problems:
        assert not isinstance(expected["a"], str | int | float | None)
        return
    got = read_yaml(written(converted.value, ".yaml")).value
    assert same(got, expected), (got, expected)
