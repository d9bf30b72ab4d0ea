"""What callgrind counts: something that can be done again and again."""

from collections.abc import Callable

import attrs

from benchmarks.timing import Run


@attrs.frozen
class Contender:
    """A subject or a floor.

    Attributes:
        make: Makes it ready, in a process of its own.
        repeats: How often it is done for the lower of the two counts. In all it is done four times as often, so what
            each time uses up has to be there as often.
        operations: How many operations it is to do it once.
    """

    make: Callable[[], Run]
    repeats: int = 20
    operations: int = 1

    @property
    def supply(self) -> int:
        """How often it is done in all: to warm up, for the lower count, and for the higher one."""
        return 4 * self.repeats
