"""The review queue: accept a record, or return it to the teacher with a comment."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared import review_needs
from shared.cases import Case
from shared.lifecycle import Review, is_verdict
from shared.problems import ProblemError
from shared.records.registry import KINDS
from shared.review_needs import Record
from shared.season import china_day
from sync_server.office import relied_on, review_records
from sync_server.services import Services
from sync_server.store import audit, cases, contacts, reviews, seasons, units
from sync_server.store.database import Connection
from sync_server.store.evidence import fact_of
from sync_server.store.stored_fact import StoredFact


class QueueItem(msgspec.Struct, frozen=True, kw_only=True):
    """A record to judge.

    Attributes:
        fact: The fact that a verdict names.
        case: Its case.
        teacher: The name of the teacher whose record it is.
        review: Its newest verdict.
        photos: The hashes of its photos.
        record: What it says now, what is odd about it, and where it stands.
        facts: All facts of the case, in order.
    """

    fact: StoredFact
    case: Case
    teacher: str
    review: Review | None
    photos: tuple[str, ...]
    record: Record
    facts: tuple[StoredFact, ...]


REVIEWED = tuple(name for name, kind in KINDS.items() if kind.reviewed)
"""Names of the record kinds that the office accepts or returns."""


def queue(services: Services, unit: str) -> list[QueueItem]:
    """Return a school's records of the reviewed kinds, the newest first."""
    return services.database.read(lambda c: _queue(c, services.season, unit))


def _queue(connection: Connection, season: str, unit: str) -> list[QueueItem]:
    found = review_records.records_of(connection, season, unit)
    facts = {f.fact.id: f for one in found for f in one.facts}
    judged = [facts[r.fact] for one in found for r in one.records]
    names = units.visitor_names(connection, season, judged)
    items = [
        QueueItem(
            fact=facts[r.fact],
            case=one.case,
            teacher=names.get(r.fact, ""),
            review=one.reviews.get(r.fact),
            photos=facts[r.fact].fact.photos,
            record=r,
            facts=one.facts,
        )
        for one in found
        for r in one.records
    ]
    return sorted(items, key=lambda item: -item.fact.seq)


def review(
    services: Services,
    fact_id: str,
    verdict: str,
    comment: str,
    *,
    who: str,
    seen: str | None = None,
) -> None:
    """Accept or return a record; the newest review counts, the earlier ones stay on record.

    An accepted new phone or address reaches the case and its phones, a returned one leaves them.
    The same verdict by the same reviewer twice (a double click) is one.

    Args:
        services: The server's services.
        fact_id: The record.
        verdict: accepted or returned.
        comment: What to change; required when it is returned.
        who: The reviewer's name.
        seen: When the review was given that the page showed ("" where it showed none); None does
            not compare.

    Raises:
        ProblemError: fact.unknown, fact.field_missing, review.verdict_missing,
            review.judged_since (somebody else gave a verdict since the page was shown),
            review.corrected_since (it was corrected since).
    """
    if not is_verdict(verdict):
        raise ProblemError("review.verdict_missing")
    if verdict == "returned" and not comment.strip():
        raise ProblemError("fact.field_missing", field="退回的理由")
    given = Review(
        fact=fact_id,
        verdict=verdict,
        comment=comment.strip(),
        by=who,
        at=services.settings.now_text(),
    )

    def job(connection: Connection) -> None:
        fact = _open_record(services, connection, fact_id)
        before = reviews.reviews_of(connection, [fact_id]).get(fact_id)
        if before is not None and _same(before, given):
            return
        _check_seen(before, seen)
        if seen is not None:
            _check_not_past(connection, fact)
        store(connection, [fact], given)

    services.change(job)


def take_back(services: Services, fact_id: str, *, who: str, seen: str | None = None) -> None:
    """Take the verdict on a record back: it waits for review again, and its history is kept.

    Phones hear of it, and a phone or address that the verdict brought in leaves the case.

    Args:
        services: The server's services.
        fact_id: The record.
        who: Who takes it back.
        seen: When the review was given that the page showed; None does not compare.

    Raises:
        ProblemError: fact.unknown, review.not_judged, review.judged_since, review.sealed (it
            stands in a sealed summary).
    """
    undone = Review(
        fact=fact_id, verdict=reviews.TAKEN_BACK, by=who, at=services.settings.now_text()
    )

    def job(connection: Connection) -> None:
        fact = _open_record(services, connection, fact_id)
        before = reviews.reviews_of(connection, [fact_id]).get(fact_id)
        if before is None:
            raise ProblemError("review.not_judged")
        _check_seen(before, seen)
        _check_not_sealed(services, connection, fact, before)
        store(connection, [fact], undone)

    services.change(job)


def _open_record(services: Services, connection: Connection, fact_id: str) -> StoredFact:
    """Return a record of a season that takes changes."""
    fact = fact_of(connection, fact_id)
    today = china_day(services.settings.now())
    seasons.check_takes_changes(connection, fact.fact.season, today)
    return fact


def _check_not_sealed(
    services: Services, connection: Connection, fact: StoredFact, given: Review
) -> None:
    """Refuse where a sealed summary has the verdict."""
    version = is_sealed(services, connection, fact, given)
    if version:
        raise ProblemError("review.sealed", version=version)


def is_sealed(services: Services, connection: Connection, fact: StoredFact, given: Review) -> int:
    """Return the sealed version that has a verdict, also of a person off the list by now, or 0."""
    season = fact.fact.season
    for row in cases.rows(connection, season, ids=[fact.fact.case], off_list=None):
        version = relied_on.sealed_with_verdict(services, connection, season, row["code"], given)
        if version:
            return version
    return 0


def _same(before: Review, given: Review) -> bool:
    one, other = ((r.verdict, r.comment, r.by) for r in (before, given))
    return one == other


def _check_seen(now: Review | None, seen: str | None) -> None:
    """Refuse a verdict given on a page that showed another one than stands now."""
    if seen is not None and now is not None and seen != now.at:
        raise ProblemError("review.judged_since", by=now.by)
    if seen and now is None:
        raise ProblemError("review.not_judged")


def _check_not_past(connection: Connection, fact: StoredFact) -> None:
    """Refuse a verdict on words that do not count any more: the page showed them too long."""
    facts = cases.whole_facts_of(connection, [fact.fact.case])[fact.fact.case]
    if review_needs.is_past([f.fact for f in facts], fact.fact.id):
        raise ProblemError("review.corrected_since")


def store(
    connection: Connection, facts: Sequence[StoredFact], given: Review, batch: str = ""
) -> None:
    """Keep one verdict on each of these records of a season; contacts and phones follow."""
    ids = list(dict.fromkeys(f.fact.case for f in facts))
    for fact in facts:
        one = msgspec.structs.replace(given, fact=fact.fact.id)
        reviews.add_review(connection, one, batch)
        audit.note(connection, at=one.at, who=one.by, action=f"review.{one.verdict}", ref=one.fact)
    contacts.apply_verdicts(connection, ids)
    changed: dict[str, list[str]] = {}
    for row in cases.rows(connection, facts[0].fact.season, ids=ids) if facts else ():
        changed.setdefault(row["unit"], []).append(row["id"])
    for unit, of_unit in changed.items():
        cases.mark_changed(connection, unit, of_unit)
