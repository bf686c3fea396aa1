"""What imports do in the store: people become cases, schools get codes, cases get schools.

Each function is one job of the writer: all of a file or nothing of it. An import repeated changes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from shared.cases import Case, Contract, Person
from shared.ids import case_code
from sync_server.store import feed, repayments, seasons, units
from sync_server.store import tables as t
from sync_server.store.cases import mark_changed, move
from sync_server.store.ids import new_ids


class ImportedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a due list; `key` (the ID number) is unique in the season."""

    key: str
    school_name: str
    case: Case


class ImportCounts(msgspec.Struct, kw_only=True):
    """What an import changed. `unplaced`: people whose school is not known (yet)."""

    new: int = 0
    changed: int = 0
    same: int = 0
    unplaced: int = 0


def imported_person(
    season: str,
    key: str,
    school_name: str,
    borrower: Person,
    co_borrower: Person | None,
    contracts: tuple[Contract, ...],
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
    return ImportedPerson(key=key, school_name=school_name, case=case)


def import_people(
    connection: Connection, season: str, people: Sequence[ImportedPerson]
) -> ImportCounts:
    """Make or change one case a person; then place those whose school is known."""
    known = {
        r["person_key"]: r
        for r in connection.execute(
            select(t.case_file).where(t.case_file.c.season == season)
        ).mappings()
    }
    done, fresh, changed = ImportCounts(), list[dict[str, Any]](), dict[str, list[str]]()
    # codes will follow the list's order
    for person, fresh_id in zip(people, new_ids(len(people)), strict=True):
        row = known.get(person.key)
        if row is None:
            fresh.append(_row(season, fresh_id, person))
            done.new += 1
        elif _body(msgspec.structs.replace(person.case, id=row["id"])) == row["body"]:
            done.same += 1
        else:
            values = _row(season, row["id"], person)
            del values["unit_name"], values["paid"]
            connection.execute(
                update(t.case_file).where(t.case_file.c.id == row["id"]).values(**values)
            )
            changed.setdefault(row["unit"], []).append(row["id"])
            done.changed += 1
    if fresh:
        connection.execute(t.case_file.insert(), fresh)
    _import_contracts(connection, season, people)
    for unit, case_ids in changed.items():
        if unit:
            mark_changed(connection, unit, case_ids)
    place_all(connection, season)
    if done.new or done.changed:
        repayments.judge_by_newest(connection, season)
    done.unplaced = len(unplaced(connection, season))
    return done


def _body(case: Case) -> str:
    return msgspec.json.encode(case).decode()


def _row(season: str, case_id: str, person: ImportedPerson) -> dict[str, Any]:
    case = msgspec.structs.replace(person.case, id=case_id)
    return {
        "id": case_id,
        "season": season,
        "person_key": person.key,
        "unit_name": person.school_name,
        "body": _body(case),
        "principal_fen": case.principal_fen,
        "interest_fen": case.interest_fen,
        "contracts": len(case.contracts),
        "paid": False,
    }


def _import_contracts(
    connection: Connection, season: str, people: Sequence[ImportedPerson]
) -> None:
    ids = {
        r.person_key: r.id
        for r in connection.execute(
            select(t.case_file.c.person_key, t.case_file.c.id).where(t.case_file.c.season == season)
        )
    }
    known = set(
        connection.execute(
            select(t.contract.c.contract_no).where(t.contract.c.season == season)
        ).scalars()
    )
    rows = [
        {"season": season, "contract_no": c.contract_no, "case_id": ids[p.key]}
        for p in people
        for c in p.case.contracts
        if c.contract_no not in known
    ]
    if rows:
        connection.execute(t.contract.insert(), rows)


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
    query = select(t.case_file).where(c.season == season, c.unit == "").order_by(c.id)
    return list(connection.execute(query).mappings())
