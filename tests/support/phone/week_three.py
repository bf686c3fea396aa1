"""A phone after three weeks of work, and the same phone on its first day. Everything made up (青槐县)."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from mobile.bootstrap.native import native_ports
from mobile.ports.device_secret import FILE, FileSecret
from mobile.ports.disk import FolderDisk
from mobile.store.keyfile import NAME
from mobile.usecases.phone import Phone
from mobile.usecases.unlock import PhoneLock
from shared.records.base import Body, Fact, encode, plain
from shared.records.notice_delivery import NoticeDelivery
from shared.records.registry import kind_of
from shared.records.statement import Statement
from shared.records.visit import Visit
from tests.support.phone.seed import CLOCK, Seed, phone_with

PEOPLE, RECORDS, PHOTOS = 265, 1500, 400
"""Of a teacher in a large township after three weeks (counted in a trial of the app)."""
LEFT = 9
"""The first so many people have no record: Today still has whom to go to."""
PHOTO_BYTES = 155_000
AT = "2019-12-{day:02d}T10:00:00+08:00"
NARRATIVE = "老人住院，今年收成不好，孩子在外地打工，答应月底前先还一部分，还款方式已经说明。"
BODIES: tuple[Body, ...] = (
    NoticeDelivery(outcome="signed", signer_relation="self", servers=("林秀英", "何建军")),
    Visit(met="self", outcome="promised", visitors=("林秀英", "何建军"), note=NARRATIVE),
    Statement(reason="hardship", narrative=NARRATIVE * 3),
    Visit(met="family", outcome="hardship", visitors=("林秀英", "何建军"), note=NARRATIVE * 2),
)


class BrowsersSecret(FileSecret):
    """A file's secret that goes into a browser afterwards."""

    kind = "webcrypto"


@dataclass(frozen=True)
class InBrowser:
    """A phone as a browser stores it: its database, its keys, its secret. Photos: names alone."""

    database: bytes
    keys: bytes
    secret: bytes
    photos: tuple[str, ...]

    def as_json(self) -> bytes:
        """For the page that fills a browser's storage with it."""
        named = {"database": self.database, "keys": self.keys, "secret": self.secret}
        coded = {name: base64.b64encode(data).decode() for name, data in named.items()}
        return json.dumps(coded | {"photos": self.photos, "photo_bytes": PHOTO_BYTES}).encode()


async def phone_in_browser(folder: Path, pin: str, *, records: int, photos: int) -> InBrowser:
    """A phone with its list, so many records that the office has, and so many photos of theirs."""
    files = FolderDisk(folder)
    await BrowsersSecret(files).make()
    ports = native_ports(folder, CLOCK, BrowsersSecret(files))
    phone_lock = await PhoneLock.at(ports)
    await phone_lock.set_pin(pin)
    await phone_lock.close()
    phone_lock = await PhoneLock.at(ports)
    phone = await phone_lock.unlock(pin)
    phone.store.db.execute("PRAGMA synchronous=OFF")  # thousands of commits, none worth keeping
    await phone_with(folder, Seed(count=PEOPLE), phone=phone)
    names = tuple(hashlib.sha256(f"photo {n}".encode()).hexdigest() for n in range(photos))
    await work(phone, PEOPLE, records, names)
    await phone_lock.close()
    found = {name: await files.read(name) for name in ("phone.db", NAME, FILE)}
    assert all(found.values())
    return InBrowser(found["phone.db"] or b"", found[NAME] or b"", found[FILE] or b"", names)


async def work(phone: Phone, people: int, records: int, photos: tuple[str, ...]) -> None:
    """Make so many records of these people that the office has; each of `photos` belongs to one."""
    store = phone.store
    for number, sha256 in enumerate(photos):
        await store.photos.add(sha256, b"x", number, f"source {number}")
    for number in range(records):
        body = BODIES[number % len(BODIES)]
        case = LEFT + 1 + number % (people - LEFT)
        at = AT.format(day=1 + number * 11 // records)
        fact = Fact(
            id=phone.new_id(),
            season="2019",
            kind=kind_of(body).name,
            case=f"c{case:04d}",
            captured_at=at,
            happened_at=at,
            body=plain(body),
            photos=photos[number : number + 1],
        )
        await store.facts.add(fact, encode(fact), phone.now_ms() - 86_400_000)
        await store.facts.join(fact.id)
        store.facts.mark_sent(fact.id, number + 1)
    for sha256 in photos:
        store.photos.mark_sent(sha256)
    store.db.execute("UPDATE photo SET size_bytes = ?", [PHOTO_BYTES])
