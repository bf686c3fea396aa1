"""The due list: people become cases; who is known from an earlier list stays the same case.

People whom a newer list leaves out are asked about: nothing is imported before somebody chose
whether they stay on the list or are taken out with a reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sync_server.intake.due_list import DueList
from sync_server.intake.people import DuePerson, person_key
from sync_server.intake.report import ERROR, WARNING, RowProblem, joined
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.difference import Difference, DifferenceLine, difference
from sync_server.office.importing.prepared import ImportRun, Prepared
from sync_server.office.importing.school_names import NEW, SchoolsOfFile, of_file
from sync_server.store import audit, case_import, case_plan, on_list, units
from sync_server.store.database import Connection

_CONFIRMED = ("intake.identity_corrected", "intake.cases_join", "intake.contract_of_another")
"""What waits until somebody confirms it."""
MANY = 10
"""So many case codes are named in one sentence."""


def prepare(connection: Connection, run: ImportRun, result: DueList, choice: Choice) -> Prepared:
    """Prepare a due list; people with a rejected row are left out whole, and are not gone.

    Raises:
        ProblemError: unit.unknown, when a school was chosen that the season does not have.
    """
    known = units.unit_names(connection, run.season)
    named = SchoolsOfFile(connection, run, (p.school_name for p in result.people), choice)
    chosen = {w: name for w in named.written if (name := named.present_name(w))}
    whole = [p for p in result.people if not p.rejected_rows]
    left_out = [p for p in result.people if p.rejected_rows]
    people = [_imported_person(run.season, p, chosen) for p in whole]
    accept = choice.accept_identity
    plan = case_plan.plan(
        connection,
        run.season,
        people,
        accept=accept,
        also_named=[*result.rejected_keys, *(key for p in left_out for key in _keys(p))],
    )
    found = difference(plan, known, accept_identity=accept, accept_moves=choice.accept_moves)
    undecided = _undecided(len(plan.gone), choice)
    schools = _unknown_schools(whole, named)

    def take(connection: Connection) -> case_import.ImportCounts:
        named.apply(connection)
        for written, meant in named.chosen.items():
            if meant.how == NEW:
                units.put_unit(connection, run.season, written)
        done = case_import.import_people(
            connection,
            run.season,
            people,
            accept_identity=accept,
            accept_moves=choice.accept_moves,
            whole=plan,
        )
        if choice.gone == "take_out":
            gone = [row["id"] for row in plan.gone]
            done.gone = _take_out(connection, run, gone, choice) or msgspec.UNSET
        return done

    return Prepared(
        take=take,
        problems=[
            *undecided,
            *map(_problem, plan.notes),
            *_about_moves(found),
            *_about_back(found),
            *_about_schools(schools),
            *_about_retired(whole, named),
            *named.by_other_names(),
        ],
        details={
            **(_identity(plan.notes, accept) if plan.notes else {}),
            **({"difference": msgspec.to_builtins(found)} if found.has_lines else {}),
            **({"schools": schools} if schools else {}),
        },
        blocked=bool(undecided),
    )


def _take_out(
    connection: Connection, run: ImportRun, case_ids: Sequence[str], choice: Choice
) -> int:
    reason = choice.gone_reason.strip()
    if not case_ids:
        return 0
    count = on_list.take_out(connection, run.season, case_ids, reason, run.now)
    detail = f"{count}: {reason}"
    audit.note(
        connection, at=run.now, who=run.who, action="case.off_list", ref=run.id, detail=detail
    )
    return count


def _undecided(gone: int, choice: Choice) -> list[RowProblem]:
    """Return what is still to be chosen about the people who are gone."""
    if not gone or choice.gone == "keep":
        return []
    if choice.gone == "" or choice.gone_count not in (0, gone):
        return [of_file("intake.gone_undecided", ERROR, count=str(gone))]
    return [] if choice.gone_reason.strip() else [of_file("intake.gone_reason_missing", ERROR)]


def _about_moves(found: Difference) -> list[RowProblem]:
    """Return one line for each pair of schools between which people move, or would."""
    pairs: dict[tuple[str, str, bool], list[DifferenceLine]] = defaultdict(list)
    for line in found.moved:
        (school,) = line.changes
        pairs[school.was, school.now, bool(line.stays)].append(line)
    return [
        of_file("intake.move_held", WARNING, was=was, now=now, codes=_codes(lines))
        if held
        else of_file("intake.moves", WARNING, was=was, now=now, count=str(len(lines)))
        for (was, now, held), lines in pairs.items()
    ]


def _about_back(found: Difference) -> list[RowProblem]:
    if not found.back:
        return []
    count, codes = str(len(found.back)), _codes(found.back)
    return [of_file("intake.people_back", WARNING, count=count, codes=codes)]


def _about_schools(schools: Sequence[Mapping[str, Any]]) -> list[RowProblem]:
    """Return one line for each school that looks renamed, until it is chosen which it is."""
    return [
        of_file(
            "intake.school_renamed",
            WARNING,
            school=school["written"],
            count=str(school["people"]),
            alike="、".join(f"{one['name']}({one['code']})" for one in school["alike"]),
        )
        for school in schools
        if not school["chosen"]
    ]


def _about_retired(people: Sequence[DuePerson], named: SchoolsOfFile) -> list[RowProblem]:
    """Return one line for each retired school that the list names: its people wait to be placed."""
    counted = Counter(code for p in people if (code := named.found.get(p.school_name, "")))
    rows = [(named.rows[code], count) for code, count in counted.items()]
    return [
        of_file("intake.school_retired", WARNING, school=row.name, count=str(count))
        for row, count in rows
        if row.retired_at
    ]


def _unknown_schools(people: Sequence[DuePerson], named: SchoolsOfFile) -> list[dict[str, Any]]:
    """Return the unknown schools that may be known ones, and which was chosen for each."""
    counted = Counter(p.school_name for p in people)
    return [
        named.question(written, candidates, people=counted[written])
        for written in named.unknown()
        if counted[written] and (candidates := named.names.near(written) or _left_out(named))
    ]


def _left_out(named: SchoolsOfFile) -> list[str]:
    """Return the one school that the list leaves out: an unknown one may be its new name."""
    missing = named.missing()
    return missing if len(missing) == 1 else []


def _codes(lines: Sequence[DifferenceLine]) -> str:
    codes = [line.code or line.name for line in lines]
    return "、".join(codes[:MANY]) + ("……" if len(codes) > MANY else "")


def _keys(person: DuePerson) -> list[str]:
    return [
        person_key(person.borrower.id_number),
        *(contract.contract_no for contract in person.contracts),
    ]


def _problem(note: case_plan.IdentityNote) -> RowProblem:
    rows = {"rows": joined(note.rows)} if note.rows else {}
    return RowProblem(
        row=min(note.rows, default=None),
        column="",
        code=note.code,
        level=WARNING,
        values={**note.values, **rows},
    )


def _identity(notes: Sequence[case_plan.IdentityNote], accept: bool) -> dict[str, Any]:
    """Count what a list says of people known from an earlier one."""
    counted = Counter(note.code for note in notes)
    return {
        "identity": {
            "corrected": counted["intake.identity_corrected"],
            "joined": counted["intake.cases_join"],
            "apart": counted["intake.cases_apart"],
            "gone": sum(int(n.values["count"]) for n in notes if n.code == "intake.people_gone"),
            "waiting": 0 if accept else sum(counted[code] for code in _CONFIRMED),
        }
    }


def _imported_person(
    season: str, person: DuePerson, chosen: Mapping[str, str]
) -> case_plan.ImportedPerson:
    return case_import.imported_person(
        season,
        person_key(person.borrower.id_number) or person.contracts[0].contract_no,
        chosen.get(person.school_name, person.school_name),
        person.borrower,
        person.co_borrower,
        person.contracts,
        address=person.address,
        township=person.township,
        village=person.village,
        college=person.college,
        graduated_on=person.graduated_on,
        overdue_prior=person.overdue_prior,
        overdue_given=person.overdue_given,
        rows=person.rows,
        written=person.written,
    )
