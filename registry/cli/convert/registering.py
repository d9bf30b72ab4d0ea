"""What has to be registered for converted configs to be built."""

import json
import re
from collections.abc import Mapping, Sequence

from registry.cli.convert.conversion import Converted


def registrations(converted: Sequence[Converted]) -> str:
    """Python that registers, lazily, what the configs name, as far as they say where it is.

    A dotted name says what is to be imported, and not where the module ends: it ends before the first part that begins
    with a capital, or before the last part.
    """
    names = {name: origin for one in converted for name, origin in one.names.items()}
    known = {origin for one in converted if one.has_imports for origin in one.names.values() if _has_module(origin)}
    by_registry = sorted({origin for origin in names.values() if origin.startswith("@")})
    if by_registry:
        return _registries(names, by_registry)
    lines = ['"""What converted configs name."""', "", "from registry import Reference, Registry", ""]
    lines += ['objects = Registry("objects")', ""]
    for name, origin in sorted(names.items()):
        if origin in known:
            lines.append(f"objects.register({_quoted(name)}, Reference({_quoted(_address(origin))}))")
        else:
            lines.append(f"# objects.register({_quoted(name)}, ...)")
    return "\n".join(lines) + "\n"


def _registries(names: Mapping[str, str], origins: Sequence[str]) -> str:
    """A registry for each `@name` of confection; what they hold is registered where it is defined."""
    lines = ['"""What converted configs name."""', "", "from registry import Catalog, Registry", ""]
    variables = {origin: re.sub(r"\W", "_", origin[1:]) for origin in origins}
    for origin, variable in variables.items():
        lines.append(f"{variable} = Registry({_quoted(origin[1:])})")
        lines += [f"# {variable}.register({_quoted(name)}, ...)" for name, of in sorted(names.items()) if of == origin]
    lines += [f"catalog = Catalog({', '.join(variables.values())})"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text)


def _has_module(origin: str) -> bool:
    return "." in origin and not origin[0].isupper() and all(part.isidentifier() for part in origin.split("."))


def _address(origin: str) -> str:
    parts = origin.split(".")
    first = next((number for number, part in enumerate(parts) if part[:1].isupper()), len(parts) - 1)
    split = min(first, len(parts) - 1)
    return f"{'.'.join(parts[:split])}:{'.'.join(parts[split:])}"
