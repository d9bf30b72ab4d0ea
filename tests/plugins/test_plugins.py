"""Plugins work side by side, and a bad one keeps nobody from working."""

import logging
import math
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from registry import (
    ConfigError,
    Entry,
    EntryNotFoundError,
    Event,
    Reference,
    Registry,
    Schema,
    ValidationError,
    function_registry,
    schema_registry,
    type_registry,
)
from registry.plugins import PluginManager, PluginState, hookimpl, plugin_manager

Install = Callable[..., Path]

GOOD = """
from registry.plugins import hookimpl

seen = []

@hookimpl
def registry_entries(registry):
    return {"root": "math:sqrt"}

@hookimpl
def registry_event(event):
    seen.append((event.kind, event.name))
"""

BAD = {
    "exits": ("raise SystemExit(3)", "SystemExit: 3"),
    "lacks": ("import a_module_that_is_not_there", "No module named 'a_module_that_is_not_there'"),
    "misspelt": ("def broken(:\n    pass", "SyntaxError"),
    "raises": ("1 / 0", "ZeroDivisionError: division by zero"),
    "wrong_name": (
        "from registry.plugins import hookimpl\n@hookimpl\ndef registry_entrys(registry): return {}",
        "'registry_entrys', and there is none of this name.\n  did you mean 'registry_entries' or 'registry_event'?",
    ),
    "wrong_signature": (
        "from registry.plugins import hookimpl\n@hookimpl\ndef registry_event(evnt): pass",
        "'evnt'",
    ),
    "unmarked": ("def registry_event(event): pass", "Its 'registry_event' is not marked as a hook."),
    "empty": ("", "It has no hooks."),
    "pushes_in": (
        "from registry.plugins import hookimpl\n@hookimpl(tryfirst=True)\ndef registry_event(event): pass",
        "asks for a place among the hooks of others",
    ),
}


def states(manager: PluginManager) -> dict[str, PluginState]:
    return {state.name: state for state in manager.states}


@pytest.fixture
def good(fake_distribution: Install) -> None:
    fake_distribution("acme-good", {"plugins": {"good": "acme_good"}}, modules={"acme_good": GOOD}, version="2.1")


# ---------------------------------------------------------------------------------------------- good ones


def test_an_installed_plugin_takes_part_in_registries_that_ask_for_it(good: None) -> None:
    manager = plugin_manager()
    assert states(manager)["good"] == PluginState(
        "good", "active", "acme-good", "2.1", "acme_good", ("registry_entries", "registry_event")
    )
    rules = Registry[Any]("rules", plugins=manager)
    assert rules["root"] is math.sqrt
    rules.register("floor", math.floor)
    assert sys.modules["acme_good"].seen == [("registered", "floor")]
    with pytest.raises(EntryNotFoundError):
        Registry[Any]("others")["root"]


def test_a_plugin_of_the_program_may_be_an_object_a_class_a_module_or_the_address_of_one(good: None) -> None:
    class Offers:
        @hookimpl
        def registry_entries(self) -> dict[str, Reference]:
            return {"ceil": Reference("math:ceil")}

    import acme_good  # type: ignore[import-not-found]  # installed for this test

    for plugin, name in (
        (Offers(), "ceil"),
        (Offers, "ceil"),
        (acme_good, "root"),
        ("acme_good", "root"),
    ):
        manager = plugin_manager(plugin, installed=False)
        assert [state.state for state in manager.states] == ["active"]
        assert callable(Registry[Any]("rules", plugins=manager)[name])


