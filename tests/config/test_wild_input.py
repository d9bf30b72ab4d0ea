"""Input that is meant to hurt ends in a located problem, in bounded time and memory, in a process that lives on.

In a process of its own, since parsers written in C can take the interpreter down with them.
"""

import json
import pathlib
import subprocess
import sys

import pytest

PROGRAM = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
resource.setrlimit(resource.RLIMIT_STACK, (8_000_000, 8_000_000))
from registry.config import load_files
document = load_files([sys.argv[1]])
print(json.dumps([[p.code, p.location is not None and p.location.line, p.message[:200]] for p in document.problems]))
"""

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGE_BOMB = "a: &a {k: &k [x, x, x, x, x, x, x, x, x, x]}\n" + "".join(
    f"{name}: &{name} {{<<: *{before}, {', '.join(f'{name}{n}: *{before}' for n in range(10))}}}\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
KEY_BOMB = BOMB.split("f: ")[0] + "z:\n" + "  ? *e\n  : 1\n" * 20_000

YAML = {
    "brackets": ("[" * 60_000, "limit-exceeded"),
    "braces": ("{" * 60_000, "limit-exceeded"),
    "keys of braces": ("{a: " * 60_000, "limit-exceeded"),
    "dashes": ("- " * 60_000, "limit-exceeded"),
    "question marks": ("? " * 60_000, "limit-exceeded"),
    "closed brackets": ("[" * 60_000 + "]" * 60_000, "limit-exceeded"),
    "indentation": ("".join(" " * depth + "a:\n" for depth in range(2000)), "limit-exceeded"),
    "alias bomb": (BOMB, "limit-exceeded"),
    "merge bomb": (MERGE_BOMB, "limit-exceeded"),
    "aliases as keys": (KEY_BOMB, "bad-document"),
    "self-referring anchor": ("a: &a [*a]\n", "bad-document"),
    "self-referring root": ("&a {b: *a}\n", "bad-document"),
    "long integer": ("a: " + "9" * 5000, "bad-document"),
    "many long integers": ("a: [" + ", ".join(["9" * 5000] * 100) + "]", "bad-document"),
    "NUL": ("a: \0", "bad-document"),
    "lone surrogate": ('a: "\\ud800"', "bad-document"),
    "no end of a string": ('a: "' + "x" * 500_000, "bad-document"),
    "many anchors": ("".join(f"- &a{n} x\n" for n in range(20_000)) + "- *b", "bad-document"),
    "many duplicates": ("a: 1\n" * 20_000, "duplicate-key"),
    "tag of code": ("a: !!python/object/apply:os.system [echo hi]\n", "bad-document"),
}
OTHERS = {
    "x.json": [
        ("[" * 60_000, "limit-exceeded"),
        ('{"a":' * 60_000, "limit-exceeded"),
        ('{"a": NaN}', "bad-document"),
        ("9" * 5000, "bad-document"),
        ("[" + ",".join(["9" * 5000] * 100) + "]", "bad-document"),
        ('"\\udc00"', "bad-document"),
        ('{"a": "\0"}', "bad-document"),
        ('["' + "\\" * 100_001, "bad-document"),
    ],
    "x.toml": [
        ("a = " + "[" * 60_000, "limit-exceeded"),
        ("a." * 30_000 + "b = 1", "limit-exceeded"),
        ("a = " + "9" * 5000, "bad-document"),
        ("a = '\0'", "bad-document"),
        ("".join(f"a = {n}\n" for n in range(3000)), "duplicate-key"),
    ],
}
CASES = [
    *(("x.yaml", text, code) for text, code in YAML.values()),
    *((name, text, code) for name, cases in OTHERS.items() for text, code in cases),
]


@pytest.mark.parametrize(("name", "text", "code"), CASES, ids=[*YAML, *map(str, range(len(CASES) - len(YAML)))])
def test_wild_input_is_a_located_problem_in_bounded_time_and_memory(
    tmp_path: pathlib.Path, name: str, text: str, code: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(file)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    problems = json.loads(done.stdout)
    assert problems
    assert {found for found, _, _ in problems} == {code}
    assert all(line for _, line, _ in problems)
