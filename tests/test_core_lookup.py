"""Looking up, listing and finding."""

import fractions
import json
import math
import sys
import textwrap
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from registry import (
    BackendError,
    Entry,
    EntryNotFoundError,
    MemoryBackend,
    Reference,
    Registry,
    RemoteError,
    ResolutionError,
    ValidationContext,
)


@pytest.fixture(params=["memory", "dict", "foreign"])
def numbers(request: pytest.FixtureRequest) -> Registry[Any]:
    backends: dict[str, Any] = {"memory": MemoryBackend(), "dict": {}, "foreign": Foreign()}
    registry = Registry[Any]("numbers", backend=backends[request.param])
    registry.register("sqrt", math.sqrt, aliases=["root"], tags=["real"], arguments=1)
    registry.register("gcd", math.gcd, tags=["integer", "exact"], arguments=2)
    registry.register("ratio", Reference("fractions:Fraction"), tags=["exact"], arguments=2)
    return registry


class Foreign:
    """A backend of somebody else: it shows no dict, and gives a new entry at every read."""

    def __init__(self) -> None:
        self.held: dict[Any, Entry[Any]] = {}

    def __getitem__(self, name: Any) -> Entry[Any]:
        return self.held[name]

    def __setitem__(self, name: Any, entry: Entry[Any]) -> None:
        self.held[name] = entry

    def __delitem__(self, name: Any) -> None:
        del self.held[name]

    def __contains__(self, name: object) -> bool:
        return name in self.held

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.held))

    def __len__(self) -> int:
        return len(self.held)

    def setdefault(self, name: Any, entry: Entry[Any]) -> Entry[Any]:
        return self.held.setdefault(name, entry)


def test_a_name_and_its_alias_give_the_artifact(numbers: Registry[Any]) -> None:
    assert numbers["sqrt"] is math.sqrt
    assert numbers["root"] is math.sqrt
    assert numbers.get("root") is math.sqrt


def test_an_alias_is_found_but_neither_listed_nor_counted(numbers: Registry[Any]) -> None:
    assert "root" in numbers
    assert list(numbers) == numbers.keys() == ["sqrt", "gcd", "ratio"]
    assert len(numbers) == 3
    assert numbers._ipython_key_completions_() == ["sqrt", "gcd", "ratio"]


def test_an_alias_gives_the_entry_that_it_stands_for(numbers: Registry[Any]) -> None:
    assert numbers.entry("root").name == "sqrt"
    assert numbers.entry("root").aliases == ("root",)


@pytest.mark.parametrize("backend", [None, {}])
def test_a_look_up_is_one_frame_of_python(backend: Any) -> None:
    numbers = Registry[Any]("numbers", backend=backend)
    numbers.register("sqrt", math.sqrt)
    frames: list[str] = []

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            frames.append(frame.f_code.co_qualname)

    sys.setprofile(profile)
    try:
        numbers["sqrt"]
    finally:
        sys.setprofile(None)
    assert frames == ["Registry.__getitem__"]


def test_get_gives_the_default_for_a_name_that_is_missing(numbers: Registry[Any]) -> None:
    assert numbers.get("cbrt") is None
    assert numbers.get("cbrt", 3) == 3


def test_values_and_items_import_lazy_entries_and_find_does_not(numbers: Registry[Any]) -> None:
    assert [entry.name for entry in numbers.find(tags="exact")] == ["gcd", "ratio"]
    assert numbers.entry("ratio").is_lazy
    assert numbers.values() == [math.sqrt, math.gcd, fractions.Fraction]
    assert dict(numbers.items())["ratio"] is fractions.Fraction


def test_find_asks_for_all_tags_and_exact_metadata(numbers: Registry[Any]) -> None:
    def names(**wanted: Any) -> list[str]:
        return [entry.name for entry in numbers.find(**wanted)]

    assert names(tags=["exact", "integer"]) == ["gcd"]
    assert names(arguments=2) == ["gcd", "ratio"]
    assert names(tags="exact", arguments=2) == ["gcd", "ratio"]
    assert names(colour=None) == []
    assert names() == ["sqrt", "gcd", "ratio"]


