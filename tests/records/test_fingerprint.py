"""Fingerprints: the same for the same signature on every Python and machine, another for another."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import attrs
import pytest

from registry.records.fingerprint import fingerprint
from registry.schema import Schema
from registry.signatures import read_schema

FILE = Path(__file__).with_name("signatures.py")
_spec = importlib.util.spec_from_file_location("signatures_of_tests", FILE)
assert _spec is not None
assert _spec.loader is not None
signatures = importlib.util.module_from_spec(_spec)
sys.modules["signatures_of_tests"] = signatures
_spec.loader.exec_module(signatures)

GOLDEN = {
    "nothing": "ffe00cb0ed0f852c17af78c086e29bce",
    "bare": "304a3e1ac930e9a53f805940a2f8fcef",
    "kinds": "200a26e3937c13aba4dcb0686b5ee47e",
    "named_backwards": "200a26e3937c13aba4dcb0686b5ee47e",
    "optional_old": "4f77dad3aa4d77eb97daa06fcbf33687",
    "optional_new": "4f77dad3aa4d77eb97daa06fcbf33687",
    "optional_turned": "4f77dad3aa4d77eb97daa06fcbf33687",
    "generics_old": "aa6cafea093fe24af829faf6d30d5be4",
    "generics_new": "aa6cafea093fe24af829faf6d30d5be4",
    "generics_text": "aa6cafea093fe24af829faf6d30d5be4",
    "abstract_old": "eaf8e5ae82e4f2cc97ae24f303077356",
    "abstract_new": "eaf8e5ae82e4f2cc97ae24f303077356",
    "literals": "43ab07f37ec751b0af7570dbc4bbfcb2",
    "literals_turned": "43ab07f37ec751b0af7570dbc4bbfcb2",
    "scalars": "da3acca41950ee026123a464de476a23",
    "users": "e4d8c8ddb88c66e811acbed45e5ad107",
    "variables": "e94f03ce265ab54dff01622999383d9d",
    "bounds": "1b233a0d7442e059158206da3d229bda",
    "bounds_turned": "1b233a0d7442e059158206da3d229bda",
    "bounds_grouped": "1b233a0d7442e059158206da3d229bda",
    "bounds_none": "bbb4aee4b1f8d6632f548a489ccadd90",
    "inner_bounds": "00aba28c463beb9d95588d19e3e03c54",
    "tuples": "d7541a3333655d9c79e12c174b2f3257",
    "collected": "845d8d21bc9b3b4fc9c4ade8a83b2c53",
    "implicit": "5ca5b5268fbfe07d7ddfc22203395433",
    "defaults": "b92a35b7dde72bb512a51e248947f9da",
    "a_one": "7a9f7df82d8a84f468ff1a50cca2cfaa",
    "a_true": "c1f562df67c4797246efa3ad79b9aab7",
    "a_float": "245f1cb4f4f80f7a6ca7f31136fdc135",
    "a_minus_zero": "fdc3a743bf48751a8ce3654d7d67a411",
    "a_zero": "b95e975a5e384803dcb94fb152a91b88",
    "documented": "4f77dad3aa4d77eb97daa06fcbf33687",
    "returning": "4f77dad3aa4d77eb97daa06fcbf33687",
    "Data": "8307fd4223da66654150df62aad41561",
    "Attrs": "5f686a0a917238e04d431614fc94afdf",
    "Options": "b2287c574ccf5e5455bd78b44fea4626",
    "Point": "50c5024994946c3627b80a6984b8d0d6",
    "wrapped": "97f1c1e819e16f6aea7a9ea7d38f9023",
    "PARTIAL": "8f2de171f517fcee1b60dbe3bcd4abc8",
}


def of(name: str) -> str:
    return fingerprint(read_schema(signatures.EVERYTHING[name]))


@pytest.mark.parametrize("name", signatures.EVERYTHING)
def test_every_python_gives_the_fingerprint_that_is_written_down(name: str) -> None:
    assert of(name) == GOLDEN[name]


def test_nothing_that_is_written_down_is_gone() -> None:
    assert set(GOLDEN) == set(signatures.EVERYTHING)


SAME = [
    ("optional_old", "optional_new", "optional_turned", "documented", "returning"),
    ("generics_old", "generics_new", "generics_text"),
    ("abstract_old", "abstract_new"),
    ("literals", "literals_turned"),
    ("bounds", "bounds_turned", "bounds_grouped"),
    ("kinds", "named_backwards"),
]


@pytest.mark.parametrize("names", SAME)
def test_one_signature_has_one_fingerprint_however_it_is_written(names: tuple[str, ...]) -> None:
    assert len(set(map(of, names))) == 1


def test_signatures_that_differ_have_different_fingerprints() -> None:
    one_of_each = set(signatures.EVERYTHING) - {name for names in SAME for name in names[1:]}
    for first, second in combinations(sorted(one_of_each), 2):
        assert of(first) != of(second), (first, second)


def test_a_parameter_that_is_open_counts() -> None:
    schema = read_schema(signatures.kinds)
    opened = {**schema.parameters, "b": attrs.evolve(schema.parameters["b"], open=True)}
    assert fingerprint(attrs.evolve(schema, parameters=opened)) != fingerprint(schema)


def test_a_signature_that_cannot_be_read_has_a_fingerprint_of_its_own() -> None:
    assert fingerprint(Schema("x", opaque=True)) != fingerprint(Schema("x"))


def test_what_the_function_is_called_does_not_count() -> None:
    assert fingerprint(Schema("x")) == fingerprint(Schema("y"))


PROGRAM = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("signatures_of_tests", sys.argv[1])
module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from registry.records.fingerprint import fingerprint
from registry.signatures import read_schema
if sys.argv[2:] == ["twin"]:
    import registry.records.values as values, registry.records.fingerprint as home
    home.identity_of = repr
print({name: fingerprint(read_schema(value)) for name, value in module.EVERYTHING.items()})
"""


def in_a_process(seed: int, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(FILE), *arguments],
        env={"PYTHONHASHSEED": str(seed)},
        capture_output=True,
        check=True,
        text=True,
    ).stdout


def test_every_process_gives_the_same_fingerprints() -> None:
    assert in_a_process(1) == in_a_process(2)


def test_a_fingerprint_of_reprs_would_be_caught() -> None:
    """The twin: the `repr` of a default may hold an address in memory, or a set in any order."""
    assert in_a_process(1, "twin") != in_a_process(2, "twin")


def test_a_default_without_a_form_counts_by_its_type() -> None:
    def with_default(value: Any) -> Callable[..., None]:
        def function(a: Any = value) -> None: ...

        return function

    assert fingerprint(read_schema(with_default(object()))) == fingerprint(read_schema(with_default(object())))
    assert fingerprint(read_schema(with_default(object()))) != fingerprint(read_schema(with_default(Path)))


def test_a_default_that_misbehaves_is_never_asked() -> None:
    class Wild:
        def __repr__(self) -> str:
            raise RuntimeError

        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        def __hash__(self) -> int:
            raise RuntimeError

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError

    def function(a: Any = Wild(), b: Any = (Wild(),)) -> None: ...  # noqa: B008  # a default like this is the point

    assert len(fingerprint(read_schema(function))) == 32
