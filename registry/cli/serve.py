"""`registry serve`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from registry.cli.output import safe, write
from registry.cli.token import TOKENS_FILE
from registry.closeness import did_you_mean
from registry.environment import DEFAULT_PORT
from registry.errors import OperationalError, ValidationError
from registry.names import WHOLE, quote

if TYPE_CHECKING:
    from registry.server import Limits

a_file = click.Path(dir_okay=False, path_type=Path)


@click.command(short_help="Serve namespaces to other processes.")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="The address to listen on.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option(
    "--store",
    default="sqlite:///registry.db",
    show_default=True,
    metavar="URL",
    help="What is served: a file, as registry.db or sqlite:///registry.db; a cluster that several servers share, as"
    " etcd://a:2379,b:2379; or memory: for what may be lost.",
)
@click.option(
    "--tokens",
    "token_file",
    metavar="FILE",
    type=a_file,
    help=f"The access tokens, as registry token makes them; by default {TOKENS_FILE}, if it is there.",
)
@click.option("--no-auth", is_flag=True, help="Ask for no tokens: let everybody in who can reach the address.")
@click.option("--tls-cert", metavar="FILE", type=a_file, help="The certificate, PEM.")
@click.option("--tls-key", metavar="FILE", type=a_file, help="Its key, PEM.")
@click.option("--no-tls", is_flag=True, help="Plain HTTP on an address of the network, behind what ends TLS.")
@click.option("--allow-host", "allow_hosts", multiple=True, metavar="HOST", help="Another name of it; repeatable.")
@click.option("--read-only", is_flag=True, help="Refuse every write.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Change a limit, as watchers=5000; /stats names them all. Repeatable.",
)
@click.option(
    "--plugin", "plugins", multiple=True, metavar="NAME", help="An installed plugin to tell of changes; repeatable."
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="What is logged to stderr. Every write is, at any level.",
)
def serve(limits: tuple[str, ...], log_level: str, **given: Any) -> None:
    """Serve namespaces to other processes and machines, until SIGTERM or Ctrl-C.

    Safe by default: it listens on this machine alone. An address of the network needs tokens and --tls-cert with
    --tls-key, or --no-auth and --no-tls, each said in so many words.

    The short form is python -m registry --host ADDRESS --port PORT.
    """
    from registry.server import Settings
    from registry.server import serve as run

    settings = Settings(**{**given, "token_file": _tokens(given)}, limits=limits_of(limits))
    _log_to_stderr(log_level)
    raise SystemExit(run(settings, announce=click.echo, warn=lambda text: write(safe(text), "stderr")))


def limits_of(given: tuple[str, ...]) -> "Limits":
    """The limits of a server, with those that were given in place of its own.

    Raises:
        ValidationError: There is no such limit, or its value is no number.
    """
    from registry.server import Limits

    known = {field.name: field.default for field in attrs.fields(Limits)}
    found: dict[str, Any] = {}
    for text in given:
        name, _, number = text.partition("=")
        if name not in known:
            hints = did_you_mean(name, known) or [f"Use one of {', '.join(known)}."]
            raise ValidationError(f"There is no limit {quote(name)}.", suggestions=hints)
        kind: Any = type(known[name])
        try:
            found[name] = kind(number)
        except ValueError:
            found[name] = 0
        if not 0 < found[name] < 1e15:
            what = "whole number" if kind is int else "number of seconds"
            raise ValidationError(
                f"The limit {quote(name)} cannot be {quote(number)}.",
                suggestions=[f"Give it a {what} above 0, as {name}={known[name]}."],
            )
    return Limits(**found)


def _tokens(given: dict[str, Any]) -> Path | None:
    """The file of tokens: the one that was named, else the usual one, if it is there.

    Raises:
        OperationalError: The one that was named holds none, so that everybody would be let in.
    """
    named: Path | None = given["token_file"]
    if named is None:
        usual = Path(TOKENS_FILE)
        return usual if usual.exists() else None
    if not given["no_auth"]:
        from registry.server import read_tokens

        if not read_tokens(named):
            raise OperationalError(
                f"There is no token in {quote(str(named), WHOLE)}, so that nobody could be told from anybody.",
                suggestions=[f"Make one: registry token create NAME --scope '*:admin' --tokens {named}"],
            )
    return named


def _log_to_stderr(level: str) -> None:
    import logging

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.WARNING)
    logging.getLogger("registry").setLevel(level.upper())
    audit = logging.getLogger("registry.audit")
    audit.setLevel(logging.INFO)
    lines = logging.StreamHandler()  # JSON as it is, with its own time, for whoever reads it by machine
    audit.addHandler(lines)
    audit.propagate = False
