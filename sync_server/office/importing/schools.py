"""附件1 and 附件2: schools with their contacts, and with their townships."""

from __future__ import annotations

from sync_server.intake.areas import Areas
from sync_server.intake.contacts import Contacts, SchoolContacts
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.prepared import ImportRun, Prepared
from sync_server.store import case_import
from sync_server.store.database import Connection


def prepare_contacts(_: Connection, run: ImportRun, result: Contacts, choice: Choice) -> Prepared:
    """Prepare 附件1."""
    schools = {row.school: _contacts(row) for row in result.rows}
    return Prepared(take=lambda c: case_import.import_schools(c, run.season, schools))


def prepare_areas(_: Connection, run: ImportRun, result: Areas, choice: Choice) -> Prepared:
    """Prepare 附件2."""
    schools = {
        row.school: {"officer": row.officer, "townships": "、".join(row.townships)}
        for row in result.rows
    }
    return Prepared(take=lambda c: case_import.import_schools(c, run.season, schools))


def _contacts(row: SchoolContacts) -> dict[str, str]:
    return {
        "leader_name": row.leader.name,
        "leader_duty": row.leader.duty,
        "leader_phone": row.leader.phone,
        "liaison_name": row.liaison.name,
        "liaison_duty": row.liaison.duty,
        "liaison_phone": row.liaison.phone,
    }
