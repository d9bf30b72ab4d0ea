"""Problems for programs: JSON, workflow commands of GitHub, SARIF."""

import json
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote as percent_encode

from registry.cli.output import safe
from registry.distribution import __version__
from registry.problems import CODES, Problem


def as_json(problems: Sequence[Problem], files: int) -> str:
    """One JSON object: the number of files, and every problem."""
    return json.dumps({"files": files, "problems": [problem.as_dict() for problem in problems]}, indent=2)


def as_github(problems: Sequence[Problem]) -> str:
    """Workflow commands of GitHub Actions, one line for each problem, shown as annotations of the change.

    Escaped as the runner reads them back (actions/toolkit, `@actions/core`, command.ts).
    """
    return "\n".join(map(_workflow_command, problems))


def as_sarif(problems: Sequence[Problem]) -> str:
    """A SARIF 2.1.0 log (OASIS standard) with one run."""
    codes = sorted({problem.code for problem in problems})
    rules = [{"id": code, "shortDescription": {"text": CODES.get(code, code)}} for code in codes]
    run = {
        "tool": {"driver": {"name": "registry", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, codes.index(problem.code)) for problem in problems],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2)


def _workflow_command(problem: Problem) -> str:
    command = {"error": "error", "warning": "warning", "note": "notice"}[problem.severity]
    properties = {"title": problem.code}
    if (where := problem.location) is not None:
        properties |= {"file": where.file, "line": str(where.line), "col": str(where.column)}
        properties["endColumn"] = str(max(where.column, where.end_column - 1))  # the end is inclusive there
    written = ",".join(f"{key}={_escape(safe(value), ':,')}" for key, value in properties.items())
    return f"::{command} {written}::{_escape(safe(_message(problem)))}"


def _escape(text: str, special: str = "") -> str:
    """A percent sign and line ends, and what is special in the place, as percent and two digits."""
    return "".join(f"%{ord(character):02X}" if character in f"%\r\n{special}" else character for character in text)


def _message(problem: Problem) -> str:
    return "\n".join([problem.message, *problem.suggestions])


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": _message(problem)},
        "locations": list(_locations(problem)),
    }


def _locations(problem: Problem) -> Iterator[dict[str, Any]]:
    location: dict[str, Any] = {}
    if (where := problem.location) is not None:
        region: dict[str, Any] = {
            "startLine": where.line,
            "startColumn": where.column,
            "endColumn": max(where.column, where.end_column),
        }
        if where.excerpt:
            region["snippet"] = {"text": where.excerpt}
        location["physicalLocation"] = {"artifactLocation": {"uri": _uri(where.file)}, "region": region}
    if problem.path:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.path, "kind": "member"}]
    if location:
        yield location


def _uri(file: str) -> str:
    """A file's name as a URI reference (RFC 3986); a URL stays one."""
    if file.startswith(("http://", "https://")):
        return file
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else percent_encode(path.as_posix(), errors="surrogateescape")
