"""Records from paper as the office finds them again: the last ones, and those without a scan."""

from __future__ import annotations

import msgspec

from shared.cases import Case
from shared.identity import normalise_name
from shared.ids import fold
from shared.lifecycle import in_force
from shared.paper import parse_sheet_mark
from shared.problems import ProblemError
from shared.records.base import Fact
from shared.records.registry import named
from sync_server.services import Services
from sync_server.store import cases, progress
from sync_server.store.database import Connection


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A person found by what was typed."""

    case: Case
    paid: bool


class KeyedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A record from paper as it reads now, and whose it is."""

    case: Case
    fact: Fact
    received_at: str


def find(services: Services, unit: str, typed: str) -> list[Found]:
    """Return the people of a school that a code, name or initials mean; a whole code finds one.

    Args:
        services: The server's services.
        unit: The school.
        typed: A code with or without hyphens, what a reader of QR codes types from a sheet, a
            part of a name, or its pinyin initials.
    """
    mark = parse_sheet_mark(typed)
    sought = fold(normalise_name(mark[0] if mark else typed))
    if not sought:
        return []
    season = services.season
    rows = services.database.read(lambda c: cases.rows(c, season, unit=unit))
    people = [(cases.case_of(row), str(row["initials"]), bool(row["paid"])) for row in rows]
    for case, _, paid in people:
        if fold(case.code) == sought:
            return [Found(case=case, paid=paid)]
    return [
        Found(case=case, paid=paid)
        for case, initials, paid in people
        if any(sought in fold(text) for text in (case.borrower.name, *initials.split(), case.code))
    ]


def case_of(services: Services, unit: str, case_id: str) -> Found:
    """Return a person of a school. Raises ProblemError case.unknown."""
    season = services.season
    rows = services.database.read(lambda c: cases.rows(c, season, ids=[case_id]))
    found = [row for row in rows if row["unit"] == unit]
    if not found:
        raise ProblemError("case.unknown", case=case_id)
    return Found(case=cases.case_of(found[0]), paid=bool(found[0]["paid"]))


def of_person(services: Services, case_id: str) -> list[Fact]:
    """Return the records of a person in force, from phones too: no sheet is typed in twice."""
    facts = services.database.read(lambda c: cases.facts_of(c, [case_id])).get(case_id, [])
    return [fact for fact in in_force([f.fact for f in facts]) if named(fact.kind).form]


def record(services: Services, unit: str, fact_id: str) -> KeyedLine:
    """Return a record of a school as it reads now; that of a correction is the record it corrects.

    Raises:
        ProblemError: console.not_found for a record of another school, fact.unknown for one that
            was taken back.
    """
    season = services.season

    def read(connection: Connection) -> list[KeyedLine]:
        if progress.unit_of_fact(connection, season, fact_id) != unit:
            raise ProblemError("console.not_found")
        return _lines(connection, season, unit, of_fact=fact_id)

    found = services.database.read(read)
    if not found:
        raise ProblemError("fact.unknown")
    return found[0]


def from_paper(services: Services, unit: str) -> list[KeyedLine]:
    """Return a school's records from paper in force, the newest first."""
    season = services.season
    found = services.database.read(lambda c: _lines(c, season, unit))
    return sorted(found, key=lambda line: line.received_at, reverse=True)


def lacks_scan(line: KeyedLine) -> bool:
    """Return whether a record from paper is still without a picture of its sheet."""
    return line.fact.paper is not None and not line.fact.paper.scan


def without_scan(services: Services, unit: str) -> int:
    """Count a school's records from paper that are still without a picture of their sheet."""
    return sum(lacks_scan(line) for line in from_paper(services, unit))


def _lines(connection: Connection, season: str, unit: str, of_fact: str = "") -> list[KeyedLine]:
    """Return the records from paper; with `of_fact` the one record, wherever it was made.

    People off the list have no sheets to work on any more, but their records are found.
    """
    ids = None if of_fact else cases.written_on_paper(connection, season, unit)
    rows = cases.rows(connection, season, unit=unit, ids=ids, off_list=None if of_fact else False)
    people = {row["id"]: cases.case_of(row) for row in rows}
    found = list[KeyedLine]()
    for case_id, facts in cases.facts_of(connection, list(people)).items():
        wanted = of_fact
        while wanted and (by := next((f.fact for f in facts if f.fact.id == wanted), None)):
            if by.kind != "correction":
                break
            wanted = str(by.body.get("corrects", ""))
        received = {f.fact.id: f.received_at for f in facts}
        found += [
            KeyedLine(case=people[case_id], fact=fact, received_at=received.get(fact.id, ""))
            for fact in in_force([f.fact for f in facts])
            if named(fact.kind).form and (fact.id == wanted if of_fact else fact.paper is not None)
        ]
    return found
