"""The scan of a summary's stamped pages: read first, then put in place of the one before.

An upload may be anything, so it is read before its document is claimed: what takes long to read, or
never ends, keeps nobody from the document. Its CPU time goes by the printed pages (job_limits.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from shared.problems import ProblemError
from shared.season import china_day
from sync_server.deferred import in_subprocess
from sync_server.disk_errors import disk_problems
from sync_server.office import jobs, stamps, summary_files, summary_work
from sync_server.office.jobs import Job
from sync_server.office.scan_report import ScanReport
from sync_server.office.summary_files import folder_of
from sync_server.office.summary_work import Claimed, claimed, put_in_place, remove_kept
from sync_server.sealing.elsewhere import Declared
from sync_server.services import Services
from sync_server.store import audit, seasons, summaries
from sync_server.store.database import Connection
from sync_server.store.summaries import SummaryRow
from sync_server.store.summary_states import Action, after

if TYPE_CHECKING:
    from sync_server.office import worker_jobs
else:
    worker_jobs = in_subprocess("sync_server.office.worker_jobs")

MAX_SCAN_BYTES = 40 * 1024 * 1024
"""Most bytes of one scan, all its files together."""


class _Printed(msgspec.Struct, frozen=True, kw_only=True):
    """What expected.json says of the print, as far as a scan's limits need it."""

    pages: int


Files = Sequence[tuple[str, bytes]]
"""(file name, bytes) of each upload."""


def add(services: Services, summary_id: str, files: Files, *, who: str) -> ScanReport:
    """Store the scanned, stamped pages; a complete scan makes the summary stamped.

    Another upload replaces the earlier one until the summary is sealed; one that cannot be read
    leaves it in force, and so does one that was begun before it and is read after it.

    Args:
        services: The server's services.
        summary_id: The version.
        files: (file name, bytes) of each upload.
        who: Who does it, for the audit trail.

    Returns:
        What was found on the pages of the upload in force.

    Raises:
        ProblemError: summary.unknown, summary.sealed, summary.not_printed, summary.discarded,
            request.too_large, summary.composing and the others of summary_work.BUSY.
    """
    return _add(services, summary_id, files, None, who)


def add_elsewhere(
    services: Services, summary_id: str, files: Files, *, seen: bool, who: str
) -> ScanReport:
    """Store files that were sealed electronically elsewhere, in place of a scan, as `add` does.

    Args:
        services: The server's services.
        summary_id: The version.
        files: (file name, bytes) of each upload, PDF or OFD.
        seen: Whether the person declares to have opened them and that they are this version.
        who: Who does it, for the audit trail and the seal.

    Returns:
        What was found in the upload in force.

    Raises:
        ProblemError: elsewhere.not_declared, and those of `add`.
    """
    if not seen:
        raise ProblemError("elsewhere.not_declared")
    said = Declared(by=who, at=services.settings.now_text())
    return _add(services, summary_id, files, said, who)


def declared(row: SummaryRow) -> Declared | None:
    """Return who said that uploads were sealed elsewhere; None where they are a scan."""
    if not row.stands_on:
        return None
    kept = row.declared or msgspec.json.encode(Declared(by="", at="")).decode()
    return msgspec.json.decode(kept, type=Declared)


def _add(
    services: Services, summary_id: str, files: Files, said: Declared | None, who: str
) -> ScanReport:
    row = _may(services, summary_id)
    if sum(len(data) for _, data in files) > MAX_SCAN_BYTES:
        raise ProblemError("request.too_large", limit=MAX_SCAN_BYTES)
    today = china_day(services.settings.now())
    services.database.read(lambda c: seasons.check_takes_changes(c, row.season, today))
    with summary_work.aside(services, row.document) as (by, made):
        name = f"{summary_files.SCAN}-{by}"
        scans = made / name
        _write_uploads(scans, files)
        report = _read(services, row, scans, said, who)
        with claimed(services, row.document, "scan", season=row.season) as work:
            before, row = row.scan, _may(services, summary_id)
            # begun after this one and read faster; a clock set back earlier keeps none out
            if row.scan != before and row.scan > name:
                return stamps.report(services, row) or report
            _put_scan(services, row, scans, report, said, work, who)
    return report


def _read(
    services: Services, row: SummaryRow, scans: Path, said: Declared | None, who: str
) -> ScanReport:
    """Read uploads before anything is claimed: they may be anything, and nobody waits for them."""
    folder = folder_of(services, row)
    expected = msgspec.json.decode((folder / "expected.json").read_bytes(), type=_Printed)
    reading = Job(kind="scan", unit=row.unit, who=who, pages=expected.pages)
    return jobs.run(services, reading, worker_jobs.read_scans, folder, scans, said)


def _put_scan(
    services: Services,
    row: SummaryRow,
    scans: Path,
    report: ScanReport,
    said: Declared | None,
    work: Claimed,
    who: str,
) -> None:
    """Put read uploads in place of those in force, with their row."""
    now = services.settings.now_text()
    put_in_place(services, scans, f"{row.folder}/{scans.name}")
    action: Action = "scan_complete" if report.complete else "scan"
    values = {
        "scan": scans.name,
        "confirmed_stamps": "",
        "stands_on": report.elsewhere.kind if report.elsewhere else "",
        "declared": msgspec.json.encode(said).decode() if said else "",
    }
    act = "summary.elsewhere" if said else "summary.scan"

    def job(connection: Connection) -> None:
        work.check(connection)
        summaries.move(connection, row.id, action, **values)
        audit.note(connection, at=now, who=who, action=act, ref=row.data_hash, unit=row.unit)

    services.change(job, season=row.season)
    remove_kept(services, summary_files.scan_key(row))


def _write_uploads(scans: Path, files: Sequence[tuple[str, bytes]]) -> None:
    with disk_problems():
        scans.mkdir(mode=0o700)
        for number, (name, data) in enumerate(files):
            safe = re.sub(r"[^\w.-]", "_", name)[-80:]
            (scans / f"{number:02d}-{safe}").write_bytes(data)


def _may(services: Services, summary_id: str) -> SummaryRow:
    """Return a version that takes a scan. Raises ProblemError as summary_states.after."""
    row = services.database.read(lambda c: summaries.get(c, summary_id))
    after("scan", row.state)
    return row
