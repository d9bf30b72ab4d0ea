"""What docs/cluster.md tells people to write is accepted, and the numbers in it are those of the code."""

import re
import shlex
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML

from registry import Registry, StoredBackend, environment
from registry.cli.migrate import migrate
from registry.cli.serve import serve
from registry.server import Limits
from registry.stores.etcd.credentials import Credentials
from registry.stores.etcd.endpoints import DEFAULT_PREFIX, read_endpoints, read_url
from registry.stores.etcd.store import LIMITS
from registry.stores.submission import LIMITS as USUAL
from registry.wire.json import MAX_RECORD

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")

COMMANDS: dict[str, click.Command] = {"serve": serve, "migrate": migrate}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def manifests() -> list[dict[str, object]]:
    return [one for block in blocks("yaml") for one in YAML(typ="safe").load_all(block)]


def commands() -> list[list[str]]:
    """The arguments of every command of ours on the page."""
    whole = PAGE.replace("\\\n", " ")
    lines = re.findall(r"^    (registry .*)$|^ExecStart=(.*)$", whole, re.MULTILINE)
    given = [shlex.split(first or second, comments=True)[1:] for first, second in lines]
    for manifest in manifests():
        if manifest["kind"] == "Deployment":
            containers = manifest["spec"]["template"]["spec"]["containers"]  # type: ignore[index]  # a Deployment has it
            given.append(containers[0]["args"])
    return given


def test_where_a_user_is_named_the_password_may_be_sent() -> None:
    told = [block for block in [*blocks("ini"), *blocks("yaml")] if environment.ETCD_USER in block]
    assert len(told) == 2
    for block in told:
        (url,) = re.findall(r"--store[ =](etcds?://\S+)", block)
        for address in read_endpoints(read_url(url).endpoints):
            Credentials("registry", "x", allow_plain=False).check(address)
        assert environment.ETCD_CA in block


def test_the_python_on_the_page_runs() -> None:
    namespace: dict[str, object] = {}
    for block in blocks("python"):
        exec(compile(block, "docs/cluster.md", "exec"), namespace)
    assert isinstance(namespace["backend"], StoredBackend)
    assert isinstance(namespace["losses"], Registry)


def test_the_page_has_commands() -> None:
    assert len(commands()) == 5
    assert [one["kind"] for one in manifests()] == ["Deployment", "Service"]


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_every_command_is_one(arguments: list[str]) -> None:
    command = COMMANDS[arguments[0]]
    context = command.make_context(command.name, arguments[1:])
    url = context.params["target" if command is migrate else "store"]
    assert url.startswith("sqlite:///") or read_url(url).endpoints


def test_a_command_that_is_none_would_be_noticed() -> None:
    with pytest.raises(click.UsageError):
        serve.make_context("serve", ["--stores", "etcd://a:2379"])


def test_every_variable_is_read() -> None:
    known = {value for value in vars(environment).values() if isinstance(value, str)}
    named = set(re.findall(r"REGISTRY_[A-Z_]+", PAGE))
    assert named >= {environment.ETCD_USER, environment.ETCD_PASSWORD, environment.ETCD_CA}
    assert named <= known


def test_the_limits_are_those_of_the_code() -> None:
    assert f"| changes in one submission | {LIMITS.changes}," in PAGE
    assert (
        f"{USUAL.changes:,} changes, {USUAL.size >> 20} MiB | {LIMITS.changes} changes, {LIMITS.size >> 20} MiB" in PAGE
    )
    assert f"| a record | {MAX_RECORD >> 10} KiB" in PAGE
    assert f"a server answers for {Limits().stale_seconds:g}" in PAGE
    assert f"--prefix=true {DEFAULT_PREFIX}/" in PAGE
