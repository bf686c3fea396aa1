"""The explanation of a person in special circumstances."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mobile.usecases.phone import Phone
from mobile.usecases.save import need, save
from mobile.usecases.views import HistoryLine
from shared.codes import REASONS, find
from shared.facts import Statement


async def write_statement(
    phone: Phone, case_id: str, body: Statement, photos: tuple[str, ...] = (), happened_at: datetime | None = None
) -> HistoryLine:
    """Save the record. Raises: ProblemError fact.field_missing, case.unknown, photo.unknown, disk.full."""
    need(body, "reason", "narrative")
    if body.evidence and find(REASONS, body.reason).sensitive:
        need(body, "evidence_purpose", "consent")  # health is sensitive: purpose and separate consent (PIPL 28-29)
    if not body.supersedes:
        body = msgspec.structs.replace(body, supersedes=_last_statement(phone, case_id))
    return await save(phone, case_id, body, photos, happened_at)


def _last_statement(phone: Phone, case_id: str) -> str:
    earlier = [k.id for k in phone.store.facts.of(case_id) if k.fact.kind == "statement"]
    return earlier[-1] if earlier else ""
