"""Every public callable of libraries that know nothing of this one."""

import importlib
import pkgutil
import types
import warnings
from collections.abc import Iterator
from typing import Any

PACKAGES = ("sklearn", "scipy.stats", "scipy.optimize", "networkx")

_PRIVATE = ("tests", "externals", "conftest")


def public_callables(package: str, deep: bool) -> dict[str, Any]:
    """What a package offers that can be called, each thing once, by the address that it is found at first.

    Args:
        package: Its name.
        deep: Look into its public modules and packages, too.
    """
    found: dict[str, Any] = {}
    seen: set[int] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated names warn when they are looked at
        for module in _modules(package, deep):
            for name in _public_names(module):
                value = getattr(module, name, None)
                if callable(value) and id(value) not in seen:
                    seen.add(id(value))
                    found[f"{module.__name__}.{name}"] = value
    return found


def _modules(package: str, deep: bool) -> Iterator[types.ModuleType]:
    root = importlib.import_module(package)
    yield root
    if not deep:
        return
    for about in pkgutil.walk_packages(root.__path__, f"{package}.", onerror=lambda name: None):
        parts = about.name.split(".")
        if any(part.startswith("_") or part in _PRIVATE for part in parts):
            continue
        try:
            yield importlib.import_module(about.name)
        except ImportError:  # it needs a package that is not installed, or an experiment to be allowed
            continue


def _public_names(module: types.ModuleType) -> list[str]:
    names = getattr(module, "__all__", None)
    return [name for name in dir(module) if not name.startswith("_")] if names is None else list(names)
