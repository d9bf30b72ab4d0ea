"""Entries as records: what can be shared, and a refusal that says why and what to do for what cannot."""

import functools
import importlib
import json
import math
import operator
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from registry import Entry, Reference
from registry.errors import NotShareableError
from registry.model import UNREAD, Origin, Unavailable
from registry.records import Record, record_of
from registry.records.fingerprint import fingerprint
from registry.schema import Schema
from registry.signatures import read_schema


def huber(prediction: float, target: float, delta: float = 1.0) -> float:
    """Be quadratic near zero.

    Args:
        delta: Where it becomes linear.
    """
    return 0.0


class Trainer:
    """Train."""

    def __init__(self, epochs: int = 1) -> None:
        self.epochs = epochs

    @classmethod
    def quick(cls) -> "Trainer":
        return cls(1)

    class Inner:
        pass


def _private() -> None: ...


here = __name__


# ---------------------------------------------------------------------------------------------- references


@pytest.mark.parametrize(
    ("artifact", "name"),
    [(huber, "huber"), (Trainer, "Trainer"), (Trainer.Inner, "Trainer.Inner"), (Trainer.quick, "Trainer.quick")],
)
def test_a_function_or_class_is_recorded_by_its_address(artifact: Any, name: str) -> None:
    record = record_of(Entry("x", artifact))
    assert (record.kind, record.reference) == ("reference", f"{here}:{name}")
    assert record.fingerprint == fingerprint(read_schema(artifact))
    assert Record.from_bytes(record.to_bytes()) == record


def test_a_record_tells_all_that_is_known_of_an_entry() -> None:
    entry = Entry(
        "huber",
        huber,
        aliases=("h",),
        tags=frozenset({"robust", "loss"}),
        description="A loss.",
        deprecated="Use 'smooth'.",
        metadata={"paper": {"year": 1964}},
        origin=Origin(__file__, 12),
    )
    record = record_of(entry)
    assert (record.aliases, record.tags, record.description) == (("h",), ("loss", "robust"), "A loss.")
    assert (record.deprecated, record.metadata) == ("Use 'smooth'.", {"paper": {"year": 1964}})
    assert record.schema is not None
    assert record.schema["description"] == "Be quadratic near zero."
    assert record.schema["parameters"][2]["default"] == 1.0
    assert record.origin is not None
    assert (record.origin.module, record.origin.line) == (here, 12)
    assert record.origin.file.endswith("records/test_encode.py")


def test_no_path_of_this_machine_is_in_a_record() -> None:
    for file in (__file__, "/home/somebody/project/train.py", "C:\\Users\\somebody\\train.py", "<stdin>", ""):
        text = record_of(Entry("x", huber, origin=Origin(file, 3))).to_bytes().decode()
        assert str(Path(__file__).parents[2]) not in text
        assert "somebody" not in text or "\\" in file


def test_a_file_is_named_as_it_lies_in_its_package(packages: Any) -> None:
    folder = packages(
        {"acme/deep/losses.py": "def huber(): ...", "acme/__init__.py": "def top(): ...\n__version__ = '7'"}
    )
    losses, acme = importlib.import_module("acme.deep.losses"), importlib.import_module("acme")
    origin = record_of(Entry("x", losses.huber, origin=Origin(losses.__file__, 1))).origin
    assert origin is not None
    assert (origin.file, origin.module, origin.version) == ("acme/deep/losses.py", "acme.deep.losses", "7")
    origin = record_of(Entry("x", acme.top, origin=Origin(acme.__file__, 1))).origin
    assert origin is not None
    assert origin.file == "acme/__init__.py"
    origin = record_of(Entry("x", losses.huber, origin=Origin(str(folder / "scripts" / "run.py"), 1))).origin
    assert origin is not None
    assert origin.file == "scripts/run.py"


@pytest.mark.parametrize(
    ("artifact", "distribution"), [(attrs.has, "attrs"), (json.dumps, "python"), (Entry, "registry-kit")]
)
def test_the_distribution_and_its_version_are_told(artifact: Any, distribution: str) -> None:
    origin = record_of(Entry("x", artifact)).origin
    assert origin is not None
    assert origin.distribution == distribution
    assert origin.version[0].isdigit()


def test_a_distribution_that_is_called_otherwise_than_its_package_is_found() -> None:
    import sklearn  # type: ignore[import-untyped]  # has no types
    from sklearn.svm import SVC  # type: ignore[import-untyped]  # has no types

    origin = record_of(Entry("x", SVC)).origin
    assert origin is not None
    assert (origin.distribution, origin.version) == ("scikit-learn", sklearn.__version__)


def test_what_a_private_module_defines_is_recorded_as_its_package_offers_it() -> None:
    from sklearn.svm import SVC

    assert SVC.__module__ == "sklearn.svm._classes"
    assert record_of(Entry("x", SVC)).reference == "sklearn.svm:SVC"


