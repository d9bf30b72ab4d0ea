"""The classes of `plain`, declared for cattrs: attrs classes, told apart by `_type`."""

from attrs import define


@define
class CNN:
    hidden: int
    layers: int = 2
    dropout: float = 0.1
    activation: str = "relu"


@define
class Adam:
    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0


@define
class Cosine:
    t_max: int
    eta_min: float = 0.0


@define
class EarlyStopping:
    monitor: str
    patience: int = 3


@define
class Checkpoint:
    path: str
    every: int = 1


@define
class LogEvery:
    n: int
    level: str = "info"


@define
class Normalize:
    mean: float
    std: float = 1.0


@define
class RandomCrop:
    size: int
    padding: int = 0


Transform = Normalize | RandomCrop


@define
class ImageFolder:
    root: str
    transforms: list[Transform]
    shuffle: bool = True


Callback = EarlyStopping | Checkpoint | LogEvery


@define
class Trainer:
    model: CNN
    optimizer: Adam
    scheduler: Cosine
    callbacks: list[Callback]
    dataset: ImageFolder
    epochs: int = 10
    seed: int = 0


@define
class Point:
    size: int
    height: float
    label: str


@define
class Flag:
    size: int
    flag: bool
    label: str = "none"


Item = Point | Flag


@define
class Bag:
    items: list[Item]
