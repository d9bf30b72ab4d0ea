"""A document that is meant to hurt ends in located problems, in bounded time and memory, in a process that lives on.

All documents of one format go through one process, one after the other; what it says about each is asserted here. A
process that dies leaves the documents after the deadly one without an answer.
"""

import codecs
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import json, resource, sys, time
from pathlib import Path
from registry import ConfigError, Registry

class Box:
    made = 0
    def __init__(self, **parts):
        Box.made += 1

registry = Registry("boxes")
registry.register("box", Box)
for file in sorted(Path(sys.argv[1]).iterdir()):
    answer = {"name": file.name, "crash": "", "codes": []}
    start = time.process_time()
    try:
        problems = registry.check_file(file)
        answer["seconds"] = time.process_time() - start
        try:
            registry.build_file(file)
        except ConfigError as error:
            answer["agrees"] = list(error.problems) == problems
        else:
            answer["agrees"] = not any(problem.severity == "error" for problem in problems)
        texts = [str(problem) for problem in problems]
        answer["codes"] = sorted({problem.code for problem in problems})
        answer["located"] = all(
            problem.location is not None
            and problem.location.file == str(file)
            and problem.location.line > 0
            and 0 < problem.location.column <= problem.location.end_column
            for problem in problems
        )
        answer["longest"] = max(map(len, texts), default=0)
        answer["tame"] = all(line.isprintable() for text in texts for line in text.split("\\n"))
    except Exception as error:
        answer["crash"] = f"{type(error).__name__}: {error}"[:500]
    answer["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    answer["made"] = Box.made
    print(json.dumps(answer), flush=True)
"""


def bomb(first: str, link: str) -> str:
    """Anchors that each hold the one before ten times."""
    names = "abcdefgh"
    lines = [f"a: &a {first}"]
    lines += [link.format(name=name, before=before) for before, name in itertools.pairwise(names)]
    return "\n".join(lines)


BAD, DEEP, UNKNOWN = "bad-document", "limit-exceeded", "entry-not-found"
TENFOLD = ", ".join(["*{before}"] * 10)

YAML: dict[str, tuple[str | bytes, set[str]]] = {
    "brackets": ("[" * 60_000, {DEEP}),
    "brackets below a node": ("_type: box\na: " + "[" * 60_000, {DEEP}),
    "closed brackets": ("[" * 60_000 + "]" * 60_000, {DEEP}),
    "braces": ("{" * 60_000, {DEEP}),
    "keys of braces": ("{a: " * 60_000, {DEEP}),
    "nested nodes": ("{_type: box, a: " * 20_000, {DEEP}),
    "dashes": ("- " * 60_000, {DEEP}),
    "questions": ("? " * 60_000, {DEEP}),
    "indentation": ("".join(" " * depth + "a:\n" for depth in range(1500)), {DEEP}),
    "alias bomb": (bomb("[x, x, x, x, x, x, x, x, x, x]", "{name}: &{name} [" + TENFOLD + "]"), {DEEP}),
    "merge bomb": (
        bomb(
            "{k: [x, x, x, x, x, x, x, x, x, x]}",
            "{name}: &{name} {{<<: *{before}, " + ", ".join(f"{{name}}{n}: *{{before}}" for n in range(10)) + "}}",
        ),
        {DEEP},
    ),
    "merge list bomb": (
        "a: &a {" + ", ".join(f"k{n}: 1" for n in range(2000)) + "}\nb: {<<: [" + ", ".join(["*a"] * 2000) + "]}",
        {DEEP},
    ),
    "self-referring list": ("a: &a [*a]\n", {BAD}),
    "self-referring root": ("&a {_type: box, b: *a}\n", {BAD}),
    "self-referring key": ("a: &a {*a : 1}\n", {BAD}),
    "self-referring merge": ("a: &a {<<: *a}\n", {BAD}),
    "crossing anchors": ("a: &a [*b]\nb: &b [*a]\n", {BAD}),
    "merge of a number": ("<<: 1\n", {BAD}),
    "list as a key": ("? [1, 2]\n: 1\n", {BAD}),
    "long decimal integer": ("_type: box\na: " + "9" * 5000, {BAD}),
    "long hexadecimal name": ("_type: 0x" + "f" * 5000, {UNKNOWN}),
    "long hexadecimal key": ("_type: box\na:\n  ? 0x" + "f" * 5000 + "\n  : {_type: nope}\n", {UNKNOWN}),
    "long octal integers": (
        "_type: box\na: {_type: nope, b: [" + ", ".join(["0o" + "7" * 9000] * 50) + "]}",
        {UNKNOWN},
    ),
    "lone surrogate": ('_type: "\\ud800"', {BAD, "bad-node"}),
    "lone surrogate as a key": ('"\\udfff": 1', {BAD}),
    "NUL": ("_type: box\na: \0", {BAD}),
    "escaped NUL": ('_type: "box\\0"', {UNKNOWN}),
    "control characters": ("_type: box\na: \x01\x02\x1b[31m", {BAD}),
    "not UTF-8": (b"_type: box\na: \xff\xfe\xfa", {BAD}),
    "overlong UTF-8": (b"_type: \xc0\xaf", {BAD}),
    "surrogate in UTF-8": (b"_type: \xed\xa0\x80", {BAD}),
    "half of UTF-16": (codecs.BOM_UTF16_LE + "_type: box".encode("utf-16-le") + b"x", {BAD}),
    "lone mark of UTF-32": (codecs.BOM_UTF32_BE + b"\0", {BAD}),
    "mark alone": (codecs.BOM_UTF8, {BAD}),
    "mark before a mistake": (codecs.BOM_UTF8 + b"_type: nope", {UNKNOWN}),
    "mark of UTF-16 before a mistake": (codecs.BOM_UTF16_BE + "_type: nope".encode("utf-16-be"), {UNKNOWN}),
    "binary": (bytes(range(256)) * 100, {BAD}),
    "nothing": ("", {BAD}),
    "comments alone": ("# a comment\n" * 80_000, {BAD}),
    "blank lines": ("\n" * 1_000_000, {BAD}),
    "spaces": (" " * 1_000_000, {BAD}),
    "tab as indentation": ("a:\n\t- b\n", {BAD}),
    "huge plain scalar": ("_type: box\na: {_type: " + "x" * 4_000_000 + "}", {UNKNOWN}),
    "huge quoted scalar": ('_type: "' + "x" * 4_000_000 + '"', {UNKNOWN}),
    "huge folded scalar": ("_type: >\n" + "  x\n" * 200_000, {UNKNOWN}),
    "string without an end": ('a: "' + "x" * 900_000, {BAD}),
    "one long line": ("[" + "{_type: box, a: 1}, " * 15_000 + "{_type: nope}]", {UNKNOWN}),
    "one long line of mistakes": ("[" + ", ".join(["{_type: nope}"] * 5000) + "]", {UNKNOWN}),
    "many anchors": ("".join(f"- &a{n} x\n" for n in range(20_000)) + "- *b", {BAD}),
    "anchor upon anchor": ("&a " * 20_000 + "x", {BAD}),
    "exclamation marks": ("!" * 200_000, {BAD}),
    "duplicate keys": ("_type: box\n" + "a: 1\n" * 5000, {"duplicate-key"}),
    "system call by tag": ("!!python/object/apply:os.system [echo hi]\n", {BAD}),
    "object by tag": ("a: !!python/object/new:os.system {args: [echo hi]}\n", {BAD, "misspelt-key"}),
    "name by tag": ("_type: !!python/name:os.system\n", {BAD, "bad-node", UNKNOWN}),
    "module by tag": ("a: !!python/module:os\n", {BAD}),
    "tag in full": ("a: !<tag:yaml.org,2002:python/object/apply:os.system> [echo hi]\n", {BAD}),
    "tag by directive": (
        "%TAG !py! tag:yaml.org,2002:python/object/apply:\n---\na: !py!os.system [echo hi]\n",
        {BAD},
    ),
    "tag handle redefined": ("%TAG ! tag:yaml.org,2002:python/name:\n---\na: !os.system x\n", {BAD}),
    "own tag": ("a: !include /etc/passwd\n", {BAD}),
    "binary by tag": ("a: !!binary aGVsbG8=\n", {BAD}),
    "set by tag": ("a: !!set {x, y}\n", {BAD}),
    "integer by tag": ("_type: box\na: !!int " + "9" * 5000, {BAD}),
    "directive twice": ("%YAML 1.2\n%YAML 1.2\n---\n_type: box\n", {BAD}),
    "directive of another world": ("%YAML 9.9\n---\n_type: nope\n", {BAD, UNKNOWN}),
    "directive without a document": ("%TAG ! tag:x,2000:\n", {BAD}),
    "many directives": ("".join(f"%TAG !t{n}! tag:x,2000:\n" for n in range(5000)) + "---\n_type: nope\n", {UNKNOWN}),
    "two documents": ("_type: box\n---\n_type: box\n", {BAD}),
    "many documents": ("---\n" * 20_000, {BAD}),
    "end of a document first": ("...\n...\n_type: nope\n", {BAD, UNKNOWN}),
    "line separator": ("_type: nope\u2028\na: [", {BAD}),
}

JSON: dict[str, tuple[str | bytes, set[str]]] = {
    "brackets": ("[" * 60_000, {DEEP}),
    "closed brackets": ("[" * 60_000 + "]" * 60_000, {DEEP}),
    "nested objects": ('{"a":' * 60_000, {DEEP}),
    "nested nodes": ('{"_type": "box", "a":' * 30_000 + "1" + "}" * 30_000, {DEEP}),
    "just too deep": ("[" * 101 + "]" * 101, {DEEP}),
    "not a number": ('{"a": NaN}', {BAD}),
    "infinity": ('{"_type": "box", "a": [Infinity, -Infinity]}', {BAD}),
    "long integer": ('{"_type": "box", "a": ' + "9" * 5000 + "}", {BAD}),
    "many long integers": ("[" + ",".join(["9" * 5000] * 200) + "]", {BAD}),
    "lone surrogate": ('{"_type": "\\ud800"}', {BAD, UNKNOWN}),
    "lone surrogate as a key": ('{"\\udfff": 1}', {BAD}),
    "NUL": ('{"_type": "\0"}', {BAD}),
    "escaped NUL": ('{"_type": "box\\u0000"}', {UNKNOWN}),
    "control character": ('{"_type": "\x1b[31m"}', {BAD}),
    "not UTF-8": (b'{"_type": "\xff"}', {BAD}),
    "mark alone": (codecs.BOM_UTF8, {BAD}),
    "mark of UTF-16 before a mistake": (codecs.BOM_UTF16_LE + '{"_type": "nope"}'.encode("utf-16-le"), {UNKNOWN}),
    "binary": (bytes(range(256)) * 100, {BAD}),
    "nothing": ("", {BAD}),
    "spaces": (" " * 1_000_000, {BAD}),
    "huge string": ('{"_type": "' + "x" * 4_000_000 + '"}', {UNKNOWN}),
    "string without an end": ('["' + "\\" * 500_001, {BAD}),
    "backslashes": ('{"_type": "' + "\\\\" * 500_000 + '"}', {UNKNOWN}),
    "one long line": ("[" + '{"_type": "box", "a": 1},' * 15_000 + '{"_type": "nope"}]', {UNKNOWN}),
    "duplicate keys": ("{" + ", ".join(f'"a": {n}' for n in range(5000)) + "}", {"duplicate-key"}),
    "text after the end": ('{"_type": "box"} {"_type": "box"}', {BAD}),
    "a comment": ('{"_type": "box"} // {}', {BAD}),
    "too many values": ("[" + "0," * 1_000_001 + "0]", {DEEP}),
}

TOML: dict[str, tuple[str | bytes, set[str]]] = {
    "dotted key": ("a." * 10_000 + "b = 1", {DEEP}),
    "dotted header": ("[" + "a." * 10_000 + "b]\nc = 1", {DEEP}),
    "dotted header of a list": ("[[" + "a." * 10_000 + "b]]\nc = 1", {DEEP}),
    "spaced dotted key": ("a . " * 10_000 + "b = 1", {DEEP}),
    "quoted dotted key": ('"a".' * 10_000 + "b = 1", {DEEP}),
    "many dotted keys": ("".join("a." * 90 + f"k{n} = 1\n" for n in range(200)) + "_type = 'nope'", {UNKNOWN}),
    "nested lists": ("a = " + "[" * 60_000, {DEEP}),
    "closed nested lists": ("a = " + "[" * 60_000 + "]" * 60_000, {DEEP}),
    "nested tables": ("a = " + "{a = " * 60_000, {DEEP}),
    "long integer": ("_type = 'box'\na = " + "9" * 5000, {BAD}),
    "long integer with underscores": ("a = " + "9_" * 5000 + "9", {BAD}),
    "long hexadecimal name": ("_type = 0x" + "f" * 5000, {UNKNOWN}),
    "lone surrogate": ('a = "\\ud800"', {BAD}),
    "NUL": ("a = '\0'", {BAD}),
    "escaped NUL": ('_type = "box\\u0000"', {UNKNOWN}),
    "control character": ("a = '\x1b[31m'", {BAD}),
    "not UTF-8": (b"_type = '\xff'", {BAD}),
    "mark alone": (codecs.BOM_UTF8, {BAD}),
    "binary": (bytes(range(256)) * 100, {BAD}),
    "nothing": ("", {BAD}),
    "comments alone": ("# a comment\n" * 50_000, {BAD}),
    "huge string": ("_type = '" + "x" * 4_000_000 + "'", {UNKNOWN}),
    "string without an end": ("a = '''" + "x" * 500_000, {BAD}),
    "one long line": ("a = [" + "{_type = 'box', a = 1}, " * 10_000 + "{_type = 'nope'}]", {UNKNOWN}),
    "duplicate keys": ("".join(f"a = {n}\n" for n in range(3000)), {"duplicate-key"}),
    "duplicate tables": ("[a]\n" * 3000, {"duplicate-key"}),
    "impossible date": ("a = 2020-13-45", {BAD}),
}

FORMATS = {"yaml": YAML, "json": JSON, "toml": TOML}


@pytest.fixture(scope="module")
def answers(isolated: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the process said about each document."""
    found: dict[str, dict[str, Any]] = {}
    for suffix, documents in FORMATS.items():
        folder: Path = tmp_path_factory.mktemp(suffix)
        for name, (content, _) in documents.items():
            data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
            (folder / f"{name}.{suffix}").write_bytes(data)
        done = isolated(PROGRAM, folder, seconds=240)
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            found[answer["name"]] = answer
        found[suffix] = {"returncode": done.returncode, "stderr": done.stderr[-2000:]}
    return found


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_process_lives_on(answers: dict[str, dict[str, Any]], suffix: str) -> None:
    assert answers[suffix] == {"returncode": 0, "stderr": ""}


CASES = [(f"{name}.{suffix}", codes) for suffix, cases in FORMATS.items() for name, (_, codes) in cases.items()]


@pytest.mark.parametrize(("name", "codes"), CASES, ids=[name for name, _ in CASES])
def test_a_document_that_is_meant_to_hurt_is_a_located_problem(
    answers: dict[str, dict[str, Any]], name: str, codes: set[str]
) -> None:
    answer = answers[name]
    assert answer["crash"] == ""
    assert answer["codes"]
    assert set(answer["codes"]) <= codes
    assert answer["located"]
    assert answer["agrees"]
    assert answer["made"] == 0


@pytest.mark.parametrize("name", [name for name, _ in CASES])
def test_a_document_that_is_meant_to_hurt_costs_little_and_is_shown_tamely(
    answers: dict[str, dict[str, Any]], name: str
) -> None:
    answer = answers[name]
    assert answer["crash"] == ""
    assert answer["seconds"] < 15
    assert answer["memory"] < 900_000_000
    assert answer["longest"] < 4000
    assert answer["tame"]
