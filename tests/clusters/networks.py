"""The networks that members of a cluster are on, which can be cut between them."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from typing import Protocol

import attrs
from faults.proxy import Proxy

CLIENTS, PEERS = 2379, 2380
"""The ports that etcd has for clients and for other members."""


@attrs.frozen
class Place:
    """Where one member is.

    Attributes:
        clients: The URL where clients ask it.
        listen: The URL where it listens to other members.
        advertised: The URL where they find it.
        command: What stands before the command that starts it.
    """

    clients: str
    listen: str
    advertised: str
    command: tuple[str, ...] = ()


class Network(Protocol):
    """What connects the members."""

    @property
    def kind(self) -> str:
        """How members are cut off, for reports."""
        ...

    @property
    def places(self) -> Sequence[Place]:
        """Where the members are."""
        ...

    def cut(self, number: int) -> None:
        """Cut one member off from the others; clients still reach it."""
        ...

    def heal(self) -> None:
        """Let everything through again."""
        ...


def free_hosts(count: int) -> list[str]:
    """Loopback addresses on which nobody listens at etcd's ports; all of 127.0.0.0/8 leads to this machine (RFC 1122).

    Ports would have to be found free and then taken, which two tests at once get wrong now and then.
    """
    while True:
        network = f"127.{10 + secrets.randbelow(200)}.{secrets.randbelow(250)}"
        hosts = [f"{network}.{number + 1}" for number in range(count)]
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            for host in hosts:
                for port in (CLIENTS, PEERS):
                    held.enter_context(socket.socket()).bind((host, port))
            return hosts


class Loopback:
    """Loopback addresses, one for each member. Nothing can be cut."""

    kind = "loopback"

    def __init__(self, size: int) -> None:
        hosts = free_hosts(size)
        self.places = [
            Place(f"http://{host}:{CLIENTS}", f"http://{host}:{PEERS}", f"http://{host}:{PEERS}") for host in hosts
        ]

    def cut(self, number: int) -> None:
        """There is nothing between members that could be cut."""
        raise NotImplementedError  # a test that cuts asks for `cuttable`

    def heal(self) -> None:
        """Nothing was cut."""


class Proxies:
    """Loopback addresses, and a proxy before each member for what the others send it: with one cut, all are."""

    kind = "a cutting proxy before each member, all cut at once"

    def __init__(self, size: int, stack: contextlib.ExitStack) -> None:
        hosts = free_hosts(size)
        self._proxies = [stack.enter_context(Proxy((host, PEERS))) for host in hosts]
        self.places = [
            Place(f"http://{host}:{CLIENTS}", f"http://{host}:{PEERS}", proxy.url)
            for host, proxy in zip(hosts, self._proxies, strict=True)
        ]

    def cut(self, number: int) -> None:
        """Cut all members off from one another."""
        for proxy in self._proxies:
            proxy.pause()
            proxy.cut()

    def heal(self) -> None:
        """Let everything through again."""
        for proxy in self._proxies:
            proxy.resume()


class Namespaces:
    """A network namespace for each member, with one cable to the clients and one to the other members."""

    kind = "network namespaces, the cable to the other members pulled"

    def __init__(self, size: int, stack: contextlib.ExitStack) -> None:
        word, third = secrets.token_hex(3), secrets.randbelow(250)
        clients, peers = f"rg{word}c", f"rg{word}p"
        for bridge in (clients, peers):
            _ip("link", "add", bridge, "type", "bridge")
            stack.callback(_ip, "link", "del", bridge)
            _ip("link", "set", bridge, "up")
        # 198.18.0.0/15 is for tests of networks (RFC 2544), so that no real one is hidden.
        _ip("addr", "add", f"198.18.{third}.254/24", "dev", clients)
        self.places = []
        self._cables: list[str] = []
        for number in range(1, size + 1):
            name = f"rg{word}{number}"
            _ip("netns", "add", name)
            stack.callback(_ip, "netns", "del", name)
            for kind, bridge, address in (
                ("c", clients, f"198.18.{third}.{number}"),
                ("p", peers, f"198.19.{third}.{number}"),
            ):
                _ip("link", "add", name + kind, "type", "veth", "peer", "name", kind, "netns", name)
                _ip("link", "set", name + kind, "master", bridge, "up")
                _ip("-n", name, "addr", "add", f"{address}/24", "dev", kind)
                _ip("-n", name, "link", "set", kind, "up")
            _ip("-n", name, "link", "set", "lo", "up")
            peer = f"http://198.19.{third}.{number}:{PEERS}"
            self._cables.append(f"{name}p")
            self.places.append(
                Place(f"http://198.18.{third}.{number}:{CLIENTS}", peer, peer, ("ip", "netns", "exec", name))
            )

    def cut(self, number: int) -> None:
        """Pull the cable of one member to the others."""
        _ip("link", "set", self._cables[number], "down")

    def heal(self) -> None:
        """Plug all cables in."""
        for cable in self._cables:
            _ip("link", "set", cable, "up")


@contextlib.contextmanager
def cuttable(size: int) -> Iterator[Network]:
    """A network that can be cut between members: namespaces where this process may make them, else proxies."""
    with contextlib.ExitStack() as stack:
        yield Namespaces(size, stack) if may_make_namespaces() else Proxies(size, stack)


def may_make_namespaces() -> bool:
    """Whether this process may make network namespaces."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"rg{secrets.token_hex(3)}t"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        _ip("netns", "del", name)
    return made


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
