"""Where the members of a cluster are, taken from what was given."""

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import attrs

from registry.errors import ValidationError
from registry.names import WHOLE, quote
from registry.stores.transport.address import Address, Peer
from registry.urls import shown_url

PORT = 2379
"""The port for clients that etcd has at IANA."""

DEFAULT_PREFIX = "registry-kit"
"""What keys begin with, unless something else is said. Kubernetes has /registry for its own."""

ETCD_MEMBER = Peer(
    noun="etcd cluster",
    check="Make sure that the endpoints are right, and that etcd is running there.",
    certificate=(
        "If you trust the authority which signed the certificate, name the file of its own in REGISTRY_ETCD_CA_FILE"
        " or SSL_CERT_FILE, or pass EtcdStore 'tls=' with an ssl.SSLContext that trusts it."
    ),
    other="Make sure that the endpoint is the one for clients of an etcd of version 3.4 or newer.",
    own_certificate=(
        "Name the certificate that etcd asks for, and its key, in REGISTRY_ETCD_CERT_FILE and REGISTRY_ETCD_KEY_FILE,"
        " or pass EtcdStore 'tls=' with an ssl.SSLContext that shows it."
    ),
    plain="http:// endpoints, or etcd:// as the URL,",
    secure="https:// endpoints, or etcds:// as the URL,",
)

_EXAMPLE = f"Write them like 'http://10.0.0.1:{PORT}' or 'https://etcd-1.example.org:{PORT}'."
_URL_EXAMPLE = f"Write it like 'etcd://10.0.0.1:{PORT},10.0.0.2:{PORT}', or with etcds:// where TLS is spoken."


@attrs.frozen
class Place:
    """A store in a cluster, as a URL names it: the endpoints, and the prefix if it has one."""

    endpoints: tuple[str, ...]
    prefix: str | None


def read_url(url: str) -> Place:
    """The members and the prefix of `etcd://host:2379,host:2379/prefix`, or of `etcds://…` where TLS is spoken.

    Raises:
        ValidationError: It is no such URL.
    """
    scheme, _, rest = url.partition("://")
    hosts, slash, path = rest.partition("/")
    strange = "?" in rest or "#" in rest or "," in path or "//" in path
    if strange or not all(host and not host.endswith(":") for host in hosts.split(",")):
        suggestions = [_URL_EXAMPLE]
        if "," in path:
            suggestions.append("Name all members before the prefix.")
        raise ValidationError(
            f"{quote(shown_url(url), WHOLE)} is not the URL of an etcd cluster.",
            suggestions=suggestions,
            context={"url": shown_url(url)},
        )
    outer = "https" if scheme.lower() == "etcds" else "http"
    prefix = unquote(path.strip("/"))
    return Place(tuple(f"{outer}://{host}" for host in hosts.split(",")), prefix if slash and prefix else None)


def read_endpoints(endpoints: str | Sequence[str]) -> tuple[Address, ...]:
    """The members, in the order in which they are tried.

    Raises:
        ValidationError: One of them is none, or there is none.
    """
    given = tuple(one.strip(" ") for one in endpoints.split(",")) if isinstance(endpoints, str) else tuple(endpoints)
    if not given:
        raise ValidationError("No endpoint of an etcd cluster was given.", suggestions=[_EXAMPLE])
    found = tuple(dict.fromkeys(map(_read, given)))
    if len({address.secure for address in found}) > 1:
        raise ValidationError(
            "Some endpoints begin with https:// and some do not.", suggestions=["Use TLS with all members, or none."]
        )
    return found


def check_prefix(prefix: object) -> str:
    """What keys begin with, without slashes at its ends.

    Raises:
        ValidationError: It cannot be that.
    """
    if isinstance(prefix, str) and prefix.isprintable() and prefix.isascii() and 0 < len(prefix.strip("/")) <= 255:
        return prefix.strip("/")
    raise ValidationError(
        f"{quote(prefix)} cannot be the prefix of keys in etcd.",
        suggestions=["Use printable ASCII characters, such as 'teams/vision'."],
    )


def _read(endpoint: object) -> Address:
    if not isinstance(endpoint, str) or not endpoint.isprintable() or " " in endpoint:
        raise ValidationError(f"The endpoint{_named(endpoint)} of an etcd cluster is not one.", suggestions=[_EXAMPLE])
    whole = endpoint if "://" in endpoint else f"http://{endpoint}"
    try:
        parts = urlsplit(whole)
        host, port = parts.hostname or "", parts.port
        name = host.encode("ascii" if ":" in host else "idna")
    except ValueError:  # which may quote a password
        raise ValidationError(
            f"The endpoint{_named(endpoint)} of an etcd cluster cannot be read.", suggestions=[_EXAMPLE]
        ) from None
    if "@" in parts.netloc:  # not shown: it may be a secret
        raise ValidationError(
            f"The endpoint of etcd at {quote(host, WHOLE)} holds a user or a password.",
            suggestions=[
                "Leave them out, and pass 'user=' and 'password=', or set REGISTRY_ETCD_USER and "
                "REGISTRY_ETCD_PASSWORD."
            ],
        )
    if parts.scheme not in ("http", "https") or not host or port == 0 or parts.path not in ("", "/") or parts.query:
        raise ValidationError(
            f"{quote(shown_url(whole), WHOLE)} is not an endpoint of an etcd cluster.", suggestions=[_EXAMPLE]
        )
    port = PORT if port is None else port
    bracketed = b"[%s]" % name if ":" in host else name
    shown = b"%s:%d" % (bracketed, port)
    return Address(
        host=name.decode(),
        port=port,
        secure=parts.scheme == "https",
        prefix="",
        url=f"{parts.scheme}://{shown.decode()}",
        name=shown,
        peer=ETCD_MEMBER,
    )


def _named(endpoint: object) -> str:
    """The host of an endpoint in a message; what follows it may be a secret."""
    host = re.split("[:/?#@]", str(endpoint).rpartition("://")[2])[0]
    return f" {quote(host, WHOLE)}" if host else ""
