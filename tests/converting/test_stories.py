"""What becomes of each thing that other tools write, and what is refused, and where."""

from pathlib import Path

import pytest

from registry.cli.convert.conversion import convert_file
from registry.cli.convert.rewriting import Wishes
from registry.config import read_json, read_yaml
from registry.errors import ConfigError


def converted(folder: Path, name: str, text: str, wishes: Wishes | None = None) -> object:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    become = convert_file(file, None, wishes)
    document = (read_json if become.suffix == ".json" else read_yaml)(become.text)
    assert not document.problems
    return document.value


STORIES = {
    "a value of another place": (
        "a.yaml",
        "lr: 0.1\nm: {_target_: M, lr: '${lr}'}\n",
        {"lr": 0.1, "m": {"_type": "M", "lr": {"_ref": "lr"}}},
    ),
    "a value of a value of another place": (
        "a.yaml",
        "a: ${b}\nb: ${c.d}\nc: {d: 1, _target_: M}\n",
        {"a": {"_ref": "c.d"}, "b": {"_ref": "c.d"}, "c": {"d": 1, "_type": "M"}},
    ),
    "a sibling": (
        "a.yaml",
        "m: {_target_: M, a: 1, b: '${.a}'}\n",
        {"m": {"_type": "M", "a": 1, "b": {"_ref": "m.a"}}},
    ),
    "an uncle": ("a.yaml", "a: 1\nm: {_target_: M, b: '${..a}'}\n", {"a": 1, "m": {"_type": "M", "b": {"_ref": "a"}}}),
    "a word of a node that stands elsewhere": (
        "a.yaml",
        "c: a.M\nr: false\nm: {_target_: '${c}', _recursive_: '${r}', x: {_target_: B}}\n",
        {"c": "a.M", "r": False, "m": {"_type": "M", "x": {"_target_": "B"}}},
    ),
    "what grows where it stands": (
        "a.py",
        "a = [1]\nb = a\nb += [2]\nb.extend(enumerate(a))\n",
        {"a": [1, 2, [0, 1], [1, 2]], "b": [1, 2, [0, 1], [1, 2]]},
    ),
    "what jsonargparse passes as it is": (
        "a.yaml",
        "m: {class_path: M, dict_kwargs: {e: {class_path: L}}}\n",
        {"m": {"_type": "M", "e": {"class_path": "L"}}},
    ),
    "lines that end with a return": ("a.cfg", "[a]\rx = 1\r", {"a": {"x": 1}}),
    "a node of another place is built anew": (
        "a.yaml",
        "o: {_target_: O, n: '${.m}', m: 2}\nm: {_target_: M, o: '${o}'}\n",
        {
            "o": {"_type": "O", "n": {"_ref": "o.m"}, "m": 2},
            "m": {"_type": "M", "o": {"_type": "O", "n": {"_ref": "o.m"}, "m": 2}},
        },
    ),
    "a text with values within": (
        "a.yaml",
        "n: 3\nm: {_target_: M, name: 'of ${n} and ${m.size}', size: big}\n",
        {"n": 3, "m": {"_type": "M", "name": "of 3 and big", "size": "big"}},
    ),
    "a value of what is data here": (
        "a.yaml",
        "p: {raw: 1, q: 2}\nm: {_target_: M, a: '${p.q}'}\n",
        {"p": {"_raw": {"raw": 1, "q": 2}}, "m": {"_type": "M", "a": 2}},
    ),
    "an item of a list": (
        "a.yaml",
        "l: [1, 2]\nm: {_target_: M, a: '${l[1]}', b: '${l.0}'}\n",
        {"l": [1, 2], "m": {"_type": "M", "a": {"_ref": "l[1]"}, "b": {"_ref": "l[0]"}}},
    ),
    "what is not built by Hydra is data": (
        "a.yaml",
        "n: 1\nm: {_target_: M, _recursive_: false, o: {_target_: O, n: '${n}'}, _args_: [{_target_: P}, 2]}\n",
        {"n": 1, "m": {"_type": "M", "o": {"_target_": "O", "n": 1}, "_args": [{"_target_": "P"}, 2]}},
    ),
    "Hydra's own part": (
        "a.yaml",
        "defaults: [_self_]\nhydra: {run: {dir: x}}\nm: {_target_: M}\n",
        {"m": {"_type": "M"}},
    ),
    "words of YAML 1.1": (
        "a.yaml",
        "a: yes\nm: {_target_: M, b: off, c: 010, d: 1_000, e: 1:30, f: 'no'}\n",
        {"a": True, "m": {"_type": "M", "b": False, "c": 8, "d": 1000, "e": 90, "f": "no"}},
    ),
    "an alias": (
        "a.yaml",
        "a: &a {_target_: M, x: 1}\nb: *a\nc: {<<: *a, x: 2}\n",
        {"a": {"_type": "M", "x": 1}, "b": {"_type": "M", "x": 1}, "c": {"_type": "M", "x": 2}},
    ),
    "a node without arguments": (
        "a.yaml",
        "m: {class_path: a.M}\nn: {class_path: N, init_args: null}\n",
        {"m": {"_type": "M"}, "n": {"_type": "N"}},
    ),
    "arguments that read like our words": (
        "a.yaml",
        "m: {class_path: M, init_args: {type: x, args: 1}}\n",
        {"m": {"_type": "M", "type": "x", "args": 1}},
    ),
    "data that reads like our words": (
        "a.json",
        '{"m": {"class_path": "M", "init_args": {"opt": {"type": 1, "n": {"raw": 2}}}}}',
        {"m": {"_type": "M", "opt": {"_raw": {"type": 1, "n": {"raw": 2}}}}},
    ),
    "a scope": (
        "a.json",
        '{"default_scope": "mmdet", "m": {"type": "mmdet.M", "_scope_": "mmdet", "n": {"type": "N"}}}',
        {"default_scope": "mmdet", "m": {"_type": "M", "n": {"_type": "N"}}},
    ),
    "a function of confection": (
        "a.cfg",
        '[m]\n@layers = "M.v1"\nwidth = 3\n[m.*.a]\n@layers = "N.v1"\n',
        {
            "m": {
                "_type": "M.v1",
                "_registry": "layers",
                "width": 3,
                "_args": [{"_type": "N.v1", "_registry": "layers"}],
            }
        },
    ),
    "a list of confection is data": (
        "a.cfg",
        '[m]\nl = [{"@layers": "M"}, {"type": 1}]\n',
        {"m": {"l": {"_raw": [{"@layers": "M"}, {"type": 1}]}}},
    ),
    "texts of confection": (
        "a.cfg",
        "[m]\na = hello\nb = True\nc = None\nd = ${m.a} $$\ne = [1,\n  2]\n",
        {"m": {"a": "hello", "b": True, "c": None, "d": "hello $", "e": [1, 2]}},
    ),
    "Python": (
        "a.py",
        "size = (32, 64)\n_hidden = 3\n__gone = 1\nscale = [s * 2 for s in size if s > 40]\nname = f'n{len(size)}'\n"
        "m = dict(type='M', **dict(a=1), size=size)\nm['b'] = size[-1] // 3\n"
        "m.update(c='{{ fileBasename }}')\ndel size\n"
        "d = {k: v for k, v in zip('ab', range(2))}\nif name == 'n2':\n    e = not True\n"
        "f = 1 < 3 <= 3 != 4\ng = 1 < 1 < 1 / 0\nh = d and 0 or [] or 'h'\ni = None is None and 0 and 1 / 0\n",
        {
            "_hidden": 3,
            "scale": [128],
            "name": "n2",
            "m": {"_type": "M", "a": 1, "size": [32, 64], "b": 21, "c": "a.py"},
            "d": {"a": 0, "b": 1},
            "e": False,
            "f": True,
            "g": False,
            "h": "h",
            "i": 0,
        },
    ),
}