def test_a_listing_is_not_changed_by_later_registrations(numbers: Registry[Any]) -> None:
    names, keys = iter(numbers), numbers.keys()
    numbers.register("floor", math.floor)
    assert list(names) == keys == ["sqrt", "gcd", "ratio"]


def test_a_lazy_entry_is_imported_once_and_keeps_its_address(numbers: Registry[Any]) -> None:
    assert numbers["ratio"] is fractions.Fraction
    assert numbers["ratio"] is numbers.get("ratio")


def test_a_resolved_entry_of_an_own_backend_is_as_quick_as_any_other() -> None:
    numbers = Registry[Any]("numbers")
    numbers.register("ratio", Reference("fractions:Fraction"))
    assert numbers["ratio"] is fractions.Fraction
    entry = numbers.entry("ratio")
    assert entry.artifact is fractions.Fraction
    assert entry.reference == Reference("fractions:Fraction")


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("no_such_module_anywhere:x", "ModuleNotFoundError: No module named 'no_such_module_anywhere'"),
        ("fractions:Fractoin", "'fractions' has no 'Fractoin'"),
        ("fractions:Fraction.limit", "'fractions' has no 'Fraction.limit'"),
    ],
)
def test_a_reference_that_leads_nowhere_says_which_and_why(target: str, reason: str) -> None:
    numbers = Registry[Any]("numbers")
    numbers.register("ratio", Reference(target))
    with pytest.raises(ResolutionError) as caught:
        numbers["ratio"]
    assert target in caught.value.message
    assert reason in caught.value.message
    assert "It is 'ratio' of the registry 'numbers'." in caught.value.__notes__
    assert numbers.entry("ratio").is_lazy


def test_a_misspelt_attribute_of_a_reference_gets_a_suggestion() -> None:
    numbers = Registry[Any]("numbers")
    numbers.register("ratio", Reference("fractions:Fractoin"))
    with pytest.raises(ResolutionError) as caught:
        numbers.get("ratio")
    assert caught.value.suggestions == ("did you mean 'Fraction'?",)


def test_a_module_that_registers_itself_when_it_is_imported_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "self_registering.py").write_text(
        textwrap.dedent("""
            from functools import wraps
            from registry_holder_for_tests import things

            def twice(function):
                @wraps(function)
                def inner():
                    return 2 * function()
                return inner

            @things.register
            @twice
            def answer():
                return 21
            """)
    )
    (tmp_path / "registry_holder_for_tests.py").write_text(
        "from registry import Reference, Registry\nthings = Registry('things')\n"
        "things.register('answer', Reference('self_registering:answer'), tags=['lazy'])\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    from registry_holder_for_tests import things  # type: ignore[import-not-found]  # written above

    assert things["answer"]() == 42
    assert not things.entry("answer").is_lazy
    assert list(things) == ["answer"]


# ---------------------------------------------------------------------------------------------- misses


def test_a_miss_is_a_key_error_with_the_close_matches(numbers: Registry[Any]) -> None:
    with pytest.raises(KeyError) as caught:
        numbers["sqr"]
    error = caught.value
    assert isinstance(error, EntryNotFoundError)
    assert error.message == "'numbers' has no entry 'sqr'."
    assert error.suggestions == ("did you mean 'sqrt'?",)
    assert json.dumps(error.context) == '{"registry": "numbers", "name": "sqr"}'


def test_a_miss_without_a_close_match_suggests_import_and_discover(numbers: Registry[Any]) -> None:
    with pytest.raises(EntryNotFoundError, match=r"discover=\('its.package',\)"):
        numbers["wavelet"]


def test_the_suggestions_of_a_miss_are_worked_out_when_somebody_reads_them(numbers: Registry[Any]) -> None:
    with pytest.raises(EntryNotFoundError) as caught:
        numbers["floro"]
    numbers.register("floor", math.floor)
    assert caught.value.suggestions == ("did you mean 'floor'?",)


@pytest.mark.parametrize("name", [[], {}, None, 3, "", "sqrt ", ("sqrt",)])
def test_what_is_no_name_is_missing(numbers: Registry[Any], name: Any) -> None:
    assert name not in numbers
    assert numbers.get(name, "default") == "default"
    with pytest.raises(EntryNotFoundError):
        numbers[name]
    with pytest.raises(EntryNotFoundError):
        numbers.entry(name)


def test_an_alias_whose_target_is_not_there_is_missing() -> None:
    numbers = Registry[Any]("numbers", backend={"root": Entry("root", None, alias_of="sqrt")})
    with pytest.raises(EntryNotFoundError):
        numbers["root"]


# ---------------------------------------------------------------------------------------------- failing backends


class Failing(Foreign):
    def __getitem__(self, name: Any) -> Entry[Any]:
        if name == "bug":
            return self.no_such_attribute  # type: ignore[attr-defined, no-any-return]  # the bug
        if name == "type":
            raise TypeError("a bug of the backend")
        if name == "disk":
            raise OSError("the disk is gone")
        return super().__getitem__(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("bug", "AttributeError"), ("type", "TypeError: a bug of the backend"), ("disk", "OSError: the disk is gone")],
)
def test_an_exception_inside_a_foreign_backend_is_neither_a_miss_nor_swallowed(name: str, reason: str) -> None:
    numbers = Registry[Any]("numbers", backend=Failing())
    with pytest.raises(BackendError, match=reason) as caught:
        numbers[name]
    assert caught.value.__cause__ is not None
    with pytest.raises(BackendError):
        numbers.get(name, None)


