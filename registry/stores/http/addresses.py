"""Where a namespace server is, taken from the URL that was given."""

import re
from collections.abc import Sequence
from urllib.parse import quote as percent_encoded
from urllib.parse import urlsplit

from registry.environment import DEFAULT_PORT, TOKEN
from registry.errors import ValidationError
from registry.names import WHOLE, quote
from registry.stores.transport.address import Address, Peer
from registry.urls import shown_url

_PORTS = {"http": 80, "https": 443}
_EXAMPLE = f"Write it like 'https://registry.example.org' or 'http://127.0.0.1:{DEFAULT_PORT}'."


NAMESPACE_SERVER = Peer(
    noun="namespace server",
    check="Make sure that the URL is right, and that 'registry serve' is running there.",
    certificate=(
        "If you trust the authority which signed the certificate, name the file of its own in SSL_CERT_FILE,"
        " or pass HTTPStore 'tls=' with an ssl.SSLContext that trusts it; commands take --ca-file."
    ),
    other="Make sure that the URL is that of a namespace server, and of nothing in front of it.",
    own_certificate="Pass HTTPStore 'tls=' with an ssl.SSLContext that shows the certificate which is asked for.",
    plain="an http:// URL",
    secure="an https:// URL",
)


def read_addresses(url: str | Sequence[str]) -> tuple[Address, ...]:
    """The servers of one URL, or of several in the order in which they are tried.

    Raises:
        ValidationError: One of them is no URL of a server, or there is none.
    """
    given = (url,) if isinstance(url, str) else tuple(url)
    if not given:
        raise ValidationError("No URL of a namespace server was given.", suggestions=[_EXAMPLE])
    return tuple(dict.fromkeys(map(_read, given)))


def _read(url: str) -> Address:
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        raise ValidationError("The URL of a namespace server is not one.", suggestions=[_EXAMPLE])
    if re.search(r",\s*https?://", url):
        raise ValidationError(
            "Several URLs of namespace servers are in one text.", suggestions=["Give them as a list: [url, url]."]
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        name = host.encode("ascii" if ":" in host else "idna")
    except ValueError:  # which may quote a password
        raise ValidationError("The URL of a namespace server cannot be read.", suggestions=[_EXAMPLE]) from None
    if "@" in parts.netloc:  # not shown: it may be a secret
        raise ValidationError(
            f"The URL of the namespace server at {quote(host, WHOLE)} holds a user or a password.",
            suggestions=[f"Leave them out of the URL, and pass 'token=' or set {TOKEN}."],
        )
    if parts.scheme not in _PORTS or not host or port == 0:
        raise ValidationError(
            f"{quote(shown_url(url), WHOLE)} is not the URL of a namespace server.",
            suggestions=[_EXAMPLE, "It begins with http:// or https:// and names a host."],
        )
    if parts.query or parts.fragment:
        raise ValidationError(
            f"The URL of the namespace server at {quote(host, WHOLE)} has a query or a fragment.",
            suggestions=["Leave out everything from '?' or '#' on."],
        )
    secure = parts.scheme == "https"
    prefix = percent_encoded(parts.path.rstrip("/"), safe="/%:=~+!$,;'@()*&")
    bracketed = b"[%s]" % name if ":" in host else name
    shown = bracketed if port is None or port == _PORTS[parts.scheme] else b"%s:%d" % (bracketed, port)
    return Address(
        host=name.decode(),
        port=_PORTS[parts.scheme] if port is None else port,
        secure=secure,
        prefix=prefix,
        url=f"{parts.scheme}://{shown.decode()}{prefix}",
        name=shown,
        peer=NAMESPACE_SERVER,
    )
