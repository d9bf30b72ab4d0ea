"""The hot paths, their floors, and how either is done."""

import inspect
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import attrs

from benchmarks.instructions import serving
from benchmarks.instructions.contender import Contender
from benchmarks.instructions.floors import by_hand_from
from benchmarks.nested import CONFIG
from benchmarks.peers import hand
from benchmarks.plain import CLASSES
from benchmarks.sharing import losses
from benchmarks.stores import loop
from benchmarks.timing import Run, repeated
from registry import Entry, MemoryBackend, Registry
from registry.backends.stored import StoredBackend
from registry.config import load_file, yaml_events, yaml_reader
from registry.mirror import Mirror
from registry.revisions import Frame, Snapshot, Stored, Token
from registry.signatures import read_schema
from registry.stores.memory import MemoryStore

NESTED = str(Path(__file__).parents[1] / "nested.yaml")
NAMES = 50
IN_A_ROW = 10

for _module in ("registry.core.batch", "registry.core.building", "registry.factorizer", "ruamel.yaml", "yaml"):
    import_module(_module)  # the library does so late; here it is fast, as nothing is counted yet


@attrs.frozen
class HotPath:
    """One hot path beside its floor.

    Attributes:
        subject: What is done.
        floor: The least that does about the same, among the contenders too.
        tolerance: By which part the ratio of both may rise.
    """

    subject: str
    floor: str
    tolerance: float = 0.05


LOOK_UP = 0.03
"""The tolerance of paths so short that one attribute more is a tenth of them; their counts hardly vary."""

PACKAGES = 0.15
"""The tolerance of a path, or a floor, that runs through other packages, whose releases change it as well."""

# ---------------------------------------------------------------------------------------------- looking up


class Bare(hand.Bare):
    """The least that a registry written in Python can do."""

    def __contains__(self, name: object, /) -> bool:
        return name in self._entries

    def register(self, name: str, artifact: Any) -> Any:
        """Keep an artifact, unless the name is taken."""
        if name in self._entries:
            raise ValueError(name)
        self._entries[name] = artifact
        return artifact


def artifacts() -> dict[str, Any]:
    """What is registered to be looked up."""
    return dict(list(losses.by_name().items())[:NAMES])


def in_memory() -> Registry:
    """A registry as it is by default."""
    registry: Registry = Registry("memory", backend=MemoryBackend())
    registry.register_many(artifacts())
    return registry


def in_dict() -> Registry:
    """A registry over a plain dict."""
    return Registry("dict", backend={name: Entry(name, artifact) for name, artifact in artifacts().items()})


def in_mirror() -> Registry:
    """A registry whose entries came from a store, and follow it."""
    store = MemoryStore()
    with StoredBackend(store, namespace="losses") as backend:
        Registry("writer", backend=backend).register_many(artifacts())
    # However slow callgrind is, the entries count as fresh.
    return Registry("losses", backend=StoredBackend(store, namespace="losses", max_staleness=1e6))


def over_names(statement: str, make: Callable[[], Any]) -> Contender:
    """For each name it is done several times in a row, so that the loop is little of it."""
    row = "; ".join([statement] * IN_A_ROW)
    return Contender(lambda: loop(row, make(), artifacts()), 4, NAMES * IN_A_ROW)


def missing(make: Callable[[], Any]) -> Contender:
    """A look-up of a name that is not there, with the exception that is caught."""

    def ready() -> Run:
        found = make()

        def miss() -> None:
            try:
                found["absent"]
            except KeyError:
                return
            raise AssertionError("It is there.")

        return repeated(miss)

    return Contender(ready, 100)


# ---------------------------------------------------------------------------------------------- registering


def registering(make: Callable[[], Any]) -> Contender:
    """Each time it is a new registry that takes all artifacts."""

    def ready() -> Run:
        registries = iter([make() for _ in range(contender.supply)])
        items = list(artifacts().items())

        def register_all() -> None:
            register = next(registries).register
            for name, artifact in items:
                register(name, artifact)

        return repeated(register_all)

    contender = Contender(ready, 5, NAMES)
    return contender


# ---------------------------------------------------------------------------------------------- building


def of_parts(make: Callable[[Registry], Callable[[], Any]], repeats: int = 10) -> Contender:
    """Something that a registry of the classes does."""

    def ready() -> Run:
        registry: Registry = Registry("parts")
        for cls in CLASSES:
            registry.register(cls)
        return repeated(make(registry))

    return Contender(ready, repeats)


def calling(function: Callable[..., Any], *arguments: Any) -> Contender:
    """A call of a function."""
    return Contender(lambda: repeated(partial(function, *arguments)), 100)


# ---------------------------------------------------------------------------------------------- reading


def loading(load: Callable[[], object]) -> Contender:
    """Loading a file whose events are ready.

    The C parser is not ours; where it was compiled for the machine's own CPU, callgrind may not know its instructions.
    """

    def ready() -> Run:
        next_event = yaml_events.python_events(Path(NESTED).read_text(encoding="utf-8"))
        events = [*iter(next_event, None), None]
        setattr(yaml_reader, "c_events", lambda text: iter(events).__next__)  # noqa: B010  # it is not exported
        if load_file(NESTED).value != CONFIG:
            raise AssertionError(f"{NESTED} and the config differ")
        return repeated(load)

    return Contender(ready, 3)


