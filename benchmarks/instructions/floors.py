"""The calls written by hand that the recorded counts stand beside."""

from typing import Any

from benchmarks.plain import (
    CNN,
    Adam,
    Checkpoint,
    Cosine,
    EarlyStopping,
    ImageFolder,
    LogEvery,
    Normalize,
    RandomCrop,
    Trainer,
)

_CALLBACKS: dict[str, Any] = {"EarlyStopping": EarlyStopping, "Checkpoint": Checkpoint, "LogEvery": LogEvery}
_TRANSFORMS: dict[str, Any] = {"Normalize": Normalize, "RandomCrop": RandomCrop}


def by_hand_from(config: dict[str, Any]) -> Trainer:
    """The calls with the values of a config. The kinds of callbacks and transforms vary; nothing is checked."""
    dataset = config["dataset"]
    return Trainer(
        model=CNN(**_arguments(config["model"])),
        optimizer=Adam(**_arguments(config["optimizer"])),
        scheduler=Cosine(**_arguments(config["scheduler"])),
        callbacks=[_CALLBACKS[item["_type"]](**_arguments(item)) for item in config["callbacks"]],
        dataset=ImageFolder(
            root=dataset["root"],
            transforms=[_TRANSFORMS[item["_type"]](**_arguments(item)) for item in dataset["transforms"]],
            shuffle=dataset["shuffle"],
        ),
        epochs=config["epochs"],
        seed=config["seed"],
    )


def _arguments(node: dict[str, Any]) -> dict[str, Any]:
    arguments = dict(node)
    del arguments["_type"]
    return arguments
