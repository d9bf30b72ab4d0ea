"""Members of an etcd cluster, each with loopback addresses of its own."""

import contextlib
import json
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from clusters.binary import etcd_binary
from clusters.networks import Loopback, Network


@attrs.define(eq=False)
class Member:
    """One member. Its data stay in its folder, however often it is started.

    Attributes:
        name: What it is called.
        url: Where clients ask it.
        arguments: Those of etcd.
        folder: Its data.
        log: What it says.
        command: What stands before the command that starts it.
        process: It, as it runs.
        restarts: How often it ended by itself, and was started anew, as whatever supervises it would.
    """

    name: str
    url: str
    arguments: Sequence[str]
    folder: Path
    log: Path
    command: Sequence[str] = ()
    process: "subprocess.Popen[bytes] | None" = None
    restarts: int = 0

    def start(self) -> None:
        """Start it; returns at once."""
        assert self.process is None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, etcd_binary(), "--name", self.name, "--data-dir", str(self.folder), *self.arguments],
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process is not None
        return self.process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it ended by itself, or somebody else ended it."""
        return self.process is not None and self.process.poll() is not None

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self) -> None:
        """Stop it with SIGSTOP: its connections stay, and nothing answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run again."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def supervise(self) -> None:
        """Start it anew if it ended by itself."""
        if self.has_ended:
            assert self.restarts < 3, (
                f"{self.name} ends again and again:\n{self.log.read_text(errors='replace')[-4000:]}"
            )
            self.restarts += 1
            self.process = None
            self.start()

    def status(self) -> dict[str, Any] | None:
        """What it says of itself, None if nothing."""
        found = self.ask("/v3/maintenance/status", {})
        return found if found and "header" in found else None

    def ask(self, path: str, body: object, seconds: float = 2.0) -> dict[str, Any] | None:
        """Its answer to a request, None if there is none."""
        request = urllib.request.Request(self.url + path, json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except (OSError, ValueError, urllib.error.URLError):
            return None


@attrs.define(eq=False)
class Cluster:
    """A cluster.

    Attributes:
        members: Its members.
        folder: Their data and logs.
    """

    members: list[Member]
    folder: Path

    @property
    def url(self) -> str:
        """Its URL for `open_store`."""
        return "etcd://" + ",".join(member.url.partition("://")[2] for member in self.members)

    @property
    def endpoints(self) -> list[str]:
        """The URLs of its members."""
        return [member.url for member in self.members]

    def leader(self, seconds: float = 30.0) -> Member:
        """The member that leads; waits until there is one that the others know."""
        deadline = time.monotonic() + seconds
        while True:
            for member in self.members:
                member.supervise()
                status = member.status() if member.process is not None else None
                if status is not None and status.get("leader") == status["header"]["member_id"]:
                    return member
            assert time.monotonic() < deadline, "no member leads: " + self.logs()
            time.sleep(0.05)

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until every member that runs answers what all have to agree on."""
        deadline = time.monotonic() + seconds
        for member in self.members:
            while member.process is not None and member.ask("/v3/kv/range", {"key": "AA=="}) is None:
                member.supervise()
                assert time.monotonic() < deadline, f"{member.name} does not answer: " + self.logs()
                time.sleep(0.05)

    def logs(self) -> str:
        """The ends of what the members wrote."""
        return "\n".join(
            f"{path.name}:\n{path.read_text(errors='replace')[-2000:]}" for path in sorted(self.folder.glob("*.log"))
        )

    def stop(self) -> None:
        """End all members, and delete their data; their logs stay."""
        for member in self.members:
            member.kill()
            shutil.rmtree(member.folder, ignore_errors=True)


def cluster_in(folder: Path, network: Network, *options: str, last_in: Path | None = None) -> Cluster:
    """A cluster that was not started.

    Args:
        folder: For data and logs.
        network: Where its members are.
        options: More arguments for each of them.
        last_in: For the data of the last one, if not there.
    """
    places = network.places
    names = [f"m{number + 1}" for number in range(len(places))]
    everybody = ",".join(f"{name}={place.advertised}" for name, place in zip(names, places, strict=True))
    members = []
    for name, place in zip(names, places, strict=True):
        arguments = [
            *("--listen-client-urls", place.clients, "--advertise-client-urls", place.clients),
            *("--listen-peer-urls", place.listen, "--initial-advertise-peer-urls", place.advertised),
            *("--initial-cluster", everybody, "--initial-cluster-token", folder.name),
            *("--initial-cluster-state", "new", "--logger", "zap", "--log-level", "warn"),
            *options,
        ]
        members.append(Member(name, place.clients, arguments, folder / name, folder / f"{name}.log", place.command))
    if last_in is not None:
        members[-1].folder = last_in / "data"
    return Cluster(members, folder)


@contextlib.contextmanager
def running_cluster(
    folder: Path, size: int = 3, *options: str, network: Network | None = None, last_in: Path | None = None
) -> Iterator[Cluster]:
    """A cluster that runs until the block ends, on loopback addresses unless another network is given."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = cluster_in(folder, Loopback(size) if network is None else network, *options, last_in=last_in)
    try:
        for member in cluster.members:
            member.start()
        cluster.wait()
        yield cluster
    finally:
        cluster.stop()
