"""Print a school's notices (附件3) as one PDF: the part to hand over, the slip to bring back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from shared.assets import FONTS
from shared.cases import Case
from shared.problems import ProblemError
from shared.season import Season, china_day
from sync_server import temporary
from sync_server.office import fonts, jobs
from sync_server.office.jobs import Job
from sync_server.paperwork.faces import KeptFaces
from sync_server.services import Services
from sync_server.store import audit, case_use, cases, seasons, units
from sync_server.store.database import Connection
from sync_server.store.units import UnitRow


def notices_pdf(services: Services, unit: str, *, who: str) -> bytes:
    """Render the notices (附件3) of everyone of a school who has not repaid.

    Returns:
        The PDF; nothing of it stays on the server's disk.

    Raises:
        ProblemError: unit.unknown, paper.nobody_due, fonts.not_found.
    """
    settings = services.settings

    def job(connection: Connection) -> tuple[UnitRow, Season, list[Case]]:
        row = units.unit(connection, services.season, unit)
        if row is None:
            raise ProblemError("unit.unknown", unit=unit)
        found = [
            cases.case_of(r)
            for r in cases.rows(connection, services.season, unit=unit)
            if not r["paid"]
        ]
        return row, seasons.get(connection, services.season), found

    school, season, found = services.database.read(job)
    today, demo = china_day(settings.now()), bool(settings.clock_spec)
    printing = Job(kind="notices", unit=unit, who=who)
    with temporary.folder_for("notices") as folder:
        dest = folder / "notices.pdf"
        faces = fonts.in_use(services)
        given = (found, season, school, today, demo, faces, dest)
        jobs.run(services, printing, _render, *given)
        pdf = dest.read_bytes()
    now = settings.now_text()

    def keep(connection: Connection) -> None:
        case_use.mark_printed(connection, [case.id for case in found], now)
        audit.note(
            connection,
            at=now,
            who=who,
            action="notices.print",
            unit=unit,
            detail=str(len(found)),
        )

    services.change(keep)
    return pdf


def _render(
    found: list[Case],
    season: Season,
    school: UnitRow,
    issued_on: date,
    demo: bool,
    faces: KeptFaces | None,
    dest: Path,
) -> None:
    from sync_server.paperwork.notices import render_notices

    phone = school.liaison_phone or school.leader_phone
    given = (found, season, school.name, issued_on, FONTS)
    dest.write_bytes(render_notices(*given, school_phone=phone, demo=demo, faces=faces))
