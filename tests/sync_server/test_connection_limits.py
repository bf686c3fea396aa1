"""Slow, silent and too many connections are closed; whoever behaves is served meanwhile."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
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
from sync_server.crypto import tls
from sync_server.tls_handshake import CountedTls

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
QUICK = Limits(headers_s=0.4, stall_s=0.3, body_s=0.9)
SOON_S = 30
"""Below what anybody in these tests goes on for; a busy machine takes its time to close."""
GET = b"GET / HTTP/1.1\r\nHost: server\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: server\r\nContent-Length: 1000000\r\n\r\n"
ANSWER_BYTES = 8 * 1024 * 1024


async def application(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    """Reads the body, answers with its size; /large answers with eight MiB, /refused at once."""
    size_bytes, more = 0, scope["path"] != "/refused"
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
async def serving(
    limits: Limits, context: ssl.SSLContext | None = None
) -> AsyncIterator[Callable[..., Any]]:
    """A server with these limits; what is yielded opens a connection to it."""
    config = uvicorn.Config(
        application,
        port=0,
        http=limited_protocol(limits, context),
        log_level="error",
        lifespan="off",
        timeout_keep_alive=limits.idle_s,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    opened: list[Streams] = []

    async def connect(trust: ssl.SSLContext | None = None) -> Streams:
        streams = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24, ssl=trust)
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
        async with asyncio.timeout(60):
            await reader.read()
    except ConnectionError:
        pass
    return loop.time() - began_at


async def drip(streams: Streams, pause_s: float) -> None:
    """Send a byte now and then until the server has enough of it, or for a minute."""
    try:
        for _ in range(1200):
            streams[1].write(b"x")
            await streams[1].drain()
            await asyncio.sleep(pause_s)
    except ConnectionError:
        pass


async def test_a_connection_that_says_nothing_is_closed() -> None:
    async with serving(QUICK) as connect:
        reader, _ = await connect()
        assert 0.2 < await lasted_s(reader) < SOON_S


async def test_headers_that_arrive_byte_by_byte_do_not_hold_a_connection() -> None:
    async with serving(QUICK) as connect:
        streams = await connect()
        streams[1].write(b"GET / HTTP/1.1\r\nX-Slow: ")
        dripping = asyncio.create_task(drip(streams, 0.05))
        assert await lasted_s(streams[0]) < SOON_S
        await dripping


async def test_a_body_that_stops_is_closed() -> None:
    async with serving(QUICK) as connect:
        reader, writer = await connect()
        writer.write(POST + b"x" * 1000)
        assert await lasted_s(reader) < SOON_S


async def test_a_body_that_drips_is_closed_once_it_has_taken_too_long() -> None:
    async with serving(QUICK) as connect:
        streams = await connect()
        streams[1].write(POST)
        dripping = asyncio.create_task(drip(streams, 0.05))
        assert 0.6 < await lasted_s(streams[0]) < SOON_S
        await dripping


async def test_an_answer_that_nobody_takes_is_given_up() -> None:
    async with serving(QUICK) as connect:
        reader, writer = await connect()
        writer.write(GET.replace(b"/ ", b"/large "))
        reader._transport.pause_reading()
        await asyncio.sleep(1.2)
        reader._transport.resume_reading()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(ANSWER_BYTES)


async def test_a_slow_body_that_keeps_moving_arrives() -> None:
    async with serving(Limits(headers_s=2, stall_s=2, body_s=60)) as connect:
        reader, writer = await connect()
        writer.write(POST.replace(b"1000000", b"6"))
        for _ in range(6):
            writer.write(b"x")
            await asyncio.sleep(0.4)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(1) == b"6"


async def test_a_second_request_may_follow_on_the_same_connection() -> None:
    async with serving(Limits(headers_s=1.5, stall_s=1.5, body_s=9)) as connect:
        reader, writer = await connect()
        for _ in range(3):
            writer.write(GET)
            assert b"200" in await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(1)
            await asyncio.sleep(0.6)


async def test_headers_beyond_any_browsers_are_refused() -> None:
    async with serving(QUICK) as connect:
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: server\r\nX: " + b"x" * 200_000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 400")


async def lets_in(connect: Callable[..., Any]) -> bool:
    """Whether a connection is soon served; how another one ended is noticed a moment later."""
    for _ in range(300):
        reader, writer = await connect()
        with suppress(ConnectionError):  # refused ones are closed at once
            writer.write(GET)
            if (await reader.readline()).startswith(b"HTTP/1.1 200"):
                return True
        writer.close()
        await asyncio.sleep(0.1)
    return False


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
        assert await lets_in(connect)


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


REFUSED = POST.replace(b"/ ", b"/refused ")


async def test_the_rest_of_a_refused_body_is_thrown_away_and_the_connection_goes_on() -> None:
    async with serving(Limits(idle_s=2)) as connect:
        reader, writer = await connect()
        writer.write(REFUSED)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        await reader.readexactly(1)
        writer.write(bytes(1_000_000) + GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "limits",
    [
        Limits(unread_s=30, unread_stall_s=0.3),
        Limits(unread_s=0.4, unread_stall_s=30),
    ],
)
async def test_the_rest_of_a_refused_body_holds_no_connection(limits: Limits) -> None:
    async with serving(limits) as connect:
        streams = await connect()
        streams[1].write(REFUSED)
        dripping = asyncio.create_task(drip(streams, 0.05 if limits.unread_s < 1 else 10))
        assert await lasted_s(streams[0]) < SOON_S
        dripping.cancel()


async def test_of_a_refused_body_no_more_is_taken_than_a_page_would_take() -> None:
    async with serving(Limits(unread_bytes=100_000)) as connect:
        streams = await connect()
        streams[1].write(REFUSED)
        await streams[0].readuntil(b"\r\n\r\n")
        streams[1].write(bytes(900_000))
        assert await lasted_s(streams[0]) < SOON_S


async def test_a_connection_without_a_further_request_is_closed() -> None:
    async with serving(Limits(idle_s=1)) as connect:
        reader, writer = await connect()
        writer.write(GET)
        assert 0.5 < await lasted_s(reader) < 2.5


async def test_no_connection_leaves_the_count_by_asking_for_a_websocket() -> None:
    limits = Limits(per_address=1, trusted=frozenset())
    upgrade = GET[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n"
    async with serving(limits) as connect:
        for _ in range(3):
            reader, writer = await connect()
            writer.write(upgrade + b"Sec-WebSocket-Version: 13\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.transport.abort()
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Those of a server with a certificate of its own, and of a client that trusts it."""
    made = tls.init(tmp_path_factory.mktemp("tls"), "127.0.0.1", [], datetime.now(UTC))
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(made.file)
    trust = ssl.create_default_context(cafile=str(made.file.with_name(tls.ROOT)))
    return own, trust


Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


