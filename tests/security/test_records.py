"""Whatever a record says, reading it runs nothing; and what it refers to is imported only where that is allowed.

An audit hook (PEP 578) sees every import, every file that is opened, all code that is compiled or run, every process
and socket. Hooks cannot be taken out again, so they live in a process of their own.
"""

import json
from pathlib import Path
from typing import Any

import pytest

MARK = "qzx"
"""Is in the names of the planted modules and in none of the library's, so that an import of one is found."""

EVIL = """
from pathlib import Path
Path(__file__).with_name("ran").write_text("ran")

class Evil:
    def __init_subclass__(cls, **given):
        Path(__file__).with_name("ran").write_text("subclassed")

    def __init__(self, *args, **given):
        Path(__file__).with_name("ran").write_text("constructed")

def evil(*args, **given):
    Path(__file__).with_name("ran").write_text("called")
"""

REFERENCES = [
    "os:system",
    "os:popen",
    "posix:system",
    "subprocess:run",
    "builtins:eval",
    "builtins:exec",
    "builtins:compile",
    "builtins:open",
    "builtins:__import__",
    "importlib:import_module",
    "pickle:loads",
    "marshal:loads",
    "runpy:run_path",
    "ctypes:CDLL",
    "code:interact",
    "antigravity:fly",
    "this:s",
    "sys:modules",
    "sys:exit",
    "a.b:__import__",
    f"{MARK}:evil",
    f"{MARK}:Evil",
    f"{MARK}:Evil.__init_subclass__",
    f"{MARK}.losses:evil",
    f"{MARK}ers.x:evil",
    f"{MARK}.mod:os.system",
    f"{MARK}.mod.os:system",
    f"{MARK}._private:evil",
    f"_{MARK}:evil",
    f"{MARK}:_evil",
    f"{MARK}:evil.__globals__",
    f"{MARK}:evil.__code__",
    f"{MARK}:Evil.__class__.__base__.__subclasses__",
    "__main__:anything",
    "__mp_main__:anything",
    "__builtins__:eval",
    "r\u0435search.losses:evil",
    "\uff52esearch.losses:evil",
    "acme.l\u043esses:evil",
    "research.losse\u017f:evil",
    "acme.losses.evil:evil",
    "researchers.x:evil",
    "research_:evil",
    "Research:evil",
    "o\u017f:system",
    "\uff4fs:system",
    "\u2115umpy:load",
    "a" * 900 + ":b",
    ".".join(["a"] * 400) + ":" + ".".join(["b"] * 90),
]
"""Addresses that a record may hold and that are not allowed here, where `research.*` and `acme.losses` are."""

MALFORMED = [
    "",
    ":",
    "os",
    "os.system",
    ":system",
    "os:",
    "os:system:x",
    "os..path:join",
    ".os:system",
    "os.:system",
    "os:.system",
    "os:system.",
    "os:system()",
    "os:system('true')",
    "os: system",
    " os:system",
    "os:system\n",
    "os\0:system",
    "../evil:x",
    "/etc/passwd:x",
    "file:///etc/passwd",
    "http://a/b:c",
    "os:1",
    "research\uff0elosses:evil",
    "1:os",
    "os:a-b",
    "os:lambda: 0",
    "os;import sys:x",
    "\u200bos:system",
    "o\u200bs:system",
    "\N{RIGHT-TO-LEFT OVERRIDE}so:system",
    "a" * 5000 + ":b",
]
"""What is no address at all."""


def hostile() -> dict[str, str]:
    """Records, by name, as whoever writes to the namespace may write them."""
    records: dict[str, Any] = {}
    evil_type = {"class": f"{MARK}:Evil", "of": [{"class": "os:system"}], "values": ["x", 1]}
    types = [
        evil_type,
        ["|", evil_type, "int"],
        ["list", evil_type],
        ["Annotated", evil_type, {"gt": [0], "func": [f"{MARK}:evil"]}],
        ["Literal", "__import__('os')"],
        f"{MARK}:Evil",
        [f"{MARK}:Evil", "int"],
        {"class": "__import__('os').system('true')"},
    ]
    schema = {
        "name": f"{MARK}",
        "description": f"{{0.__class__}} %s ${{x}} {MARK}\n```\n<script>",
        "parameters": [
            {"name": f"p{number}", "kind": "any", "type": kind, "shown": f"{MARK}.Evil()", "description": "x"}
            for number, kind in enumerate(types)
        ],
        "returns": evil_type,
    }
    names = {
        "name": "x",
        "parameters": [{"name": name, "kind": "any"} for name in ("__class__", "a b", "): import os")],
    }
    for number, reference in enumerate([*REFERENCES, *MALFORMED]):
        base = {"format": 1, "kind": "reference", "reference": reference}
        records[f"reference{number}"] = {**base, "fingerprint": "0" * 32}
        records[f"schema{number}"] = {**base, "schema": schema, "aliases": [f"alias{number}"]}
        records[f"names{number}"] = {**base, "schema": names}
        records[f"data{number}"] = {"format": 1, "kind": "data", "data": {"x": 1}, "type": reference}
    records["cycle1"] = {"format": 1, "kind": "alias", "alias_of": "cycle2"}
    records["cycle2"] = {"format": 1, "kind": "alias", "alias_of": "cycle1"}
    records["self"] = {"format": 1, "kind": "alias", "alias_of": "self"}
    records["nowhere"] = {"format": 1, "kind": "alias", "alias_of": "not there"}
    records["pickled"] = {
        "format": 1,
        "kind": "data",
        "data": "gASVHAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAR0cnVllIWUUpQu",
    }
    records["tagged"] = {"format": 1, "kind": "data", "data": {"py/object": f"{MARK}.Evil", "_type": "os.system"}}
    records["origin"] = {
        "format": 1,
        "kind": "reference",
        "reference": f"{MARK}:evil",
        "origin": {"module": "os", "file": "/etc/passwd", "distribution": f"../{MARK}", "line": 1},
    }
    written = {name: json.dumps(record) for name, record in records.items()}
    return {**written, "broken": "{", "deep": "[" * 5000, "list": "[]", "number": "1e999", "twice": '{"a":1,"a":2}'}


