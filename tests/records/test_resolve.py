"""References of others: allowed or not before anything is imported, and looked at afterwards."""

import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs
import pytest

from registry import Entry, known
from registry.errors import ResolutionError, UntrustedReferenceError
from registry.model import Reference
from registry.records import (
    FingerprintMismatchWarning,
    Policy,
    Record,
    RecordOrigin,
    decode_schema,
    record_of,
    resolve_reference,
)
from registry.records.fingerprint import fingerprint
from registry.schema import Schema
from registry.signatures import read_schema

LOSSES = """
    import os
    import json as other
    from os import system, path
    from functools import partial, wraps
    from acme import hidden

    def huber(prediction, target, delta=1.0): ...

    class Trainer:
        os = os
        class Inner: ...
        def method(self): ...
        @classmethod
        def quick(cls): ...

    renamed = huber
    TWICE = partial(huber, 1.0)
    NUMBER = 3
    trainer = Trainer()

    @wraps(huber)
    def disguised(*args): ...
    """


@pytest.fixture
def acme(packages: Any) -> None:
    packages({"acme/losses.py": LOSSES, "acme/hidden.py": "", "acme/broken.py": "raise KeyError('x')"})


def imported() -> set[str]:
    return {name for name in sys.modules if name.partition(".")[0] == "acme"}


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("allow", ["acme.losses", "acme.*", "acme.losses.*"])
@pytest.mark.parametrize("name", ["huber", "Trainer", "Trainer.Inner", "Trainer.method", "Trainer.quick"])
def test_what_a_module_defines_is_resolved_when_the_module_is_allowed(allow: str, name: str) -> None:
    found = resolve_reference(f"acme.losses:{name}", Policy((allow,)))
    assert (found.__module__, found.__qualname__) == ("acme.losses", name)


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    "allow", [(), ("acme.other",), ("acme",), ("acme.losses:Trainer",), ("acme.losses.*", "os")[1:]]
)
def test_what_is_not_allowed_is_refused_before_anything_is_imported(allow: tuple[str, ...]) -> None:
    with pytest.raises(UntrustedReferenceError) as caught:
        resolve_reference("acme.losses:huber", Policy(allow), subject="'huber' of 'losses'")
    assert imported() == set()
    assert "'huber' of 'losses' is 'acme.losses:huber'" in caught.value.message
    assert "nothing was imported" in caught.value.message


@pytest.mark.usefixtures("acme")
def test_a_refusal_holds_the_entry_to_copy_and_the_entry_works() -> None:
    with pytest.raises(UntrustedReferenceError) as caught:
        resolve_reference("acme.losses:huber", Policy())
    assert "allow=('acme.losses:huber',)" in caught.value.suggestions[0]
    assert "allow=('acme.losses',)" in caught.value.suggestions[1]
    for entry in caught.value.context["allow"]:
        assert resolve_reference("acme.losses:huber", Policy((entry,))).__name__ == "huber"


def test_letters_that_look_like_others_are_spelt_out_in_the_entry_to_copy() -> None:
    with pytest.raises(UntrustedReferenceError) as caught:
        resolve_reference("\u0430cme.losses:huber", Policy(("acme.*",)))
    assert "allow=('\\u0430cme.losses:huber',)" in caught.value.suggestions[0]


def resolves_first(reference: str, policy: Policy, **about: Any) -> Any:
    """The twin: imports, and asks afterwards whether that was allowed."""
    from registry.references import import_reference

    found = import_reference(Reference(reference))
    if not policy.permits(reference):
        raise UntrustedReferenceError(f"{reference} is not allowed; nothing was imported.")
    return found


