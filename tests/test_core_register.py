"""Registering: in every form, again, and in conflict."""

import functools
import inspect
import math
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from registry import (
    DuplicateEntryError,
    Entry,
    EntryNotFoundError,
    FrozenRegistryError,
    InvalidNameError,
    MemoryBackend,
    Reference,
    Registry,
    ValidationContext,
    ValidationError,
)
from registry.model import MISSING, UNREAD, Origin, Unavailable, plain_entry


@pytest.fixture
def shapes() -> Registry[Any]:
    return Registry[Any]("shapes")


def line_of(text: str) -> int:
    """The line of this file that holds a text."""
    return 1 + next(
        number for number, line in enumerate(Path(__file__).read_text(encoding="utf-8").splitlines()) if text in line
    )


# ---------------------------------------------------------------------------------------------- forms


def test_every_form_gives_back_exactly_what_it_was_given(shapes: Registry[Any]) -> None:
    def circle() -> None: ...

    class Square: ...

    assert shapes.register(circle) is circle
    assert shapes.register("round")(circle) is circle
    assert shapes.register("ring", circle) is circle
    assert shapes.register()(Square) is Square
    assert shapes.register(tags="sharp")(Square) is Square
    lazy = Reference("fractions:Fraction")
    assert shapes.register("lazy", lazy) is lazy
    assert list(shapes) == ["circle", "round", "ring", "Square", "lazy"]


@pytest.mark.parametrize(
    "target", [math.sqrt, {"a": 1}, None, Reference("math:sqrt"), Unavailable("it is a lambda"), UNREAD]
)
def test_the_entries_that_are_made_quickly_are_like_all_others(target: object) -> None:
    origin = Origin("a.py", 3)
    usual, quick = Entry("sqrt", target, origin=origin), plain_entry("sqrt", target, origin)
    for field in attrs.fields(Entry):
        assert getattr(quick, field.name, MISSING) == getattr(usual, field.name, MISSING), field.name


def test_all_that_is_said_about_an_entry_is_kept(shapes: Registry[Any]) -> None:
    @shapes.register("circle", aliases=["disc", "round"], tags={"smooth"}, description="All points near one.", sides=0)
    def make_circle() -> None: ...

    entry = shapes.entry("disc")
    assert entry.name == "circle"
    assert entry.aliases == ("disc", "round")
    assert entry.tags == {"smooth"}
    assert entry.description == "All points near one."
    assert entry.metadata == {"sides": 0}
    assert entry.deprecated is None


def test_a_single_text_is_one_alias_and_one_tag(shapes: Registry[Any]) -> None:
    shapes.register("circle", math.tau, aliases="disc", tags="smooth")
    assert shapes.entry("circle").aliases == ("disc",)
    assert shapes.entry("circle").tags == {"smooth"}


def test_data_can_be_registered_under_a_name(shapes: Registry[Any]) -> None:
    shapes.register("sides", {"square": 4})
    shapes.register("nothing", None)
    assert shapes["sides"] == {"square": 4}
    assert shapes["nothing"] is None


def test_a_lazy_entry_without_a_name_is_called_like_its_target(shapes: Registry[Any]) -> None:
    shapes.register(Reference("fractions:Fraction.limit_denominator"))
    assert "limit_denominator" in shapes


@pytest.mark.parametrize("artifact", [lambda: 0, functools.partial(print)])
def test_what_has_no_name_must_be_given_one(shapes: Registry[Any], artifact: Callable[[], object]) -> None:
    with pytest.raises(InvalidNameError, match="no name of its own"):
        shapes.register(artifact)
    with pytest.raises(InvalidNameError, match="no name of its own"):
        shapes.register()(artifact)
    shapes.register("named", artifact)


@pytest.mark.parametrize("name", ["", " x", "x\n", "x" * 256, None])
def test_what_cannot_be_a_name_is_refused(shapes: Registry[Any], name: Any) -> None:
    with pytest.raises(InvalidNameError):
        shapes.register(name, math.sqrt)
    with pytest.raises(InvalidNameError):
        shapes.register("fine", math.sqrt, aliases=[name])
    assert len(shapes) == 0


@pytest.mark.parametrize("name", ["", {"a": 1}, None])
def test_what_cannot_be_a_name_is_refused_before_anything_is_decorated(shapes: Registry[Any], name: Any) -> None:
    with pytest.raises(InvalidNameError):
        shapes.register(name)


