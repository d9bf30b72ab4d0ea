"""etcd's v3 JSON gateway as values: what is asked and answered (https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/).

Bytes travel in base64, 64-bit numbers as text, and what is 0, empty or false is left out.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

TXN, WATCH, COMPACT = "/v3/kv/txn", "/v3/watch", "/v3/kv/compaction"
GRANT, AUTHENTICATE = "/v3/lease/grant", "/v3/auth/authenticate"

NONSENSE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading an answer raises that makes no sense."""

Part = Mapping[str, Any]
"""A comparison or an operation of a transaction, as JSON has it."""


@attrs.define
class KeyValue:
    """A key at one revision.

    Attributes:
        key: The key.
        value: What it holds.
        created: The revision at which it began to hold something.
        modified: The revision at which it was last changed.
        version: How often it was changed since it was created, with that.
    """

    key: bytes
    value: bytes
    created: int
    modified: int
    version: int


@attrs.define
class Page:
    """What is in a range of keys.

    Attributes:
        items: As many of them as were asked for.
        count: How many there are in all.
        is_last: Whether these were all that were left.
    """

    items: list[KeyValue]
    count: int
    is_last: bool

    @property
    def only(self) -> KeyValue | None:
        """The one item of a range of one key; None when it is not there."""
        return self.items[0] if self.items else None


@attrs.define
class Outcome:
    """What became of a transaction.

    Attributes:
        cluster: The id of the cluster.
        revision: The cluster's revision, with this transaction.
        has_succeeded: Whether the comparisons held.
        pages: What its ranges found, in order.
    """

    cluster: str
    revision: int
    has_succeeded: bool
    pages: list[Page]


@attrs.define
class Happened:
    """A change of a key, seen by a watch; one that was deleted has no value."""

    key: bytes
    value: bytes | None
    revision: int


@attrs.define
class News:
    """What one line of a watch says.

    Attributes:
        happened: Changes in their order.
        is_cut: Whether more of the same comes in the next line, perhaps of the same revision.
        is_ended: Whether nothing more comes.
        compacted: The revision up to which the log is gone, where that is why; else 0.
        reason: Why it ended, as etcd says it.
    """

    happened: list[Happened]
    is_cut: bool = False
    is_ended: bool = False
    compacted: int = 0
    reason: str = ""


def text(data: bytes) -> str:
    """Bytes as they travel."""
    return b64encode(data).decode()


def body(value: object) -> bytes:
    """The body of a request."""
    return json.dumps(value, separators=(",", ":")).encode()


# --------------------------------------------------------------------------------------------------- what is asked


def put(key: bytes, value: bytes, lease: str = "") -> Part:
    """Have a key hold a value."""
    request = {"key": text(key), "value": text(value)}
    return {"request_put": {**request, "lease": lease} if lease else request}


def delete(key: bytes) -> Part:
    """Have a key hold nothing."""
    return {"request_delete_range": {"key": text(key)}}


def fetch(key: bytes) -> Part:
    """Read one key."""
    return {"request_range": {"key": text(key)}}


def fetch_at(key: bytes, revision: int) -> Part:
    """Read what a key held at a revision."""
    return {"request_range": {"key": text(key), "revision": str(revision)}}


def fetch_range(
    key: bytes, end: bytes, *, limit: int, revision: int = 0, keys_only: bool = False, oldest: bool = False
) -> Part:
    """Read the first keys from one on, before another one; in the order of their last changes with `oldest`."""
    request: dict[str, Any] = {"key": text(key), "range_end": text(end), "limit": str(limit)}
    if revision:
        request["revision"] = str(revision)
    if keys_only:
        request["keys_only"] = True
    if oldest:
        request |= {"sort_target": "MOD", "sort_order": "ASCEND"}
    return {"request_range": request}


def is_missing(key: bytes) -> Part:
    """Compare: the key holds nothing."""
    return {"key": text(key), "target": "CREATE", "result": "EQUAL", "create_revision": "0"}


def is_there(key: bytes) -> Part:
    """Compare: the key holds something."""
    return {"key": text(key), "target": "CREATE", "result": "GREATER", "create_revision": "0"}


def is_at(key: bytes, revision: int) -> Part:
    """Compare: the key was last changed at this revision; 0 for a key that holds nothing."""
    return {"key": text(key), "target": "MOD", "result": "EQUAL", "mod_revision": str(revision)}


def transaction(compare: Sequence[Part], success: Sequence[Part], failure: Sequence[Part] = ()) -> bytes:
    """The body of a request for all of `success` if every comparison holds, else for all of `failure`."""
    return body({"compare": compare, "success": success, "failure": failure})


def follow(key: bytes, end: bytes, since: int) -> bytes:
    """The body of a request to tell what happens to a range of keys, from a revision on.

    A line that would be longer than a request may be is cut: without that, etcd puts a thousand revisions into one.
    """
    request = {"key": text(key), "range_end": text(end), "start_revision": str(since), "fragment": True}
    return body({"create_request": request})


# ------------------------------------------------------------------------------------------------ what is answered


def read_outcome(answer: bytes) -> Outcome:
    """What became of a transaction.

    Raises:
        NONSENSE: The answer does not say.
    """
    value = json.loads(answer)
    pages = [_page(part["response_range"]) for part in value.get("responses", ()) if "response_range" in part]
    return Outcome(*read_header(value), bool(value.get("succeeded", False)), pages)


def read_header(value: Any) -> tuple[str, int]:
    """The id of the cluster and its revision, as every answer has them."""
    header = value["header"]
    return str(header["cluster_id"]), int(header.get("revision", 0))


def read_news(line: bytes) -> News:
    """What one line of a watch says.

    Raises:
        NONSENSE: It is none.
    """
    value = json.loads(line)
    if "error" in value:
        error = value["error"]
        return News([], is_ended=True, reason=str(error.get("message", error) if isinstance(error, dict) else error))
    result = value["result"]
    compacted, reason = int(result.get("compact_revision", 0)), str(result.get("cancel_reason", ""))
    ended, cut = bool(result.get("canceled", False)), bool(result.get("fragment", False))
    return News([_happened(event) for event in result.get("events", ())], cut, ended, compacted, reason)


def _page(value: Any) -> Page:
    items = [
        KeyValue(
            b64decode(item["key"]),
            b64decode(item.get("value", "")),
            int(item["create_revision"]),
            int(item["mod_revision"]),
            int(item["version"]),
        )
        for item in value.get("kvs", ())
    ]
    return Page(items, int(value.get("count", 0)), not value.get("more", False))


def _happened(event: Any) -> Happened:
    item = event["kv"]
    is_deleted = event.get("type", "PUT") == "DELETE"
    value = None if is_deleted else b64decode(item.get("value", ""))
    return Happened(b64decode(item["key"]), value, int(item["mod_revision"]))
