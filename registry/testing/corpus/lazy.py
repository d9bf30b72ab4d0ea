"""A mapping whose values are made when they are looked up."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar, final

T = TypeVar("T")


@final
class Lazy(Mapping[str, T]):
    """Values by description, from what makes them.

    Args:
        makers: By description, in order.
    """

    def __init__(self, makers: Mapping[str, Callable[[], T]]) -> None:
        self._makers = dict(makers)

    def __getitem__(self, what: str) -> T:
        return self._makers[what]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __repr__(self) -> str:
        return f"<{len(self)} things by description>"
