"""`registry plugins`."""

import json
from typing import TYPE_CHECKING

import attrs
import click

from registry.cli.output import counted, on_one_line, safe, write
from registry.closeness import did_you_mean
from registry.errors import EntryNotFoundError
from registry.names import quote
from registry.offers import KINDS, Offer, offers

if TYPE_CHECKING:
    from rich.text import Text

    from registry.plugins import PluginState

STYLES = {"active": "green", "blocked": "dim", "failed": "bold red", "conflict": "bold red"}
PARTS = KINDS[1:]


@click.group("plugins", short_help="List plugins and parts, and say what is wrong with them.")
def plugins() -> None:
    """List what installed distributions bring: plugins, which take part unasked, and parts, asked for by name.

    Which plugins are imported is decided by REGISTRY_PLUGINS and REGISTRY_NO_PLUGINS, names with commas between them,
    and by `plugins` and `no-plugins` under [tool.registry] in pyproject.toml.
    """


@plugins.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How they are written.")
def list_plugins(form: str) -> None:
    """List the plugins with their states, and the parts, of which nothing is imported.

    The plugins are imported, as every command does that they may add to; registry plugins doctor does not do so here.
    """
    states = _states()
    parts = [offer for kind in PARTS for offer in offers(kind)]
    if form == "json":
        said = {
            "plugins": [attrs.asdict(state) for state in states],
            "parts": [_plain(offer) for offer in parts],
        }
        click.echo(json.dumps(said, indent=2))
        return
    for line in _lines(states):
        write(line)
    _write_parts(parts)
    if not states and not parts:
        write("No installed distribution has a plugin or a part.", "stderr")


@plugins.command("show")
@click.argument("name")
def show_plugin(name: str) -> None:
    """Show one plugin: where it comes from, its hooks, and why it is not active, with the place in the code."""
    states = _states()
    found = [state for state in states if state.name == name]
    if not found:
        raise EntryNotFoundError(
            f"There is no plugin {quote(name)}.",
            suggestions=did_you_mean(name, [state.name for state in states])
            or ["Run registry plugins list to see those that there are."],
        )
    for state in found:
        _write_all(state)


@plugins.command("doctor")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--seconds", type=float, default=10.0, show_default=True, help="How long an import may take.")
def plugins_doctor(names: tuple[str, ...], seconds: float) -> None:
    """Import each plugin and each part in a process of its own, with a deadline, and say what is wrong.

    One that hangs, ends the process or crashes it is told like any other. Leaves with 2 if one fails. Without names it
    looks at all that is not blocked.
    """
    from registry.plugins.probe import probe
    from registry.plugins.selection import selection

    there = {offer.name for kind in KINDS for offer in offers(kind)}
    for name in names:
        if name not in there:
            raise EntryNotFoundError(
                f"There is no plugin or part {quote(name)}.", suggestions=did_you_mean(name, there)
            )
    chosen = selection()
    failed = looked_at = 0
    for kind in KINDS:
        for offer in offers(kind):
            if offer.name not in names and (
                names or (kind == "plugins" and chosen.refusal(offer.name, offer.distribution))
            ):
                continue
            state = probe(offer, seconds)
            looked_at += 1
            failed += state.state == "failed"
            what = "" if kind == "plugins" else f" ({kind.removesuffix('s')})"
            _write_all(state, what, brief=state.state == "active")
    write(f"{counted(failed, 'failure')} among {counted(looked_at, 'plugin or part', 'plugins and parts')}.", "stderr")
    raise SystemExit(2 if failed else 0)


def _states() -> "tuple[PluginState, ...]":
    """What became of each plugin, once it was asked for its commands too."""
    from registry.plugins import plugin_manager

    root = click.get_current_context().find_root().command
    manager = plugin_manager()
    manager.add_commands(click.Group(commands=dict(root.commands) if isinstance(root, click.Group) else None))
    return manager.states


def _plain(offer: Offer) -> dict[str, str]:
    return {
        "kind": offer.kind,
        "name": offer.name,
        "value": offer.value,
        "distribution": offer.distribution,
        "version": offer.version,
    }


def _lines(states: "tuple[PluginState, ...]") -> "list[Text]":
    from rich.text import Text

    width = max((len(safe(state.name)) for state in states), default=0) + 2
    sources = max((len(safe(state.source)) for state in states), default=0) + 2
    lines = []
    for state in states:
        line = Text().append(f"{on_one_line(state.name):<{width}}", "bold")
        line.append(f"{state.state:<10}", STYLES[state.state])
        line.append(f"{on_one_line(state.source):<{sources}}", "dim")
        line.append(on_one_line(state.reason.partition("\n")[0] or ", ".join(state.hooks)))
        lines.append(line)
    return lines


def _write_parts(parts: list[Offer]) -> None:
    from rich.text import Text

    for offer in parts:
        line = Text().append(f"{offer.kind.removesuffix('s')} ", "dim").append(on_one_line(offer.name), "bold")
        write(line.append(f"  {on_one_line(offer.value)}  ").append(on_one_line(offer.source), "dim"))


def _write_all(state: "PluginState", what: str = "", *, brief: bool = False) -> None:
    from rich.text import Text

    line = Text().append(on_one_line(state.name), "bold").append(f"{what}  ", "dim")
    line.append(state.state, STYLES[state.state]).append(f"  {on_one_line(state.source)}", "dim")
    write(line)
    if brief:
        return
    if state.value:
        write(f"  from {on_one_line(state.value)}")
    if state.hooks:
        write(f"  hooks: {', '.join(state.hooks)}")
    if state.reason:
        write(safe("\n".join(f"  {text}" for text in state.reason.splitlines())))
    if state.traceback:
        write(Text(safe("\n".join(f"  | {text}" for text in state.traceback.splitlines())), "dim"))
