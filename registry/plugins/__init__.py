"""Plugins: what takes part in registries unasked, from this program or from installed distributions."""

from registry.plugins.hooks import hookimpl
from registry.plugins.manager import PluginManager, plugin_manager
from registry.plugins.state import PluginState

__all__ = ["PluginManager", "PluginState", "hookimpl", "plugin_manager"]
