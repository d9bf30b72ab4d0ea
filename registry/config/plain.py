"""Plain values: dicts, lists and scalars, as readers give them."""

from collections.abc import Iterator
from typing import Any

from registry.model import Limits


def copy_plain(value: Any) -> Any:
    """A copy that shares no container with the original. Does not recurse, so no depth is too much for it."""
    if type(value) is not dict and type(value) is not list:
        return value
    copied = value.copy()
    open_containers = [copied]
    while open_containers:
        container = open_containers.pop()
        for step, child in steps(container):
            if type(child) is dict or type(child) is list:
                container[step] = child.copy()
                open_containers.append(container[step])
    return copied


def steps(container: Any) -> Iterator[tuple[Any, Any]]:
    """The keys or indices of a container, each with what stands there."""
    return iter(container.items()) if type(container) is dict else enumerate(container)


def describe(value: Any) -> str:
    """What kind of value this is, for a message."""
    if type(value) is dict:
        return "a mapping"
    if type(value) is list:
        return "a list"
    return "null" if value is None else f"{'an' if type(value) is int else 'a'} {type(value).__name__}"


def exceeds(value: Any, limits: Limits) -> bool:
    """Whether a value is deeper or larger than the limits allow. Does not recurse either."""
    level = [value]
    depth = nodes = 0
    while level:
        nodes += len(level)
        containers = [child for child in level if type(child) is dict or type(child) is list]
        depth += bool(containers)
        if depth > limits.depth or nodes > limits.nodes:
            return True
        level = [child for container in containers for _, child in steps(container)]
    return False
