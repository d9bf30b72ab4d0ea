"""Loads files: each by its reader, later ones over earlier ones, overrides over all."""

import os
import stat
from collections.abc import Mapping, Sequence

from registry.closeness import did_you_mean
from registry.config.layers import lay_over
from registry.config.overrides import apply_overrides
from registry.config.readers import Reader, read_with, reader_for, unreadable
from registry.document import Document
from registry.model import Limits
from registry.problems import Problem

MAX_BYTES = 100_000_000
"""Largest file that is read."""


def load_files(
    files: Sequence[str | os.PathLike[str]],
    *,
    overrides: Sequence[str] = (),
    limits: Limits | None = None,
    readers: Mapping[str, Reader] | None = None,
) -> Document:
    """One document from files and overrides, with the problems of all of them.

    Args:
        files: Later ones are laid over earlier ones. No file at all is an empty mapping.
        overrides: Changes as `apply_overrides` takes them.
        limits: How deep and large each file may be.
        readers: More readers by file suffix (with its dot), besides those for YAML, JSON and TOML.
    """
    limits = Limits() if limits is None else limits
    documents = [load_file(file, limits=limits, readers=readers) for file in files]
    document = lay_over(documents) if documents else Document({})
    return apply_overrides(document, overrides, limits=limits) if overrides else document


def load_file(
    file: str | os.PathLike[str], *, limits: Limits | None = None, readers: Mapping[str, Reader] | None = None
) -> Document:
    """The document of one file. A file that cannot be read is a problem of its document."""
    limits = Limits() if limits is None else limits
    name = os.fspath(file)
    data = _read_bytes(name)
    if isinstance(data, Problem):
        return Document(None, name, (data,))
    reader = reader_for(name, readers)
    if isinstance(reader, Problem):
        return Document(None, name, (reader,))
    return read_with(reader, data, name, limits)


def _read_bytes(name: str) -> bytes | Problem:
    try:
        if stat.S_ISFIFO(os.stat(name).st_mode):
            return unreadable(name, "is a pipe.", ["Write what it carries to a file."])  # it may never end
        with open(name, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return unreadable(name, "does not exist.", _instead_of(name))
    except IsADirectoryError:
        return unreadable(name, "is a directory.", ["Name a file in it."])
    except PermissionError:
        return unreadable(name, "may not be read.", ["Ask for permission to read it."])
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = getattr(error, "strerror", None) or error
        return unreadable(name, f"cannot be read: {reason}.", ["Check the path."])
    if len(data) > MAX_BYTES:
        return unreadable(name, f"has more than {MAX_BYTES} bytes.", ["Keep data in files of its own."])
    return data


def _instead_of(name: str) -> list[str]:
    folder, file = os.path.split(name)
    try:
        others = os.listdir(folder or ".")
    except OSError:
        return [f"Check the path: there is no directory '{folder}'."]
    found = did_you_mean(file, others)
    if found:
        return found
    return ["Check the path." if os.path.isabs(name) else f"Check the path; it starts at '{os.getcwd()}'."]
