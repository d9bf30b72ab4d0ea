"""What this library is called when it is installed: the one place that knows."""

__version__ = "0.1.0"

DISTRIBUTION = "registry-kit"
"""The name on the package index; `registry` itself is taken there. `setup.cfg` repeats it, a test compares."""


def entry_point_group(kind: str) -> str:
    """The entry-point group for parts of one kind.

    Group names may not hold a dash (PyPA entry-points specification), so it becomes an underscore.

    >>> entry_point_group("readers")
    'registry_kit.readers'
    """
    return f"{DISTRIBUTION.replace('-', '_')}.{kind}"


def install_command(extra: str) -> str:
    """The line that installs an extra, for messages.

    >>> install_command("remote")
    "pip install 'registry-kit[remote]'"
    """
    return f"pip install '{DISTRIBUTION}[{extra}]'"
