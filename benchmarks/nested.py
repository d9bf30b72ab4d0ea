"""The configs that are built, of one object, of ten and of thousands, in the spelling of every contender."""

from typing import Any

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

FLAT: dict[str, Any] = CONFIG["model"]


def bag(nodes: int) -> dict[str, Any]:
    """A config of so many nodes: one that holds all others."""
    return {"_type": "Bag", "items": [_item(number) for number in range(nodes - 1)]}


def _item(number: int) -> dict[str, Any]:
    if number % 2:
        return {"_type": "Flag", "size": number, "flag": number % 3 == 0, "label": f"l{number}"}
    return {"_type": "Point", "size": number, "height": number / 2, "label": f"n{number}"}


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
    names = vars(built) if hasattr(built, "__dict__") else type(built).__match_args__  # where attributes are slots
    fields = {name: described(getattr(built, name)) for name in names if name != "type"}
    return {"_type": type(built).__name__, **fields}
