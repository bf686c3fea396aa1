"""The review queue: accept a record, or return it to the teacher with a comment."""

from __future__ import annotations

import msgspec

from shared.cases import Case
from shared.lifecycle import Review, is_verdict
from shared.problems import ProblemError
from shared.records.registry import KINDS
from shared.season import china_day
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
    names = units.device_names(connection, season)
    return [
        QueueItem(
            fact=f,
            case=found[f.fact.case],
            teacher=names.get(f.device, ""),
            review=newest.get(f.fact.id),
            photos=f.fact.photos,
        )
        for f in sorted(facts, key=lambda f: -f.seq)
    ]


def review(services: Services, fact_id: str, verdict: str, comment: str, *, who: str) -> None:
    """Accept or return a record; the newest review counts.

    An accepted new phone or address reaches the case and its phones, a returned one leaves them.

    Args:
        services: The server's services.
        fact_id: The record.
        verdict: accepted or returned.
        comment: What to change; required when it is returned.
        who: The reviewer's name.

    Raises:
        ProblemError: fact.unknown, fact.field_missing.
    """
    if not is_verdict(verdict):
        raise ProblemError("fact.field_missing", field="结论")
    if verdict == "returned" and not comment.strip():
        raise ProblemError("fact.field_missing", field="退回的理由")
    now = services.settings.now_text()

    def job(connection: Connection) -> None:
        fact = fact_of(connection, fact_id)
        today = china_day(services.settings.now())
        seasons.check_takes_changes(connection, fact.fact.season, today)
        verdict_given = Review(
            fact=fact_id, verdict=verdict, comment=comment.strip(), by=who, at=now
        )
        reviews.add_review(connection, verdict_given)
        contacts.apply_verdicts(connection, [fact.fact.case])
        for row in cases.rows(connection, services.season, ids=[fact.fact.case]):
            cases.mark_changed(connection, row["unit"], [row["id"]])
        audit.note(connection, at=now, who=who, action=f"review.{verdict}", ref=fact_id)

    services.change(job)
