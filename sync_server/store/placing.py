"""Which school a case is with: as the list says, by its township in 附件2, or by hand.

`case_file.placing` holds how it came there: LIST, TOWNSHIP, MOVED, or the id of one act of placing
by hand, which can be undone while nothing was built on it. Who was placed by township follows a
later 附件2 while nothing was built on it, so that the order of files does not matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Select, bindparam, or_, select, text, update

from shared import townships
from shared.cases import Case
from shared.ids import MOST_CASES, case_code
from shared.problems import ProblemError
from shared.school_names import Names
from sync_server.store import case_use, feed, school_names, units
from sync_server.store import tables as t
from sync_server.store.cases import case_of
from sync_server.store.on_list import ON_LIST
from sync_server.store.parts import parts

LIST = "list"
TOWNSHIP = "township"
MOVED = "moved"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """Where a person belongs, or why nobody can say.

    Attributes:
        unit: The school's code, "" when it stays open.
        how: LIST or TOWNSHIP.
        reason: Why it stays open: name_unknown, no_areas, no_township, township_unknown,
            township_shared.
        township: The township in its usual spelling, "" when none is known.
        shared_by: Codes of the schools that share the township.
    """

    unit: str = ""
    how: str = ""
    reason: str = ""
    township: str = ""
    shared_by: tuple[str, ...] = ()


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A person without a school; `written`: the school as the list writes it."""

    case: Case
    written: str
    judged: Judged


class Placed(msgspec.Struct, kw_only=True):
    """How many people an import brought to a school, by name and by township."""

    by_name: int = 0
    by_township: int = 0


class Rule:
    """Where people belong by the schools of a season as they are now, and the names they had."""

    def __init__(self, schools: Sequence[units.UnitRow], names: Names) -> None:
        self._names, self._here = names, {u.code for u in schools}
        self._read: dict[str, str] = {}
        self._townships = townships.Townships((u.code, u.townships) for u in schools)
        self._areas = any(u.townships for u in schools)

    def judge(self, written: str, case: Case) -> Judged:
        """Judge by the school that the list names; by the township only where it names none."""
        lives = townships.of_person(case.township, case.address)
        township = str(lives or "")
        if not townships.is_blank(written):
            unit = self._school(written)
            reason = "" if unit else "name_unknown"
            return Judged(unit=unit, how=LIST, reason=reason, township=township)
        if lives is None or not self._areas:
            return Judged(reason="no_areas" if lives else "no_township", township=township)
        schools = self._townships.schools(lives)
        if len(schools) == 1:
            return Judged(unit=schools[0], how=TOWNSHIP, township=township)
        reason = "township_shared" if schools else "township_unknown"
        return Judged(reason=reason, township=township, shared_by=schools)

    def _school(self, written: str) -> str:
        """Return the school at work that a name means; a list has few names and many people."""
        if written not in self._read:
            found = self._names.code(written)
            self._read[written] = found if found in self._here else ""
        return self._read[written]


def _rule(connection: Connection, season: str) -> Rule:
    return Rule(units.units(connection, season), school_names.known(connection, season))


def place_all(connection: Connection, season: str) -> Placed:
    """Give everyone whose school can be read from list and 附件2 that school and a running code."""
    rule, done = _rule(connection, season), Placed()
    c = t.case_file.c
    open_ones = (ON_LIST, or_(c.unit == "", c.placing == TOWNSHIP))
    query = select(t.case_file).where(c.season == season, *open_ones).order_by(c.id)
    found = [(r, rule.judge(r["unit_name"], case_of(r))) for r in _mappings(connection, query)]
    found = [(row, to) for row, to in found if to.unit != row["unit"]]
    placed = [row["id"] for row, _ in found if row["unit"]]
    built = case_use.built_on(connection, season, placed) if placed else {}
    free = [(row, to) for row, to in found if row["id"] not in built]
    _give_school(connection, season, [(row, to.unit, to.how) for row, to in free if to.unit])
    _unsettle(connection, [row for row, to in free if not to.unit])
    for _, to in free:
        done.by_name += to.how == LIST and bool(to.unit)
        done.by_township += to.how == TOWNSHIP
    return done


