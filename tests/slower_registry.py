"""Registries that do needlessly more, which whoever counts instructions has to notice."""

import inspect
import textwrap
from collections.abc import Callable

from benchmarks.instructions import paths
from benchmarks.instructions.contender import Contender
from benchmarks.timing import Run
from registry import Registry

MEMORY, IN, REGISTER, BUILD = (
    "registry[name], MemoryBackend",
    "name in registry",
    "registry.register(name, artifact)",
    "registry.build(config)",
)

TWINS = {
    "one attribute more": (MEMORY, "__getitem__", "return self._source", "self._name; return self._source"),
    "one call more": (MEMORY, "__getitem__", "return self._source", "len(name); return self._source"),
    "one attribute more in a test": (IN, "__contains__", "if name in", "if self._name and name in"),
    "the caller twice": (REGISTER, "register", "if about:", "origin_of_caller(1)\n    if about:"),
    "a copied config": (BUILD, "build", "return", "__import__('copy').deepcopy(config); return"),
}
"""Which path each of them makes longer, by a change of which method: this text becomes that one."""


def _slower(path: str, method: str, text: str, longer: str) -> Contender:
    contender = paths.CONTENDERS[path]

    def make() -> Run:
        _change(method, lambda source: source.replace(text, longer, 1))
        return contender.make()

    return Contender(make, contender.repeats, contender.operations)


def _change(method: str, change: Callable[[str], str]) -> None:
    """Give the class another method; each contender has a process of its own, so nobody else sees it."""
    function = getattr(Registry, method)
    source = textwrap.dedent(inspect.getsource(function))
    heading, documentation, body = source.rpartition('"""')
    changed = change(body)
    assert changed != body, f"{method} has another text now: change the twin."
    scope = dict(function.__globals__)
    exec(f"{heading}{documentation}{changed}", scope)
    setattr(Registry, method, scope[method])


CONTENDERS = {**paths.CONTENDERS, **{name: _slower(*twin) for name, twin in TWINS.items()}}
