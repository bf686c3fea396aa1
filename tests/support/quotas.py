"""A phone whose photos and records are counted, and a server whose days and disk a test decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import httpx
import msgspec
from sqlalchemy import func, insert, select

from shared.digest import sha256_hex
from sync_server.services import Services
from sync_server.store import device_days
from sync_server.store import tables as t
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.jpegs import jpeg
from tests.support.ledger import codes

PHOTO = jpeg(b"a slip" * 900)
NOW = "2019-12-12T02:00:00.000+00:00"
TOTAL = 500_000_000_000
"""Bytes of the disk that a test decides about."""


class Usage(NamedTuple):
    """A disk."""

    total: int
    free: int


def code(answer: httpx.Response) -> str:
    return str(answer.json()["code"]) if answer.is_error else ""


async def send(phone: RawPhone, data: bytes) -> str:
    """The code of the refusal of a photo, "" when it is stored."""
    answer = await phone.create_upload(data)
    if answer.is_error:
        return code(answer)
    return code(await phone.patch(answer.headers["Location"], 0, data))


async def name(phone: RawPhone, services: Services, *data: bytes, case: str = "") -> list[str]:
    """A record that names photos; its outcome, or its problem's code."""
    hashes = tuple(map(sha256_hex, data))
    case = case or case_ids(services, "01")[0]
    return codes(await phone.push(phone.chained(fact_bytes(case, photos=hashes))))


async def missing(phone: RawPhone, data: bytes) -> bool:
    asked = msgspec.json.encode({"hashes": [sha256_hex(data)]})
    answer = await phone.ask("POST", "/v1/photos/missing", content=asked)
    return bool(answer.json()["missing"])


def sent_today(services: Services, phone: RawPhone, **values: int) -> None:
    """As if this phone had sent so much today."""
    row = {"device": phone.device, "day": device_days.day_of(services.settings.now_text())}
    services.database.write(lambda c: c.execute(insert(t.device_day), {**row, **values}))


def counted(services: Services, phone: RawPhone) -> tuple[int, int, int]:
    """Photos, bytes and quarantined records of a phone, on all days."""
    c = t.device_day.c
    sums = (func.coalesce(func.sum(x), 0) for x in (c.photos, c.photo_bytes, c.quarantined))
    query = select(*sums).where(c.device == phone.device)
    photos_, bytes_, quarantined = services.database.read(lambda c: c.execute(query).one())
    return int(photos_), int(bytes_), int(quarantined)


def later(services: Services, days: float) -> Services:
    """The same server, days later."""
    at = services.settings.now() + timedelta(days=days)
    return replace(services, settings=replace(services.settings, clock_spec=at.isoformat()))


def rows(services: Services, table: str) -> int:
    query = select(func.count()).select_from(t.metadata.tables[table])
    return services.database.read(lambda c: c.execute(query).scalar_one())
