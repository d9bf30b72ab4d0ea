"""Answers of HTTP/1.1 are taken apart as `http.client` does, however they are cut; what is none is refused."""

import http.client
import io
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.stores.transport import answers, chunks
from registry.stores.transport.answers import MAX_FIELDS, MAX_HEAD, AnswerReader, Head
from registry.stores.transport.garbled import GarbledError

LIMIT = 1 << 20


def reader_of(pieces: Iterable[bytes]) -> AnswerReader:
    """A reader of bytes that come in these pieces, and then end."""
    coming = iter([piece for piece in pieces if piece])
    return AnswerReader(lambda: next(coming, b""))


def read(*pieces: bytes) -> tuple[Head, bytes]:
    reader = reader_of(pieces)
    head = reader.head()
    return head, reader.body(head, LIMIT)


TOKENS = st.text("!#$%&'*+-.^_`|~0123456789abcXYZ", min_size=1, max_size=12).filter(
    lambda name: name.lower() not in ("content-length", "transfer-encoding", "connection")
)
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20)


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """A whole answer, in one of the ways in which the same can be written."""
    status = draw(st.sampled_from([200, 204, 304, 400, 404, 503]))
    lines = [f"HTTP/1.1 {status}{draw(st.sampled_from(['', ' OK', ' Not so good']))}"]
    for name, value in draw(st.lists(st.tuples(TOKENS, VALUES), max_size=4)):
        lines.append(f"{name}:{draw(st.sampled_from(['', ' ', '  ']))}{value}")
    body = b"" if status in (204, 304) else draw(st.binary(max_size=200))
    interim = draw(st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Go\r\nA: b\r\n\r\n"]))
    if status in (204, 304):
        payload = b""
    elif draw(st.booleans()):
        lines.append(f"{draw(st.sampled_from(['Transfer-Encoding', 'transfer-encoding']))}: chunked")
        cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=4)))
        parts = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        extension = draw(st.sampled_from([b"", b";a=b", b" ; q"]))
        chunks = [b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in parts if part]
        payload = b"".join(chunks) + b"0\r\n" + draw(st.sampled_from([b"", b"Trailer: x\r\n"])) + b"\r\n"
    else:
        lines.append(f"Content-Length: {len(body)}")
        payload = body
    return interim + "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + payload


class _Socket:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def by_the_standard_library(data: bytes) -> tuple[int, bytes, bytes | None]:
    response = http.client.HTTPResponse(_Socket(data), method="GET")  # type: ignore[arg-type]  # all that it uses
    response.begin()
    return response.status, response.read(), None


@given(written(), st.lists(st.integers(0, 400), max_size=8))
def test_answers_are_read_as_the_standard_library_reads_them_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    places = sorted(cut for cut in cuts if cut < len(data))
    head, body = read(*(data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)))
    status, expected, _ = by_the_standard_library(data)
    assert (head.status, body) == (status, expected)


@given(written(), written())
def test_what_follows_an_answer_belongs_to_the_next_one(first: bytes, second: bytes) -> None:
    reader = reader_of([first + second])
    for data in (first, second):
        head = reader.head()
        assert reader.body(head, LIMIT) == by_the_standard_library(data)[1]
    assert not reader.is_ahead


@given(written(), st.data())
def test_an_answer_that_ends_early_is_never_taken_for_a_whole_one(data: bytes, source: st.DataObject) -> None:
    end = source.draw(st.integers(0, len(data) - 1))
    with pytest.raises((ConnectionError, GarbledError)):
        read(data[:end])


@given(written(), st.data())
def test_nothing_but_our_errors_comes_of_bytes_that_were_changed(data: bytes, source: st.DataObject) -> None:
    place = source.draw(st.integers(0, len(data) - 1))
    changed = data[:place] + source.draw(st.binary(max_size=3)) + data[place + source.draw(st.integers(0, 3)) :]
    for given_bytes in (changed, source.draw(st.binary(max_size=200))):
        try:
            read(given_bytes)
        except (ConnectionError, GarbledError):
            continue


