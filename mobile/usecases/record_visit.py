"""One visit: whom she met and what came of it."""

from __future__ import annotations

from datetime import datetime

from mobile.usecases.phone import Phone
from mobile.usecases.save import save, whole
from mobile.usecases.views import HistoryLine
from shared.records.visit import Visit


async def record_visit(
    phone: Phone,
    case_id: str,
    body: Visit,
    photos: tuple[str, ...] = (),
    happened_at: datetime | None = None,
) -> HistoryLine:
    """Save the record. Raises: ProblemError fact.field_missing, case.unknown, photo.unknown, disk.full."""
    whole(body)
    return await save(phone, case_id, body, photos, happened_at)
