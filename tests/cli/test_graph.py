"""`registry graph`: what a config would build, as a tree, a flowchart and a picture."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from registry.cli.graph.mermaid import mermaid
from registry.cli.graph.model import Edge, Graph, Node, graph_of
from registry.cli.graph.svg import svg

Run = Callable[..., Result]

SHARING = """\
shared: {_type: huber, prediction: 1.0, delta: 0.5}
model:
  _type: resnet
  depth: 34
  loss: {_ref: shared}
others:
- {_type: resnet, loss: {_ref: model.loss}}
"""


@pytest.fixture
def sharing(project: Path) -> Path:
    path = project / "sharing.yaml"
    path.write_text(SHARING)
    return path


def test_a_tree_goes_to_the_terminal_or_to_a_file(run: Run, project: Path) -> None:
    shown = run("graph", "configs/good.yaml").stdout
    assert shown == run("build", "--tree", "configs/good.yaml").stdout
    assert run("graph", "configs/good.yaml", "-o", "tree.txt").exit_code == 0
    assert (project / "tree.txt").read_text() == shown


def test_a_flowchart_has_every_object_and_what_is_shared(run: Run, sharing: Path) -> None:
    result = run("graph", "sharing.yaml", "--format", "mermaid")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "flowchart LR",
        '    n0["sharing.yaml"]',
        '    n1["huber"]',
        '    n2["resnet"]',
        '    n3["resnet"]',
        '    n0 -->|"shared"| n1',
        '    n0 -->|"model"| n2',
        '    n0 -->|"others[0]"| n3',
        '    n2 -.->|"loss"| n1',
        '    n3 -.->|"loss"| n1',
    ]


def test_a_picture_is_svg_that_shows_the_same(run: Run, sharing: Path, project: Path) -> None:
    result = run("graph", "sharing.yaml", "-o", "graph.svg")
    assert result.exit_code == 0, result.output
    assert "4 objects drawn in graph.svg." in result.stderr
    root = ElementTree.parse(project / "graph.svg").getroot()
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if text in ("sharing.yaml", "huber", "resnet")] == [
        "sharing.yaml",
        "huber",
        "resnet",
        "resnet",
    ]
    assert "delta: 0.5" in texts
    assert len([1 for path in root.iter("{http://www.w3.org/2000/svg}path") if path.get("class") == "shared"]) == 2


def test_a_part_and_a_changed_value_are_drawn(run: Run, sharing: Path) -> None:
    shown = run("graph", "configs/good.yaml", "--path", "model", "--set", "model.depth=50", "--format", "svg").stdout
    assert "depth: 50" in shown
    assert ">huber<" in shown


def test_a_config_with_mistakes_is_not_drawn(run: Run, project: Path) -> None:
    result = run("graph", "configs/broken.yaml", "-o", "graph.svg")
    assert result.exit_code == 1
    assert "resnt" in result.stderr
    assert not (project / "graph.svg").exists()


def test_objects_in_lists_are_named_by_their_place() -> None:
    config = {"_type": "chain", "steps": [{"_type": "a"}, {"x": {"_type": "b", "n": 1}}], "rate": 0.5}
    graph = graph_of(config, "root")
    assert graph == Graph(
        [
            Node((), "chain", values=(("rate", "0.5"),)),
            Node(("steps", 0), "a"),
            Node(("steps", 1, "x"), "b", values=(("n", "1"),)),
        ],
        [Edge(0, 1, "steps[0]"), Edge(0, 2, "steps[1].x")],
    )


names = st.text(max_size=12)
configs = st.recursive(
    st.none() | st.integers() | names,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(names, inner, max_size=3)
        | st.builds(lambda name, given: {**given, "_type": name}, names, st.dictionaries(names, inner, max_size=3))
    ),
    max_leaves=15,
)


def _objects(config: object) -> int:
    if isinstance(config, dict):
        return ("_type" in config) + sum(
            _objects(inner) for key, inner in config.items() if key not in ("_type", "_ref")
        )
    return sum(map(_objects, config)) if isinstance(config, list) else 0


@given(configs, names)
def test_whatever_is_in_a_config_the_pictures_are_well_formed(config: object, root: str) -> None:
    graph = graph_of(config, root)
    is_object = isinstance(config, dict) and "_type" in config
    assert len(graph.nodes) == _objects(config) + (not is_object)
    picture = ElementTree.fromstring(svg(graph))
    boxes = [one for one in picture.iter("{http://www.w3.org/2000/svg}rect") if one.get("class") is None]
    assert len(boxes) == len(graph.nodes)
    edges = [(float(box.get("x", 0)), float(box.get("y", 0)), float(box.get("height", 0))) for box in boxes]
    for x in {x for x, _, _ in edges}:  # in a column no box lies on another one
        column = sorted((y, height) for other, y, height in edges if other == x)
        assert all(y + height <= after for (y, height), (after, _) in itertools.pairwise(column))
    lines = mermaid(graph).splitlines()
    assert len(lines) == 1 + len(graph.nodes) + len(graph.edges)
    for line in lines[1:]:
        assert re.fullmatch(r'    n\d+(\["[^"<>&\\]*(<br>of [^"<>&\\]*)?"\]| -\.?->\|"[^"<>&|]*"\| n\d+)', line), line
