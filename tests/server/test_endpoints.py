"""Every endpoint, asked by a real client."""

import json
import subprocess
import urllib.parse
from collections.abc import Iterator

import pytest
from server.client import Answer, Client
from server.running import Running, running

from registry.revisions import NOTHING_THERE, Change, StoreLimits, Token
from registry.server.routes import ROUTES
from registry.stores import MemoryStore

NAMES = [
    "huber",
    "a/b c",
    "größe",
    "日本",
    "100%",
    "q?x=1#f",
    "a+b",
    '"quoted"',
    "\U0001f600",
    "x" * 255,
    "-._~!$&'()*,;=:@",
]


@pytest.fixture
def client(served: Running) -> Iterator[Client]:
    with Client(served.port) as client:
        yield client


def address(key: str, verb: str = "get", namespace: str = "research.losses") -> str:
    return f"/registry/{urllib.parse.quote(namespace, safe='')}/{verb}/{urllib.parse.quote(key, safe='')}"


@pytest.mark.parametrize("key", NAMES)
def test_a_record_comes_back_as_it_was_sent(client: Client, key: str) -> None:
    value = {"kind": "data", "text": "ü\n\u2028</script>", "number": 1.5, "nested": [{}, None, True]}
    written = client.put("research.losses", key, value)
    assert written.status == 200, written.body
    answer = client.get(address(key))
    assert (answer.status, answer.json["key"], answer.json["value"]) == (200, key, value)
    assert answer.json["token"] == written.json["token"]
    assert answer.headers["etag"] == f'"{written.json["token"]}"'
    assert client.get("/registry/research.losses/keys").json["keys"] == [key]


@pytest.mark.parametrize("key", ["", " a", "a ", "a\x00", "a\nb", "a\x7f", "x" * 256, "é" * 128, "\ud800"])
def test_a_key_that_cannot_be_is_refused_everywhere(client: Client, key: str) -> None:
    answer = client.ask("POST", "/registry/a/set", {"key": key, "value": {}})
    assert (answer.status, answer.json["code"]) in [(400, "invalid-name"), (400, "validation")]
    if key and "\ud800" not in key:
        for verb, method in (("get", "GET"), ("history", "GET"), ("delete", "DELETE")):
            answer = client.ask(method, address(key, verb))
            assert (answer.status, answer.json["code"]) == (400, "invalid-name"), verb


@pytest.mark.parametrize("namespace", ["a..b", ".a", "%20a", "a%00", "x" * 256])
def test_a_namespace_that_cannot_be_is_refused_everywhere(client: Client, namespace: str) -> None:
    for route in ROUTES:
        if "{namespace}" in route.path:
            path = route.path.format(namespace=namespace, key="k")
            body = {"set": {"key": "k", "value": {}}, "apply": {"changes": [{"key": "k", "value": {}}]}, "clear": {}}
            answer = client.ask(route.method, path, body.get(route.operation))
            assert (answer.status, answer.json["code"]) == (400, "invalid-name"), route.path


def test_an_unchanged_record_is_not_sent_again(client: Client) -> None:
    client.put("a", "k", {"n": 1})
    tag = client.get("/registry/a/get/k").headers["etag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = client.get("/registry/a/get/k", If_None_Match=header)
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)
    client.put("a", "k", {"n": 2})
    assert client.get("/registry/a/get/k", If_None_Match=tag).json["value"] == {"n": 2}


def test_expectations_decide_who_wins_and_the_loser_is_told_who_did(client: Client) -> None:
    first = client.put("a", "k", {"by": "first"}, expect="nothing")
    second = client.put("a", "k", {"by": "second"}, expect="nothing")
    assert (first.status, second.status, second.json["code"]) == (200, 409, "revision-conflict")
    assert json.loads(second.json["context"]["current"]["record"]) == {"by": "first"}
    assert client.put("a", "k", {"by": "third"}, expect=first.json["token"]).status == 200
    assert client.put("a", "k", {"by": "fourth"}, expect=first.json["token"]).status == 409
    stale = client.ask("DELETE", "/registry/a/delete/k", headers={"If-Match": f'"{first.json["token"]}"'})
    assert stale.status == 409
    current = client.get("/registry/a/get/k").headers["etag"]
    assert client.ask("DELETE", "/registry/a/delete/k", headers={"If-Match": current}).status == 200
    assert client.get("/registry/a/get/k").status == 404
    gone = client.ask("DELETE", "/registry/a/delete/k")
    assert (gone.status, gone.json["code"]) == (404, "entry-not-found")


