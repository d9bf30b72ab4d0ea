"""What cannot be converted, and where it is written."""

import attrs

from registry.document import Document
from registry.paths import Path, format_path
from registry.problems import Location, Problem, Severity


@attrs.frozen
class Report:
    """Gathers the problems of one document.

    Attributes:
        document: As the other tool reads it.
        problems: What was found.
    """

    document: Document
    problems: list[Problem] = attrs.field(factory=list)

    def refuse(
        self, code: str, message: str, path: Path, *suggestions: str, key: bool = False, severity: Severity = "error"
    ) -> None:
        """Note why something cannot be converted.

        Args:
            code: One of `registry.problems.CODES`.
            message: What is wrong.
            path: Where it is in the document.
            suggestions: What to do about it.
            key: Whether the key is meant, and not its value.
            severity: "warning": it is converted all the same.
        """
        location = self._locate(path, key)
        self.problems.append(Problem(code, message, format_path(path), location, suggestions, severity))

    def _locate(self, path: Path, key: bool) -> Location | None:
        """Where a path was written, or the nearest one above it that is known."""
        for end in range(len(path), -1, -1):
            found = self.document.locate(path[:end], key and end == len(path))
            if found is not None:
                return found
        return None
