"""Writes `index.md` in this folder from the docstrings of the package: `make reference`."""

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("index.md")

ENVIRONMENT = {
    "REGISTRY_APP": "The registry or catalog that commands use, as module:attribute.",
    "REGISTRY_DEBUG": "Commands show where in the code an error comes from.",
    "REGISTRY_SERVER_HOST": "The namespace server, where a backend or command names none.",
    "REGISTRY_SERVER_PORT": "Its port; by default 8001.",
    "REGISTRY_TOKEN": "The access token for it.",
    "REGISTRY_TOKENS": "The file of access tokens of a server, for `registry serve` and `registry token`.",
    "REGISTRY_ETCD_USER": "Who asks a cluster of etcd that has users.",
    "REGISTRY_ETCD_PASSWORD": "That user's password.",
    "REGISTRY_ETCD_CA_FILE": "Whose certificates of etcd are trusted.",
    "REGISTRY_ETCD_CERT_FILE": "The certificate that is shown to etcd.",
    "REGISTRY_ETCD_KEY_FILE": "Its key.",
}
"""What each variable of the environment says."""


def reference() -> str:
    """The page."""
    return "\n".join([*_lines()]) + "\n"


def _lines() -> Iterator[str]:
    import registry
    from registry import errors, testing
    from registry.cli.commands import command
    from registry.plugins import hooks
    from registry.wire.errors import status_of

    public = {name: getattr(registry, name) for name in registry.__all__ if name != "__version__"}
    failures = {name: found for name, found in public.items() if _is_error(found)}
    yield "# Reference"
    yield ""
    yield "What each name is, in the first words of its docstring, from which this page is made: `help()` has more."
    yield ""
    yield "## Names of `registry`"
    yield ""
    rest = {name: found for name, found in public.items() if name not in failures}
    yield from _table(
        ("name", "what it is"), ((f"`{name}`", _first(found)) for name, found in sorted(rest.items(), key=_key))
    )
    yield "`__version__` is the version, as text."
    yield ""
    yield "## Errors"
    yield ""
    yield "Each has `code`, `message`, `suggestions` and `context`. Trying again does not mend a `ValidationError`"
    yield "(exit code 1); it may mend an `OperationalError` (exit code 2)."
    yield ""
    rows = [
        (f"`{name}`", f"`{found.code}`", str(status_of(found("."))), _first(found))
        for name, found in vars(errors).items()
        if _is_error(found)
    ]
    yield from _table(("error", "code", "HTTP", "what it means"), rows)
    yield "## Commands"
    yield ""
    yield "`registry COMMAND --help` tells the options of each."
    yield ""
    named = ((f"`registry {name}`", one.get_short_help_str(200)) for name, one in sorted(command.commands.items()))
    yield from _table(("command", "what it does"), named)
    yield "## Environment"
    yield ""
    yield from _table(("variable", "what it says"), ((f"`{name}`", told) for name, told in ENVIRONMENT.items()))
    yield "In `pyproject.toml`, `[tool.registry]` has `app`, and what `registry plugins` tells of plugins."
    yield ""
    yield "## Hooks"
    yield ""
    specified = [(name, one) for name, one in vars(hooks).items() if name.startswith("registry_")]
    yield from _table(
        ("hook", "what it is for"),
        ((f"`{name}({', '.join(inspect.signature(one).parameters)})`", _first(one)) for name, one in specified),
    )
    yield "## Names of `registry.testing`"
    yield ""
    tested = ((f"`{name}`", _first(getattr(testing, name))) for name in sorted(testing.__all__, key=str.lower))
    yield from _table(("name", "what it is"), tested)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _first(found: Any) -> str:
    return (inspect.getdoc(found) or "").partition("\n\n")[0].replace("\n", " ")


def _is_error(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, Exception) and hasattr(found, "code")


def _key(item: tuple[str, Any]) -> str:
    return item[0].lower()


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
