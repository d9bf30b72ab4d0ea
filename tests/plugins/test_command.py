"""registry plugins, and commands that plugins add."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.offers import Offer
from registry.plugins.probe import probe

Install = Callable[..., Path]

LISTENER = "from registry.plugins import hookimpl\n@hookimpl\ndef registry_event(event): pass\n"
COMMANDS = """
import click
from registry.plugins import hookimpl

@hookimpl
def registry_cli(group):
    @group.command("greet")
    def greet():
        print("hello from a plugin")
"""


def registry(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, which finds what is installed in a folder."""
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "registry", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **environment},
        timeout=120,
    )


@pytest.fixture
def installed(fake_distribution: Install) -> Path:
    """A plugin that works, one that does not, and a part."""
    return fake_distribution(
        "acme-tools",
        {
            "plugins": {"listener": "acme_listener", "lacks": "acme_lacks", "commands": "acme_commands"},
            "readers": {"acme": "acme_reader:read"},
        },
        modules={
            "acme_listener": LISTENER,
            "acme_lacks": "import a_module_that_is_not_there",
            "acme_commands": COMMANDS,
            "acme_reader": "raise RuntimeError('the part was imported')",
        },
        version="1.2",
    )


def test_list_shows_each_with_its_state_and_imports_no_part(installed: Path) -> None:
    done = registry(installed, "plugins", "list", REGISTRY_NO_PLUGINS="commands")
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert lines["listener"].split() == ["listener", "active", "acme-tools", "1.2", "registry_event"]
    assert "failed" in lines["lacks"]
    assert "No module named 'a_module_that_is_not_there'" in lines["lacks"]
    assert "blocked" in lines["commands"]
    assert lines["reader"].split() == ["reader", "acme", "acme_reader:read", "acme-tools", "1.2"]
    found = json.loads(registry(installed, "plugins", "list", "--format", "json").stdout)
    found_states = {plugin["name"]: plugin["state"] for plugin in found["plugins"]}
    assert (found_states["listener"], found_states["lacks"]) == ("active", "failed")
    assert found["parts"][0]["value"] == "acme_reader:read"


def test_show_says_why_a_plugin_failed_and_where(installed: Path) -> None:
    done = registry(installed, "plugins", "show", "lacks")
    assert done.returncode == 0, done.stderr
    assert "acme-tools 1.2" in done.stdout
    assert "acme_lacks.py" in done.stdout
    unknown = registry(installed, "plugins", "show", "lack")
    assert unknown.returncode == 1
    assert "There is no plugin 'lack'." in unknown.stderr
    assert "did you mean 'lacks'?" in unknown.stderr


def test_a_plugin_adds_commands_and_one_that_fails_keeps_no_command_away(installed: Path) -> None:
    assert registry(installed, "greet").stdout == "hello from a plugin\n"
    assert "greet" in registry(installed, "--help").stdout
    assert registry(installed, "greet", REGISTRY_NO_PLUGINS="*").returncode == 2


def test_a_command_that_is_there_is_not_replaced(fake_distribution: Install) -> None:
    folder = fake_distribution(
        "acme-tools",
        {"plugins": {"commands": "acme_commands"}},
        modules={"acme_commands": COMMANDS.replace("greet", "list")},
    )
    assert "hello from a plugin" not in registry(folder, "list", "--app", "nothing:here").stdout
    shown = registry(folder, "plugins", "show", "commands").stdout
    assert "failed" in shown
    assert "registry_cli() failed: ValueError: there is a command 'list' already" in shown
    assert registry(folder, "--help").returncode == 0


def test_doctor_names_what_hangs_exits_or_crashes(fake_distribution: Install) -> None:
    folder = fake_distribution(
        "acme-tools",
        {
            "plugins": {
                "listener": "acme_listener",
                "hangs": "acme_hangs",
                "exits": "acme_exits",
                "crashes": "acme_crashes",
            },
            "validators": {"lacks": "acme_lacks:nothing"},
        },
        modules={
            "acme_listener": LISTENER,
            "acme_hangs": "while True:\n    pass",
            "acme_exits": "import os\nos._exit(7)",
            "acme_crashes": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
            "acme_lacks": "",
        },
    )
    names = ("listener", "hangs", "exits", "crashes", "lacks")
    done = registry(folder, "plugins", "doctor", "--seconds", "1.5", *names)
    assert done.returncode == 2
    assert "listener  active" in done.stdout
    assert "Importing 'acme_hangs' did not end within 1.5 seconds." in done.stdout
    assert "acme_hangs.py" in done.stdout, "it says where"
    assert "Importing 'acme_exits' ended the process, with the exit code 7." in done.stdout
    assert "Importing 'acme_crashes' crashed the process: SIGKILL." in done.stdout
    assert "lacks (validator)  failed" in done.stdout
    assert "4 failures among 5 plugins and parts." in done.stderr
    alone = registry(folder, "plugins", "doctor", "listener")
    assert (alone.returncode, alone.stdout.split()[:2]) == (0, ["listener", "active"])


def test_doctor_looks_at_all_that_is_not_blocked(fake_distribution: Install) -> None:
    modules = {"acme_listener": LISTENER, "acme_hangs": "while True:\n    pass"}
    points = {"listener": "acme_listener", "hangs": "acme_hangs"}
    folder = fake_distribution("acme-tools", {"plugins": points}, modules=modules)
    done = registry(folder, "plugins", "doctor", REGISTRY_NO_PLUGINS="registry-*,hangs")
    assert "listener  active" in done.stdout
    assert "hangs" not in done.stdout
    unknown = registry(folder, "plugins", "doctor", "nothing")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "There is no plugin or part 'nothing'." in unknown.stderr


def test_nothing_is_left_of_a_process_that_hung(fake_distribution: Install, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    source = (
        "import subprocess, sys, time, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(child.pid))\n"
        "time.sleep(600)"
    )
    fake_distribution("acme-tools", {"plugins": {"hangs": "acme_hangs"}}, modules={"acme_hangs": source})
    state = probe(Offer("plugins", "hangs", "acme_hangs", "acme-tools", "1.0"), 1.5)
    assert state.state == "failed"
    assert "acme_hangs" not in sys.modules
    deadline = time.monotonic() + 20
    while is_running(int(pid.read_text())):
        assert time.monotonic() < deadline, "what it started still runs"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there are no signals")
def test_a_probe_leaves_with_what_the_import_says() -> None:
    good = probe(Offer("validators", "named", "registry.validators:named"))
    assert (good.state, good.reason, good.traceback) == ("active", "", "")
