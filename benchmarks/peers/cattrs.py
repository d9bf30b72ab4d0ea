"""cattrs: attrs classes that are declared for it."""

from collections.abc import Mapping
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.abilities import Build, Builder

MODULES: tuple[str, ...] = ("cattrs",)
IMPORTS: Mapping[str, str] = {"import cattrs": "import cattrs"}

STRUCTURE = "cattrs structure"


def _build(config: dict[str, Any]) -> Build:
    classes = peer("benchmarks.declared.attrs_classes")
    converter = peer("cattrs").Converter()
    for union in (classes.Callback, classes.Transform, classes.Item):
        peer("cattrs.strategies").configure_tagged_union(union, converter, tag_name="_type")
    structure, cls = converter.structure, getattr(classes, config["_type"])
    return lambda: structure(config, cls)


BUILDERS: Mapping[str, Builder] = {STRUCTURE: Builder(_build)}
