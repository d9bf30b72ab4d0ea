"""A config names what was registered and nothing else: checking and building one imports, opens and runs nothing.

An audit hook (PEP 578) sees every import, every file that is opened, all code that is compiled or run, every process
and socket. Hooks cannot be taken out again, so they live in a process of their own.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from registry import ConfigError, Registry

MARK = "qzx"
"""Is in every text of the hostile configs and in none of the library's, so that a text that gets into code is found."""

NAMES = [
    "os.system",
    "os:system",
    "builtins.eval",
    "builtins:exec",
    "__builtins__",
    "__import__",
    "__class__",
    "__init__.__globals__",
    "antigravity:fly",
    "antigravity",
    "package.module:function",
    "./module.py",
    "file:///etc/passwd",
    "box.__class__",
    "box.__init__.__globals__",
    "box()",
    "box:made",
    "BOX",
    " box",
    "box ",
    "box\0",
    "box\n",
    "\u200bbox",
    "b\u043ex",
    "\uff42\uff4f\uff58",
    "\u1d47ox",
    "bo\u0445",
    "\N{RIGHT-TO-LEFT OVERRIDE}xob",
    "__import__('os').system('true')",
    "lambda: 0",
    "${oc.env:HOME}",
    "{{ 7 * 7 }}",
    "%(asctime)s",
    "!!python/name:os.system",
    "",
]


class Box:
    def __init__(self, **parts: Any) -> None:
        self.parts = parts


@pytest.mark.parametrize("name", NAMES)
def test_what_looks_like_an_address_is_an_unknown_name(name: str) -> None:
    registry: Registry[Any, Any, str] = Registry("boxes")
    registry.register("box", Box)
    before = set(sys.modules)
    for config in ({"_type": name}, {"_type": "box", "deep": [{"x": {"_type": name, "cmd": "true"}}]}):
        problems = registry.check(config)
        assert [problem.code for problem in problems] == ["entry-not-found"]
        with pytest.raises(ConfigError):
            registry.build(config)
        with pytest.raises(ConfigError):
            registry.plan(config)
    assert name not in registry
    assert not {"antigravity", "this"} & (set(sys.modules) - before)


def test_a_letter_that_looks_alike_is_told_from_the_right_one() -> None:
    registry: Registry[Any, Any, str] = Registry("boxes")
    registry.register("box", Box)
    (problem,) = registry.check({"_type": "b\u043ex"})
    assert problem.suggestions == ("did you mean 'box'?",)


@pytest.mark.parametrize("name", [1, 1.5, True, None, ["box"], {"box": 1}, b"box", ("box",), 16**400])
def test_a_name_that_is_no_text_names_nothing(name: Any) -> None:
    registry: Registry[Any, Any, str] = Registry("boxes")
    registry.register("box", Box)
    problems = registry.check({"_type": name})
    assert problems
    assert {problem.code for problem in problems} <= {"entry-not-found", "bad-node"}


@pytest.mark.parametrize(
    "path", ["given.box.secret", "given.box.__class__", "given.__class__", "__class__", "a.__class__", "a[0].real"]
)
def test_a_reference_never_walks_along_attributes(path: str) -> None:
    class Guarded:
        def __getattribute__(self, name: str) -> Any:
            if name in ("secret", "real"):
                raise AssertionError(f"{name} was read")
            return super().__getattribute__(name)

    registry: Registry[Any, Any, str] = Registry("boxes")
    registry.register("box", Box)
    config = {"a": [1], "b": {"_type": "box", "x": {"_ref": path}}}
    assert [problem.code for problem in registry.check(config, given={"box": Guarded()})] == ["bad-reference"]


