"""A person's records as the office judges them, and what is odd about each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shared import review_needs
from shared.cases import Case
from shared.late_receipt import late_receipt
from shared.lifecycle import Review
from shared.records.base import Fact
from shared.review_needs import Known, Record
from shared.season import Season
from sync_server.store import slips as slips_store
from sync_server.store.photo_look import UNMEASURED, PhotoLook
from sync_server.store.slip_flags import SlipFlag
from sync_server.store.stored_fact import StoredFact


class CaseRecords(msgspec.Struct, frozen=True, kw_only=True):
    """A person's records of the office's kinds, and all facts they come from.

    Attributes:
        facts: Every fact of the case, in order.
        records: Those of the office's kinds.
        reviews: The verdicts in force by fact id.
    """

    case: Case
    facts: tuple[StoredFact, ...]
    records: tuple[Record, ...]
    reviews: Mapping[str, Review]


def photos_of(facts: Iterable[Sequence[StoredFact]]) -> set[str]:
    """Return the photos that may show a slip."""
    kinds = slips_store.SLIP_KINDS
    return {p for many in facts for f in many if f.fact.kind in kinds for p in f.fact.photos}


def judged(
    case: Case,
    facts: Sequence[StoredFact],
    verdicts: Mapping[str, Review],
    flags: Mapping[str, Sequence[SlipFlag]],
    looks: Mapping[str, PhotoLook],
    away: Mapping[str, float],
    season: Season,
) -> CaseRecords:
    """Return a person's records with what is odd about each.

    Args:
        case: The case.
        facts: All its facts, in order.
        verdicts: The verdicts in force by fact id.
        flags: Findings about photos, by the fact each photo came with.
        looks: What was read from photos, by hash.
        away: How far a record's position is from its village, km, by the record's id.
        season: The season.
    """
    came = [(f.fact, f.received_at) for f in facts]
    received = {fact.id: at for fact, at in came}
    alone = {fact.id: ((fact, at),) for fact, at in came}
    if any(fact.kind == "correction" for fact, _ in came):
        alone = {}  # what others say of a record matters only where something was corrected
    odd = [(flag.photo, flag.code) for f in facts for flag in flags.get(f.fact.id, ())]

    def known(by: str, now: Fact) -> Known:
        codes = {code for photo, code in odd if photo in now.photos}
        measured = [looks[p].sharpness for p in now.photos if p in looks]
        return Known(
            received_at=received[by],
            late_on=late_receipt(now.id, now.happened_at, alone.get(now.id, came), season),
            wrong_slip="slip.wrong_case" in codes,
            photo_twice="slip.photo_twice" in codes,
            sharpness=tuple(one for one in measured if one != UNMEASURED),
            away_km=away.get(now.id),
        )

    ours = {f.fact.id: verdicts[f.fact.id] for f in facts if f.fact.id in verdicts}
    records = review_needs.records_of([f.fact for f in facts], ours, known, season)
    return CaseRecords(case=case, facts=tuple(facts), records=tuple(records), reviews=ours)
