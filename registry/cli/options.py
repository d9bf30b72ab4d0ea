"""Options that several commands have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from registry.cli.application import App, load_app, registries_of
from registry.cli.where import Where, choose_namespaces, complete_namespace, completed_where
from registry.settings import read_settings

Command = Callable[..., Any]


def app_option(function: Command) -> Command:
    """`--app`, which arrives as the text that was written."""
    return click.option(
        "--app", metavar="MODULE:ATTRIBUTE", envvar="REGISTRY_APP", help="The registry or catalog to work with."
    )(function)


def set_option(function: Command) -> Command:
    """`--set`, any number of times."""
    return click.option(
        "--set", "overrides", multiple=True, metavar="OVERRIDE", help="trainer.lr=0.1, +new.key=1 or ~key; repeatable."
    )(function)


def namespaces_option(function: Command) -> Command:
    """`--namespace`, any number of times."""
    return click.option(
        "--namespace",
        "-n",
        "namespaces",
        multiple=True,
        metavar="NAME",
        shell_complete=complete_namespace,
        help="Only this namespace; repeatable.",
    )(function)


def find_app(app: str | None) -> App:
    """The registry or catalog that a command works with."""
    return load_app(app, read_settings(Path.cwd()))


def complete_name(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of entries that begin like this, for shell completion, which has to stay silent whatever happens."""
    try:
        where, namespaces = completed_where(context), context.params.get("namespaces") or ()
        if where.is_named or namespaces:
            return [CompletionItem(name) for name in _shared_names(where, namespaces, incomplete)]
        registries = registries_of(find_app(context.params.get("app"))).values()
        names = dict.fromkeys(name for registry in registries for name in registry if isinstance(name, str))
    except Exception:  # a broken project or server must not print a traceback into somebody's prompt
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _shared_names(where: Where, namespaces: tuple[str, ...], incomplete: str) -> list[str]:
    found: dict[str, None] = {}
    with where.opened() as store:
        for namespace in choose_namespaces(store, namespaces):
            with store.snapshot(namespace) as snapshot:
                found.update((stored.name, None) for stored in snapshot if stored.name.startswith(incomplete))
    return list(found)