FAILURES = [KeyError("a bug"), RuntimeError("a bug"), OSError("the disk is gone")]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_backend_that_cannot_be_listed_is_told_by_the_registry(failure: Exception) -> None:
    class Unlisted(dict[str, Entry[Any]]):
        fails = False

        def __iter__(self) -> Iterator[str]:
            if self.fails:
                raise failure
            return super().__iter__()

        def __contains__(self, name: object) -> bool:
            if self.fails:
                raise failure
            return super().__contains__(name)

    class HalfWay(Unlisted):
        def __iter__(self) -> Iterator[str]:
            yield "sqrt"
            if self.fails:
                raise failure

    for kind in (Unlisted, HalfWay):
        backend = kind(sqrt=Entry("sqrt", math.sqrt))
        numbers = Registry[Any]("numbers", backend=backend)
        backend.fails = True
        uses: list[Callable[[], Any]] = [
            lambda: Registry("others", backend=backend),  # noqa: B023  # called before the next one
            lambda: list(numbers),  # noqa: B023  # likewise
            lambda: "sqrt" in numbers,  # noqa: B023  # likewise
            lambda: numbers.clear(),  # noqa: B023  # likewise
        ]
        for use in uses:
            with pytest.raises(BackendError, match=rf"The backend of '\w+' failed: {type(failure).__name__}") as caught:
                use()
            assert caught.value.__cause__ is failure
        assert caught.value.context == {"registry": "numbers"}
        assert numbers["sqrt"] is math.sqrt


def test_an_entry_that_cannot_be_read_fails_the_registry_that_is_made() -> None:
    class Unread(dict[str, Entry[Any]]):
        def __getitem__(self, name: str) -> Entry[Any]:
            raise OSError("the disk is gone")

    with pytest.raises(BackendError, match="The backend of 'numbers' failed: OSError: the disk is gone"):
        Registry("numbers", backend=Unread(sqrt=Entry("sqrt", math.sqrt)))


def test_what_a_backend_says_in_the_words_of_the_library_stays_as_it_is() -> None:
    class Remote(dict[str, Entry[Any]]):
        def __iter__(self) -> Iterator[str]:
            raise refused

    refused = RemoteError("Nobody answers.")
    with pytest.raises(RemoteError) as caught:
        Registry("numbers", backend=Remote())
    assert caught.value is refused


def test_a_backend_that_gives_something_else_than_an_entry_is_told_so() -> None:
    backend = Foreign()
    numbers = Registry[Any]("numbers", backend=backend)
    backend.held["sqrt"] = math.sqrt  # type: ignore[assignment]  # the mistake
    with pytest.raises(BackendError, match="which is no entry"):
        numbers["sqrt"]


# ---------------------------------------------------------------------------------------------- deprecated


