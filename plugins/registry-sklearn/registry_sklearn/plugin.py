"""The plugin: better schemas for what declares constraints of its parameters as scikit-learn does."""

import inspect
from collections.abc import Mapping
from typing import Any

import attrs

from registry import Parameter, Schema
from registry.plugins import hookimpl
from registry_sklearn.annotations import annotation_of

_ATTRIBUTES = ("_parameter_constraints", "_skl_parameter_constraints")
"""Where a class declares its constraints, and where `validate_params` puts those of a function."""

_NOTHING = Parameter("").annotation
"""What stands for an annotation where there is none."""


@hookimpl
def registry_schema(artifact: Any, schema: Schema) -> Schema | None:
    """The schema with types and constraints where the artifact declares them; None where it declares nothing.

    What a signature says itself, in an annotation, is believed and left as it is.
    """
    declared = _declared(artifact)
    if not declared:
        return None
    parameters = {name: _better(parameter, declared) for name, parameter in schema.parameters.items()}
    if all(parameter is schema.parameters[name] for name, parameter in parameters.items()):
        return None
    return attrs.evolve(schema, parameters=parameters)


def _declared(artifact: Any) -> Mapping[str, Any]:
    for attribute in _ATTRIBUTES:
        # static: an artifact may be any object, with a `__getattr__` that does anything
        found = inspect.getattr_static(artifact, attribute, None)
        if isinstance(found, Mapping):
            return found
    return {}


def _better(parameter: Parameter, declared: Mapping[str, Any]) -> Parameter:
    if parameter.name not in declared or _says_itself(parameter):
        return parameter
    found = annotation_of(declared[parameter.name], parameter.default)
    if found is None:
        return parameter
    annotation, constraints = found
    return attrs.evolve(parameter, annotation=annotation, constraints=constraints)


def _says_itself(parameter: Parameter) -> bool:
    return bool(parameter.constraints) or parameter.annotation is not _NOTHING
