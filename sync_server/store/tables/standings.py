"""Where cases stand, kept, and their sums by school."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, Text, text

from sync_server.store.tables.base import metadata, text_column
from sync_server.store.tally import Progress

RECORD_CODES = ("signed", "acknowledged", "refused", "undelivered", "none")
PAPER_CODES = ("none", "at_school", "handed_in")
PHOTO_CODES = ("none", "message", "on_phone", "slip")

COUNTED = (
    *(name for name in Progress.__struct_fields__ if name != "people"),
    *("waiting", "claimed"),
)
"""What is added up of each case: the fields of store/tally.Progress, and two more."""

BY_CODE = {
    **{f"record_{code}": ("delivery_record", code) for code in RECORD_CODES},
    **{f"paper_{code}": ("paper", code) for code in PAPER_CODES},
    **{f"photo_{code}": ("photo", code) for code in PHOTO_CODES},
}
"""People by a code of theirs: the column of the sum, that of the case, the code."""


def _counts(*names: str) -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False, server_default="0") for name in names]


case_standing = Table(
    "case_standing",
    metadata,
    Column("case_id", String, primary_key=True),
    *map(text_column, ("season", "unit", "off_list", "assignee", "code", "basis")),
    *map(text_column, ("stage", "group", "delivery_record", "paper", "photo", "promised_on")),
    *_counts(*COUNTED, "own_waiting", "slips_late"),
    *map(text_column, ("village", "place", "near", "claimed_on")),
    Column("body", Text, nullable=False),
    Index("standing_by_unit", "season", "unit", "off_list", "code", "case_id"),
    Index("standing_by_village", "season", "unit", "village"),
    Index(
        "standing_by_promise",
        "season",
        "unit",
        "promised_on",
        sqlite_where=text("promised_on <> ''"),
        postgresql_where=text("promised_on <> ''"),
    ),
    Index(
        "standing_of_nobody",
        "season",
        "unit",
        sqlite_where=text("assignee = ''"),
        postgresql_where=text("assignee = ''"),
    ),
    Index(
        "standing_of_claims",
        *("season", "basis", "unit", "off_list", "paid", "repaid_fen", "claimed_on", "case_id"),
        sqlite_where=text("claimed_on <> ''"),
        postgresql_where=text("claimed_on <> ''"),
    ),
)
"""Where a case stands, kept (store/standing_rows.py); `body`: JSON of shared.lifecycle.Standing.

`basis`: what it was judged by (store/standing_basis.py). Nothing here is true of a case that is in
`standing_due`. `waiting` is `own_waiting` and the records that wait only because they are far from
their village; `place` is where the case's first record was made, `near` where those were that wait
if that is far. `claimed_on` is the day on which somebody said that everything is paid, be it paid
since; "-" for none that the season can hold, "" without such a record. Never read by what is
printed or sealed."""

school_sum = Table(
    "school_sum",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
    text_column("basis"),
    *_counts("people", *COUNTED, "slips_late", *BY_CODE),
)
"""The kept standings of a school's people on the list, added up; `basis` "" where they differ."""

standing_due = Table("standing_due", metadata, Column("case_id", String, primary_key=True))
"""Cases whose kept standing may be wrong, put here by triggers (store/standing_triggers.py).

`season:<id>`: the settings of a season changed."""

STANDING_FILTERS = {
    "undelivered": "paid = 0 AND delivered = 0",
    "acknowledged": "delivery_record = 'acknowledged'",
    "paper_at_school": "paper = 'at_school'",
    "paper_handed_in": "paper = 'handed_in'",
    "paper_none": "paper = 'none'",
    "untouched": "untouched = 1",
    "promised": "promised = 1",
    "special": "special = 1",
    "unexplained": "special = 1 AND explained = 0",
    "unreachable": "unreachable = 1",
    "returned": "returned > 0",
    "paid": "paid = 1",
}
"""What the list of cases is filtered by (store/case_filters.py): each filter has an index of its
own people, in the list's order."""

for _name, _where in STANDING_FILTERS.items():
    _which = text(f"off_list = '' AND {_where}")
    Index(
        f"standing_{_name}",
        *(case_standing.c[n] for n in ("season", "basis", "code", "case_id", "unit", "assignee")),
        sqlite_where=_which,
        postgresql_where=_which,
    )
