"""附件1 and 附件2: schools with their contacts, and with their townships."""

from __future__ import annotations

from collections.abc import Mapping

from sync_server.intake.areas import Areas
from sync_server.intake.contacts import Contacts, SchoolContacts
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.prepared import ImportRun, Prepared
from sync_server.office.importing.school_names import SchoolsOfFile, problems, undecided
from sync_server.store import case_import
from sync_server.store.case_import import ImportCounts
from sync_server.store.database import Connection

Fields = Mapping[str, Mapping[str, str]]
"""The school as the file writes it -> what the file says of it."""


def prepare_contacts(
    connection: Connection, run: ImportRun, result: Contacts, choice: Choice
) -> Prepared:
    """Prepare 附件1: it makes the schools that are new."""
    fields = {row.school: _contacts(row) for row in result.rows}
    return _prepare(connection, run, fields, choice, ask_all=False)


def prepare_areas(
    connection: Connection, run: ImportRun, result: Areas, choice: Choice
) -> Prepared:
    """Prepare 附件2: a school that 附件1 does not have is asked about."""
    fields = {
        row.school: {"officer": row.officer, "townships": "、".join(row.townships)}
        for row in result.rows
    }
    return _prepare(connection, run, fields, choice, ask_all=True)


def _prepare(
    connection: Connection, run: ImportRun, fields: Fields, choice: Choice, *, ask_all: bool
) -> Prepared:
    schools = SchoolsOfFile(connection, run, fields, choice)
    asked = undecided(schools, ask_all)

    def take(connection: Connection) -> ImportCounts:
        schools.apply(connection)
        named = {
            schools.name_afterwards(written) or written: values
            for written, values in fields.items()
        }
        return case_import.import_schools(connection, run.season, named)

    return Prepared(
        take=take,
        problems=problems(schools, asked),
        details={"schools": asked} if asked else {},
        blocked=any(not one["chosen"] for one in asked),
    )


def _contacts(row: SchoolContacts) -> dict[str, str]:
    return {
        "leader_name": row.leader.name,
        "leader_duty": row.leader.duty,
        "leader_phone": row.leader.phone,
        "liaison_name": row.liaison.name,
        "liaison_duty": row.liaison.duty,
        "liaison_phone": row.liaison.phone,
    }