def place(connection: Connection, season: str, case_ids: Iterable[str], unit: str, act: str) -> int:
    """Put those of these people who are on the list without a school into one; return how many.

    Args:
        connection: The store.
        season: The season.
        case_ids: The people.
        unit: The school.
        act: The id of this act of placing, by which it can be undone.

    Raises:
        ProblemError: unit.full.
    """
    found = _rows(connection, season, case_ids)
    rows = [r for r in found if not r["unit"] and not r["off_list"]]
    _give_school(connection, season, [(r, unit, act) for r in rows])
    return len(rows)


def move(
    connection: Connection,
    season: str,
    case_ids: Iterable[str],
    unit: str,
    kept: Collection[str],
    *,
    how: str = MOVED,
) -> list[RowMapping]:
    """Move people to another school: `gone` in the old one's feed, with no teacher at the new one.

    Args:
        connection: The store.
        season: The season.
        case_ids: The people.
        unit: The school they move to.
        kept: Ids of those who keep their code.
        how: LIST where a list names the school.

    Returns:
        The rows of those who moved, as they were.

    Raises:
        ProblemError: unit.full.
    """
    rows = [r for r in _rows(connection, season, case_ids) if r["unit"] != unit]
    _give_school(connection, season, [(r, unit, how) for r in rows], kept)
    return rows


def of_act(connection: Connection, season: str, act: str) -> list[RowMapping]:
    """Return the people whom an act of placing brought to their school."""
    c = t.case_file.c
    query = select(t.case_file).where(c.season == season, c.placing == act, c.unit != "")
    return _mappings(connection, query.order_by(c.id))


def of_acts(connection: Connection, season: str, acts: Collection[str]) -> list[RowMapping]:
    """Return the listed people whom these acts of placing brought to where they are."""
    c = t.case_file.c
    query = select(t.case_file).where(
        c.season == season, c.placing.in_(sorted(acts)), c.unit != "", ON_LIST
    )
    return _mappings(connection, query.order_by(c.code, c.id))


