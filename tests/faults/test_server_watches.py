"""Watches and mirrors of a server that is killed and cut off: complete in the end, and never going back."""

import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from faults.figures import Figure
from faults.histories import NAMESPACE, value_of
from faults.processes import PATIENCE, Server, Workers, spawned
from faults.proxy import Proxy, wait_until
from faults.registering import NAMES as REGISTERED
from faults.registering import NAMESPACE as MIRRORED
from faults.revision_laws import Sight, check_sights
from faults.watching import Witness, gaps, written_in

from registry import Registry
from registry.backends import RemoteBackend
from registry.errors import OperationalError
from registry.mirror import Follower, Mirror
from registry.stores import HTTPStore

NAMES = tuple(f"n{number}" for number in range(12))


def watching(folder: Path, figure: Figure, *, faults: int) -> None:
    """Watch a server in three ways while others write and it is killed and cut off."""
    with (
        Server(folder) as server,
        Proxy(("127.0.0.1", server.port)) as proxy,
        HTTPStore(proxy.url) as store,
        HTTPStore(server.url) as direct,
    ):
        witnesses = [Witness(store, NAMESPACE), Witness(direct, NAMESPACE)]
        follower, mirror = Follower(store), Mirror(NAMESPACE)
        follower.follow(mirror)
        sights: list[Sight] = []
        ended = threading.Event()
        looking = threading.Thread(target=look, args=(mirror, sights, ended), daemon=True)
        looking.start()
        with Workers(server.url, folder, clients=3, names=NAMES, pause=0.01) as workers:
            for number in range(faults):
                workers.progress(40)
                if number % 3 == 0:
                    server.kill()
                    server.start()
                elif number % 3 == 1:
                    proxy.cut()
                else:
                    proxy.pause()
                    time.sleep(0.3)
                    proxy.cut()
                    proxy.resume()
            workers.progress(40)
            workers.finish()
        newest = direct.token()
        assert all(witness.wait(newest.revision) for witness in witnesses)
        wait_until(lambda: mirror.revision >= newest.revision, PATIENCE)
        ended.set()
        looking.join(PATIENCE)
        for witness in witnesses:
            witness.close()
        follower.close()
        written = written_in(direct, NAMESPACE, NAMES)
        with direct.snapshot(NAMESPACE) as snapshot:
            right = {stored.name: (stored.revision, stored.record) for stored in snapshot}
        versions = {name: [value_of(one.record) for one in direct.history(NAMESPACE, name)[::-1]] for name in NAMES}
    assert [breach for witness in witnesses for breach in gaps(witness.spans, written)] == []
    assert [error for witness in witnesses for error in witness.alien] == []
    assert [witness.resets for witness in witnesses] == [0, 0]
    assert {name: (stored.revision, stored.record) for name, stored in mirror.entries.items()} == right
    assert check_sights(sights, versions) == []
    figure(
        "events of watches checked for order, gaps and repeats",
        sum(len(span.frames) for one in witnesses for span in one.spans),
    )
    figure(
        "times a watch broke or could not connect, and went on without a gap",
        sum(witness.breaks for witness in witnesses),
    )
    figure("mirrored reads checked for going back", len(sights))


def look(mirror: Mirror, sights: list[Sight], ended: threading.Event) -> None:
    """Read from a mirror again and again."""
    while not ended.wait(0.001):
        for name in NAMES:
            stored = mirror.entries.get(name)
            sights.append(Sight("mirror", name, None if stored is None else value_of(stored.record)))


def test_watches_are_complete_through_a_kill_and_cuts(tmp_path: Path, figure: Figure) -> None:
    watching(tmp_path, figure, faults=3)


@pytest.mark.soak
def test_watches_are_complete_through_many_kills_and_cuts(tmp_path: Path, figure: Figure) -> None:
    watching(tmp_path, figure, faults=60)