def test_an_operation_that_is_asked_again_does_nothing_and_gives_the_first_answer(client: Client) -> None:
    first = client.put("a", "k", {"n": 1}, operation="op-1")
    client.put("a", "k", {"n": 2})
    again = client.put("a", "k", {"n": 1}, operation="op-1")
    assert (again.status, again.json) == (200, first.json)
    assert client.get("/registry/a/get/k").json["value"] == {"n": 2}
    other = client.put("a", "k", {"n": 3}, operation="op-1")
    assert (other.status, other.json["code"]) == (409, "operation-reused")
    found = client.get("/operations/op-1")
    assert found.json == {"operation": "op-1", "namespace": "a", "token": first.json["token"]}
    assert client.get("/operations/op-2").status == 404
    assert client.get(f"/operations/{client.put('a', 'j').json['operation']}").status == 200


def test_many_changes_happen_together_or_not_at_all(client: Client) -> None:
    client.put("a", "old", {})
    changes = [{"key": "new", "value": {"n": 1}}, {"key": "old", "value": None}]
    answer = client.ask("POST", "/registry/a/apply", {"changes": changes})
    assert answer.status == 200
    assert client.get("/registry/a/keys").json["keys"] == ["new"]
    refused = client.ask(
        "POST",
        "/registry/a/apply",
        {"changes": [{"key": "x", "value": {}}, {"key": "new", "value": {}, "expect": "nothing"}]},
    )
    assert refused.status == 409
    assert client.get("/registry/a/keys").json["keys"] == ["new"]


def test_pages_of_keys_are_whole_and_ordered_while_others_write(client: Client) -> None:
    names = sorted(f"k{number:03}" for number in range(0, 500, 2))
    client.ask("POST", "/registry/a/apply", {"changes": [{"key": name, "value": {}} for name in reversed(names)]})
    seen: list[str] = []
    after: str | None = None
    for number in range(1000):
        page = client.get("/registry/a/keys?limit=7" + (f"&after={after}" if after else "")).json
        assert len(page["keys"]) <= 7
        seen += page["keys"]
        after = page["next"]
        if after is None:
            break
        client.put("a", f"k{number * 2 + 1:03}")  # comes and goes between the pages
        client.ask("DELETE", f"/registry/a/delete/k{number * 2 + 1:03}")
    assert [name for name in seen if int(name[1:]) % 2 == 0] == names
    assert seen == sorted(set(seen))


def test_keys_can_be_asked_by_their_beginning(client: Client) -> None:
    for name in ("loss", "loss/a", "loss/b", "lot", "m"):
        client.put("a", name)
    assert client.get("/registry/a/keys?prefix=loss%2F").json["keys"] == ["loss/a", "loss/b"]
    assert client.get("/registry/a/keys?prefix=lo&after=loss%2Fa").json["keys"] == ["loss/b", "lot"]
    assert client.get("/registry/a/keys?prefix=loss&limit=2").json["next"] == "loss/a"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "limit=99999999",
        "min_revision=1",
        "consistent=2",
        "prefx=a",
        "limit=1&limit=2",
        "prefix=%ff",
        "a",
        "=&=",
    ],
)
def test_a_query_that_cannot_be_meant_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"/registry/a/keys?{query}")
    assert (answer.status, answer.json["code"]) == (400, "validation")


def test_a_snapshot_is_one_line_for_the_moment_and_one_for_each_record(client: Client, store: MemoryStore) -> None:
    changes = [Change(f"k{number}", b'{"n":%d}' % number) for number in range(3000)]
    store.submit("a", changes, operation="x").result()
    client.put("b", "elsewhere")
    answer = client.get("/registry/a/snapshot?consistent=1")
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert (lines[0]["namespace"], lines[0]["count"], len(lines)) == ("a", 3000, 3001)
    assert {line["key"] for line in lines[1:]} == {change.name for change in changes}
    assert Token.parse(lines[0]["token"]) == store.token()
    empty = client.get("/registry/nowhere/snapshot")
    assert (empty.status, json.loads(empty.body)["count"]) == (200, 0)


def test_the_history_of_a_key_is_told_newest_first(client: Client) -> None:
    for number in range(3):
        client.put("a", "k", {"n": number})
    client.ask("DELETE", "/registry/a/delete/k")
    told = client.get("/registry/a/history/k").json["history"]
    assert [item["value"] for item in told] == [None, {"n": 2}, {"n": 1}, {"n": 0}]
    assert client.get("/registry/a/history/never").json == {"key": "never", "history": []}


