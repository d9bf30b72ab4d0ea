"""The file of access tokens: made, listed and revoked by commands, read by a running server."""

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import shlex
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, final

import attrs

from registry.closeness import did_you_mean
from registry.errors import EntryNotFoundError, OperationalError, StoreError, ValidationError
from registry.names import WHOLE, check_name, quote
from registry.server.access import Access, Level, Scope

DEFAULT_FILE = "registry-tokens.json"
"""Where tokens are kept when nobody says otherwise, in the working folder."""

_PATIENCE = 5.0
"""Seconds to wait for another process that changes the file; what it does takes some milliseconds."""

_PAUSE = 0.02
"""Seconds between two looks whether it is done."""


@attrs.frozen
class AccessToken:
    """What is known of an access token: everything but its secret.

    Attributes:
        id: Stands in the token, and names it when it is revoked.
        name: Who or what it was made for.
        scopes: What it allows.
        created: When it was made, in seconds since 1970-01-01 UTC.
        expires: When it ends, likewise; None for never.
        hash: SHA-256 of the whole token, as hexadecimal digits. The secret has 192 random bits, so that nothing
            slower is needed.
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created: float
    expires: float | None
    hash: str = attrs.field(repr=False)

    def has_expired(self, now: float) -> bool:
        """Whether it has ended by a time."""
        return self.expires is not None and now >= self.expires


def create_token(
    file: Path, name: str, scopes: Sequence[str], *, seconds: float | None = None
) -> tuple[AccessToken, str]:
    """Make a token and add it to the file, which is made if it is not there.

    Args:
        file: The file.
        name: Who or what it is for.
        scopes: What it allows, as texts.
        seconds: How long it is valid; None for ever.

    Returns:
        What is known of it, and the token itself, which is not kept anywhere.

    Raises:
        ValidationError: The name or a scope cannot be used, or the file holds something else.
        StoreError: Another process does not finish changing the file.
        OperationalError: The file cannot be written.
    """
    check_name(name, "name of a token")
    if not scopes:
        raise ValidationError(
            f"The token for {quote(name)} would allow nothing.",
            suggestions=["Give it a --scope like 'research.*:write'."],
        )
    if seconds is not None and not 0 < seconds < 1e10:
        raise ValidationError(f"A token cannot be valid for {quote(seconds)} seconds.")
    parsed = tuple(map(Scope.parse, scopes))
    with _changing(file) as tokens:
        taken = {token.id for token in tokens}
        while (identity := secrets.token_hex(4)) in taken:
            pass
        text = f"rgk_{identity}_{secrets.token_hex(24)}"
        now = time.time()
        token = AccessToken(identity, name, parsed, now, None if seconds is None else now + seconds, _hash(text))
        tokens.append(token)
    return token, text


def revoke_token(file: Path, identity: str) -> AccessToken:
    """Take a token out of the file; a running server notices within a second.

    Raises:
        EntryNotFoundError: No token has this id.
        ValidationError: The file holds something else.
        StoreError: Another process does not finish changing the file.
        OperationalError: The file cannot be read or written.
    """
    with _changing(file) as tokens:
        for token in tokens:
            if token.id == identity:
                tokens.remove(token)
                return token
        raise EntryNotFoundError(
            f"No token has the id {quote(identity)}.",
            suggestions=did_you_mean(identity, [token.id for token in tokens]),
        )


def read_tokens(file: Path) -> list[AccessToken]:
    """The tokens of a file, oldest first; none if it is not there.

    Raises:
        ValidationError: It holds something else, or others may write to it.
        OperationalError: It cannot be read.
    """
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            content = opened.read()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OperationalError(f"The tokens in {quote(str(file), WHOLE)} cannot be read: {error.strerror}.") from error
    if os.name == "posix" and mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ValidationError(
            f"Others may write to the tokens in {quote(str(file), WHOLE)}, and so let themselves in.",
            suggestions=[f"Run chmod 600 {file}"],
        )
    try:
        listed = json.loads(content)["tokens"]
        return [_structured(item) for item in listed]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValidationError(
            f"{quote(str(file), WHOLE)} is not a file of tokens.",
            suggestions=["Name another file, or move it away and make new tokens with registry token create."],
        ) from error


@final
class TokenFile:
    """The tokens that a running server lets in. It always asks for one, also when the file is gone.

    Args:
        file: The file.
        most: No token allows more than this.
    """

    def __init__(self, file: Path, *, most: Level = Level.ADMIN) -> None:
        self.file = file
        self._most = most
        self._seen: object = None
        self._held: dict[str, tuple[AccessToken, Access]] = {}
        self._by_hash: dict[str, tuple[AccessToken, Access]] = {}

    def refresh(self) -> bool:
        """Take in what changed in the file; whether anything did.

        Raises:
            ValidationError: It holds something else now; what was read before stays valid.
            OperationalError: It cannot be read; likewise.
        """
        seen = _signature(self.file)
        if seen == self._seen and seen is not None:
            return False
        held = {token.id: token for token in read_tokens(self.file)}
        # A token that is as it was keeps its access, by which open watches know that it still holds.
        before = self._held
        self._held = {
            identity: before[identity]
            if identity in before and before[identity][0] == token
            else (token, Access(token.name, token.scopes, token=identity, most=self._most))
            for identity, token in held.items()
        }
        self._by_hash = {token.hash: (token, access) for token, access in self._held.values()}
        self._seen = seen
        return True

    def find(self, header: str | None) -> Access | None:
        """The access that an `Authorization` header gives; None if it gives none."""
        if header is None or (header[:7] != "Bearer " and header[:7].lower() != "bearer "):
            return None
        # What is looked up is a hash, of which nobody can choose the beginning, so that its time tells nothing.
        given = _hash(header[7:].strip())
        found = self._by_hash.get(given)
        if found is None or not hmac.compare_digest(given, found[0].hash):
            return None
        return None if found[0].expires is not None and found[0].has_expired(time.time()) else found[1]

    def still_holds(self, access: Access) -> bool:
        """Whether an access that was given is still allowed."""
        found = self._held.get(access.token)
        return found is not None and found[1] is access and not found[0].has_expired(time.time())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _signature(file: Path) -> object:
    try:
        found = file.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode)


def _structured(item: dict[str, Any]) -> AccessToken:
    expires = item["expires"]
    token = AccessToken(
        item["id"],
        item["name"],
        tuple(map(Scope.parse, item["scopes"])),
        float(item["created"]),
        None if expires is None else float(expires),
        item["hash"],
    )
    if not all(isinstance(text, str) for text in (token.id, token.name, token.hash)):
        raise TypeError("a text is something else")
    return token


@contextlib.contextmanager
def _changing(file: Path) -> Iterator[list[AccessToken]]:
    """The tokens of a file, which are written back when nothing went wrong; one process at a time."""
    try:
        with _locked(file.with_name(file.name + ".lock")):
            tokens = read_tokens(file)
            yield tokens
            content = [
                {**attrs.asdict(token, recurse=False), "scopes": list(map(str, token.scopes))} for token in tokens
            ]
            _replace(file, json.dumps({"version": 1, "tokens": content}, indent=2).encode() + b"\n")
    except OSError as error:
        raise OperationalError(
            f"The tokens in {quote(str(file), WHOLE)} cannot be written: {error.strerror}.",
            suggestions=["Name a file in a folder that you may write to, with --tokens."],
        ) from error


@contextlib.contextmanager
def _locked(lock: Path) -> Iterator[None]:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            import fcntl
        except ImportError:  # Windows, where two commands at the same moment may lose one's token
            pass
        else:
            until = time.monotonic() + _PATIENCE
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() >= until:
                        raise _kept(lock) from error
                time.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)


def _kept(lock: Path) -> StoreError:
    return StoreError(
        f"Another process has kept {quote(str(lock), WHOLE)} for {_PATIENCE:g} seconds, and nobody else may change the"
        " tokens meanwhile.",
        suggestions=[
            f"Find the process that stands still with fuser {shlex.quote(str(lock))}, end it, and try again.",
        ],
        context={"path": str(lock), "seconds": _PATIENCE},
    )


def _replace(file: Path, content: bytes) -> None:
    """Put a new file in the place of the old one, whole or not at all."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        with _forced_out(file.parent):
            os.replace(draft, file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _forced_out(folder: Path) -> Iterator[None]:
    """Have what changes in a folder on the disk in the end: a token that was revoked does not come back."""
    if os.name != "posix":  # elsewhere folders cannot be opened
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)  # before anything is changed, since that may be refused
    try:
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
