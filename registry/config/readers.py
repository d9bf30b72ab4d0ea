"""The readers, by file suffix."""

import os
from collections.abc import Callable, Mapping
from types import MappingProxyType

from registry.closeness import close_matches
from registry.config.json_reader import read_json
from registry.config.toml_reader import read_toml
from registry.config.yaml_reader import read_yaml
from registry.document import Document
from registry.errors import PluginError
from registry.model import Limits
from registry.names import quote
from registry.problems import Location, Problem

Reader = Callable[[bytes | str, str, Limits], Document]
"""Makes a document of a text, given the text, its name and the limits. Bad content is in the document's problems."""

READERS: Mapping[str, Reader] = MappingProxyType(
    {".yaml": read_yaml, ".yml": read_yaml, ".json": read_json, ".toml": read_toml}
)
"""The readers that come with the library."""


def reader_for(name: str, readers: Mapping[str, Reader] | None) -> Reader | Problem:
    """The reader for a file or URL path, by its suffix, or why there is none.

    Args:
        name: The file, whose suffix counts in any letter case.
        readers: More readers by suffix, with the dot; they come before the library's own, and those before what
            installed distributions offer in the group `registry_kit.readers`, by suffix without the dot.
    """
    known = {**READERS, **({} if readers is None else readers)}
    suffix = os.path.splitext(name)[1].lower()
    reader = known.get(suffix)
    if reader is not None:
        return reader
    if suffix:
        from registry.offers import offered

        try:
            offer = offered("readers", suffix[1:])
            if offer is not None:
                found: Reader = offer.load()
                return found
        except PluginError as error:
            return unreadable(name, f"has no reader: {error.message}", list(error.suggestions))
    said = f"its suffix {quote(suffix)} is not known" if suffix else "its name has no suffix"
    close = [f"did you mean {quote(match)}?" for match in close_matches(suffix, known)[:1]]
    return unreadable(name, f"has no reader: {said}.", [*close, f"Use one of {', '.join(sorted(known))}."])


def read_with(reader: Reader, data: bytes, name: str, limits: Limits) -> Document:
    """The document that a reader gives; a reader that fails is a problem of the document."""
    try:
        return reader(data, name, limits)
    except Exception as error:  # a reader from elsewhere: its failure must not hide the other files' problems
        what = f"could not be read: {type(error).__name__}: {error}"
        return Document(None, name, (unreadable(name, f"{what.rstrip('.')}."),))


def unreadable(name: str, what: str, suggestions: list[str] | None = None) -> Problem:
    """The problem of a document of which not even the text is known."""
    return Problem("bad-document", f"{quote(name, 200)} {what}", "", Location(name, 1, 1, 1), tuple(suggestions or ()))
