"""From a reference of others to its artifact: decided before the import, and looked at after it."""

import importlib
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import attrs

from registry.announcing import announce
from registry.closeness import did_you_mean
from registry.errors import ResolutionError, UntrustedReferenceError
from registry.model import Reference
from registry.names import quote
from registry.records.origins import RecordOrigin, origin_of
from registry.records.record import Record
from registry.records.trust import Policy, fault_of_segments
from registry.references import describe
from registry.schema import Schema

ReadSchema = Callable[[Any], Schema | None]


class FingerprintMismatchWarning(RuntimeWarning):
    """An artifact has another signature here than it had where it was registered."""


def resolve_reference(
    reference: str,
    policy: Policy,
    *,
    subject: str = "It",
    record: Record | None = None,
    schema: ReadSchema | None = None,
) -> Any:
    """The artifact at an address that came from others.

    Args:
        reference: The address.
        policy: Decides whether it may be followed.
        subject: What it is the address of, for messages: "'huber' of 'losses'".
        record: What it came with: its fingerprint is compared.
        schema: Reads the schema of an artifact as it was read for the record; by default from its signature, with
            those parameters open that the record says are.

    Raises:
        UntrustedReferenceError: It may not be followed. Nothing was imported.
        ResolutionError: It cannot be imported, is not what it says, or has another signature (`on_mismatch="error"`).
    """
    address = _allowed(reference, policy, subject)
    found = _follow(_imported(address, subject), address, subject)
    if not _is_named(found, address) and not policy.permits_exactly(reference):
        raise _other_name(found, address, subject)
    if record is not None and record.fingerprint is not None and policy.on_mismatch != "ignore" and callable(found):
        _compare(found, record, policy, subject, schema)
    return found


def _allowed(reference: str, policy: Policy, subject: str) -> Reference:
    """The address, if it may be followed: known from its text alone."""
    context = {"reference": reference}
    try:
        address = Reference(reference)
    except ValueError as error:
        raise UntrustedReferenceError(
            f"{subject} is {quote(reference)}, which is no reference.", context=context
        ) from error
    fault = fault_of_segments([*address.module.split("."), *address.name.split(".")])
    if fault is not None:
        raise UntrustedReferenceError(
            f"{subject} is {quote(reference)}, which cannot be followed: {fault}.",
            suggestions=["Let it be registered again under a public address."],
            context=context,
        )
    if policy.permits(reference):
        return address
    raise UntrustedReferenceError(
        f"{subject} is {quote(reference)}, which others registered and which is not allowed here;"
        " nothing was imported.",
        suggestions=[
            f"If you trust it, pass allow=({_literal(reference)},).",
            f"If you trust all that its module defines, pass allow=({_literal(address.module)},).",
        ],
        context={**context, "allow": [reference, address.module]},
    )


def _literal(text: str) -> str:
    """The text as it is copied into a program; letters that only look like others are spelt out."""
    return repr(text) if text.isascii() else ascii(text)


def _imported(address: Reference, subject: str) -> ModuleType:
    try:
        return importlib.import_module(address.module)
    except Exception as error:  # a module may raise anything while it is imported
        raise ResolutionError(
            f"{subject} is {quote(address.target)}, which cannot be imported here: {describe(error)}.",
            suggestions=[f"Make sure that 'import {address.module}' works in this environment."],
            context={"reference": address.target},
        ) from error


def _follow(module: ModuleType, address: Reference, subject: str) -> Any:
    """What the attributes lead to, never through or to another module."""
    found: Any = module
    for step in address.name.split("."):
        holder = found
        try:
            found = getattr(holder, step)
        except AttributeError as error:
            raise ResolutionError(
                f"{subject} is {quote(address.target)}, and {quote(address.module)} has no {quote(address.name)} here.",
                suggestions=did_you_mean(step, vars(holder) if isinstance(holder, ModuleType) else dir(holder)),
                context={"reference": address.target},
            ) from error
        if isinstance(found, ModuleType):
            raise ResolutionError(
                f"{subject} is {quote(address.target)}, where {quote(step)} is a module: attributes are not reached"
                " through modules.",
                suggestions=["Let it be registered again with the module that defines it before the colon."],
                context={"reference": address.target},
            )
    return found


def _is_named(found: Any, address: Reference) -> bool:
    """Whether the object itself says that this is its address."""
    module, qualname = getattr(found, "__module__", None), getattr(found, "__qualname__", None)
    return bool(module == address.module and qualname == address.name)


def _other_name(found: Any, address: Reference, subject: str) -> ResolutionError:
    module, qualname = getattr(found, "__module__", None), getattr(found, "__qualname__", None)
    if isinstance(module, str) and isinstance(qualname, str):
        what = f"another name of {quote(f'{module}:{qualname}')}"
    else:
        what = f"an object of {quote(type(found).__qualname__)} that does not say where it is from"
    return ResolutionError(
        f"{subject} is {quote(address.target)}, which is {what}; only the module as such is allowed.",
        suggestions=[f"If you trust it, pass allow=({_literal(address.target)},)."],
        context={"reference": address.target, "allow": [address.target]},
    )


# ---------------------------------------------------------------------------------------------- fingerprints


def _compare(found: Any, record: Record, policy: Policy, subject: str, schema: ReadSchema | None) -> None:
    from registry.records.fingerprint import fingerprint

    read = _like_recorded(found, record.schema) if schema is None else schema(found)
    if read is None or fingerprint(read) == record.fingerprint:
        return
    message = (
        f"{subject} has another signature here than where it was registered: {quote(record.reference)} is of"
        f" {versions(record.origin, found)}."
    )
    if policy.on_mismatch == "error":
        raise ResolutionError(
            message,
            suggestions=[
                "Install the same version on both machines.",
                "Or pass on_mismatch='warn' to the backend, if both versions do.",
            ],
            context={"reference": record.reference},
        )
    announce(message, FingerprintMismatchWarning)


def versions(there: RecordOrigin | None, artifact: Any) -> str:
    """Both versions, in words: where it was registered, and here."""
    here = origin_of(getattr(artifact, "__module__", None) or "")
    return f"{there or RecordOrigin()} there and {here} here"


def _like_recorded(found: Any, recorded: Mapping[str, Any] | None) -> Schema:
    """The schema of an artifact with those parameters open that are so in the record."""
    from registry.signatures import read_schema

    schema = read_schema(found)
    listed = None if recorded is None else recorded.get("parameters")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    left_open = [item.get("name") for item in items if item.get("open") is True]
    parameters = {
        name: attrs.evolve(parameter, open=name in left_open) for name, parameter in schema.parameters.items()
    }
    return attrs.evolve(schema, parameters=parameters)
