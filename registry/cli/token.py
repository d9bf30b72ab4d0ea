"""`registry token`."""

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from registry.cli.output import moment, safe, write
from registry.closeness import did_you_mean
from registry.environment import TOKEN
from registry.errors import AmbiguousNameError, EntryNotFoundError
from registry.names import WHOLE, quote

if TYPE_CHECKING:
    from rich.text import Text

    from registry.server.tokens import AccessToken

TOKENS_FILE = "registry-tokens.json"
"""Where tokens are kept when nobody says otherwise, in the working folder."""

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def _seconds(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """The seconds of a length of time as 90d, 12h or 1w."""
    if value is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,8})([smhdw])", value, re.ASCII)
    if found is None:
        raise click.BadParameter(
            f"{quote(value)} is no length of time; write it as 90d, 12h or 1w.", context, parameter
        )
    return float(int(found[1]) * SECONDS[found[2]])


tokens_option = click.option(
    "--tokens",
    "file",
    metavar="FILE",
    envvar="REGISTRY_TOKENS",
    default=TOKENS_FILE,
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of tokens; the one that registry serve --tokens names.",
)


@click.group("token")
def token() -> None:
    """Make, list and revoke the access tokens of a server.

    They work on a file that the server reads, so run them where it is. The file holds no token, only what is needed to
    know one again.
    """


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    metavar="NAMESPACE:LEVEL",
    help="What it allows, as research.*:write; the levels are read, write and admin. Repeatable.",
)
@click.option(
    "--expires", metavar="TIME", callback=_seconds, help="After how long it ends: 90d, 12h, 1w; by default never."
)
@tokens_option
def create(name: str, scopes: tuple[str, ...], expires: float | None, file: Path) -> None:
    """Make a token for somebody or something, and print it.

    It is shown this one time and kept nowhere. It alone goes to stdout, so that > FILE catches it.
    """
    from registry.server.tokens import create_token

    made, text = create_token(file, name, scopes, seconds=expires)
    click.echo(text)
    ends = "never ends" if made.expires is None else f"ends at {moment(made.expires)}"
    write(
        safe(
            f"Token {made.id} for {quote(name)} allows {', '.join(map(str, made.scopes))} and {ends}."
            " It is not shown again.\n"
            f"A running server takes it within a second. Clients have it from {TOKEN}, or from a file."
        ),
        "stderr",
    )


@token.command("list")
@tokens_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How they are written.")
def list_tokens(file: Path, form: str) -> None:
    """List the tokens, oldest first.

    Everything but the tokens themselves, which are kept nowhere.
    """
    from registry.server.tokens import read_tokens

    tokens = read_tokens(file)
    if form == "json":
        click.echo(json.dumps([_as_dict(found) for found in tokens], indent=2))
        return
    for line in _lines(tokens):
        write(line)
    if not tokens:
        write(safe(f"There is no token in {file}."), "stderr")


@token.command()
@click.argument("which", metavar="NAME_OR_ID")
@click.option("--all", "every", is_flag=True, help="All tokens of this name, where it has several.")
@tokens_option
def revoke(which: str, every: bool, file: Path) -> None:
    """Take a token out of the file. A running server refuses it within a second, and ends its watches."""
    from registry.server.tokens import read_tokens, revoke_token

    tokens = read_tokens(file)
    found = [one for one in tokens if one.id == which] or [one for one in tokens if one.name == which]
    if not found:
        known = [text for one in tokens for text in (one.name, one.id)]
        raise EntryNotFoundError(
            f"No token in {quote(str(file), WHOLE)} has the name or id {quote(which)}.",
            suggestions=did_you_mean(which, known) or ["See those that there are with registry token list."],
        )
    if len(found) > 1 and not every:
        raise AmbiguousNameError(
            f"{len(found)} tokens have the name {quote(which)}: {', '.join(one.id for one in found)}.",
            suggestions=["Name one by its id, or revoke them all with --all."],
        )
    for one in found:
        revoke_token(file, one.id)
        write(safe(f"Token {one.id} for {quote(one.name)} is revoked."), "stderr")


def _as_dict(found: "AccessToken") -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "scopes": [str(scope) for scope in found.scopes],
        "created": found.created,
        "expires": found.expires,
        "expired": found.has_expired(time.time()),
    }


def _lines(tokens: "list[AccessToken]") -> "list[Text]":
    from rich.cells import cell_len
    from rich.text import Text

    width = max((cell_len(safe(found.name)) for found in tokens), default=0)
    lines = []
    for found in tokens:
        name = safe(found.name)
        line = Text().append(found.id, "dim").append(f"  {name}", "bold").append(" " * (width - cell_len(name) + 2))
        line.append(safe(", ".join(map(str, found.scopes))), "cyan")
        if found.has_expired(time.time()):
            line.append(f"  ended at {moment(found.expires or 0)}", "red")
        elif found.expires is not None:
            line.append(f"  ends at {moment(found.expires)}", "dim")
        lines.append(line)
    return lines
