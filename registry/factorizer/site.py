"""The place in a config that a value stands in."""

import attrs

from registry.factorizer.forms import Form


@attrs.frozen(eq=False, repr=False)
class Site:
    """What is known about a place before its value is looked at.

    Attributes:
        form: What may stand there.
        registry: The registry of the node around it.
        owner: What the node around it is called, for messages; "" outside nodes.
        depth: How many steps of the path lead to that node.
        raw: Whether nothing is interpreted here.
        key: Whether this is the key of a mapping.
    """

    form: Form
    registry: str | None = None
    owner: str = ""
    depth: int = 0
    raw: bool = False
    key: bool = False

    def inside(self, form: Form, key: bool = False) -> "Site":
        """The place of an item of a container that stands here."""
        return attrs.evolve(self, form=form, key=key)
