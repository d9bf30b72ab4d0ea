"""What is wrong with the registry or catalog of a project, and what of it others cannot have."""

import warnings
from collections.abc import Iterator
from pathlib import Path

from registry.cli.application import load_app, registries_of
from registry.cli.doctor.checklist import Check, Subject
from registry.cli.output import counted
from registry.errors import DiagnosticError
from registry.settings import read_settings

MOST = 10
"""Most entries that are named."""


def check_app(app: str | None) -> Iterator[Check]:
    """Whether it can be imported, and whether each entry could be shared."""
    from registry.records import record_of

    subject = Subject("app" if app is None else f"app {app}")
    try:
        settings = read_settings(Path.cwd())
        if app is None:
            subject = Subject(f"app {settings.app}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the modules that are imported
            registries = registries_of(load_app(app, settings))
    except DiagnosticError as error:
        yield subject.refused("import", error)
        return
    yield subject.ok("import", f"{counted(len(registries), 'registry', 'registries')}: {', '.join(registries)}")
    for title, registry in registries.items():
        try:
            entries = list(registry.find())
        except DiagnosticError as error:
            yield subject.refused("entries", error)
            continue
        unshareable = []
        for entry in entries:
            try:
                record_of(entry).to_bytes()
            except DiagnosticError as error:
                unshareable.append(error.message)
        lazy = sum(entry.is_lazy for entry in entries)
        told = f"{title} has {counted(len(entries), 'entry', 'entries')}, {lazy:,} not imported yet"
        if unshareable:
            more = [f"and {len(unshareable) - MOST:,} more"] if len(unshareable) > MOST else []
            yield subject.warning("entries", told)
            yield subject.warning("sharing", " ".join([*unshareable[:MOST], *more]))
        else:
            yield subject.ok("entries", f"{told}; each could be shared")
