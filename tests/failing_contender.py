"""A contender that cannot be counted, since it fails."""

from benchmarks.instructions.contender import Contender


def _run(times: int) -> None:
    raise ZeroDivisionError(times)


CONTENDERS = {"failing": Contender(lambda: _run)}
