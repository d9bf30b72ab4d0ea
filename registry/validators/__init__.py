"""Validators: they look at an artifact as it enters or arrives. A plain function of two arguments is one too."""

from registry.validators.chain import chain, run_validators
from registry.validators.coercion import coerces_to
from registry.validators.conformance import conforms_to
from registry.validators.documentation import documented
from registry.validators.implementation import implements
from registry.validators.inheritance import inherits_from
from registry.validators.naming import named
from registry.validators.structure import is_structured, structured

__all__ = [
    "chain",
    "coerces_to",
    "conforms_to",
    "documented",
    "implements",
    "inherits_from",
    "is_structured",
    "named",
    "run_validators",
    "structured",
]
