"""Looking names up among a thousand."""

from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.peers import peer
from benchmarks.ratios import Row, compare, without
from benchmarks.timing import Effort, Run, Samples, interleave
from registry import Entry, MemoryBackend, Registry

GROUP = "Look up a name"
MEMORY = "registry[name], MemoryBackend"
DICT = "registry[name], dict"
BARE = "a class with __getitem__ over a dict"
FVCORE = "fvcore registry.get(name)"
CLASS_REGISTRY = "class-registry get_class(name)"
LOOP = "an empty loop"

COUNT = 1000


class Bare:
    """The least that a mapping written in Python can do."""

    def __init__(self, entries: dict[str, Any]) -> None:
        self._entries = entries

    def __getitem__(self, name: str, /) -> Any:
        return self._entries[name]


def measure(effort: Effort) -> list[Row]:
    """The rows of this group. What the loop costs is taken off, round by round."""
    passes = without(interleave(_contenders(), effort), LOOP)
    samples: Samples = {name: [taken / COUNT for taken in seconds] for name, seconds in passes.items()}
    return [
        *(compare(GROUP, ours, BARE, samples, target=1.3) for ours in (MEMORY, DICT)),
        *(compare(GROUP, ours, FVCORE, samples, target=1) for ours in (MEMORY, DICT)),
        *(compare(GROUP, ours, CLASS_REGISTRY, samples, target=1) for ours in (MEMORY, DICT)),
    ]


def _contenders() -> dict[str, Run]:
    artifacts = dict(map(_artifact, range(COUNT)))
    memory: Registry = Registry("memory", backend=MemoryBackend())
    for name, artifact in artifacts.items():
        memory.register(name, artifact)
    entries = {name: Entry(name, artifact) for name, artifact in artifacts.items()}
    contenders = {
        MEMORY: loop("found[name]", memory, artifacts),
        DICT: loop("found[name]", Registry("dict", backend=entries), artifacts),
        BARE: loop("found[name]", Bare(artifacts), artifacts),
        LOOP: loop("pass", None, artifacts),
    }
    fvcore = peer("fvcore.common.registry")
    if fvcore is not None:
        functions = fvcore.Registry("functions")
        for artifact in artifacts.values():
            functions.register(artifact)
        contenders[FVCORE] = loop("found.get(name)", functions, artifacts)
    class_registry = peer("class_registry")
    if class_registry is not None:
        classes = class_registry.ClassRegistry()
        for name, artifact in artifacts.items():
            classes.register(name)(artifact)
        contenders[CLASS_REGISTRY] = loop("found.get_class(name)", classes, artifacts)
    return contenders


def _artifact(number: int) -> tuple[str, Callable[[], int]]:
    def artifact() -> int:
        return number

    artifact.__name__ = artifact.__qualname__ = f"entry_{number:04d}"
    return artifact.__name__, artifact


def loop(statement: str, found: Any, names: Iterable[str]) -> Run:
    """A loop over all names, compiled for each contender anew: the interpreter adapts code to the types it meets."""
    source = f"""
def run(times, found=found, names=names):
    for _ in range(times):
        for name in names:
            {statement}
"""
    scope: dict[str, Any] = {"found": found, "names": list(names)}
    exec(source, scope)
    run: Run = scope["run"]
    return run
