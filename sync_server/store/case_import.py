"""What imports do in the store: people become cases, schools get codes, cases get schools.

Each function is one job of the writer: all of a file or nothing of it. An import repeated changes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from shared.cases import Case, Contract, Person
from shared.ids import case_code
from sync_server.store import as_written, feed, repayments, seasons, units
from sync_server.store import tables as t
from sync_server.store.case_plan import ImportedPerson, Plan, PlannedCase, newer, plan
from sync_server.store.cases import mark_changed, move
from sync_server.store.ids import new_ids
from sync_server.store.initials import initials
from sync_server.store.on_list import BACK, ON_LIST


class ImportCounts(msgspec.Struct, kw_only=True):
    """What an import changed. `unplaced`: people whose school is not known (yet).

    `gone`: people who were taken off the list; `back`: people who are on it again; `moved`: cases
    that went to another school. They are left out where there are none.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    unplaced: int = 0
    gone: int | msgspec.UnsetType = msgspec.UNSET
    back: int | msgspec.UnsetType = msgspec.UNSET
    moved: int | msgspec.UnsetType = msgspec.UNSET


def imported_person(
    season: str,
    key: str,
    school_name: str,
    borrower: Person,
    co_borrower: Person | None,
    contracts: tuple[Contract, ...],
    *,
    rows: tuple[int, ...] = (),
    overdue_said: bool = False,
    written: Mapping[str, str] | None = None,
    **fields: Any,
) -> ImportedPerson:
    """A person of the list as a case without id, code and school."""
    case = Case(
        id="",
        season=season,
        borrower=borrower,
        co_borrower=co_borrower,
        contracts=contracts,
        **fields,
    )
    return ImportedPerson(
        key=key,
        school_name=school_name,
        case=case,
        rows=rows,
        overdue_said=overdue_said,
        written=dict(written or {}),
    )


def import_people(
    connection: Connection,
    season: str,
    people: Sequence[ImportedPerson],
    *,
    accept_identity: bool = False,
    accept_moves: bool = False,
    whole: Plan | None = None,
) -> ImportCounts:
    """Make or change one case a person; then place those whose school is known.

    A person who was off the list and is named is on it again.

    Args:
        connection: The store.
        season: The season.
        people: The people of the list.
        accept_identity: Whether corrected ID numbers and names, and joined cases, were confirmed.
            Without it such a case keeps who it is and how to reach them; only its sums are taken.
        accept_moves: Whether cases may go to the other school that the list names. One whose notice
            was printed, or that stands in a summary, stays where it is all the same.
        whole: The plan of just these people, where it was made already.

    Returns:
        How many cases are new, changed and the same.
    """
    whole = whole or plan(connection, season, people, accept=accept_identity)
    planned, keys = whole.cases, whole.keys
    done, fresh, changed = ImportCounts(), list[dict[str, Any]](), dict[str, list[str]]()
    homes, moving = dict[str, str](), dict[str, str]()
    # codes will follow the list's order
    for one, fresh_id in zip(planned, new_ids(len(planned)), strict=True):
        case_id = fresh_id if one.row is None else one.row["id"]
        homes |= dict.fromkeys(one.contracts, case_id)
        if one.row is None:
            fresh.append(_new_row(season, fresh_id, one, keys))
            keys.add(fresh[-1]["person_key"])
            done.new += 1
            continue
        if one.absorbed:
            keys -= _absorb(connection, one)
        if one.move_to and accept_moves and not one.bound:
            moving[case_id] = one.move_to
        values = _newer_values(one, one.row, keys, accept_identity, case_id in moving)
        _keep_written(connection, one, values["body"])
        if all(one.row[name] == value for name, value in values.items()):
            done.same += 1
            continue
        connection.execute(update(t.case_file).where(t.case_file.c.id == case_id).values(**values))
        changed.setdefault(one.row["unit"], []).append(case_id)
        done.changed += 1
    if fresh:
        connection.execute(t.case_file.insert(), fresh)
    _import_contracts(connection, season, homes)
    for unit, case_ids in changed.items():
        if unit:
            mark_changed(connection, unit, case_ids)
    for case_id, unit in moving.items():
        place(connection, season, case_id, unit)
    done.moved = len(moving) or msgspec.UNSET
    done.back = sum(one.back for one in planned) or msgspec.UNSET
    place_all(connection, season)
    if done.new or done.changed:
        repayments.judge_by_newest(connection, season)
    done.unplaced = len(unplaced(connection, season))
    return done


def _keep_written(connection: Connection, one: PlannedCase, body: str) -> None:
    """Keep how the list writes a known case; phones never get it, so it is no change to them."""
    if one.row is None or not (one.row["written"] or one.person.written):
        return
    case = msgspec.json.decode(body, type=Case)
    written = as_written.merged(one.row["written"], case, one.person)
    if written != one.row["written"]:
        where = t.case_file.c.id == one.row["id"]
        connection.execute(update(t.case_file).where(where).values(written=written))


