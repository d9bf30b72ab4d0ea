"""Snapshots of namespaces as text: JSON Lines, which can be of any size, and YAML, which people like to read."""

from collections.abc import Sequence
from typing import Protocol

from registry.cli.transfer.yaml_text import yaml_lines
from registry.errors import TooLargeError, ValidationError
from registry.names import quote
from registry.revisions import Stored, Token

FORMAT = "registry-export"
VERSION = 1

MAX_YAML_BYTES = 100_000_000
"""Largest YAML file, in bytes: YAML is read as a whole."""

MAX_YAML_NODES = 5_000_000
"""Most values of a YAML file."""


class Form(Protocol):
    """Writes an export. Each method gives the next bytes."""

    def opening(self, namespaces: Sequence[str]) -> bytes:
        """How it begins: the format, its version, and the namespaces that follow, in this order."""
        ...

    def section(self, namespace: str, token: Token, count: int) -> bytes:
        """The head of a namespace: the moment it is of, and how many records follow."""
        ...

    def record(self, stored: Stored, epoch: str) -> bytes:
        """One record.

        Raises:
            ValidationError: It is not JSON.
            TooLargeError: The file would be too large to be read back.
        """
        ...


class JsonLines:
    """One JSON object in each line: the file, then each namespace, followed by its records as the wire has them."""

    def opening(self, namespaces: Sequence[str]) -> bytes:
        """How it begins."""
        return _line({"format": FORMAT, "version": VERSION, "namespaces": list(namespaces)})

    def section(self, namespace: str, token: Token, count: int) -> bytes:
        """The head of a namespace."""
        return _line({"namespace": namespace, "token": str(token), "count": count})

    def record(self, stored: Stored, epoch: str) -> bytes:
        """One record, whose bytes are kept as they are."""
        from registry.wire.json import envelope, write

        value = value_of(stored)
        if stored.record is not None and (b"\n" in stored.record or b"\r" in stored.record):
            stored = Stored(stored.name, stored.revision, write(value), stored.time, stored.author)
        return envelope(stored, epoch) + b"\n"


class Yaml:
    """One YAML document."""

    def __init__(self) -> None:
        self._bytes = 0
        self._nodes = 0

    def opening(self, namespaces: Sequence[str]) -> bytes:
        """How it begins."""
        head = f"format: {FORMAT}\nversion: {VERSION}\nnamespaces:"
        return f"{head}\n".encode() if namespaces else f"{head} []\n".encode()

    def section(self, namespace: str, token: Token, count: int) -> bytes:
        """The head of a namespace."""
        lines = yaml_lines([{"namespace": namespace, "token": str(token), "count": count}])
        return self._counted([*lines, "  records:" if count else "  records: []"], 5)

    def record(self, stored: Stored, epoch: str) -> bytes:
        """One record."""
        value = value_of(stored)
        item = {
            "key": stored.name,
            "token": str(Token(epoch, stored.revision)),
            "time": stored.time,
            "author": stored.author,
            "value": value,
        }
        lines = yaml_lines([item], "  ")
        return self._counted(lines, _nodes(item))

    def _counted(self, lines: list[str], nodes: int) -> bytes:
        data = ("\n".join(lines) + "\n").encode()
        self._bytes += len(data)
        self._nodes += nodes
        if self._bytes > MAX_YAML_BYTES - 1000 or self._nodes > MAX_YAML_NODES - 100:  # its opening and the document
            raise TooLargeError(
                "The export is too large for YAML, which is read as a whole.",
                suggestions=["Use --format jsonl.", "Or export fewer namespaces, with --namespace."],
                context={"bytes": MAX_YAML_BYTES, "values": MAX_YAML_NODES},
            )
        return data


FORMS: dict[str, type[JsonLines] | type[Yaml]] = {"jsonl": JsonLines, "yaml": Yaml}


def form_of(file: str, chosen: str | None) -> str:
    """The name of the format: the one that was chosen, else by the file's suffix, else JSON Lines."""
    if chosen is not None:
        return chosen
    return "yaml" if file.lower().endswith((".yaml", ".yml")) else "jsonl"


def value_of(stored: Stored) -> object:
    """The value of a record.

    Raises:
        ValidationError: It is not JSON: a store takes any bytes, and somebody may have written others.
    """
    from registry.wire.json import read

    try:
        return read(stored.record or b"", f"record of {quote(stored.name)}")
    except ValidationError as error:
        raise ValidationError(
            error.message,
            suggestions=["Let registry doctor name all such records, and register them again or remove them."],
            context=error.context,
        ) from error


def _line(value: object) -> bytes:
    from registry.wire.json import write

    return write(value) + b"\n"


def _nodes(value: object) -> int:
    nodes, pending = 0, [value]
    while pending:
        here = pending.pop()
        nodes += 1
        if isinstance(here, dict):
            nodes += len(here)
            pending += here.values()
        elif isinstance(here, list):
            pending += here
    return nodes