def test_a_read_waits_for_the_revision_that_it_asks_for(client: Client, store: MemoryStore) -> None:
    token = Token.parse(client.put("a", "k").json["token"])
    future = Token(token.epoch, token.revision + 1)
    late = client.get(f"/registry/a/get/k?min_revision={future}")
    assert (late.status, late.json["code"], late.json["context"]["reached"]) == (409, "revision-conflict", str(token))
    other = client.get(f"/registry/a/keys?min_revision=other.{token.revision}")
    assert other.status == 409
    for path in ("get/k", "keys", "snapshot"):
        assert client.get(f"/registry/a/{path}?min_revision={token}").status == 200
        assert client.get(f"/registry/a/{path}?consistent=1").status == 200


def test_a_consistent_read_has_what_was_just_written_elsewhere(client: Client, store: MemoryStore) -> None:
    client.get("/ready")
    for number in range(20):
        token = store.submit("a", [Change("k", b'{"n":%d}' % number)], operation=f"o{number}").result()
        assert client.get("/registry/a/get/k?consistent=1").json["token"] == str(token)
        assert client.get("/registry/a/keys?consistent=1").json["token"] == str(token)


@pytest.mark.parametrize("number", [0, 3, 25])
def test_a_namespace_is_cleared_in_as_many_parts_as_its_store_needs(number: int) -> None:
    with MemoryStore(limits=StoreLimits(changes=10, size=100_000)) as store, running(store) as served:
        for index in range(number):
            store.submit("a", [Change(f"k{index}", b"{}", NOTHING_THERE)], operation=f"o{index}").result()
        store.submit("b", [Change("other", b"{}")], operation="other").result()
        with Client(served.port) as client:
            answer = client.ask("POST", "/registry/a/clear", {"operation": "all-gone"})
            assert (answer.status, answer.json["removed"], answer.json["parts"]) == (200, number, -(-number // 10))
            assert client.get("/registry/a/keys?consistent=1").json["keys"] == []
            assert client.get("/namespaces").json["namespaces"] == [{"name": "b", "count": 1}]
            if number:
                client.put("a", "later")
                again = client.ask("POST", "/registry/a/clear", {"operation": "all-gone"})
                assert (again.json["token"], again.json["removed"]) == (answer.json["token"], number)
                assert client.get("/registry/a/keys").json["keys"] == ["later"]


def test_a_batch_beyond_what_the_store_takes_is_refused_whole() -> None:
    limits = StoreLimits(changes=10, size=100_000)
    with MemoryStore(limits=limits) as store, running(store) as served, Client(served.port) as client:
        changes = [{"key": f"k{number}", "value": {}} for number in range(11)]
        answer = client.ask("POST", "/registry/a/apply", {"changes": changes})
        assert (answer.status, answer.json["code"]) == (413, "too-large")
        assert client.get("/registry/a/keys").json["keys"] == []


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.method == "GET"], ids=lambda route: route.operation
)
def test_a_head_is_the_answer_without_its_body(client: Client, route: object) -> None:
    written = client.put("a", "k", {"n": 1}, operation="op")
    assert written.status == 200
    path = route.path.format(namespace="a", key="k", id="op")  # type: ignore[attr-defined]  # a Route
    head = client.ask("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    if route.operation not in ("watch", "stats", "metrics"):  # type: ignore[attr-defined]  # likewise
        whole = client.get(path)
        assert head.headers["content-type"] == whole.headers["content-type"]
        if route.operation != "snapshot":  # type: ignore[attr-defined]  # likewise; its length is not known at first
            assert int(head.headers["content-length"]) == len(whole.body)


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "TRACE", "PROPFIND", "POST"])
def test_another_method_is_told_which_there_are(client: Client, method: str) -> None:
    answer = client.ask(method, "/registry/a/get/k")
    assert (answer.status, answer.headers["allow"], answer.json["code"]) == (405, "GET, HEAD", "validation")


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/registry",
        "/registry/a",
        "/registry/a/get",
        "/registry/a/get/b/c",
        "//health",
        "/health/",
        "/registry/a/nope/k",
        "/watch/x",
    ],
)
def test_what_is_not_there_is_an_error_in_our_form(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status == 404
    assert set(answer.json) == {"code", "message", "suggestions", "context"}


def test_the_page_holds_no_data(client: Client) -> None:
    client.put("secret.namespace", "k")
    answer = client.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert b"secret" not in answer.body
    assert answer.body.count(b"<script") == 1  # its own, which the policy names by what it is


def test_the_numbers_have_every_limit(client: Client, served: Running) -> None:
    client.put("a", "k")
    stats = client.get("/stats").json
    assert stats["limits"] | served.server.handler.service.limits.as_dict() == stats["limits"]
    assert stats["limits"]["body"] == 1024 * 1024
    assert stats["limits"]["apply_body"] == 16 * 1024 * 1024
    assert (stats["limits"]["record"], stats["limits"]["depth"], stats["limits"]["snapshots"]) == (64 * 1024, 64, 4)
    assert (stats["namespaces"], stats["entries"], stats["connections"]) == (1, 1, 1)
    assert stats["retention"] == {"seconds": 3600.0, "operations": 100_000}
    text = client.get("/metrics").body.decode()
    assert 'registry_requests_total{operation="set",status="200"} 1.0' in text
    assert 'registry_entries{namespace="a"} 1.0' in text


def curl(base: str, method: str, path: str, body: str | None = None, *options: str) -> Answer:
    command = ["curl", "-sS", "-i", "-X", method, "--max-time", "20", *options, base + path]
    if body is not None:
        command += ["-H", "Content-Type: application/json", "-d", body]
    out = subprocess.run(command, capture_output=True, check=False).stdout
    head, _, content = out.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    return Answer(int(lines[0].split()[1]), headers, content)


def test_curl_alone_can_walk_through_everything(served: Running) -> None:
    walked: set[str] = set()

    def walk(operation: str, path: str, body: str | None = None, status: int = 200, *options: str) -> Answer:
        route = next(route for route in ROUTES if route.operation == operation)
        answer = curl(served.url, route.method, path, body, *options)
        assert answer.status == status, (operation, answer)
        walked.add(operation)
        return answer

    walk("page", "/")
    walk("health", "/health")
    served.wait_until_ready()
    walk("ready", "/ready")
    walk("openapi", "/openapi.json")
    walk("set", "/registry/research.losses/set", '{"key": "a/b", "value": {"kind": "data"}, "operation": "first"}')
    record = walk("get", "/registry/research.losses/get/a%2Fb")
    walk("get", "/registry/research.losses/get/a%2Fb", None, 304, "-H", f"If-None-Match: {record.headers['etag']}")
    walk(
        "apply",
        "/registry/research.losses/apply",
        '{"changes": [{"key": "x", "value": {}}, {"key": "y", "value": {}}]}',
    )
    assert walk("keys", "/registry/research.losses/keys?limit=2").json["next"] == "x"
    assert len(walk("snapshot", "/registry/research.losses/snapshot").body.splitlines()) == 4
    walk("history", "/registry/research.losses/history/x")
    walk("operation", "/operations/first")
    walk("namespaces", "/namespaces")
    walk("stats", "/stats")
    walk("metrics", "/metrics")
    walk("delete", "/registry/research.losses/delete/x")
    out = subprocess.run(
        ["curl", "-sS", "-N", "--max-time", "2", f"{served.url}/watch?namespace=research.losses"],
        capture_output=True,
        check=False,
    ).stdout
    assert b"event: records" in out
    assert b"event: beat" in out
    walked.add("watch")
    assert walk("clear", "/registry/research.losses/clear", "{}").json["removed"] == 2
    assert walked == {route.operation for route in ROUTES}


def test_a_form_of_curl_without_a_content_type_is_taken_too(served: Running) -> None:
    out = subprocess.run(
        ["curl", "-sS", "-d", '{"key": "k", "value": {}}', f"{served.url}/registry/a/set"],
        capture_output=True,
        check=False,
    ).stdout
    assert "token" in json.loads(out)


def test_curl_may_ask_before_it_sends_a_long_body(served: Running) -> None:
    changes = [{"key": f"k{number}", "value": {"text": "x" * 60_000}} for number in range(50)]
    out = subprocess.run(
        ["curl", "-sS", "-H", "Expect: 100-continue", "--json", "@-", f"{served.url}/registry/a/apply"],
        input=json.dumps({"changes": changes}).encode(),
        capture_output=True,
        check=False,
    ).stdout
    assert "token" in json.loads(out)
