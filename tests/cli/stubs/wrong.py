"""What checkers have to refuse: every line that says so."""

from lazy_model import Lazy
from shop import catalog, losses, models, things

losses["hubr"]  # expect-error
losses.entry("hubr")  # expect-error
losses.build("hubr")  # expect-error
losses.build("huber", delt=0.5)  # expect-error
losses["huber"]("x", "y")  # expect-error
losses["huber"](1.0, 2.0, 3.0, 4.0)  # expect-error
losses.register("three", 3)  # expect-error
models.build("Mean")  # expect-error
model: Lazy = models.build("Mean", depth=1)  # expect-error
kind: type[Lazy] = models["Mean"]  # expect-error
things.build("pi")  # expect-error
number: str = things["pi"]  # expect-error
catalog["modles"]  # expect-error
catalog.build("huber")  # expect-error
catalog.build("hubr")  # expect-error
