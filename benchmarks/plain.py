"""The ordinary classes that are built. They know nothing of any library."""


class Model: ...


class CNN(Model):
    def __init__(self, hidden: int, layers: int = 2, dropout: float = 0.1, activation: str = "relu") -> None:
        self.hidden = hidden
        self.layers = layers
        self.dropout = dropout
        self.activation = activation


class Optimizer: ...


class Adam(Optimizer):
    def __init__(self, lr: float, beta1: float = 0.9, beta2: float = 0.999, weight_decay: float = 0.0) -> None:
        self.lr = lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.weight_decay = weight_decay


class Scheduler: ...


class Cosine(Scheduler):
    def __init__(self, t_max: int, eta_min: float = 0.0) -> None:
        self.t_max = t_max
        self.eta_min = eta_min


class Callback: ...


class EarlyStopping(Callback):
    def __init__(self, monitor: str, patience: int = 3) -> None:
        self.monitor = monitor
        self.patience = patience


class Checkpoint(Callback):
    def __init__(self, path: str, every: int = 1) -> None:
        self.path = path
        self.every = every


class LogEvery(Callback):
    def __init__(self, n: int, level: str = "info") -> None:
        self.n = n
        self.level = level


class Transform: ...


class Normalize(Transform):
    def __init__(self, mean: float, std: float = 1.0) -> None:
        self.mean = mean
        self.std = std


class RandomCrop(Transform):
    def __init__(self, size: int, padding: int = 0) -> None:
        self.size = size
        self.padding = padding


class Dataset: ...


class ImageFolder(Dataset):
    def __init__(self, root: str, transforms: list[Transform], shuffle: bool = True) -> None:
        self.root = root
        self.transforms = transforms
        self.shuffle = shuffle


class Trainer:
    def __init__(
        self,
        model: Model,
        optimizer: Optimizer,
        scheduler: Scheduler,
        callbacks: list[Callback],
        dataset: Dataset,
        epochs: int = 10,
        seed: int = 0,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.callbacks = callbacks
        self.dataset = dataset
        self.epochs = epochs
        self.seed = seed


class Point:
    def __init__(self, size: int, height: float, label: str) -> None:
        self.size = size
        self.height = height
        self.label = label


class Flag:
    def __init__(self, size: int, flag: bool, label: str = "none") -> None:
        self.size = size
        self.flag = flag
        self.label = label


class Bag:
    def __init__(self, items: list[Point | Flag]) -> None:
        self.items = items


CLASSES = (CNN, Adam, Cosine, EarlyStopping, Checkpoint, LogEvery, Normalize, RandomCrop, ImageFolder, Trainer)
"""What is registered for one object, and for ten."""
EVERY = (*CLASSES, Point, Flag, Bag)
"""The same and what thousands are made of."""
