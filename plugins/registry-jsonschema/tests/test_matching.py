"""Data against JSON Schemas: every error with its path, and no reference into the network."""

import copy
import dataclasses
import datetime
import enum
import pathlib
import pickle
import threading
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
import jsonschema  # type: ignore[import-untyped]  # has no types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_jsonschema import matches

from registry import Registry, ValidationContext, ValidationError
from registry.testing import check_plugin, check_validator

PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
SITE = {
    "title": "site",
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "ports": {"type": "array", "items": PORT}},
    "additionalProperties": False,
}


def refusal(schema: Any, artifact: Any, **others: Any) -> ValidationError:
    registry = Registry[Any]("sites", validators=[matches(schema, **others)])
    with pytest.raises(ValidationError) as caught:
        registry.register("north", artifact)
    return caught.value


def accepts(schema: Any, artifact: Any, **others: Any) -> bool:
    registry = Registry[Any]("sites", validators=[matches(schema, **others)])
    registry.register("north", artifact)
    return registry["north"] is artifact


def test_what_matches_stays_as_it_is() -> None:
    assert accepts(SITE, {"name": "north", "ports": [80, 443]})


def test_every_error_is_reported_with_its_path() -> None:
    error = refusal(SITE, {"ports": [0, "x", 80, 70000], "odd key": 1})
    assert [found["path"] for found in error.context["errors"]] == ["", "", "ports[0]", "ports[1]", "ports[3]"]
    assert error.message.startswith("'north' does not match the JSON Schema 'site': ")
    assert error.message.endswith("at 'ports[0]', 0 is less than the minimum of 1; and 2 more.")
    assert "Correct ports[3]: 70000 is greater than the maximum of 65535." in error.suggestions
    assert (error.context["registry"], error.context["entry"]) == ("sites", "north")


def test_of_several_alternatives_the_one_that_was_nearly_met_is_told() -> None:
    schema = {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"port": PORT}, "required": ["port"]}]}
    (found,) = refusal(schema, {"port": 0}).context["errors"]
    assert found == {"path": "port", "message": "0 is less than the minimum of 1"}


def test_a_long_value_is_not_repeated_in_full() -> None:
    assert len(refusal({"type": "integer"}, ["x" * 10_000]).message) < 400


@attrs.frozen
class Site:
    name: str
    ports: tuple[Any, ...] = ()


@dataclasses.dataclass
class Server:
    site: Site
    since: datetime.date
    folder: pathlib.PurePosixPath


class Colour(enum.Enum):
    RED = "red"


def test_objects_that_show_their_fields_are_looked_at_as_mappings() -> None:
    schema = {
        "type": "object",
        "properties": {"site": SITE, "since": {"format": "date", "type": "string"}, "folder": {"type": "string"}},
        "required": ["site", "since", "folder"],
    }
    assert accepts(schema, Server(Site("north", (80,)), datetime.date(2026, 1, 31), pathlib.PurePosixPath("/srv")))
    wrong = Server(Site("north", (0,)), datetime.date(2026, 1, 31), pathlib.PurePosixPath("/srv"))
    assert [found["path"] for found in refusal(schema, wrong).context["errors"]] == ["site.ports[0]"]
    assert accepts({"enum": ["red"]}, Colour.RED)


def test_what_json_has_nothing_for_matches_no_type() -> None:
    assert "is not of type 'string'" in refusal({"type": "string"}, b"bytes").message


@pytest.mark.parametrize("artifact", [Site, print, lambda: {"name": "north"}], ids=["class", "function", "lambda"])
def test_code_is_no_data(artifact: Any) -> None:
    assert "it is code, and no data" in refusal(SITE, artifact).message


def test_formats_are_checked() -> None:
    assert "is not a 'date'" in refusal({"type": "string", "format": "date"}, "31.1.2026").message


def test_the_dialect_is_the_one_that_is_named() -> None:
    pair = {"items": [{"type": "integer"}, {"type": "string"}]}  # in 2020-12 this is `prefixItems`
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **pair}
    assert accepts(schema, [1, "a"])
    assert [found["path"] for found in refusal(schema, ["a", 1]).context["errors"]] == ["[0]", "[1]"]
    with pytest.raises(ValidationError, match="no JSON Schema: at 'items'"):
        matches(pair)
    with pytest.raises(ValidationError, match="written in 'acme:2', which is not known"):
        matches({"$schema": "acme:2"})


