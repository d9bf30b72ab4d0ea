"""The files of a package that `registry new-plugin` makes. Words in double angle brackets are replaced."""

from registry.cli.new_plugin import backend, reader, validator
from registry.distribution import DISTRIBUTION, __version__

SETUP_CFG = f"""\
[metadata]
name = <<name>>
version = 0.1.0
description = <<summary>>
long_description = file: README.md
long_description_content_type = text/markdown
classifiers =
    Programming Language :: Python :: 3
    Typing :: Typed

[options]
packages = find:
python_requires = >=3.11
install_requires =
    {DISTRIBUTION}>={__version__}

[options.packages.find]
include =
    <<module>>
    <<module>>.*

[options.package_data]
<<module>> = py.typed

[options.extras_require]
test =
    {DISTRIBUTION}[testing]
    pytest>=8

[options.entry_points]
<<group>> =
    <<part>> = <<leads_to>>
"""

SETUP_PY = '''\
"""For tools that look for this file; everything is in setup.cfg."""

from setuptools import setup

setup()
'''

PYPROJECT = """\
# Metadata is in setup.cfg. This file holds the build system only.

[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
"""

README_END = """\

## Working on it

    pip install -e '.[test]'
    pytest

The entry point under `[options.entry_points]` in setup.cfg is all that `registry` finds it by: install it again when
you change that. `registry plugins list` shows it, and `registry plugins doctor <<part>>` says what is wrong with it.
"""

COMMON = {"setup.cfg": SETUP_CFG, "setup.py": SETUP_PY, "pyproject.toml": PYPROJECT, "<<module>>/py.typed": ""}

KINDS = {"validator": validator, "backend": backend, "reader": reader}
"""What a package may offer: each has `FILES` by their paths, and `WORDS`, which may hold `<<module>>` themselves."""


def files_of(kind: str, name: str, module: str, part: str) -> dict[str, str]:
    """The files of a package, by their paths.

    Args:
        kind: What it offers: a key of `KINDS`.
        name: The name of the distribution.
        module: The name of the package that it has.
        part: The name of its entry point.
    """
    offered = KINDS[kind]
    words = {**offered.WORDS, "name": name, "module": module, "part": part}  # `module` after those that may hold it
    files = {**COMMON, **offered.FILES}
    files["README.md"] += README_END

    def filled(text: str) -> str:
        for word, value in words.items():
            text = text.replace(f"<<{word}>>", value)
        return text

    return {filled(path): filled(text) for path, text in files.items()}