PROGRAM = """
import json, sys
from pathlib import Path
from typing import Any

folder, given, *twin = sys.argv[1:]
sys.path.insert(0, folder)

from registry import Registry
from registry.errors import DiagnosticError, ResolutionError, UntrustedReferenceError
from registry.factorizer import SchemaFactorizer
from registry.factorizer.json_schema import entry_json_schema
from registry.model import MISSING, Entry, Reference
from registry.protocols import Target
from registry.records import Policy, Receiver, Record, entry_of, record_of, same_record
from registry.records.resolve import resolve_reference
from registry.revisions import Stored

records = json.loads(Path(given).read_text())
receiver = Receiver("shared", Policy(("research.*", "acme.losses")))

class Records:
    def __init__(self, entries):
        self.entries = entries
    def target(self, name, registry, parent, wanted, /):
        return Target("shared", name, MISSING, self.entries[name].received.schema)
    def target_of(self, cls, /):
        return None

def resolve(entry):
    if twin == ["imports first"]:
        from registry.references import import_reference
        import_reference(entry.target)
    return entry.received.resolve()

def use(texts):
    outcomes = {}
    entries = {name: entry_of(Stored(name, 1, text.encode()), receiver) for name, text in texts.items()}
    registry = Registry("shared", backend=dict(entries))
    listed = [list(registry), registry.find(tags="x"), repr(entries), len(registry), "os:system" in registry]
    own = Entry("it", json.dumps)
    factorizer = SchemaFactorizer()
    for name, entry in entries.items():
        received = entry.received
        schema = received.schema
        if schema is not None:
            json.dumps(entry_json_schema(name, schema))
            repr(schema), schema.description, [repr(p) for p in schema.parameters.values()]
            config = {"_type": name, "p0": "x", "p1": [1], "p2": {"_type": name}, "p3": -1, "p4": "y", "unknown": 1}
            [str(problem) for problem in factorizer.check(config, Records(entries))]
        received.difference(own)
        received.difference(entry)
        same_record(record_of(own, brief=True), Record(kind="data", data=1))
        if entry.alias_of is not None:
            for look_up in (registry.__getitem__, registry.entry, registry.schema):
                try:
                    look_up(name)
                except DiagnosticError as error:
                    str(error)
        try:
            resolve(entry)
        except (ResolutionError, DiagnosticError) as error:
            outcomes[name] = type(error).__name__
            str(error)
        except Exception as error:
            outcomes[name] = f"crashed: {error!r}"
        else:
            outcomes[name] = "resolved"
    return outcomes

warm = {
    "a": json.dumps({
        "format": 1, "kind": "reference", "reference": "acme.other:x", "fingerprint": "0" * 32,
        "schema": {"name": "x", "parameters": [
            {"name": "p0", "kind": "any", "type": {"class": "a:b", "values": [1]}, "description": "d"},
            {"name": "p1", "kind": "any", "type": ["list", "Path"], "bounds": {"gt": [0]}},
            {"name": "p2", "kind": "any", "type": ["|", "int", "None", {"class": "a:b"}]},
        ]},
    }),
    "b": json.dumps({"format": 1, "kind": "data", "data": {"a": [1]}}),
    "c": json.dumps({"format": 1, "kind": "data", "data": {"a": [1]}, "type": "acme.other:x"}),
    "d": "{",
    "e": json.dumps({"format": 1, "kind": "alias", "alias_of": "a"}),
}
use(warm)
use(warm)  # the second time nothing is left to be loaded late

events = []
def watch(event, arguments):
    if event in ("object.__getattr__", "object.__setattr__", "builtins.id", "sys._getframe"):
        return
    events.append(f"{event} {arguments!r}"[:300])

before = set(sys.modules)
sys.addaudithook(watch)
if twin == ["reads as pickle would"]:
    eval("1 + 1")
    __import__("colorsys")
    open("/dev/null").close()
outcomes = use(records)
told = list(events)
print(json.dumps({"events": told, "outcomes": outcomes, "modules": sorted(set(sys.modules) - before)}))
"""


