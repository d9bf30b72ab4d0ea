"""Where a server is, and what kind of server that is."""

from functools import lru_cache

import attrs


@attrs.frozen
class Peer:
    """A kind of server, as messages speak of it.

    Attributes:
        noun: What it is called.
        check: What to make sure of when it cannot be reached.
        certificate: What to do when its certificate is refused.
        own_certificate: What to do when it refuses ours, or misses one.
        other: What to make sure of when something else answers.
        plain: What to use where no TLS is spoken.
        secure: What to use where it is.
    """

    noun: str
    check: str
    certificate: str
    own_certificate: str
    other: str
    plain: str
    secure: str


@attrs.frozen(cache_hash=True)  # it is the key of what is known of a server
class Address:
    """One server.

    Attributes:
        host: Its name or IP address.
        port: Its port.
        secure: Whether TLS is spoken with it.
        prefix: What stands before every path, percent-encoded; "" for nothing.
        url: The URL as messages show it.
        name: The value of the `Host` header (RFC 9110, section 7.2).
        peer: What it is.
    """

    host: str
    port: int
    secure: bool
    prefix: str
    url: str
    name: bytes
    peer: Peer = attrs.field(repr=False)

    @property
    def is_loopback(self) -> bool:
        """Whether what is sent there does not leave this machine."""
        return _is_loopback(self.host)


@lru_cache  # asked before every request that carries a token
def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761, section 6.3
