"""What is wrong with the file of a store. It is only read, and may be in use meanwhile."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from urllib.parse import quote as percent_encoded

from registry.cli.doctor.checklist import Check, Subject
from registry.cli.output import counted
from registry.cli.where import Where, location_of, path_of
from registry.errors import DiagnosticError, OperationalError, StoreError
from registry.names import quote
from registry.urls import shown_url

LARGE_WAL = 256 << 20
"""Bytes of a write-ahead log that is no longer moved into the file."""

LITTLE_ROOM = 256 << 20
"""Bytes of free space below which somebody should know."""

MOST = 10
"""Most records that are named."""


def check_store(where: Where) -> Iterator[Check]:
    """What can be told of a store without changing it."""
    given = str(where.store)
    try:
        url = location_of(given, create=False)
    except OperationalError as error:
        yield Subject(f"store {shown_url(given)}").refused("file", error)
        return
    path = path_of(url)
    if path is None:
        yield from _check_other(Subject(f"store {shown_url(given)}"), where)
        return
    path = os.path.abspath(path)
    subject = Subject(f"store {path}")
    if not os.path.isfile(path):
        yield subject.failed("file", "it is not a file", "Give the path of a file.", outside=False)
        return
    yield subject.ok("file", _size(os.path.getsize(path)))
    yield _check_place(subject, path)
    yield _check_holder(subject, path)
    yield _check_wal(subject, path)
    yield _check_room(subject, path)
    try:
        connection = sqlite3.connect(
            f"file:{percent_encoded(path)}?mode=ro", uri=True, timeout=5.0, isolation_level=None
        )
    except sqlite3.Error as error:
        yield subject.failed("content", f"SQLite cannot open it: {error}", "Make sure that this process may read it.")
        return
    try:
        yield from _check_content(subject, connection, path)
    finally:
        connection.close()


def _check_other(subject: Subject, where: Where) -> Iterator[Check]:
    try:
        with where.opened() as store:
            yield subject.ok("engine", f"answers, and is at {store.token()}")
            yield subject.ok("namespaces", counted(len(store.namespaces()), "namespace"))
    except DiagnosticError as error:
        yield subject.refused("engine", error)


def _check_place(subject: Subject, path: str) -> Check:
    from registry.stores.sqlite.places import check_place

    try:
        check_place(path)
    except StoreError as error:
        return subject.refused("place", error)
    return subject.ok("place", "on a disk of this machine, and may be written")


def _check_holder(subject: Subject, path: str) -> Check:
    from registry.stores.filelock import FileLock, take

    lock = f"{path}.lock"
    if not os.path.exists(lock):
        return subject.ok("used by", "nobody")
    try:
        taken = take(lock, exclusive=False)
    except OSError as error:
        return subject.failed("used by", f"its lock file cannot be opened: {error.strerror}", "Allow this process to.")
    if isinstance(taken, FileLock):
        taken.release()
        return subject.ok("used by", "no server")
    processes = f" (process {', '.join(map(str, taken.processes))})" if taken.processes else ""
    return subject.ok("used by", f"the server at {taken.note}{processes}, and by nobody else")


def _check_wal(subject: Subject, path: str) -> Check:
    try:
        size = os.path.getsize(f"{path}-wal")
    except OSError:
        return subject.ok("log", "nothing waits to be moved into the file")
    if size > LARGE_WAL:
        return subject.warning(
            "log",
            f"{_size(size)} wait to be moved into the file",
            "Look for a process that reads without an end; restart it, or the server.",
        )
    return subject.ok("log", f"{_size(size)} of write-ahead log")


def _check_room(subject: Subject, path: str) -> Check:
    free = shutil.disk_usage(os.path.dirname(path)).free
    if free < max(LITTLE_ROOM, os.path.getsize(path) // 10):
        return subject.warning("disk", f"{_size(free)} are free", "Make room: a full disk refuses every write.")
    return subject.ok("disk", f"{_size(free)} are free")


def _check_content(subject: Subject, connection: sqlite3.Connection, path: str) -> Iterator[Check]:
    from registry.stores.sqlite import failures, schema
    from registry.stores.sqlite.damage import examine
    from registry.stores.sqlite.reading import newest_revision

    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application == version == tables == 0:
            yield subject.warning("content", "it is empty, and becomes a store when it is first used")
            return
        if application != schema.APPLICATION:
            yield subject.failed(
                "content",
                "it is a SQLite file, but not one of a store of this library",
                "Give the store a file of its own.",
            )
            return
        if version > schema.VERSION:
            yield subject.failed(
                "content",
                f"its tables are version {version}, and {schema.VERSION} is the newest one known here",
                "Upgrade this library.",
            )
            return
        (epoch,) = connection.execute("SELECT epoch FROM state").fetchone()
        moment = f"{epoch}.{newest_revision(connection)}" if epoch else "not used yet since it was copied"
        yield subject.ok("content", f"tables of version {version}, at {moment}")
        wrong = examine(connection, path)
        if wrong:
            yield subject.failed("integrity", f"it is damaged: {'; '.join(wrong[:MOST])}", *_REMEDIES)
            return
        yield subject.ok("integrity", "every page and every record is what was written")
        yield from _check_records(subject, connection, path)
    except sqlite3.Error as error:
        failure = failures.failed(path, error)
        yield subject.refused("content", failure)
    except StoreError as error:
        yield subject.refused("content", error)


_REMEDIES = (
    "Keep the file, and put a backup in its place.",
    "Recover what can be read with the command line of SQLite: .recover.",
)


def _check_records(subject: Subject, connection: sqlite3.Connection, path: str) -> Iterator[Check]:
    """Count the records, and name those that are none of ours, or of a newer version."""
    from registry.cli.shared import read_stored
    from registry.stores.sqlite.reading import living, namespaces, records

    names = namespaces(connection)
    total, unreadable = 0, []
    for namespace in names:
        _, changes = living(connection, namespace)
        while len(changes):
            found = records(connection, changes[:500], path)
            if not found:  # written anew by somebody meanwhile, so that it is read another time
                changes = changes[1:]
                continue
            total += len(found)
            changes = changes[len(found) :]
            for stored in found:
                shared = read_stored(namespace, stored, "x")
                if shared.record is None:
                    unreadable.append(f"{quote(stored.name)} in {quote(namespace)}: {shared.fault}")
    told = f"{counted(total, 'record')} in {counted(len(names), 'namespace')}"
    if unreadable:
        more = f"; and {len(unreadable) - MOST:,} more" if len(unreadable) > MOST else ""
        yield subject.warning(
            "records",
            f"{told}, of which {len(unreadable):,} cannot be read here: {'; '.join(unreadable[:MOST])}{more}",
            "Upgrade this library if a newer one wrote them; else register these names again, or remove them.",
        )
    else:
        yield subject.ok("records", told)


def _size(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 10_000 or unit == "GiB":
            break
        size //= 1024
    return f"{size:,} {unit}"
