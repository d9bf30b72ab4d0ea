"""The text of a stub: a class for each registry, whose methods have an overload for each name."""

import builtins
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from registry.catalog import Catalog
from registry.cli.stubs.entries import AnyRegistry, Described, Row, camel, describe_registry
from registry.cli.stubs.types import Types, free, quoted

MARK = "# Written by `registry stubs`"
"""How every stub begins: a file that begins otherwise is somebody's work."""

# Checkers are told to pass over what a stub overloads and overrides on purpose: nobody writes in these files.
HEADER = f"""\
{MARK}: the registries of {{module}} with their names. registry stubs --check tells when it is out of date.
#
# In {{module}}, it is used so:
#
{{usage}}
#
# ruff: noqa
# fmt: off
# mypy: disable-error-code="override, overload-overlap, overload-cannot-match, type-arg, import-untyped"
# pyright: reportIncompatibleMethodOverride=false, reportOverlappingOverload=false, reportMissingTypeArgument=false
# pyright: reportGeneralTypeIssues=false, reportPrivateUsage=false, reportMissingTypeStubs=false
"""

WIDTH = 100
"""Names stand one a line when they do not fit in so many columns, so that a new one changes one line."""

MANY = 300
"""Most overloads of a method. Checkers compare each with each, seconds for so many; where there would be more, one
takes all names and gives what the registry's own types say."""

FINAL = "  # type: ignore[misc]  # final when the program runs: a checker alone sees this class"

RESERVED = frozenset(
    ("Any", "Callable", "Catalog", "Document", "Entry", "Literal", "Mapping", "Protocol", "Registry", "TypeAlias")
).union(("TypeVar", "Never", "NoReturn", "LiteralString"), dir(builtins))
"""What a class of a stub cannot be called: names that the stub imports, or that types are written with."""


@attrs.frozen
class Stub:
    """A stub.

    Attributes:
        text: All of it.
        usage: The lines that make a program use it.
        names: How many names it knows.
        unread: Why an entry is told by its registry's types alone, by the entry.
    """

    text: str
    usage: tuple[str, ...]
    names: int
    unread: Mapping[str, str]


@attrs.frozen
class _Overload:
    parameters: str
    result: str
    deprecated: str | None = None


def stub_of(found: Mapping[str, AnyRegistry | Catalog], module: str, stub: str, is_open: bool = False) -> Stub:
    """The stub for the registries and catalogs of a module.

    Args:
        found: What the stub is for, by the variables that hold it.
        module: The name of the module.
        stub: The name that the stub has, as a module.
        is_open: Take names that the stub does not know, too.
    """
    written = Types()
    titles: dict[int, str] = {}

    def title_for(holder: AnyRegistry | Catalog, wanted: str) -> str:
        taken = {*RESERVED, *titles.values(), *(f"{title}Name" for title in titles.values())}
        title = next(name for name in _numbered(wanted) if name not in taken and f"{name}Name" not in taken)
        return titles.setdefault(id(holder), title)

    registries = {
        id(registry): describe_registry(registry, title_for(registry, camel(registry.name)), written)
        for registry in _registries(found.values())
    }
    blocks = [_Writer(written, is_open).registry(described) for described in registries.values()]
    for variable, holder in found.items():
        if isinstance(holder, Catalog) and id(holder) not in titles:
            held = {name: registries[id(registry)] for name, registry in holder.items()}
            title = title_for(holder, f"{camel(variable)}Registries")
            blocks.append(_Writer(written, is_open).catalog(title, held))
    usage = _usage({variable: titles[id(holder)] for variable, holder in found.items()}, stub)
    header = HEADER.format(module=module, usage="\n".join(f"#     {line}".rstrip() for line in usage))
    return Stub(
        "\n".join([header, _imports(written), *blocks]),
        usage,
        sum(len(row.names) for described in registries.values() for row in described.rows),
        {
            f"{described.title}[{quoted(name)}]": reason
            for described in registries.values()
            for name, reason in described.unread.items()
        },
    )


