"""The stub that tells type checkers which names are registered: when it is written, and what is in it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from registry.cli.stubs.command import stubs
from registry.cli.stubs.text import MANY
from registry.cli.stubs.types import Types, UnnameableError, quoted
from registry.errors import ResolutionError, ValidationError

SHOP = Path(__file__).with_name("stubs")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the shop, in which commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("REGISTRY_APP", raising=False)
    for name in ("shop.py", "lazy_model.py"):
        shutil.copy(SHOP / name, tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(stubs, arguments)


def test_the_file_and_what_is_said_lead_to_its_use(project: Path) -> None:
    result = run("--app", "shop:losses")
    assert result.stdout.splitlines() == [
        f"11 names in {project / 'shop_registries.pyi'}.",
        "",
        "Now write in shop:",
        "  if TYPE_CHECKING:",
        "      from shop_registries import Losses, Models, Things, CatalogRegistries",
        '  losses = cast("Losses", …)',
        '  models = cast("Models", …)',
        '  things = cast("Things", …)',
        '  catalog = cast("CatalogRegistries", …)',
    ]
    assert result.stderr.startswith('note: Models["gone"] has the type of its registry: ')
    assert result.stderr.count("\n") == 1


def test_the_module_still_runs_with_the_stub_beside_it(project: Path) -> None:
    run("--app", "shop:losses")
    script = "import shop; assert shop.losses['huber'](1.0, 2.0, delta=0.5) == 0.5"
    ran = subprocess.run([sys.executable, "-c", script], cwd=project, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_whichever_registry_of_the_module_is_named_the_stub_is_the_same(project: Path) -> None:
    texts = {run("--app", f"shop:{name}", "--output", "-").stdout for name in ("losses", "things", "catalog")}
    assert len(texts) == 1


def test_the_same_names_in_another_order_give_the_same_stub(project: Path) -> None:
    twins = ["one.register('a', print)\none.register('b', len)\n", "one.register('b', len)\none.register('a', print)\n"]
    texts = set()
    for number, twin in enumerate(twins):
        begin = "from registry import Registry\none = Registry('one')\n"
        project.joinpath(f"app{number}.py").write_text(begin + twin)
        texts.add(run("--app", f"app{number}:one", "--output", "-").stdout.replace(f"app{number}", "app"))
    assert len(texts) == 1
    assert '"a"' in texts.pop()


def test_check_tells_whether_the_stub_is_up_to_date(project: Path) -> None:
    absent = run("--app", "shop:losses", "--check")
    assert isinstance(absent.exception, ValidationError)
    assert "is not there" in str(absent.exception)
    assert not project.joinpath("shop_registries.pyi").exists()
    run("--app", "shop:losses")
    assert run("--app", "shop:losses", "--check").exit_code == 0
    sys.modules["shop"].losses.register("another", sys.modules["shop"].huber)
    stale = run("--app", "shop:losses", "--check")
    assert stale.exit_code == 1
    assert "is out of date" in str(stale.exception)
    run("--app", "shop:losses")
    assert run("--app", "shop:losses", "--check").exit_code == 0


def test_a_file_that_somebody_wrote_is_left_as_it_is(project: Path) -> None:
    target = project / "shop_registries.pyi"
    target.write_text("mine = 1\n")
    assert "was not written by this command" in str(run("--app", "shop:losses").exception)
    assert target.read_text() == "mine = 1\n"


def test_a_stub_that_would_hide_a_module_is_not_written(project: Path) -> None:
    project.joinpath("names.py").touch()
    assert "would hide" in str(run("--app", "shop:losses", "--output", "names.pyi").exception)
    assert not project.joinpath("names.pyi").exists()


def test_an_unwritable_place_is_told_as_such(project: Path) -> None:
    result = run("--app", "shop:losses", "--output", "no/such/folder.pyi")
    assert "cannot be written" in str(result.exception)


def test_in_a_package_the_stub_is_a_module_of_the_package(project: Path) -> None:
    for name in ("acme", "acme/core"):
        project.joinpath(name).mkdir()
        project.joinpath(name, "__init__.py").write_text("from registry import Registry\nlosses = Registry('losses')\n")
    project.joinpath("acme", "parts.py").write_text("from registry import Registry\nparts = Registry('parts')\n")
    wanted = {
        "acme:losses": ("acme/acme_registries.pyi", "acme.acme_registries"),
        "acme.core:losses": ("acme/core/core_registries.pyi", "acme.core.core_registries"),
        "acme.parts:parts": ("acme/parts_registries.pyi", "acme.parts_registries"),
    }
    for app, (file, module) in wanted.items():
        assert run("--app", app).exit_code == 0
        assert f"from {module} import" in project.joinpath(file).read_text()
    named = run("--app", "acme.parts:parts", "--output", "acme/names.pyi")
    assert "from acme.names import Parts" in named.stdout


def test_the_app_may_be_that_of_the_settings(project: Path) -> None:
    project.joinpath("pyproject.toml").write_text('[tool.registry]\napp = "shop:things"\n')
    assert "class Things(" in run("--output", "-").stdout


def test_what_is_no_registry_is_refused(project: Path) -> None:
    assert isinstance(run("--app", "shop:not_a_registry").exception, ResolutionError)


@pytest.mark.parametrize(
    ("arguments", "taken"), [(["--open"], {"__getitem__", "entry", "build", "get"}), ([], {"get"})]
)
def test_any_text_is_taken_as_a_name_where_that_is_asked_for(
    project: Path, arguments: list[str], taken: set[str]
) -> None:
    text = run("--app", "shop:models", "--output", "-", *arguments).stdout
    own = text[text.index("class Models(") : text.index("class Things(")]
    assert set(re.findall(r"def (\w+)\(self, name: str, ", own)) == taken


def test_names_that_no_literal_has_are_taken_by_their_type(project: Path) -> None:
    project.joinpath("app.py").write_text(
        "import enum\n"
        "from registry import Registry\n"
        "class Colour(enum.Enum):\n    RED = 1\n"
        "one = Registry('one')\n"
        "one.register(Colour.RED, 1)\none.register((1, 2), 2)\none.register(7, '3')\n"
    )
    text = run("--app", "app:one", "--output", "-").stdout
    assert "def __getitem__(self, name: Literal[_app.Colour.RED], /) -> int: ..." in text
    assert "def __getitem__(self, name: Literal[7], /) -> str: ..." in text
    assert "def __getitem__(self, name: tuple, /) -> Any: ..." in text


def test_registries_with_the_same_or_awkward_names_have_classes_of_their_own(project: Path) -> None:
    project.joinpath("app.py").write_text(
        "from registry import Catalog, Registry\n"
        "a, b, c = Registry('any'), Registry('a-b'), Registry('a_b')\n"
        "d, e = Registry('3d'), Registry('entry')\nx = Catalog(a, b, c)\n"
    )
    text = run("--app", "app:x", "--output", "-").stdout
    assert re.findall(r"^class (\w+)", text, re.MULTILINE) == [
        "Any2",
        "AB",
        "AB2",
        "Registry3d",
        "Entry2",
        "XRegistries",
    ]


def test_of_very_many_entries_the_names_are_known_and_the_types_are_the_registrys(project: Path) -> None:
    classes = "".join(f"class M{number}(Model): ...\n" for number in range(MANY + 1))
    project.joinpath("app.py").write_text(
        f"from registry import type_registry\nclass Model: ...\n{classes}"
        "most, many = type_registry('most', base=Model), type_registry('many', base=Model)\n"
        f"for number in range({MANY}):\n"
        "    most.register(f'm{number}', globals()[f'M{number}'])\n"
        f"for number in range({MANY + 1}):\n"
        "    many.register(f'm{number}', globals()[f'M{number}'])\n"
    )
    text = run("--app", "app:many", "--output", "-").stdout
    most, _, many = text.partition("\nManyName: ")
    assert "-> type[_app.M0]: ..." in most
    assert "_app.M0" not in many
    assert "], /) -> type[_app.Model]: ..." in many
    assert many.partition("class Many(")[0].count('    "m') == MANY + 1


def test_a_text_is_written_as_python_reads_it() -> None:
    for text in ("a", "it's", 'say "no"', "both ' and \"", "back\\slash", "\u202eright", "\U0001f600", "ä"):
        assert eval(quoted(text)) == text


def test_types_are_written_so_that_they_mean_the_same() -> None:
    import collections.abc
    import decimal
    import pathlib
    import typing

    types = [
        int | None,
        typing.Optional[list[str]],  # noqa: UP045  # the old way is meant
        dict[str, tuple[int, ...]],
        tuple[()],
        typing.Literal["a", 3, None],
        typing.Annotated[int, "positive"],
        collections.abc.Callable[[int, pathlib.Path], None],
        collections.abc.Callable[..., decimal.Decimal],
        type[pathlib.Path],
        typing.Any,
    ]
    for annotation in types:
        written = Types()
        text = written.text(annotation)
        names: dict[str, object] = {}
        for module, imported in written.names.items():
            exec(f"from {module} import {', '.join(imported)}", names)
        for module, name in written.modules.items():
            exec(f"import {module} as {name}", names)
        meant = typing.get_args(annotation)[0] if typing.get_origin(annotation) is typing.Annotated else annotation
        assert eval(text, names) == meant, text


def test_what_no_text_can_name_is_not_named() -> None:
    import typing

    class Local: ...

    for annotation in (
        Local,
        list[Local],
        typing.Protocol,
        typing.Annotated,
        typing.TypeVar("T"),
        typing.ClassVar[int],
        3,
        "int",
        len,
    ):
        with pytest.raises(UnnameableError):
            Types().text(annotation)
