"""What spawned workers of tests do."""

from typing import Any

from sharing import acme

from registry import Registry


def build(registry: Registry[Any, Any, Any], config: Any) -> Any:
    """Build in another process."""
    return registry.build(config)


def register(registry: Registry[Any, Any, Any], name: str) -> None:
    """Register a function of `acme` in another process."""
    registry.register(name, getattr(acme, name))
