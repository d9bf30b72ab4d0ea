"""What entries and clients cost, as straight lines and one square, and where what there is comes to an end."""

from collections.abc import Callable, Sequence
from math import inf, sqrt
from statistics import fmean, linear_regression
from typing import TypeVar

import attrs

from benchmarks.cluster.growth import Crowd, Size
from benchmarks.cluster.namespaces import Namespaces

KEYS_ON_A_PAGE = 1000
"""That `EtcdStore.namespaces` asks for at once."""

Thing = TypeVar("Thing")


@attrs.frozen
class Line:
    """A straight line.

    Attributes:
        fixed: What it begins with.
        each: By which it grows for each one.
    """

    fixed: float
    each: float

    def at(self, count: float) -> float:
        """What so many take."""
        return self.fixed + self.each * count

    def reaches(self, most: float) -> float:
        """How many take as much as that."""
        if self.each <= 0:
            return inf
        return max(0.0, (most - self.fixed) / self.each)


@attrs.frozen
class Model:
    """What the costs are made of. Seconds are those of processors, sizes in bytes.

    Attributes:
        database: What a member's database holds, by entries.
        memory_etcd: Of the member that holds most, by entries.
        memory_server: Of a server, by entries.
        memory_watcher: Of a server for each watching client.
        peak_server: Of a server as it starts, by entries.
        start_server: Seconds of a server until it is ready, by entries.
        start_etcd: Of all members meanwhile, by entries, without walking.
        page_etcd: Seconds of the members for a page of one key, by the keys that it walks over, which are all that come
            behind it.
        page: Entries on a page.
        list_page: Seconds of the members for a page of the list of namespaces, without walking.
        snapshot_server: Of the server for the snapshot of a new client, by entries.
        snapshot_bytes: Its length, by entries.
        write_server: Seconds of the server for a write, by watching clients.
        idle_server: Seconds of the server in a second when nothing happens, by watching clients.
        write_etcd: Seconds of all members for a write.
        write_bytes: By which the database grows with a write, until that is forgotten.
        files: That a server has open, clients apart.
    """

    database: Line
    memory_etcd: Line
    memory_server: Line
    memory_watcher: float
    peak_server: Line
    start_server: Line
    start_etcd: Line
    page_etcd: Line
    page: int
    list_page: float
    snapshot_server: Line
    snapshot_bytes: Line
    write_server: Line
    idle_server: Line
    write_etcd: float
    write_bytes: float
    files: float

    @property
    def walk(self) -> float:
        """Seconds of the members for each key that a page walks over."""
        return max(0.0, self.page_etcd.each)

    def walked(self, entries: float) -> float:
        """How many keys are walked over to read all entries of one namespace page by page."""
        return entries * (entries + self.page) / (2 * self.page)

    def starting_etcd(self, entries: float) -> float:
        """Seconds of the members while a server starts."""
        return self.start_etcd.at(entries) + self.walk * self.walked(entries)

    def starting(self, entries: float) -> float:
        """Seconds until a server is ready, as nothing of this happens at the same time."""
        return self.start_server.at(entries) + self.starting_etcd(entries)

    def starts_within(self, seconds: float) -> float:
        """With how many entries, all in one namespace, a server is ready in so many seconds."""
        square = self.walk / (2 * self.page)
        each = self.start_server.each + self.start_etcd.each + self.walk / 2
        fixed = self.start_server.fixed + self.start_etcd.fixed - seconds
        if fixed >= 0:
            return 0.0
        if not square:
            return -fixed / each if each else inf
        return (sqrt(each * each - 4 * square * fixed) - each) / (2 * square)

    def listing(self, entries: float, namespaces: int) -> float:
        """Seconds of the members to list the namespaces: a page tells of those that have a key on it."""
        pages = max(1.0, namespaces / max(1.0, KEYS_ON_A_PAGE * namespaces / entries))
        return pages * (self.list_page + self.walk * entries * (pages + 1) / (2 * pages))

    def lists_within(self, seconds: float, namespaces: int) -> float:
        """With how many entries so many namespaces are listed in so many seconds of the members."""
        low, high = 1.0, 1e15
        if self.listing(high, namespaces) <= seconds:
            return inf
        while high / low > 1.0001:
            middle = sqrt(low * high)
            low, high = (middle, high) if self.listing(middle, namespaces) <= seconds else (low, middle)
        return low

    def memory(self, entries: float, watchers: float) -> float:
        """Bytes of a server."""
        return self.memory_server.at(entries) + self.memory_watcher * watchers


