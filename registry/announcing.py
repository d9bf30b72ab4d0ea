"""Warnings at the line of the user."""

import sys
import warnings


def announce(message: str, category: type[Warning]) -> None:
    """Warn at the line outside this library that led here."""
    level = 1
    while sys._getframe(level).f_globals.get("__name__", "").partition(".")[0] == "registry":
        level += 1
    warnings.warn(message, category, stacklevel=level + 1)
