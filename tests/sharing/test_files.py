"""Stores over one file, as processes without a server have them."""

import time
from pathlib import Path
from uuid import uuid4

from registry.revisions import Beat, Change, Frame
from registry.stores import SQLiteStore


def write(store: SQLiteStore, name: str) -> int:
    return store.submit("n", [Change(name, b"{}")], operation=uuid4().hex).result(10).revision


def test_what_another_process_wrote_right_after_this_one_is_not_overlooked(tmp_path: Path) -> None:
    """Both are signalled before the watch is read again, and only one of them comes from memory."""
    with SQLiteStore(tmp_path / "file.db", poll=0.01) as here, SQLiteStore(tmp_path / "file.db") as there:
        write(here, "first")
        watch = here.watch(since=here.token(), namespaces=None)
        mine = write(here, "mine")
        theirs = write(there, "theirs")
        time.sleep(0.5)  # many looks for what others wrote
        seen: list[Frame | Beat] = []
        for one in watch:
            assert isinstance(one, Frame | Beat)
            seen.append(one)
            if one.token.revision >= theirs:  # which a beat tells of too
                break
        watch.close()
    frames = [one.token.revision for one in seen if isinstance(one, Frame)]
    assert frames == [mine, theirs], [one for one in seen if isinstance(one, Beat)]