def _located() -> None:
    if load_file(NESTED).locate(("dataset", "transforms", 1), False) is None:
        raise AssertionError("It has no location.")


def _loaded_by_pyyaml() -> None:
    import yaml  # type: ignore[import-untyped]  # PyYAML comes without types

    with open(NESTED, "rb") as file:
        yaml.load(file.read(), yaml.CSafeLoader)


def _inspected(cls: type) -> None:
    inspect.signature(cls)
    get_type_hints(vars(cls)["__init__"])


def of_classes(read: Callable[[type], object]) -> Contender:
    """Something that is read of each class."""

    def read_all() -> None:
        for cls in CLASSES:
            read(cls)

    return Contender(lambda: repeated(read_all), 3, len(CLASSES))


# ---------------------------------------------------------------------------------------------- following


def following(make: Callable[[], Callable[[Frame], object]]) -> Contender:
    """Each frame writes one of the records anew."""

    def ready() -> Run:
        frames = iter([_frame(revision) for revision in range(1, contender.supply + 1)])
        apply = make()
        return repeated(lambda: apply(next(frames)))

    contender = Contender(ready, 200)
    return contender


def _frame(revision: int) -> Frame:
    stored = Stored(f"loss_{revision % NAMES:04d}", revision, b"{}")
    return Frame(Token("epoch", revision), "losses", (stored,))


def _mirrored() -> Callable[[Frame], object]:
    mirror = Mirror("losses")
    mirror.load(Snapshot(Token("epoch", 0), NAMES, [Stored(name, 0, b"{}") for name in artifacts()]))
    return mirror.apply


def _kept() -> Callable[[Frame], object]:
    kept: dict[str, Stored] = {}

    def apply(frame: Frame) -> None:
        for stored in frame.changes:
            kept[stored.name] = stored

    return apply


# ---------------------------------------------------------------------------------------------- all of them

BARE_GET = "a class with __getitem__ over a dict"
BARE_IN = "a class with __contains__ over a dict"
BARE_MISS = "a class with __getitem__ over a dict, a miss"
BARE_REGISTER = "a class whose register() fills a dict"
HAND = "calls written by hand"
HAND_FROM = "calls written by hand, values from the config"
PYYAML = "PyYAML CSafeLoader, no locations"
INSPECT = "inspect.signature and get_type_hints"
DICT_WRITE = "d[name] = record for each change"
AIOHTTP = "a coroutine that finds the bytes in a dict, and makes a web.Response"

PATHS = (
    HotPath("registry[name], MemoryBackend", BARE_GET, LOOK_UP),
    HotPath("registry[name], dict", BARE_GET, LOOK_UP),
    HotPath("registry[name], a mirror", BARE_GET, LOOK_UP),
    HotPath("registry[name], a miss", BARE_MISS),
    HotPath("name in registry", BARE_IN, LOOK_UP),
    HotPath("registry.register(name, artifact)", BARE_REGISTER),
    HotPath("registry.build(config)", HAND_FROM),
    HotPath("plan.build()", HAND),
    HotPath("registry.check(config)", HAND_FROM),
    HotPath("load_file(file), parsed before", PYYAML, PACKAGES),
    HotPath("load_file(file), parsed before, one location asked for", PYYAML, PACKAGES),
    HotPath("the schema of a class", INSPECT),
    HotPath("a frame of one record, taken into a mirror", DICT_WRITE),
    HotPath("a server's GET of a record, without sockets", AIOHTTP, PACKAGES),
)

CONTENDERS = {
    BARE_GET: over_names("found[name]", lambda: Bare(artifacts())),
    "registry[name], MemoryBackend": over_names("found[name]", in_memory),
    "registry[name], dict": over_names("found[name]", in_dict),
    "registry[name], a mirror": over_names("found[name]", in_mirror),
    BARE_IN: over_names("name in found", lambda: Bare(artifacts())),
    "name in registry": over_names("name in found", in_memory),
    BARE_MISS: missing(lambda: Bare(artifacts())),
    "registry[name], a miss": missing(in_memory),
    BARE_REGISTER: registering(lambda: Bare({})),
    "registry.register(name, artifact)": registering(lambda: Registry("losses")),
    HAND: calling(hand.nested),
    HAND_FROM: calling(by_hand_from, CONFIG),
    "registry.build(config)": of_parts(lambda registry: lambda: registry.build(CONFIG)),
    "plan.build()": of_parts(lambda registry: registry.plan(CONFIG).build),
    "registry.check(config)": of_parts(lambda registry: lambda: registry.check(CONFIG), 3),
    PYYAML: Contender(lambda: repeated(_loaded_by_pyyaml), 3),
    "load_file(file), parsed before": loading(partial(load_file, NESTED)),
    "load_file(file), parsed before, one location asked for": loading(_located),
    INSPECT: of_classes(_inspected),
    "the schema of a class": of_classes(read_schema),
    DICT_WRITE: following(_kept),
    "a frame of one record, taken into a mirror": following(_mirrored),
    AIOHTTP: Contender(serving.bare, 50),
    "a server's GET of a record, without sockets": Contender(serving.served, 50),
}