@pytest.mark.usefixtures("acme")
def test_a_resolver_that_imports_first_would_be_caught() -> None:
    with pytest.raises(UntrustedReferenceError):
        resolves_first("acme.losses:huber", Policy())
    assert imported() != set()


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    "reference",
    [
        "acme._losses:huber",
        "_acme.losses:huber",
        "acme.losses:_huber",
        "acme.losses:Trainer.__init__",
        "acme.losses:Trainer.__init__.__globals__",
        "acme.losses:huber.__globals__",
        "__main__:huber",
        "builtins:__import__",
        "acme.__init__:x",
    ],
)
def test_a_private_segment_is_never_followed_even_if_it_was_trusted(reference: str) -> None:
    policy = Policy(("acme.*", "builtins"))
    policy.trust(reference)
    with pytest.raises(UntrustedReferenceError, match="underscore"):
        resolve_reference(reference, policy)
    assert imported() == set()


@pytest.mark.parametrize("reference", ["\uff41cme.losses:huber", "acme.losses:\ufb01x", "acme.\u2115:x"])
def test_what_python_would_write_otherwise_is_never_followed(reference: str) -> None:
    policy = Policy(("acme.*",))
    policy.trust(reference)
    with pytest.raises(UntrustedReferenceError, match="NFKC"):
        resolve_reference(reference, policy)


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    "name", ["os.system", "os", "path.join", "other.loads", "hidden", "Trainer.os.system", "Trainer.os"]
)
def test_attributes_are_never_reached_through_a_module(name: str) -> None:
    for allow in (("acme.*",), (f"acme.losses:{name}",)):
        with pytest.raises(ResolutionError, match="is a module: attributes are not reached through modules"):
            resolve_reference(f"acme.losses:{name}", Policy(allow))


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("name", ["system", "renamed", "TWICE", "NUMBER", "trainer", "disguised", "trainer.method"])
def test_another_name_of_something_needs_the_exact_reference(name: str) -> None:
    reference = f"acme.losses:{name}"
    with pytest.raises(ResolutionError, match="only the module as such is allowed") as caught:
        resolve_reference(reference, Policy(("acme.losses", "acme.*")))
    assert caught.value.context["allow"] == [reference]
    assert f"allow=('{reference}',)" in caught.value.suggestions[0]
    resolve_reference(reference, Policy((reference,)))


@pytest.mark.usefixtures("acme")
def test_what_this_process_registered_is_resolved_without_allow() -> None:
    class Holder:
        def registered_here(self) -> list[str]:
            return ["acme.losses:renamed"]

    holder = Holder()
    known.add(holder)
    assert resolve_reference("acme.losses:renamed", Policy()).__name__ == "huber"
    with pytest.raises(UntrustedReferenceError):
        resolve_reference("acme.losses:huber", Policy())


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("acme.missing:x", "cannot be imported here: ModuleNotFoundError"),
        ("acme.broken:x", "cannot be imported here: KeyError"),
        ("acme.losses:hubr", "has no 'hubr' here"),
        ("acme.losses:Trainer.nothing", "has no 'Trainer.nothing' here"),
    ],
)
def test_what_cannot_be_imported_here_says_why(reference: str, reason: str) -> None:
    with pytest.raises(ResolutionError, match=reason) as caught:
        resolve_reference(reference, Policy(("acme.*",)))
    assert not isinstance(caught.value, UntrustedReferenceError)
    if "hubr" in reference:
        assert "'huber'" in caught.value.suggestions[0]


def test_what_is_no_reference_is_refused() -> None:
    for text in ("os.system", "a..b:c", "a:b()", "", ":", "a:", "a b:c", "a:b\n"):
        with pytest.raises(UntrustedReferenceError):
            resolve_reference(text, Policy(("a.*",)))


# ---------------------------------------------------------------------------------------------- fingerprints

SUBJECT = "'huber' of 'losses'"


def recorded(**changes: Any) -> Record:
    from importlib import import_module

    huber = import_module("acme.losses").huber
    record = record_of(Entry("huber", huber))
    return attrs.evolve(record, origin=RecordOrigin("acme-losses", "1.2", "acme.losses"), **changes)


