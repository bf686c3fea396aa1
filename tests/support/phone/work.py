"""A teacher's work on one case: a delivery with its photo, and a visit."""

from __future__ import annotations

import io

from PIL import Image

from mobile.usecases import records, take_photo
from mobile.usecases.phone import Phone
from shared.records.notice_delivery import NoticeDelivery
from shared.records.visit import Visit

VISIT = Visit(met="self", outcome="promised", promise_date="2019-12-18", visitors=("甲", "乙"))


def picture(seed: int) -> bytes:
    """A photo like no other."""
    out = io.BytesIO()
    Image.effect_noise((400 + seed, 300), 80).convert("RGB").save(out, "JPEG")
    return out.getvalue()


async def work(phone: Phone, seed: int) -> None:
    """A visit, and a delivery with its photo."""
    case = phone.store.cases.all()[seed].case.id
    photo = await take_photo.take_photo(phone, picture(seed), case_id=case)
    body = NoticeDelivery(outcome="signed", servers=("甲", "乙"))
    await records.record(phone, case, body, (photo.sha256,))
    await records.record(phone, case, VISIT)
