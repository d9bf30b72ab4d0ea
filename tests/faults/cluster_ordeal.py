"""A cluster of three members and two servers over it, to which things happen while clients work."""

import contextlib
import functools
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
from clusters.disks import Disk, small_disk
from clusters.members import Cluster, Member, running_cluster
from clusters.networks import Network, cuttable
from faults.calls import Call, Outcome
from faults.histories import NAMESPACE, value_of
from faults.judging import breaches, lies, lost, resolved
from faults.processes import PATIENCE, Server, Workers
from faults.proxy import wait_until
from faults.revision_laws import Sight, check_sights
from faults.watching import Witness, gaps, written_in

from registry.mirror import Follower, Mirror
from registry.store_protocol import Store
from registry.stores import EtcdStore, HTTPStore

NAMES = tuple(f"n{number}" for number in range(60))
"""So many that the history of each stays small enough to be searched."""


@attrs.define
class Ordeal:
    """What came of it."""

    calls: list[Call]
    found: list[str]
    """What is wrong."""
    faults: int
    recoveries: list[float]
    """Seconds from each fault to the first write that was begun after it and acknowledged."""
    rates: list[float]
    """Operations that succeeded in a second, before each fault and after the last one."""
    events: int
    sights: int
    breaks: int
    resets: int
    restarts: int
    """How often a member ended by itself and was started anew, disks without room not counted."""
    how: str
    """How members were cut off."""


class Scene:
    """What something can happen to.

    Args:
        cluster: The members.
        network: Between them.
        servers: Over them.
        disks: Of the last member.
        chance: For all choices.
    """

    def __init__(
        self, cluster: Cluster, network: Network, servers: Sequence[Server], disk: Disk, chance: random.Random
    ) -> None:
        self._cluster = cluster
        self._network = network
        self._servers = servers
        self._disk = disk
        self._chance = chance

    def leader_killed(self) -> None:
        """SIGKILL of the leader, which comes back after a while."""
        leader = self._cluster.leader()
        leader.kill()
        self._wait(1.5, 2.5)
        leader.start()

    def member_paused(self) -> None:
        """SIGSTOP of a member, the leader as likely as another, and SIGCONT later."""
        member = self._chance.choice(self._cluster.members)
        member.pause()
        self._wait(1.0, 3.0)
        member.go_on()

    def server_killed(self) -> None:
        """SIGKILL of a server, which comes back at once."""
        server = self._chance.choice(self._servers)
        server.kill()
        server.start()

    def network_cut(self, longer: float = 0.0) -> None:
        """The leader cut off from the other members; clients reach all of them."""
        self._network.cut(self._cluster.members.index(self._cluster.leader()))
        self._wait(2.0 + longer, 4.0 + longer)
        self._network.heal()

    def disk_full(self) -> None:
        """No room on the disk of one member, until it has died of it; then room again."""
        member = self._cluster.members[-1]
        self._disk.fill(member)
        process = member.process
        assert process is not None
        wait_until(lambda: process.poll() is not None, 3 * PATIENCE)
        self._disk.free()
        member.process = None
        member.start()

    def log_compacted(self) -> None:
        """The log forgotten up to now."""
        member = self._member()
        answer = member.ask("/v3/kv/range", {"key": "AA=="})
        assert answer is not None
        member.ask("/v3/kv/compaction", {"revision": answer["header"]["revision"]})

    def _member(self) -> Member:
        return next(member for member in self._cluster.members if member.ask("/v3/kv/range", {"key": "AA=="}))

    def _wait(self, least: float, most: float) -> None:
        time.sleep(self._chance.uniform(least, most))


@contextlib.contextmanager
def scene(folder: Path, chance: random.Random) -> Iterator[tuple[Scene, Cluster, list[Server], Network]]:
    """Three members, the last of them on a small disk, and two servers."""
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(cuttable(3))
        disk = stack.enter_context(small_disk(folder / "etcd" / "m3-disk"))
        cluster = stack.enter_context(
            running_cluster(folder / "etcd", network=network, last_in=folder / "etcd" / "m3-disk")
        )
        servers = []
        for number in range(2):
            place = folder / f"server{number}"
            place.mkdir()
            servers.append(stack.enter_context(Server(place, store=cluster.url)))
        yield Scene(cluster, network, servers, disk, chance), cluster, servers, network


