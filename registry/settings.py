"""The table `[tool.registry]` of a project's pyproject.toml."""

from pathlib import Path
from typing import Any

import attrs

from registry.closeness import did_you_mean
from registry.errors import ValidationError
from registry.names import quote


@attrs.frozen
class Settings:
    """What a project says about its configs.

    Attributes:
        app: Where its registry or catalog is, `module:attribute`.
        include: Which files of a folder are configs, as globs relative to `folder`; none: all of a known format.
        exclude: Which of them are not.
        plugins: The only plugins that may be imported, by name; None: all that are installed.
        no_plugins: Those that may not.
        folder: Where the pyproject.toml stands.
    """

    app: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    plugins: tuple[str, ...] | None = None
    no_plugins: tuple[str, ...] = ()
    folder: Path = attrs.field(factory=Path.cwd)


def read_settings(start: Path) -> Settings:
    """The settings of the project that a folder belongs to: the nearest pyproject.toml with `[tool.registry]`, upward.

    Raises:
        ValidationError: The table, or the file, is not what it has to be.
    """
    import tomllib

    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            raise ValidationError(f"{quote(str(file))} cannot be read: {error}.") from error
        table = content.get("tool", {}).get("registry")
        if table is not None:
            return _settings(table, folder, file)
    return Settings(folder=start)


LISTS = {
    "include": 'include = ["configs/**/*.yaml"]',
    "exclude": 'exclude = ["configs/old/*.yaml"]',
    "plugins": 'plugins = ["numpy", "acme-*"]',
    "no-plugins": 'no-plugins = ["sklearn"]',
}
"""The keys that take a list of texts, with an example."""


def _settings(table: Any, folder: Path, file: Path) -> Settings:
    def refuse(what: str, suggestions: list[str]) -> ValidationError:
        return ValidationError(f"[tool.registry] in {quote(str(file))} {what}.", suggestions=suggestions)

    known = ["app", *LISTS]
    if not isinstance(table, dict):
        raise refuse("is not a table", ['Write [tool.registry] and, below it, app = "module:attribute".'])
    for key, value in table.items():
        if key not in known:
            raise refuse(f"has an unknown key {quote(key)}", did_you_mean(key, known) or [f"Use {', '.join(known)}."])
        if key == "app" and not isinstance(value, str):
            raise refuse("has an app that is not text", ['Write it as app = "module:attribute".'])
        if key != "app" and not (isinstance(value, list) and all(isinstance(text, str) for text in value)):
            raise refuse(f"has {quote(key)}, which is not a list of texts", [f"Write it as {LISTS[key]}."])
    plugins = table.get("plugins")
    return Settings(
        table.get("app"),
        tuple(table.get("include", ())),
        tuple(table.get("exclude", ())),
        None if plugins is None else tuple(plugins),
        tuple(table.get("no-plugins", ())),
        folder,
    )
