"""What of a store's arguments goes to other processes."""

import sys
from types import FunctionType
from typing import Any

from registry.errors import ValidationError


def is_shareable(part: Any) -> bool:
    """Whether something is a function that a module holds, so that its pickle is its name and nothing else."""
    if type(part) is not FunctionType:
        return False
    found: Any = sys.modules.get(part.__module__)
    for step in part.__qualname__.split("."):
        found = getattr(found, step, None)
    return found is part


def shareable_token(token: Any) -> Any:
    """What goes along of a token: the function that gives it, and never itself.

    Other objects that can be called, such as a method of a vault's client, may hold what is secret.
    """
    return token if is_shareable(token) else None


def shareable_tls(tls: Any) -> Any:
    """What goes along of the arguments for TLS.

    Raises:
        ValidationError: It is an SSLContext, which only this process can have.
    """
    if tls is None or is_shareable(tls):
        return tls
    raise ValidationError(
        "A store that was given an SSLContext cannot go to another process.",
        suggestions=["Pass as 'tls' a function of a module that makes the context."],
    )
