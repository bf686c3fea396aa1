"""Slow, silent and too many connections are closed; whoever behaves is served meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from sync_server.connection_limits import (
    KEPT_FILES,
    Limits,
    OpenConnections,
    limited_protocol,
    limits_here,
)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
QUICK = Limits(headers_s=0.4, stall_s=0.3, body_s=0.9)
GET = b"GET / HTTP/1.1\r\nHost: server\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: server\r\nContent-Length: 1000000\r\n\r\n"
ANSWER_BYTES = 8 * 1024 * 1024


async def application(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    """Reads the body, answers with its size; /large answers with eight MiB."""
    size_bytes, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size_bytes, more = size_bytes + len(message["body"]), message["more_body"]
    body = bytes(ANSWER_BYTES) if scope["path"] == "/large" else str(size_bytes).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(limits: Limits) -> AsyncIterator[Callable[[], Any]]:
    """A server with these limits; what is yielded opens a connection to it."""
    config = uvicorn.Config(
        application, port=0, http=limited_protocol(limits), log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    opened: list[Streams] = []

    async def connect() -> Streams:
        streams = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        opened.append(streams)
        return streams

    try:
        yield connect
    finally:
        for _, writer in opened:
            writer.transport.abort()
        server.should_exit = True
        await running


async def lasted_s(reader: asyncio.StreamReader) -> float:
    """How long it takes until the server closes a connection."""
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    try:
        async with asyncio.timeout(5):
            await reader.read()
    except ConnectionError:
        pass
    return loop.time() - began_at


async def drip(streams: Streams, pause_s: float) -> None:
    """Send a byte now and then until the server has enough of it."""
    try:
        for _ in range(100):
            streams[1].write(b"x")
            await streams[1].drain()
            await asyncio.sleep(pause_s)
    except ConnectionError:
        pass


async def test_a_connection_that_says_nothing_is_closed() -> None:
    async with serving(QUICK) as connect:
        reader, _ = await connect()
        assert 0.2 < await lasted_s(reader) < 1.5


async def test_headers_that_arrive_byte_by_byte_do_not_hold_a_connection() -> None:
    async with serving(QUICK) as connect:
        streams = await connect()
        streams[1].write(b"GET / HTTP/1.1\r\nX-Slow: ")
        dripping = asyncio.create_task(drip(streams, 0.05))
        assert await lasted_s(streams[0]) < 1.5
        await dripping


async def test_a_body_that_stops_is_closed() -> None:
    async with serving(QUICK) as connect:
        reader, writer = await connect()
        writer.write(POST + b"x" * 1000)
        assert await lasted_s(reader) < 1.5


async def test_a_body_that_drips_is_closed_once_it_has_taken_too_long() -> None:
    async with serving(QUICK) as connect:
        streams = await connect()
        streams[1].write(POST)
        dripping = asyncio.create_task(drip(streams, 0.05))
        assert 0.6 < await lasted_s(streams[0]) < 2.5
        await dripping


async def test_an_answer_that_nobody_takes_is_given_up() -> None:
    async with serving(QUICK) as connect:
        reader, writer = await connect()
        writer.write(GET.replace(b"/ ", b"/large "))
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(1.2)
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(ANSWER_BYTES)


async def test_a_slow_body_that_keeps_moving_arrives() -> None:
    async with serving(Limits(headers_s=0.4, stall_s=0.5, body_s=20)) as connect:
        reader, writer = await connect()
        writer.write(POST.replace(b"1000000", b"6"))
        for _ in range(6):
            writer.write(b"x")
            await asyncio.sleep(0.15)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(1) == b"6"


async def test_a_second_request_may_follow_on_the_same_connection() -> None:
    async with serving(QUICK) as connect:
        reader, writer = await connect()
        for _ in range(3):
            writer.write(GET)
            assert b"200" in await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(1)
            await asyncio.sleep(0.25)


async def test_headers_beyond_any_browsers_are_refused() -> None:
    async with serving(QUICK) as connect:
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: server\r\nX: " + b"x" * 200_000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 400")


async def test_of_one_address_too_many_connections_are_refused_and_a_closed_one_makes_room() -> (
    None
):
    limits = Limits(per_address=2, trusted=frozenset())
    async with serving(limits) as connect:
        first, second, third = [await connect() for _ in range(3)]
        assert (await third[0].readline()).startswith(b"HTTP/1.1 503")
        second[1].write(GET)
        assert (await second[0].readline()).startswith(b"HTTP/1.1 200")
        first[1].close()
        await asyncio.sleep(0.1)
        fourth = await connect()
        fourth[1].write(GET)
        assert (await fourth[0].readline()).startswith(b"HTTP/1.1 200")


async def test_silent_connections_within_the_limit_keep_nobody_out_and_those_beyond_are_refused() -> (
    None
):
    limits = Limits(headers_s=5, per_address=20, trusted=frozenset({"127.0.0.1"}), in_all=50)
    async with serving(limits) as connect:
        for _ in range(49):
            await connect()
        reader, writer = await connect()
        writer.write(GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert (await (await connect())[0].readline()).startswith(b"HTTP/1.1 503")


def test_a_proxy_on_this_computer_brings_everybody() -> None:
    opened = OpenConnections(Limits(per_address=2, in_all=10))
    assert [opened.admit("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert all(opened.admit("127.0.0.1") for _ in range(5))
    opened.leave("192.0.2.1")
    opened.leave("192.0.2.1")
    assert opened.admit("192.0.2.1")


def test_connections_leave_files_for_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip(
        "resource", reason="NOT PROVED: no limit of files on this system"
    )
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 600))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: given.append(limit))
    assert limits_here().in_all == 600 - KEPT_FILES
    assert given == [(600, 600)]
