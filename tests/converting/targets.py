"""What the configs of the tests name: each notes how it was called."""

from typing import Any

from converting.recording import Call, record

A = record("A")
B = record("B")
C = record("C")


class Base:
    """What jsonargparse is told to make one of."""

    call: Call


class Leaf(Base):
    """A node without nodes."""

    def __init__(self, value: Any = None, text: str = "", number: float = 0.0, flag: bool = False) -> None:
        self.call = Call("Leaf", (), {"value": value, "text": text, "number": number, "flag": flag})


class Tree(Base):
    """A node with nodes."""

    def __init__(
        self,
        one: Base | None = None,
        many: list[Base] | None = None,
        named: dict[str, Base] | None = None,
        **rest: Any,
    ) -> None:
        self.call = Call("Tree", (), {"one": one, "many": many, "named": named, **rest})
