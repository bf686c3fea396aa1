"""A school's summary from composing to its seal; a county's report from its print to its seal.

Each verb claims the document before it works (summary_work.py) and stores its row last; what may be
done in which state stands in store/summary_states.py. Verbs that only change the state are in
summary_verdicts.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from shared.assets import FONTS
from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.readiness import NamedException
from sync_server.deferred import in_subprocess
from sync_server.disk_errors import disk_problems
from sync_server.office import (
    certs,
    fonts,
    jobs,
    receipts,
    slips,
    stamps,
    summary_files,
    summary_scans,
    summary_work,
)
from sync_server.office.cut_off import moment_of
from sync_server.office.jobs import Job
from sync_server.office.summary_files import folder_of
from sync_server.office.summary_inputs import Gathered, gather, photo_hashes
from sync_server.office.summary_versions import (
    Made,
    document_name,
    store_next,
)
from sync_server.office.summary_work import Claimed, claimed, put_in_place, remove_kept
from sync_server.sealing.making.compose import compose as compose_pure
from sync_server.sealing.summary import CountySummary, Summary, Unit, decode
from sync_server.services import Services
from sync_server.store import audit, bulletins, cases, seasons, summaries, summary_follows, units
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY, Of
from sync_server.store.summaries import SummaryRow
from sync_server.store.summary_states import UNSEALED, Action, after
from sync_server.store.work_claims import Work

if TYPE_CHECKING:
    from sync_server.office import worker_jobs
else:
    worker_jobs = in_subprocess("sync_server.office.worker_jobs")

MAX_REPORT_NO = 60
"""Most characters of a report's own 文号: an office's short name, the year in 〔〕 and a number."""


def compose(
    services: Services,
    unit: str,
    *,
    who: str,
    cut_off: datetime | None = None,
    exceptions: Sequence[NamedException] = (),
    reason: str = "",
    report_no: str = "",
) -> SummaryRow:
    """Compose and render a school's next version.

    Args:
        services: The server's services.
        unit: The school code.
        who: Who does it, for the audit trail.
        cut_off: The moment it is as of; without an offset it is China's time, None is now.
        exceptions: What may be missing, with reasons.
        reason: Why there is another version after a sealed one; people of that one who moved to
            other schools since are added in words.
        report_no: The report's own 文号, where the school gives it one.

    Returns:
        The stored version; pressed twice at once, the same one.

    Raises:
        NotReady: With everything that is missing (sealing.making.compose).
        ProblemError: unit.unknown, compose.no_cases, seal.reason_missing, seal.cut_off_future,
            summary.composing and the others of summary_work.BUSY.
    """
    settings = services.settings
    now = settings.now()
    season = services.database.read(lambda c: seasons.get(c, services.season))
    moment = moment_of(season, cut_off, now) or now

    def make() -> Made:
        if not reason and sealed_before(services, unit):
            raise ProblemError("seal.reason_missing")
        while slips.read_slips(services, unit):
            pass  # until every slip is read
        gathered = services.database.read(
            lambda c: gather(
                c,
                services.season,
                unit,
                cut_off=moment,
                exceptions=tuple(exceptions),
                reason=reason,
                demo=bool(settings.clock_spec),
                report_no=report_no,
                now=settings.now() if cut_off else None,
            )
        )
        return compose_pure(gathered.inputs), gathered

    asked = sha256_hex(msgspec.json.encode((cut_off, tuple(exceptions), reason, report_no)))
    return store_next(services, unit, make, asked, who)


def sealed_before(services: Services, unit: str) -> bool:
    """Return whether a version of this school is sealed: another one then needs a reason."""
    return any(row.sha256 for row in listed(services, unit))


def listed(services: Services, of: Of, document: str = "") -> list[SummaryRow]:
    """Return the summaries of a school or a scope, the newest version first.

    `document`: of this one alone; the county has one for each recipient.
    """
    rows = services.database.read(lambda c: summaries.listed(c, services.season, of))
    return [row for row in rows if document in ("", row.document)]


def under_way(services: Services, unit: str, document: str = "") -> Work | None:
    """Return what somebody does with a unit's summary right now."""
    return summary_work.under_way(services, document or document_name(services, unit))


def document(row: SummaryRow) -> Summary:
    """Return the summary itself."""
    return decode(row.data)


def missing(row: SummaryRow) -> tuple[Unit, ...]:
    """Return the units that a county's summary lacks."""
    summary = document(row)
    return summary.missing if isinstance(summary, CountySummary) else ()


def to_print(services: Services, summary_id: str, *, who: str) -> Path:
    """Return the path of the pages to print; from now on this version is fixed.

    Raises:
        ProblemError: summary.unknown, summary.discarded, summary.child_changed.
    """
    row, now = _row(services, summary_id), services.settings.now_text()
    after("print", row.state)
    if row.state in UNSEALED:

        def job(connection: Connection) -> None:
            summary_follows.check_children(connection, row)
            printed, is_first = summaries.move(connection, summary_id, "print")
            if is_first:
                audit.note(
                    connection,
                    at=now,
                    who=who,
                    action="summary.print",
                    ref=printed.data_hash,
                    unit=printed.unit,
                )

        services.change(job, season=row.season)
    return folder_of(services, row) / "printed.pdf"


