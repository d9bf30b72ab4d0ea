"""What is wrong with a server, or with what it is asked."""

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from statistics import median
from urllib.parse import quote as percent_encoded

from registry.cli.doctor.checklist import Check, Subject
from registry.cli.doctor.client import Answer, Client
from registry.cli.doctor.connection import check_connection
from registry.cli.output import counted
from registry.cli.where import Where
from registry.distribution import __version__
from registry.environment import TOKEN
from registry.errors import DiagnosticError, RemoteError
from registry.names import quote
from registry.urls import shown_url

SKEW = 5.0
"""Seconds by which clocks may differ before somebody should know."""

READY_WITHIN = 3.0
"""Seconds that a server may take to catch up with its store."""

SLOW = 0.25
"""Seconds from which a round trip is worth a warning."""


def check_server(where: Where, namespaces: tuple[str, ...]) -> Iterator[Check]:
    """Every step from the name of the host to what may be written."""
    from registry.stores.http.addresses import read_addresses

    url = str(where.url)
    subject = Subject(f"server {shown_url(url)}")
    try:
        (address,) = read_addresses(url)
        context = where.tls() if address.secure else None
    except DiagnosticError as error:
        yield subject.refused("url", error)
        return
    for check in check_connection(subject, address, context):
        yield check
        if check.verdict == "failed":
            return
    try:
        with Client(address, context) as client:
            yield from _check_http(subject, client)
            yield from _check_rights(subject, client, where, namespaces)
    except RemoteError as error:
        yield subject.refused("http", error)


def _check_http(subject: Subject, client: Client) -> Iterator[Check]:
    health = client.ask("/health")
    behind = _seconds_behind(health.date)
    if health.status != 200:
        raise _error(health)
    took: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        client.ask("/health")
        took.append(time.perf_counter() - began)
    told = f"answers in {median(took) * 1000:.1f} ms (median of 5 on one connection)"
    if median(took) > SLOW:
        yield subject.warning("http", told, "Look-ups do not notice; registering and first contacts do.")
    else:
        yield subject.ok("http", told)

    ready = _ready(client)
    if ready.status == 200:
        yield subject.ok("ready", "the server has caught up with its store")
    else:
        yield subject.failed(
            "ready",
            f"the server is not ready: {_message(ready)}",
            "Wait a moment; if it stays like this, look into the server's log for what is wrong with its store.",
        )
    yield _check_version(subject, client)
    yield _check_clock(subject, behind, min(took))


def _ready(client: Client) -> Answer:
    """What the server says of itself; one that has only just begun gets a moment."""
    until = time.monotonic() + READY_WITHIN
    while True:
        answer = client.ask("/ready")
        if answer.status == 200 or time.monotonic() > until:
            return answer
        time.sleep(0.1)


def _check_version(subject: Subject, client: Client) -> Check:
    answer = client.ask("/openapi.json")
    info = answer.value.get("info") if isinstance(answer.value, dict) else None
    version = info.get("version") if isinstance(info, dict) else None
    if answer.status != 200 or not isinstance(version, str):
        return subject.warning("version", "the server does not tell its version")
    if version.split(".")[:2] == __version__.split(".")[:2]:
        return subject.ok("version", f"{version} there, {__version__} here")
    return subject.warning(
        "version", f"{version} there, {__version__} here", "Run the same version on both sides, the server's first."
    )


def _seconds_behind(date: str) -> float | None:
    """By how much the server's clock is behind; None if it does not tell. It is told in whole seconds."""
    try:
        return time.time() - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        return None


def _check_clock(subject: Subject, behind: float | None, trip: float) -> Check:
    if behind is None:
        return subject.skipped("clock", "the server does not tell its time")
    if -SKEW < behind - 0.5 < SKEW + trip:
        return subject.ok("clock", "agrees within a second or so" if abs(behind) < 2 else f"{abs(behind):.0f} s apart")
    return subject.warning(
        "clock",
        f"the server's is {abs(behind):.0f} s {'behind' if behind > 0 else 'ahead'}",
        "Set both clocks by NTP: tokens end by the server's, and records show its time.",
    )


def _check_rights(subject: Subject, client: Client, where: Where, namespaces: tuple[str, ...]) -> Iterator[Check]:
    from registry.stores.http.credentials import Credentials

    try:
        token = where.token
        line = Credentials(token or (lambda: ""), where.allow_plain).line(client.address)
        client.headers = {"Authorization": line.decode().partition(": ")[2].strip()} if line else {}
    except DiagnosticError as error:
        yield subject.refused("token", error)
        return
    listed = client.ask("/namespaces")
    if listed.status == 401:
        yield _no_token(subject, token)
        return
    try:
        visible = {str(item["name"]): int(item["count"]) for item in listed.value["namespaces"]}
        moment = str(listed.value["token"])
    except (TypeError, KeyError, ValueError) as error:
        raise _error(listed) from error
    yield _token_check(subject, client, token)
    yield subject.ok("namespaces", f"{counted(len(visible), 'namespace')} can be seen")
    for namespace in namespaces:
        yield from _check_namespace(subject, client, namespace, visible)
    if not namespaces:
        yield subject.skipped("write", "name a namespace with --namespace to know")
    yield _check_watch(subject, client, moment)


