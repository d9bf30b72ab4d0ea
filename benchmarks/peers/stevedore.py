"""stevedore: extensions that installed packages announce; nothing is registered at run time."""

from collections.abc import Mapping
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.abilities import Names

MODULES: tuple[str, ...] = ("stevedore",)
IMPORTS: Mapping[str, str] = {"import stevedore": "import stevedore"}


def _filled(artifacts: Mapping[str, Any]) -> Any:
    extension = peer("stevedore.extension")
    extensions = [extension.Extension(name, None, artifact, None) for name, artifact in artifacts.items()]
    return extension.ExtensionManager.make_test_instance(extensions, namespace="benchmarks")


NAMES: Mapping[str, Names] = {
    "stevedore": Names(
        lambda: _filled({}),
        "found[name].plugin",
        None,
        "name in found",
        "found.names()",
        fill=_filled,
        limit=10_000,  # `in` looks at one extension after the other
    )
}
