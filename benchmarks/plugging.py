"""Starting with no, ten and a hundred plugins installed."""

import random
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.ratios import Row, compare
from benchmarks.starting import OURS, process
from benchmarks.timing import Effort, Samples
from registry.distribution import entry_point_group
from registry.testing import fake_distribution

NUMBERS = (0, 10, 100)
LOADED = "from registry.plugins import plugin_manager; plugin_manager(allow=['acme*'])"
BY_HAND = (
    "import registry.plugins; from importlib.metadata import entry_points;"
    f" [point.load() for point in entry_points(group={entry_point_group('plugins')!r}) if point.name[:4] == 'acme']"
)
STATEMENTS = {"import": OURS, "plugin_manager()": LOADED, "entry points loaded by hand": BY_HAND}
PLUGIN = "from registry.plugins import hookimpl\n@hookimpl\ndef registry_event(event): pass\n"


def measure(effort: Effort) -> list[Row]:
    """The rows of this group: what installed plugins add to the start of a process, by CPU time."""
    with TemporaryDirectory() as name:
        folders = {number: _installed(Path(name), number) for number in NUMBERS}
        samples: Samples = {_title(what, number): [] for what in STATEMENTS for number in NUMBERS}
        order = random.Random(0)
        contenders = [(what, number) for what in STATEMENTS for number in NUMBERS]
        for what, number in contenders:
            process(STATEMENTS[what], folders[number])
        for _ in range(effort.rounds):
            for what, number in order.sample(contenders, len(contenders)):
                samples[_title(what, number)].append(process(STATEMENTS[what], folders[number])[1])
    first, *others = NUMBERS
    group = "Start a process with plugins: CPU time"
    return [
        *(compare(group, _title("import", many), _title("import", first), samples, target=1) for many in others),
        *(compare(group, _title("plugin_manager()", many), _title("import", first), samples) for many in NUMBERS),
        *(
            compare(group, _title("plugin_manager()", many), _title("entry points loaded by hand", many), samples)
            for many in others
        ),
    ]


def _title(what: str, number: int) -> str:
    return f"{what}, {number} plugins installed"


def _installed(folder: Path, number: int) -> str:
    """A folder with so many distributions, each with a plugin of its own."""
    place = folder / str(number)
    place.mkdir()
    with ExitStack() as stack:
        for index in range(number):
            stack.enter_context(
                fake_distribution(
                    place,
                    f"acme-{index}",
                    {"plugins": {f"acme{index}": f"acme_plugin{index}"}},
                    modules={f"acme_plugin{index}": PLUGIN},
                )
            )
    return str(place)
