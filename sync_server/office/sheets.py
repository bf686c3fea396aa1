"""Print sheets to fill in by hand: a blank 情况说明, and signatures of notices by village."""

from __future__ import annotations

from shared.assets import FONTS
from shared.cases import Case
from shared.problems import ProblemError
from shared.season import Season, china_day
from sync_server.office import fonts, jobs
from sync_server.office.jobs import Job
from sync_server.paperwork import sheets
from sync_server.services import Services
from sync_server.store import audit, cases, seasons, units
from sync_server.store.database import Connection


def statement_sheet(services: Services, unit: str, *, who: str) -> bytes:
    """Return a blank 情况说明 of a school as a PDF.

    Raises:
        ProblemError: unit.unknown, fonts.not_found, paper.not_set.
    """
    name, season, _ = services.database.read(lambda c: _school(c, services.season, unit))
    today, demo = china_day(services.settings.now()), bool(services.settings.clock_spec)
    printing = Job(kind="notices", unit=unit, who=who)
    make = sheets.render_statement_sheet
    faces = fonts.in_use(services)
    given = (season, name, today, FONTS)
    return jobs.run(services, printing, make, *given, demo=demo, faces=faces)


def signing_sheets(services: Services, unit: str, *, who: str) -> bytes:
    """Return a sheet of signatures for each village of a school's unpaid people, as a PDF.

    Raises:
        ProblemError: unit.unknown, paper.nobody_due, fonts.not_found, paper.not_set.
    """
    name, season, found = services.database.read(lambda c: _school(c, services.season, unit))
    today, demo = china_day(services.settings.now()), bool(services.settings.clock_spec)
    printing = Job(kind="notices", unit=unit, who=who)
    make = sheets.render_signing_sheets
    faces = fonts.in_use(services)
    given = (found, season, name, today, FONTS)
    pdf = jobs.run(services, printing, make, *given, demo=demo, faces=faces)
    at = services.settings.now_text()
    services.database.write(
        lambda c: audit.note(
            c, at=at, who=who, action="sheets.print", unit=unit, detail=str(len(found))
        )
    )
    return pdf


def _school(connection: Connection, season: str, unit: str) -> tuple[str, Season, list[Case]]:
    row = units.unit(connection, season, unit)
    if row is None:
        raise ProblemError("unit.unknown", unit=unit)
    found = [cases.case_of(r) for r in cases.rows(connection, season, unit=unit) if not r["paid"]]
    return row.name, seasons.get(connection, season), found
