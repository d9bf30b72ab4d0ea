"""Records that wait to be written, beside the memory that they would take."""

import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, final

from registry.cli.transfer.shape import Item, Spot
from registry.document import nowhere
from registry.errors import OperationalError
from registry.names import WHOLE, quote

IN_MEMORY = 16 << 20
"""So many bytes wait in memory, more in a temporary file."""

_HEAD = struct.Struct(">IIB")


@final
class Spool:
    """Keeps items in order. Used in a `with`, at whose end they are gone.

    The source is read once and quickly: a server breaks off a snapshot that somebody takes too long to read, and what
    is written is what was looked at before.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # closed by __exit__
        self._spot = Spot(None, nowhere)

    def add(self, item: Item) -> None:
        """Keep an item.

        Raises:
            OperationalError: There is no room for it.
        """
        name = item.name.encode()
        with _room():
            self._file.write(_HEAD.pack(len(name), len(item.record), item.is_alias) + name + item.record)

    def item(self, namespace: str, name: str, record: bytes, is_alias: bool) -> Item:
        """An item that was read from no file."""
        return Item(namespace, name, record, is_alias, self._spot)

    def items(self, namespace: str, start: int, end: int) -> Iterator[Item]:
        """The items of a namespace: those from one position to another.

        Raises:
            OperationalError: There was no room for the last of all.
        """
        with _room():
            self._file.seek(start)  # which writes what a buffer has
        while start < end:
            name_size, record_size, alias = _HEAD.unpack(self._file.read(_HEAD.size))
            name = self._file.read(name_size).decode()
            yield self.item(namespace, name, self._file.read(record_size), bool(alias))
            start += _HEAD.size + name_size + record_size

    @property
    def position(self) -> int:
        """Where the next item will begin."""
        return self._file.tell()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *raised: Any) -> None:
        with suppress(OSError):  # of what had no room, and is not wanted any more
            self._file.close()


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OperationalError(
            f"What is to be written cannot be kept in {quote(tempfile.gettempdir(), WHOLE)}: {error.strerror}.",
            suggestions=["Make room there, or name another folder by the environment variable TMPDIR."],
        ) from error
