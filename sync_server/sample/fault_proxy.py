"""Imitate a bad connection: a TCP proxy that cuts, loses, delays, repeats, corrupts and stalls.

Bytes pass through as they are. A *turn* begins with the first bytes upward after an answer:
HTTP/1.1 without pipelining, which is what phones use, so no HTTP is parsed. The same seed gives the
same corruption.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

_PIECE_BYTES = 4096


class FaultProxy:
    """The proxy; a fault is set for what comes next and happens once.

    `turns` counts requests seen, `lost` answers withheld, `cuts` connections cut. `delay_s` delays
    every piece; a cut is noticed `grace_s` later, as on a real line: what had passed before it
    arrives.
    """

    def __init__(self, upstream_port: int, seed: int = 0) -> None:
        """Prepare the proxy; `start` opens its port.

        Args:
            upstream_port: the server's port on this machine.
            seed: equal seeds give equal corruption.
        """
        self.port = 0
        self.upstream_port = upstream_port
        self.delay_s = 0.0
        self.grace_s = 0.1
        self.online = True
        self.turns = self.lost = self.cuts = 0
        self._random = Random(seed)  # noqa: S311 - garbage must repeat; nothing secret hangs on it
        self._lose: set[int] = set()
        self._double = self._garble = self._stall = False
        self._left: dict[bool, int | None] = {True: None, False: None}
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> int:
        """Listen on this machine and return the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        self.drop_all()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def drop_all(self) -> None:
        """Cut every open connection at once."""
        for line in self._lines:
            line.cancel()

    def cut_request_after(self, size_bytes: int) -> None:
        """Cut the connection after so many more bytes upward (headers count)."""
        self._left[True] = size_bytes

    def cut_answer_after(self, size_bytes: int) -> None:
        """Cut the connection after so many more bytes downward."""
        self._left[False] = size_bytes

    def lose_next_answer(self) -> None:
        """Lose the next answer: the server does its work, the phone never learns of it."""
        self.lose_answer_of(self.turns + 1)

    def lose_answer_of(self, turn: int) -> None:
        """Lose the answer of a turn, counted from 1 over all connections."""
        self._lose.add(turn)

    def double_next_request(self) -> None:
        """Send the next request a second time, after the server answered the first."""
        self._double = True

    def garble_next_answer(self) -> None:
        """Replace the next answer by as many wrong bytes."""
        self._garble = True

    def stall_next_request(self) -> None:
        """Stall after the next request's first piece: neither side gets more, nor an end."""
        self._stall = True

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a started handler runs in a task
        self._lines.add(task)
        try:
            await self._line(reader, writer)
        except (OSError, asyncio.CancelledError):
            self.cuts += 1
        finally:
            self._lines.discard(task)
            writer.transport.abort()

    async def _line(self, phone_reader: asyncio.StreamReader, phone: asyncio.StreamWriter) -> None:
        if not self.online:
            raise ConnectionResetError
        server_reader, server = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        turn = _Turn()
        jobs = [
            asyncio.create_task(self._up(phone_reader, server, turn)),
            asyncio.create_task(self._down(server_reader, phone, turn)),
        ]
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
            for job in done:
                job.result()
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            server.close()  # an end, not a reset: what went up before the cut arrives

    async def _up(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: _Turn
    ) -> None:
        while piece := await reader.read(_PIECE_BYTES):
            if turn.answered:
                self.turns += 1
                turn.begin(self.turns)
            turn.request += piece
            turn.stalled, self._stall = self._stall, False
            await self._pass(piece, writer, up=True)
            if turn.stalled:
                await asyncio.Event().wait()

    async def _down(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: _Turn
    ) -> None:
        while piece := await reader.read(_PIECE_BYTES):
            if turn.stalled:
                await asyncio.Event().wait()
            if not turn.answered:
                turn.answered = True
                turn.garbled, self._garble = self._garble, False
                if self._double:
                    self._double = False
                    await self._again(bytes(turn.request))
            if turn.number in self._lose:
                self._lose.discard(turn.number)
                self.lost += 1
                raise ConnectionResetError
            await self._pass(
                self._random.randbytes(len(piece)) if turn.garbled else piece, writer, up=False
            )

    async def _pass(self, piece: bytes, writer: asyncio.StreamWriter, *, up: bool) -> None:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        left = self._left[up]
        if left is not None:
            self._left[up] = None if len(piece) >= left else left - len(piece)
            piece, cut = piece[:left], len(piece) >= left
        writer.write(piece)
        await writer.drain()
        if left is not None and cut:
            await asyncio.sleep(self.grace_s)
            raise ConnectionResetError

    async def _again(self, request: bytes) -> None:
        """Send a whole request once more on a connection of its own and wait for its answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        with suppress(OSError):
            writer.write(request)
            await writer.drain()
            await reader.read(_PIECE_BYTES)
        writer.close()


class _Turn:
    """One request and its answer."""

    def __init__(self) -> None:
        self.number, self.request, self.answered, self.garbled = 0, bytearray(), True, False
        self.stalled = False

    def begin(self, number: int) -> None:
        self.number, self.request, self.answered, self.garbled = number, bytearray(), False, False
