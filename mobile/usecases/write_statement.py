"""The explanation of a person in special circumstances."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mobile.usecases.phone import Phone
from mobile.usecases.save import need, save, whole
from mobile.usecases.season import season as season_of
from mobile.usecases.views import HistoryLine
from shared.codes import find
from shared.facts import Statement
from shared.lifecycle import in_force
from shared.season import Season


async def write_statement(
    phone: Phone,
    case_id: str,
    body: Statement,
    photos: tuple[str, ...] = (),
    happened_at: datetime | None = None,
) -> HistoryLine:
    """Save the record; it supersedes the case's last one.

    Raises: ProblemError fact.field_missing, case.unknown, photo.unknown, disk.full.
    """
    whole(body)
    consented(body, photos, await season_of(phone))
    if not body.supersedes:
        body = msgspec.structs.replace(body, supersedes=_last_statement(phone, case_id))
    return await save(phone, case_id, body, photos, happened_at)


def consented(body: Statement, photos: tuple[str, ...], season: Season) -> None:
    """Evidence about health or custody needs its purpose and a separate consent.

    Photos are evidence. Source: docs/sources.md#sensitive-information.
    Raises: ProblemError fact.field_missing.
    """
    if (body.evidence or photos) and find(season.reasons, body.reason).sensitive:
        need(body, "evidence_purpose", "consent")


def _last_statement(phone: Phone, case_id: str) -> str:
    now = in_force([k.fact for k in phone.store.facts.of(case_id)])
    return next((f.id for f in reversed(now) if f.kind == "statement"), "")
