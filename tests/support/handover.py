"""Records for a handover, the file taken by the office, and counts before and after it."""

from __future__ import annotations

import io

from sqlalchemy import func, select

from mobile.ports.native_crypto import NativeCrypto
from mobile.usecases import outbox
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from shared import handover as form
from shared import wire
from shared.box import HANDOVER, context
from shared.digest import sha256_hex
from shared.records.visit import Visit
from sync_server.office import handover as office
from sync_server.services import Services
from sync_server.store import tables as t
from tests.support.devices import RawPhone
from tests.support.jpegs import random_jpeg

VISIT = Visit(met="self", outcome="promised", promise_date="2019-12-18")


async def work(phone: Phone, records: int = 3, photo_bytes: int = 5_000) -> None:
    """Visits, each with a photo, that nobody has yet."""
    for case in phone.store.cases.all()[:records]:
        data = random_jpeg(photo_bytes)
        await phone.store.photos.add(sha256_hex(data), data, phone.now_ms())
        await record(phone, case.case.id, VISIT, (sha256_hex(data),))


def take(services: Services, data: bytes, unit: str = "01") -> office.ReceivedFile:
    """The office takes a handover file for a school."""
    return office.receive(services, io.BytesIO(data), who="t", allowed=lambda d: d.unit == unit)


def rows(services: Services) -> dict[str, int]:
    """The number of rows of every table a handover fills."""
    tables = (t.fact, t.photo, t.quarantine, t.audit)
    return services.database.read(
        lambda c: {
            x.name: c.execute(select(func.count()).select_from(x)).scalar_one() for x in tables
        }
    )


async def unsent(phone: Phone) -> tuple[int, int]:
    """Records and photos still in the outbox."""
    box = await outbox.outbox(phone)
    return box.unsent, box.photos_unsent


async def device_of(phone: Phone) -> str:
    """The phone's own name at the server."""
    enrolment = await phone.store.meta.enrolment()
    assert enrolment is not None
    return enrolment.device


async def file_of(
    phone: RawPhone, facts: list[wire.PushedFact], photos: list[bytes], more: bytes = b""
) -> bytes:
    """A hand-over file of one frame, made by a phone as the wire sees it; `more`: other records."""
    crypto, server = NativeCrypto(), wire.unb64(phone.server_key)
    private = await crypto.new_private_key()
    point = await crypto.public_point(private)
    plain = form.head_bytes(
        form.Head(device=phone.device, to=phone.server_key, point=wire.b64(point))
    )
    head = plain + phone.sign(form.signed(plain))
    agreed = await crypto.agree(private, server)
    key = await crypto.derive(agreed, b"", context(HANDOVER, point, server))
    records = b"".join(form.fact_record(fact) for fact in facts)
    records += b"".join(form.photo_record(sha256_hex(data), data) for data in photos) + more
    return head + await crypto.encrypt(key, form.nonce(0, last=True), records, head)
