"""The classes of `plain`, declared for pydantic: a model for each class, told apart by `type`."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field


class CNN(BaseModel):
    type: Literal["CNN"]
    hidden: int
    layers: int = 2
    dropout: float = 0.1
    activation: str = "relu"


class Adam(BaseModel):
    type: Literal["Adam"]
    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0


class Cosine(BaseModel):
    type: Literal["Cosine"]
    t_max: int
    eta_min: float = 0.0


class EarlyStopping(BaseModel):
    type: Literal["EarlyStopping"]
    monitor: str
    patience: int = 3


class Checkpoint(BaseModel):
    type: Literal["Checkpoint"]
    path: str
    every: int = 1


class LogEvery(BaseModel):
    type: Literal["LogEvery"]
    n: int
    level: str = "info"


class Normalize(BaseModel):
    type: Literal["Normalize"]
    mean: float
    std: float = 1.0


class RandomCrop(BaseModel):
    type: Literal["RandomCrop"]
    size: int
    padding: int = 0


class ImageFolder(BaseModel):
    type: Literal["ImageFolder"]
    root: str
    transforms: list[Annotated[Normalize | RandomCrop, Field(discriminator="type")]]
    shuffle: bool = True


class Trainer(BaseModel):
    type: Literal["Trainer"]
    model: CNN
    optimizer: Adam
    scheduler: Cosine
    callbacks: list[Annotated[EarlyStopping | Checkpoint | LogEvery, Field(discriminator="type")]]
    dataset: ImageFolder
    epochs: int = 10
    seed: int = 0


class Point(BaseModel):
    type: Literal["Point"]
    size: int
    height: float
    label: str


class Flag(BaseModel):
    type: Literal["Flag"]
    size: int
    flag: bool
    label: str = "none"


class Bag(BaseModel):
    type: Literal["Bag"]
    items: list[Annotated[Point | Flag, Field(discriminator="type")]]