PROGRAM = """
import json, pickle, sys
from typing import Any, Literal
from pathlib import Path
from registry import Catalog, ConfigError, Registry

class Box:
    def __init__(self, a: Any = None, /, **parts: Any) -> None:
        self.parts = parts

class Typed:
    def __init__(self, count: int = 1, *, mode: Literal["x", "y"] = "x", path: Path | None = None) -> None:
        self.count = count

def late(**parts):
    return parts

registry = Registry("boxes")
registry.register("box", Box)
registry.register("typed", Typed)
registry.register("late", late)
others = Registry("others")
others.register("other", late)
catalog = Catalog(registry, others)

def use(file):
    outcomes = []
    for owner in (registry, catalog):
        problems = owner.check_file(file)
        shown = [str(problem) for problem in problems]
        try:
            owner.build_file(file)
        except ConfigError as error:
            shown.append(str(error))
        outcomes.append(sorted({problem.code for problem in problems}))
        if file.suffix == ".json":
            config = json.loads(texts[file])
            try:
                plan = owner.plan(config)
                plan.build()
                plan.build()
            except ConfigError as error:
                shown.append(str(error))
    return outcomes

ordinary, hostile = (sorted(Path(folder).iterdir()) for folder in sys.argv[1:3])
texts = {file: file.read_text() for file in [*ordinary, *hostile]}
for file in ordinary * 2:  # the second time nothing is left to be loaded late
    use(file)

allowed_files = {str(file) for file in hostile}
events = []
sources = []

def watch(event, arguments):
    if event in ("object.__getattr__", "object.__setattr__", "builtins.id", "sys._getframe"):
        return
    if event == "open" and arguments[0] in allowed_files and arguments[1] in ("rb", "r"):
        return
    if event == "compile":
        source, name = arguments
        sources.append([str(name), source if isinstance(source, str) else repr(source)])
        return
    if event == "exec" and arguments[0].co_filename in ("<registry build>", "<registry plan>"):
        return
    events.append(f"{event} {arguments!r}"[:300])

sys.addaudithook(watch)
if sys.argv[3:] == ["twin"]:  # what a tool that takes any address does
    __import__("colorsys")
    eval("1 + 1")
    open("/dev/null").close()
outcomes = {file.name: use(file) for file in hostile}
told, asked = list(events), list(sources)
print(json.dumps({"events": told, "sources": asked, "outcomes": outcomes}))
"""

ORDINARY: dict[str, Any] = {
    "a.json": {"a": {"_type": "box", "x": [1, {"_type": "typed", "count": 2, "mode": "y", "path": "p"}]}},
    "b.json": {"_type": "late", "x": {"_type": "box", "_partial": True}, "y": {"_ref": "x"}},
    "c.json": {
        "_type": "tiped",
        "b": [{"_type": "typed", "cuont": 1, "mode": "z", "count": "3", "path": 4}, {"_tpye": "box"}],
        "c": {"_ref": "nowhere.at[0]"},
        "d": {"_type": "box", "_registry": "bixes"},
        "e": {"_ref": "given.x"},
        "f": {"_type": "typed", "x": {"_raw": {"_type": "q"}}},
        "g": {"_type": None, "_args": 3},
    },
    "d.json": {"_type": "box", "_args": [1], "class": 1, "a b": 2, "\u00e9": {"_type": "late", "for": 1}},
}
BLOCK = "- _type: box\n  a: &x {b: 1}\n  c: *x\n- {<<: *x, _type: nope}\n- !!str 1\n- !wrong 2\n- {a: 1, a: 2}\n"


