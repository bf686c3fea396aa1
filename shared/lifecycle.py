"""From facts and repayments to where a case stands.

Pure: equal facts in equal order give an equal standing.

Order is the server's sequence (on a phone: the device's own counter after what the server has),
never a clock. docs/states.md draws the state machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypedDict, TypeGuard, cast, get_args

import msgspec

from shared import codes
from shared.bounds import body_breach
from shared.cases import Case, Repaid
from shared.identity import normalise_name
from shared.records.base import Fact, Paper
from shared.records.correction import Correction
from shared.records.notice_delivery import NoticeDelivery
from shared.records.registry import fits, named, read, read_as
from shared.records.statement import Statement
from shared.records.visit import Visit
from shared.season import Season, day_in_season

JUDGE_VERSION = 1
"""Raised with every change of what `judge`, review_needs or store/tally.py makes of equal facts.

The office keeps standings (docs/states.md#a-case-as-it-is-kept) and judges those of another version
anew. tests/shared/test_judge_version.py notices a change.
"""
Verdict = Literal["accepted", "returned"]
Delivery = Literal["none", "undelivered", "unsigned", "signed"]
DeliveryRecord = Literal["none", "undelivered", "refused", "acknowledged", "signed"]
"""What the records say of a notice; only `signed` means a signature or a thumb print on paper."""
StatementState = Literal["none", "written", "returned", "accepted"]
Group = Literal["repaid", "promised", "special", "unreachable", "other", "none"]
Stage = Literal["repaid", "special", "promised", "visited", "delivered", "assigned"]
# What a peer or a file sends (Review, shared.wire) stays `str`: msgspec refuses a value that no
# Literal names, and one of a later version must not make a whole page unreadable.


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """The office's verdict on a fact: accepted | returned (its comment is shown first on Today)."""

    fact: str
    verdict: str
    comment: str = ""
    by: str = ""
    at: str = ""


def is_verdict(text: str) -> TypeGuard[Verdict]:
    """Return whether a form or a command names one of the verdicts."""
    return text in get_args(Verdict)


class VisitLine(msgspec.Struct, frozen=True, kw_only=True):
    """One counted visit.

    Two phones that report one case, day and pair of visitors make one line (ADR 0011). `day` is ""
    where the record names none that the season can hold.
    """

    day: str
    met: str
    outcome: str
    visitors: tuple[str, ...]
    facts: tuple[str, ...]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a case stands.

    Attributes:
        group: How a summary counts the person.
        returned: Ids of returned facts as the office named them: a fact's own, or its last
            correction's.
        delivery_record: The best that any delivery in force says; unlike `delivery` it does not
            take a message that was answered for a signature.
        slip_photos: Hashes of photos beside deliveries on paper: signed, or refused.
        message_photos: Hashes of pictures of messages that were acknowledged.
        delivery_returned: Whether a delivery was returned and waits to be corrected.

    """

    delivery: Delivery = "none"
    delivery_fact: str = ""
    delivered_on: str = ""
    signer_relation: str = ""
    visits: tuple[VisitLine, ...] = ()
    attempts: int = 0
    failed_attempts: int = 0
    outcome: str = ""
    promise_date: str = ""
    group: Group = "none"
    statement: StatementState = "none"
    statement_fact: str = ""
    repaid: Repaid = Repaid()
    returned: tuple[str, ...] = ()
    delivery_record: DeliveryRecord = "none"
    slip_photos: tuple[str, ...] = ()
    message_photos: tuple[str, ...] = ()
    delivery_returned: bool = False

    @property
    def delivered(self) -> bool:
        """Whether the notice reached someone: signed for, or refused before a witness."""
        return self.delivery in ("signed", "unsigned")

    @property
    def stage(self) -> Stage:
        """The stage of docs/states.md."""
        if self.repaid.paid:
            return "repaid"
        if self.group == "special" or self.group == "promised":
            return self.group
        if self.visits or self.attempts:
            return "visited"
        return "delivered" if self.delivered else "assigned"


def has_odd_day(fact: Fact, season: Season) -> bool:
    """Return whether a record names a day that the season cannot hold, and so counts without it.

    Its own day, or the one that was promised; a correction's too.
    """
    if day_in_season(season, fact.happened_at) == "":
        return True
    for body in _bodies(fact):
        day = body.get("promise_date")
        if day and isinstance(day, str) and day_in_season(season, day) == "":
            return True
    return False


def _bodies(fact: Fact) -> list[Mapping[str, object]]:
    """The body, and the one that a correction puts in place of another."""
    inner = fact.body.get("body")
    return [fact.body, inner] if isinstance(inner, Mapping) else [fact.body]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Where a case stands, and its facts in force.

    As they read now, corrections applied, in their old order.
    """

    standing: Standing
    in_force: tuple[Fact, ...]

    def find(self, fact_id: str) -> Fact | None:
        """Return the fact in force with this id, as it reads now."""
        return next((fact for fact in self.in_force if fact.id == fact_id), None)


def in_force(facts: Sequence[Fact]) -> list[Fact]:
    """Apply corrections: what each fact reads now, in its old place.

    Withdrawn ones and corrections are left out.

    A correction of a correction changes the original fact; the last in order wins. One that names a
    fact of another case or an unknown fact, or whose body does not fit the fact, changes nothing
    (it stays on record, P3).
    """
    return [fact for fact, _ in _readings(facts)]


def accepted(
    facts: Sequence[Fact], reviews: Mapping[str, Review], kind: str
) -> list[tuple[Fact, Review]]:
    """Return the facts in force of a kind whose very words were accepted, each with its verdict.

    Args:
        facts: Facts of one case, in order.
        reviews: The office's newest reviews by fact id.
        kind: The kind of record.

    """
    return [
        (fact, reviews[by])
        for fact, by in _readings(facts)
        if fact.kind == kind and by in reviews and reviews[by].verdict == "accepted"
    ]


def unreviewed(facts: Sequence[Fact], reviews: Mapping[str, Review], kind: str) -> list[Fact]:
    """Return the facts in force of a kind whose very words have no verdict yet.

    Args:
        facts: Facts of one case, in order.
        reviews: The office's newest reviews by fact id.
        kind: The kind of record.

    """
    return [fact for fact, by in _readings(facts) if fact.kind == kind and by not in reviews]


class Reading(NamedTuple):
    """What a record reads now.

    Attributes:
        first: The record as it was made.
        now: As it reads now; None where it was withdrawn.
        by: The id of the fact that decides it: its own, or its last correction's.

    """

    first: Fact
    now: Fact | None
    by: str


class Readings(NamedTuple):
    """Every record of a case once, and the corrections that change nothing."""

    records: tuple[Reading, ...]
    idle: tuple[Fact, ...]


def read_all(facts: Sequence[Fact]) -> Readings:
    """Apply corrections: what each record reads now, in its old place, the withdrawn ones too."""
    first = {f.id: f for f in facts if f.kind != "correction"}
    now: dict[str, tuple[Fact | None, str]] = {f.id: (f, f.id) for f in first.values()}
    root: dict[str, str] = {}
    idle: list[Fact] = []
    for fact in facts:
        if fact.kind != "correction":
            continue
        correction = read_as(fact.body, Correction) if fits(fact) else None
        target = root.get(correction.corrects, correction.corrects) if correction else ""
        if correction is None or target not in first or not _fits(correction, fact, first[target]):
            idle.append(fact)
            continue
        root[fact.id] = target
        now[target] = (
            None
            if correction.withdraw
            else _corrected(now[target][0] or first[target], correction, fact),
            fact.id,
        )
    records = tuple(Reading(first[key], fact, by) for key, (fact, by) in now.items())
    return Readings(records, tuple(idle))


def _readings(facts: Sequence[Fact]) -> list[tuple[Fact, str]]:
    """What each fact reads now, with the id of the fact that decides it.

    Its own, or its last correction's.
    """
    return [(one.now, one.by) for one in read_all(facts).records if one.now is not None]


def _fits(correction: Correction, by: Fact, original: Fact) -> bool:
    """Whether a correction can be applied: the same case, and a body its fact's kind takes.

    Nothing else checks that body: one bad correction must not stop a school's list.
    """
    if by.case != original.case:
        return False
    if correction.withdraw:
        return True
    if correction.body is None or body_breach(named(original.kind), correction.body) is not None:
        return False
    try:
        read(msgspec.structs.replace(original, body=correction.body))
    except msgspec.ValidationError:
        return False
    return True


def _corrected(before: Fact, correction: Correction, by: Fact) -> Fact:
    photos = by.photos or (before.photos if correction.keeps_photos else ())
    return msgspec.structs.replace(
        before,
        body=correction.body or {},
        happened_at=by.happened_at,
        photos=photos,
        paper=_paper(before, by, photos),
    )


def _paper(before: Fact, by: Fact, photos: tuple[str, ...]) -> Paper | None:
    """Where the words in force come from: from paper, where a sheet said them or corrected them.

    The newest sheet counts; a later correction on a phone leaves the record one from paper. Its
    scan is the newest one that is still among the photos.
    """
    paper = by.paper or before.paper
    if paper is None:
        return None
    scans = [p.scan for p in (by.paper, before.paper) if p is not None and p.scan in photos]
    return msgspec.structs.replace(paper, scan=scans[0] if scans else "")


def stand(
    case: Case, facts: Sequence[Fact], repaid: Repaid, reviews: Mapping[str, Review], season: Season
) -> Standing:
    """Return where one case stands: `judge` without the facts."""
    return judge(case, facts, repaid, reviews, season).standing


def judge(
    case: Case, facts: Sequence[Fact], repaid: Repaid, reviews: Mapping[str, Review], season: Season
) -> Judgement:
    """Judge one case, applying corrections once.

    A verdict applies to the very words the office saw: once corrected, a record waits for a verdict
    on its correction. A returned delivery delivers nothing until then, and its photos show nothing.

    Args:
        case: The case.
        facts: Its facts, in order; facts of other cases are ignored.
        repaid: What the newest snapshot says of it.
        reviews: The office's reviews by fact id.
        season: The season.

    """
    readings = _readings([f for f in facts if f.case == case.id])
    now = [fact for fact, _ in readings]
    verdicts = {fact.id: reviews[by] for fact, by in readings if by in reviews}
    visits = _visits(now, season)
    attempts = [f for f in now if f.kind == "contact_attempt"]
    statement = _statement(now, verdicts)
    outcome, promise = _outcome(now)
    promised = codes.find(season.reasons, outcome).group == "promised"
    group = _group(outcome, statement[0], season)
    superseded = {f.id for f in now if f.kind == "statement"} - {statement[1]}
    returned = tuple(
        review.fact
        for fact_id, review in verdicts.items()
        if review.verdict == "returned" and fact_id not in superseded
    )
    deliveries = [f for f in now if f.kind == "notice_delivery"]
    handed = [f for f in deliveries if not _is_returned(f, verdicts)]
    standing = Standing(
        **_delivery(handed, season),
        **_evidence(handed),
        visits=visits,
        attempts=len(attempts),
        failed_attempts=sum(1 for f in attempts if _call(f).group == "failed"),
        outcome=statement[2] or outcome,
        promise_date=day_in_season(season, promise) if promised else "",
        group="repaid" if repaid.paid else group,
        statement=statement[0],
        statement_fact=statement[1],
        repaid=repaid,
        returned=returned,
        delivery_returned=len(handed) < len(deliveries),
    )
    return Judgement(standing=standing, in_force=tuple(now))


def _is_returned(fact: Fact, verdicts: Mapping[str, Review]) -> bool:
    """Return whether the office returned a record as it reads now."""
    return fact.id in verdicts and verdicts[fact.id].verdict == "returned"


class _DeliveryPart(TypedDict, total=False):
    """The fields of a Standing that a delivery decides."""

    delivery: Delivery
    delivery_fact: str
    delivered_on: str
    signer_relation: str


_RANK: dict[Delivery, int] = {"none": 0, "undelivered": 1, "unsigned": 2, "signed": 3}


def _delivery(now: Sequence[Fact], season: Season) -> _DeliveryPart:
    """The best of these deliveries counts.

    One that reached someone stands although a later attempt found nobody.
    """
    best: _DeliveryPart = {}
    for fact in now:
        body = read_as(fact.body, NoticeDelivery)
        state = cast(Delivery, codes.find(codes.DELIVERIES, body.outcome).group or "undelivered")
        if _RANK[state] > _RANK[best.get("delivery", "none")]:
            best = {
                "delivery": state,
                "delivery_fact": fact.id,
                "delivered_on": day_in_season(season, fact.happened_at)
                if state != "undelivered"
                else "",
                "signer_relation": body.signer_relation,
            }
    return best


class _EvidencePart(TypedDict):
    """The fields of a Standing that say what there is of a delivery."""

    delivery_record: DeliveryRecord
    slip_photos: tuple[str, ...]
    message_photos: tuple[str, ...]


_RECORDS: tuple[DeliveryRecord, ...] = get_args(DeliveryRecord)


def record_of(outcome: str) -> DeliveryRecord:
    """Return what the outcome of one delivery (codes DELIVERIES) says of the notice."""
    if outcome == "acknowledged":
        return "acknowledged"
    state = codes.find(codes.DELIVERIES, outcome).group
    return "signed" if state == "signed" else "refused" if state == "unsigned" else "undelivered"


def _evidence(now: Sequence[Fact]) -> _EvidencePart:
    """What these deliveries say, and their photos: of a slip, or of a message."""
    best: DeliveryRecord = "none"
    slips, messages = dict[str, None](), dict[str, None]()
    for fact in now:
        record = record_of(read_as(fact.body, NoticeDelivery).outcome)
        best = max(best, record, key=_RECORDS.index)
        if record in ("signed", "refused"):
            slips |= dict.fromkeys(fact.photos)
        elif record == "acknowledged":
            messages |= dict.fromkeys(fact.photos)
    return {
        "delivery_record": best,
        "slip_photos": tuple(slips),
        "message_photos": tuple(messages),
    }


def _visits(now: Sequence[Fact], season: Season) -> tuple[VisitLine, ...]:
    """The counted visits by day; those without one come first, so that none of them is the last."""
    lines: dict[tuple[str, tuple[str, ...]], VisitLine] = {}
    for fact in now:
        if fact.kind != "visit":
            continue
        body = read_as(fact.body, Visit)
        visitors = tuple(sorted({name for v in body.visitors if (name := normalise_name(v))}))
        day = day_in_season(season, fact.happened_at)
        key = (day, visitors if day and visitors else (fact.id,))
        before = lines.get(key)
        lines[key] = VisitLine(
            day=day,
            met=body.met,
            outcome=body.outcome,
            visitors=visitors,
            facts=(*(before.facts if before else ()), fact.id),
        )
    return tuple(sorted(lines.values(), key=lambda v: v.day))


def _statement(
    now: Sequence[Fact], verdicts: Mapping[str, Review]
) -> tuple[StatementState, str, str]:
    """(state, fact id, reason) of the statement in force: the last one supersedes the others."""
    last = next((f for f in reversed(now) if f.kind == "statement"), None)
    if last is None:
        return "none", "", ""
    state: StatementState = "written"
    if last.id in verdicts:
        state = cast(
            StatementState, verdicts[last.id].verdict
        )  # one of a later version is kept as it is
    return state, last.id, read_as(last.body, Statement).reason


def _outcome(now: Sequence[Fact]) -> tuple[str, str]:
    """The last visit's outcome and the date it names; without a visit, failed attempts count."""
    for fact in reversed(now):
        if fact.kind == "visit":
            body = read_as(fact.body, Visit)
            return body.outcome, body.promise_date
    calls = [_call(f) for f in now if f.kind == "contact_attempt"]
    if not calls or any(call.group == "effective" for call in calls):
        return "", ""
    return ("phone_invalid" if calls[-1].code == "invalid_number" else "unreachable_away"), ""


def _call(attempt: Fact) -> codes.Code:
    return codes.find(codes.CALLS, str(attempt.body.get("outcome")))


def _group(outcome: str, statement: StatementState, season: Season) -> Group:
    if statement != "none":
        return "special"
    if not outcome:
        return "none"
    # The season's table decides, which the county edits: another group than these counts as other.
    return cast(Group, codes.find(season.reasons, outcome).group or "other")
