"""The factorizer of a registry that has not built anything yet."""

from typing import Any

from registry.model import MISSING


class Deferred:
    """Stands for a `SchemaFactorizer` until the first build, which imports it.

    Attributes:
        signature: What its builds are called with.
        makes: What its artifacts make, where they do not say it.
    """

    __slots__ = ("makes", "signature")

    def __init__(self, *, signature: Any = MISSING, makes: Any = MISSING) -> None:
        self.signature = signature
        self.makes = makes


def created(factorizer: Any) -> Any:
    """The factorizer itself."""
    if not isinstance(factorizer, Deferred):
        return factorizer
    from registry.factorizer import SchemaFactorizer

    return SchemaFactorizer(signature=factorizer.signature, makes=factorizer.makes)


def bound_type(factorizer: Any) -> Any:
    """The annotation that a registry with this factorizer answers for, or MISSING."""
    makes = getattr(factorizer, "makes", MISSING)
    return getattr(factorizer, "signature", MISSING) if makes is MISSING else makes