HEAD = b"HTTP/1.1 200 OK\r\n"
REFUSED = {
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "another version": b"HTTP/2.0 200 OK\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "a status that begins with 9": b"HTTP/1.1 900 OK\r\nContent-Length: 0\r\n\r\n",
    "a field without a colon": HEAD + b"Content-Length\r\n\r\n",
    "a field with a space before its colon": HEAD + b"Content-Length : 0\r\n\r\n",
    "a folded field": HEAD + b"A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    "a bare line feed": HEAD + b"A: b\nContent-Length: 0\r\n\r\n",
    "a bare carriage return": HEAD + b"A: b\rc\r\nContent-Length: 0\r\n\r\n",
    "a zero byte": HEAD + b"A: b\0c\r\nContent-Length: 0\r\n\r\n",
    "a length with a sign": HEAD + b"Content-Length: +1\r\n\r\nx",
    "a length that is no number": HEAD + b"Content-Length: 0x1\r\n\r\nx",
    "a length in other digits": HEAD + b"Content-Length: \xd9\xa1\r\n\r\nx",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
    "a length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another coding": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "no length": HEAD + b"Content-Type: text/plain\r\n\r\nabc",
    "a protocol switch": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
    "interim answers without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 20,
    "a chunk whose size is no number": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1_0\r\nx\r\n0\r\n\r\n",
    "a chunk whose size is negative": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n",
    "a chunk that is longer than its size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
    "a chunk without the end of its line": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxyy0\r\n\r\n",
    "a body beyond the limit": HEAD + b"Content-Length: 1048577\r\n\r\n",
    "chunks beyond the limit": HEAD + b"Transfer-Encoding: chunked\r\n\r\n200000\r\n" + b"x" * (1 << 21),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_what_two_readers_might_understand_differently_is_refused(data: bytes) -> None:
    with pytest.raises(GarbledError):
        read(data)


def without_bounds(piece: bytes) -> Callable[[], bytes]:
    """A server that sends the same for ever. Fails the test when more is taken than any bound allows."""
    sent = 0

    def more() -> bytes:
        nonlocal sent
        sent += len(piece)
        assert sent < 3 << 20, "it takes what it is given without end"
        return piece

    return more


ENDLESS = {
    "a head": (HEAD, b"A: bbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n" * 100),
    "a line of a head": (HEAD + b"A: ", b"x" * 16384),
    "a body without a length": (b"HTTP/1.1 500 No\r\n\r\n", b"x" * 65536),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"x" * 1024 + b"\r\n"),
    "the line before a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 16384),
    "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: bbbbbbbbbbbbbb\r\n" * 100),
    "interim answers": (b"", b"HTTP/1.1 102 Wait\r\n\r\n" * 10),
}


@pytest.mark.parametrize(("first", "then"), ENDLESS.values(), ids=ENDLESS.keys())
def test_a_server_that_sends_for_ever_is_stopped_within_bounds(first: bytes, then: bytes) -> None:
    endless = without_bounds(then)
    begun: list[bytes] = [first] if first else []
    reader = AnswerReader(lambda: begun.pop() if begun else endless())
    with pytest.raises(GarbledError):
        reader.body(reader.head(), LIMIT)


@pytest.mark.parametrize(("home", "attribute"), [(answers, "MAX_HEAD"), (chunks, "_MAX_LINE")])
def test_a_reader_without_that_bound_is_caught(
    monkeypatch: pytest.MonkeyPatch, home: ModuleType, attribute: str
) -> None:
    monkeypatch.setattr(home, attribute, 1 << 40)
    name = "a line of a head" if attribute == "MAX_HEAD" else "the line before a chunk"
    with pytest.raises(AssertionError, match="without end"):
        test_a_server_that_sends_for_ever_is_stopped_within_bounds(*ENDLESS[name])


def test_garbage_is_refused_before_it_ends() -> None:
    reader = reader_of([b"\x15\x03\x01\x00\x02\x02"])
    with pytest.raises(GarbledError, match="not HTTP"):
        reader.head()


def test_as_many_fields_as_are_allowed_are_taken_and_no_more() -> None:
    lines = b"".join(b"A%d: b\r\n" % number for number in range(MAX_FIELDS - 1))
    assert read(HEAD + lines + b"Content-Length: 1\r\n\r\nx")[1] == b"x"
    with pytest.raises(GarbledError, match="header fields"):
        read(HEAD + lines + b"B: c\r\nContent-Length: 1\r\n\r\nx")


LASTING: Sequence[tuple[bytes, bool]] = [
    (HEAD + b"Content-Length: 0\r\n\r\n", True),
    (HEAD + b"Content-Length: 0\r\nConnection: keep-alive\r\n\r\n", True),
    (HEAD + b"Content-Length: 0\r\nConnection: Close\r\n\r\n", False),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
    (b"HTTP/1.1 502 Bad\r\n\r\n", False),
]


@pytest.mark.parametrize(("data", "expected"), LASTING)
def test_a_connection_is_used_again_only_where_both_sides_know_its_state(data: bytes, expected: bool) -> None:
    assert read(data)[0].is_lasting is expected


def test_a_stream_is_given_on_as_it_comes() -> None:
    reader = reader_of([HEAD + b"Transfer-Encoding: chunked\r\n\r\n6\r\nab", b"cd", b"ef\r\n2\r\ng", b"h\r\n0\r\n\r\n"])
    assert list(reader.blocks(reader.head())) == [b"ab", b"cd", b"ef", b"g", b"h"]


def test_the_largest_head_is_taken() -> None:
    filling = MAX_HEAD - len(HEAD) - len(b"Content-Length: 1\r\nA: ")
    assert read(HEAD + b"Content-Length: 1\r\nA: " + b"x" * (filling - 4) + b"\r\n\r\n", b"y")[1] == b"y"
