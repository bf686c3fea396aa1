"""Reviews: the office accepts or returns a record, or takes that back; the newest row counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, select

from shared.lifecycle import Review
from shared.season import moment_of
from sync_server.store import masking
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.parts import parts
from sync_server.store.prepared import Prepared

TAKEN_BACK = "taken_back"
"""The row that takes a verdict back: while it is the newest, the record has no verdict. No reader
but this module sees it.
"""


def reviews_of(
    connection: Connection, fact_ids: Sequence[str], until: str = ""
) -> dict[str, Review]:
    """The newest review of each fact (given by `until`, UTC text), by fact id."""
    rows = _newest(connection, fact_ids, until)
    if masking.inspects(connection):
        rows = {fact: masking.review(review) for fact, review in rows.items()}
    return {fact: review for fact, review in rows.items() if review.verdict != TAKEN_BACK}


_ALL_GIVEN = (
    select(t.review)
    .where(t.review.c.fact_id.in_(bindparam("ids", expanding=True)))
    .order_by(t.review.c.at, t.review.c.id)
)
_GIVEN = Prepared(_ALL_GIVEN)
_GIVEN_UNTIL = Prepared(_ALL_GIVEN.where(t.review.c.at <= bindparam("until")))


def _newest(connection: Connection, fact_ids: Sequence[str], until: str = "") -> dict[str, Review]:
    """The newest row of each fact, also one that takes a verdict back."""
    found: dict[str, Review] = {}
    query = _GIVEN_UNTIL if until else _GIVEN
    for part in parts(fact_ids):
        for r in query.mappings(connection, {"ids": part, "until": until}):
            found[r["fact_id"]] = _review(r)
    return found


def _review(row: RowMapping) -> Review:
    return Review(
        fact=row["fact_id"],
        verdict=row["verdict"],
        comment=row["comment"],
        by=row["by"],
        at=row["at"],
    )


def add_review(connection: Connection, review: Review, batch_id: str = "") -> None:
    """Keep a review; the earlier ones stay on record. `batch_id`: what it was given together with.

    It is dated after the one before it even where the clock was set back in between: the newest
    date counts.
    """
    before = _newest(connection, [review.fact]).get(review.fact)
    if before is not None and review.at <= before.at:
        review = msgspec.structs.replace(review, at=_just_after(before.at) or review.at)
    connection.execute(
        t.review.insert(),
        {
            "id": new_id(),
            "fact_id": review.fact,
            "verdict": review.verdict,
            "comment": review.comment,
            "by": review.by,
            "at": review.at,
            "batch": batch_id,
        },
    )


def _just_after(at: str) -> str:
    """A millisecond later; "" where the text is not a moment."""
    before = moment_of(at)
    if before is None:
        return ""
    return (before + timedelta(milliseconds=1)).astimezone(UTC).isoformat(timespec="milliseconds")


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts that were given together: its id, who gave them, when, and each verdict."""

    id: str
    by: str
    at: str
    given: tuple[Review, ...]


def batch(connection: Connection, batch_id: str) -> Batch | None:
    """Return the verdicts given together; None where there are none of that id."""
    query = select(t.review).where(t.review.c.batch == batch_id).order_by(t.review.c.at)
    rows = connection.execute(query).mappings().all() if batch_id else []
    if not rows:
        return None
    given = tuple(map(_review, rows))
    return Batch(id=batch_id, by=given[0].by, at=given[0].at, given=given)


def newest_batch(connection: Connection, season: str, unit: str) -> Batch | None:
    """Return the last verdicts that were given together about records of a school's people."""
    joined = t.review.join(t.fact, t.fact.c.id == t.review.c.fact_id).join(
        t.case_file, t.case_file.c.id == t.fact.c.case_id
    )
    query = select(t.review.c.batch).select_from(joined)
    query = query.where(t.case_file.c.season == season, t.case_file.c.unit == unit)
    query = query.where(t.review.c.batch != "").order_by(t.review.c.at.desc()).limit(1)
    return batch(connection, connection.execute(query).scalar() or "")