def _absorb(connection: Connection, one: PlannedCase) -> set[str]:
    """Take away the cases that become this one; phones hear that they are gone. Their keys."""
    c, keys = t.case_file.c, set[str]()
    for row in connection.execute(select(t.case_file).where(c.id.in_(one.absorbed))).mappings():
        if row["unit"]:
            line = feed.Line(kind="gone", ref=row["id"], staff=row["assignee"])
            feed.advance(connection, row["unit"], [line])
        connection.execute(t.case_file.delete().where(c.id == row["id"]))
        keys.add(row["person_key"])
    return keys


def _values(case: Case) -> dict[str, Any]:
    return {
        "body": msgspec.json.encode(case).decode(),
        "principal_fen": case.principal_fen,
        "interest_fen": case.interest_fen,
        "contracts": len(case.contracts),
        "initials": initials(case.borrower.name),
    }


def _newer_values(
    one: PlannedCase, row: RowMapping, keys: set[str], accept: bool, moves: bool
) -> dict[str, Any]:
    """The values of a known case as it will be; a key that it takes is added to `keys`."""
    values = _values(newer(one, accept=accept)) | (BACK if one.back else {})
    if one.corrected and accept and one.person.key not in keys:
        values["person_key"] = one.person.key
        keys.add(one.person.key)
    if one.person.school_name and (moves or not row["unit"]):
        values["unit_name"] = one.person.school_name
    return values


def _new_row(season: str, case_id: str, one: PlannedCase, keys: set[str]) -> dict[str, Any]:
    """The row of a new case; it goes by its contract where another case has its ID number."""
    person = one.person
    key = person.key if person.key not in keys else min(one.contracts)
    case = msgspec.structs.replace(person.case, id=case_id, contracts=tuple(one.contracts.values()))
    return {
        "id": case_id,
        "season": season,
        "person_key": key,
        "unit_name": person.school_name,
        "paid": False,
        "written": as_written.merged("", case, person),
        **_values(case),
    }


def _import_contracts(connection: Connection, season: str, homes: Mapping[str, str]) -> None:
    """Store which case has each contract of the list."""
    c = t.contract.c
    known = {
        r.contract_no: r.case_id
        for r in connection.execute(select(t.contract).where(c.season == season))
    }
    rows = [
        {"season": season, "contract_no": number, "case_id": case_id}
        for number, case_id in homes.items()
        if number not in known
    ]
    if rows:
        connection.execute(t.contract.insert(), rows)
    for number, case_id in homes.items():
        if known.get(number, case_id) != case_id:
            where = (c.season == season, c.contract_no == number)
            connection.execute(update(t.contract).where(*where).values(case_id=case_id))


def import_schools(
    connection: Connection, season: str, schools: Mapping[str, Mapping[str, str]]
) -> ImportCounts:
    """Store schools with what 附件1 or 附件2 says of them, and place waiting cases."""
    done = ImportCounts()
    for name, fields in schools.items():
        _, new = units.put_unit(connection, season, name, **fields)
        done.new += new
        done.changed += not new
    place_all(connection, season)
    seasons.announce(connection, season)
    done.unplaced = len(unplaced(connection, season))
    return done


def place_all(connection: Connection, season: str) -> None:
    """Give every case whose school's name is known its school and its running code."""
    codes = {u.name: u.code for u in units.units(connection, season)}
    waiting = [r for r in unplaced(connection, season) if r["unit_name"] in codes]
    numbers = {code: _used(connection, season, code) for code in codes.values()}
    by_unit: dict[str, list[dict[str, str]]] = {}
    for row in waiting:
        unit = codes[row["unit_name"]]
        numbers[unit] += 1
        by_unit.setdefault(unit, []).append(
            {"id": row["id"], "code": case_code(unit, numbers[unit])}
        )
    for unit, rows in by_unit.items():
        _keep_used(connection, season, unit, numbers[unit])
        first = feed.advance(connection, unit, [feed.Line(kind="case", ref=r["id"]) for r in rows])
        for offset, r in enumerate(rows):
            where = t.case_file.c.id == r["id"]
            connection.execute(
                update(t.case_file)
                .where(where)
                .values(unit=unit, code=r["code"], version=first + offset)
            )


def place(connection: Connection, season: str, case_id: str, unit: str) -> None:
    """Put one case into a school by hand (the unplaced tray, or a family that moved)."""
    number = _used(connection, season, unit) + 1
    move(connection, season, case_id, unit, case_code(unit, number))
    _keep_used(connection, season, unit, number)


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


def unplaced(connection: Connection, season: str) -> list[Any]:
    """Cases without a school, in the order they came."""
    c = t.case_file.c
    query = select(t.case_file).where(c.season == season, c.unit == "", ON_LIST).order_by(c.id)
    return list(connection.execute(query).mappings())
