"""One try to reach someone without going there."""

from __future__ import annotations

from datetime import datetime

from mobile.usecases.phone import Phone
from mobile.usecases.save import save, whole
from mobile.usecases.views import HistoryLine
from shared.records.contact_attempt import ContactAttempt


async def record_attempt(
    phone: Phone,
    case_id: str,
    body: ContactAttempt,
    photos: tuple[str, ...] = (),
    happened_at: datetime | None = None,
) -> HistoryLine:
    """Save the record. Raises: ProblemError fact.field_missing, case.unknown, photo.unknown, disk.full."""
    whole(body)
    return await save(phone, case_id, body, photos, happened_at)
