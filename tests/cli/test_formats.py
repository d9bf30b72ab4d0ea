"""Formats for programs, from problems of every shape."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from registry.cli.formats import as_github, as_json, as_sarif
from registry.distribution import __version__
from registry.problems import CODES, Location, Problem

LOCATIONS = st.none() | st.builds(
    Location,
    file=st.text(min_size=1),
    line=st.integers(1, 10**6),
    column=st.integers(1, 1000),
    end_column=st.integers(1, 1000),
    excerpt=st.text(),
)
PROBLEMS = st.lists(
    st.builds(
        Problem,
        code=st.sampled_from(sorted(CODES)),
        message=st.text(min_size=1),
        path=st.text(),
        location=LOCATIONS,
        suggestions=st.lists(st.text(), max_size=3),
        severity=st.sampled_from(["error", "warning", "note"]),
    ),
    max_size=5,
)

# What the standard asks of the parts that are used here (SARIF 2.1.0, sections 3.13 to 3.30 and 3.51)
MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
POSITIVE = {"type": "integer", "minimum": 1}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message", "ruleId"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": MESSAGE,
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "locations": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "minProperties": 1,
                                        "properties": {
                                            "physicalLocation": {
                                                "type": "object",
                                                "required": ["artifactLocation", "region"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "properties": {"uri": {"type": "string"}},
                                                        "required": ["uri"],
                                                    },
                                                    "region": {
                                                        "required": ["startLine"],
                                                        "properties": {
                                                            "startLine": POSITIVE,
                                                            "startColumn": POSITIVE,
                                                            "endColumn": POSITIVE,
                                                            "snippet": MESSAGE,
                                                        },
                                                        "additionalProperties": False,
                                                    },
                                                },
                                                "additionalProperties": False,
                                            },
                                            "logicalLocations": {"type": "array", "uniqueItems": True},
                                        },
                                        "additionalProperties": False,
                                    },
                                },
                            },
                            "additionalProperties": False,
                        },
                    },
                },
            },
        },
    },
}


def unescape(text: str) -> str:
    """What the runner of GitHub Actions makes of an escaped text."""
    return re.sub("%([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), text)


@given(PROBLEMS)
def test_sarif_is_a_valid_log_of_one_run(problems: list[Problem]) -> None:
    log: dict[str, Any] = json.loads(as_sarif(problems))
    Draft7Validator(SARIF).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert run["tool"]["driver"]["version"] == __version__
    assert len(run["results"]) == len(problems)
    for result, problem in zip(run["results"], problems, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == problem.code
        assert result["level"] == problem.severity
        for location in result["locations"]:
            if "physicalLocation" in location:
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                assert re.fullmatch(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", uri)


@given(PROBLEMS)
def test_json_gives_the_problems_back(problems: list[Problem]) -> None:
    answer = json.loads(as_json(problems, 3))
    assert [Problem.from_dict(values) for values in answer["problems"]] == problems


@given(PROBLEMS)
def test_a_workflow_command_is_one_line_whose_parts_can_be_read_back(problems: list[Problem]) -> None:
    lines = as_github(problems).split("\n") if problems else []
    assert len(lines) == len(problems)
    for line, problem in zip(lines, problems, strict=True):
        match = re.fullmatch(r"::(error|warning|notice) ([^\r\n]*?)::([^\r\n]*)", line)
        assert match is not None
        properties = dict(part.split("=", 1) for part in match[2].split(","))
        assert unescape(properties["title"]) == problem.code
        if problem.location is not None:
            assert int(properties["line"]) == problem.location.line


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("configs/a b.yaml", "configs/a%20b.yaml"),
        ("configs/größe.yaml", "configs/gr%C3%B6%C3%9Fe.yaml"),
        ("/data/a#b.yaml", "file:///data/a%23b.yaml"),
        ("https://example.org/a.yaml?b=c", "https://example.org/a.yaml?b=c"),
    ],
)
def test_a_file_becomes_a_uri(file: str, uri: str) -> None:
    log = json.loads(as_sarif([Problem("bad-document", "No.", location=Location(file, 1, 1, 2))]))
    (location,) = log["runs"][0]["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_columns_are_code_points_from_1_and_end_as_each_format_has_it() -> None:
    problem = Problem("wrong-type", "No.", location=Location("a.yaml", 2, 5, 9, "é: \U0001f600 half"))
    (run,) = json.loads(as_sarif([problem]))["runs"]
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (2, 5, 9)  # exclusive
    command = "::error title=wrong-type,file=a.yaml,line=2,col=5,endColumn=8::"  # inclusive
    assert as_github([problem]).startswith(command)
