"""Who may do what: tokens, scopes, hosts, origins."""

import json
import logging
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server.client import Answer, Client, Stream
from server.running import Running, running

from registry.errors import EntryNotFoundError, ValidationError
from registry.revisions import Change
from registry.server import create_token, read_tokens, revoke_token
from registry.server.access import Access, Level, Scope
from registry.server.routes import ROUTES, Route, Table
from registry.stores import MemoryStore

OPEN = {"/", "/health", "/ready", "/openapi.json"}
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


def made(tokens: Path, *scopes: str, seconds: float | None = None) -> str:
    return create_token(tokens, "somebody", scopes, seconds=seconds)[1]


@pytest.fixture
def guarded(tokens: Path) -> Iterator[Running]:
    """A server with tokens and three namespaces, `research`, `research.losses` and `researchers`."""
    made(tokens, "*:admin")
    with MemoryStore() as store:
        for number, namespace in enumerate(("research", "research.losses", "researchers")):
            store.submit(namespace, [Change("k", b'{"of":"%s"}' % namespace.encode())], operation=str(number)).result()
        with running(store, token_file=tokens) as served:
            yield served


def unguarded(port: int, routes: Sequence[Route]) -> set[tuple[str, str]]:
    """What answers something else than 401 to somebody without a valid token."""
    found = set()
    for path in dict.fromkeys(route.path for route in routes):
        for method in METHODS:
            for header in ({}, {"Authorization": "Bearer rgk_00000000_" + "0" * 48}, {"Authorization": "Basic eDp5"}):
                with Client(port) as client:
                    asked = path.format(namespace="research", key="k", id="0")
                    answer = client.ask(method, asked, b"{}" if method == "POST" else None, header)
                if answer.status != 401:
                    found.add((method, path))
                    assert answer.status in (200, 405, 503), (method, path, answer)
                else:
                    assert answer.headers["www-authenticate"].startswith("Bearer")
                    assert b"research" not in answer.body.replace(b"research.*:write", b"")
    return found


def test_without_a_token_there_is_nothing_but_what_holds_no_data(guarded: Running) -> None:
    assert unguarded(guarded.port, ROUTES) == {(method, path) for path in OPEN for method in METHODS}
    with Client(guarded.port) as client:
        assert client.get("/nothing/there").status == 401


