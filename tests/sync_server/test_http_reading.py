"""Both readers of HTTP give an application the same request, and refuse what has no certain end."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
import uvicorn
from uvicorn.server import ServerState

from sync_server import http_by_h11, http_by_httptools
from sync_server.connection_limits import Limits, limited_protocol
from sync_server.timed_connection import TimedConnection

READERS = (http_by_h11.Connection, http_by_httptools.Connection)
POST = b"POST /v1/facts HTTP/1.1\r\nHost: server\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: server\r\n\r\n"


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 5), "sockname": ("192.0.2.2", 80)})
        self.written, self.closed, self.aborted, self.left_bytes = b"", False, False, 0

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def get_write_buffer_size(self) -> int:
        return self.left_bytes

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Says what it was asked; /slow only a moment later, /parts something else without a length."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await asyncio.sleep(0.05 if scope["path"] == "/slow" else 0)
    if scope["path"] == "/parts":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in (b"one ", b"two ", b""):
            message = {"type": "http.response.body", "body": part, "more_body": bool(part)}
            await send(message)
        return
    names = ("method", "path", "raw_path", "query_string", "http_version", "scheme", "client")
    said = [*(scope[name] for name in names), scope["headers"], body]
    answer = msgspec.json.encode(msgspec.to_builtins(said)) + b"\n"
    headers = [(b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def connected(reader: type[TimedConnection], limits: Limits | None = None) -> tuple[Wire, Any]:
    """A connection to the application, and its transport."""
    config = uvicorn.Config(
        application, http=limited_protocol(limits or Limits(), reader=reader), ws="none"
    )
    config.load()
    made: Any = config.http_protocol_class
    wire, connection = Wire(), made(config=config, server_state=ServerState(), app_state={})
    connection.connection_made(wire)
    return wire, connection


async def answered(reader: type[TimedConnection], *parts: bytes) -> Wire:
    """What comes back for these bytes, given one part after the other."""
    wire, connection = connected(reader)
    for part in parts:
        connection.data_received(part)
        await asyncio.sleep(0)
    for _ in range(2000):  # until all is answered, or nobody waits for anything but more to come
        if not connection.tasks or wire.closed:
            break
        await asyncio.sleep(0.001)
    connection.connection_lost(ConnectionError())
    async with asyncio.timeout(30):
        while connection.tasks:
            await asyncio.gather(*connection.tasks)
    return wire


def bodies(wire: Wire) -> list[list[Any]]:
    """What the application was asked, by its answers."""
    answers = (one.partition(b"\r\n\r\n")[2] for one in wire.written.split(b"HTTP/1.1 "))
    return [msgspec.json.decode(answer) for answer in answers if answer.startswith(b"[")]


@pytest.mark.parametrize(
    "asked",
    [
        GET,
        b"GET /a%20b/%E4%B8%8A?q=%20x&y HTTP/1.1\r\nHost:  server \r\nX-Empty:\r\nX-Tab:\ta\t \r\n\r\n",
        b"GET http://elsewhere/x?y#z HTTP/1.1\r\nHost: server\r\n\r\n",
        b"HEAD / HTTP/1.0\r\nHost: server\r\nConnection: keep-alive\r\n\r\n",
        POST + b"Content-Length: 5\r\nX-Name: \xe4\xb8\x8a\r\n\r\nabcde",
        POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab",
        POST + b"Expect: 100-Continue \r\nContent-Length: 2\r\n\r\nab",
        b"GET / HTTP/1.0\r\n\r\n",
        CHUNKED + b"3;note=1\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        CHUNKED + b"3\r\nabc\r\n0\r\nHost: elsewhere\r\nAuthorization: Bearer x\r\n\r\n",
        GET[:-2] + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
        POST + b"Connection: close\r\nContent-Length: 2\r\n\r\nab",
    ],
)
@pytest.mark.parametrize("in_bytes", [False, True])
async def test_both_readers_give_the_same_request_however_it_is_cut(
    asked: bytes, in_bytes: bool
) -> None:
    parts = [asked[i : i + 1] for i in range(len(asked))] if in_bytes else [asked]
    by_h11, by_httptools = [await answered(reader, *parts) for reader in READERS]
    assert bodies(by_httptools) == bodies(by_h11)
    assert by_httptools.closed == by_h11.closed
    assert by_h11.written.count(b"HTTP/1.1 ") == by_httptools.written.count(b"HTTP/1.1 ")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("asked", "body"),
    [
        (b"GET /parts HTTP/1.0\r\n\r\n", b"one two "),
        (b"HEAD /parts HTTP/1.0\r\n\r\n", b""),
        (b"GET /parts HTTP/1.1\r\nHost: server\r\n\r\n", b"4\r\none \r\n4\r\ntwo \r\n0\r\n\r\n"),
    ],
)
async def test_an_answer_without_a_length_comes_in_chunks_to_whom_knows_them(
    reader: type[TimedConnection], asked: bytes, body: bytes
) -> None:
    head, _, found = (wire := await answered(reader, asked)).written.partition(b"\r\n\r\n")
    assert found == body
    assert (b"chunked" not in head, wire.closed) == (b"1.0" in asked, b"1.0" in asked)


@pytest.mark.parametrize("reader", READERS)
async def test_requests_that_come_together_are_answered_in_their_order(
    reader: type[TimedConnection],
) -> None:
    first, upgrade = GET.replace(b"/ ", b"/slow "), b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    wire = await answered(reader, first + GET[:-2] + upgrade + POST + b"\r\n" + GET)
    assert [one[1] for one in bodies(wire)] == ["/slow", "/", "/v1/facts", "/"]
    assert not wire.closed


@pytest.mark.parametrize(
    "asked",
    [
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        POST + b"Content-Length: 5, 5\r\n\r\nabcde",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\nabcde",
        CHUNKED + b"3x\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\nHost: server\n\n",
        b"GET / HTTP/1.1\r\nHost : server\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: server\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: ser\0ver\r\n\r\n",
        b"GET /\xe4 HTTP/1.1\r\nHost: server\r\n\r\n",
        POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nab",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: server\r\nHost: elsewhere\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: server\r\nHost: elsewhere\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: server\r\n\r\n",
        b"GET / HTTP/0.9\r\nHost: server\r\n\r\n",
        b"GET /\r\nHost: server\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ],
)
async def test_a_request_whose_end_or_words_are_uncertain_is_refused(asked: bytes) -> None:
    wire = await answered(http_by_httptools.Connection, asked)
    assert wire.written.startswith(b"HTTP/1.1 400")
    assert wire.closed


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HTTP/1.1\r\nHost: server\r\nX: ",
        b"GET /",
        b"GET / HTTP/1.1\r\n",
        CHUNKED + b"0\r\nX: ",
        CHUNKED + b"3;x=",
        b"",
    ],
)
async def test_of_what_has_no_end_little_is_kept(begun: bytes) -> None:
    more = (
        b"\r\n" * 500
        if not begun
        else b"X-A: b\r\n" * 125
        if begun.endswith(b"\n")
        else b"x" * 1000
    )
    wire = await answered(http_by_httptools.Connection, begun, *[more] * 40)
    assert wire.written.endswith(b"Too much without an end.")
    assert wire.closed


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "asked", [GET[:-2] + b"Connection: close\r\n\r\n", GET[:-2] + b"\0: x\r\n\r\n"]
)
async def test_a_last_answer_that_nobody_takes_is_given_up(
    reader: type[TimedConnection], asked: bytes
) -> None:
    wire, connection = connected(reader, Limits(stall_s=0.05))
    wire.left_bytes = 1
    connection.data_received(asked)
    for _ in range(2000):
        if wire.aborted:
            break
        await asyncio.sleep(0.005)
    assert wire.aborted
    assert wire.written
    connection.connection_lost(None)


async def test_a_connection_does_not_queue_requests_without_end() -> None:
    wire = await answered(http_by_httptools.Connection, GET.replace(b"/ ", b"/slow ") + GET * 40)
    assert wire.closed
    assert b" 400 " in wire.written
