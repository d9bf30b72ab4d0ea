"""Which names of itself a server answers to, so that no page of another site can reach it through a browser."""

import ipaddress
from collections.abc import Iterable
from typing import Any, final
from urllib.parse import urlsplit

from registry.errors import AccessDeniedError
from registry.names import quote

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@final
class Hosts:
    """The names that a `Host` header may hold.

    A page of another site whose name was made to lead here (DNS rebinding) still sends its own name. An address as
    such cannot be another site's name, so the one that the client connected to is always right.

    Args:
        names: The names, without ports.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(name.lower().rstrip(".").strip("[]") for name in names if name)
        self._known: dict[str, bool] = {}

    def check(self, host: str, transport: Any) -> None:
        """Refuse a request for another host.

        Raises:
            AccessDeniedError: It is for another one.
        """
        if not self._known.get(host):
            name = name_of(host)
            if name not in self.names and not _is_own_address(name, transport):
                raise AccessDeniedError(
                    f"This server does not answer for the host {quote(host)}.",
                    suggestions=[f"Start it with --allow-host {name} if that is one of its names."]
                    if name.isascii() and name.isprintable() and name
                    else [],
                    context={"host": quote(host)},
                )
            if name in self.names and len(self._known) < 1000:
                self._known[host] = True

    def check_origin(self, origin: str, transport: Any) -> None:
        """Refuse a request that a page of another site sent.

        Raises:
            AccessDeniedError: One did.
        """
        try:
            parsed = urlsplit(origin)
            name = (parsed.hostname or "").rstrip(".") if parsed.scheme in ("http", "https") else ""
        except ValueError:
            name = ""
        if not name or (name not in self.names and not _is_own_address(name, transport)):
            raise AccessDeniedError(
                f"The request comes from a page of {quote(origin)}, and other sites may not use this server.",
                context={"origin": quote(origin)},
            )


def name_of(host: str) -> str:
    """The host of a `Host` header, without its port.

    >>> name_of("[::1]:8001"), name_of("Example.org.:80")
    ('::1', 'example.org')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")


def machine_names(bound: str) -> list[str]:
    """The address that a server is bound to, and what this machine is called."""
    import socket

    names = [bound, *LOOPBACK, socket.gethostname(), socket.getfqdn()]
    return [name for name in names if name not in ("", "0.0.0.0", "::")]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address; False for names other than localhost, which may mean anything."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_own_address(name: str, transport: Any) -> bool:
    """Whether a name is the address, in figures, on which this connection arrived."""
    try:
        named = ipaddress.ip_address(name)
        bound = transport.get_extra_info("sockname")
        return isinstance(bound, tuple) and ipaddress.ip_address(bound[0].partition("%")[0]) == named
    except (ValueError, AttributeError):
        return False