def test_a_route_without_a_guard_is_found(guarded: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    import attrs

    routes = [attrs.evolve(route, access=None) if route.operation == "namespaces" else route for route in ROUTES]
    monkeypatch.setattr(guarded.server.handler, "_table", Table(routes))
    assert ("GET", "/namespaces") in unguarded(guarded.port, routes)


SCOPES = [
    # scopes, namespace, what may be read, written, cleared
    (["*:read"], "research", (200, 403, 403)),
    (["*:write"], "research", (200, 200, 403)),
    (["*:admin"], "research", (200, 200, 200)),
    (["research:write"], "research", (200, 200, 403)),
    (["research:write"], "research.losses", (404, 404, 404)),
    (["research.*:write"], "research", (200, 200, 403)),
    (["research.*:write"], "research.losses", (200, 200, 403)),
    (["research.*:admin"], "researchers", (404, 404, 404)),
    (["research.losses:admin"], "research", (404, 404, 404)),
    (["research.*:read", "research.losses:admin"], "research.losses", (200, 200, 200)),
    (["research.*:read", "research.losses:admin"], "research", (200, 403, 403)),
]


@pytest.mark.parametrize(("scopes", "namespace", "statuses"), SCOPES)
def test_scopes_decide_what_may_be_done(
    guarded: Running, tokens: Path, scopes: list[str], namespace: str, statuses: tuple[int, ...]
) -> None:
    token = made(tokens, *scopes)
    guarded.call(guarded.server.handler.service.refresh_tokens)
    with Client(guarded.port, token) as client:

        def asked() -> tuple[int, ...]:
            return (
                client.get(f"/registry/{namespace}/get/k").status,
                client.put(namespace, "k").status,
                client.ask("POST", f"/registry/{namespace}/clear", {}).status,
            )

        assert asked() == statuses
        hidden = client.get("/registry/not.there/get/k")
        if statuses[0] == 404:
            other = client.get(f"/registry/{namespace}/get/k")
            assert other.json["code"] == hidden.json["code"] == "registry-not-found"
            assert other.body.replace(namespace.encode(), b"") == hidden.body.replace(b"not.there", b"")


def everything_seen(port: int, token: str) -> bytes:
    """All that a token can get to see that is not about one namespace."""
    with Client(port, token) as client:
        seen = [
            client.get(path).body for path in ("/namespaces", "/stats", "/metrics", "/operations/0", "/operations/1")
        ]
    with Stream(port, headers={"Authorization": f"Bearer {token}"}) as stream:
        told: list[str] = []
        for event in stream.events():
            seen.append(event.data)
            told.append(event.kind)
            if told.count("beat") > 2:
                break
    return b"\n".join(seen)


def test_a_token_sees_its_own_namespaces_alone_in_lists_numbers_watches_and_heartbeats(
    guarded: Running, tokens: Path
) -> None:
    narrow, wide = made(tokens, "research.*:read"), made(tokens, "*:read")
    guarded.call(guarded.server.handler.service.refresh_tokens)
    for namespace in (b"research.losses", b"researchers"):
        assert namespace in everything_seen(guarded.port, wide)
    seen = everything_seen(guarded.port, narrow)
    assert b"researchers" not in seen
    assert b"research.losses" in seen
    with Client(guarded.port, narrow) as client:
        assert client.get("/stats").json["entries"] == 2
        assert client.get("/operations/2").status == 404
        assert client.get("/operations/1").status == 200
        assert client.get("/watch?namespace=researchers").status == 404


def test_a_watcher_is_not_told_of_changes_that_it_may_not_see(guarded: Running, tokens: Path) -> None:
    narrow, wide = made(tokens, "research.*:read"), made(tokens, "*:admin")
    guarded.call(guarded.server.handler.service.refresh_tokens)
    with Stream(guarded.port, headers={"Authorization": f"Bearer {narrow}"}) as stream:
        stream.until(lambda event: event.kind == "beat")
        with Client(guarded.port, wide) as client:
            client.put("researchers", "hidden")
            client.put("research.losses", "shown")
        seen = stream.until(lambda event: b"shown" in event.data)
    assert b"hidden" not in b"".join(event.data for event in seen)


def test_a_server_that_is_read_only_takes_no_writes(store: MemoryStore) -> None:
    store.submit("a", [Change("k", b"{}")], operation="1").result()
    with running(store, read_only=True) as served, Client(served.port) as client:
        assert client.get("/registry/a/get/k").status == 200
        for answer in (
            client.put("a", "k"),
            client.ask("POST", "/registry/a/apply", {"changes": []}),
            client.ask("DELETE", "/registry/a/delete/k"),
            client.ask("POST", "/registry/a/clear", {}),
        ):
            assert (answer.status, answer.json["code"]) == (403, "access-denied")
        assert client.get("/stats").json["read_only"] is True


def test_the_server_notices_a_new_and_a_revoked_token_while_it_runs(guarded: Running, tokens: Path) -> None:
    kept, text = create_token(tokens, "late", ["*:read"])
    with Client(guarded.port, text) as client:

        def becomes(status: int) -> bool:
            deadline = time.monotonic() + 10
            while client.get("/namespaces").status != status:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            return True

        assert becomes(200)
        with Stream(guarded.port, headers={"Authorization": f"Bearer {text}"}) as stream:
            stream.until(lambda event: event.kind == "beat")
            revoke_token(tokens, kept.id)
            assert becomes(401)
            ended = stream.until(lambda event: event.kind == "end")
            assert json.loads(ended[-1].data)["reason"] == "the token is no longer valid"


def test_a_token_ends_when_its_time_is_up(guarded: Running, tokens: Path) -> None:
    token = made(tokens, "*:read", seconds=3.0)
    guarded.call(guarded.server.handler.service.refresh_tokens)
    with Client(guarded.port, token) as client:
        assert client.get("/namespaces").status == 200
        deadline = time.monotonic() + 20
        while client.get("/namespaces").status != 401:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_server_whose_tokens_are_gone_lets_nobody_in(guarded: Running, tokens: Path) -> None:
    token = made(tokens, "*:admin")
    guarded.call(guarded.server.handler.service.refresh_tokens)
    with Client(guarded.port, token) as client:
        assert client.get("/namespaces").status == 200
        tokens.write_text("{")  # nothing can be read: what was known stays
        guarded.call(guarded.server.handler.service.refresh_tokens)
        assert client.get("/namespaces").status == 200
        tokens.unlink()
        guarded.call(guarded.server.handler.service.refresh_tokens)
        assert client.get("/namespaces").status == 401


def test_the_file_of_tokens_keeps_no_secret_and_is_closed_to_others(tokens: Path) -> None:
    token, text = create_token(tokens, "ci", ["research.*:write", "*:read"], seconds=60)
    assert text.startswith(f"rgk_{token.id}_")
    content = tokens.read_text()
    assert text.rpartition("_")[2] not in content
    assert stat.S_IMODE(tokens.stat().st_mode) == 0o600
    assert read_tokens(tokens) == [token]
    tokens.chmod(0o622)
    with pytest.raises(ValidationError, match="Others may write"):
        read_tokens(tokens)
    tokens.chmod(0o600)
    with pytest.raises(EntryNotFoundError):
        revoke_token(tokens, "nope")
    assert revoke_token(tokens, token.id) == token
    assert read_tokens(tokens) == []
    assert [path.name for path in tokens.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"tokens": [{}]}', '{"tokens": {"a": 1}}', "\0", '{"tokens": [1]}']
)
def test_a_file_of_something_else_is_no_file_of_tokens(tokens: Path, content: str) -> None:
    tokens.write_text(content)
    tokens.chmod(0o600)
    with pytest.raises(ValidationError, match="is not a file of tokens"):
        read_tokens(tokens)