@pytest.fixture
def planted(tmp_path: Path) -> tuple[Path, Path]:
    """A folder with modules that write a file as soon as they are imported, and a file with the hostile records."""
    folder = tmp_path / "planted"
    for package in (MARK, f"{MARK}ers", "researchers", "research_", f"_{MARK}"):
        (folder / package).mkdir(parents=True)
        for module in ("__init__", "losses", "x", "mod", "_private"):
            (folder / package / f"{module}.py").write_text(EVIL)
    given = tmp_path / "records.json"
    given.write_text(json.dumps(hostile()))
    return folder, given


def traces(folder: Path) -> list[str]:
    return [str(file) for file in folder.rglob("ran")]


def test_no_record_makes_the_library_import_open_or_run_anything(isolated: Any, planted: tuple[Path, Path]) -> None:
    done = isolated(PROGRAM, *planted)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["events"] == []
    assert told["modules"] == []
    assert traces(planted[0]) == []
    assert set(told["outcomes"]) == set(hostile())


def test_every_hostile_record_is_listed_and_refused_with_its_reason(isolated: Any, planted: tuple[Path, Path]) -> None:
    outcomes = json.loads(isolated(PROGRAM, *planted).stdout)["outcomes"]
    for number in range(len(REFERENCES)):
        for kind in ("reference", "schema", "names", "data"):
            assert outcomes[f"{kind}{number}"] == "UntrustedReferenceError", REFERENCES[number]
    for number in range(len(REFERENCES), len(REFERENCES) + len(MALFORMED)):
        for kind in ("reference", "schema", "names", "data"):
            assert outcomes[f"{kind}{number}"] == "ResolutionError", MALFORMED[number - len(REFERENCES)]
    for name in ("cycle1", "cycle2", "self", "nowhere", "broken", "deep", "list", "number", "twice"):
        assert outcomes[name] == "ResolutionError"
    assert (outcomes["pickled"], outcomes["tagged"]) == ("resolved", "resolved")  # as the plain data that they are


def test_the_hook_would_have_seen_an_import_an_evaluation_and_an_open_file(
    isolated: Any, planted: tuple[Path, Path]
) -> None:
    told = json.loads(isolated(PROGRAM, *planted, "reads as pickle would").stdout)
    for beginning in ("compile (b'1 + 1'", "exec (<code object <module>", "import ('colorsys'", "open ('/dev/null'"):
        assert any(event.startswith(beginning) for event in told["events"]), told["events"]
    assert "colorsys" in told["modules"]


def test_a_resolver_that_imports_first_and_asks_afterwards_would_be_caught(
    isolated: Any, planted: tuple[Path, Path]
) -> None:
    """The twin, one line away: it refuses all the same, and everything has already run."""
    only = {name: text for name, text in hostile().items() if f'"reference": "{MARK}:evil"' in text}
    planted[1].write_text(json.dumps(only))
    done = isolated(PROGRAM, *planted, "imports first")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told["outcomes"].values()) == {"UntrustedReferenceError"}
    assert any(event.startswith("exec") and f"{MARK}/__init__.py" in event for event in told["events"])
    assert MARK in told["modules"]
    assert traces(planted[0]) != []


ALLOWED = """
import sys
sys.path.insert(0, sys.argv[1])
from registry.errors import ResolutionError
from registry.records import Policy, Receiver, Record, entry_of
from registry.revisions import Stored

def resolve(reference, allow, **about):
    record = Record(kind="reference", reference=reference, **about)
    entry = entry_of(Stored("it", 1, record.to_bytes()), Receiver("shared", Policy(allow)))
    try:
        return entry.received.resolve()
    except ResolutionError as error:
        return str(error)

print(resolve("research.losses:huber", ("research.*",)))
print(resolve("research.losses:system", ("research.*",)))
print(resolve("research.losses:os.system", ("research.*",)))
print(resolve("research.losses:Loss.os.system", ("research.*",)))
print(resolve("research.losses:evil", ("research.*",)))
print(resolve("research.losses:huber", ("research.*",), fingerprint="0" * 32))
"""


def test_what_an_allowed_module_happens_to_import_is_not_allowed_with_it(isolated: Any, tmp_path: Path) -> None:
    (tmp_path / "research").mkdir()
    (tmp_path / "research" / "losses.py").write_text(
        "import os\nfrom os import system\nfrom elsewhere import evil\nclass Loss:\n    os = os\ndef huber(): ...\n"
    )
    (tmp_path / "elsewhere.py").write_text("def evil(): ...\n")
    done = isolated(ALLOWED, tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("<function huber")
    assert "another name of 'posix:system'" in done.stdout or "another name of 'nt:system'" in done.stdout
    assert done.stdout.count("attributes are not reached through modules") == 2
    assert "another name of 'elsewhere:evil'" in done.stdout
    assert lines[-1].startswith("<function huber")
    assert "FingerprintMismatchWarning" in done.stderr
