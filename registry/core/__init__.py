"""The registry: names, what they stand for, and the wiring of the parts around them."""

from registry.core.registry import Registry

__all__ = ["Registry"]