class _Writer:
    def __init__(self, written: Types, is_open: bool) -> None:
        self._written = written
        self._open = is_open
        self._any = written.use("typing", "Any")

    def registry(self, described: Described) -> str:
        """The class of a registry, after the types that it alone uses."""
        bound, rows = described.bound, described.rows
        base = f"{self._written.use('registry', 'Registry')}[{bound.artifact}, {bound.built}, {bound.name}]"
        lines = [*self._shapes(described.shapes), *self._alias(described.title, rows)]
        lines.append(f"class {described.title}({base}):{FINAL}")
        if not rows:
            return "\n".join([*lines, "    ...", ""])
        entry = self._written.use("registry", "Entry")
        known = _grouped(((row.names, (row.found, row.deprecated)) for row in rows), (bound.artifact, None))
        more = [*described.others, *([bound.name] if self._open else [])]
        looked_up = [_Overload(f"name: {self._literal(names)}, /", *kind) for names, kind in known]
        looked_up += [_Overload(f"name: {kind}, /", bound.artifact) for kind in more]
        lines += self._method("__getitem__", looked_up)
        lines += self._method("entry", [attrs.evolve(each, result=f"{entry}[{each.result}]") for each in looked_up])
        default = self._default()
        got = [_Overload(f"name: {self._literal(names)}, default: object = ..., /", *kind) for names, kind in known]
        got.append(_Overload(f"name: {bound.name}, /", f"{bound.artifact} | None"))
        got.append(_Overload(f"name: {bound.name}, default: {default}, /", f"{bound.artifact} | {default}"))
        lines += self._method("get", got)
        lines += self._build(rows, bound.built, more)
        return "\n".join([*lines, ""])

    def catalog(self, title: str, held: Mapping[str, Described]) -> str:
        """The class of a catalog: its registries by name, and what it builds."""
        every = [row for described in held.values() for row in described.rows]
        counts: dict[str, int] = {}
        for row in every:
            counts.update((name, counts.get(name, 0) + 1) for name in row.names)
        clear = [  # a name that two registries have says too little
            attrs.evolve(row, names=tuple(name for name in row.names if counts[name] == 1)) for row in every
        ]
        rows = sorted((row for row in clear if row.names), key=lambda row: row.names)
        more = sorted({kind for described in held.values() for kind in described.others})
        lines = [*self._alias(title, rows), f"class {title}({self._written.use('registry', 'Catalog')}):{FINAL}"]
        if not held:
            return "\n".join([*lines, "    ...", ""])
        found = [
            _Overload(f"name: {self._literal([quoted(name)])}, /", described.title) for name, described in held.items()
        ]
        if self._open:
            more.append("str")
            found.append(_Overload("name: str, /", f"Registry[{self._any}, {self._any}, {self._any}]"))
        return "\n".join([*lines, *self._method("__getitem__", found), *self._build(rows, self._any, more), ""])

    def _build(self, rows: Iterable[Row], built: str, more: Iterable[str]) -> Iterator[str]:
        buildable = [row for row in rows if row.built is not None]
        if not buildable:
            return
        overloads = []
        anything = f"**arguments: {self._any}"
        for names, (arguments, result, deprecated) in _grouped(
            ((row.names, (row.arguments, row.built, row.deprecated)) for row in buildable), ((anything,), built, None)
        ):
            taken = {argument.partition(":")[0].lstrip("*") for argument in arguments}
            parts = [f"{free('name', taken)}: {self._literal(names)}", "/", *arguments]
            overloads.append(_Overload(", ".join(parts), result, deprecated))
        mapping, document = self._written.use("collections.abc", "Mapping"), self._written.use("registry", "Document")
        given = f"given: {mapping}[str, {self._any}] = ..."
        every = self._literal(sorted(name for row in buildable for name in row.names))
        overloads += [
            # What is fixed by position, or not given yet, makes up for parameters that otherwise have to be there.
            _Overload(f"name: {every}, /, *, _args: list[{self._any}], {anything}", self._any),
            _Overload(f"name: {every}, /, *, _partial: {self._literal(['True'])}, {anything}", self._any),
            *(_Overload(f"name: {kind}, /, {anything}", built) for kind in more),
            _Overload(f"config: {mapping}[str, {self._any}] | {document}, /, *, {given}", built),
            _Overload(f"config: list[{self._any}], /, *, {given}", f"list[{self._any}]"),
        ]
        yield from self._method("build", overloads)

    def _method(self, name: str, overloads: list[_Overload]) -> Iterator[str]:
        for each in overloads:
            if len(overloads) > 1:
                yield f"    @{self._written.use('typing', 'overload')}"
            if each.deprecated is not None:
                yield f"    @{self._written.use('typing_extensions', 'deprecated')}({quoted(each.deprecated)})"
            receiver = free("self", {part.partition(":")[0].lstrip("*") for part in each.parameters.split(", ")})
            yield f"    def {name}({receiver}, {each.parameters}) -> {each.result}: ..."

    def _shapes(self, shapes: Mapping[str, str]) -> Iterator[str]:
        for name, call in shapes.items():
            yield f"class {name}({self._written.use('typing', 'Protocol')}):"
            yield f"    def __call__{call}: ..."
            yield ""

    def _alias(self, title: str, rows: Iterable[Row]) -> Iterator[str]:
        names = sorted({name for row in rows for name in row.names})
        if names:
            yield f"{title}Name: {self._written.use('typing', 'TypeAlias')} = {self._literal(names, indent='')}"
            yield ""

    def _literal(self, names: Iterable[str], indent: str = "    ") -> str:
        listed = list(names)
        text = ", ".join(listed)
        literal = self._written.use("typing", "Literal")
        if len(text) <= WIDTH:
            return f"{literal}[{text}]"
        inner = "".join(f"{indent}    {name},\n" for name in listed)
        return f"{literal}[\n{inner}{indent}]"

    def _default(self) -> str:
        self._written.use("typing", "TypeVar")
        return "_Default"


def _grouped(rows: Iterable[tuple[tuple[str, ...], Any]], of_all: Any) -> list[tuple[list[str], Any]]:
    """The names that have the same said of them, together; all of them with `of_all` where too much would be said."""
    groups: dict[Any, list[str]] = {}
    for names, said in rows:
        groups.setdefault(said, []).extend(names)
    if len(groups) > MANY:
        return [([name for names in groups.values() for name in names], of_all)]
    return [(names, said) for said, names in groups.items()]


def _registries(holders: Iterable[AnyRegistry | Catalog]) -> Iterator[AnyRegistry]:
    seen: set[int] = set()
    for holder in holders:
        for registry in holder.values() if isinstance(holder, Catalog) else [holder]:
            if id(registry) not in seen:
                seen.add(id(registry))
                yield registry


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}{number}"
        number += 1


def _usage(titles: Mapping[str, str], stub: str) -> tuple[str, ...]:
    listed = ", ".join(dict.fromkeys(titles.values()))
    return (
        "if TYPE_CHECKING:",
        f"    from {stub} import {listed}",
        *(f'{variable} = cast("{title}", …)' for variable, title in titles.items()),
    )


def _imports(written: Types) -> str:
    lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(written.names.items())]
    lines += [f"import {module} as {name}" for module, name in sorted(written.modules.items())]
    if "TypeVar" in written.names.get("typing", ()):
        lines += ["", '_Default = TypeVar("_Default")']
    return "\n".join([*lines, ""])