def hostile() -> dict[str, str]:
    """Configs that try to get at something, by file name."""
    found: dict[str, str] = {}
    for number, name in enumerate([*NAMES, "colorsys:sys", "os:popen", "subprocess.run"]):
        config = {"_type": name + MARK if number % 2 else name, "cmd": f"true {MARK}", "_args": [f"true {MARK}"]}
        found[f"name{number}.json"] = json.dumps(config)
        found[f"name{number}.yaml"] = f"x: {json.dumps([config])}\n"
    keys = [
        f"{MARK}): import os #",
        f"{MARK}=__import__('os').system('true')",
        f"**{MARK}",
        f"lambda {MARK}: 0",
        f"__{MARK}__",
        f"{MARK}\n    import os",
        f'{MARK}\'"""\\',
        f"\uff4d{MARK}",
        f"self{MARK}",
        MARK,
    ]
    for number, key in enumerate(keys):
        node = {"_type": "late", key: {"_type": "box", key: [key, {key: key}]}}
        found[f"key{number}.json"] = json.dumps(node)
        found[f"key{number}.yaml"] = json.dumps({"_type": "box", "x": [node, node]})
    values = [f"__import__('os').system('{MARK}')", f"${{env:{MARK}}}", f"!!python/name:os.{MARK}", f"@{MARK}"]
    for number, value in enumerate(values):
        found[f"value{number}.json"] = json.dumps({"_type": "box", "x": value, "y": {"_type": "typed", "path": value}})
        found[f"reference{number}.json"] = json.dumps({"_type": "box", "x": {"_ref": value}})
        found[f"literal{number}.json"] = json.dumps({"_type": "typed", "mode": value, "count": value})
    tags = ["object/apply:os.system", "object/new:os.system", "name:os.system", "module:antigravity", "object:os.x"]
    for number, tag in enumerate(tags):
        found[f"tag{number}.yaml"] = f"_type: box\nx: !!python/{tag} [{MARK}]\n"
        found[f"tagged{number}.yaml"] = f"%TAG !p! tag:yaml.org,2002:python/\n---\nx: !p!{tag} [{MARK}]\n"
    found["foreign.yaml"] = f"_target_: os.system\nclass_path: os.system\ntype: os.system\nx: {{_target_: {MARK}}}\n"
    found["include.yaml"] = f"x: !include /etc/passwd\ny: {{$ref: 'file:///etc/passwd#{MARK}'}}\n"
    found["table.toml"] = f"_type = 'os.system'\n'{MARK}): import os #' = 1\n[x]\n_type = 'antigravity:fly'\n"
    return found


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    ordinary, wild = tmp_path / "ordinary", tmp_path / "hostile"
    ordinary.mkdir()
    wild.mkdir()
    for name, config in ORDINARY.items():
        (ordinary / name).write_text(json.dumps(config))
        (ordinary / name).with_suffix(".yaml").write_text(json.dumps(config, ensure_ascii=False))
    (ordinary / "block.yaml").write_text(BLOCK)
    (ordinary / "broken.yaml").write_text("a: [")
    (ordinary / "table.toml").write_text("_type = 'bix'\n[a]\n'b c' = 1\n_type = 'late'\n")
    (ordinary / "broken.toml").write_text("a = 1\na = 2\n")
    for name, text in hostile().items():
        (wild / name).write_text(text)
    return ordinary, wild


def test_no_config_makes_the_library_import_open_or_run_anything(isolated: Any, folders: tuple[Path, Path]) -> None:
    done = isolated(PROGRAM, *folders)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["events"] == []
    assert len(told["outcomes"]) == len(hostile())


def test_no_text_of_a_config_gets_into_generated_code(isolated: Any, folders: tuple[Path, Path]) -> None:
    done = isolated(PROGRAM, *folders)
    assert (done.returncode, done.stderr) == (0, "")
    sources = json.loads(done.stdout)["sources"]
    assert {"<registry plan>"} <= {name for name, _ in sources} <= {"<registry plan>", "<registry build>"}
    assert all(MARK not in source and "import" not in source for _, source in sources)


def test_the_hook_would_have_seen_an_import_an_evaluation_and_an_open_file(
    isolated: Any, folders: tuple[Path, Path]
) -> None:
    done = isolated(PROGRAM, *folders, "twin")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    for beginning in ("import ('colorsys'", "exec (<code object <module>", "open ('/dev/null'"):
        assert any(event.startswith(beginning) for event in told["events"]), told["events"]
    assert ["<string>", "b'1 + 1'"] in told["sources"]
