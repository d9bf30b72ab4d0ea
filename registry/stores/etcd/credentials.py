"""Who a store is for etcd: a user and a password, given or found in the environment."""

import os
from collections.abc import Callable
from typing import final

from registry.environment import ETCD_PASSWORD, ETCD_USER
from registry.errors import AccessDeniedError, RemoteError, ValidationError
from registry.names import WHOLE, quote
from registry.stores.transport.address import Address

Source = str | Callable[[], str] | None


@final
class Credentials:
    """Gives the user and the password.

    Args:
        user: The user's name; None for the environment variable, where nobody is a user without one.
        password: The password, a function that gives it, or None for the environment variable.
        allow_plain: Whether it may go to other machines without TLS.
    """

    __slots__ = ("_allow_plain", "_password", "_user")

    def __init__(self, user: str | None, password: Source, allow_plain: bool) -> None:
        if user is not None and (not isinstance(user, str) or not user):
            raise ValidationError(
                "'user' has to be the name of a user of etcd.",
                suggestions=[f"Leave it out where etcd has no users, or {ETCD_USER} names one."],
            )
        if password is not None and not isinstance(password, str) and not callable(password):
            raise ValidationError(
                f"'password' has to be text or a function that gives it, not a {type(password).__name__}.",
                suggestions=[f"Leave it out, and set {ETCD_PASSWORD}."],
            )
        if user is None and password is not None and not os.environ.get(ETCD_USER):
            raise ValidationError(
                "A password is given for etcd, and no user.",
                suggestions=[f"Pass 'user=', or set {ETCD_USER}."],
            )
        self._user = user
        self._password = password
        self._allow_plain = allow_plain

    @property
    def user(self) -> str:
        """The user's name; "" for nobody."""
        return os.environ.get(ETCD_USER, "") if self._user is None else self._user

    def password(self) -> str:
        """The password.

        Raises:
            AccessDeniedError: There is none.
            RemoteError: The function that was given failed.
        """
        password = os.environ.get(ETCD_PASSWORD) if self._password is None else self._password
        if callable(password):
            try:
                password = password()
            except Exception as error:  # its text is not repeated, since it may hold what is secret
                raise RemoteError(
                    f"The function that was given as 'password' failed with {type(error).__name__}.",
                    suggestions=["See the exception above."],
                ) from error
        if not isinstance(password, str) or not password:
            raise AccessDeniedError(
                f"There is no password for the user {quote(self.user, WHOLE)} of etcd.",
                suggestions=[f"Set {ETCD_PASSWORD}, or pass 'password='."],
            )
        return password

    def check(self, address: Address) -> None:
        """Refuse to send secrets there.

        Raises:
            AccessDeniedError: Everyone on the way could read them.
        """
        if not address.secure and not self._allow_plain and not address.is_loopback:
            raise AccessDeniedError(
                f"The password is not sent to {quote(address.url, WHOLE)}, which everyone on the way could read.",
                suggestions=[
                    "Use TLS: https:// endpoints, or etcds:// as the URL.",
                    "Pass 'allow_plain=True' if something else encrypts what is sent, such as a service mesh.",
                ],
                context={"url": address.url},
            )

    def __repr__(self) -> str:
        return "Credentials(…)"
