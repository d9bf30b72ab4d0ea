"""The classes of `plain`, declared for msgspec: structs, told apart by `_type`."""

from msgspec import Struct


class CNN(Struct, tag_field="_type", tag=True):
    hidden: int
    layers: int = 2
    dropout: float = 0.1
    activation: str = "relu"


class Adam(Struct, tag_field="_type", tag=True):
    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0


class Cosine(Struct, tag_field="_type", tag=True):
    t_max: int
    eta_min: float = 0.0


class EarlyStopping(Struct, tag_field="_type", tag=True):
    monitor: str
    patience: int = 3


class Checkpoint(Struct, tag_field="_type", tag=True):
    path: str
    every: int = 1


class LogEvery(Struct, tag_field="_type", tag=True):
    n: int
    level: str = "info"


class Normalize(Struct, tag_field="_type", tag=True):
    mean: float
    std: float = 1.0


class RandomCrop(Struct, tag_field="_type", tag=True):
    size: int
    padding: int = 0


class ImageFolder(Struct, tag_field="_type", tag=True):
    root: str
    transforms: list[Normalize | RandomCrop]
    shuffle: bool = True


class Trainer(Struct, tag_field="_type", tag=True):
    model: CNN
    optimizer: Adam
    scheduler: Cosine
    callbacks: list[EarlyStopping | Checkpoint | LogEvery]
    dataset: ImageFolder
    epochs: int = 10
    seed: int = 0


class Point(Struct, tag_field="_type", tag=True):
    size: int
    height: float
    label: str


class Flag(Struct, tag_field="_type", tag=True):
    size: int
    flag: bool
    label: str = "none"


class Bag(Struct, tag_field="_type", tag=True):
    items: list[Point | Flag]