@pytest.mark.parametrize(
    "scope", ["", "a", "a:", ":read", "a:own", "*.a:read", "a*:read", "a.*.b:read", "a..b:read", "**:read", "a:READ"]
)
def test_what_is_no_scope_is_refused(scope: str) -> None:
    with pytest.raises(ValidationError):
        Scope.parse(scope)


SEGMENTS = st.sampled_from(["a", "b", "ab", "research", "researchers"])
NAMESPACES = st.lists(SEGMENTS, min_size=1, max_size=4).map(".".join)
PATTERNS = st.one_of(st.just("*"), NAMESPACES, NAMESPACES.map(lambda namespace: namespace + ".*"))
LEVELS = st.sampled_from(["read", "write", "admin"])


def level_by_the_book(scopes: list[tuple[str, str]], namespace: str) -> str:
    """The same by lists of segments, written for itself."""
    best = "none"
    order = ["none", "read", "write", "admin"]
    asked = namespace.split(".")
    for pattern, level in scopes:
        parts = pattern.split(".")
        covered = asked[: len(parts) - 1] == parts[:-1] if parts[-1] == "*" else asked == parts
        if covered and order.index(level) > order.index(best):
            best = level
    return best


@given(st.lists(st.tuples(PATTERNS, LEVELS), max_size=4), NAMESPACES)
def test_scopes_go_by_segments(scopes: list[tuple[str, str]], namespace: str) -> None:
    access = Access("x", [Scope.parse(f"{pattern}:{level}") for pattern, level in scopes])
    for _ in range(2):  # the second answer is a remembered one
        assert access.level(namespace).name.lower() == level_by_the_book(scopes, namespace)
    limited = Access("x", access.scopes, most=Level.READ)
    assert limited.level(namespace) == min(access.level(namespace), Level.READ)


def test_scopes_by_letters_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scope, "covers", lambda self, namespace: namespace.startswith(self.pattern.removesuffix(".*")))
    with pytest.raises(AssertionError):
        test_scopes_go_by_segments()


# ---------------------------------------------------------------------------------------------- hosts and origins


