"""Distributions that are installed for the length of a test."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

from registry.distribution import DISTRIBUTION, entry_point_group


@contextmanager
def fake_distribution(
    folder: Path,
    name: str,
    offers: Mapping[str, Mapping[str, str]],
    *,
    modules: Mapping[str, str] | None = None,
    version: str = "1.0",
    requires: str = DISTRIBUTION,
) -> Iterator[Path]:
    """A distribution that is installed until the block ends: `importlib.metadata` finds it, and its modules import.

    Args:
        folder: An empty folder for it, such as pytest's `tmp_path`.
        name: What it is called.
        offers: Entry points by kind ("plugins", "backends", "stores", "readers", "sources", "validators") and name.
        modules: The source of each module by its dotted name. They are forgotten at the end.
        version: Of the distribution.
        requires: What it depends on; "" for nothing.

    Yields:
        The folder that is on `sys.path`.
    """
    for module, source in ({} if modules is None else modules).items():
        *packages, last = module.split(".")
        place = folder
        for package in packages:
            place = place / package
            place.mkdir(exist_ok=True)
            place.joinpath("__init__.py").touch()
        place.joinpath(f"{last}.py").write_text(dedent(source), encoding="utf-8")
    about = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    about.mkdir(parents=True)
    required = f"Requires-Dist: {requires}\n" if requires else ""
    about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{required}")
    lines = [
        line
        for kind, points in offers.items()
        for line in (f"[{entry_point_group(kind)}]", *(f"{point} = {value}" for point, value in points.items()))
    ]
    about.joinpath("entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield folder
    finally:
        sys.path.remove(str(folder))
        for loaded, found in list(sys.modules.items()):
            if str(getattr(found, "__file__", None) or "").startswith(str(folder)):
                del sys.modules[loaded]
        importlib.invalidate_caches()