@dataclass(frozen=True)
class Scene:
    """What something can go wrong with while registries are read."""

    server: Server
    proxy: Proxy
    writer: "subprocess.Popen[bytes]"
    progress: Callable[[], None]
    """Waits until every reader has seen a newer version of every name, or something that went back."""


def read_on(folder: Path, wrong: Callable[[Scene], None]) -> tuple[list[str], int]:
    """The breaches that readers of a registry see while something goes wrong, and how many reads there were."""
    with Server(folder) as server, Proxy(("127.0.0.1", server.port)) as proxy:
        backend = RemoteBackend(proxy.url, namespace=MIRRORED, max_staleness=2.0, timeout=5.0)
        asking = RemoteBackend(proxy.url, namespace=MIRRORED, max_staleness=0, timeout=5.0)
        registries: dict[str, Registry[Any, Any, str]] = {
            "mirrored": Registry(MIRRORED, backend=backend),
            "asking": Registry(MIRRORED, backend=asking),
        }
        reached: dict[tuple[str, str], int] = {}
        found: list[str] = []
        counts = dict.fromkeys(registries, 0)
        ended = threading.Event()

        def look(kind: str) -> None:
            registry = registries[kind]
            while not ended.wait(0.002):
                for name in REGISTERED:
                    try:
                        seen = int(registry.entry(name).description or 0) if name in registry else 0
                    except OperationalError:  # nobody may answer from what is too old
                        ended.wait(0.05)
                        continue
                    except Exception as error:
                        found.append(f"{kind}: {error!r}")
                        return
                    counts[kind] += 1
                    before = reached.get((kind, name), 0)
                    if seen < before:
                        found.append(f"{kind}: {name!r} went back from {before} to {seen}")
                    reached[kind, name] = max(seen, before)

        def progress() -> None:
            marks = dict(reached)
            keys = [(kind, name) for kind in registries for name in REGISTERED]
            wait_until(
                lambda: bool(found) or all(reached.get(key, 0) > marks.get(key, 0) for key in keys),
                PATIENCE,
            )

        readers = [threading.Thread(target=look, args=(kind,), daemon=True) for kind in registries]
        with spawned(["-m", "faults.registering", server.url]) as process:
            for reader in readers:
                reader.start()
            progress()
            wrong(Scene(server, proxy, process, progress))
            progress()
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
            assert process.wait(PATIENCE) == 0
        ended.set()
        for reader in readers:
            reader.join(PATIENCE)
        backend.close()
        asking.close()
        return found, sum(counts.values())


def restart(scene: Scene) -> None:
    scene.server.kill()
    scene.server.start()


def cut(scene: Scene) -> None:
    scene.proxy.cut()


def silence(scene: Scene) -> None:
    """Nothing comes through for longer than a mirror may be old."""
    scene.proxy.pause()
    time.sleep(2.5)
    scene.proxy.resume()


def restore(scene: Scene) -> None:
    """Put back an older copy of the file, epoch and all: what no restore may do."""
    server = scene.server
    server.terminate()
    shutil.copy(server.path, server.path.with_suffix(".old"))
    server.start()
    scene.progress()
    scene.writer.send_signal(signal.SIGSTOP)  # or it might write anew what was lost before a reader looks
    server.terminate()
    for rest in server.path.parent.glob(f"{server.path.name}-*"):
        rest.unlink()
    shutil.move(server.path.with_suffix(".old"), server.path)
    server.start()
    scene.progress()
    scene.writer.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("wrong", [restart, cut, silence])
def test_no_read_of_a_registry_goes_back(wrong: Callable[[Scene], None], tmp_path: Path, figure: Figure) -> None:
    found, count = read_on(tmp_path, wrong)
    assert found == []
    assert count > 30
    figure("reads of registries checked for going back", count)


def test_a_store_that_goes_back_is_noticed(tmp_path: Path) -> None:
    found, _ = read_on(tmp_path, restore)
    assert any("went back" in breach for breach in found)