def test_looking_up_a_deprecated_name_warns_at_the_line_that_asked() -> None:
    numbers = Registry[Any]("numbers")
    numbers.register("sqrt", math.sqrt, deprecated="use 'root'", aliases=["r"])
    look_ups: list[Callable[[], Any]] = [lambda: numbers["sqrt"], lambda: numbers.get("sqrt"), lambda: numbers["r"]]
    for look_up in look_ups:
        with pytest.warns(DeprecationWarning, match="'sqrt' of 'numbers' is deprecated: use 'root'") as caught:
            assert look_up() is math.sqrt
        assert len(caught) == 1
        assert (caught[0].filename, caught[0].lineno) == (__file__, look_up.__code__.co_firstlineno)


def test_listing_does_not_warn() -> None:
    numbers = Registry[Any]("numbers")
    numbers.register("sqrt", math.sqrt, deprecated="")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert numbers.values() == [math.sqrt]
        assert "sqrt" in numbers


# ---------------------------------------------------------------------------------------------- parts and life


def test_repr_shows_name_size_and_backend() -> None:
    numbers = Registry[Any]("numbers")
    numbers.register("sqrt", math.sqrt, aliases=["root"])
    assert repr(numbers) == "<Registry 'numbers': 1 entry in MemoryBackend(2 entries)>"
    assert repr(Registry("x", backend={})) == "<Registry 'x': 0 entries in a dict of 0>"


def test_closing_passes_on_to_the_parts_once_or_twice() -> None:
    class Closing(Foreign):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    backend = Closing()
    with Registry("x", backend=backend) as registry:
        assert backend.closed == 0
    assert backend.closed == 1
    registry.close()
    Registry("plain").close()


def test_an_empty_dict_is_a_backend_and_not_the_default() -> None:
    backend: dict[str, Entry[Any]] = {}
    registry = Registry[Any]("x", backend=backend)
    registry.register("sqrt", math.sqrt)
    assert backend["sqrt"].artifact is math.sqrt


def test_a_prefilled_dict_of_entries_works_and_one_of_functions_is_refused() -> None:
    registry = Registry[Any]("x", backend={"sqrt": Entry("sqrt", math.sqrt)})
    assert registry["sqrt"] is math.sqrt
    with pytest.raises(ValueError, match="'sqrt'"):
        Registry("x", backend={"sqrt": math.sqrt})


def test_a_subclass_is_refused_kindly() -> None:
    with pytest.raises(TypeError, match="pass it another backend"):
        type("Mine", (Registry,), {})


@pytest.mark.parametrize("name", ["", " x", None, []])
def test_a_registry_needs_a_proper_name(name: Any) -> None:
    with pytest.raises(ValueError, match="name of a registry"):
        Registry(name)


def test_an_unknown_way_of_meeting_conflicts_is_refused() -> None:
    with pytest.raises(ValueError, match="'explode'"):
        Registry("x", on_conflict="explode")  # type: ignore[arg-type]  # the mistake


def test_names_need_not_be_text() -> None:
    by_shape = Registry[Any, Any, tuple[int, int]]("shapes")
    by_shape.register((1, 2), math.gcd)
    assert by_shape[1, 2] is math.gcd
    with pytest.raises(EntryNotFoundError, match=r"\(2, 2\)|a tuple of 2"):
        by_shape[2, 2]


def test_readers_never_see_a_name_disappear_while_it_is_registered_again() -> None:
    numbers = Registry[Any]("numbers")
    numbers.register("sqrt", math.sqrt)
    done = threading.Event()
    misses: list[Exception] = []

    def read() -> None:
        while not done.is_set():
            try:
                assert numbers["sqrt"] is math.sqrt
            except EntryNotFoundError as error:
                misses.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(300):
        numbers.register("sqrt", math.sqrt, aliases=["root"])
        numbers.register("sqrt", math.sqrt)
    done.set()
    for reader in readers:
        reader.join()
    assert misses == []


def test_what_a_validator_registers_while_an_artifact_is_resolved_stays() -> None:
    def busy(artifact: Any, context: ValidationContext) -> None:
        if context.operation == "read":
            registry.register("root", math.floor, replace=True)

    registry = Registry[Any]("numbers", validators=[busy])
    registry.register("root", Reference("math:sqrt"))
    assert registry["root"] is math.sqrt
    assert registry["root"] is math.floor
