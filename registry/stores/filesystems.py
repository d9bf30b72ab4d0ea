"""Whether a file lies on another machine, where the locks and the shared memory of SQLite do not work."""

import os
import re
import sys
from pathlib import Path

NETWORK = frozenset(
    (
        *("9p", "afp", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre"),
        *("ncpfs", "nfs", "nfs3", "nfs4", "orangefs", "panfs", "pvfs2", "smb3", "smbfs", "webdav"),
        *("fuse.ceph", "fuse.davfs", "fuse.davfs2", "fuse.gcsfuse", "fuse.glusterfs", "fuse.mfs", "fuse.moosefs"),
        *("fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    )
)
"""File systems, by the names that mount tables give them, whose files other machines may have open."""


def network_filesystem(path: str, mounts: str | None = None) -> str | None:
    """The kind of the network file system that a path lies on; None when it is a local one, or nobody can tell.

    Args:
        path: A file, which need not exist.
        mounts: A table of mounts to look into, as Linux writes it to /proc/self/mountinfo (proc(5)); by default the
            one of this system.
    """
    if sys.platform == "win32" and mounts is None:
        return _on_windows(path)
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None  # a system without such a table
    place = os.path.realpath(path)
    best, kind = "", None
    for line in mounts.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4])
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # of two at one point the later one is seen
            best, kind = point, after.split(" ")[0]
    if kind == "9p" and best == "/":
        return None  # the root of a sandbox, which nobody else has open
    return kind if kind in NETWORK else None


def _on_windows(path: str) -> str | None:
    if sys.platform != "win32":
        return None
    import ctypes

    drive = os.path.splitdrive(os.path.realpath(path))[0]
    if drive.startswith("\\\\"):
        return "a network share"
    remote = ctypes.windll.kernel32.GetDriveTypeW(drive + "\\") == 4  # DRIVE_REMOTE, fileapi.h
    return "a network drive" if remote else None
