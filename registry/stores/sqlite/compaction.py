"""Deletes what the log need not remember, a little with every group that is written."""

import sqlite3

from registry.revisions import Retention
from registry.stores.sqlite.schema import number, revision_of

AHEAD = 32
"""Changes that are passed beyond twice as many as were written, so that a log which is too long grows shorter."""


def compact(
    connection: sqlite3.Connection, retention: Retention, newest: int, now: float, written: int, pinned: int | None
) -> None:
    """Pass some of the oldest changes, inside the transaction that wrote others.

    Args:
        connection: In the transaction.
        retention: What is to be remembered.
        newest: The newest revision. It is never passed, since it says which one comes next.
        now: Seconds since 1970.
        written: How many changes the transaction wrote.
        pinned: The oldest revision that somebody still reads a snapshot of.
    """
    last = newest - max(1, retention.operations)
    if pinned is not None:
        last = min(last, pinned)
    if last < 1:
        return
    (walked,) = connection.execute("SELECT walked FROM state").fetchone()
    if revision_of(walked) > last:
        return
    rows = connection.execute(
        "SELECT id, namespace, name, time, record IS NULL FROM changes WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
        (walked, number(last + 1), 2 * written + AHEAD),
    ).fetchall()
    passed = []
    for row in rows:
        if now - row[3] <= retention.seconds:
            break
        passed.append(row)
    if not passed:
        return
    connection.executemany(
        "DELETE FROM changes WHERE namespace = ? AND name = ? AND id < ?",
        [(namespace, name, change) for change, namespace, name, _, _ in passed],
    )
    removals = [(change,) for change, _, _, _, is_removal in passed if is_removal]
    connection.executemany("DELETE FROM changes WHERE id = ?", removals)
    connection.execute("UPDATE state SET walked = ?", (passed[-1][0],))
