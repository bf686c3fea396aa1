"""Records of every kind: write one, correct it, take it back.

What a kind requires stands with the kind (shared/records); how a record is stored stands in
save.py.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from mobile.store.kept import PENDING, REJECTED, Kept
from mobile.usecases.phone import Phone
from mobile.usecases.save import refuse, save
from mobile.usecases.season import current_season, season
from mobile.usecases.views import HistoryLine
from shared.bounds import body_breach, is_near
from shared.lifecycle import in_force
from shared.problems import ProblemError
from shared.records.base import Body, Fact, plain
from shared.records.correction import Correction
from shared.records.registry import kind_of, named

SAVED_TOGETHER_MS = 1000
"""A new record and the withdrawal of the refused one it replaces are saved within this time; a
teacher's own two taps are not.
"""


async def record(
    phone: Phone,
    case_id: str,
    body: Body,
    photos: tuple[str, ...] = (),
    happened_at: datetime | None = None,
    draft: str = "",
) -> HistoryLine:
    """Save a record of any kind.

    Args:
        phone: The phone.
        case_id: The case it is about; it must be on this phone.
        body: What the record says.
        photos: sha256 (hex) of photos this phone holds.
        happened_at: When it happened; None is now.
        draft: The slot of its form's draft, which goes in the same transaction.

    Raises:
        ProblemError: fact.field_missing, fact.out_of_bounds, case.unknown, photo.unknown,
            disk.full.

    """
    await _check(phone.to_write(), body, photos)
    kind = kind_of(body)
    facts = in_force(_facts(phone, case_id)) if kind.supersedes else []
    body = _superseding(body, next((f.id for f in reversed(facts) if f.kind == kind.name), ""))
    return await save(phone, case_id, body, photos, happened_at, draft)


async def correct(
    phone: Phone,
    fact_id: str,
    *,
    reason: str,
    body: Body | None = None,
    photos: tuple[str, ...] | None = None,
    happened_at: datetime | None = None,
    draft: str = "",
) -> HistoryLine:
    """Save a correction: a record should read `body`, or (None) never happened.

    Both records are kept. A record the office refused is not in its ledger, where nothing could be
    corrected: it is withdrawn, and `body` saved as a new record in its place.

    Args:
        phone: The phone.
        fact_id: The record, or a correction of it; the correction applies to the original record.
        reason: Why.
        body: What the record should say; None withdraws it.
        photos: The photos there are now; None keeps those of the record, an empty tuple removes
            them.
        happened_at: None keeps the time of the record.
        draft: As in `record`.

    Raises:
        ProblemError: fact.unknown, fact.field_missing (no reason, a body of another kind or with a
            field missing), fact.out_of_bounds, photo.unknown, disk.full.

    """
    original, now = _root(phone.to_write(), fact_id), as_corrected(phone, fact_id)
    if not reason.strip() or (body is not None and kind_of(body).name != original.kind):
        raise ProblemError("fact.field_missing", field="reason" if not reason.strip() else "body")
    if body is not None:
        await _check(phone, body, now.photos if photos is None else photos)
        refuse(body_breach(kind_of(body), msgspec.to_builtins(body)))
        body = _superseding(body, str(now.body.get(kind_of(body).supersedes, "")))
    when = happened_at or await _time_kept(phone, now)
    if body is not None and _refused(phone, original.id):
        # The withdrawal first: after a kill in between, the form is still offered as unfinished.
        withdrawal = Correction(corrects=original.id, reason=reason, withdraw=True)
        withdrawn = await save(phone, original.case, withdrawal, (), when)
        kept_photos = now.photos if photos is None else photos
        try:
            return await save(phone, original.case, body, kept_photos, when, draft)
        except ProblemError:
            await phone.store.facts.undo(withdrawn.fact)
            raise
    correction = Correction(
        corrects=original.id if _refused(phone, fact_id) else fact_id,
        reason=reason,
        withdraw=body is None,
        body=None if body is None else plain(body),
        keeps_photos=photos is None,
    )
    return await save(phone, original.case, correction, photos or (), when, draft, now.photos)


async def undo(phone: Phone, fact_id: str) -> bool:
    """Take back a record within the undo time.

    Returns:
        False when it has joined the chain, or is of a kind that cannot be taken back.

    """
    facts = phone.store.facts
    kept = facts.get(fact_id)
    if kept is None or not named(kept.fact.kind).undoable or not await facts.undo(fact_id):
        return False
    withdrawal = _withdrawn_for(phone, kept)
    if withdrawal is not None:
        await facts.undo(withdrawal.id)
    return True


def as_corrected(phone: Phone, fact_id: str) -> Fact:
    """Return a record as it reads with its corrections.

    Raises:
        ProblemError: fact.unknown.

    """
    original = _root(phone, fact_id)
    return next(
        (f for f in in_force(_facts(phone, original.case)) if f.id == original.id), original
    )


async def _time_kept(phone: Phone, record: Fact) -> datetime:
    """The record's time; now, where its phone's clock was years off when it was made."""
    kept, now = datetime.fromisoformat(record.happened_at), phone.now()
    return kept if is_near(kept, now, await current_season(phone)) else now


async def _check(phone: Phone, body: Body, photos: tuple[str, ...]) -> None:
    """Refuse a body that lacks a field its kind requires.

    Raises:
        ProblemError: fact.field_missing.

    """
    kind = kind_of(body)
    for name in (*kind.required, *kind.also_required(body, photos, await season(phone))):
        value = getattr(body, name)
        if not (value.strip() if isinstance(value, str) else value):
            raise ProblemError("fact.field_missing", field=name)


def _superseding(body: Body, last: str) -> Body:
    """Return the body with the id of the record it supersedes, if its kind has a free field."""
    name = kind_of(body).supersedes
    if not name or getattr(body, name):
        return body
    return msgspec.structs.replace(body, **{name: last})


def _root(phone: Phone, fact_id: str) -> Fact:
    """The original record: the fact itself, or the one a correction corrects.

    Raises:
        ProblemError: fact.unknown.

    """
    kept = phone.store.facts.get(fact_id)
    root = None if kept is None else phone.store.facts.root(kept)
    if root is None:
        raise ProblemError("fact.unknown")
    return root.fact


def _refused(phone: Phone, fact_id: str) -> bool:
    kept = phone.store.facts.get(fact_id)
    return kept is not None and kept.state == REJECTED


def _withdrawn_for(phone: Phone, record: Kept) -> Kept | None:
    """The pending withdrawal of a refused record that `record` was saved in place of, if any."""
    last = next(reversed(phone.store.facts.of(record.fact.case)), None)
    if last is None or last.state != PENDING or not last.fact.body.get("withdraw"):
        return None
    root = phone.store.facts.root(last)
    same = root is not None and root.state == REJECTED and root.fact.kind == record.fact.kind
    together = 0 <= record.saved_ms - last.saved_ms < SAVED_TOGETHER_MS
    return last if same and together else None


def _facts(phone: Phone, case_id: str) -> list[Fact]:
    return [k.fact for k in phone.store.facts.of(case_id)]
