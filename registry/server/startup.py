"""What a server is told, and whether it may start like that."""

import shlex
from collections.abc import Sequence
from pathlib import Path

import attrs

from registry.environment import DEFAULT_PORT
from registry.errors import OperationalError
from registry.names import WHOLE, quote
from registry.server.hosts import is_loopback
from registry.server.limits import Limits

_MAKE_TOKEN = "Make a token first: registry token create NAME --scope '*:admin'"

DEFAULT_STORE = "sqlite:///registry.db"


@attrs.frozen(kw_only=True)
class Settings:
    """What a server is told. Each has an option of the command, with dashes in its name.

    Attributes:
        host: The address to bind.
        port: The port; 0 for any that is free.
        store: The URL of the store, or the path of a file.
        token_file: The file of access tokens; None for nobody's. Once there is one, every request needs a token.
        tls_cert: The certificate, with those of the authorities between, in PEM.
        tls_key: Its key, if that is not in the same file.
        no_auth: Ask for no tokens.
        no_tls: Something in front ends TLS.
        read_only: Take no writes.
        allow_hosts: More names that the server answers to.
        limits: How much it takes.
        plugins: The installed plugins that are loaded and told of changes, by name; no others are.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    store: str = DEFAULT_STORE
    token_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    no_auth: bool = False
    no_tls: bool = False
    read_only: bool = False
    allow_hosts: tuple[str, ...] = ()
    limits: Limits = attrs.field(factory=Limits)
    plugins: tuple[str, ...] = ()


@attrs.frozen
class Start:
    """How a server starts.

    Attributes:
        auth: Whether requests need a token.
        tls: Whether it speaks TLS itself.
        warnings: What whoever starts it should know, in sentences.
    """

    auth: bool
    tls: bool
    warnings: tuple[str, ...]


def plan_start(settings: Settings, *, has_tokens: bool) -> Start:
    """Whether a server may start with its settings, and how.

    On loopback it may run without tokens and without TLS. On any other address it needs both, or the word of who
    starts it, for each by itself, that they are not needed.

    Args:
        settings: The settings.
        has_tokens: Whether there is a file of tokens with a token in it.

    Raises:
        OperationalError: It may not. The suggestions are commands that make it right; a command that reports this
            ends with exit code 2.
    """
    loopback = is_loopback(settings.host)
    tls = settings.tls_cert is not None
    needs_token = not loopback and not has_tokens and not settings.no_auth
    if settings.tls_key is not None and not tls:
        pair = f"--tls-cert cert.pem --tls-key {shlex.quote(str(settings.tls_key))}"
        raise _contradiction(settings, "a key for TLS is given, and no certificate", [pair], needs_token)
    if tls and settings.no_tls:
        why = "a certificate is given, and --no-tls says that there is no TLS"
        raise _contradiction(settings, why, [_tls_flags(settings), "--no-tls"], needs_token)
    missing = []
    if needs_token:
        missing.append("access tokens")
    if not loopback and not tls and not settings.no_tls:
        missing.append("TLS")
    if missing:
        raise _needs(settings, missing)
    warnings = []
    if settings.no_auth:
        warnings.append(
            "--no-auth: whoever reaches this server may read and change everything"
            + (", and the tokens that there are are not asked for." if has_tokens else ".")
        )
    if settings.no_tls and not loopback:
        warnings.append("--no-tls: tokens and data travel as they are, unless something in front of it ends TLS.")
    return Start(has_tokens and not settings.no_auth, tls, tuple(warnings))


def _needs(settings: Settings, missing: Sequence[str]) -> OperationalError:
    base = _base(settings)
    tls = "--no-tls" if settings.no_tls else _tls_flags(settings)
    suggestions = [_MAKE_TOKEN] if "access tokens" in missing else []
    kept = " --no-auth" if settings.no_auth else ""
    suggestions.append(f"{'Then s' if suggestions else 'S'}erve it with TLS or behind it: {base} {tls}{kept}")
    without = " --no-auth" if "access tokens" in missing or settings.no_auth else ""
    suggestions.append(
        "Or, where something in front takes care of that: "
        f"{base} {'--no-tls' if settings.tls_cert is None else tls}{without}"
    )
    suggestions.append(f"Or serve this machine alone: python -m registry serve --host 127.0.0.1 --port {settings.port}")
    return OperationalError(
        f"A server on {quote(settings.host, WHOLE)} can be reached by others, and has no {' and no '.join(missing)}.",
        suggestions=suggestions,
        context={"missing": list(missing)},
    )


def _contradiction(settings: Settings, why: str, flags: Sequence[str], needs_token: bool) -> OperationalError:
    kept = " --no-auth" if settings.no_auth else ""
    return OperationalError(
        f"The server does not start: {why}.",
        suggestions=[
            *([_MAKE_TOKEN] if needs_token else []),
            *(f"{'Or' if number else 'Run'} {_base(settings)} {given}{kept}" for number, given in enumerate(flags)),
        ],
    )


def _base(settings: Settings) -> str:
    return f"python -m registry serve --host {shlex.quote(settings.host)} --port {settings.port}"


def _tls_flags(settings: Settings) -> str:
    if settings.tls_cert is None:
        return "--tls-cert cert.pem --tls-key key.pem"
    key = "" if settings.tls_key is None else f" --tls-key {shlex.quote(str(settings.tls_key))}"
    return f"--tls-cert {shlex.quote(str(settings.tls_cert))}{key}"
