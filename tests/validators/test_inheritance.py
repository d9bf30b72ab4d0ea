"""Which classes have the required bases."""

import collections.abc
import pickle
from abc import ABC
from typing import Any, Generic, Protocol, TypeVar

import pytest
import sklearn.linear_model
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import all_estimators

from registry.errors import InheritanceError, ValidationError
from registry.model import ValidationContext
from registry.validators import inherits_from

T = TypeVar("T")


class Model(ABC):  # noqa: B024 - only its name is needed
    pass


class Net(Model):
    pass


class Other:
    pass


class Reader(Generic[T]):
    pass


@pytest.mark.parametrize(
    ("bases", "artifact"),
    [
        ((Model,), Net),
        ((Model,), Model),
        ((object,), Other),
        ((BaseEstimator, RegressorMixin), sklearn.linear_model.Ridge),
        ((collections.abc.Sized,), list),
        ((Reader[int],), Reader),
        ((Exception,), KeyError),
    ],
)
def test_a_class_with_the_bases_is_accepted(bases: Any, artifact: type, context: ValidationContext) -> None:
    assert inherits_from(*bases)(artifact, context) is None


def test_every_estimator_of_scikit_learn_is_accepted(context: ValidationContext) -> None:
    validator = inherits_from(BaseEstimator)
    estimators = all_estimators()
    assert len(estimators) > 150
    assert all(validator(estimator, context) is None for _, estimator in estimators)


def test_a_virtual_subclass_is_accepted(context: ValidationContext) -> None:
    class Registered:
        pass

    validator = inherits_from(Model)
    with pytest.raises(InheritanceError):
        validator(Registered, context)
    Model.register(Registered)
    assert validator(Registered, context) is None


def test_the_message_names_what_is_missing_and_what_is_there(context: ValidationContext) -> None:
    with pytest.raises(InheritanceError) as caught:
        inherits_from(BaseEstimator, ClassifierMixin)(Net, context)
    assert caught.value.message == (
        "'Net' does not inherit from 'BaseEstimator' and 'ClassifierMixin': its bases are 'Model', 'ABC'."
    )
    assert caught.value.suggestions == (
        "Write 'BaseEstimator' among the bases of 'Net'.",
        "Write 'ClassifierMixin' among the bases of 'Net'.",
    )
    assert caught.value.context["missing"] == ["sklearn.base:BaseEstimator", "sklearn.base:ClassifierMixin"]
    assert caught.value.context["mro"][-1] == "builtins:object"


def test_a_class_without_bases_is_told_so(context: ValidationContext) -> None:
    with pytest.raises(InheritanceError, match="its bases are none but 'object'"):
        inherits_from(Model)(Other, context)


@pytest.mark.parametrize("artifact", [lambda: None, 3, None, {"lr": 1}])
def test_what_is_no_class_is_refused(artifact: Any, context: ValidationContext) -> None:
    with pytest.raises(InheritanceError, match="not a class") as caught:
        inherits_from(Model)(artifact, context)
    assert caught.value.suggestions == ("Register a class.",)


def test_of_an_object_the_class_is_suggested(context: ValidationContext) -> None:
    with pytest.raises(InheritanceError, match="it is an object of 'Net', not a class") as caught:
        inherits_from(Model)(Net(), context)
    assert caught.value.suggestions == ("Register the class 'Net' instead.",)


def test_a_base_of_the_required_base_is_told_so(context: ValidationContext) -> None:
    with pytest.raises(InheritanceError) as caught:
        inherits_from(Net)(Model, context)
    assert caught.value.suggestions == ("Did you mean 'Net' or a subclass of it? 'Model' is its base.",)


def test_a_module_that_was_imported_twice_is_suspected(context: ValidationContext) -> None:
    twin = type("Model", (), {"__module__": Model.__module__, "__qualname__": "Model"})
    child = type("Child", (twin,), {})
    with pytest.raises(InheritanceError) as caught:
        inherits_from(Model)(child, context)
    assert "imported twice?" in caught.value.suggestions[0]


def test_a_base_that_is_no_class_or_a_protocol_is_refused_when_the_validator_is_made() -> None:
    class Closing(Protocol):
        def close(self) -> None: ...

    not_a_class: Any = "Model"
    with pytest.raises(ValidationError, match="is not a class"):
        inherits_from(not_a_class)
    with pytest.raises(ValidationError, match="is a Protocol") as caught:
        inherits_from(Closing)
    assert "Use implements(" in caught.value.suggestions[0]


def test_it_pickles(context: ValidationContext) -> None:
    arrived = pickle.loads(pickle.dumps(inherits_from(Model)))
    assert repr(arrived) == "inherits_from(Model)"
    with pytest.raises(InheritanceError):
        arrived(Other, context)
