"""A server tells the plugins that it was told to load of each change, and waits for none of them."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

import pytest

from registry.revisions import Change
from registry.stores import HTTPStore

Install = Callable[..., Path]

WRITER = """
import pathlib, time
from registry.plugins import hookimpl

@hookimpl
def registry_event(event):
    time.sleep({pause})
    with open({file!r}, "a") as stream:
        print(event.kind, event.registry, event.name, file=stream)
"""


def wait_until_ready(url: str) -> None:
    """What is written before a server has loaded its store is a part of what it loads, and nobody is told."""
    deadline = time.monotonic() + 20
    while True:
        try:
            with urlopen(f"{url}/ready", timeout=20):
                return
        except HTTPError:
            assert time.monotonic() < deadline, "it is not ready"
            time.sleep(0.02)


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "registry", "serve", "--port", "0", "--store", "memory:", *arguments]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        wait_until_ready(found[0])
        try:
            yield found[0], process
        finally:
            process.terminate()


def write(url: str, *changes: Change) -> None:
    with HTTPStore(url) as store:
        for change in changes:
            store.submit("research.losses", [change], operation=uuid4().hex).result(20)


def lines(file: Path, count: int) -> list[str]:
    """What a plugin wrote, once it is so much."""
    deadline = time.monotonic() + 20
    while not file.exists() or len(found := file.read_text().splitlines()) < count:
        assert time.monotonic() < deadline, "it was not told"
        time.sleep(0.02)
    return found


RECORD = b'{"format":1,"kind":"data","data":1}'


def test_a_plugin_is_told_what_was_written_in_order(fake_distribution: Install, tmp_path: Path) -> None:
    told, other = tmp_path / "told", tmp_path / "other"
    folder = fake_distribution(
        "acme-tools",
        {"plugins": {"writer": "acme_writer", "other": "acme_other"}},
        modules={
            "acme_writer": WRITER.format(pause=0, file=str(told)),
            "acme_other": WRITER.format(pause=0, file=str(other)),
        },
    )
    with served(folder, "--plugin", "writer") as (url, process):
        write(url, Change("huber", RECORD), Change("mse", RECORD), Change("huber", None))
        assert lines(told, 3) == [
            "registered research.losses huber",
            "registered research.losses mse",
            "unregistered research.losses huber",
        ]
    assert process.returncode == 0
    assert not other.exists(), "a server loads those alone that it is told to"


def test_a_slow_plugin_holds_up_no_write_and_no_end(fake_distribution: Install, tmp_path: Path) -> None:
    told = tmp_path / "told"
    folder = fake_distribution(
        "acme-tools",
        {"plugins": {"writer": "acme_writer"}},
        modules={"acme_writer": WRITER.format(pause=60, file=str(told))},
    )
    with served(folder, "--plugin", "writer") as (url, process):
        write(url, *(Change(f"n{number}", RECORD) for number in range(20)))
        begun = time.monotonic()
        process.terminate()
        process.wait(20)
        assert time.monotonic() - begun < 15
    assert not told.exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [("writr", "did you mean 'writer'?"), ("broken", "The plugin 'broken' of acme-tools 1.0 cannot be used")],
)
def test_a_plugin_that_cannot_be_loaded_keeps_the_server_from_starting(
    fake_distribution: Install, tmp_path: Path, name: str, said: str
) -> None:
    folder = fake_distribution(
        "acme-tools",
        {"plugins": {"writer": "acme_writer", "broken": "acme_broken"}},
        modules={"acme_writer": WRITER.format(pause=0, file="told"), "acme_broken": "1 / 0"},
    )
    done = subprocess.run(
        [sys.executable, "-m", "registry", "serve", "--port", "0", "--store", "memory:", "--plugin", name],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert said in done.stderr