def seal(services: Services, summary_id: str, *, who: str) -> SummaryRow:
    """Seal a stamped summary with the unit's certificate.

    Returns:
        The sealed version; pressed twice, the same one.

    Raises:
        ProblemError: summary.unknown, summary.sealed, summary.not_stamped, summary.discarded,
            summary.out_of_date, summary.child_changed, seal.*, certs.*, summary.composing and the
            others of summary_work.BUSY.
    """
    row = _may(services, summary_id, "seal")
    if row.sha256:
        return row
    with claimed(services, row.document, "seal", season=row.season) as work:
        while True:
            row = _may(services, summary_id, "seal")
            if row.sha256:
                return row  # the same button, pressed twice
            if (sealed := _seal_as_it_stands(services, row, work, who)) is not None:
                return sealed


def _seal_as_it_stands(
    services: Services, row: SummaryRow, work: Claimed, who: str
) -> SummaryRow | None:
    """Seal a version; None where its row was changed meanwhile, so that the files say otherwise."""
    services.database.read(lambda c: summary_follows.check(c, row))
    sha256 = _seal_files(services, row, work, who)
    now = services.settings.now_text()

    def job(connection: Connection) -> SummaryRow | None:
        work.check(connection)
        if summaries.get(connection, row.id) != row:
            return None
        try:
            summary_follows.check(connection, row)
        except ProblemError:  # changed while the files were made: the next try names it
            return None
        audit.note(connection, at=now, who=who, action="summary.seal", ref=sha256, unit=row.unit)
        sealed, _ = summaries.move(connection, row.id, "seal", sha256=sha256, sealed_at=now)
        return sealed

    sealed = services.change(job, season=row.season)
    if sealed is None:
        remove_kept(services, f"{row.folder}/{summary_files.seal_name(sha256)}")
    return sealed


def _seal_files(services: Services, row: SummaryRow, work: Claimed, who: str) -> str:
    """Make the sealed files in a folder named by their hash; return the PDF's sha256."""
    folder, out = folder_of(services, row), work.folder / summary_files.SEAL
    scans = summary_files.scan_of(services, row)
    if not scans.is_dir():  # replaced while a backup was made of it
        raise ProblemError("summary.not_stamped")
    code = certs.ensure(services, "" if row.unit == bulletins.UNIT else row.unit)
    kept = folder / "gathered.json"
    gathered = msgspec.json.decode(kept.read_bytes(), type=Gathered) if kept.exists() else None
    named = photo_hashes(gathered) if gathered else ()
    with disk_problems():
        out.mkdir(mode=0o700)
        photos = services.files.folder_of(named, work.folder / "photos")
    sha256 = jobs.run(
        services,
        Job(kind="seal", unit=row.unit, who=who),
        worker_jobs.seal_summary,
        folder,
        scans,
        out,
        certs.folder(services),
        code,
        certs.passphrase(services),
        FONTS,
        services.settings.real_now(),
        gathered,
        photos,
        stamps.confirmed(row),
        fonts.recorded(services, folder),
        summary_scans.declared(row),
    )
    put_in_place(services, out, f"{row.folder}/{summary_files.seal_name(sha256)}")
    return sha256


def files(services: Services, summary_id: str) -> dict[str, Path]:
    """Return a version's files by name: printed.pdf, and sealed ones where its row says sealed."""
    row = _row(services, summary_id)
    found = summary_files.served(services, row)
    return {name: services.file_store.local(key) for name, key in found.items()}


def file_sizes(services: Services, row: SummaryRow) -> dict[str, int]:
    """Return the sizes of a version's files in bytes, by name."""
    found = summary_files.served(services, row)
    return {name: services.file_store.size(key) or 0 for name, key in found.items()}


def reporting_schools(services: Services) -> dict[str, str]:
    """Return code and name of the schools that report; not one that sealed and has nobody left.

    Its people moved to other schools and stand in their summaries.
    """
    schools = services.database.read(lambda c: units.units(c, services.season))
    at_work = services.database.read(lambda c: cases.schools(c, services.season))
    sealed = {row.unit for row in listed(services, WHOLE_COUNTY) if row.sha256}
    return {u.code: u.name for u in schools if u.code in at_work or u.code not in sealed}


def sealed_files(services: Services) -> dict[str, Path]:
    """Return the newest sealed PDF of each school that reports, by school code.

    A school whose newest one was returned has none until it seals another.
    """
    schools = reporting_schools(services)
    every = listed(services, WHOLE_COUNTY)
    found = summaries.standings(row for row in every if row.unit in schools)
    return {
        unit: services.file_store.local(f"{summary_files.sealed_key(services, row)}/summary.pdf")
        for unit, standing in sorted(found.items())
        if standing.reports and (row := standing.sealed)
    }


def check_file(services: Services, path: Path, given_receipt: bytes = b"") -> dict[str, Any]:
    """Verify a sealed file against this county's root; nothing is kept.

    Args:
        services: The server's services.
        path: The sealed PDF.
        given_receipt: The receipt to check with it, beside those kept here; b"" for none.
    """
    known = receipts.known_of(services, path, given_receipt)
    job, root = Job(kind="check"), certs.root_pem(services)
    return jobs.run(services, job, worker_jobs.verify_file, path, root, None, None, "", None, known)


def _may(services: Services, summary_id: str, action: Action) -> SummaryRow:
    """Return a version that allows an action. Raises ProblemError as summary_states.after."""
    row = _row(services, summary_id)
    after(action, row.state)
    return row


def _row(services: Services, summary_id: str) -> SummaryRow:
    return services.database.read(lambda c: summaries.get(c, summary_id))