def test_a_reference_is_recorded_without_importing_it() -> None:
    before = set(sys.modules)
    record = record_of(Entry("x", Reference("antigravity:fly"), tags=frozenset({"a"})))
    assert (record.reference, record.schema, record.fingerprint, record.tags) == ("antigravity:fly", None, None, ("a",))
    assert "antigravity" not in set(sys.modules) - before


def test_what_was_imported_for_a_reference_is_recorded_by_that_reference() -> None:
    entry = Entry("x", huber, reference=Reference(f"{here}:huber"))
    assert record_of(entry).reference == f"{here}:huber"
    assert record_of(entry).fingerprint == fingerprint(read_schema(huber))
    alias = Entry("x", huber, reference=Reference("acme:offered"))
    assert record_of(alias).reference == "acme:offered"


def test_open_parameters_are_recorded_where_the_registry_says_them() -> None:
    def schema(artifact: Any) -> Schema:
        read = read_schema(artifact)
        opened = {name: attrs.evolve(p, open=name != "delta") for name, p in read.parameters.items()}
        return attrs.evolve(read, parameters=opened, makes_function=True)

    record = record_of(Entry("x", huber), schema=schema)
    assert record.schema is not None
    assert [parameter.get("open", False) for parameter in record.schema["parameters"]] == [True, True, False]
    assert record.fingerprint != record_of(Entry("x", huber)).fingerprint


def test_an_alias_is_a_record_of_its_own() -> None:
    record = record_of(Entry("h", None, alias_of="huber"))
    assert (record.kind, record.alias_of) == ("alias", "huber")


def test_a_brief_record_has_what_counts_and_nothing_more() -> None:
    entry = Entry("x", huber, tags=frozenset({"a"}), origin=Origin(__file__, 1))
    brief = record_of(entry, brief=True)
    assert (brief.schema, brief.origin) == (None, None)
    assert attrs.evolve(record_of(entry), schema=None, origin=None) == brief


# ---------------------------------------------------------------------------------------------- while a module runs

DECORATED = """
    import functools
    from registry import Entry
    from registry.records import record_of

    seen = {}

    def register(artifact):
        seen[artifact.__qualname__] = record_of(Entry("x", artifact)).reference
        return artifact

    def twice(function):
        @functools.wraps(function)
        def inner():
            return 2 * function()
        return inner

    @register
    def plain(): ...

    @register
    class Box:
        @register
        def method(self): ...

        @register
        class Inner: ...

    @twice
    @register
    def within(): ...

    refused = []
    try:
        register(twice(within))
    except ValueError as error:
        refused.append(str(error))

    @register
    @twice
    def around(): ...

    def again(): ...

    @register
    def again(): ...

    @register
    @functools.lru_cache
    def cached(): ...
    """


def test_a_decorator_knows_the_address_of_what_its_module_is_about_to_hold(packages: Any) -> None:
    packages({"acme/losses.py": DECORATED})
    losses = importlib.import_module("acme.losses")
    names = ["plain", "Box.method", "Box.Inner", "Box", "within", "around", "again", "cached"]
    assert losses.seen == {name: f"acme.losses:{name}" for name in names}
    assert "'acme.losses:within' is not, or no longer, this object" in losses.refused[0]


def test_a_module_that_is_reloaded_registers_the_same_again(packages: Any) -> None:
    packages({"acme/losses.py": DECORATED})
    losses = importlib.import_module("acme.losses")
    assert importlib.reload(losses).seen["plain"] == "acme.losses:plain"


def test_what_a_module_is_not_about_to_hold_any_more_is_refused(packages: Any) -> None:
    packages({"acme/losses.py": "def huber(): ...\nkept = huber\ndel huber"})
    losses = importlib.import_module("acme.losses")
    with pytest.raises(NotShareableError, match=r"'acme\.losses:huber' is not, or no longer, this object"):
        record_of(Entry("x", losses.kept))


SCRIPT = """
from registry import Entry
from registry.errors import NotShareableError
from registry.records import record_of

def huber(): ...

try:
    print(record_of(Entry("huber", huber)).reference)
except NotShareableError as error:
    print(error)
"""


