"""Network sources: functions from a URL to a document."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from registry.closeness import did_you_mean
from registry.config.json_reader import read_json
from registry.config.readers import READERS, Reader, read_with, reader_for, unreadable
from registry.document import Document
from registry.errors import RemoteError, ValidationError
from registry.model import NOTHING, Limits
from registry.names import WHOLE, quote
from registry.paths import Path, format_path, parse_path
from registry.problems import Location, Problem

if TYPE_CHECKING:
    from registry.config.transfer import Answer

Source = Callable[..., Document]
"""Makes a document of a URL; what it may be told besides is its own. Raises RemoteError when the network fails."""

_SUFFIXES = {"json": ".json", "yaml": ".yaml", "x-yaml": ".yaml", "toml": ".toml", "x-toml": ".toml"}
_SAYS_NOTHING = ("", "text/plain", "application/octet-stream", "binary/octet-stream")


def http_source(
    url: str,
    *,
    limits: Limits | None = None,
    max_bytes: int = 10_000_000,
    timeout: float = 10.0,
    max_redirects: int = 0,
    headers: Mapping[str, str] = NOTHING,
    readers: Mapping[str, Reader] | None = None,
) -> Document:
    """The document at an http or https URL, read by its content type, or by the URL's suffix where that says nothing.

    Args:
        limits: How deep and large the document may be.
        max_bytes: Largest body.
        timeout: Seconds for everything together.
        max_redirects: How many redirects are followed.
        headers: What is sent besides, to the URL's own host only.
        readers: More readers by file suffix.

    Raises:
        RemoteError: There is no answer within the bounds, or it is not one of success.
    """
    from registry.config.transfer import Bounds, exchange

    accept = {"Accept": "application/yaml, application/json, application/toml, text/plain;q=0.5, */*;q=0.1"}
    answer = exchange(url, Bounds(max_bytes, timeout, max_redirects), {**accept, **headers})
    if answer.status != 200:
        raise _bad_status(answer)
    reader = _reader(answer, readers)
    if isinstance(reader, Problem):
        return Document(None, answer.url, (reader,))
    return read_with(reader, answer.body, answer.url, Limits() if limits is None else limits)


def jsonrpc_source(
    url: str,
    *,
    method: str | None = None,
    params: Sequence[Any] | Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    max_bytes: int = 10_000_000,
    timeout: float = 10.0,
    headers: Mapping[str, str] = NOTHING,
) -> Document:
    """The result of a call by JSON-RPC 2.0 over HTTP.

    Args:
        method: What is called; otherwise the URL's fragment says it (`http://host/rpc#experiments.get`), or it is
            `config`.
        params: The arguments, by position or by name.
        limits: How deep and large the answer may be.
        max_bytes: Largest answer.
        timeout: Seconds for everything together.
        headers: What is sent besides.

    Raises:
        RemoteError: There is no answer within the bounds, it is an error, or it is not one of JSON-RPC 2.0.
    """
    import json
    import uuid
    from urllib.parse import unquote, urlsplit

    from registry.config.transfer import Bounds, exchange

    called = method if method is not None else unquote(urlsplit(url).fragment) or "config"
    call: dict[str, Any] = {"jsonrpc": "2.0", "id": uuid.uuid4().hex, "method": called}
    if params is not None:
        call["params"] = params if isinstance(params, Mapping) else list(params)
    sent = {"Content-Type": "application/json", "Accept": "application/json", **headers}
    answer = exchange(url, Bounds(max_bytes, timeout), sent, json.dumps(call).encode())
    return _result(answer, call["id"], Limits() if limits is None else limits)


SOURCES: Mapping[str, Source] = MappingProxyType({"http": http_source, "jsonrpc": jsonrpc_source})
"""The sources that come with the library, by the name that `protocol` takes."""


def load_url(url: str, *, protocol: str | Source = "http", **options: Any) -> Document:
    """The document at a URL.

    Args:
        protocol: The name of a source, or one itself: a function from a URL to a document. Installed distributions
            offer more of them in the group `registry_kit.sources`.
        options: What the source is told, as `http_source` and `jsonrpc_source` name it.

    Raises:
        RemoteError: The source could not be read. What is wrong with the document is in its problems.
        ValidationError: There is no source of this name.
        PluginError: The source that a distribution offers cannot be imported.
    """
    source = SOURCES.get(protocol) if isinstance(protocol, str) else protocol
    if source is None:
        from registry.offers import offered

        offer = offered("sources", str(protocol))
        source = None if offer is None else offer.load()
    if source is None:
        raise ValidationError(
            f"There is no protocol {quote(protocol)}.",
            suggestions=[*did_you_mean(protocol, SOURCES), f"Use {' or '.join(map(repr, SOURCES))}, or a function."],
        )
    return source(url, **options)


def _reader(answer: "Answer", readers: Mapping[str, Reader] | None) -> Reader | Problem:
    from urllib.parse import urlsplit

    media_type = answer.content_type.partition(";")[0].strip().lower()
    kind = media_type.partition("/")[2]
    suffix = _SUFFIXES.get(kind.rpartition("+")[2])
    if suffix is not None:
        return {**READERS, **({} if readers is None else readers)}[suffix]
    if media_type in _SAYS_NOTHING:
        fitting = reader_for(urlsplit(answer.url).path, readers)
        if not isinstance(fitting, Problem):
            return fitting
    said = f"is of the content type {quote(media_type)}" if media_type else "has no content type"
    remedy = "Serve it as application/yaml, application/json or application/toml."
    return unreadable(answer.url, f"{said}, and no reader fits.", [remedy])


def _bad_status(answer: "Answer") -> RemoteError:
    return RemoteError(
        f"{quote(answer.url, WHOLE)} answers with the status {answer.status}.",
        suggestions=["Check the URL and the credentials."] if answer.status in (401, 403, 404, 410) else (),
        context={"url": answer.url, "status": answer.status},
    )


def _result(answer: "Answer", call_id: str, limits: Limits) -> Document:
    document = read_json(answer.body, answer.url, limits)
    reply = document.value
    if type(reply) is not dict:
        if answer.status != 200:
            raise _bad_status(answer)
        if any(problem.code == "limit-exceeded" for problem in document.problems):
            return document
        raise _malformed(answer, "it is no JSON object")
    fault = reply.get("error")
    if type(fault) is dict and type(fault.get("code")) is int and type(fault.get("message")) is str:
        if reply.get("id") not in (call_id, None):
            raise _malformed(answer, "it answers another call")
        raise _refused(answer, fault)
    if answer.status != 200:
        raise _bad_status(answer)
    if reply.get("jsonrpc") != "2.0":
        raise _malformed(answer, "its 'jsonrpc' is not '2.0'")
    if reply.get("id") != call_id:
        raise _malformed(answer, "it answers another call")
    if "error" in reply or "result" not in reply:
        raise _malformed(answer, "it has no result and no proper error")
    return _below("result", document)


def _refused(answer: "Answer", fault: dict[str, Any]) -> RemoteError:
    return RemoteError(
        f"{quote(answer.url, WHOLE)} answers with the error {fault['code']}: {quote(fault['message'], 300)}.",
        context={"url": answer.url, "code": fault["code"], "message": fault["message"][:10_000]},
    )


def _malformed(answer: "Answer", reason: str) -> RemoteError:
    return RemoteError(
        f"The answer of {quote(answer.url, WHOLE)} is not one of JSON-RPC 2.0: {reason}.",
        context={"url": answer.url, "status": answer.status},
    )


def _below(step: str, document: Document) -> Document:
    """The part of a document below one step, as a document of its own."""

    def locate(path: Path, key: bool, /) -> Location | None:
        return document.locate((step, *path), key)

    problems = (attrs.evolve(problem, path=_without_first(problem.path)) for problem in document.problems)
    return Document(document.value[step], document.name, tuple(problems), locate)


def _without_first(path: str) -> str:
    return format_path(parse_path(path)[1:])
