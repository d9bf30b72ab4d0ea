"""Errors that every store of this machine has."""

from registry.errors import StoreError


def closed(what: str) -> StoreError:
    """The error for whoever uses a store that was closed.

    Args:
        what: The store, as the beginning of a sentence.
    """
    return StoreError(f"{what} was closed.", suggestions=["Open it again, and close it when nobody uses it any more."])