@pytest.mark.parametrize("word", ["name", "artifact"])
def test_a_name_or_an_artifact_among_the_metadata_is_refused(shapes: Registry[Any], word: str) -> None:
    about: dict[str, Any] = {word: "circle"}
    with pytest.raises(TypeError, match=f"takes the {word} by position"):
        shapes.register("disc", **about)
    with pytest.raises(TypeError, match=f"takes the {word} by position"):
        shapes.register("disc", math.tau, **about)
    assert len(shapes) == 0


def test_a_single_alias_need_not_be_a_text() -> None:
    registry: Registry[Any, Any, Any] = Registry("shapes")
    registry.register(1, math.tau, aliases=2)
    assert registry[2] == math.tau


def test_name_of_names_what_is_registered_without_a_name() -> None:
    readers = Registry[Any]("readers", name_of=lambda reader: reader.suffix)

    @readers.register
    class CsvReader:
        suffix = ".csv"

    instance = CsvReader()
    instance.suffix = ".tsv"
    readers.register(instance)
    assert dict(readers.items()) == {".csv": CsvReader, ".tsv": instance}


def test_the_origin_is_the_line_that_registered(shapes: Registry[Any]) -> None:
    @shapes.register  # bare
    def circle() -> None: ...

    @shapes.register("named")  # named
    def square() -> None: ...

    shapes.register("direct", math.sqrt)  # direct
    for name, mark in (("circle", "# bare"), ("named", "# named"), ("direct", "# direct")):
        assert str(shapes.entry(name).origin) == f"{__file__}:{line_of(mark)}"


def test_the_signature_in_help_shows_what_can_be_said() -> None:
    assert "name" in inspect.signature(Registry.register).parameters
    assert "aliases:" in (Registry.register.__doc__ or "")


# ---------------------------------------------------------------------------------------------- the same again


def run_cell(code: str, module: str, shapes: Registry[Any]) -> dict[str, Any]:
    """Run code as a cell of this module, as a notebook and a reload do."""
    namespace: dict[str, Any] = {"__name__": module, "shapes": shapes}
    exec(textwrap.dedent(code), namespace)
    return namespace


def test_the_same_definition_again_replaces_it_silently(shapes: Registry[Any]) -> None:
    cell = """
        @shapes.register
        def circle(): return {}

        @shapes.register
        class Square: sides = {}
        """
    run_cell(cell.replace("{}", "1"), "__main__", shapes)
    second = run_cell(cell.replace("{}", "2"), "__mp_main__", shapes)
    assert shapes["circle"] is second["circle"]
    assert shapes["circle"]() == 2
    assert shapes["Square"].sides == 2


@pytest.mark.parametrize(
    "cell",
    [
        "shapes.register('circle', lambda: 1)",
        "def make():\n    def circle(): ...\n    return circle\nshapes.register(make())",
        "import functools\nshapes.register('circle', functools.partial(print))",
        "shapes.register('circle', [1])",
    ],
)
def test_what_has_no_address_is_the_same_only_if_it_is_the_same_object(shapes: Registry[Any], cell: str) -> None:
    run_cell(cell, "__main__", shapes)
    artifact = shapes["circle"]
    shapes.register("circle", artifact)
    with pytest.raises(DuplicateEntryError):
        run_cell(cell, "__main__", shapes)
    assert shapes["circle"] is artifact


def test_the_same_name_in_another_module_is_another_definition(shapes: Registry[Any]) -> None:
    cell = "@shapes.register\ndef circle(): ..."
    run_cell(cell, "first", shapes)
    with pytest.raises(DuplicateEntryError):
        run_cell(cell, "second", shapes)


def test_a_reference_and_what_it_leads_to_are_the_same_definition(shapes: Registry[Any]) -> None:
    from fractions import Fraction

    shapes.register("ratio", Reference("fractions:Fraction"))
    shapes.register("ratio", Fraction)
    assert shapes["ratio"] is Fraction
    shapes.register("ratio", Reference("fractions:Fraction"))
    assert shapes["ratio"] is Fraction


def test_registering_again_changes_what_is_known_and_which_aliases_there_are(shapes: Registry[Any]) -> None:
    shapes.register("root", math.sqrt, aliases=["a", "b"], tags="old")
    shapes.register("root", math.sqrt, aliases=["b", "c"], tags="new")
    assert shapes.entry("root").tags == {"new"}
    assert "a" not in shapes
    assert shapes["b"] is shapes["c"] is math.sqrt


