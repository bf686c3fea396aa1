"""Print sheets to fill in by hand: blank records, a blank 情况说明, signatures by village."""

from __future__ import annotations

from shared.assets import FONTS
from shared.cases import Case
from shared.problems import ProblemError
from shared.season import Season, china_day
from sync_server.office import fonts, jobs
from sync_server.office.jobs import Job
from sync_server.office.keyed_form import forms
from sync_server.paperwork import record_sheets as record_paper
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


def record_sheets(
    services: Services,
    unit: str,
    *,
    who: str,
    kind: str = "",
    staff: str = "",
    village: str = "",
) -> bytes:
    """Return blank sheets of the records as a PDF.

    Args:
        services: The server's services.
        unit: The school.
        who: The account that prints.
        kind: The kind of record; "" for every kind.
        staff: The teacher (staff id) whose unpaid people have a sheet each; "" for nobody.
        village: Likewise the village. With neither, the sheets have no name.

    Raises:
        ProblemError: unit.unknown, fact.unknown_kind, paper.nobody_due, fonts.not_found,
            paper.not_set.
    """
    kinds = [each for each in forms() if kind in ("", each.name)]
    if not kinds:
        raise ProblemError("fact.unknown_kind", kind=kind)

    def read(connection: Connection) -> tuple[str, Season, list[Case]]:
        name, season, due = _school(connection, services.season, unit)
        chosen = [
            case
            for case in due
            if (staff and case.assignee == staff) or (village and case.village == village)
        ]
        return name, season, sorted(chosen, key=lambda case: (case.village, case.code))

    name, season, chosen = services.database.read(read)
    if (staff or village) and not chosen:
        raise ProblemError("paper.nobody_due", school=name)
    today, demo = china_day(services.settings.now()), bool(services.settings.clock_spec)
    printing = Job(kind="notices", unit=unit, who=who)
    given = ([each.name for each in kinds], chosen, season, name, today, FONTS)
    make = record_paper.render_named
    pdf = jobs.run(services, printing, make, *given, demo=demo, faces=fonts.in_use(services))
    at = services.settings.now_text()
    if chosen:
        services.database.write(
            lambda c: audit.note(
                c, at=at, who=who, action="sheets.print", unit=unit, detail=str(len(chosen))
            )
        )
    return pdf


def _school(connection: Connection, season: str, unit: str) -> tuple[str, Season, list[Case]]:
    row = units.unit(connection, season, unit)
    if row is None:
        raise ProblemError("unit.unknown", unit=unit)
    found = [cases.case_of(r) for r in cases.rows(connection, season, unit=unit) if not r["paid"]]
    return row.name, seasons.get(connection, season), found
