"""Whether an import may still be undone: what was built on it, in words and with numbers.

What stood at the import is counted then (`stood`), what stands now when an undo is asked for. So no
clock decides what came later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, func, select

from shared.problems import ProblemError
from shared.season import minute_of
from sync_server.store import bulletins, case_use, import_images, import_runs, teachers
from sync_server.store import tables as t
from sync_server.store.device_seasons import PLACES
from sync_server.store.import_runs import RunRow
from sync_server.store.import_undo import Undo, case_after
from sync_server.store.parts import parts

_STAMPED = ("stamped", "sealed", "submitted", "accepted", "returned")
"""States of a summary whose pages carry a seal."""
_BY_HAND = (
    "import.undo_moved",
    "import.undo_assigned",
    "import.undo_changed",
    "import.undo_notices",
)
_SHOWN = 5


class _Summary(NamedTuple):
    id: str
    unit: str
    document: str
    state: str
    as_of: str


def stood(connection: Connection, season: str, undo: Undo) -> Undo:
    """Return what an import changed with what stands on it already, which prevents no undo."""
    changed = [key[0] for key, _ in undo.of(t.case_file).changed]
    return msgspec.structs.replace(
        undo,
        records=_records(connection, changed),
        reviews=_reviews(connection, changed),
        summaries=[row.id for row in _summaries(connection, season)],
    )


def obstacles(connection: Connection, run: RunRow, undo: Undo) -> list[ProblemError]:
    """Return everything that prevents the undo of an import in force; nothing where it may be."""
    stands = later(connection, run)
    if run.kind == "repayments":
        # Who works on these cases has nothing to fear: they stay, and are only judged again.
        changed = (p for p in _by_hand(connection, undo) if p.code == "import.undo_changed")
        return [*stands, *changed, *_summaries_of_day(connection, run.season, undo)]
    return [
        *stands,
        *_work(connection, run.season, undo),
        *_by_hand(connection, undo),
        *_summed(connection, run.season, undo),
        *_schools(connection, run.season, undo),
    ]


def later(connection: Connection, run: RunRow) -> list[ProblemError]:
    """Return the later imports in force as one obstacle: imports are undone in reverse."""
    found = import_runs.later(connection, run)
    if not found:
        return []
    at = minute_of(found[0].at)
    return [ProblemError("import.undo_later", count=len(found), file=found[0].file_name, at=at)]


def _work(connection: Connection, season: str, undo: Undo) -> Iterator[ProblemError]:
    """What was recorded of its people, what of it was reviewed, and the slips of whom it added."""
    case_ids = list(undo.cases)
    records = _records(connection, case_ids) - undo.records
    if records > 0:
        yield ProblemError("import.undo_records", count=records)
    reviews = _reviews(connection, case_ids) - undo.reviews
    if reviews > 0:
        yield ProblemError("import.undo_reviewed", count=reviews)
    made = [key[0] for key in undo.of(t.case_file).added]
    if slips := len(case_use.slips_of(connection, season, made)):
        yield ProblemError("import.undo_slips", count=slips)


def _by_hand(connection: Connection, undo: Undo) -> Iterator[ProblemError]:
    """Cases that somebody assigned, moved, changed or printed a notice for since."""
    counted = Counter(_differences(connection, undo))
    for code in _BY_HAND:
        if counted[code]:
            yield ProblemError(code, count=counted[code])


def _differences(connection: Connection, undo: Undo) -> Iterator[str]:
    now, present = {}, teachers.present_ids(connection)
    for part in parts(list(undo.cases)):
        query = select(t.case_file).where(t.case_file.c.id.in_(part))
        for row in connection.execute(query).mappings():
            now[row["id"]] = case_after(row, undo.columns)
    for case_id, left in undo.cases.items():
        found = now.get(case_id)
        if found is None:
            yield "import.undo_changed"
            continue
        if (found.unit, found.code) != (left.unit, left.code):
            yield "import.undo_moved"
        elif found.digest != left.digest:
            yield "import.undo_changed"
        elif found.assignee != present.get(left.assignee, left.assignee):
            yield "import.undo_assigned"
        if found.printed_at != left.printed_at:
            yield "import.undo_notices"


def _summed(connection: Connection, season: str, undo: Undo) -> Iterator[ProblemError]:
    """Summaries of the schools whose people it touched."""
    touched = {case.unit for case in undo.cases.values()}
    touched |= {key[0] for key in undo.of(t.unit).added}
    touched |= {
        str(old["unit"])
        for _, old in (*undo.of(t.case_file).changed, *undo.of(t.case_file).removed)
        if "unit" in old
    }
    summed = [
        row.unit
        for row in _summaries(connection, season)
        if row.unit and row.unit in touched and row.id not in undo.summaries
    ]
    if summed:
        names = _names(connection, season, summed)
        yield ProblemError("import.undo_summary", count=len(summed), schools=names)


def _schools(connection: Connection, season: str, undo: Undo) -> Iterator[ProblemError]:
    """What hangs on a school that it made, and schools whose contacts were changed since."""
    made = [key[0] for key in undo.of(t.unit).added]
    u = t.unit.c
    now = {
        row["code"]: import_images.digest(row, undo.unit_columns)
        for row in connection.execute(select(t.unit).where(u.season == season)).mappings()
    }
    changed = [code for code, left in undo.units.items() if now.get(code) != left]
    if changed:
        names = _names(connection, season, changed)
        yield ProblemError("import.undo_school_changed", schools=names)
    used = [code for code in made if _is_used(connection, season, code, undo)]
    if used:
        d = PLACES.c
        phones = select(func.count()).where(d.season == season, d.unit.in_(used), d.kind == "")
        yield ProblemError(
            "import.undo_school_used",
            schools=_names(connection, season, used),
            phones=connection.execute(phones).scalar_one(),
        )


def _is_used(connection: Connection, season: str, unit: str, undo: Undo) -> bool:
    """Whether a school has phones, codes, teachers, slips handed in, an account or other people.

    Accounts and certificates name a school by its code in every season, so that another season with
    this school counts too.
    """
    for table in (t.device, t.device_season, t.enrol_code, t.slip_batch, t.staff):
        c = table.c
        query = select(c.unit).where(c.season == season, c.unit == unit).limit(1)
        if connection.execute(query).first() is not None:
            return True
    officers = select(t.account_school.c.account).where(t.account_school.c.unit == unit)
    if connection.execute(officers).first():
        return True
    if connection.execute(select(t.account.c.name).where(t.account.c.unit == unit)).first():
        return True
    u = t.unit.c
    here = select(u.name).where(u.season == season, u.code == unit).scalar_subquery()
    elsewhere = select(u.code).where(u.season != season, u.code == unit, u.name == here)
    if connection.execute(elsewhere).first():
        return True
    c = t.case_file.c
    people = connection.execute(select(c.id).where(c.season == season, c.unit == unit)).scalars()
    return any(case_id not in undo.cases for case_id in people)


def _summaries_of_day(connection: Connection, season: str, undo: Undo) -> Iterator[ProblemError]:
    """Stamped and sealed summaries that count the repayments of this file's day."""
    days = {key[0] for key in undo.of(t.snapshot).touched}
    found = [
        row
        for row in _summaries(connection, season)
        if row.as_of in days and row.state in _STAMPED and row.id not in undo.summaries
    ]
    if found:
        yield ProblemError(
            "import.undo_summary_day",
            day=_joined(sorted({row.as_of for row in found})),
            documents=_joined([row.document for row in found]),
        )