@pytest.mark.parametrize("schema", [{"type": "txt"}, {"minimum": "0"}, {"properties": []}, {"required": "name"}])
def test_what_is_no_schema_is_refused_when_the_validator_is_made(schema: Any) -> None:
    with pytest.raises(ValidationError, match="This is no JSON Schema"):
        matches(schema)
    with pytest.raises(ValidationError, match="This is no JSON Schema"):
        matches(True, others={"acme:schema": schema})


def test_true_and_false_are_schemas() -> None:
    assert accepts(True, {"any": "thing"})
    assert "does not match its JSON Schema" in refusal(False, {"any": "thing"}).message


def test_a_validator_keeps_the_schema_that_it_was_made_of() -> None:
    schema = copy.deepcopy(SITE)
    validator = matches(schema)
    schema["required"] = ["other"]
    validator({"name": "north"}, ValidationContext("sites", "north"))


def test_it_goes_into_a_pickle_and_comes_back_the_same() -> None:
    validator = matches(SITE)
    again = pickle.loads(pickle.dumps(validator))
    assert again == validator
    with pytest.raises(ValidationError, match="'north' does not match"):
        again({}, ValidationContext("sites", "north"))


# ---------------------------------------------------------------------------------------------- references


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """The address of a server that has a schema, and the paths that it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"type": "string"}')

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/name.json", paths
        server.shutdown()
        thread.join()


def test_nothing_is_fetched_from_the_network(asked: tuple[str, list[str]]) -> None:
    address, paths = asked
    with pytest.raises(ValidationError, match="nothing is fetched") as caught:
        matches({"properties": {"name": {"$ref": address}}})
    assert caught.value.context["references"] == [address]
    assert paths == []


def test_the_library_alone_would_have_fetched_it(asked: tuple[str, list[str]]) -> None:
    address, paths = asked
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        jsonschema.validate("north", {"$ref": address})
    assert paths == ["/name.json"]


def test_references_lead_to_the_schemas_that_are_given(asked: tuple[str, list[str]]) -> None:
    address, paths = asked
    schema = {"properties": {"name": {"$ref": address}}}
    others = {address: {"$ref": "acme:text"}, "acme:text": {"type": "string"}}
    assert accepts(schema, {"name": "north"}, others=others)
    assert [found["path"] for found in refusal(schema, {"name": 1}, others=others).context["errors"]] == ["name"]
    assert paths == []


def test_a_reference_of_what_is_referred_to_is_followed_before_any_data_comes() -> None:
    with pytest.raises(ValidationError, match="refers to 'acme:text'"):
        matches({"$ref": "acme:name"}, others={"acme:name": {"$ref": "acme:text"}})
    with pytest.raises(ValidationError, match=r"refers to '#/\$defs/missing'"):
        matches({"items": {"$ref": "#/$defs/missing"}})


def test_a_schema_may_refer_to_itself() -> None:
    tree = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}}
    assert accepts(tree, {"children": [{"children": []}]})
    (found,) = refusal(tree, {"children": [{"children": [3]}]}).context["errors"]
    assert found["path"] == "children[0].children[0]"


# ---------------------------------------------------------------------------------------------- laws

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "ports"]), inner, max_size=2),
    max_leaves=6,
)


@given(VALUES)
def test_it_refuses_exactly_what_the_library_finds_errors_in(value: Any) -> None:
    errors = list(jsonschema.Draft202012Validator(SITE).iter_errors(value))
    validator, context = matches(SITE), ValidationContext("sites", "north")
    if errors:
        with pytest.raises(ValidationError) as caught:
            validator(value, context)
        assert len(caught.value.context["errors"]) == len(errors)
    else:
        validator(value, context)


def test_it_keeps_the_contract_of_a_validator() -> None:
    good: list[Any] = [{"name": "north"}, {"name": "south", "ports": [80]}, Site("east", (443,))]
    check_validator(lambda: matches(SITE), accepts=good, refuses=[{}, {"name": 1}, [], None, print, Site])


def test_data_that_holds_itself_is_refused() -> None:
    circle: list[Any] = []
    circle.append(circle)
    assert "looking at it raises RecursionError" in refusal(SITE, circle).message


def test_the_distribution_is_whole() -> None:
    checked = check_plugin("registry-jsonschema")
    assert [*checked.parts, *checked.imported] == ["validators jsonschema"]
