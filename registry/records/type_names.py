"""The types that have one name everywhere, since every machine has them."""

import collections
import collections.abc
import datetime
import decimal
import fractions
import ipaddress
import numbers
import os
import pathlib
import re
import typing
import uuid
from collections.abc import Mapping
from typing import Any

_CLASSES: tuple[Any, ...] = (
    *(bool, int, float, complex, str, bytes, bytearray, memoryview, object, type),
    *(list, tuple, set, frozenset, dict, range, slice),
    *(collections.deque, collections.OrderedDict, collections.defaultdict, collections.Counter, collections.ChainMap),
    *(decimal.Decimal, fractions.Fraction, uuid.UUID, re.Pattern, re.Match),
    *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta),
    *(pathlib.PurePath, pathlib.PurePosixPath, pathlib.PureWindowsPath),
    *(pathlib.Path, pathlib.PosixPath, pathlib.WindowsPath, os.PathLike),
    *(ipaddress.IPv4Address, ipaddress.IPv6Address),
    *(numbers.Number, numbers.Complex, numbers.Real, numbers.Rational, numbers.Integral),
)

_ABSTRACT = (
    *("Hashable", "Sized", "Container", "Collection", "Iterable", "Iterator", "Reversible", "Generator"),
    *("Sequence", "MutableSequence", "Set", "MutableSet", "Mapping", "MutableMapping"),
    *("KeysView", "ItemsView", "ValuesView", "MappingView"),
    *("Awaitable", "Coroutine", "AsyncIterable", "AsyncIterator", "AsyncGenerator"),
)

_OF_TYPING = (
    *("SupportsAbs", "SupportsBytes", "SupportsComplex", "SupportsFloat", "SupportsIndex", "SupportsInt"),
    *("SupportsRound", "LiteralString", "Self", "Never", "NoReturn"),
)

NAMED: Mapping[str, Any] = {
    "None": type(None),
    "Any": Any,
    "Callable": collections.abc.Callable,
    **{kind.__name__: kind for kind in _CLASSES},
    **{name: getattr(collections.abc, name) for name in _ABSTRACT},
    **{name: getattr(typing, name) for name in _OF_TYPING},
}
"""Types by their names."""

NAMES: Mapping[Any, str] = {kind: name for name, kind in NAMED.items()}
"""The names of these types."""

ARITY: Mapping[str, int] = {
    **dict.fromkeys(("list", "set", "frozenset", "deque", "Counter", "type", "Pattern", "Match", "PathLike"), 1),
    **dict.fromkeys(
        ("Container", "Collection", "Iterable", "Iterator", "Reversible", "Sequence", "MutableSequence"), 1
    ),
    **dict.fromkeys(("Set", "MutableSet", "Awaitable", "AsyncIterable", "AsyncIterator", "KeysView", "ValuesView"), 1),
    **dict.fromkeys(("dict", "OrderedDict", "defaultdict", "ChainMap", "Mapping", "MutableMapping", "ItemsView"), 2),
    **dict.fromkeys(("Generator", "Coroutine"), 3),
    "AsyncGenerator": 2,
}
"""How many arguments the generic ones take; `tuple` and `Callable` have rules of their own."""
