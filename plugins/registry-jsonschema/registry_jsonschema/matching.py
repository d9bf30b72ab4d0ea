"""A validator that data matches a JSON Schema."""

import copy
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import attrs
from jsonschema.exceptions import SchemaError, best_match  # type: ignore[import-untyped]  # has no types
from jsonschema.protocols import Validator  # type: ignore[import-untyped]  # has no types
from jsonschema.validators import Draft202012Validator, validator_for  # type: ignore[import-untyped]  # has no types
from referencing.exceptions import Unresolvable

from registry import ValidationContext, ValidationError
from registry_jsonschema.plain import plain
from registry_jsonschema.references import check_references, known_schemas, leading_nowhere

SHOWN = 3
"""How many errors the message itself spells out; all are in the suggestions and in the context."""

LENGTH = 200
"""So many characters are shown of what an error says, which may have all of a large value in it."""


def matches(schema: Mapping[str, Any] | bool, *, others: Mapping[str, Any] | None = None) -> "Matches":
    """A validator that the artifact is data which matches a JSON Schema; every error is reported.

    Objects that show their fields (attrs, dataclasses, pydantic models) are looked at as mappings; the artifact stays
    as it is. The formats that the jsonschema library can tell without further packages are checked.

    Args:
        schema: In the dialect that its `$schema` names, 2020-12 by default.
        others: Schemas that it refers to, by their URIs. Nothing is fetched from the network.

    Raises:
        ValidationError: It is no JSON Schema, or refers to what is not known here.
    """
    given = {} if others is None else others
    made = Matches(copy.deepcopy(schema), copy.deepcopy(dict(given)))
    for each in (schema, *given.values()):
        _check_schema(each)
    check_references(made.schema, known_schemas(made.others))
    return made


@attrs.frozen(slots=False)
class Matches:
    """What `matches` makes."""

    schema: Any
    others: Mapping[str, Any]

    def __call__(self, artifact: Any, context: ValidationContext, /) -> None:
        if callable(artifact):
            raise self._no_data(context, "it is code, and no data")
        try:
            errors = sorted(self._validator.iter_errors(plain(artifact)), key=lambda error: list(map(str, error.path)))
            # an alternative that is nearly met says more than that none of them is
            told = [_told(best_match([error]) or error) for error in errors]
        except Unresolvable as fault:  # where a reference leads may depend on the data
            raise leading_nowhere([fault.ref]) from fault
        except Exception as fault:  # an artifact may be any object: one that holds itself, or raises when it is asked
            raise self._no_data(context, f"looking at it raises {type(fault).__name__}") from fault
        if told:
            raise self._refusal(told, context)

    @cached_property
    def _validator(self) -> Validator:
        kind = _dialect(self.schema)
        known = known_schemas(self.others)
        return kind(self.schema, registry=known, format_checker=kind.FORMAT_CHECKER)

    @property
    def _title(self) -> str:
        said = [self.schema.get(key) for key in ("title", "$id")] if isinstance(self.schema, Mapping) else []
        return next((f"the JSON Schema {name!r}" for name in said if isinstance(name, str)), "its JSON Schema")

    def _no_data(self, context: ValidationContext, reason: str) -> ValidationError:
        return ValidationError(
            f"{str(context.entry)!r} cannot match {self._title}: {reason}.",
            suggestions=["Register a mapping, a list, or an object that shows its fields."],
            context=_place(context),
        )

    def _refusal(self, told: list[tuple[str, str]], context: ValidationContext) -> ValidationError:
        spelt = "; ".join(f"at {path!r}, {message}" if path else message for path, message in told[:SHOWN])
        if len(told) > SHOWN:
            spelt += f"; and {len(told) - SHOWN} more"
        return ValidationError(
            f"{str(context.entry)!r} does not match {self._title}: {spelt}.",
            suggestions=[f"Correct {path or 'the whole'}: {message}." for path, message in told],
            context={**_place(context), "errors": [{"path": path, "message": message} for path, message in told]},
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Matches, (self.schema, self.others)

    def __repr__(self) -> str:
        return f"matches({self._title})"


def _dialect(schema: Any) -> type[Validator]:
    said = schema.get("$schema") if isinstance(schema, Mapping) else None
    unknown: Any = None  # without a default of ours, what is not known is taken for the latest dialect
    found: type[Validator] | None = Draft202012Validator if said is None else validator_for(schema, unknown)
    if found is None:
        raise ValidationError(
            f"The JSON Schema is written in {str(said)!r}, which is not known here.",
            suggestions=[f"Write '$schema': {Draft202012Validator.META_SCHEMA['$schema']!r}."],
        )
    return found


def _check_schema(schema: Any) -> None:
    try:
        _dialect(schema).check_schema(schema)
    except SchemaError as fault:
        path, message = _told(fault)
        raise ValidationError(
            f"This is no JSON Schema: {f'at {path!r}, ' if path else ''}{message}.",
            suggestions=["Correct the schema."],
            context={"path": path},
        ) from fault


def _told(error: Any) -> tuple[str, str]:
    """The path of an error, written like `servers[0].port`, and what it says."""
    message = str(error.message).rstrip(".")
    return error.json_path.removeprefix("$").removeprefix("."), (
        message if len(message) <= LENGTH else message[:LENGTH] + "…"
    )


def _place(context: ValidationContext) -> dict[str, Any]:
    return {"registry": context.registry, "entry": str(context.entry)}
