"""What a school's list and its notices are now, kept by school, so that no page reads every case.

Triggers add each school whose cases changed to `school_kept_due`; the writer recomputes it. A
school that is in that table, or has no row yet, is computed from its cases when it is read, so that
the result is always current.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, bindparam, delete, exists, literal, select

from shared.digest import sha256_hex
from sync_server.store import cases, notice_prints, units
from sync_server.store import tables as t
from sync_server.store.notice_contents import content_of
from sync_server.store.on_list import ON_LIST
from sync_server.store.prepared import Prepared
from sync_server.store.rows import as_struct
from sync_server.store.scope import Of, where
from sync_server.store.units import UnitRow

LINE_CHARS = 16
"""So much is kept of a person's digest, in hexadecimal: enough to see that something changed."""
GROUP_SCHOOLS = 4
"""So many schools are refreshed with what made them due; more wait for a pause."""

_k, _d, _f = t.school_kept.c, t.school_kept_due.c, t.case_file.c
_NO_LINES = literal("").label("lines")
# Built once: making a statement costs more than running it, and every group of jobs runs this one.
_DUE = Prepared(
    select(_d.season, _d.unit).limit(bindparam("most")).with_for_update(skip_locked=True)
)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A school's list and notices.

    Attributes:
        season: The season.
        unit: The school.
        digest: SHA-256 of all lines.
        people: How many people are on the list.
        due_fen: What they owe together.
        lines: JSON, the digest of each person's line by case id; "" where it was not asked for.
        unpaid: How many of them have not repaid: they get a notice.
        unprinted: Of these, whose notice was never printed.
        changed: Of these, whose notice says something else now than when it was printed last.
    """

    season: str
    unit: str
    digest: str
    people: int
    due_fen: int
    lines: str = ""
    unpaid: int = 0
    unprinted: int = 0
    changed: int = 0

    def of_each(self) -> dict[str, str]:
        """Return the digest of each person's line, by case id."""
        return msgspec.json.decode(self.lines, type=dict[str, str])


def read(
    connection: Connection, season: str, of: Of, *, with_lines: bool = True
) -> dict[str, Kept]:
    """Return the lists and notices of a school, or of those somebody sees, by school.

    A school without people has none. `with_lines`: also the digest of every person.
    """
    columns = [c if with_lines or c is not _k.lines else _NO_LINES for c in t.school_kept.columns]
    query = select(*columns).where(_k.season == season, where(_k.unit, of))
    due = due_schools(connection, season, of)
    found = {
        row["unit"]: as_struct(row, Kept)
        for row in connection.execute(query).mappings()
        if row["unit"] not in due
    }
    for unit in due:
        made = made_of_cases(connection, season, unit)
        found |= {unit: made} if made else {}
    return found


def due_schools(connection: Connection, season: str, of: Of) -> list[str]:
    """Return the schools of which nothing true is kept now."""
    query = select(_d.unit).where(_d.season == season, where(_d.unit, of)).order_by(_d.unit)
    return list(connection.execute(query).scalars())


def made_of_cases(connection: Connection, season: str, unit: str) -> Kept | None:
    """Return what a school's list and notices are by its cases; None where nobody is on it.

    Whoever reads: what is masked for somebody would be another list than the one that is kept.
    """
    here = (_f.season == season) & (_f.unit == unit) & ON_LIST
    query = select(t.case_file).where(here).order_by(_f.code, _f.id)
    rows = connection.execute(query).mappings().all() if unit else []
    if not rows:
        return None
    lines = {
        row["id"]: sha256_hex(f"{row['code']}\n{row['body']}".encode())[:LINE_CHARS] for row in rows
    }
    school = units.unit(connection, season, unit) or UnitRow(code=unit, name="")
    newest = notice_prints.newest_of_school(connection, season, unit)
    unpaid = [row for row in rows if not row["paid"]]
    printed = [(row, newest[row["id"]]) for row in unpaid if row["id"] in newest]
    changed = (
        last.content.differences(content_of(cases.case_of(r), school)) for r, last in printed
    )
    return Kept(
        season=season,
        unit=unit,
        digest=sha256_hex(msgspec.json.encode(lines, order="deterministic")),
        people=len(rows),
        due_fen=sum(row["principal_fen"] + row["interest_fen"] for row in rows),
        lines=msgspec.json.encode(lines).decode(),
        unpaid=len(unpaid),
        unprinted=len(unpaid) - len(printed),
        changed=sum(map(bool, changed)),
    )


def forget(connection: Connection, season: str = "") -> None:
    """Delete what is kept of a season, or of all of them, and let it be made anew."""
    kept, c = delete(t.school_kept), t.case_file.c
    schools = select(c.season, c.unit).where(c.unit != "").distinct()
    if season:
        kept, schools = kept.where(_k.season == season), schools.where(c.season == season)
    connection.execute(kept)
    known = exists().where(_d.season == c.season, _d.unit == c.unit)
    into = t.school_kept_due.insert().from_select(["season", "unit"], schools.where(~known))
    connection.execute(into)


def erase(connection: Connection, season: str) -> None:
    """Delete what is kept of a season that is purged, after its cases."""
    connection.execute(delete(t.school_kept).where(_k.season == season))
    connection.execute(delete(t.school_kept_due).where(_d.season == season))


def refresh(connection: Connection, most: int = GROUP_SCHOOLS, *, whole: bool = True) -> bool:
    """Keep what is due, in the writer; return whether anything is left.

    Args:
        connection: The writer's.
        most: So many schools.
        whole: Where more are due, refresh none of them.
    """
    found = _DUE.rows(connection, {"most": most + 1})
    if len(found) > most and whole:
        return True
    for season, unit in found[:most]:
        made = made_of_cases(connection, season, unit)
        connection.execute(delete(t.school_kept).where(_k.season == season, _k.unit == unit))
        if made is not None:
            connection.execute(t.school_kept.insert(), msgspec.structs.asdict(made))
        here = (_d.season == season) & (_d.unit == unit)
        connection.execute(delete(t.school_kept_due).where(here))
    return len(found) > most
