"""A constructor that raises: its own exception, untouched but for a note of the path and the place in the file."""

from pathlib import Path
from typing import Any

import pytest

from registry import Registry

CONFIG = """\
trainer:
  _type: box
  parts:
    - {_type: box}
    - _type: fail
      reason: of purpose
"""


class Box:
    def __init__(self, **parts: Any) -> None:
        self.parts = parts


class Picky(Exception):
    """An exception that cannot be made again from its arguments."""

    def __init__(self, *, code: int) -> None:
        super().__init__()
        self.code = code


def registry_that_fails_with(error: BaseException) -> "Registry[Any, Any, str]":
    def fail(reason: str = "") -> None:
        raise error

    registry: Registry[Any, Any, str] = Registry("boxes")
    registry.register("box", Box)
    registry.register("fail", fail)
    return registry


ERRORS = [
    ValueError("x"),
    KeyError("x"),
    AttributeError("x"),
    Picky(code=3),
    MemoryError(),
    RecursionError(),
    Exception(),
]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_constructors_exception_arrives_as_itself_with_a_note_of_path_and_place(
    tmp_path: Path, error: Exception
) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text(CONFIG)
    with pytest.raises(type(error)) as caught:
        registry_that_fails_with(error).build_file(file)
    assert caught.value is error
    assert error.__cause__ is None
    assert error.__notes__ == [f"while building 'fail' at trainer.parts[1] ({file}:5:14)"]


@pytest.mark.parametrize("error", [SyntaxError("x"), StopIteration(), KeyError("y"), TypeError("z")], ids=repr)
def test_a_plans_exception_has_the_same_note(error: Exception) -> None:
    plan = registry_that_fails_with(error).plan({"a": [{"_type": "box", "x": {"_type": "fail"}}]})
    for count in (1, 2):
        with pytest.raises(type(error)) as caught:
            plan.build()
        assert caught.value is error
        assert error.__notes__ == ["while building 'fail' at a[0].x"] * count


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), GeneratorExit()], ids=repr)
def test_what_ends_a_program_goes_through(error: BaseException) -> None:
    registry = registry_that_fails_with(error)
    for build in (registry.build, lambda config: registry.plan(config).build()):
        with pytest.raises(type(error)) as caught:
            build({"_type": "box", "x": {"_type": "fail"}})
        assert caught.value is error


def test_an_exception_that_was_raised_by_a_wrong_call_inside_is_not_taken_for_a_mistake_of_the_config() -> None:
    def outer(x: int = 1) -> Any:
        return (lambda: 0)(x)  # type: ignore[call-arg]  # the mistake that is meant

    registry: Registry[Any, Any, str] = Registry("boxes")
    registry.register("outer", outer)
    assert registry.check({"_type": "outer"}) == []
    with pytest.raises(TypeError, match="positional argument") as caught:
        registry.build({"_type": "outer"})
    assert caught.value.__notes__ == ["while building 'outer'"]
