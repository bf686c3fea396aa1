"""Which records wait for the office's verdict, and why. Pure.

A statement, a new phone or address and a correction always wait: somebody has to decide. Any other
record waits only where something about it is odd (a finding). The rest is received: it counts as it
stands, and may be looked at, accepted or returned at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import Literal

import msgspec

from shared.codes import Code
from shared.lifecycle import Readings, Review, has_odd_day, read_all, record_of
from shared.records.base import Fact, Position
from shared.records.notice_delivery import NoticeDelivery
from shared.records.registry import fits, named, read_as
from shared.season import Season, moment_of
from shared.sharpness import SHARP_FROM

FINDINGS = (
    Code("wrong_slip", "签收单是别人的", "Slip of somebody else"),
    Code("photo_twice", "照片也用在别人名下", "Photo also used for somebody else"),
    Code("misfit", "内容不正常", "Contents do not fit"),
    Code("blurred", "照片模糊", "Photo is blurred"),
    Code("far", "位置离本村较远", "Position far from the village"),
    Code("late", "所写时间比收到早一天以上", "Dated more than a day before it was received"),
    Code("ahead", "所写时间在收到之后", "Dated after it was received"),
    Code("flagged", "有提示", "Flagged by the teacher’s phone"),
)
"""What can be odd about a record, the gravest first."""
ALONE = frozenset({"wrong_slip", "photo_twice", "misfit"})
"""Findings that are never accepted together with other records: most of them end in a return."""
FAR_KM = 5.0
"""So far from the middle of its village a position is a finding: our own floor, set wide.

Positions are rounded to 100 m, and a village's hamlets lie within two or three kilometres.
"""
LEAST_PLACES = 3
"""So many other people's positions tell where a village is; fewer say nothing."""
CLOCKS_DIFFER = timedelta(hours=1)
"""A phone's clock may be ahead by so much without a word; sync tells the teacher."""

State = Literal["waiting", "received", "returned", "accepted"]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a record beside its words.

    Attributes:
        received_at: When the server received the fact that decides how it reads (ISO 8601).
        late_on: The day it came, where that was late (shared/late_receipt.py).
        wrong_slip: Whether a photo of it shows the slip of somebody else.
        photo_twice: Whether a photo of it is used for somebody else too.
        sharpness: Of each of its photos that could be measured.
        away_km: How far its position is from where its village is; None where nobody can say.

    """

    received_at: str = ""
    late_on: str = ""
    wrong_slip: bool = False
    photo_twice: bool = False
    sharpness: tuple[float, ...] = ()
    away_km: float | None = None


NOTHING = Known()


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the office's kinds, as it is to be judged.

    Attributes:
        fact: The id of the fact that a verdict names.
        kind: That fact's kind.
        now: How the record reads; None where it was withdrawn, or where nothing fits.
        findings: Codes FINDINGS.
        known: What the findings come from.
        state: Whether it waits, is received, or what the verdict is.
        past: Whether it does not count as it stands: corrected since, or superseded by a later
            statement. Such a record never waits.

    """

    fact: str
    kind: str
    now: Fact | None
    findings: tuple[str, ...] = ()
    known: Known = NOTHING
    state: State = "received"
    past: bool = False

    @property
    def is_alone(self) -> bool:
        """Whether it is only accepted by itself."""
        return not ALONE.isdisjoint(self.findings)


def waits(kind: str, findings: Collection[str]) -> bool:
    """Return whether a record in force without a verdict waits for one."""
    of = named(kind)
    return of.reviewed and (of.judged or bool(findings))


def findings_of(now: Fact, known: Known, season: Season) -> tuple[str, ...]:
    """Return what is odd about a record as it reads now, the gravest first."""
    found = {
        "wrong_slip": known.wrong_slip,
        "photo_twice": known.photo_twice,
        "misfit": not fits(now) or has_odd_day(now, season),
        "blurred": any(one < SHARP_FROM for one in known.sharpness) and _is_paper(now),
        "far": known.away_km is not None and known.away_km > FAR_KM,
        **_dated(now, known),
        "flagged": bool(now.body.get("flags")),
    }
    if not any(found.values()):
        return ()
    return tuple(code.code for code in FINDINGS if found[code.code])


def _is_paper(now: Fact) -> bool:
    """Whether its photos show a slip of paper; of a message or a sheet nothing is measured."""
    if now.kind != "notice_delivery" or now.paper is not None or not fits(now):
        return False
    return record_of(read_as(now.body, NoticeDelivery).outcome) in ("signed", "refused")


def _dated(now: Fact, known: Known) -> dict[str, bool]:
    """Whether its date is far before it was received, or after; what is from paper comes later."""
    dated, received = moment_of(now.happened_at), moment_of(known.received_at)
    ahead = dated is not None and received is not None and dated - received > CLOCKS_DIFFER
    return {"late": bool(known.late_on) and now.paper is None, "ahead": ahead}


def records_of(
    facts: Sequence[Fact],
    reviews: Mapping[str, Review],
    known: Callable[[str, Fact], Known],
    season: Season,
) -> list[Record]:
    """Return a case's records of the office's kinds, in the order of their facts.

    Args:
        facts: The facts of one case, in order.
        reviews: The office's newest reviews by fact id.
        known: What is known of a record, from the id of the fact that decides it and its words.
        season: The season.

    """
    found = {one.fact: one for one in _in_force(read_all(facts), known, season)}
    records = []
    for fact in facts:
        if not named(fact.kind).reviewed:
            continue
        one = found.get(fact.id) or Record(fact=fact.id, kind=fact.kind, now=fact, past=True)
        verdict = reviews.get(fact.id)
        state: State = "received"
        if verdict is not None:
            state = "accepted" if verdict.verdict == "accepted" else "returned"
        elif not one.past and waits(fact.kind, one.findings):
            state = "waiting"
        records.append(msgspec.structs.replace(one, kind=fact.kind, state=state))
    return records


def is_past(facts: Sequence[Fact], fact_id: str) -> bool:
    """Return whether a record of a case was corrected or superseded since, so that it is past."""
    read = read_all(facts)
    return fact_id not in {by for by, _ in _deciding(read)} | {f.id for f in read.idle}


def _deciding(read: Readings) -> Iterator[tuple[str, Fact | None]]:
    """Yield what decides how a record reads, and how it reads now; without what is superseded."""
    statements = [r.by for r in read.records if r.now is not None and r.now.kind == "statement"]
    for one in read.records:
        if one.by not in statements[:-1]:
            yield one.by, one.now


def _in_force(
    read: Readings, known: Callable[[str, Fact], Known], season: Season
) -> Iterator[Record]:
    """Yield what decides how a record reads, by the fact that a verdict names.

    A statement that a later one supersedes decides nothing, nor does a correction that another one
    followed; one that could not be applied has to be looked at.
    """
    for by, now in _deciding(read):
        beside = known(by, now) if now is not None else NOTHING
        findings = findings_of(now, beside, season) if now is not None else ()
        yield Record(fact=by, kind="", now=now, findings=findings, known=beside)
    for fact in read.idle:
        yield Record(fact=fact.id, kind=fact.kind, now=None, findings=("misfit",))


def middle(places: Sequence[Position]) -> Position | None:
    """Return where a village is by the positions of its people; None where they are too few."""
    if len(places) < LEAST_PLACES:
        return None
    return Position(
        latitude_deg=median(p.latitude_deg for p in places),
        longitude_deg=median(p.longitude_deg for p in places),
    )