def _no_token(subject: Subject, token: str | None) -> Check:
    if not token:
        return subject.failed(
            "token",
            "the server wants an access token, and there is none",
            f"Set {TOKEN}, or name the file that holds it with --token-file.",
            "Have one made where the server runs: registry token create NAME --scope 'research.*:read'.",
            outside=False,
        )
    shape = "" if token.startswith("rgk_") and token.count("_") == 2 else "; it does not look like rgk_<id>_<secret>"
    return subject.failed(
        "token",
        f"the server does not accept the token{shape}",
        "It may have ended or been revoked: look with registry token list where the server runs.",
        "Make sure that the server reads the same file of tokens as registry token create wrote.",
        outside=False,
    )


def _token_check(subject: Subject, client: Client, token: str | None) -> Check:
    if not token:
        return subject.ok("token", "none is needed: this server lets everybody in")
    headers, client.headers = client.headers, {}
    try:
        without = client.ask("/namespaces")
    finally:
        client.headers = headers
    if without.status == 200:
        return subject.warning(
            "token", "not needed: this server lets everybody in", "Keep it for servers that ask for it."
        )
    return subject.ok("token", f"{token.rpartition('_')[0]}_… is accepted")


def _check_namespace(subject: Subject, client: Client, namespace: str, visible: dict[str, int]) -> Iterator[Check]:
    from registry.wire.json import write
    from registry.wire.routes import KEYS, SET, namespace_path

    title = f"{quote(namespace)}"
    answer = client.ask(f"{namespace_path(namespace, KEYS)}?limit=1")
    if namespace in visible:
        yield subject.ok("namespace", f"{title} has {counted(visible[namespace], 'name')}")
    elif answer.status == 200:
        yield subject.warning(
            "namespace", f"{title} is empty: nothing was registered there yet", *_close(namespace, visible)
        )
    else:
        yield subject.failed(
            "namespace",
            f"{title} cannot be seen: {_message(answer)}",
            *_close(namespace, visible),
            f"Use a token with a scope such as '{namespace}:read'.",
            outside=False,
        )
        return
    # A token of an epoch that does not exist never matches, so this is refused, whatever is there.
    attempt = {
        "key": "registry-doctor",
        "value": {"format": 1, "kind": "data", "data": None},
        "expect": "doctor.0",
    }
    answer = client.ask(namespace_path(namespace, SET), write(attempt))
    if answer.status == 409:
        yield subject.ok("write", f"{title} may be written (tried with a change that cannot match)")
    elif answer.status == 403:
        yield subject.warning(
            "write",
            f"{title} may only be read: {_message(answer)}",
            f"To register there, use a token with the scope '{namespace}:write'.",
        )
    else:
        yield subject.failed("write", f"{title} cannot be written: {_message(answer)}", "Look into the server's log.")


def _check_watch(subject: Subject, client: Client, since: str) -> Check:
    from registry.wire.events import EventParser

    parser = EventParser()
    began = time.perf_counter()
    try:
        for block in client.stream(f"/watch?since={percent_encoded(since)}"):
            for event in parser.feed(block):
                if event.kind in ("change", "beat"):
                    return subject.ok("watch", f"heard after {(time.perf_counter() - began) * 1000:.0f} ms")
                if event.kind in ("reset", "end"):
                    return subject.failed("watch", f"ended with {event.kind}", "Try again; the server was restarted.")
    except RemoteError as error:
        return subject.failed(
            "watch",
            f"nothing is heard: {error.message}",
            "If a proxy is in between, let it pass text/event-stream on without buffering.",
        )
    return subject.failed("watch", "ended without a word", "Look for a proxy in between that cuts long answers off.")


def _error(answer: Answer) -> RemoteError:
    is_ours = isinstance(answer.value, dict) and "code" in answer.value
    log = "Look into the server's log for what is wrong with its store."
    other = "Make sure that the URL is that of a namespace server, and of nothing in front of it."
    return RemoteError(
        f"it answers with the status {answer.status}: {_message(answer)}", suggestions=[log if is_ours else other]
    )


def _message(answer: Answer) -> str:
    found = answer.value.get("message") if isinstance(answer.value, dict) else None
    return str(found) if found else f"status {answer.status} without a reason"


def _close(namespace: str, visible: dict[str, int]) -> list[str]:
    from registry.closeness import did_you_mean

    return did_you_mean(namespace, visible)
