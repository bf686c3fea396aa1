"""What imports do in the store: people become cases, schools get codes (`placing` joins them).

Each function is one job of the writer: all of a file or nothing of it. An import repeated changes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from shared.cases import Case, Contract, Person
from sync_server.store import (
    as_written,
    case_use,
    feed,
    kept_contacts,
    placing,
    repayments,
    seasons,
    units,
)
from sync_server.store import tables as t
from sync_server.store.case_plan import ImportedPerson, Plan, PlannedCase, newer, plan
from sync_server.store.cases import mark_changed
from sync_server.store.ids import new_ids
from sync_server.store.initials import initials
from sync_server.store.on_list import BACK


class ImportCounts(msgspec.Struct, kw_only=True):
    """What an import changed. `unplaced`: people whose school is not known (yet).

    `by_township`: people placed by 附件2, because the list names no school; `gone`: people who were
    taken off the list; `back`: people who are on it again; `moved`: cases that went to another
    school. They are left out where there are none.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    unplaced: int = 0
    by_township: int | msgspec.UnsetType = msgspec.UNSET
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
    overdue_given: bool = False,
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
        overdue_given=overdue_given,
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
    done.moved = _move(connection, season, moving) or msgspec.UNSET
    done.back = sum(one.back for one in planned) or msgspec.UNSET
    _place_all(connection, season, done)
    if done.new or done.changed:
        repayments.judge_by_newest(connection, season)
        kept_contacts.suggest(connection, season)
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


def _move(connection: Connection, season: str, moving: Mapping[str, str]) -> int:
    """Move cases to the school that the list names. Who has a record keeps the code."""
    kept = case_use.built_on(connection, season, list(moving))
    by_unit: dict[str, list[str]] = {}
    for case_id, unit in moving.items():
        by_unit.setdefault(unit, []).append(case_id)
    for unit, case_ids in by_unit.items():
        keep = {c for c in case_ids if c in kept and kept[c].keeps_code}
        placing.move(connection, season, case_ids, unit, keep, how=placing.LIST)
    return len(moving)


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
    _place_all(connection, season, done)
    seasons.announce(connection, season)
    return done


def _place_all(connection: Connection, season: str, done: ImportCounts) -> None:
    done.by_township = placing.place_all(connection, season).by_township or msgspec.UNSET
    done.unplaced = len(placing.unplaced(connection, season))
