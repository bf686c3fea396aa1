"""The due list: people become cases; who is known from an earlier list stays the same case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sync_server.intake.due_list import DueList
from sync_server.intake.people import DuePerson, person_key
from sync_server.intake.report import WARNING, RowProblem, joined
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.prepared import ImportRun, Prepared
from sync_server.store import case_import, case_plan
from sync_server.store.database import Connection

_CONFIRMED = ("intake.identity_corrected", "intake.cases_join", "intake.contract_of_another")
"""What waits until somebody confirms it."""


def prepare(connection: Connection, run: ImportRun, result: DueList, choice: Choice) -> Prepared:
    """Prepare a due list; people with a rejected row are left out whole."""
    people = [_imported_person(run.season, p) for p in result.people if not p.rejected_rows]
    accept = choice.accept_identity
    plan = case_plan.plan(connection, run.season, people, accept=accept)

    def take(connection: Connection) -> case_import.ImportCounts:
        return case_import.import_people(
            connection, run.season, people, accept_identity=accept, whole=plan
        )

    return Prepared(
        take=take,
        problems=[_problem(note) for note in plan.notes],
        details=_identity(plan.notes, accept) if plan.notes else {},
    )


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


def _imported_person(season: str, person: DuePerson) -> case_plan.ImportedPerson:
    return case_import.imported_person(
        season,
        person_key(person.borrower.id_number) or person.contracts[0].contract_no,
        person.school_name,
        person.borrower,
        person.co_borrower,
        person.contracts,
        address=person.address,
        township=person.township,
        village=person.village,
        college=person.college,
        graduated_on=person.graduated_on,
        overdue_prior=person.overdue_prior,
        overdue_said=person.overdue_said,
        rows=person.rows,
    )