def undo(connection: Connection, rows: Sequence[RowMapping]) -> None:
    """Take people out of their school again; their codes are given to nobody else."""
    _unsettle(connection, rows)


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One act of placing by hand: its id, when and by whom, and who is still where it put them."""

    id: str
    at: str
    who: str
    unit: str
    people: int


def recent_acts(connection: Connection, season: str, limit: int = 5) -> list[Act]:
    """Return the newest acts of placing whose people are where they were put."""
    c, a = t.case_file.c, t.audit.c
    by_hand = text("\"placing\" NOT IN ('', 'list', 'township', 'moved')")  # as the index says it
    query = select(c.placing, c.unit).where(c.season == season, c.unit != "", by_hand)
    people: dict[tuple[str, str], int] = {}
    for row in connection.execute(query):
        people[row.placing, row.unit] = people.get((row.placing, row.unit), 0) + 1
    newest = sorted(people, reverse=True)[:limit]
    noted = select(t.audit).where(a.action == "case.place", a.ref.in_([act for act, _ in newest]))
    notes = {row["ref"]: row for row in _mappings(connection, noted)}
    return [
        Act(id=act, at=notes[act]["at"], who=notes[act]["who"], unit=unit, people=people[act, unit])
        for act, unit in newest
        if act in notes
    ]


def unplaced(connection: Connection, season: str) -> list[RowMapping]:
    """Cases without a school, in the order they came."""
    c = t.case_file.c
    query = select(t.case_file).where(c.season == season, c.unit == "", ON_LIST)
    return _mappings(connection, query.order_by(c.id))


def waiting(connection: Connection, season: str) -> list[Waiting]:
    """Return everyone without a school, each with the reason."""
    found = [(row["unit_name"], case_of(row)) for row in unplaced(connection, season)]
    if not found:
        return []  # all schools are read for the rule
    rule = _rule(connection, season)
    return [
        Waiting(case=case, written=written, judged=rule.judge(written, case))
        for written, case in found
    ]


_GIVEN = (
    update(t.case_file)
    .where(t.case_file.c.id == bindparam("case"))
    .values(
        unit=bindparam("to"),
        code=bindparam("given"),
        placing=bindparam("how"),
        version=bindparam("now"),
        assignee="",
    )
)


def _give_school(
    connection: Connection,
    season: str,
    people: Sequence[tuple[RowMapping, str, str]],
    kept: Collection[str] = (),
) -> None:
    """Give people (row, school, how) their school and code in few statements."""
    _leave(connection, [row for row, _, _ in people])
    by_unit: dict[str, list[tuple[RowMapping, str]]] = {}
    for row, unit, how in people:
        by_unit.setdefault(unit, []).append((row, how))
    for unit, joining in by_unit.items():
        number = used = _used(connection, season, unit)
        values: list[dict[str, object]] = []
        for row, how in joining:
            code = row["code"] if row["id"] in kept else ""
            if not code:
                number += 1
                code = _code(connection, season, unit, number)
            values.append({"case": row["id"], "to": unit, "given": code, "how": how})
        if number != used:
            _keep_used(connection, season, unit, number)
        lines = [feed.Line(kind="case", ref=row["id"]) for row, _ in joining]
        first = feed.advance(connection, unit, lines)
        connection.execute(
            _GIVEN, [{**v, "now": first + offset} for offset, v in enumerate(values)]
        )


def _unsettle(connection: Connection, rows: Sequence[RowMapping]) -> None:
    _leave(connection, rows)
    for part in parts([row["id"] for row in rows]):
        out = update(t.case_file).where(t.case_file.c.id.in_(part))
        connection.execute(out.values(unit="", code="", placing="", assignee=""))


def _leave(connection: Connection, rows: Sequence[RowMapping]) -> None:
    """Announce to the schools people come from that they are gone."""
    left: dict[str, list[feed.Line]] = {}
    for row in rows:
        if row["unit"]:
            line = feed.Line(kind="gone", ref=row["id"], staff=row["assignee"])
            left.setdefault(row["unit"], []).append(line)
    for unit, lines in left.items():
        feed.advance(connection, unit, lines)


def _rows(connection: Connection, season: str, case_ids: Iterable[str]) -> list[RowMapping]:
    """Return these cases of the season in the order they came."""
    c, found = t.case_file.c, list[RowMapping]()
    for part in parts(sorted(set(case_ids))):
        query = select(t.case_file).where(c.season == season, c.id.in_(part)).order_by(c.id)
        found += _mappings(connection, query)
    return found


def _code(connection: Connection, season: str, unit: str, number: int) -> str:
    if number > MOST_CASES:
        row = units.unit(connection, season, unit)
        raise ProblemError("unit.full", school=row.name if row else unit, most=MOST_CASES)
    return case_code(unit, number)


def _used(connection: Connection, season: str, unit: str) -> int:
    """Return the highest case number a school has given out, also to cases that left it since."""
    kept = connection.execute(
        select(t.meta.c.value).where(t.meta.c.key == _counter(season, unit))
    ).scalar()
    return int(kept or 0)


def _keep_used(connection: Connection, season: str, unit: str, number: int) -> None:
    connection.execute(t.meta.delete().where(t.meta.c.key == _counter(season, unit)))
    connection.execute(t.meta.insert(), {"key": _counter(season, unit), "value": str(number)})


def _counter(season: str, unit: str) -> str:
    return f"case_number:{season}:{unit}"


def _mappings(connection: Connection, query: Select[Any]) -> list[RowMapping]:
    return list(connection.execute(query).mappings())
