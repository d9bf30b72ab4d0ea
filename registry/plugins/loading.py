"""Imports plugins one by one: whatever one of them does, the others are loaded."""

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

import attrs
import pluggy

from registry.closeness import did_you_mean
from registry.errors import DiagnosticError, PluginError
from registry.model import Reference
from registry.names import quote
from registry.offers import Offer, claimed_twice, offers
from registry.plugins import hooks
from registry.plugins.hooks import PROJECT
from registry.plugins.selection import Selection
from registry.plugins.state import PluginState
from registry.references import describe, import_reference

HOOKS = tuple(name for name in vars(hooks) if name.startswith("registry_"))
"""The names of the hooks that there are."""


@attrs.frozen
class Plugin:
    """A plugin that is ready to be called.

    Attributes:
        state: What is said of it.
        hooks: What it does at each hook that it has: a function of keyword arguments.
    """

    state: PluginState
    hooks: Mapping[str, Callable[..., Any]] = attrs.field(factory=dict)

    def failed(self, error: BaseException, doing: str) -> "Plugin":
        """The plugin set aside, after it failed while it was in use."""
        reason = f"{doing} failed: {describe(error)}."
        return Plugin(attrs.evolve(self.state, state="failed", reason=reason, traceback=_traceback(error)))


@attrs.frozen
class Found:
    """A plugin that was not imported yet."""

    state: PluginState
    load: Callable[[], Any]


def load_all(given: Iterable[Any], installed: bool, selection: Selection) -> list[Plugin]:
    """Every plugin in its order, with those that were blocked or set aside: by distribution, then by name."""
    found = [
        *(found_in(plugin) for plugin in given),
        *(_offered(offer) for offer in (offers("plugins") if installed else ())),
    ]
    loaded: list[Plugin] = []
    while found:  # those that are brought along come after all that were there before
        known = [*(plugin.state for plugin in loaded), *(one.state for one in found)]
        fresh = [_loaded(one, known, selection) for one in found]
        found = []
        for plugin in fresh:
            try:
                found += _brought(plugin)
            except (Exception, SystemExit) as error:
                plugin = plugin.failed(error, "registry_plugins()")  # what stands in its place
            loaded.append(plugin)
    return loaded


def found_in(plugin: Any, name: str = "", brought_by: PluginState | None = None) -> Found:
    """A plugin that was given: an object with hooks, or the reference of one as text."""
    distribution = "" if brought_by is None else brought_by.distribution
    version = "" if brought_by is None else brought_by.version
    value = plugin if isinstance(plugin, str) else ""
    state = PluginState(name or _name_of(plugin), "active", distribution, version, value)
    return Found(state, (lambda: _imported(value)) if value else lambda: plugin)


def hooks_of(plugin: Any) -> dict[str, Callable[..., Any]]:
    """What a plugin does at each hook, once it was found to fit.

    Raises:
        PluginError: It has no hooks, or one that is not what it has to be.
    """
    if isinstance(plugin, type):
        plugin = plugin()
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hooks)
    try:
        manager.register(plugin, "plugin")
    except pluggy.PluginValidationError as error:
        raise PluginError(_told(error)) from error
    _refuse_unmarked(plugin)
    found: dict[str, Callable[..., Any]] = {}
    for caller in manager.get_hookcallers(plugin) or ():
        if caller.spec is None:
            raise PluginError(
                f"It has a hook {quote(caller.name)}, and there is none of this name.",
                suggestions=did_you_mean(caller.name, HOOKS) or [f"Use {', '.join(HOOKS)}."],
            )
        (implementation,) = caller.get_hookimpls()
        if implementation.wrapper or implementation.hookwrapper or implementation.tryfirst or implementation.trylast:
            raise PluginError(
                f"Its hook {quote(caller.name)} asks for a place among the hooks of others.",
                suggestions=["Mark it with @hookimpl alone: plugins are asked by distribution, then by name."],
            )
        found[caller.name] = _taking(implementation.function, implementation.argnames)
    if not found:
        raise PluginError("It has no hooks.", suggestions=[f"Mark a function with @hookimpl: {', '.join(HOOKS)}."])
    return found


def _taking(function: Callable[..., Any], wanted: Sequence[str]) -> Callable[..., Any]:
    def call(**arguments: Any) -> Any:
        return function(*[arguments[name] for name in wanted])

    return call


def _refuse_unmarked(plugin: Any) -> None:
    for name in HOOKS:
        function = getattr(plugin, name, None)
        if callable(function) and not hasattr(function, f"{PROJECT}_impl"):
            raise PluginError(
                f"Its {quote(name)} is not marked as a hook.", suggestions=["Write @hookimpl above the function."]
            )


def _offered(offer: Offer) -> Found:
    return Found(PluginState(offer.name, "active", offer.distribution, offer.version, offer.value), offer.load)


def _loaded(one: Found, known: Sequence[PluginState], selection: Selection) -> Plugin:
    state = one.state
    refusal = selection.refusal(state.name, state.distribution)
    if refusal:
        return Plugin(attrs.evolve(state, state="blocked", reason=refusal))
    claims = [each for each in known if each.name == state.name and not selection.refusal(each.name, each.distribution)]
    if len(claims) > 1:
        reason = claimed_twice([_as_offer(claim) for claim in claims]).message
        return Plugin(attrs.evolve(state, state="conflict", reason=reason))
    return _tried(one)


def try_offer(offer: Offer) -> PluginState:
    """What becomes of a plugin, or of a part, when it is imported here."""
    if offer.kind == "plugins":
        return _tried(_offered(offer)).state
    state = _offered(offer).state
    try:
        offer.load()
    except (Exception, SystemExit) as error:
        return _failed(state, error)
    return state


def _tried(one: Found) -> Plugin:
    try:
        found = hooks_of(one.load())
    except (Exception, SystemExit) as error:
        return Plugin(_failed(one.state, error))
    return Plugin(attrs.evolve(one.state, hooks=tuple(sorted(found))), found)


def _brought(plugin: Plugin) -> list[Found]:
    bring = plugin.hooks.get("registry_plugins")
    return [] if bring is None else [found_in(more, str(name), plugin.state) for name, more in bring().items()]


def _as_offer(state: PluginState) -> Offer:
    return Offer("plugins", state.name, state.value, state.distribution or "this program", state.version)


def _name_of(plugin: Any) -> str:
    if isinstance(plugin, str):
        return plugin
    if isinstance(plugin, ModuleType | type):
        return plugin.__name__
    return type(plugin).__name__


def _imported(value: str) -> Any:
    from importlib import import_module

    return import_reference(Reference(value)) if ":" in value else import_module(value)


def _failed(state: PluginState, error: BaseException) -> PluginState:
    cause = error.__cause__ or error
    return attrs.evolve(state, state="failed", reason=_reason(error), traceback=_traceback(cause))


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, DiagnosticError) else f"Importing it failed: {describe(error)}."


def _told(error: pluggy.PluginValidationError) -> str:
    """What pluggy has against a hook, in a sentence: its first line says which, its last one what."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"One of its hooks does not fit: {lines[-1].rstrip('.')}."


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))
