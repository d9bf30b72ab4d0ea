"""What users of other registries and config tools complained about does not happen here: a test for each complaint."""

import contextlib
import gc
import importlib
import inspect
import os
import pickle
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping, MutableSequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from registry import (
    Catalog,
    ConfigError,
    DuplicateEntryError,
    EntryNotFoundError,
    Registry,
    ResolutionError,
    ValidationError,
    function_registry,
    load_files,
    schema_registry,
    type_registry,
)

AnyRegistry = Registry[Any, Any, str]
Write = Callable[..., None]


class Box:
    """Keeps what it is given."""

    made = 0

    def __init__(self, **parts: Any) -> None:
        Box.made += 1
        self.parts = parts


class Model:
    def __init__(self, depth: int = 1, width: float = 1.0) -> None:
        self.depth = depth
        self.width = width


class Trainer:
    def __init__(self, model: Model, others: list[Model], epochs: int = 1) -> None:
        self.model = model
        self.others = others
        self.epochs = epochs


@pytest.fixture
def parts() -> AnyRegistry:
    registry: AnyRegistry = Registry("parts")
    for cls in (Box, Model, Trainer):
        registry.register(cls.__name__.lower(), cls)
    Box.made = 0
    return registry


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Put a file where Python finds modules and distributions."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two versions of a file may be of one second
    monkeypatch.syspath_prepend(tmp_path)

    def put(name: str, text: str) -> None:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        importlib.invalidate_caches()

    yield put
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def install(write: Write) -> Write:
    """Install a distribution that offers entry points."""

    def put(distribution: str, group: str, **points: str) -> None:
        write(f"{distribution}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        write(f"{distribution}-1.0.dist-info/entry_points.txt", "\n".join([f"[{group}]", *lines]))

    return put


def run_python(program: str, *arguments: object, folder: Path | None = None) -> str:
    path = os.pathsep.join([*([] if folder is None else [str(folder)]), str(Path(__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, *(["-c", program] if folder is None else [program]), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


# ---------------------------------------------------------------------------------------------- registering


def test_nothing_is_overwritten_silently(parts: AnyRegistry) -> None:
    with pytest.raises(DuplicateEntryError) as caught:
        parts.register("model", Box)
    here = str(Path(__file__))
    assert caught.value.message.count(here) == 2
    assert parts["model"] is Model
    with pytest.raises(DuplicateEntryError):
        parts.register("other", Box, aliases="model")
    with pytest.raises(ValidationError):
        parts.register_many({"fresh": Box, "model": Trainer})
    assert list(parts) == ["box", "model", "trainer"]


def test_running_a_cell_again_replaces_what_it_registered_before(parts: AnyRegistry) -> None:
    cell = "@parts.register\ndef loss(x=1):\n    return x\n"
    notebook = {"__name__": "notebook", "parts": parts}
    exec(cell, notebook)
    first = parts["loss"]
    exec(cell.replace("x=1", "x=2"), notebook)
    assert parts["loss"] is notebook["loss"] is not first
    assert parts.build("loss") == 2
    with pytest.raises(DuplicateEntryError):
        exec(cell, {**notebook, "__name__": "another_notebook"})
    assert parts["loss"] is notebook["loss"]


def test_a_module_that_is_reloaded_registers_again_and_another_one_does_not(write: Write) -> None:
    write("shelf_of_losses.py", "from registry import Registry\nshelf = Registry('shelf')\n")
    source = "from shelf_of_losses import shelf\n@shelf.register\ndef loss():\n    return {}\n"
    write("reloaded_losses.py", source.format(1))
    module = importlib.import_module("reloaded_losses")
    shelf = module.shelf
    write("reloaded_losses.py", source.format(2))
    importlib.reload(module)
    assert shelf.build("loss") == 2
    write("copied_losses.py", source.format(3))
    with pytest.raises(DuplicateEntryError, match=r"reloaded_losses\.py:2.*copied_losses\.py:2"):
        importlib.import_module("copied_losses")
    assert shelf.build("loss") == 2


def test_the_decorator_gives_back_exactly_what_it_was_given(parts: AnyRegistry) -> None:
    def loss(prediction: float, target: float = 0.0) -> float:
        """How far off."""
        return abs(prediction - target)

    signature = inspect.signature(loss)
    assert parts.register(loss) is loss
    assert parts.register("named", tags="x")(loss) is loss
    assert parts["loss"] is parts["named"] is loss
    assert inspect.signature(parts["loss"]) == signature
    assert type_registry("models", base=Model).register(Model) is Model


def test_a_wrong_artifact_is_refused_when_it_is_registered() -> None:
    losses = function_registry("losses", signature=Callable[[float, float], float])

    def unary(x: float) -> float:
        return x

    with pytest.raises(ValidationError, match="unary"):
        losses.register(unary)
    assert "unary" not in losses


def test_a_function_in_a_module_that_nobody_imported_is_found(write: Write) -> None:
    write(
        "found_losses/__init__.py", "from registry import Registry\nlosses = Registry('l', discover='found_losses')\n"
    )
    write("found_losses/far.py", "from found_losses import losses\n@losses.register\ndef huber():\n    return 1\n")
    losses = importlib.import_module("found_losses").losses
    assert "found_losses.far" not in sys.modules
    assert losses.build({"_type": "huber"}) == 1
    with pytest.raises(EntryNotFoundError, match="discover="):
        Registry("others")["huber"]


def test_registering_while_others_iterate_raises_nothing(parts: AnyRegistry) -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        register_beside_readers(parts)
    finally:
        sys.setswitchinterval(interval)


def register_beside_readers(parts: AnyRegistry) -> None:
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                assert parts.keys()[:3] == ["box", "model", "trainer"]
                assert len(list(parts)) >= 3
                assert all(artifact is not None for _, artifact in parts.items())
                assert parts.find(tags="late") is not None
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for name in parts:
        parts.register(f"{name}s", Box)
    for number in range(1500):
        parts.register(f"late{number}", Box, tags="late")
        if number % 3 == 0:
            parts.unregister(f"late{number}")
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert len(parts) == 3 + 3 + 1000


def test_threads_that_claim_one_name_agree_on_who_has_it() -> None:
    registry: AnyRegistry = Registry("race")
    start = threading.Barrier(8)
    won: list[Any] = []

    def claim() -> None:
        def artifact() -> None: ...

        start.wait()
        with contextlib.suppress(DuplicateEntryError):
            won.append(registry.register("name", artifact))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [registry["name"]]


def test_there_is_no_scope_that_a_whole_process_shares(parts: AnyRegistry) -> None:
    assert list(Registry("parts")) == []
    seen: list[bool] = []
    with parts.overlay({"fake": Box}):
        thread = threading.Thread(target=lambda: seen.append("fake" in parts))
        thread.start()
        thread.join()
        assert "fake" in parts
    assert seen == [False]
    assert "fake" not in parts


def test_no_verdict_is_remembered_by_an_id_that_another_object_can_get() -> None:
    def not_bad(artifact: Any, context: Any) -> None:
        if artifact.__doc__ == "bad":
            raise ValidationError("It is bad.")

    registry: AnyRegistry = Registry("judged", validators=[not_bad])

    def make(word: str) -> Any:
        def artifact() -> None: ...

        artifact.__doc__ = word
        return artifact

    ids: set[int] = set()
    met_again = 0
    for _ in range(300):
        good = make("good")
        registry.validate(good, "name")
        ids.add(id(good))
        del good
        gc.collect(0)
        bad = make("bad")
        met_again += id(bad) in ids
        with pytest.raises(ValidationError, match="bad"):
            registry.validate(bad, "name")
        del bad
    assert met_again  # otherwise nothing was shown


# ---------------------------------------------------------------------------------------------- entry points


def test_an_entry_point_does_not_shadow_what_the_user_registered(install: Write, write: Write) -> None:
    write("shadow_plugin.py", "def model(): ...\ndef extra(): ...\n")
    install("shadows", "anchors.shadow", model="shadow_plugin:model", extra="shadow_plugin:extra")
    registry: AnyRegistry = Registry("parts")
    registry.register("model", Model)
    result = registry.register_entry_points("anchors.shadow")
    assert registry["model"] is Model
    assert result.registered == ("extra",)
    assert isinstance(result.errors["model"], DuplicateEntryError)
    other: AnyRegistry = Registry("others")
    other.register_entry_points("anchors.shadow")
    with pytest.raises(DuplicateEntryError, match=r"shadows 1\.0"):
        other.register("model", Model)


def test_a_broken_plugin_does_not_turn_a_typo_into_its_import_error(install: Write, write: Write) -> None:
    write("broken_plugin.py", "import no_such_package_at_all\n")
    write("sound_plugin.py", "def hinge():\n    return 'hinge'\n")
    install("broken", "anchors.broken", bad="broken_plugin:thing")
    install("sound", "anchors.broken", hinge="sound_plugin:hinge")
    registry: AnyRegistry = Registry("losses")
    registry.register("huber", Box)
    registry.register_entry_points("anchors.broken")
    with pytest.raises(EntryNotFoundError) as missed:
        registry["hubr"]
    assert missed.value.suggestions[0] == "did you mean 'huber'?"
    assert registry.build("hinge") == "hinge"
    assert [problem.code for problem in registry.check({"_type": "hubr"})] == ["entry-not-found"]
    with pytest.raises(ResolutionError, match="no_such_package_at_all"):
        registry["bad"]
    assert [problem.code for problem in registry.check({"_type": "bad"})] == ["cannot-import"]
    assert "broken_plugin" not in sys.modules


def test_one_bad_entry_point_does_not_take_the_others_with_it(install: Write, write: Write) -> None:
    write("good_plugin.py", "def good():\n    return 1\n")
    install("mixed", "anchors.mixed", first="good_plugin:good", bad="not a reference!", last="good_plugin:good")
    registry: AnyRegistry = Registry("parts")
    result = registry.register_entry_points("anchors.mixed")
    assert result.registered == ("first", "last")
    assert set(result.errors) == {"bad"}
    assert registry.build("first") == registry.build("last") == 1
    with pytest.raises(EntryNotFoundError, match="not a reference!"):
        registry["bad"]


def test_two_offers_of_one_name_are_found_also_when_others_stand_between_them(install: Write, write: Write) -> None:
    write("rival_plugins.py", "def one(): ...\ndef two(): ...\ndef three(): ...\n")
    install("alpha", "anchors.rivals", name="rival_plugins:one", other="rival_plugins:two")
    install("beta", "anchors.rivals", third="rival_plugins:two", name="rival_plugins:three")
    registry: AnyRegistry = Registry("parts")
    result = registry.register_entry_points("anchors.rivals")
    assert set(result.registered) == {"name", "other", "third"}
    assert set(result.errors) == {"name"}
    assert "alpha 1.0" in result.errors["name"].message
    assert "beta 1.0" in result.errors["name"].message


def test_keys_that_are_written_twice_are_found_also_when_others_stand_between_them(tmp_path: Path) -> None:
    for name, text in {
        "x.yaml": "a: 1\nb: 2\na: 3\n",
        "x.json": '{"a": 1,\n"b": 2,\n"a": 3}',
        "x.toml": "a = 1\nb = 2\na = 3\n",
    }.items():
        (tmp_path / name).write_text(text)
        (problem,) = Registry("parts").check_file(tmp_path / name)
        assert problem.code == "duplicate-key"
        assert problem.location is not None
        assert problem.location.line == 3


def test_what_is_registered_after_a_failing_module_lands_where_it_belongs(write: Write) -> None:
    write(
        "homes/__init__.py", "from registry import Registry\na = Registry('a', discover='homes')\nb = Registry('b')\n"
    )
    write(
        "homes/first.py",
        """
        from homes import a, b
        a.register("early", dict)
        with b.overlay({"passing": dict}):
            raise RuntimeError("in the middle")
        """,
    )
    write("homes/second.py", "from homes import a, b\na.register('late', dict)\nb.register('late', list)\n")
    homes = importlib.import_module("homes")
    assert list(homes.a) == ["early", "late"]
    assert list(homes.b) == ["late"]
    assert (homes.a["late"], homes.b["late"]) == (dict, list)
    with pytest.raises(EntryNotFoundError, match="in the middle"):
        homes.a["unknown"]
    homes.b.register("later", dict)
    assert ("later" in homes.b, "later" in homes.a) == (True, False)


def test_finding_plugins_imports_none_of_them(install: Write, write: Write) -> None:
    write("slow_plugin.py", "raise SystemExit('imported')\n")
    install("slow", "anchors.slow", **{f"name{number}": "slow_plugin:thing" for number in range(50)})
    registry: AnyRegistry = Registry("parts")
    assert len(registry.register_entry_points("anchors.slow").registered) == 50
    assert len(registry) == len(registry.find()) == len(list(registry)) == 50
    assert "name7" in registry
    assert repr(registry)
    assert registry.entry("name7").is_lazy
    assert "slow_plugin" not in sys.modules


def test_importing_the_library_loads_nothing_heavy() -> None:
    program = "import sys; from registry import Registry; Registry('x'); print(' '.join(sys.modules))"
    loaded = set(run_python(program).split())
    heavy = {
        "cattrs",
        "ruamel.yaml",
        "rich",
        "click",
        "pluggy",
        "hypothesis",
        "aiohttp",
        "importlib.metadata",
        "asyncio",
    }
    assert loaded & heavy == set()


# ---------------------------------------------------------------------------------------------- checking


def test_a_text_is_no_number_and_is_not_passed_on_as_one(parts: AnyRegistry) -> None:
    for key, value in {"width": "2.5", "depth": "3"}.items():
        (problem,) = parts.check({"_type": "model", key: value})
        assert (problem.code, problem.path) == ("wrong-type", key)
        with pytest.raises(ConfigError):
            parts.build({"_type": "model", key: value})
    assert parts.check({"_type": "model", "depth": 3.7})
    assert parts.check({"_type": "model", "depth": True})
    made = parts.build({"_type": "model", "width": 2})
    assert (made.width, type(made.width)) == (2.0, float)


def test_arguments_are_checked_before_anything_is_made(parts: AnyRegistry) -> None:
    config = {
        "good": {"_type": "box"},
        "bad": [
            {"_type": "trainer", "model": {"_type": "modle"}, "others": [3], "epohcs": 2},
            {"_type": "trainer", "model": {"_type": "box"}},
        ],
        "x": {"_type": "box", "inner": {"_ref": "nowhere"}},
    }
    codes = [problem.code for problem in parts.check(config)]
    assert sorted(codes) == sorted(
        [
            "entry-not-found",
            "wrong-type",
            "unknown-parameter",
            "wrong-type",
            "missing-parameter",
            "bad-reference",
        ]
    )
    with pytest.raises(ConfigError) as caught:
        parts.build(config)
    assert [problem.code for problem in caught.value.problems] == codes
    assert Box.made == 0


def test_an_unknown_key_is_never_dropped(parts: AnyRegistry) -> None:
    @attrs.define
    class Settings:
        rate: float = 0.1

    @parts.register
    def fit(settings: Settings) -> Settings:
        return settings

    for config, path in (
        ({"_type": "model", "deptth": 2}, "deptth"),
        ({"_type": "fit", "settings": {"rate": 1.0, "rat": 2.0}}, "settings.rat"),
        ([{"_type": "trainer", "model": {"_type": "model", "q": 1}, "others": []}], "[0].model.q"),
    ):
        (problem,) = parts.check(config)
        assert (problem.code, problem.path) == ("unknown-parameter", path)
    schemas = schema_registry("settings")
    schemas.register("settings", Settings)
    assert [problem.path for problem in schemas.check({"_type": "settings", "rte": 1.0})] == ["rte"]
    assert parts.build({"_type": "box", "anything": 1}).parts == {"anything": 1}


def test_every_mistake_is_shown_with_file_line_and_column(parts: AnyRegistry, tmp_path: Path) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text("a:\n  _type: trainer\n  model: {_type: modle}\n  others:\n    - {_type: model, depht: 2}\n")
    problems = parts.check_file(file)
    assert [str(problem.location) for problem in problems] == [f"{file}:3:18", f"{file}:5:22"]
    assert str(problems[0]).splitlines() == [
        f"{file}:3:18: 'parts' has no entry 'modle'.",
        "  3 |   model: {_type: modle}",
        "    |                  ^^^^^ did you mean 'model'?",
    ]


def test_an_address_never_runs(parts: AnyRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    getcwd = os.getcwd
    monkeypatch.setattr(os, "getcwd", lambda: ran.append("getcwd") or getcwd())
    for name in ("os.getcwd", "os:getcwd", "getcwd", "os"):
        for config in ({"_type": name}, {"_type": "box", "x": [{"_type": name}]}):
            assert [problem.code for problem in parts.check(config)] == ["entry-not-found"]
            with pytest.raises(ConfigError):
                parts.build(config)
    for key in ("_target_", "class_path"):
        assert parts.build({key: "os.getcwd"}) == {key: "os.getcwd"}
    assert [problem.code for problem in parts.check({"type": "os.getcwd"})] == ["misspelt-key"]
    assert ran == []


def test_a_config_never_walks_along_attributes(parts: AnyRegistry) -> None:
    for text in ("a.parts", "a.__class__", "a.__init__.__globals__", "given.box.parts"):
        config = {"a": {"_type": "box"}, "b": {"_ref": text}}
        assert [problem.code for problem in parts.check(config, given={"box": Box()})] == ["bad-reference"]


# ---------------------------------------------------------------------------------------------- building


def test_nodes_in_lists_are_built_at_any_depth(parts: AnyRegistry) -> None:
    node = {"_type": "model", "depth": 2}
    config = {
        "_type": "trainer",
        "model": {"_type": "model"},
        "others": [node, node],
    }
    made = parts.build([config, {"deep": [[{"x": [node]}]]}, {"_type": "box", "parts": [[node]]}])
    assert [type(other) for other in made[0].others] == [Model, Model]
    assert made[1]["deep"][0][0]["x"][0].depth == 2
    assert made[2].parts["parts"][0][0].depth == 2


def test_one_object_that_is_wanted_in_two_places_is_built_once(parts: AnyRegistry) -> None:
    config = {
        "one": {"_type": "box", "shared": {"_ref": "shared"}},
        "two": [{"_ref": "shared"}, {"_ref": "one"}],
        "shared": {"_type": "box"},
    }
    plan = parts.plan(config)
    for count, build in enumerate((lambda: parts.build(config), plan.build, plan.build), 1):
        made = build()
        assert made["one"].parts["shared"] is made["two"][0] is made["shared"]
        assert made["two"][1] is made["one"]
        assert Box.made == 2 * count


def test_an_exception_is_neither_wrapped_nor_renamed(parts: AnyRegistry) -> None:
    error = KeyError("mine")

    @parts.register
    def fail() -> None:
        raise error

    config = {"_type": "box", "x": [{"_type": "fail"}]}
    for build in (lambda: parts.build(config), parts.plan(config).build):
        with pytest.raises(KeyError) as caught:
            build()
        assert caught.value is error
        assert error.__cause__ is None
        assert error.args == ("mine",)
    assert error.__notes__ == ["while building 'fail' at x[0]"] * 2


def test_a_number_with_an_exponent_is_a_number(parts: AnyRegistry, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("_type: box\na: 1e-3\nb: 1E3\nc: -2.5e+4\nd: no\ne: '1e-3'\nf: 010\ng: 1_000\n")
    made = parts.build_file(file, overrides=["+h=1e-4"]).parts
    assert made == {"a": 0.001, "b": 1000.0, "c": -25000.0, "d": "no", "e": "1e-3", "f": 10, "g": "1_000", "h": 0.0001}
    assert [type(made[key]) for key in "abch"] == [float] * 4


class ForeignMapping(Mapping[str, Any]):
    """A mapping as config libraries have them: no dict, with links to its parent, making containers as it is read."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content

    def __getitem__(self, key: str) -> Any:
        return foreign(self._content[key])

    def __iter__(self) -> Iterator[str]:
        return (ForeignText(key) for key in self._content)

    def __len__(self) -> int:
        return len(self._content)


class ForeignList(MutableSequence[Any]):
    def __init__(self, content: list[Any]) -> None:
        self._content = content

    def __getitem__(self, index: Any) -> Any:
        return foreign(self._content[index])

    def __len__(self) -> int:
        return len(self._content)

    def __setitem__(self, *_: Any) -> None:
        raise TypeError("It may not be written.")

    __delitem__ = insert = __setitem__


class ForeignText(str):
    """A text that knows how it was quoted."""

    __slots__ = ()


class ForeignNumber(float):
    """A number that knows how it was written."""

    __slots__ = ()


def foreign(value: Any) -> Any:
    kinds = {dict: ForeignMapping, list: ForeignList, str: ForeignText, float: ForeignNumber}
    return kinds.get(type(value), lambda same: same)(value)


def types_in(value: Any) -> set[type]:
    children = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return {type(value)}.union(*map(types_in, children))


def test_containers_of_a_config_library_never_reach_an_object(parts: AnyRegistry, tmp_path: Path) -> None:
    plain = {"_type": "box", "a": {"b": [1, 2.5, "text", {"c": None}]}, "d": [[True]]}
    config = foreign(plain)
    plan = parts.plan(config)
    file = tmp_path / "x.yaml"
    file.write_text("_type: box\na: {b: [1, 2.5, 'text', {c: null}]}\nd: [[true]]\n")
    for made in (parts.build(config), plan.build(), parts.build_file(file)):
        assert made.parts == {"a": plain["a"], "d": plain["d"]}
        assert types_in(made.parts) == {dict, list, int, float, str, bool, type(None)}
    assert types_in(plan.config) == {dict, list, int, float, str, bool, type(None)}
    first, second = plan.build(), plan.build()
    assert first.parts["a"]["b"] is not second.parts["a"]["b"]


def test_configs_plans_and_mistakes_can_be_pickled(parts: AnyRegistry, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("model: {_type: model, depth: 3}\nothers: [{_type: box, m: {_ref: model}}]\n")
    plan = parts.plan(load_files([file]))
    for made in (pickle.loads(pickle.dumps(plan)).build(), parts.build(pickle.loads(pickle.dumps(plan.config)))):
        assert made["others"][0].parts["m"] is made["model"]
        assert made["model"].depth == 3
    with pytest.raises(ConfigError) as caught:
        parts.build_file(file, overrides=["model.depth=x"])
    arrived = pickle.loads(pickle.dumps(caught.value))
    assert arrived.problems == caught.value.problems
    assert str(arrived) == str(caught.value)


WORKERS = """
import multiprocessing, sys
import stock
from registry import Catalog, Registry

@stock.shelf.register
def defined_here(x: int = 1):
    return ("here", x)

own = Registry("own")

def work(task):
    registry, catalog, plan = task
    return sorted(registry), registry.build("defined_here"), registry.build("late"), catalog.build(
        {"_type": "mine", "_registry": "own"}
    ), plan.build()

if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
        pool.map(len, ["the worker", "is up"])
        from afterwards import late, mine
        stock.shelf.register("late", late)
        registry = Registry("own")
        registry.register("mine", mine)
        task = stock.shelf, Catalog(stock.shelf, registry), stock.shelf.plan({"_type": "late"})
        print(pool.map(work, [task])[0])
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_what_is_registered_late_is_there_in_workers(write: Write, tmp_path: Path, method: str) -> None:
    write("stock.py", "from registry import Registry\nshelf = Registry('shelf')\nshelf.register('early', dict)\n")
    write("afterwards.py", "def late():\n    return 'late'\ndef mine():\n    return 'mine'\n")
    write("program.py", WORKERS)
    said = run_python(str(tmp_path / "program.py"), method, folder=tmp_path)
    assert said.strip() == str((["defined_here", "early", "late"], ("here", 1), "late", "mine", "late"))


def test_an_editor_gets_help_with_names_keys_and_types(parts: AnyRegistry) -> None:
    assert parts._ipython_key_completions_() == ["box", "model", "trainer"]
    text = str(parts.json_schema())
    assert all(word in text for word in ("model", "depth", "epochs", "integer"))
    assert str(Catalog(parts).json_schema()).count("depth")
