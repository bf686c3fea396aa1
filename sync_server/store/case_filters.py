"""What the list of cases is filtered by: conditions on the kept standing of a case.

One table for the database and for a standing that was judged just now, so that both say the same.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import TextClause, text

from sync_server.store import tables as t
from sync_server.store.standing_rows import StandingRow


class Is(NamedTuple):
    """A column of `case_standing` and the one value it has."""

    column: str
    value: int | str


STANDINGS: Final[dict[str, tuple[Is, ...]]] = {
    "undelivered": (Is("paid", 0), Is("delivered", 0)),
    "acknowledged": (Is("delivery_record", "acknowledged"),),
    "paper_at_school": (Is("paper", "at_school"),),
    "paper_handed_in": (Is("paper", "handed_in"),),
    "paper_none": (Is("paper", "none"),),
    "untouched": (Is("untouched", 1),),
    "promised": (Is("promised", 1),),
    "special": (Is("special", 1),),
    "unexplained": (Is("special", 1), Is("explained", 0)),
    "unreachable": (Is("unreachable", 1),),
    "paid": (Is("paid", 1),),
}
"""Filter -> what holds of a case that it shows. Counts of unpaid people are 0 of who has paid."""
RETURNED: Final = "returned"
"""The one filter by a number that may be more than one."""


def asks_standing(show: str) -> bool:
    """Return whether a filter is about where a case stands."""
    return show == RETURNED or show in STANDINGS


def condition(show: str) -> TextClause:
    """Return the condition on `case_standing` of a filter, word for word as its index has it."""
    return text(t.STANDING_FILTERS[show])


def fits(row: StandingRow, show: str) -> bool:
    """Return whether a filter shows a case. Pure."""
    if show == RETURNED:
        return row.returned > 0
    return all(getattr(row, one.column) == one.value for one in STANDINGS[show])