# ---------------------------------------------------------------------------------------------- conflicts


def test_a_conflict_shows_both_origins_as_file_and_line(shapes: Registry[Any]) -> None:
    shapes.register("area", math.sqrt)  # the first
    with pytest.raises(DuplicateEntryError) as caught:
        shapes.register("area", math.floor)  # the second
    origins = [f"{__file__}:{line_of('# the first')}", f"{__file__}:{line_of('# the second')}"]
    assert all(origin in caught.value.message for origin in origins)
    assert caught.value.context["origins"] == origins
    assert "replace=True" in caught.value.suggestions[0]
    assert shapes["area"] is math.sqrt


def test_replace_puts_the_new_definition_in_place(shapes: Registry[Any]) -> None:
    shapes.register("area", math.sqrt, aliases=["size"])
    shapes.register("area", math.floor, replace=True)
    assert shapes["area"] is math.floor
    assert "size" not in shapes


def test_a_registry_may_replace_or_keep() -> None:
    for on_conflict, kept in (("replace", math.floor), ("keep", math.sqrt)):
        shapes = Registry[Any]("shapes", on_conflict=on_conflict)  # type: ignore[arg-type]  # a text in a loop
        shapes.register("area", math.sqrt)
        assert shapes.register("area", math.floor) is math.floor
        assert shapes["area"] is kept


def test_keep_leaves_out_the_aliases_that_others_have() -> None:
    shapes = Registry[Any]("shapes", on_conflict="keep")
    shapes.register("a", math.sqrt, aliases=["x"])
    shapes.register("b", math.floor, aliases=["x", "y"])
    assert shapes["x"] is math.sqrt
    assert shapes["y"] is math.floor
    assert shapes.entry("b").aliases == ("y",)


def test_an_alias_conflicts_with_names_and_aliases_of_others(shapes: Registry[Any]) -> None:
    shapes.register("a", math.sqrt, aliases=["x"])
    for name, aliases in (("b", ["a"]), ("b", ["x"]), ("x", [])):
        with pytest.raises(DuplicateEntryError):
            shapes.register(name, math.floor, aliases=aliases)
    assert list(shapes) == ["a"]
    assert "b" not in shapes


def test_a_name_that_replaces_an_alias_leaves_the_target_without_it(shapes: Registry[Any]) -> None:
    shapes.register("a", math.sqrt, aliases=["x", "y"])
    shapes.register("x", math.floor, replace=True)
    assert shapes["x"] is math.floor
    assert shapes.entry("a").aliases == ("y",)
    shapes.unregister("a")
    assert list(shapes) == ["x"]


def test_a_name_listed_among_its_own_aliases_is_no_conflict(shapes: Registry[Any]) -> None:
    shapes.register("a", math.sqrt, aliases=["a", "b", "b"])
    assert shapes.entry("a").aliases == ("b",)


# ---------------------------------------------------------------------------------------------- taking out


def test_aliases_go_with_their_target_and_an_alias_goes_alone(shapes: Registry[Any]) -> None:
    shapes.register("a", math.sqrt, aliases=["x", "y"])
    shapes.unregister("x")
    assert "x" not in shapes
    assert shapes["y"] is math.sqrt
    assert shapes.entry("a").aliases == ("y",)
    shapes.unregister("a")
    assert "y" not in shapes
    assert len(shapes) == 0


def test_taking_out_what_is_not_there_is_an_error(shapes: Registry[Any]) -> None:
    with pytest.raises(EntryNotFoundError):
        shapes.unregister("a")


def test_clear_takes_out_everything(shapes: Registry[Any]) -> None:
    shapes.register("a", math.sqrt, aliases=["x"])
    shapes.clear()
    assert list(shapes) == []
    assert "x" not in shapes
    shapes.register("x", math.floor)


def test_a_frozen_registry_changes_no_more(shapes: Registry[Any]) -> None:
    shapes.register("a", math.sqrt)
    shapes.freeze()
    for change in (
        lambda: shapes.register("b", math.floor),
        lambda: shapes.register("a", math.sqrt),
        lambda: shapes.unregister("a"),
        lambda: shapes.clear(),
        lambda: shapes.register_many({"b": math.floor}),
    ):
        with pytest.raises(FrozenRegistryError, match="'shapes' is frozen"):
            change()
    assert shapes["a"] is math.sqrt


