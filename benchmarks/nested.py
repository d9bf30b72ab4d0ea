"""Ten nested objects: their config, and the code that somebody would write by hand for it."""

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

CONFIG: dict[str, Any] = {
    "_type": "Trainer",
    "model": {"_type": "CNN", "hidden": 128, "layers": 4, "dropout": 0.25, "activation": "gelu"},
    "optimizer": {"_type": "Adam", "lr": 0.001, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.01},
    "scheduler": {"_type": "Cosine", "t_max": 100, "eta_min": 0.00001},
    "callbacks": [
        {"_type": "EarlyStopping", "monitor": "val_loss", "patience": 5},
        {"_type": "Checkpoint", "path": "checkpoints/best", "every": 2},
        {"_type": "LogEvery", "n": 50, "level": "debug"},
    ],
    "dataset": {
        "_type": "ImageFolder",
        "root": "data/train",
        "transforms": [
            {"_type": "Normalize", "mean": 0.5, "std": 0.25},
            {"_type": "RandomCrop", "size": 224, "padding": 4},
        ],
        "shuffle": True,
    },
    "epochs": 20,
    "seed": 42,
}
"""`nested.yaml` holds the same."""

_CALLBACKS: dict[str, Any] = {"EarlyStopping": EarlyStopping, "Checkpoint": Checkpoint, "LogEvery": LogEvery}
_TRANSFORMS: dict[str, Any] = {"Normalize": Normalize, "RandomCrop": RandomCrop}


def by_hand() -> Trainer:
    """The calls with the values written into them: the least that building can cost."""
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


def renamed(config: Any, key: str, prefix: str = "") -> Any:
    """The config with another key in the place of `_type`, and something before each name."""
    if isinstance(config, list):
        return [renamed(item, key, prefix) for item in config]
    if not isinstance(config, dict):
        return config
    return {
        key if name == "_type" else name: f"{prefix}{item}" if name == "_type" else renamed(item, key, prefix)
        for name, item in config.items()
    }


def described(built: Any) -> Any:
    """The config of what was built, whoever built it, to see that all built the same."""
    if isinstance(built, str | int | float):
        return built
    if hasattr(built, "__iter__") and not hasattr(built, "model_fields_set"):
        return [described(item) for item in built]
    fields = {name: described(value) for name, value in vars(built).items() if name != "type"}
    return {"_type": type(built).__name__, **fields}