async def test_requests_follow_one_another_over_tls(contexts: Contexts) -> None:
    own, trust = contexts
    async with serving(Limits(), own) as connect:
        for _ in range(3):
            reader, writer = await connect(trust)
            writer.write(POST.replace(b"1000000", b"300000") + bytes(300_000))
            assert b"200" in await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(6) == b"300000"
            writer.write(GET)
            assert b"200" in await reader.readuntil(b"\r\n\r\n")


async def test_a_request_that_comes_with_the_end_of_the_handshake_is_answered(
    contexts: Contexts,
) -> None:
    own, trust = contexts
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trust.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    async with serving(Limits(), own) as connect:
        reader, writer = await connect()
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                writer.write(outgoing.read())
                incoming.write(await reader.read(65536))
        client.write(GET)
        writer.write(outgoing.read())  # the last of the handshake, and the request
        answer = b""
        while b"\r\n\r\n" not in answer:
            try:
                answer += client.read(65536)
            except ssl.SSLWantReadError:
                incoming.write(await reader.read(65536))
        assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"])
async def test_a_connection_that_never_agrees_on_tls_is_closed(
    contexts: Contexts, said: bytes
) -> None:
    async with serving(Limits(handshake_s=1), contexts[0]) as connect:
        reader, writer = await connect()
        writer.write(said)
        assert await lasted_s(reader) < SOON_S


async def test_connections_that_have_not_agreed_on_tls_count_for_their_address(
    contexts: Contexts,
) -> None:
    own, trust = contexts
    limits = Limits(per_address=2, handshake_s=1, trusted=frozenset())
    async with serving(limits, own) as connect:
        silent = [await connect() for _ in range(2)]
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await connect(trust)
        for reader, _ in silent:
            await lasted_s(reader)
        reader, writer = await connect(trust)
        writer.write(GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")


def test_a_proxy_on_this_computer_brings_everybody() -> None:
    opened = OpenConnections(Limits(per_address=2, in_all=10))
    assert [opened.admit("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert all(opened.admit("127.0.0.1") for _ in range(5))
    opened.leave("192.0.2.1")
    opened.leave("192.0.2.1")
    assert opened.admit("192.0.2.1")


def test_however_many_connections_a_few_addresses_open_another_one_gets_its_own() -> None:
    opened = OpenConnections(Limits())
    for address in [f"192.0.2.{n}" for n in range(20)] * 240:
        if not opened.admit(address):
            opened.leave(address)  # a refused one is closed
    assert all(opened.admit("198.51.100.7") for _ in range(12))


def test_an_address_of_ipv6_is_counted_with_its_network() -> None:
    opened = OpenConnections(Limits(per_address=2))
    assert [opened.admit(f"2001:db8:1:2::{n}") for n in range(3)] == [True, True, False]
    assert opened.admit("2001:db8:1:3::1")
    for n in range(3):
        opened.leave(f"2001:db8:1:2::{n}")
    assert opened.admit("2001:db8:1:2::9")


def test_connections_leave_files_for_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip(
        "resource", reason="NOT PROVED: no limit of files on this system"
    )
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 600))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: given.append(limit))
    assert limits_here().in_all == 600 - KEPT_FILES
    assert given == [(600, 600)]


def test_what_waits_to_agree_on_tls_takes_little_memory_however_many_wait() -> None:
    assert Limits().in_all * CountedTls.max_size < 64_000_000
