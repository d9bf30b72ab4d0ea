"""What happens when something is registered in one registry, or taken out of it."""

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic, Literal

import attrs
from typing_extensions import TypeVar

from registry.core.admission import Admission
from registry.core.changes import Changes, OnConflict
from registry.core.entries import Entries
from registry.core.lookup import Lookup
from registry.errors import DiagnosticError, FrozenRegistryError, InvalidNameError, RegistryError
from registry.model import MISSING, NOTHING, Entry, Event, Origin, Reference, plain_entry
from registry.names import check_name, quote
from registry.references import import_reference, reference_of

if TYPE_CHECKING:
    from registry.core.batch import BatchResult
    from registry.protocols import Plugins, RegistryView

OnError = Literal["raise", "collect"]
Item = tuple[Any, Any, Origin]
"""A name, what to register under it, and where it comes from."""


Artifact = TypeVar("Artifact", default=Any)
Name = TypeVar("Name", default=str)


class Registrar(Generic[Artifact, Name]):
    """Writes to one registry, whose artifacts and names are of these types.

    Attributes:
        frozen: Whether it registers nothing more.
        name_of: Gives the name of an artifact that is registered without one; None for its `__name__`.
        on_conflict: What a second definition of a name does.
    """

    __slots__ = ("_admission", "_entries", "_lookup", "_plugins", "_view", "frozen", "name_of", "on_conflict")

    def __init__(
        self,
        view: "RegistryView",
        entries: Entries,
        admission: Admission,
        lookup: Lookup,
        plugins: "Plugins | None",
        name_of: Callable[[Any], Any] | None,
        on_conflict: OnConflict,
    ) -> None:
        self._view = view
        self._entries = entries
        self._admission = admission
        self._lookup = lookup
        self._plugins = plugins
        self.name_of = name_of
        self.on_conflict: OnConflict = on_conflict
        self.frozen = False

    # ------------------------------------------------------------------------------------------ names

    def is_artifact(self, value: object) -> bool:
        """Whether the only argument of `register` is an artifact, rather than a name for the one to come."""
        if isinstance(value, str):
            return False
        return self.name_of is not None or callable(value) or isinstance(value, Reference)

    def name_for(self, artifact: Any) -> Any:
        """The name of an artifact that is registered without one.

        Raises:
            InvalidNameError: It has none.
        """
        if isinstance(artifact, Reference):
            return artifact.name.rpartition(".")[2]
        if self.name_of is not None:
            return self.name_of(artifact)
        name = getattr(artifact, "__name__", None)
        if isinstance(name, str) and name != "<lambda>":
            return name
        raise InvalidNameError(
            f"{quote(artifact)} has no name of its own, and {quote(self._view.name)} was given none for it.",
            suggestions=["Pass the name first: register('name', artifact)."],
        )

    # ------------------------------------------------------------------------------------------ writing

    def enter(self, name: Any, artifact: Any, origin: Origin, about: Mapping[str, Any]) -> None:
        """Register one artifact; what is known about it as in `Registry.register`. MISSING stands for its own name.

        Raises:
            FrozenRegistryError, InvalidNameError, ValidationError, DuplicateEntryError: It was refused.
        """
        begun = 0.0 if self._plugins is None else perf_counter()
        try:
            if name is MISSING:
                name = self.name_for(artifact)
            if self.frozen:
                self.refuse_if_frozen()
            if about:
                entry, replace = self._described(name, artifact, origin, **about)
                added = self._entries.add(entry, "replace" if replace else self.on_conflict)
            else:
                added = self._entries.add(self._entry(name, artifact, origin), self.on_conflict)
        except DiagnosticError as error:
            self._emit("refused", None if name is MISSING else name, error, begun)
            raise
        if added and self._plugins is not None:
            self._emit("registered", name, None, begun)

    def enter_many(
        self,
        items: Iterable[Item],
        on_error: OnError,
        replace: bool = False,
        tags: Iterable[str] = (),
        refused: Mapping[Any, DiagnosticError] = NOTHING,
    ) -> "BatchResult":
        """Register many artifacts at once; some more of the batch may have been `refused` before.

        Raises:
            RegistryError: Something was refused, and `on_error` is "raise": nothing was registered, and the error
                shows every refusal.
        """
        from registry.core.batch import BatchResult, refusal

        if on_error not in ("raise", "collect"):
            raise ValueError(f"on_error is 'raise' or 'collect', not {quote(on_error)}.")
        self.refuse_if_frozen()
        items, tags = list(items), _listed(tags)
        already = len(refused)
        refused = dict(refused)
        entries: list[Entry[Any]] = []
        for name, artifact, origin in items:
            try:
                entries.append(self._described(name, artifact, origin, tags=tags)[0])
            except DiagnosticError as error:
                refused[name] = error

        def work(part: list[Entry[Any]]) -> Callable[[Changes], tuple[list[Any], dict[Any, DiagnosticError]]]:
            def enter(changes: Changes) -> tuple[list[Any], dict[Any, DiagnosticError]]:
                registered: list[Any] = []
                errors: dict[Any, DiagnosticError] = {}
                for entry in part:
                    try:
                        if changes.add(entry, "replace" if replace else self.on_conflict):
                            registered.append(entry.name)
                    except RegistryError as conflict:
                        errors[entry.name] = conflict
                if on_error == "raise" and (errors or refused):
                    raise refusal(self._view.name, {**refused, **errors}, len(items) + already)
                return registered, errors

            return enter

        registered: list[Any] = []
        errors = dict(refused)
        try:
            # All or none is one change; what may be taken in part goes in as many as a shared namespace needs.
            for part in [entries] if on_error == "raise" else self._entries.parts(entries):
                entered, conflicts = self._entries.change(work(part))
                registered += entered
                errors.update(conflicts)
        except DiagnosticError as error:
            self._emit("refused", None, error)
            raise
        for name in registered:
            self._emit("registered", name)
        for name, refusal_of_it in errors.items():
            self._emit("refused", name, refusal_of_it)
        return BatchResult(tuple(registered), errors)

    def enter_offered(self, group: str, on_error: OnError, tags: Iterable[str]) -> "BatchResult":
        """Register what installed distributions offer in an entry-point group."""
        from registry.core.batch import offered

        items, errors = offered(group)
        result = self.enter_many(items, on_error, False, tags, errors)
        self._lookup.refused.update({name: error.message for name, error in result.errors.items()})
        return result

    def remove(self, name: Any) -> None:
        """Unregister an entry with its aliases, or an alias alone."""
        self.refuse_if_frozen()
        entry = self._entries.held_under(name)
        if entry is None:
            self._lookup.gather()
            entry = self._entries.held_under(name)
        if entry is None:
            raise self._lookup.miss(name)
        self._entries.remove(entry)
        self._emit("unregistered", name)

    def clear(self) -> None:
        """Unregister everything."""
        self.refuse_if_frozen()
        for name in self._entries.clear():
            self._emit("unregistered", name)

    def refuse_if_frozen(self) -> None:
        """Raise FrozenRegistryError in a frozen registry."""
        if self.frozen:
            raise FrozenRegistryError(
                f"{quote(self._view.name)} is frozen: its entries do not change any more.",
                suggestions=["Register before freeze() is called, or use overlay() in a test."],
                context={"registry": self._view.name},
            )

    # ------------------------------------------------------------------------------------------ judging

    def judge(self, artifact: Any, name: Any, metadata: Mapping[str, Any]) -> Any:
        """What registering an artifact would keep; nothing is registered."""
        if isinstance(artifact, Reference):
            artifact = import_reference(artifact)
        if name is None and self.is_artifact(artifact):
            name = self.name_for(artifact)
        return self._admission.admit(artifact, name, "write", metadata)

    def overlay_entry(self, name: Any, artifact: Any, origin: Origin) -> Entry[Any]:
        """The entry that an overlay shows, also in a frozen registry; it is validated like one that is registered."""
        return self._entry(name, artifact, origin)

    def _entry(self, name: Any, artifact: Any, origin: Origin, metadata: Mapping[str, Any] = NOTHING) -> Entry[Any]:
        check_name(name)
        if self._admission.admits_all or isinstance(artifact, Reference):
            return plain_entry(name, artifact, origin)
        target = self._admission.admit(artifact, name, "write", metadata)
        if target is artifact:
            return plain_entry(name, target, origin)
        # The address of what was coerced leads to the same coercion in another process.
        return Entry(name, target, origin=origin, reference=reference_of(artifact))

    def _described(
        self,
        name: Any,
        artifact: Any,
        origin: Origin,
        /,
        *,
        aliases: Iterable[Any] = (),
        tags: Iterable[str] = (),
        description: str = "",
        deprecated: str | None = None,
        replace: bool = False,
        **metadata: Any,
    ) -> tuple[Entry[Any], bool]:
        others = tuple(alias for alias in dict.fromkeys(_listed(aliases)) if alias != name)
        for alias in others:
            check_name(alias, "alias")
        entry = attrs.evolve(
            self._entry(name, artifact, origin, metadata),
            aliases=others,
            tags=frozenset(_listed(tags)),
            description=description,
            deprecated=deprecated,
            metadata=metadata or NOTHING,
        )
        return entry, replace

    def _emit(
        self,
        kind: Literal["registered", "unregistered", "refused"],
        name: Any,
        error: Any = None,
        begun: float | None = None,
    ) -> None:
        if self._plugins is not None:
            seconds = 0.0 if begun is None else perf_counter() - begun
            self._plugins.emit(Event(kind, self._view.name, name, error, seconds))


def refuse_misplaced(about: Mapping[str, Any]) -> None:
    """Refuse a name or an artifact among the metadata, where it would be kept and not be what was meant."""
    for word in ("name", "artifact"):
        if word in about:
            usage = "register('name', artifact) or @register('name')"
            raise TypeError(f"register() takes the {word} by position: {usage}.")


def _listed(values: Any) -> tuple[Any, ...]:
    """Several values; a single text is one of them, not its letters, and so is a name that is no collection."""
    return (values,) if isinstance(values, str) or not isinstance(values, Iterable) else tuple(values)
