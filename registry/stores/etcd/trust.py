"""What TLS with etcd trusts and shows, where the program does not say."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from registry.environment import ETCD_CA, ETCD_CERT, ETCD_KEY
from registry.errors import ValidationError
from registry.names import WHOLE, quote
from registry.stores.transport.tls import Trust

if TYPE_CHECKING:
    from ssl import SSLContext


def trust_of(given: "SSLContext | Callable[[], SSLContext] | None") -> Trust:
    """What gives the context: the one given, else one of the files that the environment names."""
    return Trust(_of_environment if given is None else given)


def _of_environment() -> "SSLContext":
    import ssl

    authority, cert = os.environ.get(ETCD_CA) or None, os.environ.get(ETCD_CERT) or None
    try:
        context = ssl.create_default_context(cafile=authority)
        if cert is not None:
            context.load_cert_chain(cert, os.environ.get(ETCD_KEY) or None)
    except OSError as error:  # ssl.SSLError is one
        named = ", ".join(
            f"{name}={quote(os.environ[name], WHOLE)}"
            for name in (ETCD_CA, ETCD_CERT, ETCD_KEY)
            if os.environ.get(name)
        )
        raise ValidationError(
            f"The files for TLS with etcd cannot be used ({named}): {error}.",
            suggestions=["Name files in PEM that this process may read; a key without a password."],
        ) from error
    return context
