"""What an export may hold, and where in its file that is not so."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from registry.cli.transfer.writing import FORMAT, VERSION
from registry.closeness import did_you_mean
from registry.document import Locate
from registry.errors import DiagnosticError
from registry.names import check_name, check_namespace, quote
from registry.paths import Path, format_path
from registry.problems import Location, Problem

Report = Callable[[Problem], None]
"""Takes a problem up; what it raises ends the reading."""

HEAD = {"format": True, "version": True, "namespaces": False}
SECTION = {"namespace": True, "token": False, "count": False}
RECORD = {"key": True, "value": True, "token": False, "time": False, "author": False}


@attrs.frozen
class Spot:
    """A value of the file: what it is and where it stands."""

    value: Any
    locate: Locate
    path: Path = ()

    def below(self, step: Any) -> "Spot":
        """What stands under a key or index."""
        return Spot(self.value[step], self.locate, (*self.path, step))

    def where(self, key: bool = False) -> Location | None:
        """Its place, or that of the key that leads to it."""
        return self.locate(self.path, key)

    def problem(self, message: str, *suggestions: str, code: str = "bad-document", key: bool = False) -> Problem:
        """A problem with it."""
        return Problem(code, message, format_path(self.path), self.where(key), suggestions)


@attrs.frozen
class Section:
    """The head of a namespace in an export."""

    namespace: str
    count: int | None
    spot: Spot


@attrs.frozen
class Item:
    """One record of an export, in its canonical form, without the values that were read: many wait to be written."""

    namespace: str
    name: str
    record: bytes
    is_alias: bool
    key: Spot


def read_head(spot: Spot, report: Report) -> bool:
    """Whether this is how an export of a known version begins."""
    value = spot.value
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        report(
            spot.problem(
                f"This is not how an export begins: {quote(FORMAT)} is missing as its 'format'.",
                "Name a file that registry export wrote.",
            )
        )
        return False
    if value.get("version") != VERSION:
        found = quote(value.get("version"))
        told = spot.below("version") if "version" in value else spot
        report(told.problem(f"Exports of version {found} are not known here, only {VERSION}.", "Upgrade this library."))
        return False
    return _fits(spot, HEAD, report)


def read_section(spot: Spot, report: Report, allowed: Mapping[str, bool] = SECTION) -> Section | None:
    """The head of a namespace, None if it is none."""
    if not _fits(spot, allowed, report):
        return None
    namespace, count = spot.value["namespace"], spot.value.get("count")
    try:
        check_namespace(namespace)
    except DiagnosticError as error:
        report(spot.below("namespace").problem(error.message, *error.suggestions, code=error.code))
        return None
    if count is not None and (type(count) is not int or count < 0):
        report(spot.below("count").problem(f"{quote(count)} is no number of records."))
        return None
    return Section(namespace, count, spot)


def read_record(spot: Spot, namespace: str, report: Report) -> Item | None:
    """A record, None if it is none."""
    from registry.records import Record
    from registry.records.plain import canonical, fault_of

    if not _fits(spot, RECORD, report):
        return None
    name = spot.value["key"]
    if not isinstance(name, str):
        report(spot.below("key").problem(f"{quote(name)} cannot be a name: it is not text.", code="invalid-name"))
        return None
    try:
        check_name(name)
    except DiagnosticError as error:
        report(spot.below("key").problem(error.message, *error.suggestions, code=error.code))
        return None
    value = spot.below("value")
    fault = fault_of(value.value)  # what YAML has and JSON has not: .nan, keys that are no texts
    if fault is not None:
        inside = Spot(None, spot.locate, (*value.path, *fault[0]))
        report(inside.problem(f"Here the record of {quote(name)} {fault[1]}."))
        return None
    data = canonical(value.value)
    try:
        record = Record.from_plain(value.value, len(data))
    except DiagnosticError as error:
        report(value.problem(error.message, *error.suggestions, code=error.code))
        return None
    return Item(namespace, name, data, record.kind == "alias", spot.below("key"))


def _fits(spot: Spot, allowed: Mapping[str, bool], report: Report) -> bool:
    """Whether the value is a mapping with the keys that are allowed (True: required); if not, the reasons are told."""
    value = spot.value
    if not isinstance(value, dict):
        report(spot.problem(f"Here stands a {type(value).__name__} where a mapping is wanted.", _wanted(allowed)))
        return False
    fine = True
    for key in value:
        if key not in allowed:
            hints = did_you_mean(key, allowed) or [_wanted(allowed)]
            report(spot.below(key).problem(f"There is no key {quote(key)} here.", *hints, key=True))
            fine = False
    for key, required in allowed.items():
        if required and key not in value:
            report(spot.problem(f"The key {quote(key)} is missing.", _wanted(allowed)))
            fine = False
    return fine


def _wanted(allowed: Mapping[str, bool]) -> str:
    return f"Write {', '.join(key if required else f'{key} (optional)' for key, required in allowed.items())}."
