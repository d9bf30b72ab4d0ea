"""confection resolves of a config what we build of what it became."""

from pathlib import Path
from typing import Any

import pytest
from converting.recording import Call, assert_same_calls
from hypothesis import given, settings
from hypothesis import strategies as st

from registry import Catalog, Registry
from registry.config import read_yaml

SUFFIX = ".cfg"
NAMES = {"layers": ["Linear.v1", "Embed.v2"], "optimizers": ["Adam.v1"]}

PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-99, 99), st.floats(-1e6, 1e6), st.text("ab .'", max_size=4).map(str.strip)
)
VALUES = st.recursive(
    PLAIN, lambda held: st.one_of(st.lists(held, max_size=3), st.dictionaries(st.sampled_from("xy"), held, max_size=2))
)


def sections(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Sections with these below."""
    marks = st.sampled_from([{}, *({f"@{registry}": name} for registry, names in NAMES.items() for name in names)])
    below = st.dictionaries(st.sampled_from(["inner", "opt", "type"]), children, max_size=2)
    values = st.dictionaries(st.sampled_from(["width", "lr", "args"]), VALUES, max_size=2)
    positional = st.lists(children, min_size=1, max_size=2).map(_listed)
    return st.builds(
        lambda mark, values, below, listed: {
            **mark,
            **values,
            **below,
            **(listed if mark.get("@layers") == "Embed.v2" else {}),
        },
        marks,
        values,
        below,
        positional,
    )


def _listed(items: list[Any]) -> dict[str, Any]:
    return {"*": {f"n{number}": item for number, item in enumerate(items)}}


SECTIONS = st.recursive(sections(st.just({"width": 1})), sections, max_leaves=5)


@st.composite
def linked(draw: st.DrawFn) -> dict[str, Any]:
    """Configs of which some values are those of other places."""
    odd = st.sampled_from([{}, {"raw": 1}, {"args": 2}])  # what means something to us
    config = {
        "base": {"size": draw(PLAIN), "rate": draw(PLAIN), "deep": {"n": draw(st.integers(0, 9))}, **draw(odd)},
        **draw(st.dictionaries(st.sampled_from(["model", "train"]), SECTIONS, min_size=1, max_size=2)),
    }
    for section in ("model", "train"):
        if section in config:
            texts = ["${base.size}", "${base:rate}", "${base.deep}", "${base.deep.n}", "n ${base.deep.n} of $$"]
            links = st.dictionaries(st.sampled_from(["one", "two"]), st.sampled_from(texts), max_size=2)
            config[section] = {**config[section], **draw(links)}
    return config


CONFIGS = linked()


def dumped(config: Any) -> str:
    """A config as `.cfg`, values first."""
    import json

    lines: list[str] = []

    def put(section: dict[str, Any], path: tuple[str, ...]) -> None:
        below = {key: held for key, held in section.items() if isinstance(held, dict) and _is_section(key, held, path)}
        if path:
            lines.append(f"[{'.'.join(path)}]")
        for key, value in section.items():
            if key not in below:
                as_is = isinstance(value, str) and "$" in value
                lines.append(f"{key} = {value if as_is else json.dumps(value)}")
        for key, held in below.items():
            if key == "*":
                for name, item in held.items():
                    put(item, (*path, "*", name))
            else:
                put(held, (*path, key))

    put(config, ())
    return "\n".join(lines) + "\n"


def _is_section(key: str, held: Any, path: tuple[str, ...]) -> bool:
    return not path or key in ("inner", "opt", "type", "deep", "*")


def function(name: str) -> Any:
    """What notes its calls; confection wants to see the parameters, and a value for each `*`."""

    def keyed(
        width: Any = 0,
        lr: Any = 0,
        args: Any = 0,
        inner: Any = 0,
        opt: Any = 0,
        type: Any = 0,
        one: Any = 0,
        two: Any = 0,
    ) -> Call:
        return Call(
            name,
            (),
            {"width": width, "lr": lr, "args": args, "inner": inner, "opt": opt, "type": type, "one": one, "two": two},
        )

    def listed(
        *layers: Any,
        width: Any = 0,
        lr: Any = 0,
        args: Any = 0,
        inner: Any = 0,
        opt: Any = 0,
        type: Any = 0,
        one: Any = 0,
        two: Any = 0,
    ) -> Call:
        named = keyed(width=width, lr=lr, args=args, inner=inner, opt=opt, type=type, one=one, two=two)
        return Call(name, layers, named.kwargs)

    return listed if name == "layers.Embed.v2" else keyed


def noted(value: Any) -> Any:
    if isinstance(value, Call):
        return Call(value.name, map(noted, value.args), {key: noted(held) for key, held in value.kwargs.items()})
    if isinstance(value, dict):
        return {key: noted(held) for key, held in value.items()}
    return [noted(held) for held in value] if isinstance(value, list | tuple) else value


def theirs(file: Path) -> Any:
    """What confection makes of a file."""
    import catalogue
    import confection

    class Registries(confection.registry):
        pass

    for registry, names in NAMES.items():
        made = catalogue.create("converting", registry, entry_points=False)
        setattr(Registries, registry, made)
        for name in names:
            made.register(name, func=function(f"{registry}.{name}"))
    return noted(Registries.resolve(confection.Config().from_disk(file)))


def ours(text: str) -> Any:
    """What we make of what it becomes."""
    catalog = Catalog(*(Registry(registry) for registry in NAMES))
    for registry, names in NAMES.items():
        for name in names:
            catalog[registry].register(name, function(f"{registry}.{name}"))
    document = read_yaml(text)
    assert not document.problems
    return noted(catalog.build(document.value))


@given(config=CONFIGS)
@settings(max_examples=30, deadline=None)
def test_what_is_converted_makes_the_same_calls(tmp_path_factory: pytest.TempPathFactory, config: Any) -> None:
    file = tmp_path_factory.mktemp("confection") / "config.cfg"
    file.write_text(dumped(config), encoding="utf-8")
    assert_same_calls(file, None, ours, theirs)
