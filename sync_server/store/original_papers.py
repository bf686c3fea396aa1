"""The stamped paper of a school's version at the centre: pages, day, who took it.

One entry stands for a version; one that was taken back stays beside it. A later version is another
paper: it begins without an entry (docs/states.md#the-stamped-paper).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec
from sqlalchemy import Connection, exists, literal, select, update

from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.parts import parts
from sync_server.store.rows import as_struct
from sync_server.store.summaries import COUNTY, SummaryRow
from sync_server.store.summary_states import WITH_PAPER

Original = Literal["", "awaited", "received"]
"""Where the paper of a version is: not asked for, not at the centre yet, or there."""


class OriginalPaper(msgspec.Struct, frozen=True, kw_only=True):
    """A paper that was received, by its version.

    Attributes:
        id: The entry.
        season: The season.
        summary: The version.
        pages: How many pages were counted.
        day: The day it was received (ISO).
        who: The account that ticked it.
        at: When (UTC ISO).
        undone_at: When that was taken back; "" while it stands.
        undone_by: Who took it back.
        undone_reason: Why.
    """

    id: str
    season: str
    summary: str
    pages: int
    day: str
    who: str
    at: str
    undone_at: str = ""
    undone_by: str = ""
    undone_reason: str = ""


def needs_paper(row: SummaryRow) -> bool:
    """Return whether the centre waits for the stamped paper of a version, or has it.

    One that was sealed electronically elsewhere has none.
    """
    return row.unit != COUNTY and row.state in WITH_PAPER and not row.stands_on


def state_of(row: SummaryRow | None, received: OriginalPaper | None) -> Original:
    """Return where the paper of a version is."""
    if row is None:
        return ""
    if received is not None:
        return "received"
    return "awaited" if needs_paper(row) else ""


def find(connection: Connection, summary: str) -> OriginalPaper | None:
    """Return the entry that stands for a version."""
    return of_summaries(connection, [summary]).get(summary)


def of_summaries(connection: Connection, ids: Iterable[str]) -> dict[str, OriginalPaper]:
    """Return the entries that stand, by version."""
    c, found = t.original_paper.c, dict[str, OriginalPaper]()
    for part in parts(sorted(set(ids))):
        query = select(t.original_paper).where(c.summary.in_(part), c.undone_at == "")
        rows = connection.execute(query).mappings()
        found |= {row["summary"]: as_struct(row, OriginalPaper) for row in rows}
    return found


def received(connection: Connection, season: str) -> set[str]:
    """Return the versions of a season of which an entry stands."""
    c = t.original_paper.c
    query = select(c.summary).where(c.season == season, c.undone_at == "")
    return set(connection.execute(query).scalars())


def states(connection: Connection, rows: Iterable[SummaryRow]) -> dict[str, Original]:
    """Return where the paper of each version is, by its id."""
    every = list(rows)
    received = of_summaries(connection, [row.id for row in every])
    return {row.id: state_of(row, received.get(row.id)) for row in every}


def add(
    connection: Connection, row: SummaryRow, *, pages: int, day: str, who: str, at: str
) -> bool:
    """Store that a paper was received; False where an entry stands already."""
    c = t.original_paper.c
    values = {"id": new_id(), "season": row.season, "summary": row.id, "pages": pages}
    values |= {"day": day, "who": who, "at": at}
    stands = exists().where(c.summary == row.id, c.undone_at == "")
    new = select(*(literal(value) for value in values.values())).where(~stands)
    adding = t.original_paper.insert().from_select(list(values), new)
    return connection.execute(adding).rowcount == 1


def undo(connection: Connection, entry: str, *, at: str, who: str, reason: str) -> bool:
    """Take an entry back; False where somebody did before."""
    c = t.original_paper.c
    where = (c.id == entry) & (c.undone_at == "")
    values = {"undone_at": at, "undone_by": who, "undone_reason": reason}
    return connection.execute(update(t.original_paper).where(where).values(**values)).rowcount == 1


def is_undone(connection: Connection, summary: str, entry: str) -> bool:
    """Return whether an entry of a version was taken back."""
    c = t.original_paper.c
    where = (c.id == entry) & (c.summary == summary) & (c.undone_at != "")
    return connection.execute(select(c.id).where(where)).first() is not None


def erase_reasons(connection: Connection, season: str) -> None:
    """Erase what people typed; that a paper was there names nobody it is about."""
    where = t.original_paper.c.season == season
    connection.execute(update(t.original_paper).where(where).values(undone_reason=""))
