"""The file of tokens: what is acknowledged is on the disk, and nobody waits for ever to change it."""

import contextlib
import fcntl
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.errors import DiagnosticError, StoreError
from registry.server import tokens as module
from registry.server.tokens import create_token, read_tokens, revoke_token


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "registry-tokens.json"


@contextlib.contextmanager
def kept(file: Path) -> Iterator[int]:
    """The lock of a file of tokens, as a process has it that stands still while it changes them."""
    descriptor = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def creating(file: Path) -> Iterator[tuple[threading.Thread, list[DiagnosticError]]]:
    """A token that is made in a thread, and what was raised there."""
    raised: list[DiagnosticError] = []

    def create() -> None:
        try:
            create_token(file, "ci", ["*:read"])
        except DiagnosticError as error:
            raised.append(error)

    thread = threading.Thread(target=create)
    thread.start()
    try:
        yield thread, raised
    finally:
        thread.join(20)
        assert not thread.is_alive()


def test_who_waits_too_long_for_the_lock_is_told_what_to_do(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.2)
    create_token(file, "first", ["*:read"])
    with kept(file), creating(file) as (thread, raised):
        thread.join(10)
        assert not thread.is_alive()
    assert [type(error) for error in raised] == [StoreError]
    assert "registry-tokens.json.lock' for 0.2 seconds" in raised[0].message
    assert f"fuser {file}.lock" in raised[0].suggestions[0]
    assert [token.name for token in read_tokens(file)] == ["first"]
    create_token(file, "after", ["*:read"])


def test_one_that_waits_without_end_would_be_noticed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", float("inf"))
    with kept(file) as descriptor, creating(file) as (thread, raised):
        thread.join(0.5)
        assert thread.is_alive()
        assert read_tokens(file) == []
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    assert raised == []
    assert len(read_tokens(file)) == 1


def test_a_lock_that_is_given_back_in_time_is_waited_for(file: Path) -> None:
    with kept(file) as descriptor, creating(file) as (thread, raised):
        thread.join(0.1)
        assert thread.is_alive()
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        began = time.monotonic()
        thread.join(20)
        assert time.monotonic() - began < module._PATIENCE
    assert raised == []
    assert [token.name for token in read_tokens(file)] == ["ci"]


def steps_of(file: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens on the disk when a token is revoked, in its order."""
    token, _ = create_token(file, "ci", ["*:read"])
    steps: list[str] = []
    force, replace = os.fsync, os.replace

    def forced(descriptor: int) -> None:
        steps.append("folder forced" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file forced")
        force(descriptor)

    def replaced(draft: Path, target: Path) -> None:
        steps.append("replaced")
        replace(draft, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", forced)
        patched.setattr(os, "replace", replaced)
        revoke_token(file, token.id)
    assert read_tokens(file) == []
    return steps


DURABLE = ["file forced", "replaced", "folder forced"]


def test_a_token_that_was_revoked_does_not_come_back_after_a_power_cut(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert steps_of(file, monkeypatch) == DURABLE


def test_a_name_that_is_not_forced_out_would_be_noticed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_forced_out", lambda folder: contextlib.nullcontext())
    assert steps_of(file, monkeypatch) == DURABLE[:2]


def test_a_folder_that_cannot_be_forced_out_is_refused_before_anything_is_changed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_token(file, "first", ["*:read"])
    opened = os.open

    def refusing(path: object, flags: int, *rest: int) -> int:
        if path == file.parent:
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, *rest)  # type: ignore[arg-type]  # whatever it was called with

    monkeypatch.setattr(os, "open", refusing)
    with pytest.raises(DiagnosticError, match="cannot be written: Permission denied"):
        create_token(file, "second", ["*:read"])
    assert [token.name for token in read_tokens(file)] == ["first"]
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name, f"{file.name}.lock"]
