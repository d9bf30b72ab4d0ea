"""Strategies of Hypothesis for what registries and namespaces hold: names, artifacts, entries and records."""

import statistics
from collections import Counter, OrderedDict
from decimal import Decimal
from fractions import Fraction
from textwrap import dedent, shorten
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from registry.errors import InvalidNameError
from registry.model import Entry, Reference
from registry.names import MAX_BYTES, check_name
from registry.records import record_of
from registry.testing.drafts import Draft

HOSTILE_NAMES = (
    "a",
    "A",
    "a.b",
    "a/b",
    "a%2Fb",
    "a b",
    "größe",
    "GRÖSSE",
    "\N{LATIN SMALL LETTER E WITH ACUTE}",
    "e\N{COMBINING ACUTE ACCENT}",
    "\N{LATIN SMALL LIGATURE FI}",
    "fi",
    "\N{KELVIN SIGN}",
    "k",
    "名",
    "\N{RIGHT-TO-LEFT OVERRIDE}abc",
    "a\N{ZERO WIDTH JOINER}b",
    "\N{PILE OF POO}",
    "..",
    ".",
    "%",
    "_",
    "*",
    "'",
    '"',
    "a\\b",
    "?a=b#c",
    "a;drop table",
    "-1",
    "0",
    "None",
    "__class__",
    "x" * MAX_BYTES,
    "ß" * (MAX_BYTES // 2),
)
"""Names that are allowed, and that a part takes for another or stumbles over if it is careless."""

FUNCTIONS = (statistics.mean, statistics.pstdev, dedent, shorten)
CLASSES = (Fraction, Decimal, Counter, OrderedDict)
REFERENCES = ("statistics:mean", "statistics:median", "math:sqrt", "fractions:Fraction", "collections:OrderedDict")


def names() -> SearchStrategy[str]:
    """Names of entries that a registry allows (`registry.names.check_name`), hostile ones among them."""
    drawn = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
    return st.sampled_from(HOSTILE_NAMES) | drawn.filter(_is_name)


def artifacts() -> SearchStrategy[Any]:
    """What can be registered, and shared with other processes: functions, classes, and data that JSON has.

    Functions and classes can be imported and pickled; data is a mapping, list, text, number or truth value.
    """
    return st.sampled_from([*FUNCTIONS, *CLASSES]) | plain_data()


def entries(names: SearchStrategy[Any] | None = None) -> SearchStrategy[Entry[Any]]:
    """Entries that pickle, and that a shared namespace takes: of artifacts and of references, and aliases.

    Args:
        names: Draws their names; by default `names()`.
    """
    named = _NAMES if names is None else names
    return st.builds(Draft.entry, drafts(), named)


def records() -> SearchStrategy[bytes]:
    """The bytes of records as `registry.records` writes and reads them, of entries of every kind."""
    return entries().map(lambda entry: record_of(entry).to_bytes())


def drafts() -> SearchStrategy[Draft]:
    """What entries say, without their names."""
    plain = st.builds(Draft, _targets())
    texts = st.text(_CHARACTERS, max_size=10)
    told = st.builds(
        Draft,
        _targets(),
        aliases=st.lists(_NAMES, max_size=2, unique=True).map(tuple),
        tags=st.frozensets(texts, max_size=2),
        description=texts,
        deprecated=st.none() | texts,
        metadata=st.dictionaries(texts, plain_data(), max_size=2),
    )
    return plain | told | st.builds(Draft, st.none(), alias_of=_NAMES)


def plain_data() -> SearchStrategy[Any]:
    """Values that come back from JSON as they were, None apart."""
    scalars = (
        st.booleans()
        | st.integers(-(1 << 70), 1 << 70)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(_CHARACTERS, max_size=10)
    )
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner | st.none(), max_size=3)
            | st.dictionaries(st.text(_CHARACTERS, max_size=5), inner | st.none(), max_size=3)
        ),
        max_leaves=5,
    )


def _targets() -> SearchStrategy[Any]:
    return st.sampled_from(REFERENCES).map(Reference) | artifacts()


def _is_name(text: str) -> bool:
    try:
        check_name(text)
    except InvalidNameError:
        return False
    return True


_CHARACTERS = st.characters(exclude_categories=["Cs"])
_NAMES = names()
