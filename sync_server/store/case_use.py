"""What was built on a case: records, a printed notice, a place in a summary that was printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from sync_server.store import tables as t

Bound = Literal["", "printed", "sealed"]
"""Why a case stays as it is: its notice was printed, or a summary names it; "" when it need not."""

_PRINTED = (
    update(t.case_file)
    .where(t.case_file.c.id == bindparam("case"))
    .values(notice_printed_at=bindparam("now"))
)


def mark_printed(connection: Connection, case_ids: Sequence[str], now: str) -> None:
    """Keep whose notices were printed, and when last."""
    if case_ids:
        connection.execute(_PRINTED, [{"case": c, "now": now} for c in case_ids])


class CaseUse:
    """Reads what was built on the cases of a season; each school's summaries are read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._summaries: dict[tuple[str, str], list[bytes]] = {}

    def bound(self, row: RowMapping) -> Bound:
        """Return why a case stays in its school; "" when nothing on paper names it."""
        if self._in_summary(row):
            return "sealed"
        return "printed" if row["notice_printed_at"] else ""

    def used(self, row: RowMapping) -> bool:
        """Return whether a case has a record, a printed notice, or stands in a summary."""
        c = t.fact.c
        fact = select(c.id).where(c.case_id == row["id"]).limit(1)
        return bool(self.bound(row)) or self._connection.execute(fact).first() is not None

    def _in_summary(self, row: RowMapping) -> bool:
        """Whether a summary that was printed names the case; a composed one is made anew."""
        if not row["unit"] or not row["code"]:
            return False
        where = (row["season"], row["unit"])
        if where not in self._summaries:
            c = t.summary.c
            query = select(c.data).where(
                c.season == row["season"], c.unit == row["unit"], c.state != "composed"
            )
            found = self._connection.execute(query).scalars()
            self._summaries[where] = [bytes(data) for data in found]
        code = str(row["code"]).encode()
        return any(code in data for data in self._summaries[where])