@pytest.mark.parametrize(("name", "text", "ours"), STORIES.values(), ids=STORIES.keys())
def test_it_becomes_ours(tmp_path: Path, name: str, text: str, ours: object) -> None:
    assert converted(tmp_path, name, text) == ours


REFUSED = {
    "a list of defaults": ("a.yaml", "defaults:\n  - db: mysql\nm: {_target_: M}\n", [("bad-document", 1, 1)]),
    "a missing value": ("a.yaml", "m:\n  _target_: M\n  a: ???\n", [("missing-parameter", 3, 6)]),
    "a resolver": ("a.yaml", "m: {_target_: M, a: '${oc.env:HOME}'}\n", [("bad-reference", 1, 21)]),
    "nothing at a path": ("a.yaml", "m: {_target_: M, a: '${b.c}'}\n", [("bad-reference", 1, 21)]),
    "a circle": (
        "a.yaml",
        "a: ${b}\nb: ${a}\nm: {_target_: M}\n",
        [("reference-cycle", 1, 4), ("reference-cycle", 2, 4)],
    ),
    "a nested path": ("a.yaml", "a: ${b.${c}}\nm: {_target_: M}\n", [("bad-reference", 1, 4)]),
    "an escape": ("a.yaml", "a: 'x \\${b}'\nb: 1\nm: {_target_: M}\n", [("bad-reference", 1, 4)]),
    "a mapping in a text": ("a.yaml", "a: 'x ${m}'\nm: {_target_: M}\n", [("bad-reference", 1, 4)]),
    "a package": ("a.yaml", "# @package _global_\nm: {_target_: M}\n", [("bad-document", 1, 1)]),
    "a word outside of a node": ("a.yaml", "m: {_target_: M}\no: {_partial_: true}\n", [("bad-node", 2, 5)]),
    "a partial that is no flag": ("a.yaml", "m: {_target_: M, _partial_: 1}\n", [("bad-node", 1, 29)]),
    "arguments that are no list": ("a.yaml", "m: {_target_: M, _args_: 1}\n", [("bad-node", 1, 26)]),
    "functools.partial": ("a.yaml", "m: {_target_: functools.partial}\n", [("bad-node", 1, 15)]),
    "two classes of a name": ("a.yaml", "m: {_target_: a.M}\nn: {_target_: b.M}\n", [("ambiguous-name", 2, 15)]),
    "a key beside a class path": ("a.yaml", "m: {class_path: M, a: 1}\n", [("bad-node", 1, 20)]),
    "a parameter given twice": (
        "a.yaml",
        "m: {class_path: M, init_args: {a: 1}, dict_kwargs: {a: 2}}\n",
        [("duplicate-key", 1, 53)],
    ),
    "arguments that are no mapping": ("a.yaml", "m: {class_path: M, init_args: 1}\n", [("bad-node", 1, 31)]),
    "a key that reads like ours, with nodes below": (
        "a.yaml",
        "a: {type: 1, m: {_target_: M}}\n",
        [("misspelt-key", 1, 5)],
    ),
    "a parameter that is a word of ours": (
        "a.yaml",
        "m: {class_path: M, init_args: {_type: z}}\n",
        [("bad-node", 1, 32)],
    ),
    "a key of a node that is a word of ours": ("a.yaml", "m: {_target_: M, _ref: z}\n", [("bad-node", 1, 18)]),
    "a date": ("a.yaml", "m: {type: M, d: 2024-01-02}\n", [("wrong-type", 1, 17)]),
    "what deletes nothing": ("a.json", '{"m": {"type": "M", "_delete_": true}}', [("bad-node", 1, 21)]),
    "a section that is not there": ("a.cfg", "[a.b]\nc = 1\n", [("bad-document", 1, 2)]),
    "a link to nothing": ("a.cfg", "[a]\nb = ${c.d}\n", [("bad-reference", 2, 1)]),
    "a section in a text": ("a.cfg", "[a]\nb = x ${c}\n[c]\n", [("bad-reference", 2, 1)]),
    "a circle of confection": (
        "a.cfg",
        "[a]\nb = ${a.c}\nc = ${a.b}\n",
        [("reference-cycle", 2, 1), ("reference-cycle", 3, 1)],
    ),
    "a dollar": ("a.cfg", "[a]\nb = $1\n", [("bad-document", 2, 1)]),
    "a value and a section of a name": ("a.cfg", "[a]\nb = 1\n[a.b]\nc = 2\n", [("bad-document", 2, 1)]),
    "no section": ("a.cfg", "b = 1\n", [("bad-document", 1, 1)]),
    "a value twice": ("a.cfg", "[a]\nb = 1\nb = 2\n", [("bad-document", 3, 1)]),
    "a section twice": ("a.cfg", "[a]\n[a]\n", [("bad-document", 2, 1)]),
    "no value": ("a.cfg", "[a]\nb\n", [("bad-document", 2, 1)]),
    "two names": ("a.cfg", '[a]\n@x = "M"\n@y = "N"\n', [("bad-node", 3, 1)]),
    "an import": ("a.py", "x = 1\nimport os\n", [("bad-document", 2, 1)]),
    "read_base": ("a.py", "with read_base():\n    from .b import *\n", [("bad-document", 1, 1)]),
    "a call": ("a.py", "x = 1\ny = open('/etc/passwd')\n", [("bad-document", 2, 5)]),
    "a method": ("a.py", "y = 'a'.__class__.__mro__\n", [("bad-document", 1, 5)]),
    "a method of a method": ("a.py", "y = 'a'.zfill(10)\n", [("bad-document", 1, 5)]),
    "a function": ("a.py", "f = lambda: 1\n", [("bad-document", 1, 5)]),
    "a set": ("a.py", "f = {1, 2}\n", [("bad-document", 1, 5)]),
    "a name that is not there": ("a.py", "é = 1\nx = [é, y]\n", [("bad-document", 2, 9)]),
    "a power": ("a.py", "x = 9 ** 9999999\n", [("bad-document", 1, 5)]),
    "a long list": ("a.py", "x = [0] * 10000000\n", [("bad-document", 1, 5)]),
    "a long loop": ("a.py", "x = [0 for i in range(9) for j in range(99999)]\n", [("bad-document", 1, 12)]),
    "what mmengine fills in, and is worked with": ("a.py", "y = {{_base_.s}} * 2\n", [("bad-document", 1, 5)]),
    "what mmengine fills in, in a text": ("a.py", "y = f'{{fileBasename}}_{1}'\n", [("bad-document", 1, 5)]),
    "what mmengine fills in, in JSON": (
        "a.json",
        '{"x": "{{ fileBasename }}", "m": {"type": "M"}}',
        [("bad-document", 1, 7)],
    ),
    "values that lead on without an end": (
        "a.yaml",
        "".join(f"x{n}: '${{x{n + 1}}}${{x{n + 1}}}'\n" for n in range(30)) + "x30: ab\nm: {_target_: M}\n",
        [("limit-exceeded", n + 1, 5 + (n > 9)) for n in range(30)],
    ),
    "a digit and a word of YAML": ("a.yaml", "m: {_target_: M, x: !!int 010}\n", [("wrong-type", 1, 21)]),
    "a long number": ("a.yaml", "m: {_target_: M, x: 0b" + "1" * 2000 + "}\n", [("wrong-type", 1, 21)]),
    "a number that JSON has not": ("a.json", '{"m": {"_target_": "M", "x": 1e999}}', [("bad-document", 1, 1)]),
    "a path of jsonargparse": ("a.yaml", "m.class_path: M\nn: {class_path: N}\n", [("bad-node", 1, 1)]),
    "a target that is none": ("a.yaml", "m: {_target_: 3}\nn: {_target_: N}\n", [("bad-node", 1, 15)]),
    "digits of rounding": ("a.py", "x = round(5, -99999999)\n", [("bad-document", 1, 5)]),
    "a long range": ("a.py", "x = list(range(10 ** 9))\n", [("bad-document", 1, 10)]),
    "a text that grows": ("a.py", "x = 'a'\n" + "x = x + x\n" * 40, [("bad-document", 20, 5)]),
    "a list that grows": ("a.py", "x = [0]\n" + "x = [x, x]\n" * 40, [("bad-document", 18, 5)]),
    "a number that grows": ("a.py", "x = 3\n" + "x = x * x\n" * 40, [("bad-document", 13, 5)]),
    "a text of any width": ("a.py", "x = '%999999999d' % 1\n", [("bad-document", 1, 5)]),
    "a format": ("a.py", "x = '{0.__class__}'.format(1)\n", [("bad-document", 1, 5)]),
    "a list in itself": ("a.py", "x = []\nx.append(x)\n", [("limit-exceeded", 1, 1)]),
    "half of a surrogate pair": ("a.py", "x = '\\ud800'\n", [("wrong-type", 1, 1)]),
    "a key that is a tuple": ("a.py", "x = {(1, 2): 3}\n", [("wrong-type", 1, 5)]),
    "a division by nothing": ("a.py", "x = 1 / 0\n", [("bad-document", 1, 5)]),
    "no Python": ("a.py", "x = = 1\n", [("bad-document", 1, 5)]),
    "a file that is not there": ("a.py", "_base_ = 'b.py'\n", [("bad-document", 1, 1)]),
    "a file of a package": ("a.py", "_base_ = ['mmdet::b.py']\n", [("bad-document", 1, 10)]),
    "itself": ("a.py", "_base_ = 'a.py'\n", [("bad-document", 1, 10)]),
    "a variable of the environment": ("a.py", "x = '{{$ENV:HOME:none}}'\n", [("bad-document", 1, 5)]),
    "bases twice": ("a.py", "_base_ = []\nx = 1\n_base_ = []\n", [("bad-document", 3, 1)]),
    "bases and another name": ("a.py", "_base_ = x = []\n", [("bad-document", 1, 1)]),
    "a range": ("a.py", "x = range(3)\n", [("wrong-type", 1, 1)]),
}


