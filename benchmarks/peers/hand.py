"""Code written by hand: the floors."""

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.peers.abilities import Build, Builder, Names
from benchmarks.plain import (
    CNN,
    Adam,
    Bag,
    Checkpoint,
    Cosine,
    EarlyStopping,
    Flag,
    ImageFolder,
    LogEvery,
    Normalize,
    Point,
    RandomCrop,
    Trainer,
)

MODULES: tuple[str, ...] = ()
IMPORTS: Mapping[str, str] = {"import attrs": "import attrs"}

DICT = "a dict"
BARE = "a class with __getitem__ over a dict"
NAMED = "a class with __getitem__ over a dict and an error of its own"
OVER = "a class with __getitem__ over that Backend"
CALLS = "calls written by hand"
CALLS_FROM = "calls written by hand, values from the config"
SIGNATURE = "inspect.signature and get_type_hints"


class Bare:
    """The least that a registry written in Python can do."""

    def __init__(self, entries: dict[str, Any]) -> None:
        self._entries = entries

    def __getitem__(self, name: str, /) -> Any:
        return self._entries[name]

    def __contains__(self, name: str, /) -> bool:
        return name in self._entries

    def register(self, name: str) -> Callable[[Any], Any]:
        def decorate(artifact: Any) -> Any:
            self._entries[name] = artifact
            return artifact

        return decorate


class UnknownNameError(KeyError):
    """There is nothing of this name."""


class Named(Bare):
    """The same with an error that says what is missing."""

    def __getitem__(self, name: str, /) -> Any:
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownNameError(f"There is no {name!r}.") from None


class Over:
    """The least over a Backend that holds entries."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def __getitem__(self, name: str, /) -> Any:
        return self._backend[name].artifact


NAMES: Mapping[str, Names] = {
    DICT: Names(dict, "found[name]", "found[name] = artifact", "name in found", "found"),
    BARE: Names(lambda: Bare({}), "found[name]", "found.register(name)(artifact)", "name in found", "found._entries"),
    NAMED: Names(lambda: Named({}), "found[name]", "found.register(name)(artifact)", "name in found", "found._entries"),
}


def flat() -> CNN:
    """The object of `nested.FLAT`."""
    return CNN(hidden=128, layers=4, dropout=0.25, activation="gelu")


def nested() -> Trainer:
    """The objects of `nested.CONFIG`, the values written into the calls: the least that building can cost."""
    return Trainer(
        model=CNN(hidden=128, layers=4, dropout=0.25, activation="gelu"),
        optimizer=Adam(lr=0.001, beta1=0.9, beta2=0.99, weight_decay=0.01),
        scheduler=Cosine(t_max=100, eta_min=0.00001),
        callbacks=[
            EarlyStopping(monitor="val_loss", patience=5),
            Checkpoint(path="checkpoints/best", every=2),
            LogEvery(n=50, level="debug"),
        ],
        dataset=ImageFolder(
            root="data/train",
            transforms=[Normalize(mean=0.5, std=0.25), RandomCrop(size=224, padding=4)],
            shuffle=True,
        ),
        epochs=20,
        seed=42,
    )


def flat_from(config: dict[str, Any]) -> CNN:
    """The call with the values of a config."""
    return CNN(
        hidden=config["hidden"],
        layers=config["layers"],
        dropout=config["dropout"],
        activation=config["activation"],
    )


def nested_from(config: dict[str, Any]) -> Trainer:
    """The calls with the values of a config. The kinds of callbacks and transforms vary; nothing is checked."""
    optimizer, scheduler, dataset = config["optimizer"], config["scheduler"], config["dataset"]
    return Trainer(
        model=flat_from(config["model"]),
        optimizer=Adam(
            lr=optimizer["lr"],
            beta1=optimizer["beta1"],
            beta2=optimizer["beta2"],
            weight_decay=optimizer["weight_decay"],
        ),
        scheduler=Cosine(t_max=scheduler["t_max"], eta_min=scheduler["eta_min"]),
        callbacks=[_made(item) for item in config["callbacks"]],
        dataset=ImageFolder(
            root=dataset["root"],
            transforms=[_made(item) for item in dataset["transforms"]],
            shuffle=dataset["shuffle"],
        ),
        epochs=config["epochs"],
        seed=config["seed"],
    )


def bag(items: list[Any]) -> Bag:
    """The objects of `nested.bag`, of values that are ready."""
    return Bag(
        items=[
            Flag(size=size, flag=second, label=label) if is_flag else Point(size=size, height=second, label=label)
            for is_flag, size, second, label in items
        ]
    )


def bag_from(config: dict[str, Any]) -> Bag:
    """The calls for a config of `nested.bag`."""
    return Bag(
        items=[
            Flag(size=item["size"], flag=item["flag"], label=item["label"])
            if item["_type"] == "Flag"
            else Point(size=item["size"], height=item["height"], label=item["label"])
            for item in config["items"]
        ]
    )


_KINDS: dict[str, Any] = {cls.__name__: cls for cls in (EarlyStopping, Checkpoint, LogEvery, Normalize, RandomCrop)}


def _made(node: dict[str, Any]) -> Any:
    arguments = dict(node)
    return _KINDS[arguments.pop("_type")](**arguments)


def _calls(config: dict[str, Any]) -> Build:
    if config["_type"] == "Bag":
        items = [(item["_type"] == "Flag", *list(item.values())[1:]) for item in config["items"]]
        return lambda: bag(items)
    return nested if config["_type"] == "Trainer" else flat


def _calls_from(config: dict[str, Any]) -> Build:
    calls: dict[str, Callable[[dict[str, Any]], Any]] = {"CNN": flat_from, "Trainer": nested_from, "Bag": bag_from}
    call = calls[config["_type"]]
    return lambda: call(config)


BUILDERS: Mapping[str, Builder] = {CALLS: Builder(_calls), CALLS_FROM: Builder(_calls_from)}


def signature(cls: Any) -> Any:
    """What a registry needs to know of a class: each parameter with what its annotation means."""
    import inspect
    from typing import get_type_hints

    hints = get_type_hints(cls.__init__)
    parameters = inspect.signature(cls).parameters.values()
    return [(each.name, each.kind, hints.get(each.name, each.annotation), each.default) for each in parameters]


def _signature_only(cls: Any) -> Any:
    import inspect

    return inspect.signature(cls)


SCHEMAS: Mapping[str, Callable[[Any], Any]] = {
    SIGNATURE: signature,
    "inspect.signature": _signature_only,
}
