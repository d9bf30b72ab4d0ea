"""What the shop imports when it is looked up."""

from shop import Model


class Lazy(Model):
    def fit(self) -> int:
        return 2

    def only(self) -> bytes:
        return b""
