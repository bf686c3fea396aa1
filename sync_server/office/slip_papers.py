"""Print the papers of a batch of slips: the hand-over sheet and the receipt, two copies each."""

from __future__ import annotations

from collections.abc import Callable

from shared.assets import FONTS
from shared.season import Season, china_day
from sync_server.office import fonts, jobs
from sync_server.office import slip_steps as steps
from sync_server.office.jobs import Job
from sync_server.paperwork import slip_papers
from sync_server.paperwork.slip_papers import BatchPaper, Slip
from sync_server.services import Services
from sync_server.store import audit, cases, seasons, slip_batches, units
from sync_server.store.database import Connection
from sync_server.store.slip_batches import DRAFT, RECEIVED, Batch


def sheet(services: Services, batch_id: str, *, who: str) -> bytes:
    """Return the hand-over sheet of a batch as a PDF.

    Raises:
        ProblemError: slip_batch.unknown, fonts.not_found, paper.not_set.
    """
    return _print(services, batch_id, slip_papers.render_sheet, "slips.print", who)


def receipt(services: Services, batch_id: str, *, who: str) -> bytes:
    """Return the receipt of a received batch as a PDF.

    Raises:
        ProblemError: slip_batch.unknown, slip_batch.state, fonts.not_found, paper.not_set.
    """
    return _print(services, batch_id, slip_papers.render_receipt, "slips.receipt", who)


def _print(
    services: Services, batch_id: str, make: Callable[..., bytes], action: str, who: str
) -> bytes:
    season_id = services.season

    def job(connection: Connection) -> tuple[Batch, BatchPaper, Season]:
        batch = steps.get_batch(connection, season_id, batch_id)
        if make is slip_papers.render_receipt:
            steps.check_state(batch, (RECEIVED,))
        return batch, _paper(connection, batch), seasons.get(connection, season_id)

    batch, paper, season = services.database.read(job)
    today, demo = china_day(services.settings.now()), bool(services.settings.clock_spec)
    printing = Job(kind="notices", unit=batch.unit, who=who)
    faces = fonts.in_use(services)
    pdf = jobs.run(services, printing, make, paper, season, today, FONTS, demo=demo, faces=faces)
    at, detail = services.settings.now_text(), str(batch.number)
    services.database.write(
        lambda c: audit.note(
            c, at=at, who=who, action=action, ref=batch_id, unit=batch.unit, detail=detail
        )
    )
    return pdf


def _paper(connection: Connection, batch: Batch) -> BatchPaper:
    school = units.unit(connection, batch.season, batch.unit)
    lines = slip_batches.lines(connection, [batch.id])
    rows = cases.rows(connection, batch.season, ids=[line.case_id for line in lines], off_list=None)
    people = {row["id"]: cases.case_of(row) for row in rows}
    slips = tuple(
        Slip(
            line=line.line,
            code=people[line.case_id].code,
            name=people[line.case_id].borrower.name,
            on_sheet=line.on_sheet,
            received=line.ticked,
        )
        for line in lines
        if line.case_id in people
    )
    return BatchPaper(
        unit=school.name if school else batch.unit,
        number=batch.number,
        slips=slips,
        draft=batch.state == DRAFT,
        received_on=batch.received_on,
        given_by=batch.given_by,
        received_by=batch.received_by,
        late=batch.late,
        receipts=batch.receipts,
        reason=batch.reason,
    )
