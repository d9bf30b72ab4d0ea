"""What a name was before."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from registry.cli import shared
from registry.cli.output import moment, safe
from registry.store_protocol import Store

if TYPE_CHECKING:
    from rich.text import Text


def history_lines(store: Store, namespace: str, name: str) -> Iterator["Text"]:
    """One line for each revision, newest first: when, by whom, and what was there from then on."""
    from rich.text import Text

    epoch = store.token().epoch
    yield Text("\nhistory", "bold")
    for stored in store.history(namespace, name):
        line = Text().append(f"  {moment(stored.time)}", "dim")
        if stored.record is None:
            line.append("  removed", "red")
        else:
            found = shared.read_stored(namespace, stored, epoch)
            line.append("  written", "green").append(f"  {safe(shared.kind_of(found.record))}")
            if found.record is not None and (version := shared.version_of(found.record)):
                line.append(f"  {safe(version)}", "cyan")
        line.append(safe(f"  by {stored.author}") if stored.author else "").append(
            f"  {epoch}.{stored.revision}", "dim"
        )
        yield line
