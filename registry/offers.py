"""What installed distributions offer in entry-point groups, found without importing any of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from registry.distribution import entry_point_group
from registry.errors import DiagnosticError, PluginError
from registry.names import quote
from registry.references import describe

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

KINDS = ("plugins", "backends", "stores", "readers", "sources", "validators")
"""The kinds of what can be offered: plugins, which take part unasked, and parts, which are asked for by name."""


@attrs.frozen
class Offer:
    """One entry point.

    Attributes:
        kind: One of `KINDS`.
        name: What it is asked for by: a scheme of URLs for a store, a suffix without its dot for a reader.
        value: Where it leads, `package.module:attribute`.
        distribution: The name of the distribution that has it; "" where that cannot be told.
        version: Of the distribution.
    """

    kind: str
    name: str
    value: str
    distribution: str = ""
    version: str = ""
    _point: "EntryPoint | None" = attrs.field(default=None, eq=False, repr=False)

    @property
    def source(self) -> str:
        """The distribution with its version, for messages."""
        return f"{self.distribution} {self.version}".strip() or "a distribution without a name"

    def load(self) -> Any:
        """Import it.

        Raises:
            PluginError: It cannot be imported.
        """
        from importlib.metadata import EntryPoint

        point = self._point or EntryPoint(self.name, self.value, entry_point_group(self.kind))
        try:
            return point.load()
        except DiagnosticError:
            raise
        except (Exception, SystemExit) as error:  # whatever an import of somebody else's code raises
            raise PluginError(
                f"{quote(self.name)} of {self.source} cannot be imported: it leads to {quote(self.value)}:"
                f" {describe(error)}.",
                suggestions=[f"Update or remove {self.distribution or 'the distribution that has it'}."],
                context={"kind": self.kind, "name": self.name, "value": self.value, "distribution": self.distribution},
            ) from error


def offers(kind: str) -> list[Offer]:
    """Everything of one kind, by the names of distributions and then its own."""
    from importlib.metadata import entry_points

    found = [
        Offer(kind, point.name, point.value, *_distribution(point), point)
        for point in entry_points(group=entry_point_group(kind))
    ]
    # An installation in development may be found twice: as a folder and as what was installed of it.
    return sorted(dict.fromkeys(found), key=lambda offer: (offer.distribution, offer.name, offer.value))


def offered(kind: str, name: str) -> Offer | None:
    """The one thing of a kind that has a name, in any letter case; None where there is nothing.

    Raises:
        PluginError: Several distributions offer it; none of them is preferred.
    """
    found = [offer for offer in offers(kind) if offer.name.lower() == name.lower()]
    if len({offer.value for offer in found}) > 1:
        raise claimed_twice(found)
    return found[0] if found else None


def claimed_twice(claims: Sequence[Offer]) -> PluginError:
    """The error for a name that several distributions have."""
    first = claims[0]
    claimants = " and ".join(sorted({offer.source for offer in claims}))
    return PluginError(
        f"{quote(first.name)} among the {first.kind} is claimed by {claimants}; none of them is preferred.",
        suggestions=["Remove one of them."],
        context={"kind": first.kind, "name": first.name, "distributions": [offer.distribution for offer in claims]},
    )


def _distribution(point: "EntryPoint") -> tuple[str, str]:
    dist = point.dist
    return ("", "") if dist is None else (dist.name, dist.version)
