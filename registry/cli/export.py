"""`registry export`."""

import os
import sys
from collections.abc import Callable

import click

from registry.cli.options import namespaces_option
from registry.cli.output import counted, progress, safe, write
from registry.cli.transfer.partial import PartialFile
from registry.cli.transfer.writing import FORMS, Form, form_of
from registry.cli.where import Where, choose_namespaces, where_options
from registry.errors import OperationalError, ValidationError
from registry.names import quote
from registry.store_protocol import Store


@click.command()
@click.argument("file", default="-", type=click.Path(dir_okay=False, allow_dash=True))
@where_options
@namespaces_option
@click.option(
    "--format", "form", type=click.Choice(list(FORMS)), help="JSON Lines or YAML; by default the file's suffix says it."
)
@click.option("--resume", is_flag=True, help="Go on with an export to this file that was interrupted.")
def export(file: str, where: Where, namespaces: tuple[str, ...], form: str | None, resume: bool) -> None:
    """Write namespaces to a file, or to stdout.

    Each namespace is as it was at one moment, whose token stands in the file. The file appears when it is complete; as
    long as it is not, it has .part after its name. registry import reads it back.
    """
    kind = form_of(file, form)
    with where.opened() as store:
        names = choose_namespaces(store, namespaces)
        if file == "-" or not _is_plain(file):
            if resume:
                raise ValidationError("Only an export to a file can be resumed.", suggestions=["Name a file."])
            _to_stream(store, names, FORMS[kind](), file)
            return
        with PartialFile(file) as part:
            _to_file(store, names, kind, part, resume)


def _to_file(store: Store, names: list[str], kind: str, part: PartialFile, resume: bool) -> None:
    done: list[str] = []
    if resume and kind == "jsonl":
        done = part.keep(store, names)
        if done:
            write(f"Going on after {counted(len(done), 'namespace')} that did not change since.", "stderr")
        elif part.found:
            write("What was there cannot be used: something changed meanwhile. Starting anew.", "stderr")
    elif resume:
        write("YAML cannot be resumed. Starting anew.", "stderr")
    if not done:
        part.restart()
    form = FORMS[kind]()
    total = 0
    try:
        if not done:
            part.write(form.opening(names))
        for namespace in names[len(done) :]:
            total += _section(store, namespace, form, part.write)
        part.publish()
    except BaseException:
        # the error itself is told by whoever reports errors
        write(
            safe(f"The export is not complete. What there is of it is in {part.path}; go on with --resume."), "stderr"
        )
        raise
    write(safe(f"{counted(total, 'record')} of {counted(len(names), 'namespace')} in {part.target}."), "stderr")


def _to_stream(store: Store, names: list[str], form: Form, file: str) -> None:
    seen = file == "-" and sys.stdout.isatty()
    with click.open_file(file, "wb") as stream:

        def write_bytes(data: bytes) -> None:
            stream.write(harmless(data) if seen else data)

        write_bytes(form.opening(names))
        for namespace in names:
            _section(store, namespace, form, write_bytes, shown=not seen)


def harmless(data: bytes) -> bytes:
    """The same export without what a terminal would obey: JSON and YAML have it in texts alone, which have escapes."""
    text = data.decode()
    return data if text.replace("\n", "").isprintable() else "".join(map(_escaped, text)).encode()


def _escaped(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _section(
    store: Store, namespace: str, form: Form, write_bytes: Callable[[bytes], object], shown: bool = True
) -> int:
    """Write one namespace; how many records it has."""
    with store.snapshot(namespace) as snapshot:
        write_bytes(form.section(namespace, snapshot.token, snapshot.count))
        written = 0
        with progress(f"Exporting {namespace}", snapshot.count if shown else 0, 1000) as advance:
            for stored in snapshot:
                write_bytes(form.record(stored, snapshot.token.epoch))
                written += 1
                if written % 500 == 0:
                    advance(500)
    if written != snapshot.count:
        raise OperationalError(
            f"{quote(namespace)} gave {written} of its {snapshot.count} records.", suggestions=["Export again."]
        )
    return written


def _is_plain(file: str) -> bool:
    """Whether the path is one of an ordinary file, or of none yet: not a device or a pipe, which cannot be replaced."""
    return not os.path.exists(file) or os.path.isfile(file)