def fitted(sizes: Sequence[Size], crowds: Sequence[Crowd], lists: Namespaces, page: int) -> Model:
    """The model of what was measured.

    Args:
        sizes: Of numbers of entries, at least two.
        crowds: Of numbers of watching clients, at least two.
        lists: Of one namespace.
        page: Entries on a page.
    """
    page_etcd = _by_entries(sizes, lambda size: size.page_etcd)
    walk = max(0.0, page_etcd.each)

    def walked(size: Size) -> float:
        return walk * size.entries * (size.entries + page) / (2 * page)

    return Model(
        database=_by_entries(sizes, lambda size: size.in_use),
        memory_etcd=_by_entries(sizes, lambda size: size.memory_etcd),
        memory_server=_by_entries(sizes, lambda size: size.memory_server),
        memory_watcher=max(0.0, fmean(_growths(crowds))),
        peak_server=_by_entries(sizes, lambda size: size.peak_server),
        start_server=_by_entries(sizes, lambda size: size.start_server),
        start_etcd=_by_entries(sizes, lambda size: size.start_etcd - walked(size)),
        page_etcd=page_etcd,
        page=page,
        list_page=max(0.0, lists.listed_etcd - walk * lists.entries),
        snapshot_server=_by_entries(sizes, lambda size: size.snapshot_server),
        snapshot_bytes=_by_entries(sizes, lambda size: size.snapshot_bytes),
        write_server=_by_watchers(crowds, lambda crowd: crowd.write_server),
        idle_server=_by_watchers(crowds, lambda crowd: crowd.idle_server),
        write_etcd=fmean(crowd.write_etcd for crowd in crowds),
        write_bytes=fmean(crowd.write_bytes for crowd in crowds),
        files=fmean(crowd.files - crowd.watchers for crowd in crowds),
    )


def _by_entries(sizes: Sequence[Size], value: Callable[[Size], float]) -> Line:
    return _line(sizes, lambda size: size.entries, value)


def _by_watchers(crowds: Sequence[Crowd], value: Callable[[Crowd], float]) -> Line:
    return _line(crowds, lambda crowd: crowd.watchers, value)


def _line(things: Sequence[Thing], place: Callable[[Thing], float], value: Callable[[Thing], float]) -> Line:
    found = linear_regression([place(thing) for thing in things], [value(thing) for thing in things])
    if found.slope < 0:  # nothing is won by more of anything: what differs is noise
        return Line(fmean(map(value, things)), 0.0)
    return Line(found.intercept, found.slope)


def _growths(crowds: Sequence[Crowd]) -> list[float]:
    """Bytes of a server for each watching client, at each number of entries."""
    found = []
    for entries in {crowd.entries for crowd in crowds}:
        there = [crowd for crowd in crowds if crowd.entries == entries]
        if len({crowd.watchers for crowd in there}) > 1:
            found.append(_by_watchers(there, lambda crowd: crowd.memory_server).each)
    return found or [0.0]


@attrs.frozen
class Checked:
    """A figure that was predicted, and then measured.

    Attributes:
        what: Which.
        unit: "s", "B" or "s/s".
        predicted: By the model.
        measured: By a run that the model does not know.
    """

    what: str
    unit: str
    predicted: float
    measured: float

    @property
    def error(self) -> float:
        """By which part the prediction is too high."""
        return self.predicted / self.measured - 1 if self.measured else inf


def checked(model: Model, size: Size, crowd: Crowd, lists: Sequence[Namespaces]) -> list[Checked]:
    """The model beside measurements that it was not made of."""
    entries, watchers = size.entries, crowd.watchers
    return [
        Checked("database of a member, in use", "B", model.database.at(entries), size.in_use),
        Checked("memory of the member that holds most", "B", model.memory_etcd.at(entries), size.memory_etcd),
        Checked("memory of a server", "B", model.memory(entries, 0), size.memory_server),
        Checked(
            f"memory of a server with {watchers} clients", "B", model.memory(entries, watchers), crowd.memory_server
        ),
        Checked("memory of a server at most, while it starts", "B", model.peak_server.at(entries), size.peak_server),
        Checked("a server until it is ready: server", "s", model.start_server.at(entries), size.start_server),
        Checked("a server until it is ready: etcd", "s", model.starting_etcd(entries), size.start_etcd),
        Checked("a page of one key: etcd", "s", model.page_etcd.at(entries), size.page_etcd),
        Checked("the snapshot of a new client: server", "s", model.snapshot_server.at(entries), size.snapshot_server),
        Checked("the snapshot of a new client: length", "B", model.snapshot_bytes.at(entries), size.snapshot_bytes),
        Checked(f"a write, {watchers} clients told: server", "s", model.write_server.at(watchers), crowd.write_server),
        Checked("a write: etcd", "s", model.write_etcd, crowd.write_etcd),
        Checked(f"heartbeats to {watchers} clients: server", "s/s", model.idle_server.at(watchers), crowd.idle_server),
        *(
            Checked(
                f"the list of {one.namespaces:,} namespaces of {one.entries:,} entries: etcd",
                "s",
                model.listing(one.entries, one.namespaces),
                one.listed_etcd,
            )
            for one in lists
        ),
    ]