def test_others_may_still_change_the_backend_of_a_frozen_registry() -> None:
    backend: dict[str, Entry[Any]] = {}
    mine, theirs = Registry[Any]("mine", backend=backend), Registry[Any]("theirs", backend=backend)
    mine.freeze()
    theirs.register("a", math.sqrt)
    assert mine["a"] is math.sqrt


# ---------------------------------------------------------------------------------------------- validators


def wrapped(artifact: Any, context: ValidationContext) -> Any:
    """A validator that coerces."""
    if not callable(artifact):
        raise ValidationError(f"{context.entry!r} cannot be called.")

    @functools.wraps(artifact)
    def inner(*arguments: Any) -> Any:
        return artifact(*arguments)

    return inner


def test_a_refused_artifact_is_not_registered_and_a_coerced_one_is_kept_coerced() -> None:
    seen: list[ValidationContext] = []

    def spy(artifact: Any, context: ValidationContext) -> None:
        seen.append(context)

    shapes = Registry[Any]("shapes", validators=[spy, wrapped])
    with pytest.raises(ValidationError, match="'three' cannot be called"):
        shapes.register("three", 3)
    assert "three" not in shapes
    assert shapes.register("area", math.sqrt, unit="m") is math.sqrt
    assert shapes["area"].__wrapped__ is math.sqrt
    assert seen[-1] == ValidationContext("shapes", "area", "write", {"unit": "m"})


def test_a_coerced_definition_may_be_registered_again() -> None:
    shapes = Registry[Any]("shapes", validators=[wrapped])
    shapes.register("area", math.sqrt)
    shapes.register("area", math.sqrt)
    with pytest.raises(DuplicateEntryError):
        shapes.register("area", math.floor)


def test_a_lazy_artifact_is_validated_when_it_is_first_resolved() -> None:
    operations: list[str] = []

    def spy(artifact: Any, context: ValidationContext) -> None:
        operations.append(context.operation)
        if artifact is math.floor:
            raise ValidationError("No floors.")

    shapes = Registry[Any]("shapes", validators=[spy], cache={})
    shapes.register("root", Reference("math:sqrt"))
    shapes.register("floor", Reference("math:floor"))
    assert operations == []
    assert shapes["root"] is shapes["root"] is math.sqrt
    assert operations == ["read"]
    with pytest.raises(ValidationError, match="No floors"):
        shapes["floor"]


def test_live_artifacts_that_a_backend_held_are_taken_as_they_are() -> None:
    def refuse(artifact: Any, context: ValidationContext) -> None:
        raise ValidationError("Refused.")

    shapes = Registry[Any]("shapes", backend={"root": Entry("root", math.sqrt)}, validators=[refuse])
    assert shapes["root"] is math.sqrt


def test_validate_says_what_register_would_say_and_registers_nothing() -> None:
    shapes = Registry[Any]("shapes", validators=[wrapped])
    assert shapes.validate(math.sqrt).__wrapped__ is math.sqrt
    assert shapes.validate(Reference("math:sqrt")).__wrapped__ is math.sqrt
    with pytest.raises(ValidationError, match="'three'"):
        shapes.validate(3, "three")
    assert len(shapes) == 0


def test_verdicts_are_remembered_for_the_same_object_and_context() -> None:
    calls: list[Any] = []

    def spy(artifact: Any, context: ValidationContext) -> None:
        calls.append(context.entry)
        if artifact is math.floor:
            raise ValidationError("No floors.")

    shapes = Registry[Any]("shapes", validators=[spy])
    for _ in range(3):
        shapes.validate(math.sqrt, "a")
        with pytest.raises(ValidationError, match="No floors") as caught:
            shapes.validate(math.floor, "b")
        assert caught.value.__context__ is None
    shapes.validate(math.sqrt, "c")
    shapes.validate(math.sqrt, "a", unit="m")
    assert calls == ["a", "b", "c", "a"]


def test_verdicts_about_data_are_not_remembered_since_data_changes() -> None:
    def short(artifact: Any, context: ValidationContext) -> None:
        if len(artifact) > 2:
            raise ValidationError("Too long.")

    shapes = Registry[Any]("shapes", validators=[short])
    data = [1, 2]
    shapes.validate(data, "x")
    data.append(3)
    with pytest.raises(ValidationError, match="Too long"):
        shapes.validate(data, "x")


