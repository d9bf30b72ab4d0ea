"""Real artifacts, called with generated configs."""

import inspect
import types
import warnings
from collections.abc import Callable
from typing import Any

import attrs

from registry.errors import ConfigError
from registry.names import quote
from registry.testing.generation.worlds import Known


@attrs.frozen
class Outcome:
    """What came of one config.

    Attributes:
        made: How many objects were made: one or none.
        raised: The artifact's own exception, as text.
        fault: What is wrong.
    """

    made: int = 0
    raised: str | None = None
    fault: str | None = None


def constructed(build: Callable[[Any], Any], config: Any, known: Known) -> Outcome:
    """Build a config for real."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of entries that are deprecated, and of artifacts
            made = build(config)
    except ConfigError as error:
        if not _placed(error):
            return Outcome(fault=f"build refuses what check takes: {error.problems[0].message}")
        return Outcome(raised=f"{type(error).__name__}: {error}")
    except Exception as error:  # an artifact may raise whatever it likes
        if not _placed(error):
            return Outcome(fault=f"{type(error).__name__} was raised without a note of the place in the config")
        if isinstance(error, TypeError) and _was_not_entered(error, known):
            return Outcome(fault=f"the artifact cannot be called like this: {error}")
        return Outcome(raised=f"{type(error).__name__}: {error}")
    if inspect.iscoroutine(made):
        made.close()  # or Python warns that nobody awaited it
    if config.get("_partial") is True:
        return Outcome(1)
    wanted = known.makes
    if type(wanted) is type and not isinstance(made, wanted) and not _is_number_tower(made, wanted):
        fault = f"it is said to make {quote(wanted.__qualname__)} and made {quote(type(made).__qualname__)}"
        return Outcome(1, fault=fault)
    return Outcome(1)


def _placed(error: Exception) -> bool:
    return any(note.startswith("while building ") for note in getattr(error, "__notes__", ()))


def _was_not_entered(error: Exception, known: Known) -> bool:
    """Whether a Python artifact was called and its code did not even begin.

    What is written in C has no code that could be seen, so nothing is said about it.
    """
    if any(" at " in note for note in getattr(error, "__notes__", ()) if note.startswith("while building ")):
        return False  # another artifact, inside this one
    artifact = known.target.artifact
    if inspect.isclass(artifact):
        plain = type(artifact).__call__ is type.__call__ and artifact.__new__ is object.__new__
        artifact = artifact.__init__ if plain else None
    if not isinstance(artifact, types.FunctionType):
        return False
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is artifact.__code__:
            return False
        trace = trace.tb_next
    return True


def _is_number_tower(made: Any, wanted: type) -> bool:
    return wanted in (float, complex) and isinstance(made, int | float)
