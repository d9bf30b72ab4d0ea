"""Checks for those who write parts, plugins, and things to register: functions, with generated input.

    from registry.testing import check_backend

    def test_my_backend():
        check_backend(lambda folder: MyBackend(folder / "db"), reopen=True)

A check that fails raises an AssertionError: one sentence that says what is wrong, and the calls that show it. It needs
the extra `testing`. Fixtures for pytest are in `registry.testing.pytest_plugin`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.testing import corpus
    from registry.testing.backends.check import check_backend
    from registry.testing.caches import check_cache
    from registry.testing.concurrency.check import UndecidedError, check_concurrent
    from registry.testing.distributions import fake_distribution
    from registry.testing.factorizers.check import check_factorizer
    from registry.testing.generation.drawing import BrokenConfig, broken_configs, configs
    from registry.testing.plugins import PluginReport, check_plugin
    from registry.testing.readers import check_reader
    from registry.testing.registries.check import RegistryReport, check_registry
    from registry.testing.servers import serving
    from registry.testing.stores.check import check_store
    from registry.testing.strategies import artifacts, entries, names, records
    from registry.testing.validators import check_validator

_HOMES = {
    "registry.testing.backends.check": ("check_backend",),
    "registry.testing.caches": ("check_cache",),
    "registry.testing.concurrency.check": (
        "UndecidedError",
        "check_concurrent",
    ),
    "registry.testing.generation.drawing": (
        "BrokenConfig",
        "broken_configs",
        "configs",
    ),
    "registry.testing.distributions": ("fake_distribution",),
    "registry.testing.factorizers.check": ("check_factorizer",),
    "registry.testing.plugins": (
        "PluginReport",
        "check_plugin",
    ),
    "registry.testing.readers": ("check_reader",),
    "registry.testing.registries.check": (
        "RegistryReport",
        "check_registry",
    ),
    "registry.testing.servers": ("serving",),
    "registry.testing.stores.check": ("check_store",),
    "registry.testing.strategies": (
        "artifacts",
        "entries",
        "names",
        "records",
    ),
    "registry.testing.validators": ("check_validator",),
}

_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "BrokenConfig",
    "PluginReport",
    "RegistryReport",
    "UndecidedError",
    "artifacts",
    "broken_configs",
    "check_backend",
    "check_cache",
    "check_concurrent",
    "check_factorizer",
    "check_plugin",
    "check_reader",
    "check_registry",
    "check_store",
    "check_validator",
    "configs",
    "corpus",
    "entries",
    "fake_distribution",
    "names",
    "records",
    "serving",
]

if not TYPE_CHECKING:  # or a checker would take any name for one of ours

    def __getattr__(name: str) -> Any:
        from importlib import import_module

        if name == "corpus":
            return import_module("registry.testing.corpus")
        module = _HOME_OF.get(name)
        if module is None:
            raise AttributeError(f"module 'registry.testing' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(module), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
