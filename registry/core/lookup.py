"""The thorough look-up: discovery, aliases, lazy and deprecated entries, and the message of a miss."""

from typing import TYPE_CHECKING, Any

import attrs

from registry.announcing import announce
from registry.core.admission import Admission
from registry.core.discovery import Discovery
from registry.core.entries import Entries
from registry.errors import EntryNotFoundError, ResolutionError
from registry.model import UNREAD, Entry, Origin, Reference, Unavailable
from registry.names import quote
from registry.references import import_reference

if TYPE_CHECKING:
    from registry.protocols import Plugins, RegistryView


class Lookup:
    """Finds what the fast look-up of one registry does not.

    Attributes:
        refused: Names that were offered (by entry points, say) and could not be taken, with the reason in a sentence.
    """

    __slots__ = ("_admission", "_discovery", "_entries", "_offers_pending", "_plugins", "_resolved", "_view", "refused")

    def __init__(
        self,
        view: "RegistryView",
        entries: Entries,
        discovery: Discovery,
        admission: Admission,
        plugins: "Plugins | None",
    ) -> None:
        self._view = view
        self._entries = entries
        self._discovery = discovery
        self._admission = admission
        self._plugins = plugins
        self._offers_pending = plugins is not None
        self._resolved: dict[Any, tuple[Entry[Any], Any]] = {}
        self.refused: dict[Any, str] = {}

    # ------------------------------------------------------------------------------------------ entries

    @property
    def pending(self) -> bool:
        """Whether there is something that `gather` would do."""
        return self._offers_pending or self._discovery.pending

    def find(self, name: Any) -> Entry[Any]:
        """The entry of this name or alias, never an alias itself.

        Raises:
            EntryNotFoundError: There is none, also after discovery.
        """
        entry = self.seek(name)
        if entry is None:
            raise self.miss(name)
        return entry

    def seek(self, name: Any, imports: bool = True) -> Entry[Any] | None:
        """The same, with None when there is none; `imports`: after discovery, if need be."""
        pending = imports and self.pending  # asked first: what another thread gathers meanwhile is not missed
        entry = self._entries.find(name)
        if entry is None and pending:
            self.gather()
            entry = self._entries.find(name)
        if entry is not None and entry.alias_of is not None:
            entry = self._entries.find(entry.alias_of)
            if entry is not None and entry.alias_of is not None:
                return None
        return entry

    def gather(self) -> None:
        """Import what `discover` names and take up what plugins offer, unless that was done before."""
        self._discovery.run()
        if self._offers_pending and self._plugins is not None:
            for name, reference in self._plugins.entries(self._view).items():
                self._entries.add(Entry(name, reference, origin=Origin("a plugin")), "keep")
            self._offers_pending = False

    # ------------------------------------------------------------------------------------------ artifacts

    def get(self, name: Any) -> Any:
        """The artifact of this name, with a warning when it is deprecated."""
        entry = self.find(name)
        if entry.deprecated is not None:
            warn_deprecated(self._view.name, entry)
        return self.artifact(entry)

    def artifact(self, entry: Entry[Any]) -> Any:
        """The artifact of an entry, imported and validated if it was not yet.

        Raises:
            ResolutionError: It cannot be imported here.
            ValidationError: It does not fit.
        """
        target = entry.target
        if isinstance(target, Reference) or target is UNREAD:
            return self._resolve(entry, target)
        if isinstance(target, Unavailable):
            if entry.received is not None:
                return entry.received.resolve()  # which says why its record cannot be used
            place = "" if entry.origin is None else f"; it was registered at {entry.origin}"
            raise ResolutionError(
                f"{quote(entry.name)} of {quote(self._view.name)} stayed in another process, since no reference can"
                f" name it: {target.reason}{place}.",
                suggestions=[
                    "Define it at the top level of a module, under its own name.",
                    "Or register a Reference to the variable of a module that holds it.",
                ],
                context={"registry": self._view.name, "name": _plain(entry.name)},
            )
        return target

    def _resolve(self, entry: Entry[Any], target: Any) -> Any:
        known = self._resolved.get(entry.name)
        if known is not None and known[0] is entry:
            return known[1]
        try:
            found = import_reference(target) if entry.received is None else entry.received.resolve()
        except ResolutionError as error:
            error.add_note(f"It is {quote(entry.name)} of the registry {quote(self._view.name)}.")
            raise
        now = self._entries.find(entry.name)
        if now is not None and now is not entry and now.alias_of is None and not now.is_lazy:
            return self.artifact(now)  # importing the module registered it, or another thread resolved it
        artifact = self._admission.admit(found, entry.name, "read", entry.metadata)
        reference = entry.reference if target is UNREAD else target
        if not self._entries.swap(entry, attrs.evolve(entry, target=artifact, reference=reference)):
            self._resolved[entry.name] = (entry, artifact)
        return artifact

    # ------------------------------------------------------------------------------------------ misses

    def miss(self, name: Any) -> EntryNotFoundError:
        """The error for a name that nothing has. The suggestions are worked out when somebody reads them."""
        registry = self._view.name
        return EntryNotFoundError(
            f"{quote(registry)} has no entry {quote(name)}.",
            suggestions=lambda: self._advice(name),
            context={"registry": registry, "name": _plain(name)},
        )

    def hints(self, name: Any, unlike: bool) -> list[str]:
        """What may be the reason why a name is missing; `unlike`: no name that is there is close to it."""
        hints: list[str] = []
        try:
            refused = self.refused.get(name)
        except TypeError:  # what cannot be hashed was never offered
            refused = None
        if refused is not None:
            hints.append(f"Mend what offers it: {refused}")
        for module, reason in self._discovery.failures.items():
            hints.append(f"Mend {quote(module)}, which failed to import: {reason}.")
        if unlike and not hints and self._discovery.packages:
            searched = ", ".join(map(quote, self._discovery.packages))
            hints.append(f"Register it in one of the packages that were searched: {searched}.")
        elif unlike and not hints:
            hints.append(
                "Import the module that registers it, or let it be found:"
                f" pass discover=('its.package',) to the registry {quote(self._view.name)}."
            )
        return hints if self._plugins is None else [*hints, *self._plugins.unavailable()]

    def _advice(self, name: Any) -> list[str]:
        from registry.closeness import did_you_mean  # only where something is missing

        close = did_you_mean(name, self._entries.names())
        return [*close, *self.hints(name, not close)]


def warn_deprecated(registry: str, entry: Entry[Any]) -> None:
    """Warn at the line outside this library that asked for the entry."""
    text = f"{quote(entry.name)} of {quote(registry)} is deprecated"
    advice = f": {entry.deprecated}" if entry.deprecated else "."
    announce(text + advice, DeprecationWarning)


def _plain(name: Any) -> Any:
    """A name as JSON can hold it."""
    return name if isinstance(name, str) else quote(name)