def ordeal(
    folder: Path,
    kinds: Sequence[Callable[[Scene], None]],
    *,
    between: float = 1.0,
    seed: int = 0,
    twin: str = "",
    addresses: Callable[[Sequence[str], Cluster], Sequence[str]] = lambda urls, cluster: [
        ",".join(urls),
        ",".join(reversed(urls)),
        cluster.url,
    ],
) -> Ordeal:
    """Let 24 clients work while these things happen one after another, and judge all that they were told.

    Args:
        folder: For the files.
        kinds: What happens.
        between: Seconds in which all goes well, between two of them.
        seed: Of all choices.
        twin: A broken store that stands between the clients and theirs.
        addresses: Of the stores of the processes of clients, given the URLs of both servers and the cluster.
    """
    chance = random.Random(seed)
    moments: list[int] = []
    with contextlib.ExitStack() as stack:
        now, cluster, servers, network = stack.enter_context(scene(folder, chance))
        urls = [server.url for server in servers]
        through = stack.enter_context(HTTPStore(urls))
        direct = stack.enter_context(EtcdStore(cluster.endpoints))
        watch = _Watching(through, direct)
        given = addresses(urls, cluster)
        workers = stack.enter_context(
            Workers(given, folder, processes=3, clients=8, names=NAMES, pause=0.015, seed=seed, twin=twin)
        )
        rates = []
        for kind in (*kinds, None):
            workers.progress(100)
            before, began = workers.succeeded(), time.monotonic()
            time.sleep(between)
            rates.append((workers.succeeded() - before) / (time.monotonic() - began))
            if kind is not None:
                moments.append(time.monotonic_ns())
                kind(now)
        calls = workers.finish()
        cluster.wait()
        remembering = Remembering(direct)
        found = breaches(calls) + breaches(resolved(calls, remembering)) + lies(calls, remembering)
        if Scene.log_compacted not in kinds:
            found += lost(calls, remembering, NAMESPACE)
        found += watch.finish(remembering, compacted=Scene.log_compacted in kinds)
    return Ordeal(
        calls,
        found,
        len(kinds),
        _recoveries(calls, moments),
        rates,
        sum(len(span.frames) for one in watch.witnesses for span in one.spans),
        len(watch.sights),
        sum(one.breaks for one in watch.witnesses),
        sum(one.resets for one in watch.witnesses),
        sum(member.restarts for member in cluster.members),
        network.kind,
    )


class Remembering:
    """A store that nobody writes to any more, which is asked for each history and operation once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.history = functools.cache(store.history)
        self.operation = functools.cache(store.operation)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class _Watching:
    """Two witnesses and a mirror, over the servers and over the cluster itself."""

    def __init__(self, through: Store, direct: Store) -> None:
        self.witnesses = [Witness(through, NAMESPACE), Witness(direct, NAMESPACE)]
        self.sights: list[Sight] = []
        self._ended = threading.Event()
        self._followers = [Follower(through), Follower(direct)]
        self._mirrors = [Mirror(NAMESPACE) for _ in self._followers]
        for follower, mirror in zip(self._followers, self._mirrors, strict=True):
            follower.follow(mirror)
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()

    def _look(self) -> None:
        while not self._ended.wait(0.01):
            for number, mirror in enumerate(self._mirrors):
                for name in NAMES:
                    stored = mirror.entries.get(name)
                    seen = None if stored is None else value_of(stored.record)
                    self.sights.append(Sight(f"mirror {number}", name, seen))

    def finish(self, store: Store, *, compacted: bool) -> list[str]:
        """Wait until everything has arrived; all that is wrong with it."""
        newest = store.token().revision
        found = [
            f"witness {number} has not seen revision {newest}"
            for number, one in enumerate(self.witnesses)
            if not one.wait(newest)
        ]
        wait_until(lambda: all(mirror.revision >= newest for mirror in self._mirrors), PATIENCE)
        self._ended.set()
        self._looking.join(PATIENCE)
        for one in self.witnesses:
            one.close()
        for follower in self._followers:
            follower.close()
        found += [f"a witness met {error!r}" for one in self.witnesses for error in one.alien]
        with store.snapshot(NAMESPACE) as snapshot:
            right = {stored.name: (stored.revision, stored.record) for stored in snapshot}
        for mirror in self._mirrors:
            if {name: (stored.revision, stored.record) for name, stored in mirror.entries.items()} != right:
                found.append("a mirror is not what the store holds")
        if not compacted:  # there is no account of what was before
            written = written_in(store, NAMESPACE, NAMES)
            found += [breach for one in self.witnesses for breach in gaps(one.spans, written)]
            versions = {name: [value_of(one.record) for one in store.history(NAMESPACE, name)[::-1]] for name in NAMES}
            found += check_sights(self.sights, versions)
        return found


def _recoveries(calls: Sequence[Call], moments: Sequence[int]) -> list[float]:
    writes = sorted(
        (call for call in calls if call.is_write and call.outcome is Outcome.DONE), key=lambda call: call.called
    )
    found = []
    for moment in moments:
        returned = min((call.returned for call in writes if call.called >= moment), default=float("inf"))
        found.append((returned - moment) / 1e9)
    return found
