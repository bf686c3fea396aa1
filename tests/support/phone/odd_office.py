"""Offices a phone may meet: one that answers as it should except where a test spoils it, and a listener that writes any bytes."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec

from mobile.store.meta import Enrolment
from mobile.usecases.phone import Phone
from shared import wire
from shared.digest import canonical, scope_digest, sha256_hex
from shared.records.base import decode
from shared.season import Season
from sync_server.crypto.keys import ReceiptKey

UPLOAD = "/v1/uploads/u1"
Spoil = Callable[[str, Any], Any]
"""Gets the name of an answer and its JSON value before it is signed and sent; returns another."""


class OddOffice:
    """Takes what phones send, by the protocol; `spoil` may change any answer before it is signed."""

    def __init__(self, keys: ReceiptKey, phone: Phone, season: Season) -> None:
        self._keys = keys
        self._unit = wire.Unit(code="QH01", name="青槐县第一中学")
        self._season = season
        self._cases = phone.store.cases.all()
        self._photo = ""
        self.spoil: Spoil = lambda _, value: value

    async def enrol(self, phone: Phone) -> None:
        """As after an enrolment here."""
        scope = wire.Scope(
            season="2019",
            school="QH01",
            school_name="青槐县第一中学",
            staff="s1",
            staff_name="郑老师",
        )
        enrolment = Enrolment(
            url="https://school.example",
            device="d1",
            token="t",
            server_key=wire.b64(self._keys.public()),
            scope=scope,
        )
        await phone.store.meta.put("enrolment", enrolment)
        phone.transport = httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path, method = request.url.path, request.method
        if path == "/v1/facts":
            return self._json("facts", self._stored(request))
        if path == "/v1/facts/held":
            return self._json("held", wire.HeldReply(held=[]))
        if path == "/v1/photos/missing":
            asked = msgspec.json.decode(request.content, type=wire.MissingRequest)
            return self._json("missing", wire.MissingReply(missing=asked.hashes))
        if path == "/v1/changes":
            return self._json("changes", self._page())
        if method == "HEAD":
            return self._headers(200, {"Upload-Offset": "0"})
        if method == "POST":
            metadata = request.headers["Upload-Metadata"].split(",")[0].split(" ")[1]
            self._photo = wire.unb64(metadata.rstrip("=").replace("+", "-")).decode()
            return self._headers(201, {"Location": UPLOAD})
        receipt = self._receipt([wire.ReceiptLine(sha256=self._photo)])
        return self._headers(204, {"Doorstep-Receipt": wire.b64(msgspec.json.encode(receipt))})

    def _json(self, name: str, value: object) -> httpx.Response:
        changed = self.spoil(name, msgspec.to_builtins(value))
        return httpx.Response(200, content=msgspec.json.encode(changed))

    def _headers(self, status: int, headers: dict[str, str]) -> httpx.Response:
        changed = self.spoil("headers", dict(headers))
        words = {k: str(v).encode()[:9000] for k, v in changed.items()}
        return httpx.Response(status, headers=words)

    def _receipt(self, lines: list[wire.ReceiptLine]) -> wire.Receipt:
        body = wire.ReceiptBody(
            device="d1", epoch="e", received_at="2019-12-12T12:00:00+08:00", items=lines
        )
        data = canonical(self.spoil("receipt", msgspec.to_builtins(body)))
        return wire.Receipt(bytes=wire.b64(data), sig=wire.b64(self._keys.sign(data)))

    def _stored(self, request: httpx.Request) -> wire.PushReply:
        data = request.content
        if request.headers.get("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        sent = [wire.unb64(f.bytes) for f in msgspec.json.decode(data, type=wire.PushRequest).facts]
        lines = [
            wire.ReceiptLine(sha256=sha256_hex(fact), id=decode(fact).id, seq=n)
            for n, fact in enumerate(sent, 1)
        ]
        outcomes = [wire.Outcome(outcome="created", sha256=x.sha256, seq=x.seq) for x in lines]
        return wire.PushReply(outcomes=outcomes, receipt=self._receipt(lines))

    def _page(self) -> wire.ChangesPage:
        changes = [
            wire.Change(seq=n, kind="case", ref=state.case.id, case=state)
            for n, state in enumerate(self._cases, 2)
        ]
        briefing = wire.Briefing(
            season=self._season, unit=self._unit, staff=("郑老师",), list_as_of="2019-12-11"
        )
        return wire.ChangesPage(
            changes=[wire.Change(seq=1, kind="briefing", briefing=briefing), *changes],
            next="n1",
            more=False,
            epoch="e",
            scope_count=len(self._cases),
            scope_digest=scope_digest((s.case.id, s.version) for s in self._cases),
            at="2019-12-12T12:00:00+08:00",
        )


class Listener:
    """A listener that answers every request with the same bytes; `written` counts what was taken."""

    def __init__(self) -> None:
        self.url = ""
        self.written = 0
        self.asked: list[bytes] = []

    async def _serve(
        self,
        pieces: Callable[[], Iterable[bytes]],
        pause_s: float,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        try:
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            for piece in pieces():
                writer.write(piece)
                await writer.drain()
                self.written += len(piece)
                await asyncio.sleep(pause_s)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the phone had enough
        finally:
            writer.close()


@asynccontextmanager
async def listening(
    pieces: Callable[[], Iterable[bytes]], pause_s: float = 0.0
) -> AsyncIterator[Listener]:
    """A listener on this computer that writes these pieces, with a pause after each."""
    made = Listener()
    server = await asyncio.start_server(
        lambda reader, writer: made._serve(pieces, pause_s, reader, writer), "127.0.0.1", 0
    )
    async with server:
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield made
