"""Discovery: modules that nobody imported are found when a name is first missed."""

import itertools
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from registry import ConfigError, EntryNotFoundError, FrozenRegistryError, Registry

_NUMBERS = itertools.count()

Package = Callable[[Mapping[str, str]], str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    """Makes a package of files, importable under a name of its own; `PACKAGE` in the files stands for that name."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names: list[str] = []

    def make(files: Mapping[str, str]) -> str:
        name = f"discovered_{next(_NUMBERS)}"
        names.append(name)
        for file, text in {"__init__.py": "", **files}.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).replace("PACKAGE", name))
        return name

    yield make
    for module in [module for module in sys.modules if module.partition(".")[0] in names]:
        del sys.modules[module]


HOLDER = """
    from registry import Registry
    things = Registry("things", discover=["PACKAGE.parts"])
    """
PARTS = {
    "holder.py": HOLDER,
    "parts/__init__.py": "",
    "parts/first.py": "from PACKAGE.holder import things\n@things.register\ndef first(): return 1",
    "parts/deep/__init__.py": "",
    "parts/deep/second.py": "from PACKAGE.holder import things\n@things.register\ndef second(): return 2",
}


def things_of(name: str) -> Registry[Any]:
    module = __import__(f"{name}.holder", fromlist=["things"])
    found: Registry[Any] = module.things
    return found


def test_nothing_is_imported_at_construction_nor_for_a_name_that_is_there(package: Package) -> None:
    name = package(PARTS)
    things = things_of(name)
    things.register("there", print)
    assert things["there"] is print
    assert "there" in things
    assert repr(things)
    assert f"{name}.parts" not in sys.modules


@pytest.mark.parametrize(
    "ask",
    [
        lambda things: things["second"],
        lambda things: things.get("second"),
        lambda things: "second" in things,
        lambda things: things.entry("second"),
        lambda things: len(things) == 2,
        lambda things: sorted(things) == ["first", "second"],
        lambda things: len(things.items()) == 2,
        lambda things: len(things.find()) == 2,
        lambda things: things.build("second") == 2,
        lambda things: things.plan({"_type": "second"}),
        lambda things: things.schema("second"),
        lambda things: "second" in str(things.json_schema()),
        lambda things: things.check("second") == [],
    ],
)
def test_the_first_miss_or_listing_imports_the_modules(package: Package, ask: Callable[[Any], Any]) -> None:
    assert ask(things_of(package(PARTS)))


def test_the_modules_are_imported_once(package: Package) -> None:
    name = package(
        {
            **PARTS,
            "parts/count.py": "import PACKAGE\nPACKAGE.count = 1 + getattr(PACKAGE, 'count', 0)\nraise ValueError",
        }
    )
    things = things_of(name)
    for _ in range(3):
        assert "third" not in things
    assert sys.modules[name].count == 1


def test_a_miss_names_the_packages_that_were_searched(package: Package) -> None:
    name = package(PARTS)
    with pytest.raises(EntryNotFoundError, match=f"packages that were searched: '{name}.parts'"):
        things_of(name)["wavelet"]


def test_a_miss_names_the_modules_that_failed_with_the_reason_and_the_others_are_there(package: Package) -> None:
    name = package(
        {
            **PARTS,
            "parts/a_broken.py": "import no_such_module_at_all",
            "parts/b_leaving.py": "raise SystemExit(3)",
            "parts/__main__.py": "raise RuntimeError('this is a program')",
        }
    )
    things = things_of(name)
    with pytest.raises(EntryNotFoundError) as caught:
        things["wavelet"]
    text = str(caught.value)
    assert f"'{name}.parts.a_broken'" in text
    assert "No module named 'no_such_module_at_all'" in text
    assert f"'{name}.parts.b_leaving', which failed to import: SystemExit: 3" in text
    assert "this is a program" not in text
    assert sorted(things) == ["first", "second"]
    with pytest.raises(ConfigError, match="no_such_module_at_all"):
        things.build("wavelet")


def test_a_package_that_is_not_there_is_named() -> None:
    things = Registry[Any]("things", discover=["no_such_package_here"])
    with pytest.raises(EntryNotFoundError, match="'no_such_package_here', which failed to import"):
        things["x"]
    assert list(things) == []


def test_a_single_package_may_be_given_as_text(package: Package) -> None:
    name = package(PARTS)
    assert Registry[Any]("mine", discover=f"{name}.parts").keys() == []
    assert sorted(things_of(name)) == ["first", "second"]


def test_a_single_module_may_be_named(package: Package) -> None:
    name = package({"holder.py": HOLDER.replace("PACKAGE.parts", "PACKAGE.one"), "one.py": PARTS["parts/first.py"]})
    assert list(things_of(name)) == ["first"]


def test_without_discover_the_message_suggests_it(package: Package) -> None:
    name = package({**PARTS, "holder.py": "from registry import Registry\nthings = Registry('things')"})
    with pytest.raises(EntryNotFoundError, match="discover="):
        things_of(name)["second"]
    __import__(f"{name}.parts.deep.second")
    assert things_of(name)["second"]() == 2


def test_a_module_may_look_up_what_another_one_registers(package: Package) -> None:
    needy = "from PACKAGE.holder import things\nthings.register('needy', things['{}'])"
    name = package(
        {
            **PARTS,
            "parts/a_needy.py": needy.format("second"),
            "parts/z_needy.py": "from PACKAGE.holder import things\nassert 'nothing' not in things",
        }
    )
    things = things_of(name)
    assert things["first"]() == 1
    assert things["needy"] is things["second"]
    assert things.get("nothing") is None


def test_threads_that_miss_at_the_same_time_all_get_the_entry(package: Package) -> None:
    slow = "import time\ntime.sleep(0.05)\n"
    name = package({**PARTS, "parts/a_slow.py": slow, "parts/first.py": slow + PARTS["parts/first.py"]})
    things = things_of(name)
    count = 8
    barrier = threading.Barrier(count)
    got: list[Any] = []

    def work(number: int) -> None:
        barrier.wait()
        ask: list[Callable[[], Any]] = [
            lambda: things["second"](),
            lambda: things.build("second"),
            lambda: len(things),
            lambda: 2 if "second" in things else 0,
        ]
        try:
            got.append(ask[number % 4]())
        except Exception as error:
            got.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [2] * count


def test_no_lock_is_held_while_importing(package: Package) -> None:
    """A module that waits, while it is imported, for another thread that registers must not wait for ever."""
    name = package(
        {
            **PARTS,
            "parts/a_waits.py": """
                import threading
                from PACKAGE.holder import things
                def work():
                    things.register("from a thread", print)
                thread = threading.Thread(target=work)
                thread.start()
                thread.join(timeout=20)
                assert not thread.is_alive()
                """,
        }
    )
    things = things_of(name)
    assert things["first"]() == 1
    assert things["from a thread"] is print


def test_freezing_discovers_first(package: Package) -> None:
    things = things_of(package(PARTS))
    things.freeze()
    assert sorted(things) == ["first", "second"]
    with pytest.raises(FrozenRegistryError):
        things.register(print)


def test_a_check_without_imports_discovers_nothing_and_says_what_it_left_open(package: Package) -> None:
    name = package(PARTS)
    things = things_of(name)
    problems = things.check({"_type": "second", "wrong": 1}, imports=False)
    assert [(problem.code, problem.severity) for problem in problems] == [("not-checked", "note")]
    assert f"{name}.parts" not in sys.modules
    assert things.json_schema(imports=False)
    assert [problem.code for problem in things.check({"_type": "second", "wrong": 1})] == ["unknown-parameter"]
    assert [problem.code for problem in things.check({"_type": "third"}, imports=False)] == ["entry-not-found"]
