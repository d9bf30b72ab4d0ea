"""What is said about each kind of mistake."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from registry.closeness import did_you_mean
from registry.factorizer import language
from registry.factorizer.assignable import type_name
from registry.factorizer.findings import Findings
from registry.factorizer.recipe import Call
from registry.names import quote
from registry.paths import Path, format_path, step_into
from registry.schema import Schema

if TYPE_CHECKING:
    from registry.factorizer.site import Site

_LISTED = 12
"""How many parameters a message lists at most."""

_COMPARISONS = 2_000_000
"""How many names are compared for the suggestions of one check, so that a config of mistakes alone ends in time too."""


class Reports:
    """Turns mistakes into findings."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self._error = findings.error
        self._comparisons_left = _COMPARISONS

    def may_compare(self, count: int = 1000) -> bool:
        """Whether a suggestion may still be looked for among so many names."""
        self._comparisons_left -= count
        return self._comparisons_left >= 0

    # -------------------------------------------------------------------------------------------- values

    def wrong_type(
        self, value: Any, site: "Site", path: Path, reason: str = "", suggestions: Iterable[str] = ()
    ) -> None:
        """A value that is not what its place asks for."""
        found = quote(value)
        if not isinstance(value, dict | list | tuple | set | frozenset) and value is not None:
            found = found if found.startswith("an integer of") else f"the {type(value).__name__} {found}"
        message = f"{_subject(site, path)} takes {type_name(site.form.annotation)}, not {found}"
        message = f"{message}: {reason}." if reason else f"{message}."
        self._error("wrong-type", message, path, suggestions, on_key=site.key)

    def wrong_value(self, value: Any, site: "Site", path: Path, allowed: Iterable[Any]) -> None:
        """A value that is not one of a few."""
        listed = ", ".join(repr(one) for one in allowed)
        message = f"{_subject(site, path)} takes one of {listed}, not {quote(value)}."
        self._error("wrong-type", message, path, did_you_mean(value, allowed), on_key=site.key)

    def wrong_object(self, call: Call, site: "Site", path: Path) -> None:
        """A node whose object is not what its place asks for."""
        made = "a function" if call.makes is partial else type_name(call.makes)
        wanted = type_name(site.form.annotation)
        message = f"{_subject(site, path)} takes {wanted}, but {quote(str(call.label))} makes {made}."
        self._error("wrong-type", message, path)

    def broken_constraint(self, text: str, site: "Site", path: Path) -> None:
        """A value that has the right type and is still refused."""
        self._error("broken-constraint", f"{_subject(site, path)} {text}.", path, on_key=site.key)

    # -------------------------------------------------------------------------------------------- parameters

    def unknown_key(self, key: Any, mapping: Mapping[Any, Any], known: Iterable[str], owner: str, path: Path) -> None:
        """A key that its owner does not take, unless it was reported as a misspelt or misplaced reserved key."""
        if type(key) is str and (key in language.RESERVED or language.misspelt(key)):
            return
        names = list(known)
        suggestions = did_you_mean(key, names)
        if not suggestions:
            listed = ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
            suggestions = [f"It takes {listed or 'no parameters'}."]
        for foreign in language.FOREIGN_KEYS:
            if foreign in mapping:
                suggestions.append(
                    f"Is this another tool's config? Write '_type' and a name instead of {quote(foreign)},"
                    " as 'registry convert' does."
                )
        message = f"{quote(owner)} has no parameter {quote(key)}."
        self._error("unknown-parameter", message, (*path, key), suggestions, on_key=True)

    def too_many(self, owner: str, takes: int, given: int, path: Path) -> None:
        """A positional argument that has no parameter."""
        arguments = f"{takes} positional {'argument' if takes == 1 else 'arguments'}"
        self._error("unknown-parameter", f"{quote(owner)} takes {arguments}, not {given}.", path)

    def missing(self, name: str, owner: str, path: Path, at: Path) -> None:
        """A parameter that has to be given."""
        message = f"{quote(owner)} needs the parameter {quote(name)}."
        self._error("missing-parameter", message, path, [f"Add '{name}: …'."], at=at)

    def given_twice(self, name: str, owner: str, path: Path) -> None:
        """A parameter that is given by name and by position."""
        message = f"{quote(name)} of {quote(owner)} is given twice: by its name and in '_args'."
        self._error("duplicate-key", message, path, on_key=True)

    def open_parameter(self, name: str, owner: str, path: Path, on_key: bool) -> None:
        """A parameter that callers of the built function give."""
        message = f"{quote(name)} of {quote(owner)} is left open for its caller and cannot be fixed."
        self._error("open-parameter", message, path, ["Remove it."], on_key=on_key)

    # -------------------------------------------------------------------------------------------- the language

    def key(self, key: Any, path: Path, declared: Iterable[str]) -> None:
        """Report a key that is reserved and out of place, or one edit away from a reserved one."""
        if type(key) is not str or key in declared:
            return
        if key in language.RESERVED:
            self._error("bad-node", f"{quote(key)} means nothing without '_type' beside it.", path, on_key=True)
        elif meant := language.misspelt(key):
            message = f"{quote(key)} is one edit away from {quote(meant)}."
            suggestions = [f"did you mean {quote(meant)}?", "Put the mapping under '_raw' if it is data."]
            self._error("misspelt-key", message, path, suggestions, on_key=True)

    def not_alone(self, key: str, mapping: Mapping[Any, Any], path: Path) -> None:
        """Report what stands beside a reserved key that has to be alone."""
        for other in mapping:
            if other != key:
                message = f"{quote(other)} stands beside {quote(key)}, which has to be alone in its mapping."
                self._error("bad-node", message, (*path, other), on_key=True)

    def reserved_values(self, reserved: Mapping[str, Any], path: Path) -> None:
        """Report reserved keys whose values are not of their kind."""
        for key, (kinds, words) in _RESERVED_KINDS.items():
            if key in reserved and type(reserved[key]) not in kinds:
                self._error("bad-node", f"{quote(key)} is {words}, not {quote(reserved[key])}.", (*path, key))

    def no_name(self, name: Any, path: Path) -> None:
        """A `_type` that cannot be a name."""
        self._error("bad-node", f"'_type' is the name of an entry, not {quote(name)}.", path)

    def deprecated(self, name: Any, instead: str, path: Path) -> None:
        """An entry that should no longer be used."""
        self.findings.warning("deprecated", f"{quote(name)} is deprecated.", path, [instead] if instead else [])

    def not_buildable(self, name: Any, artifact: Any, path: Path) -> None:
        """An entry that is data."""
        message = f"{quote(name)} is data ({type(artifact).__name__}), which cannot be built."
        self._error("not-buildable", message, path, [f"Look it up with registry[{quote(name)}]."])

    def not_checked(self, name: Any, path: Path) -> None:
        """An entry whose parameters are not known without importing it."""
        self.findings.note("not-checked", f"{quote(name)} is not imported, so its parameters were not checked.", path)

    def too_large(self, path: Path) -> None:
        """A config that references make larger than its text."""
        self._error("limit-exceeded", "References make the config larger than the limits allow.", path)

    # -------------------------------------------------------------------------------------------- references

    def no_path(self, message: str, path: Path) -> None:
        """A reference that is not a path."""
        self._error("bad-reference", message, path, ["Write it like 'trainer.losses[0]'."])

    def nothing_given(self, name: str, given: Iterable[str], path: Path) -> None:
        """A reference to a live object that was not given."""
        if not name:
            self._error("bad-reference", "'given' stands for no object by itself.", path, ["Write it like 'given.x'."])
            return
        suggestions = did_you_mean(name, given) or [f"Pass given={{{quote(name)}: …}} to build."]
        self._error("bad-reference", f"Nothing was given under the name {quote(name)}.", path, suggestions)

    def cycle(self, steps: Iterable[Path], path: Path) -> None:
        """A reference that leads back to itself."""
        shown = " → ".join(format_path(step) or "the whole config" for step in steps)
        self._error("reference-cycle", f"The reference leads back to itself: {shown}.", path)

    def leads_nowhere(self, root: Any, target: Path, text: str, path: Path) -> None:
        """A reference to a path that the config does not have."""
        known: Path = ()
        value = root
        for step in target:
            try:
                value = step_into(value, step)
            except LookupError:
                break
            known = (*known, step)
        missing = target[len(known)]
        names = [key for key in value if isinstance(key, str)] if isinstance(value, dict) else []
        place = quote(format_path(known)) if known else "the config"
        suggestions = did_you_mean(missing, names) if self.may_compare(len(names)) else []
        if not suggestions and missing != text and self.may_compare(len(names)):
            suggestions = did_you_mean(text, names)
        self._error(
            "bad-reference", f"{quote(text)} leads nowhere: {place} has no {quote(missing)}.", path, suggestions
        )


_RESERVED_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    language.PARTIAL: ((bool,), "true or false"),
    language.ARGS: ((list, tuple), "a list"),
    language.REGISTRY: ((str,), "a name"),
}


def settable(schema: Schema) -> list[str]:
    """The parameters that a config may give."""
    return [name for name, parameter in schema.parameters.items() if not parameter.open]


def _subject(site: "Site", path: Path) -> str:
    name = format_path(path[site.depth :])
    if not site.owner:
        return quote(name) if name else "The config"
    return f"{quote(name)} of {quote(site.owner)}" if name else quote(site.owner)
