"""Requests, as the bytes that go over a connection."""

from collections.abc import Mapping

from registry.testing.corpus.lazy import Lazy

_HOST = b"Host: localhost\r\n"
_END = b"\r\n"
_BODY = b'{"key": "k", "value": {}}'


def _get(target: bytes, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"GET " + target + b" HTTP/1.1\r\n" + _HOST + lines + _END


def _post(*headers: bytes, body: bytes = b"") -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"POST /registry/a/set HTTP/1.1\r\n" + _HOST + lines + _END + body


HTTP: Mapping[str, bytes] = Lazy(
    {
        "a TLS greeting": lambda: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "no HTTP": lambda: b"hello\r\n\r\n",
        "no method": lambda: b" / HTTP/1.1\r\n" + _HOST + _END,
        "another version": lambda: b"GET / HTTP/9.9\r\n" + _HOST + _END,
        "a NUL in the path": lambda: _get(b"/registry/a/get/\x00"),
        "a NUL in a header": lambda: _get(b"/", b"X: a\x00b"),
        "a header without a name": lambda: _get(b"/", b": x"),
        "a space before the colon": lambda: b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "a folded header": lambda: _get(b"/", b"X: a\r\n b"),
        "no host": lambda: b"GET / HTTP/1.1\r\n\r\n",
        "two hosts": lambda: _get(b"/", b"Host: evil.example"),
        "two lengths": lambda: _post(b"Content-Length: 2", b"Content-Length: 25", body=_BODY),
        "length and chunks": lambda: _post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        "chunks and length": lambda: _post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"),
        "chunks that are none": lambda: _post(b"Transfer-Encoding: chunked", body=b"zz\r\n\r\n"),
        "a chunk of a negative size": lambda: _post(b"Transfer-Encoding: chunked", body=b"-1\r\n\r\n"),
        "a negative length": lambda: _post(b"Content-Length: -1"),
        "a signed length": lambda: _post(b"Content-Length: +25", body=_BODY),
        "a length in words": lambda: _post(b"Content-Length: many"),
        "another transfer coding": lambda: _post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
        "a chunked chunked": lambda: _post(b"Transfer-Encoding: xchunked", b"Content-Length: 0"),
        "a long line": lambda: _get(b"/" + b"a" * 100_000),
        "a long header": lambda: _get(b"/", b"X: " + b"a" * 100_000),
        "many headers": lambda: _get(b"/", *(b"X-%d: a" % number for number in range(5000))),
        "a body that is cut": lambda: _post(b"Content-Length: 100", body=_BODY),
        "a body of nothing": lambda: _post(b"Content-Length: 0"),
        "a body that is compressed": lambda: _post(b"Content-Encoding: gzip", b"Content-Length: 3", body=b"abc"),
        "a long body": lambda: _post(b"Content-Length: 99999999999"),
        "a deep body": lambda: _post(b"Content-Length: 20000", body=b"[" * 20_000),
        "a body that is no UTF-8": lambda: _post(b"Content-Length: 25", body=b'{"key": "\xff", "value": {}}'),
        "a connect": lambda: b"CONNECT evil.example:443 HTTP/1.1\r\n" + _HOST + _END,
        "a star": lambda: b"OPTIONS * HTTP/1.1\r\n" + _HOST + _END,
        "another host in the line": lambda: _get(b"http://evil.example/health"),
        "another scheme in the line": lambda: _get(b"ftp://localhost/health"),
        "a path that is none": lambda: _get(b"http://[/"),
        "an expectation": lambda: _post(b"Expect: the-spanish-inquisition", b"Content-Length: 25", body=_BODY),
        "an upgrade": lambda: _get(b"/watch?since=x", b"Connection: Upgrade", b"Upgrade: websocket"),
        "no UTF-8 in the path": lambda: _get(b"/registry/a/get/%ff"),
        "half an escape": lambda: _get(b"/registry/a/get/%f"),
        "bytes in the path": lambda: _get(b"/registry/a/get/\xff\xfe"),
        "dots": lambda: _get(b"/registry/../../etc/passwd"),
        "a slash that is written out": lambda: _get(b"/registry/a%2Fb/get/..%2F..%2Fetc"),
        "a line end in the path": lambda: _get(b"/registry/a/get/%0d%0aSet-Cookie:x"),
        "a request inside another": lambda: _post(
            b"Content-Length: 6", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + _get(b"/health")
        ),
    }
)
"""For servers: every one of them has to be refused, or at least has to do no harm."""