@pytest.mark.parametrize(("name", "text", "problems"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, problems: list[tuple[str, int, int]]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as refused:
        converted(Path(), name, text)
    found = refused.value.problems
    assert [
        (one.code, one.location and one.location.line, one.location and one.location.column) for one in found
    ] == problems
    assert all(one.message for one in found)


def test_what_builds_on_another_file_is_as_mmengine_has_it(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text("m = dict(type='M', a=1, b=dict(c=1, d=2))\nn = dict(type='N', x=1)\nsize = 3\n")
    (tmp_path / "more.yaml").write_text("extra: {type: E}\n")
    text = (
        "_base_ = ['base.py', 'more.yaml']\nm = dict(b=dict(_delete_=True, c=5))\nn = dict(_delete_=True, type='O')\n"
        "_base_.m.a = _base_.size * 2\nagain = {{_base_.size}}\n"
    )
    assert converted(tmp_path, "a.py", text) == {
        "m": {"_type": "M", "a": 6, "b": {"c": 5}},
        "n": {"_type": "O"},
        "size": 3,
        "extra": {"_type": "E"},
        "again": 3,
    }


def test_two_files_may_not_set_the_same(tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("x = 1\n")
    with pytest.raises(ConfigError, match="Two of the files that this builds on set 'x'"):
        converted(tmp_path, "a.py", "_base_ = ['one.py', 'two.py']\n")


def test_a_mapping_does_not_go_over_another_value(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text("x = 1\n")
    with pytest.raises(ConfigError, match=r"a\.py:3:5: 'x' is a mapping here, and none in the file"):
        converted(tmp_path, "a.py", "_base_ = 'base.py'\n\nx = dict(a=1)\n")


def test_what_is_completed_later_is_said(tmp_path: Path) -> None:
    text = (
        "m = dict(type='M', norm=dict(type='BN', eps=1), acts=[dict(type='R')],\n"
        "         opt=dict(type='O', in_=dict(type='I')))\n"
    )
    wishes = Wishes(frozenset({"norm"}), frozenset({"opt", "acts"}))
    assert converted(tmp_path, "a.py", text, wishes) == {
        "m": {
            "_type": "M",
            "norm": {"_raw": {"type": "BN", "eps": 1}},
            "acts": [{"_type": "R", "_partial": True}],
            "opt": {"_type": "O", "in_": {"_type": "I"}, "_partial": True},
        }
    }


def test_names_can_be_kept_whole(tmp_path: Path) -> None:
    text = "m: {_target_: a.M}\nn: {_target_: b.M}\n"
    kept = converted(tmp_path, "a.yaml", text, Wishes(full_names=True))
    assert kept == {"m": {"_type": "a.M"}, "n": {"_type": "b.M"}}
