"""What is wrong with a reference: whether it may be followed here, and leads to what it says."""

import warnings
from collections.abc import Iterator
from typing import Any

from registry.cli.doctor.checklist import Check, Subject
from registry.cli.where import Where, choose_namespaces
from registry.errors import DiagnosticError, ResolutionError, UntrustedReferenceError, ValidationError

_FORM = "Write it as package.module:Qualified.name, as the record has it."


def check_reference(
    text: str, allow: tuple[str, ...], where: Where | None, namespaces: tuple[str, ...]
) -> Iterator[Check]:
    """Every step from the form of a reference to the signature of what it leads to."""
    from registry.records import Policy, resolve_reference

    subject = Subject(f"reference {text}")
    try:
        policy = Policy(allow, "ignore")
    except ValidationError as error:
        yield subject.refused("allow", error)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the module that is imported
            found = resolve_reference(text, policy, subject="It")
    except UntrustedReferenceError as error:
        remedies = [
            f"If you trust {'this alone' if ':' in entry else 'that module'}: --allow {entry} here,"
            f" allow=({entry!r},) in the program."
            for entry in error.context.get("allow", ())
        ]
        yield subject.failed("allowed", error.message, *(remedies or error.suggestions or [_FORM]))
        yield subject.skipped("import", "nothing was imported")
        return
    except ResolutionError as error:
        yield _allowed(subject, text, allow)
        yield subject.refused("import", error)
        return
    yield _allowed(subject, text, allow)
    yield subject.ok("import", f"{_kind(found)} of {_origin(found)}")
    if where is not None:
        yield from _check_records(subject, text, found, where, namespaces)


def _allowed(subject: Subject, text: str, allow: tuple[str, ...]) -> Check:
    from registry.records import Policy

    by = next((entry for entry in allow if Policy((entry,)).permits(text)), None)
    if by is None:
        return subject.ok("allowed", "registered by this very process, so that it needs no permission")
    return subject.ok("allowed", f"by {by!r}")


def _check_records(
    subject: Subject, text: str, found: Any, where: Where, namespaces: tuple[str, ...]
) -> Iterator[Check]:
    """Compare the signature here with those of the records that name the reference."""
    from registry.cli.shared import read_namespace
    from registry.records import Policy, resolve_reference

    policy = Policy((text,), "error")
    seen = False
    try:
        with where.opened() as store:
            for namespace in choose_namespaces(store, namespaces):
                for shared in read_namespace(store, namespace):
                    if shared.record is None or shared.record.reference != text:
                        continue
                    seen = True
                    title = f"'{shared.stored.name}' in '{namespace}'"
                    if shared.record.fingerprint is None:
                        yield subject.skipped("signature", f"{title} was registered without being imported")
                        continue
                    try:
                        resolve_reference(text, policy, subject=title, record=shared.record)
                    except ResolutionError as error:
                        yield subject.warning("signature", error.message, "Install the same version on both machines.")
                    else:
                        yield subject.ok("signature", f"{title} has the same one")
    except DiagnosticError as error:
        yield subject.refused("record", error)
        return
    if not seen:
        yield subject.warning("record", "no record names this reference", "Check its spelling, and the namespace.")


def _kind(found: object) -> str:
    if isinstance(found, type):
        return "a class"
    return "a function" if callable(found) else f"a {type(found).__name__}"


def _origin(found: object) -> str:
    from registry.records.origins import origin_of

    return str(origin_of(getattr(found, "__module__", None) or ""))
