"""Documents, as bytes."""

import codecs
import itertools
from collections.abc import Callable, Mapping

from registry.testing.corpus.lazy import Lazy

_TENFOLD = ", ".join(["*{before}"] * 10)


def _bomb(first: str, link: str) -> str:
    """Anchors that each hold the one before ten times."""
    lines = [f"a: &a {first}"]
    lines += [link.format(name=name, before=before) for before, name in itertools.pairwise("abcdefgh")]
    return "\n".join(lines)


def _merge_bomb() -> str:
    items = ", ".join(f"{{name}}{number}: *{{before}}" for number in range(4))
    return _bomb("{k: [x]}", "{name}: &{name} {{<<: *{before}, " + items + "}}")


def _documents(makers: Mapping[str, Callable[[], str | bytes]]) -> Lazy[bytes]:
    def encoded(make: Callable[[], str | bytes]) -> Callable[[], bytes]:
        def made() -> bytes:
            found = make()
            return found if isinstance(found, bytes) else found.encode("utf-8", "surrogatepass")

        return made

    return Lazy({what: encoded(make) for what, make in makers.items()})


_ANY: dict[str, Callable[[], str | bytes]] = {
    "nothing": lambda: "",
    "spaces": lambda: " " * 100_000,
    "blank lines": lambda: "\n" * 100_000,
    "a NUL": lambda: "\0",
    "not UTF-8": lambda: b"a\xff\xfe\xfa",
    "overlong UTF-8": lambda: b"\xc0\xaf",
    "a surrogate in UTF-8": lambda: b"\xed\xa0\x80",
    "half of UTF-16": lambda: codecs.BOM_UTF16_LE + "a: 1".encode("utf-16-le") + b"x",
    "a lone mark of UTF-32": lambda: codecs.BOM_UTF32_BE + b"\0",
    "a mark alone": lambda: codecs.BOM_UTF8,
    "binary": lambda: bytes(range(256)) * 100,
    "control characters": lambda: "\x01\x02\x1b[31m",
    "brackets": lambda: "[" * 20_000,
    "closed brackets": lambda: "[" * 20_000 + "]" * 20_000,
    "braces": lambda: "{" * 20_000,
    "a line separator": lambda: "a\u2028b: [",
    "an archive": lambda: b"PK\x03\x04" + b"\0" * 100,
    "a pickle": lambda: b"cos\nsystem\n(S'true'\ntR.",
}

YAML: Mapping[str, bytes] = _documents(
    {
        **_ANY,
        "keys of braces": lambda: "{a: " * 20_000,
        "dashes": lambda: "- " * 20_000,
        "question marks": lambda: "? " * 20_000,
        "indentation": lambda: "".join(" " * depth + "a:\n" for depth in range(1000)),
        "an alias bomb": lambda: _bomb("[x, x, x, x]", "{name}: &{name} [" + _TENFOLD + "]"),
        "a merge bomb": _merge_bomb,
        "a merge of many": lambda: (
            f"a: &a {{{', '.join(f'k{n}: 1' for n in range(500))}}}\nb: {{<<: [{', '.join(['*a'] * 500)}]}}"
        ),
        "a list in itself": lambda: "a: &a [*a]\n",
        "a root in itself": lambda: "&a {b: *a}\n",
        "a key in itself": lambda: "a: &a {*a : 1}\n",
        "a merge of itself": lambda: "a: &a {<<: *a}\n",
        "anchors that cross": lambda: "a: &a [*b]\nb: &b [*a]\n",
        "a merge of a number": lambda: "<<: 1\n",
        "a list as a key": lambda: "? [1, 2]\n: 1\n",
        "a long integer": lambda: "a: " + "9" * 5000,
        "a long hexadecimal key": lambda: "? 0x" + "f" * 5000 + "\n: 1\n",
        "a lone surrogate": lambda: 'a: "\\ud800"',
        "a lone surrogate as a key": lambda: '"\\udfff": 1',
        "a NUL in a value": lambda: "a: \0",
        "a tab as indentation": lambda: "a:\n\t- b\n",
        "a long plain scalar": lambda: "a: " + "x" * 500_000,
        "a long folded scalar": lambda: "a: >\n" + "  x\n" * 20_000,
        "a string without an end": lambda: 'a: "' + "x" * 100_000,
        "one long line": lambda: "[" + "{a: 1}, " * 1000 + "{]",
        "many anchors": lambda: "".join(f"- &a{n} x\n" for n in range(5000)) + "- *b",
        "anchor upon anchor": lambda: "&a " * 5000 + "x",
        "exclamation marks": lambda: "!" * 50_000,
        "duplicate keys": lambda: "a: 1\n" * 2000,
        "a system call by tag": lambda: "!!python/object/apply:os.system [echo hi]\n",
        "an object by tag": lambda: "a: !!python/object/new:os.system {args: [echo hi]}\n",
        "a name by tag": lambda: "a: !!python/name:os.system\n",
        "a module by tag": lambda: "a: !!python/module:os\n",
        "a tag in full": lambda: "a: !<tag:yaml.org,2002:python/object/apply:os.system> [echo hi]\n",
        "a tag by directive": lambda: (
            "%TAG !py! tag:yaml.org,2002:python/object/apply:\n---\na: !py!os.system [echo hi]\n"
        ),
        "a tag of one's own": lambda: "a: !include /etc/passwd\n",
        "binary by tag": lambda: "a: !!binary aGVsbG8=\n",
        "a set by tag": lambda: "a: !!set {x, y}\n",
        "an integer by tag": lambda: "a: !!int " + "9" * 5000,
        "a directive twice": lambda: "%YAML 1.2\n%YAML 1.2\n---\na: 1\n",
        "a directive without a document": lambda: "%TAG ! tag:x,2000:\n",
        "many directives": lambda: "".join(f"%TAG !t{n}! tag:x,2000:\n" for n in range(2000)) + "---\na: 1\n",
        "two documents": lambda: "a: 1\n---\na: 1\n",
        "many documents": lambda: "---\n" * 5000,
        "an end first": lambda: "...\n...\na: 1\n",
        "comments alone": lambda: "# a comment\n" * 10_000,
    }
)
"""For readers of YAML."""