def asked_as(port: int, path: str = "/health", method: str = "GET", **headers: str) -> Answer:
    with Client(port) as client:
        return client.ask(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_the_server_answers_to_its_own_names_alone(store: MemoryStore) -> None:
    import socket

    with running(store, allow_hosts=("Registry.Example.org",)) as served:
        port = served.port
        own = [
            "localhost",
            "127.0.0.1",
            "LOCALHOST",
            f"localhost:{port}",
            "registry.example.org:80",
            "registry.example.org.",
        ]
        for host in [*own, socket.gethostname(), "[::1]"]:
            assert asked_as(port, Host=host).status == 200, host
        for host in ("evil.example", "localhost.evil.example", "10.1.2.3", "", "registry.example.org.evil", "a b"):
            for path in ("/", "/health", "/registry/a/keys"):
                answer = asked_as(port, path, Host=host)
                assert (answer.status, answer.json["code"]) == (421, "access-denied"), host


def test_pages_of_other_sites_are_refused(served: Running) -> None:
    for origin in ("http://localhost:3000", f"http://127.0.0.1:{served.port}", "https://localhost"):
        assert asked_as(served.port, Origin=origin).status == 200, origin
    for origin in ("http://evil.example", "null", "http://localhost.evil.example", "file://", "", "http://["):
        for method in ("GET", "POST", "OPTIONS"):
            answer = asked_as(served.port, "/registry/a/clear", method, Origin=origin)
            assert answer.status == 403, origin
            assert not [name for name in answer.headers if name.startswith("access-control")]


# ---------------------------------------------------------------------------------------------- the audit


def test_every_write_leaves_a_line_that_nothing_in_a_name_can_break(
    guarded: Running, tokens: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token = made(tokens, "research.*:write")
    guarded.call(guarded.server.handler.service.refresh_tokens)
    with caplog.at_level(logging.INFO, "registry.audit"), Client(guarded.port, token) as client:
        client.put("research.x", "a\u202eb\u2028c", operation="op-1")
        client.put("research.x", "k", expect="nothing")
        client.put("research.x", "k", expect="nothing")
        client.put("research.x", "evil\n\x1b[31m")
        client.ask("DELETE", "/registry/research.x/delete/k")
        assert client.ask("POST", "/registry/research.x/clear", {}).status == 403
    lines = [record.getMessage() for record in caplog.records if record.name == "registry.audit"]
    assert all(line.isascii() and line.isprintable() for line in lines)
    told = [json.loads(line) for line in lines]
    assert [item["outcome"] for item in told] == [
        "done",
        "done",
        "revision-conflict",
        "invalid-name",
        "done",
        "access-denied",
    ]
    assert {(item["who"], item["namespace"], item["address"]) for item in told} == {
        ("somebody", "research.x", "127.0.0.1")
    }
    assert told[0]["operation"] == "op-1"
    assert [item["verb"] for item in told] == ["set"] * 4 + ["delete", "clear"]
    assert told[4]["token"] == str(guarded.server.handler.service.store.token())


def test_no_token_writes_to_a_server_that_is_read_only(tokens: Path, store: MemoryStore) -> None:
    store.submit("a", [Change("k", b"{}")], operation="1").result()
    token = made(tokens, "*:admin")
    with running(store, read_only=True, token_file=tokens) as served, Client(served.port, token) as client:
        assert client.get("/registry/a/get/k").status == 200
        for answer in (client.put("a", "k"), client.ask("POST", "/registry/a/clear", {})):
            assert (answer.status, answer.json["code"]) == (403, "access-denied")
            assert "read-only" in answer.json["message"]


def test_what_stands_in_lists_and_lines_of_a_token_does_not_let_anybody_in(guarded: Running, tokens: Path) -> None:
    kept, text = create_token(tokens, "ci", ["*:read"])
    guarded.call(guarded.server.handler.service.refresh_tokens)
    with Client(guarded.port) as client:

        def status(given: str) -> int:
            return client.get("/namespaces", Authorization=f"Bearer {given}").status

        assert status(text) == 200
        others = [kept.id, f"rgk_{kept.id}", f"rgk_{kept.id}_", f"rgk_{kept.id}_{'0' * 48}", kept.hash, "ci"]
        for given in [*others, text[:-1], text + "0", text.upper(), text.rpartition("_")[2]]:
            assert status(given) == 401, given


def test_a_record_says_whose_token_wrote_it(guarded: Running, tokens: Path) -> None:
    token = create_token(tokens, "anna", ["research.*:admin"])[1]
    guarded.call(guarded.server.handler.service.refresh_tokens)
    with Client(guarded.port, token) as client:
        client.put("research.x", "set")
        client.ask("POST", "/registry/research.x/apply", {"changes": [{"key": "applied", "value": {}}]})
        client.put("research.x", "removed")
        client.ask("DELETE", "/registry/research.x/delete/removed")
        client.ask("POST", "/registry/research.x/clear", {})
        told = {
            key: [held["author"] for held in client.get(f"/registry/research.x/history/{key}").json["history"]]
            for key in ("set", "applied", "removed")
        }
    assert told == {key: ["anna", "anna"] for key in told}
