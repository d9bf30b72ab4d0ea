"""Registries in other processes: by the variable that holds them, with their names as references."""

import copy
import functools
import math
import multiprocessing
import os
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import registry as library
from registry import (
    Catalog,
    DuplicateEntryError,
    Entry,
    FrozenRegistryError,
    MemoryBackend,
    Reference,
    Registry,
    ResolutionError,
    ValidationContext,
    ValidationError,
    type_registry,
)

ROOT = Path(library.__file__).parents[1]


def again(registry: Registry[Any]) -> Registry[Any]:
    """What arrives of a registry in this very process."""
    arrived: Registry[Any] = pickle.loads(pickle.dumps(registry))
    return arrived


@pytest.fixture
def local() -> Registry[Any]:
    """A registry that no module holds."""
    registry = Registry[Any]("local")
    registry.register("root", math.sqrt, aliases=["r"], tags=["real"], description="A root.", unit="m")
    registry.register("ratio", Reference("fractions:Fraction"))
    return registry


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that holds the registry `things` and defines two functions."""
    made = ModuleType("module_with_things")
    monkeypatch.setitem(sys.modules, made.__name__, made)
    source = """
from registry import Registry
things = Registry("things", validators=[lambda artifact, context: None])
@things.register
def early(): return 1
def late(): return 2
things.register("unnamed", lambda: 3)
"""
    exec(compile(source, "things.py", "exec"), made.__dict__)
    return made


# ---------------------------------------------------------------------------------------------- with its parts


def test_a_registry_that_no_variable_holds_arrives_with_its_parts_and_names(local: Registry[Any]) -> None:
    arrived = again(local)
    assert arrived is not local
    assert arrived.name == "local"
    assert arrived.keys() == ["root", "ratio"]
    assert arrived["r"] is math.sqrt
    entry = arrived.entry("root")
    assert entry.tags == {"real"}
    assert (entry.description, entry.metadata, entry.aliases) == ("A root.", {"unit": "m"}, ("r",))
    assert str(entry.origin) == str(local.entry("root").origin)


def test_names_travel_as_references_and_no_code_does(local: Registry[Any]) -> None:
    local.register("function", again)
    assert again(local).entry("root").target == Reference("math:sqrt")
    assert again(local).entry("function").is_lazy
    local.values()
    assert again(local).entry("ratio").target == Reference("fractions:Fraction")
    assert all(word not in pickle.dumps(local) for word in (b"Lock", b"socket", b"code"))


class NeedsFive:
    """A validator that can be pickled."""

    def __call__(self, artifact: Any, context: ValidationContext) -> None:
        if artifact is not math.floor and context.operation == "read":
            raise ValidationError("Only floors.")


def test_the_parts_work_on_the_other_side() -> None:
    rules = Registry[Any]("rules", validators=[NeedsFive()], name_of=functools.partial(str.upper), on_conflict="keep")
    rules.register("floor", math.floor)
    rules.register("root", math.sqrt)
    arrived = again(rules)
    assert arrived["floor"] is math.floor
    with pytest.raises(ValidationError, match="Only floors"):
        arrived["root"]
    arrived.register("floor", math.ceil)
    assert arrived["floor"] is math.floor


def test_a_preset_travels_with_what_it_makes() -> None:
    rules = type_registry("rules", base=dict)
    rules.register(dict)
    assert rules.build("dict", a=1) == {"a": 1}
    arrived = again(rules)
    assert arrived.build("dict", a=1) == {"a": 1}
    with pytest.raises(ValidationError, match="'dict'"):
        arrived.register("x", int)


def test_a_backend_of_a_dict_or_of_somebody_else_travels_too(local: Registry[Any]) -> None:
    rules = Registry[Any]("rules", backend={"root": Entry("root", math.sqrt)})
    assert "a dict" in repr(again(rules))
    assert again(rules)["root"] is math.sqrt
    layers = library.layered(MemoryBackend(), MemoryBackend())
    layered = Registry[Any]("layered", backend=layers)
    layered.register("root", math.sqrt)
    assert again(layered)["root"] is math.sqrt


def test_what_a_validator_coerced_is_coerced_again_on_the_other_side() -> None:
    rules = Registry[Any]("rules", validators=[coerced])
    rules.register("root", math.sqrt)
    arrived = again(rules)
    assert arrived.entry("root").target == Reference("math:sqrt")
    assert arrived["root"].args == (math.sqrt,)


def coerced(artifact: Any, context: ValidationContext) -> Any:
    return functools.partial(print, artifact)


class Holder:
    @classmethod
    def method(cls) -> int:
        return 3


@pytest.mark.parametrize(
    ("artifact", "reason"),
    [
        (lambda: 0, "it is a lambda"),
        ({"a": 1}, "it is a dict that no module names"),
        (functools.partial(print), "it is a partial that no module names"),
        (type("Local", (), {"__qualname__": "f.<locals>.Local"}), "is defined inside a function"),
        (type("Gone", (), {"__module__": "math"}), "'math:Gone' is not, or no longer, this object"),
    ],
)
def test_what_no_reference_can_name_says_so_and_where_it_was_registered(artifact: Any, reason: str) -> None:
    rules = Registry[Any]("rules")
    rules.register("x", artifact)
    arrived = again(again(rules))
    assert "x" in arrived
    with pytest.raises(ResolutionError) as caught:
        arrived["x"]
    assert reason in caught.value.message
    assert str(rules.entry("x").origin) in caught.value.message
    assert [problem.code for problem in arrived.check({"_type": "x"})] == ["cannot-import"]
    arrived.register("x", math.sqrt, replace=True)


def test_methods_of_classes_have_references() -> None:
    rules = Registry[Any]("rules")
    rules.register("method", Holder.method)
    assert again(rules).entry("method").target == Reference(f"{__name__}:Holder.method")


def test_an_open_overlay_stays_here(local: Registry[Any]) -> None:
    with local.overlay({"root": math.floor}):
        assert again(local)["root"] is math.sqrt


# ---------------------------------------------------------------------------------------------- as a variable


def test_a_registry_that_a_module_holds_arrives_as_that_variable(module: ModuleType) -> None:
    assert again(module.things) is module.things
    assert b"module_with_things" in pickle.dumps(module.things)


def test_any_module_that_holds_it_will_do(local: Registry[Any], module: ModuleType) -> None:
    module.borrowed = local  # type: ignore[attr-defined]  # a module has what one puts there
    assert again(local) is local


def test_missing_names_are_added_on_arrival(module: ModuleType) -> None:
    module.things.register("late", module.late, aliases=["l"])
    module.things.register("early", module.early, aliases=["e"])
    sent = pickle.dumps(module.things)
    module.things.unregister("late")
    module.things.unregister("e")
    module.things.freeze()
    pickle.loads(sent)
    assert module.things["l"] is module.late
    assert module.things["e"] is module.early
    assert module.things.entry("late").is_lazy is False
    with pytest.raises(FrozenRegistryError):
        module.things.register("more", print)


def test_what_has_no_reference_is_the_same_if_the_same_line_registered_it(module: ModuleType) -> None:
    unnamed = module.things["unnamed"]
    assert again(module.things)["unnamed"] is unnamed


def test_what_arrived_without_its_artifact_gives_way_to_what_its_own_line_registers(module: ModuleType) -> None:
    sent = pickle.dumps(module.things)
    module.things.clear()
    pickle.loads(sent)
    with pytest.raises(DuplicateEntryError):
        module.things.register("unnamed", lambda: 4)
    exec(compile("\n" * 6 + 'things.register("unnamed", lambda: 3)', "things.py", "exec"), module.__dict__)
    assert module.things["unnamed"]() == 3


@pytest.mark.parametrize("name", ["early", "unnamed"])
def test_a_different_definition_is_a_duplicate_and_nothing_is_added(module: ModuleType, name: str) -> None:
    module.things.register("more", math.floor)
    sent = pickle.dumps(module.things)
    module.things.unregister("more")
    module.things.register(name, math.sqrt, replace=True)
    with pytest.raises(DuplicateEntryError) as caught:
        pickle.loads(sent)
    assert "things.py:" in caught.value.message
    assert __file__ in caught.value.message
    assert "more" not in module.things


def test_a_variable_that_is_not_there_on_the_other_side_is_named(module: ModuleType) -> None:
    sent = pickle.dumps(module.things)
    del module.things
    with pytest.raises(ResolutionError, match="module_with_things:things"):
        pickle.loads(sent)
    module.things = 3  # type: ignore[attr-defined]  # a module has what one puts there
    with pytest.raises(ResolutionError, match="is a int here"):
        pickle.loads(sent)


def test_a_catalog_travels_as_its_registries(module: ModuleType, local: Registry[Any]) -> None:
    catalog = Catalog(module.things, local)
    assert catalog.build({"_type": "early"}) == 1
    arrived = pickle.loads(pickle.dumps(catalog))
    assert arrived["things"] is module.things
    assert arrived["local"].keys() == local.keys()
    assert arrived.build({"_type": "early"}) == 1


# ---------------------------------------------------------------------------------------------- copies


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
def test_a_copy_changes_on_its_own(local: Registry[Any], make: Callable[[Any], Any]) -> None:
    data = {"a": 1}
    local.register("data", data)
    local.freeze()
    twin = make(local)
    twin.register("more", math.floor)
    assert twin["r"] is math.sqrt
    assert twin["data"] is data
    assert "more" not in local


# ---------------------------------------------------------------------------------------------- real processes

APP = """
from registry import Reference, Registry, function_registry

