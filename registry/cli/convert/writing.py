"""Writes what was converted, and makes sure that it is read as what it is."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

from registry.cli.convert.links import Link
from registry.cli.convert.yaml_tree import WrittenFloat, WrittenInt, plain
from registry.config import read_json, read_yaml
from registry.config.yaml_scalars import plain_scalar
from registry.errors import ValidationError


def written(value: Any, suffix: str) -> str:
    """A config as text.

    Args:
        value: Mappings, lists and scalars, of ruamel.yaml where comments are to stay.
        suffix: ".json" for JSON; it is YAML otherwise.

    Raises:
        ValidationError: The text does not say what the value is.
    """
    as_json = suffix == ".json"
    text = json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n" if as_json else _yaml(value)
    document = read_json(text) if as_json else read_yaml(text)
    if document.problems or not _same(document.value, plain(value)):
        raise ValidationError("What was converted cannot be written so that it is read as the same.")
    return text


def _yaml(value: Any) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.representer import RoundTripRepresenter, SafeRepresenter

    class Plain(SafeRepresenter):
        """Writes text so that we read it as text."""

    class Commented(RoundTripRepresenter):
        """The same beside comments, and mappings of our own classes as mappings."""

    Plain.add_representer(str, _text)
    Commented.add_representer(str, _text)
    Commented.add_representer(WrittenInt, _number("int"))
    Commented.add_representer(WrittenFloat, _number("float"))
    Commented.add_representer(Link, _link)
    Commented.add_multi_representer(dict, RoundTripRepresenter.represent_dict)
    has_comments = isinstance(value, CommentedMap | CommentedSeq)
    yaml = YAML(typ="rt" if has_comments else "safe")
    yaml.Representer = Commented if has_comments else Plain
    yaml.width = 120
    if has_comments:
        yaml.preserve_quotes = True
    else:
        yaml.allow_unicode = True
        yaml.default_flow_style = None  # lists of numbers on one line
        yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # it is None until it is set
    into = StringIO()
    yaml.dump(value if has_comments else plain(value), into)
    return into.getvalue()


def _text(representer: Any, text: str) -> Any:
    """A text, in quotes where it would be something else without them."""
    try:
        style = None if type(plain_scalar(text)) is str else "'"
    except ValueError:  # digits without an end
        style = "'"
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _link(representer: Any, link: Link) -> Any:
    return representer.represent_mapping("tag:yaml.org,2002:map", link, flow_style=True)


def _number(kind: str) -> Callable[[Any, WrittenInt | WrittenFloat], Any]:
    return lambda representer, value: representer.represent_scalar(f"tag:yaml.org,2002:{kind}", value.text)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same, each of its type, NaN like NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return repr(one) == repr(other) if isinstance(one, float) else bool(one == other)
