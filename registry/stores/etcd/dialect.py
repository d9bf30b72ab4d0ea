"""How etcd is spoken to."""

import json
import threading
from collections.abc import Callable
from copy import copy
from typing import final

from registry.errors import DiagnosticError
from registry.stores.etcd.credentials import Credentials
from registry.stores.etcd.gateway import AUTHENTICATE, NONSENSE, body
from registry.stores.etcd.refusals import Refusal, refusal_of
from registry.stores.transport.address import Address
from registry.stores.transport.calls import Caller
from registry.stores.transport.failures import unusable
from registry.stores.transport.reach import Reach
from registry.stores.transport.requests import Answer, Request
from registry.stores.transport.tls import Trust


@final
class NobodyDialect:
    """Tells etcd nothing of who asks.

    Args:
        prefix: What the store's keys begin with, for messages.
        user: Who logs in by what is asked, for messages; "" for nobody.
        check: Refuses members that must not be asked, with a DiagnosticError.
    """

    __slots__ = ("_check", "_prefix", "_user")

    def __init__(self, prefix: str, user: str = "", check: Callable[[Address], None] = lambda address: None) -> None:
        self._prefix = prefix
        self._user = user
        self._check = check

    def authorization(self, address: Address, /) -> bytes:
        """Nothing."""
        self._check(address)
        return b""

    def renewed(self, refused: bytes, /) -> bool:
        """There is nothing to be had anew."""
        return False

    def refusal(self, answer: Answer, /) -> Refusal:
        """What an answer says that is not one of success."""
        return refusal_of(answer, self._user, self._prefix)


@final
class UserDialect:
    """Logs a user in when that is first needed, and again when etcd has forgotten it, as it does after five minutes.

    Args:
        credentials: The user and the password.
        prefix: What the store's keys begin with, for messages.
        reach: Knows which members can be reached.
        trust: Gives what TLS needs.
        timeout: Seconds for logging in.
    """

    def __init__(self, credentials: Credentials, prefix: str, reach: Reach, trust: Trust, timeout: float) -> None:
        self._credentials = credentials
        self._prefix = prefix
        # Who logs in is nobody yet, and the password goes along.
        self._caller = Caller(NobodyDialect(prefix, credentials.user, credentials.check), reach, trust, timeout)
        self._lock = threading.Lock()
        self._line: bytes | None = None
        self._tried = 0
        self._failure: DiagnosticError | None = None  # why there is no line

    def authorization(self, address: Address, /) -> bytes:
        """The header line with the token that etcd gave."""
        self._credentials.check(address)
        line = self._line
        return self._logged_in(None) if line is None else line

    def renewed(self, refused: bytes, /) -> bool:
        """Log in again, unless another thread has done so since this line was refused."""
        self._logged_in(refused)
        return True

    def refusal(self, answer: Answer, /) -> Refusal:
        """What an answer says that is not one of success."""
        return refusal_of(answer, self._credentials.user, self._prefix)

    def close(self) -> None:
        """Close what waits for the next login."""
        self._caller.pool.close()

    def forget(self) -> None:
        """Go on in a forked child."""
        self._lock = threading.Lock()
        self._caller.pool.clear()

    def _logged_in(self, refused: bytes | None) -> bytes:
        """The header line, which is not the one that was refused; who waits for another thread's login takes that."""
        password = self._credentials.password()  # not under the lock: a function of somebody else's may give it
        seen = self._tried
        with self._lock:
            line, failure = self._line, self._failure
            if line is not None and line != refused:
                return line
            if self._tried != seen and failure is not None:
                raise copy(failure)
            self._line = self._failure = None
            try:
                line = self._line = self._login(password)
            except DiagnosticError as error:
                self._failure = copy(error)  # without the frames that this one holds
                raise
            finally:
                self._tried += 1
            return line

    def _login(self, password: str) -> bytes:
        answer = self._caller.ask(Request(AUTHENTICATE, body({"name": self._credentials.user, "password": password})))
        try:
            token = json.loads(answer.body)["token"]
            if not token.isprintable():  # or it could end the line, and begin another one
                raise ValueError("not a token")
            return b"Authorization: %s\r\n" % token.encode("ascii")
        except NONSENSE as error:
            raise unusable(answer.address, "gave no token to who logged in") from error
