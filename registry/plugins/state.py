"""What became of a plugin."""

from typing import Literal

import attrs

State = Literal["active", "blocked", "failed", "conflict"]


@attrs.frozen
class PluginState:
    """A plugin that was found, and what became of it.

    Attributes:
        name: The name of its entry point, or the one it was given by hand.
        state: "active"; "blocked", not imported since a setting leaves it out; "failed", set aside with the reason;
            "conflict", set aside since another distribution has a plugin of the same name.
        distribution: The distribution that has it; "" for one that was given by hand.
        version: Of the distribution.
        value: Where it is imported from.
        hooks: The names of its hooks, once it was imported.
        reason: Why it is not active, as a sentence.
        traceback: Where it failed, as text.
    """

    name: str
    state: State
    distribution: str = ""
    version: str = ""
    value: str = ""
    hooks: tuple[str, ...] = ()
    reason: str = ""
    traceback: str = attrs.field(default="", repr=False)

    @property
    def source(self) -> str:
        """The distribution with its version, for messages."""
        return f"{self.distribution} {self.version}".strip() or "this program"