def resolve(record: Record, how: Literal["warn", "error", "ignore"], **about: Any) -> Any:
    assert record.reference is not None
    return resolve_reference(record.reference, Policy(("acme.*",), how), subject=SUBJECT, record=record, **about)


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("how", ["warn", "error", "ignore"])
def test_the_signature_that_was_recorded_is_resolved_in_silence(how: Literal["warn", "error", "ignore"]) -> None:
    assert resolve(recorded(), how).__name__ == "huber"
    assert resolve(recorded(fingerprint=None), how).__name__ == "huber"


@pytest.mark.usefixtures("acme")
def test_another_signature_warns_with_both_versions_at_the_line_that_asked(packages: Any) -> None:
    packages({"acme/__init__.py": "__version__ = '1.3'"})
    with pytest.warns(FingerprintMismatchWarning) as caught:
        assert resolve(recorded(fingerprint="0" * 32), "warn").__name__ == "huber"
    (warning,) = caught
    assert "version 1.2 of 'acme-losses' there and version 1.3 of 'acme' here" in str(warning.message)
    assert SUBJECT in str(warning.message)
    assert warning.filename == __file__
    assert issubclass(FingerprintMismatchWarning, RuntimeWarning)


@pytest.mark.usefixtures("acme")
def test_another_signature_is_an_error_where_that_was_asked_for() -> None:
    with pytest.raises(ResolutionError, match=r"version 1\.2 of 'acme-losses' there and an unknown version here"):
        resolve(recorded(fingerprint="0" * 32), "error")


@pytest.mark.usefixtures("acme")
def test_another_signature_is_ignored_where_that_was_asked_for() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert resolve(recorded(fingerprint="0" * 32), "ignore").__name__ == "huber"


@pytest.mark.usefixtures("acme")
def test_a_forged_fingerprint_opens_nothing() -> None:
    record = recorded()
    sys.modules.pop("acme.losses")
    before = imported()
    with pytest.raises(UntrustedReferenceError):
        resolve_reference("acme.losses:huber", Policy(), record=record)
    assert imported() == before


def opening(names: set[str]) -> Callable[[Any], Schema]:
    def schema(artifact: Any) -> Schema:
        read = read_schema(artifact)
        return attrs.evolve(
            read, parameters={name: attrs.evolve(p, open=name in names) for name, p in read.parameters.items()}
        )

    return schema


@pytest.mark.usefixtures("acme")
def test_open_parameters_are_compared_as_the_registry_marks_them() -> None:
    marked = opening({"prediction", "target"})
    record = record_of(Entry("huber", resolve(recorded(), "error")), schema=marked)
    assert resolve(record, "error", schema=marked).__name__ == "huber"
    assert resolve(record, "error").__name__ == "huber"  # marks are taken from the record where nobody else tells
    with pytest.raises(ResolutionError):
        resolve(record, "error", schema=opening({"prediction"}))


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    "schema", [{}, {"parameters": 1}, {"parameters": [1, {"name": []}, {"name": {}, "open": True}]}, {"parameters": {}}]
)
def test_a_recorded_schema_that_is_forged_does_no_harm_here(schema: Mapping[str, Any]) -> None:
    assert resolve(recorded(schema=schema), "error").__name__ == "huber"


@pytest.mark.usefixtures("acme")
def test_what_has_no_signature_is_not_compared() -> None:
    record = Record(kind="reference", reference="acme.losses:NUMBER", fingerprint="0" * 32)
    assert resolve_reference("acme.losses:NUMBER", Policy(("acme.losses:NUMBER",), "error"), record=record) == 3


def test_the_fingerprint_is_that_of_the_live_schema() -> None:
    record = record_of(Entry("x", Policy))
    assert record.fingerprint == fingerprint(read_schema(Policy))
    assert record.schema is not None
    assert decode_schema(record.schema).name == "Policy"
