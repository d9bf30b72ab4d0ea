"""A backend that comes filled must hold entries."""

import math
from typing import Any

import pytest

from registry.backends import MemoryBackend, check_entries, layered
from registry.errors import ValidationError
from registry.model import Entry


def huber(prediction: float) -> float:
    return prediction


class Model:
    pass


def test_entries_under_their_own_names_pass() -> None:
    good = {"huber": Entry("huber", target=huber), "h": Entry("h", None, alias_of="huber")}
    for backend in (good, MemoryBackend(good), layered(good, {})):
        check_entries(backend)
        assert list(backend) == ["huber", "h"]


def test_a_dict_of_bare_functions_is_refused_and_the_message_says_how_to_write_it() -> None:
    backend: Any = {"huber": huber}
    with pytest.raises(ValidationError) as caught:
        check_entries(backend)
    assert caught.value.message == (
        "A backend holds entries under their own names, but 'huber' is the function 'huber'."
    )
    assert caught.value.suggestions == (
        "Write 'huber': Entry('huber', huber).",
        "Or begin with an empty backend and pass the artifacts to register_many().",
    )
    assert caught.value.context == {"names": ["huber"]}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Model, "the class 'Model'"),
        (math.sqrt, "the builtin_function_or_method 'sqrt'"),
        ({"lr": 1}, "a bare dict"),
        (None, "a bare NoneType"),
    ],
)
def test_whatever_is_not_an_entry_is_named(value: Any, shown: str) -> None:
    with pytest.raises(ValidationError, match=shown):
        check_entries(MemoryBackend({"x": value}))


def test_every_wrong_name_is_in_the_context() -> None:
    backend: Any = {f"f{number}": huber for number in range(30)}
    backend["fine"] = Entry("fine", target=1)
    with pytest.raises(ValidationError, match="and 29 more are wrong") as caught:
        check_entries(backend)
    assert caught.value.context["names"] == [f"f{number}" for number in range(30)]
    assert len(caught.value.suggestions) == 11


def test_an_entry_under_the_name_of_another_is_refused() -> None:
    with pytest.raises(ValidationError, match="'mse' is the entry 'huber'") as caught:
        check_entries({"mse": Entry("huber", target=huber)})
    assert caught.value.suggestions == ("Put it under its own name, 'huber'.",)


def test_a_name_that_goes_while_it_is_checked_is_no_mistake() -> None:
    class Forgetful(dict[str, Entry[Any]]):
        def __getitem__(self, name: str) -> Entry[Any]:
            raise KeyError(name)

    backend = Forgetful(huber=Entry("huber", target=huber))
    check_entries(backend)
    assert list(backend) == ["huber"]
