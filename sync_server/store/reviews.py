"""Reviews: the office accepts or returns a record; the newest review counts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from shared.lifecycle import Review
from sync_server.store import tables as t
from sync_server.store.ids import new_id


def reviews_of(
    connection: Connection, fact_ids: Sequence[str], until: str = ""
) -> dict[str, Review]:
    """The newest review of each fact (said by `until`, UTC text), by fact id."""
    found: dict[str, Review] = {}
    for start in range(0, len(fact_ids), 500):
        part = list(fact_ids[start : start + 500])
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
    """Keep a review; the earlier ones stay on record."""
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
