"""From a URL to a connection: the steps below HTTP, each by itself."""

import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from registry.cli.doctor.checklist import Check, Subject
from registry.cli.doctor.client import TIMEOUT

if TYPE_CHECKING:
    from ssl import SSLContext

    from registry.stores.transport.address import Address

SOON = 14
"""Days before its end from which a certificate is worth a warning."""


def check_connection(subject: Subject, address: "Address", context: "SSLContext | None") -> Iterator[Check]:
    """Name, TCP and TLS. Ends at the first failure."""
    try:
        began = time.perf_counter()
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        yield subject.failed(
            "name",
            f"{address.host} has no address: {_reason(error)}",
            "Check the spelling of the host, and that this machine can look up names.",
        )
        return
    places = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if places == [address.host]:
        yield subject.skipped("name", "an address is given")
    else:
        yield subject.ok("name", f"{address.host} is {', '.join(places)}{_took(began)}")

    opened, failures = None, []
    began = time.perf_counter()
    for family, kind, protocol, _, target in found:
        raw = socket.socket(family, kind, protocol)
        raw.settimeout(TIMEOUT)
        try:
            raw.connect(target)
        except OSError as error:
            raw.close()
            failures.append((target[0], error))
        else:
            opened = raw
            break
    if opened is None:
        reasons = "; ".join(f"{place}: {_reason(error)}" for place, error in failures)
        yield subject.failed("tcp", f"port {address.port} cannot be reached: {reasons}", *_tcp_remedies(failures))
        return
    with opened:
        if failures:
            reasons = "; ".join(f"{place}: {_reason(error)}" for place, error in failures)
            yield subject.warning(
                "tcp",
                f"port {address.port} is open only at {opened.getpeername()[0]}; {reasons}",
                "Name that address in the URL, so that no time is lost.",
            )
        else:
            yield subject.ok("tcp", f"port {address.port} is open{_took(began)}")
        yield from _check_tls(subject, address, context, opened)


def _check_tls(
    subject: Subject, address: "Address", context: "SSLContext | None", opened: socket.socket
) -> Iterator[Check]:
    import ssl

    if not address.secure:
        if address.is_loopback:
            yield subject.skipped("tls", "not used: nothing leaves this machine")
        else:
            yield subject.warning(
                "tls",
                "not used: everyone on the way can read what is sent",
                "Serve with --tls-cert and --tls-key, and use an https:// URL.",
            )
        return
    assert context is not None
    began = time.perf_counter()
    try:
        with context.wrap_socket(opened, server_hostname=address.host) as secured:
            took, version, certificate = _took(began), secured.version(), secured.getpeercert()
    except ssl.SSLCertVerificationError as error:
        yield subject.failed("tls", f"the certificate is refused: {error.verify_message}", *_tls_remedies(error))
        return
    except (ssl.SSLError, OSError) as error:
        yield subject.failed(
            "tls",
            f"there is no TLS: {_reason(error)}",
            "Use an http:// URL if the server speaks no TLS.",
        )
        return
    days = (ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) / 86400 if certificate else 0.0
    told = f"{version}, certificate for {', '.join(_names(certificate))}, {days:.0f} days left{took}"
    if days < SOON:
        yield subject.warning("tls", told, "Renew the certificate before it ends.")
    else:
        yield subject.ok("tls", told)


def _names(certificate: Any) -> list[str]:
    return [str(name) for _, name in (certificate or {}).get("subjectAltName", ())] or ["no name"]


def _tls_remedies(error: Any) -> list[str]:
    """What to do, by the result of OpenSSL (x509_vfy.h)."""
    if error.verify_code == 10:
        return ["Renew the certificate, or set the clock of this machine if it is wrong."]
    if error.verify_code == 9:
        return ["Wait until the certificate begins, or set the clock of this machine if it is wrong."]
    if error.verify_code in (62, 64):
        return ["Use a host that the certificate names, or make a certificate that names this host."]
    if error.verify_code in (18, 19, 20, 21):
        return ["Name the authority that signed it with --ca-file, or add it to those that this machine trusts."]
    return ["Look into the certificate: openssl s_client -connect HOST:PORT -showcerts."]


def _tcp_remedies(failures: list[tuple[Any, OSError]]) -> list[str]:
    if all(isinstance(error, ConnectionRefusedError) for _, error in failures):
        return ["Start the server there with registry serve, or correct the port."]
    if any(isinstance(error, TimeoutError) for _, error in failures):
        return ["Ask for a way through the firewall in between, or correct the host."]
    return ["Check the network of this machine, and the host."]


def _took(began: float) -> str:
    return f" ({(time.perf_counter() - began) * 1000:.1f} ms)"


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:.0f} seconds"
    told = getattr(error, "reason", None) or error.strerror or error  # an SSLError has the name of an OpenSSL reason
    return str(told).rstrip(".").replace("_", " ").lower()
