"""Importing the modules that hold decorators, once, when a name is first missed."""

import threading
from collections.abc import Sequence

from registry.references import describe


class Discovery:
    """The packages whose modules register something when they are imported.

    No lock is held while importing: threads that miss a name at the same time all go through the packages, and the
    import system makes them wait for one another, module by module. A module that misses a name while it is being
    imported goes on with what its thread has not imported yet.

    Attributes:
        packages: As they were given.
        failures: Modules that could not be imported, with the reason in one line.
    """

    __slots__ = ("_pending", "_threads", "failures", "packages")

    def __init__(self, packages: Sequence[str]) -> None:
        self.packages = tuple(packages)
        self.failures: dict[str, str] = {}
        self._pending = bool(self.packages)
        self._threads: dict[int, list[str]] = {}

    @property
    def pending(self) -> bool:
        """Whether there is something left to import."""
        return self._pending

    def run(self) -> None:
        """Import what was not imported yet."""
        if not self._pending:
            return
        thread = threading.get_ident()
        left = self._threads.get(thread)
        if left is not None:
            self._import_all(left)
            return
        left = self._threads[thread] = list(reversed(self.packages))
        try:
            self._import_all(left)
            self._pending = False
        finally:
            del self._threads[thread]

    def _import_all(self, left: list[str]) -> None:
        from importlib import import_module

        while left:
            name = left.pop()
            try:
                module = import_module(name)
            except (Exception, SystemExit) as error:  # a script that exits when imported is a failure like any other
                self.failures[name] = describe(error)
                continue
            self.failures.pop(name, None)
            path = getattr(module, "__path__", None)
            if path is not None:
                left.extend(reversed(_modules_in(path, name)))


def _modules_in(path: Sequence[str], package: str) -> list[str]:
    """The modules directly inside a package, without `__main__`, whose import is a program's run."""
    from pkgutil import iter_modules

    found = [module.name for module in iter_modules(path, f"{package}.")]
    return [name for name in found if not name.endswith(".__main__")]
