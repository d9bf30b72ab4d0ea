"""Plugins at work for registries."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, final

from registry.model import Event, Reference
from registry.names import quote
from registry.plugins.loading import load_all
from registry.plugins.selection import selection
from registry.plugins.state import PluginState
from registry.protocols import RegistryView, Validator
from registry.schema import Schema

if TYPE_CHECKING:
    import click

NAMED = 3
"""So many plugins that failed are named where a name is unknown."""

_log = logging.getLogger(__name__)


def plugin_manager(
    *plugins: Any, installed: bool = True, allow: Iterable[str] | None = None, block: Iterable[str] = ()
) -> "PluginManager":
    """The plugins for a registry or a catalog, loaded: pass it as `plugins=`.

    A plugin is an object with functions that are marked with `@hookimpl`: a module, an instance, or a class, of which
    an instance is made. One that fails to load is set aside, and the others work.

    Args:
        plugins: Plugins of this program, or references to them as text (`package.module`, `package.module:attribute`).
        installed: Load also what installed distributions offer in the entry-point group `registry_kit.plugins`.
        allow: The only names that may be imported, of plugins or their distributions, `*` and `?` as in names of
            files; by default those that the variable `REGISTRY_PLUGINS` lists, or `plugins` under `[tool.registry]`
            in pyproject.toml, or all.
        block: Names that may not, besides those of `REGISTRY_NO_PLUGINS` and `no-plugins`. They are not imported.

    Raises:
        ValidationError: `[tool.registry]` is not what it has to be.
    """
    return PluginManager(plugins, installed, allow, block)


@final
class PluginManager:
    """What `plugin_manager` makes: it has loaded plugins, and answers a registry for them (`protocols.Plugins`).

    Nothing that a plugin does while it is asked reaches the registry but its answer: one that raises is set aside
    from then on, except by an event, which is told to the others and logged. A pickle has the arguments: the plugins
    are loaded anew where it arrives.
    """

    __slots__ = ("__weakref__", "_arguments", "_loaded")

    def __init__(
        self,
        plugins: Sequence[Any] = (),
        installed: bool = True,
        allow: Iterable[str] | None = None,
        block: Iterable[str] = (),
    ) -> None:
        allow, block = None if allow is None else tuple(allow), tuple(block)
        self._arguments = (tuple(map(_portable, plugins)), installed, allow, block)
        self._loaded = load_all(plugins, installed, selection(allow, block))

    @property
    def states(self) -> tuple[PluginState, ...]:
        """Every plugin that was found, in the order in which they are asked, and what became of it."""
        return tuple(plugin.state for plugin in self._loaded)

    # ------------------------------------------------------------------------------------------ for registries

    def validators(self, view: RegistryView, /) -> Sequence[Validator]:
        """Validators for this registry."""
        return [
            validator
            for answer in self._answers("registry_validators", _validators, registry=view)
            for validator in answer
        ]

    def schema(self, artifact: Any, read: Schema, /) -> Schema | None:
        """A better schema than the one that was read from the signature, or None."""
        answers = self._answers("registry_schema", _schema, artifact=artifact, schema=read)
        return next((answer for answer in answers if answer is not None), None)

    def entries(self, view: RegistryView, /) -> Mapping[str, Reference]:
        """Entries by reference. Where two plugins have one name, that of the first is taken, and a warning logged."""
        found: dict[str, Reference] = {}
        for entries in self._answers("registry_entries", _entries, registry=view):
            for name, reference in entries.items():
                if found.setdefault(name, reference) != reference:
                    _log.warning(
                        "two plugins offer %s to %s: %s and %s; the first is taken",
                        *(quote(name), quote(view.name), found[name], reference),
                    )
        return found

    def unavailable(self) -> Sequence[str]:
        """One sentence for each plugin that was set aside, for the message of an unknown name."""
        aside = [state for state in self.states if state.state in ("failed", "conflict")]
        told = [
            f"Might the plugin {quote(state.name)} of {state.source} provide it? {_first_line(state.reason)}"
            for state in aside[:NAMED]
        ]
        left = len(aside) - len(told)
        return [*told, f"{left} more plugins failed: registry plugins list shows them."] if left > 0 else told

    def emit(self, event: Event, /) -> None:
        """Tell the plugins what happened. Never raises: a plugin that fails is logged."""
        for name, error in self.tell(event):
            _log.error("the plugin %s failed on an event", quote(name), exc_info=error)

    def tell(self, event: Event, /) -> list[tuple[str, BaseException]]:
        """Tell the plugins what happened; gives those that failed, by name, with what they raised."""
        failures: list[tuple[str, BaseException]] = []
        for plugin in self._loaded:
            tell = plugin.hooks.get("registry_event")
            if tell is not None:
                try:
                    tell(event=event)
                except (Exception, SystemExit) as error:
                    failures.append((plugin.state.name, error))
        return failures

    # ------------------------------------------------------------------------------------------ for the command

    def add_commands(self, group: "click.Group") -> None:
        """Let each plugin add its sub-commands. One that has a command which is there already is set aside."""
        import click

        for number, plugin in enumerate(self._loaded):
            add = plugin.hooks.get("registry_cli")
            if add is None:
                continue
            own = click.Group()
            try:
                add(group=own)
                for name in own.commands:
                    if name in group.commands:
                        raise ValueError(f"there is a command {quote(name)} already")
            except (Exception, SystemExit) as error:
                self._loaded[number] = plugin.failed(error, "registry_cli()")
                continue
            for name, command in own.commands.items():
                group.add_command(command, name)

    # ------------------------------------------------------------------------------------------ asking

    def _answers(self, hook: str, checked: Callable[[Any], Any], **arguments: Any) -> Iterator[Any]:
        """The answer of each plugin that has a hook, in order; one that fails is set aside."""
        for number, plugin in enumerate(self._loaded):
            ask = plugin.hooks.get(hook)
            if ask is None:
                continue
            try:
                answer = checked(ask(**arguments))
            except (Exception, SystemExit) as error:
                self._loaded[number] = plugin.failed(error, f"{hook}()")
                _log.warning("the plugin %s was set aside", quote(plugin.state.name), exc_info=True)
                continue
            yield answer

    def __reduce__(self) -> tuple[Any, ...]:
        return PluginManager, self._arguments

    def __repr__(self) -> str:
        states = [plugin.state.state for plugin in self._loaded]
        counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
        return f"<PluginManager: {counts or 'no plugins'}>"


def _portable(plugin: Any) -> Any:
    return plugin.__name__ if isinstance(plugin, ModuleType) else plugin


def _validators(answer: Any) -> list[Validator]:
    found: list[Validator] = list(() if answer is None else answer)
    for validator in found:
        if not callable(validator):
            raise TypeError(f"{quote(validator)} is not a validator: it cannot be called")
    return found


def _schema(answer: Any) -> Schema | None:
    if answer is None or isinstance(answer, Schema):
        return answer
    raise TypeError(f"it gave {quote(answer)}, which is neither a Schema nor None")


def _entries(answer: Any) -> dict[str, Reference]:
    return {
        name: Reference(given) if isinstance(given, str) else _reference(given)
        for name, given in (answer or {}).items()
    }


def _reference(given: Any) -> Reference:
    if isinstance(given, Reference):
        return given
    raise TypeError(f"it gave {quote(given)}, which is no reference")


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