def _summaries(connection: Connection, season: str) -> list[_Summary]:
    s = t.summary.c
    query = select(s.id, s.unit, s.document, s.state, s.as_of).where(
        s.season == season,
        s.unit != bulletins.UNIT,  # it says what stood at its moment, whatever is undone since
    )
    return [_Summary(*row) for row in connection.execute(query.order_by(s.document, s.version))]


def _records(connection: Connection, case_ids: Sequence[str]) -> int:
    c = t.fact.c
    return sum(
        connection.execute(select(func.count()).where(c.case_id.in_(part))).scalar_one()
        for part in parts(case_ids)
    )


def _reviews(connection: Connection, case_ids: Sequence[str]) -> int:
    both = t.review.join(t.fact, t.review.c.fact_id == t.fact.c.id)
    query = select(func.count()).select_from(both)
    return sum(
        connection.execute(query.where(t.fact.c.case_id.in_(part))).scalar_one()
        for part in parts(case_ids)
    )


def _names(connection: Connection, season: str, codes: Sequence[str]) -> str:
    u = t.unit.c
    query = select(u.code, u.name).where(u.season == season, u.code.in_(codes)).order_by(u.code)
    return _joined([row.name for row in connection.execute(query)])


def _joined(words: Sequence[str]) -> str:
    """The first few of a list, as people name them."""
    each = list(dict.fromkeys(words))
    return "、".join(each[:_SHOWN]) + ("……" if len(each) > _SHOWN else "")
