"""A config and what has to arrive for it, as values."""

from typing import Any

import attrs
from hypothesis import strategies as st


@attrs.frozen(eq=False)
class Value:
    """A config value, or a whole config.

    Attributes:
        written: What the config says.
        arrives: What an artifact has to receive for it, with an `Expected` for each node.
    """

    written: Any
    arrives: Any

    @classmethod
    def plain(cls, value: Any) -> "Value":
        """What arrives as it is written."""
        return cls(value, value)


@attrs.frozen(eq=False)
class Expected:
    """A call that a node has to lead to.

    Attributes:
        artifact: What is called.
        arguments: What it has to receive by the names of its parameters, those of `**kwargs` included.
        rest: What it has to receive in its `*args`.
        as_partial: Whether a partial has to come of it instead.
    """

    artifact: Any
    arguments: dict[str, Any]
    rest: tuple[Any, ...] = ()
    as_partial: bool = False


Strategy = st.SearchStrategy[Value]