def test_validators_schemas_and_events_of_several_plugins_come_in_a_stable_order() -> None:
    asked: list[str] = []

    def plugin(name: str, opaque: bool | None) -> Any:
        class Plugin:
            @hookimpl
            def registry_validators(self, registry: Any) -> list[Any]:
                asked.append(f"{name} for {registry.name}, {registry.kind}, {sorted(registry.tags)}")
                return [lambda artifact, context: asked.append(f"{name} looks at {context.entry}")]

            @hookimpl
            def registry_schema(self, artifact: Any, schema: Schema) -> Schema | None:
                return None if opaque is None else attrs.evolve(schema, opaque=opaque)

        return type(name, (Plugin,), {})()

    manager = plugin_manager(plugin("b", None), plugin("a", True), plugin("c", False), installed=False)
    rules = function_registry("rules", plugins=manager)
    rules.register("floor", math.floor, tags=["round"])
    assert asked == [
        "b for rules, function, []",
        "a for rules, function, []",
        "c for rules, function, []",
        *(f"{name} looks at floor" for name in "bac"),
    ]
    assert rules.schema("floor").opaque
    rules.register("ceil", math.ceil)
    assert len(asked) == 9, "a registry asks for its validators once"


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda **parts: function_registry("r", **parts), "function"),
        (lambda **parts: type_registry("r", base=dict, **parts), "type"),
        (lambda **parts: schema_registry("r", **parts), "schema"),
        (lambda **parts: Registry("r", **parts), "any"),
    ],
)
def test_a_plugin_sees_what_a_registry_is_for_and_cannot_change_it(make: Callable[..., Any], kind: str) -> None:
    views: list[Any] = []

    class Looks:
        @hookimpl
        def registry_entries(self, registry: Any) -> dict[str, Any]:
            views.append(registry)
            return {}

    registry = make(plugins=plugin_manager(Looks, installed=False))
    registry.keys()
    (view,) = views
    assert (view.name, view.kind, view.tags) == ("r", kind, frozenset())
    assert not hasattr(view, "register")
    with pytest.raises(AttributeError):
        view.other = 1


def test_a_plugin_sees_the_tags_that_are_in_use() -> None:
    seen: list[frozenset[str]] = []

    class Looks:
        @hookimpl
        def registry_validators(self, registry: Any) -> list[Any]:
            seen.append(registry.tags)
            return []

    entries = {
        "floor": Entry("floor", math.floor, tags=frozenset({"round"})),
        "sqrt": Entry("sqrt", math.sqrt, tags=frozenset({"root", "slow"})),
    }
    Registry[Any]("rules", backend=entries, plugins=plugin_manager(Looks, installed=False)).register("ceil", math.ceil)
    assert seen == [{"round", "root", "slow"}]


