"""A phone of the simulation: real signatures in its chain, real tus uploads, real pulls; receipts are checked."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from shared import wire
from shared.digest import sha256_hex
from tests.bench.province.assumed import PHOTO_BYTES
from tests.bench.province.line import Line, Wire
from tests.support.devices import TUS, RawPhone, fact_bytes, upload_headers
from tests.support.jpegs import random_jpeg


class Phone(RawPhone):
    """A phone that is enrolled and confirmed, with the cases of its teacher."""

    def __init__(self, cases: list[str], photo_bytes: int = PHOTO_BYTES) -> None:
        super().__init__()
        self.cases, self.cursor, self.tag = cases, "", wire.NO_SEASON
        self._photo_bytes, self._said = photo_bytes, 0
        self.turn = asyncio.Lock()

    def visit(self, photos: tuple[str, ...] = (), day: str = "2019-12-11") -> bytes:
        """A visit to the next of its people; never two at one person within a day."""
        case = self.cases[self._said % len(self.cases)]
        back = timedelta(days=self._said // len(self.cases))
        at = f"{(datetime.fromisoformat(day) - back).date()}T09:00:00+08:00"
        self._said += 1
        body = {
            "met": "self",
            "outcome": "promised",
            "promise_date": "2019-12-18",
            "visitors": ["甲老师", "乙老师"],
            "note": "已说明还款办法，答应按期还款。",
        }
        return fact_bytes(case, photos=photos, body=body, captured_at=at, happened_at=at)

    async def sync(self, port: int, counted: Wire, records: int = 0, photos: int = 0) -> None:
        """Send what is new, then fetch the list, as a phone does; one sync of a phone at a time."""
        async with self.turn, Line(port, counted, self.token) as line:
            pictures = [random_jpeg(self._photo_bytes) for _ in range(photos)]
            if records:
                await self.send(line, records, pictures)
            if pictures:
                await self.upload(line, pictures)
            await self.pull(line)

    async def send(self, line: Line, records: int, pictures: list[bytes] | None = None) -> None:
        """Push new records, the first of which name the pictures; each must be stored."""
        named = [(sha256_hex(data),) for data in pictures or ()]
        facts = [
            self.chained(self.visit(named[i] if i < len(named) else ())) for i in range(records)
        ]
        body = msgspec.json.encode(wire.PushRequest(facts=facts))
        kind = "records" if records > 1 else "record"
        answer = await line.ask(kind, "POST", "/v1/facts", body, _JSON)
        reply = msgspec.json.decode(answer.body, type=wire.PushReply)
        if {one.outcome for one in reply.outcomes} != {wire.CREATED} or reply.receipt is None:
            raise ValueError(answer.body[:500])
        self.receipt(reply.receipt)

    async def upload(self, line: Line, pictures: list[bytes]) -> None:
        """Ask which photos are missing, send them, and check the receipt of each."""
        hashes = [sha256_hex(data) for data in pictures]
        asked = msgspec.json.encode(wire.MissingRequest(hashes=hashes))
        answer = await line.ask("photos missing", "POST", "/v1/photos/missing", asked, _JSON)
        if set(msgspec.json.decode(answer.body, type=wire.MissingReply).missing) != set(hashes):
            raise ValueError("a new photo is not missing")
        for sha256, data in zip(hashes, pictures, strict=True):
            head = {**TUS, **upload_headers(data)}
            made = await line.ask("photo begun", "POST", "/v1/uploads", headers=head)
            where = made.headers["location"].rpartition("/v1/uploads/")[2]
            more = {
                "Upload-Offset": "0",
                "Content-Type": "application/offset+octet-stream",
                **TUS,
            }
            sent = await line.ask("photo sent", "PATCH", f"/v1/uploads/{where}", data, more)
            receipt = wire.unb64(sent.headers["doorstep-receipt"])
            body = self.receipt(msgspec.json.decode(receipt, type=wire.Receipt))
            if [one.sha256 for one in body.items] != [sha256]:
                raise ValueError("the receipt names another photo")

    async def upload_named(self, line: Line) -> None:
        """Send one photo more, which a record will name later."""
        await self.upload(line, [random_jpeg(self._photo_bytes)])

    async def pull(self, line: Line) -> None:
        """Fetch the feed from where this phone is to its head; count and cursor must agree."""
        kind = "changes" if self.cursor else "first list"
        while True:
            asked = {"after": self.cursor, "own": "1", "lean": self.tag}
            query = urlencode({name: value for name, value in asked.items() if value})
            answer = await line.ask(kind, "GET", f"/v1/changes?{query}")
            page = msgspec.json.decode(answer.body, type=wire.ChangesPage)
            self.cursor = page.next
            for change in page.changes:
                if change.briefing is not None:
                    self.tag = wire.season_tag(change.briefing.season)
            if not page.more:
                return


_JSON = {"Content-Type": "application/json"}
