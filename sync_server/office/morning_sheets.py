"""What is done with morning sheets: a look is noted once a day, and they are printed."""

from __future__ import annotations

from collections.abc import Sequence

from shared.assets import FONTS
from shared.problems import ProblemError
from shared.season import china_day
from sync_server.office import fonts, jobs, morning
from sync_server.office.jobs import Job
from sync_server.office.morning_view import view_of
from sync_server.office.school_lists import suppress
from sync_server.paperwork.morning import render_morning
from sync_server.services import Services
from sync_server.store import audit, morning_looks
from sync_server.store.database import Connection
from sync_server.store.morning_looks import Look
from sync_server.store.scope import Of, of_schools


def look(services: Services, units: Sequence[str], *, account: str, at_school: bool) -> int:
    """Note that an account looked at the sheets of these schools today; return how many are new.

    The first look of a day counts; later ones change nothing and write nothing. A season that is
    closed notes none. It stands in no audit trail: this row is all that is kept of it.

    Args:
        services: The server's services.
        units: The schools, all at work.
        account: Who looked.
        at_school: Whether that is the school's own account.
    """
    now = services.settings.now()
    day, at = china_day(now).isoformat(), services.settings.now_text()

    def known(connection: Connection) -> set[str]:
        rows = morning_looks.of_day(connection, services.season, day, of_schools(units))
        return {row.unit for row in rows if row.account == account}

    looked = services.database.read(known)
    new = [unit for unit in units if unit not in looked]

    def job(connection: Connection) -> int:
        return sum(
            morning_looks.add(
                connection,
                services.season,
                Look(unit=unit, day=day, account=account, at_school=at_school, first_at=at),
            )
            for unit in new
        )

    with suppress("season.closed", "season.retention_over"):
        return services.change(job) if new else 0
    return 0


def printed(services: Services, of: Of, *, who: str) -> bytes:
    """Render the sheets of a school, or of all that somebody sees, as one PDF.

    Each school begins on a page of its own; names are masked, and no telephone is on it.

    Args:
        services: The server's services.
        of: The school, or what somebody sees.
        who: Who prints, for the audit trail.

    Raises:
        ProblemError: morning.nobody, fonts.not_found, paper.not_set.
    """
    found = morning.read(services, of)
    sheets = [view_of(sheet, found) for sheet in found.sheets if sheet.progress.people]
    if not sheets:
        raise ProblemError("morning.nobody")
    unit = of if isinstance(of, str) else ""
    pdf = jobs.run(
        services,
        Job(kind="lists", unit=unit, who=who),
        render_morning,
        sheets,
        found.season,
        services.settings.now(),
        FONTS,
        bool(services.settings.clock_spec),
        fonts.in_use(services),
    )
    at = services.settings.now_text()
    services.database.write(
        lambda c: audit.note(
            c, at=at, who=who, action="morning.print", unit=unit, detail=str(len(sheets))
        )
    )
    return pdf
