"""The fault proxy itself: it does to a connection what it names, and only once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from sync_server.sample.fault_proxy import FaultProxy

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """A server that answers every line with `yes:` and the line; it remembers what it received."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.heard.append(line)
            writer.write(b"yes:" + line)
            await writer.drain()
        writer.close()


class Bench:
    def __init__(self, proxy: FaultProxy, echo: Echo) -> None:
        self.proxy, self.echo = proxy, echo

    async def ask(self, *lines: bytes) -> list[bytes]:
        """Answers over one line; b"" where it was cut."""
        answers = []
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        try:
            for line in lines:
                writer.write(line)
                answers.append(await asyncio.wait_for(reader.read(4096), 0.5))
        except TimeoutError:
            answers.append(b"silence")
        except OSError:
            answers.append(b"")
        writer.transport.abort()
        return answers


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    proxy = FaultProxy(server.sockets[0].getsockname()[1], seed=3)
    await proxy.start()
    yield Bench(proxy, echo)
    await proxy.stop()
    server.close()


async def test_without_a_fault_bytes_pass_as_they_are(bench: Bench) -> None:
    assert await bench.ask(b"a\n", b"b\n") == [b"yes:a\n", b"yes:b\n"]
    assert (bench.proxy.turns, bench.proxy.cuts, bench.proxy.lost) == (2, 0, 0)


async def test_a_request_whose_answer_is_lost_reaches_the_server(bench: Bench) -> None:
    bench.proxy.lose_answer_of(2)
    assert await bench.ask(b"a\n", b"b\n") == [b"yes:a\n", b""]
    assert bench.echo.heard == [b"a\n", b"b\n"]
    assert await bench.ask(b"c\n") == [b"yes:c\n"]


async def test_a_cut_request_arrives_up_to_the_byte(bench: Bench) -> None:
    bench.proxy.cut_request_after(3)
    assert await bench.ask(b"abcdef\n") == [b""]
    assert await bench.ask(b"a\n") == [b"yes:a\n"]
    assert bench.echo.heard == [b"abc", b"a\n"]


async def test_a_cut_answer_arrives_up_to_the_byte(bench: Bench) -> None:
    bench.proxy.cut_answer_after(5)
    assert (await bench.ask(b"abcdef\n"))[0] == b"yes:a"


async def test_a_doubled_request_arrives_twice_and_is_answered_once(bench: Bench) -> None:
    bench.proxy.double_next_request()
    assert await bench.ask(b"a\n", b"b\n") == [b"yes:a\n", b"yes:b\n"]
    assert bench.echo.heard == [b"a\n", b"a\n", b"b\n"]


async def test_garbage_has_the_answers_length_and_repeats_with_the_seed(bench: Bench) -> None:
    bench.proxy.garble_next_answer()
    first = await bench.ask(b"a\n", b"b\n")
    again = FaultProxy(bench.proxy.upstream_port, seed=3)
    await again.start()
    again.garble_next_answer()
    assert await Bench(again, bench.echo).ask(b"a\n", b"b\n") == first
    assert (len(first[0]), first[0] == b"yes:a\n", first[1]) == (6, False, b"yes:b\n")
    await again.stop()


async def test_a_stalled_connection_sends_nothing_and_stays_open(bench: Bench) -> None:
    bench.proxy.stall_next_request()
    assert await bench.ask(b"a\n") == [b"silence"]
    assert bench.echo.heard == [b"a\n"]
    assert await bench.ask(b"b\n") == [b"yes:b\n"]


async def test_a_slow_connection_delays_every_piece(bench: Bench) -> None:
    bench.proxy.delay_s = 0.05
    started = time.monotonic()
    assert await bench.ask(b"b\n") == [b"yes:b\n"]
    assert time.monotonic() - started >= 0.1


async def test_an_offline_proxy_forwards_nothing(bench: Bench) -> None:
    bench.proxy.online = False
    assert await bench.ask(b"a\n") == [b""]
    assert bench.echo.heard == []