rules = Registry("rules")

@rules.register
def early(): return "early"

def late(): return "late"

rules.register("unnamed", lambda: "unnamed")
"""
MAIN = """
import multiprocessing
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor

import app_with_rules
from registry import Registry

mine = Registry("mine")
hidden = [Registry("hidden")]

@mine.register
def inside(): return "inside"

def later(): return "later"

def work(rules, mine, hidden, names):
    return [rules[name]() for name in names], mine["later"](), mine["inside"](), hidden["later"]()

if __name__ == "__main__":
    app_with_rules.rules.register("late", app_with_rules.late, aliases=["l"])
    app_with_rules.rules.register("main", later)
    mine.register(later)
    hidden[0].register(later)
    context = multiprocessing.get_context(sys.argv[1])
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        parts = app_with_rules.rules, mine, hidden[0], ["early", "unnamed", "late", "l", "main"]
        for _ in range(3):
            assert pool.submit(work, *parts).result() == (
                ["early", "unnamed", "late", "late", "later"], "later", "inside", "later"
            )
    process = context.Process(target=work, args=parts)
    process.start()
    process.join()
    assert process.exitcode == 0
    print("done")
"""


@pytest.mark.parametrize(
    "method",
    [method for method in ("spawn", "forkserver", "fork") if method in multiprocessing.get_all_start_methods()],
)
def test_late_registrations_are_seen_in_workers(method: str, tmp_path: Path) -> None:
    (tmp_path / "app_with_rules.py").write_text(APP)
    (tmp_path / "main_of_app.py").write_text(MAIN)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    result = subprocess.run(
        [sys.executable, str(tmp_path / "main_of_app.py"), method],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert (result.stdout, result.stderr) == ("done\n", "")


def test_a_registry_of_an_interactive_session_arrives_by_its_parts(tmp_path: Path) -> None:
    """The main module of another process is another one, so the variable is not there."""
    send = """
        import math, pickle, sys
        from registry import Registry
        mine = Registry("mine")
        mine.register("root", math.sqrt)
        open(sys.argv[1], "wb").write(pickle.dumps(mine))
        """
    receive = """
        import pickle, sys
        mine = pickle.load(open(sys.argv[1], "rb"))
        print(mine.name, mine["root"](9.0))
        """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": ""}
    for code in (send, receive):
        result = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "sent")],
            capture_output=True,
            text=True,
            env=environment,
        )
        assert result.stderr == ""
    assert result.stdout == "mine 3.0\n"