def test_registries_that_share_a_cache_do_not_share_verdicts() -> None:
    def refuse(artifact: Any, context: ValidationContext) -> None:
        raise ValidationError("Refused.")

    cache: dict[Any, Any] = {}
    strict = Registry[Any]("same", validators=[refuse], cache=cache)
    lenient = Registry[Any]("same", validators=[lambda artifact, context: None], cache=cache)
    with pytest.raises(ValidationError, match="Refused"):
        strict.validate(math.sqrt, "x")
    assert lenient.validate(math.sqrt, "x") is math.sqrt


# ---------------------------------------------------------------------------------------------- threads


def in_threads(count: int, work: Callable[[int], None]) -> list[BaseException]:
    """Run work in threads that begin at the same moment; gives what they raised."""
    barrier = threading.Barrier(count)
    raised: list[BaseException] = []

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.parametrize("backend", [None, {}])
def test_of_threads_that_claim_one_name_exactly_one_wins(backend: Any) -> None:
    def race() -> None:
        shapes = Registry[Any]("shapes", backend=None if backend is None else dict(backend))
        artifacts = [object() for _ in range(6)]
        raised = in_threads(6, lambda number: shapes.register("x", artifacts[number], aliases=["y"][: number % 2]))
        assert len(raised) == 5
        assert all(isinstance(error, DuplicateEntryError) for error in raised)
        assert shapes["x"] in artifacts

    for _ in range(30):
        race()


def test_threads_may_register_while_others_iterate() -> None:
    shapes = Registry[Any]("shapes")
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def work(number: int) -> None:
        for index in range(100):
            if number % 2:
                shapes.register(f"{number}-{index}", object(), aliases=[f"alias {number}-{index}"])
            else:
                assert len(shapes.keys()) <= len(shapes.items()) <= 300

    try:
        raised = in_threads(6, work)
    finally:
        sys.setswitchinterval(interval)
    assert raised == []
    assert len(shapes) == 300
    assert all(f"alias {name}" in shapes for name in shapes)


def test_a_finalizer_may_register_while_its_artifact_is_replaced() -> None:
    shapes = Registry[Any]("shapes")

    class Last:
        def __del__(self) -> None:
            shapes.register("after", math.sqrt)

    shapes.register("x", Last())
    shapes.register("x", math.floor, replace=True)
    assert shapes["after"] is math.sqrt


def test_nothing_of_the_users_runs_under_the_lock() -> None:
    """An artifact whose attributes wait for another thread that registers must not stop it."""
    shapes = Registry[Any]("shapes")
    registered = threading.Event()

    def register_other() -> None:
        shapes.register("other", math.sqrt)
        registered.set()

    class Slow:
        def __getattribute__(self, attribute: str) -> Any:
            if attribute == "__module__":
                other = threading.Thread(target=register_other)
                other.start()
                other.join(timeout=20)
            return super().__getattribute__(attribute)

    shapes.register("x", math.floor)
    with pytest.raises(DuplicateEntryError):
        shapes.register("x", Slow())
    assert registered.is_set()


class Sly:
    """An artifact with an address whose first reading has a consequence, as user code may have any."""

    def __init__(self, consequence: Callable[[], object]) -> None:
        self.consequences = [consequence]

    def __call__(self) -> None: ...

    def __getattribute__(self, name: str) -> Any:
        if name == "__qualname__":
            for consequence in iter(lambda: self.consequences.pop() if self.consequences else None, None):
                consequence()
            return math.sqrt.__qualname__
        return math.sqrt.__module__ if name == "__module__" else super().__getattribute__(name)


def test_a_decision_that_others_overtook_is_made_again(shapes: Registry[Any]) -> None:
    shapes.register("x", Sly(lambda: shapes.register("x", math.floor, replace=True)))
    with pytest.raises(DuplicateEntryError):
        shapes.register("x", math.sqrt)  # the same definition as Sly's, which is gone by the time it counts
    assert shapes["x"] is math.floor


def test_what_is_registered_waits_for_a_batch_that_replaces_the_entries() -> None:
    backend = MemoryBackend[str, Any]()
    shapes = Registry[Any]("shapes", backend=backend)
    with backend.writing:  # as a batch does while it copies them
        thread = threading.Thread(target=shapes.register, args=("ring", list))
        thread.start()
        thread.join(0.2)
        assert "ring" not in backend.entries
        backend.entries = {}
    thread.join(20)
    assert shapes["ring"] is list