JSON: Mapping[str, bytes] = _documents(
    {
        **_ANY,
        "nested objects": lambda: '{"a":' * 20_000,
        "nested and closed": lambda: '{"a":' * 10_000 + "1" + "}" * 10_000,
        "just too deep": lambda: "[" * 101 + "]" * 101,
        "not a number": lambda: '{"a": NaN}',
        "infinity": lambda: '{"a": [Infinity, -Infinity]}',
        "more than a float holds": lambda: '{"a": 1e999}',
        "a long integer": lambda: '{"a": ' + "9" * 5000 + "}",
        "many long integers": lambda: "[" + ",".join(["9" * 5000] * 50) + "]",
        "a lone surrogate": lambda: '{"a": "\\ud800"}',
        "a lone surrogate as a key": lambda: '{"\\udfff": 1}',
        "a NUL in a value": lambda: '{"a": "\0"}',
        "a control character in a value": lambda: '{"a": "\x1b[31m"}',
        "a long string": lambda: '{"a": "' + "x" * 500_000 + '"}',
        "a string without an end": lambda: '["' + "\\" * 100_001,
        "backslashes": lambda: '{"a": "' + "\\\\" * 100_000 + '"}',
        "one long line": lambda: "[" + '{"a": 1},' * 5000 + "{]",
        "duplicate keys": lambda: "{" + ", ".join(f'"a": {n}' for n in range(2000)) + "}",
        "text after the end": lambda: '{"a": 1} {"a": 1}',
        "a comment": lambda: '{"a": 1} // {}',
        "a comma too many": lambda: '{"a": 1,}',
        "single quotes": lambda: "{'a': 1}",
        "a class for a decoder": lambda: '{"py/object": "os.system", "__class__": "x", "__proto__": {"a": 1}}',
    }
)
"""For readers of JSON."""

TOML: Mapping[str, bytes] = _documents(
    {
        **_ANY,
        "a dotted key": lambda: "a." * 5000 + "b = 1",
        "a dotted header": lambda: "[" + "a." * 5000 + "b]\nc = 1",
        "a dotted header of a list": lambda: "[[" + "a." * 5000 + "b]]\nc = 1",
        "a quoted dotted key": lambda: '"a".' * 5000 + "b = 1",
        "many dotted keys": lambda: "".join("a." * 50 + f"k{n} = 1\n" for n in range(100)),
        "nested lists": lambda: "a = " + "[" * 20_000,
        "closed nested lists": lambda: "a = " + "[" * 20_000 + "]" * 20_000,
        "nested tables": lambda: "a = " + "{a = " * 20_000,
        "a long integer": lambda: "a = " + "9" * 5000,
        "a long integer with underscores": lambda: "a = " + "9_" * 5000 + "9",
        "a lone surrogate": lambda: 'a = "\\ud800"',
        "a NUL in a value": lambda: "a = '\0'",
        "a control character in a value": lambda: "a = '\x1b[31m'",
        "a long string": lambda: "a = '" + "x" * 500_000 + "'",
        "a string without an end": lambda: "a = '''" + "x" * 100_000,
        "one long line": lambda: "a = [" + "{a = 1}, " * 3000 + "{]",
        "duplicate keys": lambda: "".join(f"a = {n}\n" for n in range(1000)),
        "duplicate tables": lambda: "[a]\n" * 1000,
        "a table that was closed": lambda: "a = {b = 1}\n[a.c]\n",
        "a list that was closed": lambda: "a = [1]\n[[a]]\n",
        "an impossible date": lambda: "a = 2020-13-45",
        "comments alone": lambda: "# a comment\n" * 10_000,
    }
)
"""For readers of TOML."""
