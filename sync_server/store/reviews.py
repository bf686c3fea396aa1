"""Reviews: the office accepts or returns a record, or takes that back; the newest row counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from shared.lifecycle import Review
from shared.season import moment_of
from sync_server.store import masking
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.parts import parts

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


def _newest(connection: Connection, fact_ids: Sequence[str], until: str = "") -> dict[str, Review]:
    """The newest row of each fact, also one that takes a verdict back."""
    found: dict[str, Review] = {}
    for part in parts(fact_ids):
        query = (
            select(t.review)
            .where(t.review.c.fact_id.in_(part))
            .order_by(t.review.c.at, t.review.c.id)
        )
        query = query.where(t.review.c.at <= until) if until else query
        for r in connection.execute(query).mappings():
            found[r["fact_id"]] = Review(
                fact=r["fact_id"],
                verdict=r["verdict"],
                comment=r["comment"],
                by=r["by"],
                at=r["at"],
            )
    return found


def add_review(connection: Connection, review: Review) -> None:
    """Keep a review; the earlier ones stay on record.

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
        },
    )


def _just_after(at: str) -> str:
    """A millisecond later; "" where the text is not a moment."""
    before = moment_of(at)
    if before is None:
        return ""
    return (before + timedelta(milliseconds=1)).astimezone(UTC).isoformat(timespec="milliseconds")


def has_verdict() -> ColumnElement[bool]:
    """Build the condition that a fact has a verdict in force, for queries over `fact`."""
    given, undone = t.review.alias("given"), t.review.alias("undone")
    taken_back = select(undone.c.id).where(
        undone.c.fact_id == given.c.fact_id,
        undone.c.verdict == TAKEN_BACK,
        undone.c.at > given.c.at,
    )
    in_force = select(given.c.id).where(
        given.c.fact_id == t.fact.c.id, given.c.verdict != TAKEN_BACK, ~taken_back.exists()
    )
    return in_force.exists()