def run(*arguments: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_function_of_a_script_is_refused_since_others_have_another_main(packages: Any) -> None:
    folder = packages({"acme/train.py": SCRIPT})
    told = run("acme/train.py", folder=folder)
    assert "'huber' cannot be shared with other processes: it is defined in '__main__'" in told
    assert "python -m package.module" in told


def test_a_function_of_a_module_that_runs_with_m_is_shared_as_others_import_it(packages: Any) -> None:
    folder = packages({"acme/train.py": SCRIPT, "acme/__main__.py": SCRIPT})
    assert run("-m", "acme.train", folder=folder) == "acme.train:huber\n"
    assert "'__main__' begins with an underscore" in run("-m", "acme", folder=folder)


# ---------------------------------------------------------------------------------------------- refusals


def made_inside() -> Any:
    def inner() -> None: ...

    return inner


def made_class_inside() -> Any:
    class Inner: ...

    return Inner


class Called:
    def __call__(self) -> None: ...

    def method(self) -> None: ...


def wrapped_elsewhere() -> Any:
    @functools.wraps(huber)
    def inner(*args: Any) -> float:
        return 2 * huber(*args)

    return inner


CALLED = Called()
REFUSED: dict[str, tuple[Any, str, str]] = {
    "a lambda": (lambda: 0, "it is a lambda", "top level"),
    "a local function": (made_inside(), "'made_inside.<locals>.inner' is defined inside a function", "top level"),
    "a local class": (made_class_inside(), "is defined inside a function", "top level"),
    "a partial": (functools.partial(huber, 1.0), "an object of 'partial' that no module names", "register Reference("),
    "a callable object": (CALLED, "an object of 'Called' that no module names", "register Reference("),
    "a wrapper of what the module holds": (wrapped_elsewhere(), "is not, or no longer, this object", "this decorator"),
    "a partial that calls itself so": (
        functools.update_wrapper(functools.partial(huber, 1.0), huber),
        "is not, or no longer, this object",
        "this decorator",
    ),
    "an attribute getter": (operator.attrgetter("x"), "an object of 'attrgetter'", "register Reference("),
    "a bound method": (Called().method, "is not, or no longer, this object", "put this decorator above"),
    "a private function": (_private, "'_private' begins with an underscore", "public address"),
    "a private reference": (Reference("acme._losses:Huber"), "no process follows 'acme._losses:Huber'", "public"),
    "a reference to a script": (Reference("__main__:huber"), "it is defined in '__main__'", "python -m"),
    "a dunder": (Reference("acme.losses:Huber.__init__"), "begins with an underscore", "public"),
    "a reference that only looks like another": (Reference("\uff41cme:Huber"), "(NFKC)", "public"),
    "what stayed elsewhere": (Unavailable("it is a lambda"), "it is a lambda", ""),
    "what was not read": (UNREAD, "it was not read yet", ""),
    "a tuple": ((1, 2), "it is a 'tuple', which JSON does not have", "attrs class"),
    "a set": ({1}, "it is a 'set', which JSON does not have", "attrs class"),
    "bytes": (b"x", "it is a 'bytes', which JSON does not have", "attrs class"),
    "NaN": (math.nan, "it is nan, which JSON does not have", "plain values"),
    "infinity inside": ({"a": [math.inf]}, "'a[0]' in it is inf, which JSON does not have", "plain values"),
    "a key that is a number": ({"a": {1: 2}}, "'a' in it has a key 1 that is no text", "plain values"),
    "a tuple inside": ({"a": (1,)}, "'a' in it is a 'tuple', which JSON does not have", "plain values"),
    "half of a surrogate pair": (["\ud800"], "half of a surrogate pair", "plain values"),
    "a module": (sys, "cannot be shared", ""),
    "an open file": (sys.stdout, "cannot be shared", ""),
    "an iterator": (iter([1]), "cannot be shared", "converter"),
}


@pytest.fixture
def as_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what runs be a script, as it is in a worker of xdist; `python -m pytest` has others import its module."""
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)


@pytest.mark.usefixtures("as_script")
@pytest.mark.parametrize("name", REFUSED)
def test_what_no_record_can_hold_is_refused_with_why_and_what_to_do(name: str) -> None:
    artifact, why, advice = REFUSED[name]
    with pytest.raises(NotShareableError) as caught:
        record_of(Entry("it", artifact))
    assert caught.value.message.startswith("'it'")
    assert why in caught.value.message
    assert advice in " ".join(caught.value.suggestions)
    assert caught.value.context["reason"]


@pytest.mark.parametrize(
    ("metadata", "path"),
    [({"paper": {"authors": ("a", "b")}}, "paper.authors"), ({"x": math.nan}, "x"), ({"f": [huber]}, "f[0]")],
)
def test_metadata_that_json_does_not_have_are_refused_by_their_key(metadata: dict[str, Any], path: str) -> None:
    with pytest.raises(NotShareableError) as caught:
        record_of(Entry("x", huber, metadata=metadata))
    assert f"'{path}' of its metadata" in caught.value.message
    assert caught.value.context["path"] == path


@pytest.mark.parametrize(
    "said",
    [{"aliases": (1,)}, {"tags": frozenset({3})}, {"description": "\ud800"}, {"tags": frozenset({"\udfff"})}],
)
def test_what_is_no_text_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(NotShareableError, match="'x' cannot be shared"):
        record_of(Entry("x", huber, **said))