def test_a_plugin_may_bring_more(good: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Brings:
        @hookimpl
        def registry_plugins(self) -> dict[str, Any]:
            return {"brought": "acme_good", "blocked": "a_module_that_is_not_there", "good": "acme_good"}

    monkeypatch.setenv("REGISTRY_NO_PLUGINS", "blocked")
    found = states(manager := plugin_manager(Brings))
    assert (found["Brings"].state, found["brought"].state, found["blocked"].state) == ("active", "active", "blocked")
    assert [state.state for state in manager.states if state.name == "good"] == ["active", "conflict"]


def test_plugins_of_the_program_come_before_those_that_are_installed(good: None) -> None:
    class Mine:
        @hookimpl
        def registry_event(self, event: Event) -> None: ...

    assert [state.name for state in plugin_manager(Mine).states][:2] == ["Mine", "good"]


# ---------------------------------------------------------------------------------------------- bad ones


@pytest.mark.parametrize("error", [ZeroDivisionError("oh"), SystemExit(3)])
def test_a_plugin_that_fails_to_say_what_it_brings_is_set_aside(good: None, error: BaseException) -> None:
    class Brings:
        @hookimpl
        def registry_plugins(self) -> dict[str, Any]:
            raise error

    found = states(plugin_manager(Brings))
    assert (found["Brings"].state, found["good"].state) == ("failed", "active")
    assert "registry_plugins()" in found["Brings"].reason


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_plugin_is_set_aside_and_the_rest_work(good: None, fake_distribution: Install, bad: str) -> None:
    source, said = BAD[bad]
    module = f"acme_{bad}"
    fake_distribution(f"acme-{bad}", {"plugins": {bad: module}}, modules={module: source}, version="0.3")
    manager = plugin_manager()
    state = states(manager)[bad]
    assert (state.state, state.distribution, state.version) == ("failed", f"acme-{bad}", "0.3")
    assert said in state.reason
    if bad in ("exits", "lacks", "misspelt", "raises"):
        assert f"{module}.py" in state.traceback
    rules = Registry[Any]("rules", plugins=manager)
    assert rules["root"] is math.sqrt
    with pytest.raises(EntryNotFoundError, match=f"Might the plugin '{bad}' of acme-{bad} 0.3 provide it"):
        rules["wavelet"]


def test_a_name_that_two_distributions_claim_belongs_to_neither(good: None, fake_distribution: Install) -> None:
    fake_distribution("rival", {"plugins": {"good": "rival_good"}}, modules={"rival_good": GOOD})
    manager = plugin_manager()
    claims = [state for state in manager.states if state.name == "good"]
    assert [(claim.state, claim.distribution) for claim in claims] == [("conflict", "acme-good"), ("conflict", "rival")]
    for claim in claims:
        assert "'good' among the plugins is claimed by acme-good 2.1 and rival 1.0" in claim.reason
    with pytest.raises(EntryNotFoundError, match=r"the plugin .good. of acme-good 2\.1 provide it.* is claimed by"):
        Registry[Any]("rules", plugins=manager)["root"]
    assert "rival_good" not in sys.modules
    assert "acme_good" not in sys.modules


def test_a_plugin_of_the_program_that_exits_when_it_is_imported_is_set_aside_too(fake_distribution: Install) -> None:
    fake_distribution("acme-exits", {}, modules={"acme_exits": "raise SystemExit(3)"})
    (state,) = plugin_manager("acme_exits", installed=False).states
    assert (state.state, state.reason) == ("failed", "Importing it failed: SystemExit: 3.")


def test_a_claim_that_is_blocked_does_not_count(good: None, fake_distribution: Install) -> None:
    fake_distribution("rival", {"plugins": {"good": "rival_good"}}, modules={"rival_good": GOOD})
    manager = plugin_manager(block=["rival"])
    assert [(state.state, state.distribution) for state in manager.states if state.name == "good"] == [
        ("active", "acme-good"),
        ("blocked", "rival"),
    ]


@pytest.mark.parametrize("blocked", ["environment", "argument", "project", "not allowed"])
def test_a_blocked_plugin_is_not_imported(
    good: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, blocked: str
) -> None:
    arguments: dict[str, Any] = {}
    if blocked == "environment":
        monkeypatch.setenv("REGISTRY_NO_PLUGINS", "other, acme-*")
    elif blocked == "argument":
        arguments["block"] = ["good"]
    elif blocked == "not allowed":
        monkeypatch.setenv("REGISTRY_PLUGINS", "another")
    else:
        tmp_path.joinpath("pyproject.toml").write_text('[tool.registry]\nplugins = ["good"]\nno-plugins = ["goo?"]\n')
        monkeypatch.chdir(tmp_path)
    state = states(plugin_manager(**arguments))["good"]
    assert state.state == "blocked"
    assert {
        "environment": "REGISTRY_NO_PLUGINS",
        "argument": "'block'",
        "not allowed": "REGISTRY_PLUGINS allows",
        "project": "pyproject.toml",
    }[blocked] in state.reason
    assert "acme_good" not in sys.modules


def test_an_argument_says_which_are_allowed_before_the_environment_does(
    good: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRY_PLUGINS", "")
    assert states(plugin_manager())["good"].state == "blocked"
    assert states(plugin_manager(allow=["acme-good"]))["good"].state == "active"
    monkeypatch.delenv("REGISTRY_PLUGINS")
    assert states(plugin_manager(allow=[]))["good"].state == "blocked"


def test_a_project_may_allow_none(good: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tmp_path.joinpath("pyproject.toml").write_text("[tool.registry]\nplugins = []\n")
    monkeypatch.chdir(tmp_path)
    assert states(plugin_manager())["good"].state == "blocked"


@pytest.mark.parametrize(
    ("hook", "answer"),
    [
        ("registry_validators", [3]),
        ("registry_validators", 3),
        ("registry_schema", "nothing"),
        ("registry_entries", {"a": 3}),
        ("registry_entries", {"a": "not a reference"}),
        ("registry_entries", ZeroDivisionError("oh")),
        ("registry_entries", SystemExit(3)),
    ],
)
def test_a_plugin_that_fails_when_it_is_asked_is_set_aside_from_then_on(
    caplog: pytest.LogCaptureFixture, hook: str, answer: Any
) -> None:
    asked: list[str] = []

    def give(self: Any) -> Any:
        asked.append(hook)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    give.__name__ = hook
    bad = type("Bad", (), {hook: hookimpl(give)})()

    class Good:
        @hookimpl
        def registry_entries(self) -> dict[str, str]:
            return {"root": "math:sqrt"}

    manager = plugin_manager(bad, Good, installed=False)
    rules = Registry[Any]("rules", plugins=manager)
    rules.register("floor", math.floor)
    rules.schema("floor")
    assert rules["root"] is math.sqrt
    state = states(manager)["Bad"]
    assert state.state == "failed"
    assert state.reason.startswith(f"{hook}() failed: ")
    assert state.traceback
    assert "the plugin 'Bad' was set aside" in caplog.text
    other = Registry[Any]("others", plugins=manager)
    other.register("floor", math.floor)
    assert other["root"] is math.sqrt
    assert asked == [hook]


def test_an_event_that_a_plugin_fails_on_reaches_the_others(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Event] = []

    class Fails:
        @hookimpl
        def registry_event(self, event: Event) -> None:
            raise ZeroDivisionError

    class Listens:
        @hookimpl
        def registry_event(self, event: Event) -> None:
            told.append(event)

    manager = plugin_manager(Fails, Listens, installed=False)
    rules = Registry[Any]("rules", plugins=manager)
    with caplog.at_level(logging.ERROR):
        rules.register("floor", math.floor)
    assert [(event.kind, event.registry, event.name) for event in told] == [("registered", "rules", "floor")]
    assert "the plugin 'Fails' failed on an event" in caplog.text
    assert [state.state for state in manager.states] == ["active", "active"]


def test_an_event_says_how_long_it_took() -> None:
    told: list[Event] = []

    class Listens:
        @hookimpl
        def registry_event(self, event: Event) -> None:
            told.append(event)

    def slow(artifact: Any, context: Any) -> None:
        time.sleep(0.02)

    def sleep(seconds: float) -> None:
        time.sleep(seconds)

    rules = Registry[Any]("rules", validators=[slow], plugins=plugin_manager(Listens, installed=False))
    rules.register("sleep", sleep)
    rules.build("sleep", seconds=0.03)
    with pytest.raises(ConfigError):
        rules.build("sleep", minutes=0.03)
    rules.unregister("sleep")
    took = {event.kind: event.seconds for event in told}
    assert list(took) == ["registered", "built", "refused", "unregistered"]
    assert 0.02 <= took["registered"] < 5
    assert 0.03 <= took["built"] < 5
    assert 0 < took["refused"] < 5
    assert took["unregistered"] == 0


def test_validators_of_a_plugin_refuse_with_those_of_the_registry() -> None:
    class Refuses:
        @hookimpl
        def registry_validators(self) -> list[Any]:
            def no(artifact: Any, context: Any) -> None:
                raise ValidationError("The plugin refuses it.")

            return [no]

    rules = type_registry("rules", base=dict, plugins=plugin_manager(Refuses, installed=False))
    with pytest.raises(ValidationError, match="The plugin refuses it") as caught:
        rules.register("number", int)  # type: ignore[type-var]  # what is refused
    assert "does not inherit" in str(caught.value)


def test_where_two_plugins_offer_one_name_the_first_is_taken_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def offering(name: str, reference: str) -> Any:
        class Offers:
            @hookimpl
            def registry_entries(self) -> dict[str, str]:
                return {"root": reference}

        return type(name, (Offers,), {})

    manager = plugin_manager(offering("First", "math:sqrt"), offering("Second", "math:cbrt"), installed=False)
    assert Registry[Any]("rules", plugins=manager)["root"] is math.sqrt
    assert "'root' to 'rules': math:sqrt and math:cbrt; the first is taken" in caplog.text


def test_a_registry_with_plugins_pickles_and_loads_them_anew(good: None) -> None:
    arrived = pickle.loads(pickle.dumps(plugin_manager(block=["other"])))
    assert states(arrived)["good"].state == "active"
    import acme_good

    arrived = pickle.loads(pickle.dumps(plugin_manager(acme_good, installed=False)))
    assert [(state.name, state.state) for state in arrived.states] == [("acme_good", "active")]


def test_threads_that_ask_at_once_get_what_one_gets(good: None) -> None:
    manager = plugin_manager()
    found: list[Any] = []

    def ask(number: int) -> None:
        found.append(Registry[Any](f"rules{number}", plugins=manager)["root"])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [math.sqrt] * 8


def test_importing_the_library_looks_for_no_plugins(good: None, tmp_path: Path) -> None:
    program = (
        "import importlib.metadata, sys\n"
        "def refuse(**given): raise SystemExit('entry points were read')\n"
        "importlib.metadata.entry_points = refuse\n"
        "from registry import Registry\n"
        "Registry('rules').register('len', len)\n"
        "assert 'pluggy' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
