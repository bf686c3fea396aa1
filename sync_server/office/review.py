"""The review queue: accept a record, or return it to the teacher with a comment."""

from __future__ import annotations

import msgspec

from shared.cases import Case
from shared.lifecycle import Review, is_verdict
from shared.problems import ProblemError
from shared.records.registry import KINDS
from shared.season import china_day
from sync_server.office import relied_on
from sync_server.services import Services
from sync_server.store import audit, cases, contacts, reviews, seasons, units
from sync_server.store.database import Connection
from sync_server.store.evidence import fact_of
from sync_server.store.stored_fact import StoredFact


class QueueItem(msgspec.Struct, frozen=True, kw_only=True):
    """A record with its case, its teacher's name, its newest review and its photos' hashes."""

    fact: StoredFact
    case: Case
    teacher: str
    review: Review | None
    photos: tuple[str, ...]


REVIEWED = tuple(name for name, kind in KINDS.items() if kind.reviewed)
"""Names of the record kinds that the office accepts or returns."""


def queue(services: Services, unit: str) -> list[QueueItem]:
    """Return a school's records of the reviewed kinds, the newest first."""
    return services.database.read(lambda c: _queue(c, services.season, unit))


def _queue(connection: Connection, season: str, unit: str) -> list[QueueItem]:
    found = {r["id"]: cases.case_of(r) for r in cases.rows(connection, season, unit=unit)}
    facts = [
        f
        for many in cases.facts_of(connection, list(found)).values()
        for f in many
        if f.fact.kind in REVIEWED
    ]
    newest = reviews.reviews_of(connection, [f.fact.id for f in facts])
    names = units.visitor_names(connection, season, facts)
    return [
        QueueItem(
            fact=f,
            case=found[f.fact.case],
            teacher=names.get(f.fact.id, ""),
            review=newest.get(f.fact.id),
            photos=f.fact.photos,
        )
        for f in sorted(facts, key=lambda f: -f.seq)
    ]


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
            review.judged_since (somebody else gave a verdict since the page was shown).
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
        _store(services, connection, fact, given)

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
        _store(services, connection, fact, undone)

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
    """Refuse where a sealed summary has the verdict, also of a person off the list by now."""
    season = fact.fact.season
    for row in cases.rows(connection, season, ids=[fact.fact.case], off_list=None):
        version = relied_on.sealed_with_verdict(services, connection, season, row["code"], given)
        if version:
            raise ProblemError("review.sealed", version=version)


def _same(before: Review, given: Review) -> bool:
    one, other = ((r.verdict, r.comment, r.by) for r in (before, given))
    return one == other


def _check_seen(now: Review | None, seen: str | None) -> None:
    """Refuse a verdict given on a page that showed another one than stands now."""
    if seen is not None and now is not None and seen != now.at:
        raise ProblemError("review.judged_since", by=now.by)
    if seen and now is None:
        raise ProblemError("review.not_judged")


def _store(services: Services, connection: Connection, fact: StoredFact, given: Review) -> None:
    reviews.add_review(connection, given)
    contacts.apply_verdicts(connection, [fact.fact.case])
    for row in cases.rows(connection, fact.fact.season, ids=[fact.fact.case]):
        cases.mark_changed(connection, row["unit"], [row["id"]])
    action = f"review.{given.verdict}"
    audit.note(connection, at=given.at, who=given.by, action=action, ref=given.fact)
