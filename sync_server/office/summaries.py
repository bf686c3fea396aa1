"""A summary from composing to submission, and the county's over its schools' sealed ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from shared.assets import FONTS
from shared.digest import sha256_hex
from shared.lifecycle import is_verdict
from shared.problems import ProblemError
from shared.readiness import NamedException
from shared.season import CST
from sync_server.office import certs, slips, worker_jobs
from sync_server.office.subprocess_call import run_in_subprocess
from sync_server.office.summary_inputs import Gathered, document_of, gather
from sync_server.sealing.making.compose import compose as compose_pure
from sync_server.sealing.summary import CountySummary, Summary, Unit, decode, encode
from sync_server.services import Services
from sync_server.store import audit, cases, seasons, summaries, units
from sync_server.store.summaries import COUNTY, State, SummaryRow

MAX_SCAN_BYTES = 40 * 1024 * 1024
"""Most bytes of one scan, all its files together."""


def compose(
    services: Services,
    unit: str,
    *,
    who: str,
    cut_off: datetime | None = None,
    exceptions: Sequence[NamedException] = (),
    reason: str = "",
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

    Returns:
        The stored version.

    Raises:
        NotReady: With everything that is missing (sealing.making.compose).
        ProblemError: unit.unknown, compose.no_cases, seal.reason_missing, seal.cut_off_future.
    """
    settings = services.settings
    moment = _cut_off(cut_off, settings.now())
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
            now=settings.now() if cut_off else None,
        )
    )
    return _store_version(services, unit, compose_pure(gathered.inputs), gathered, who)


def _cut_off(asked: datetime | None, now: datetime) -> datetime:
    """Return the moment asked for, aware. Raises ProblemError seal.cut_off_future."""
    if asked is None:
        return now
    moment = asked if asked.tzinfo is not None else asked.replace(tzinfo=CST)
    if moment > now:
        raise ProblemError("seal.cut_off_future", cut_off=moment.isoformat(timespec="minutes"))
    return moment


def sealed_before(services: Services, unit: str) -> bool:
    """Return whether a version of this school is sealed: another one then needs a reason."""
    return any(row.sha256 for row in listed(services, unit))


def roll_up(
    services: Services, *, partial: bool, who: str, extra: Sequence[Path] = ()
) -> SummaryRow:
    """Compose the county's summary from its schools' newest sealed files.

    Args:
        services: The server's services.
        partial: Whether schools may be missing; they are then named.
        who: Who does it, for the audit trail.
        extra: Sealed files that came from elsewhere.

    Returns:
        The stored version.

    Raises:
        ProblemError: rollup.*, certs.missing.
    """
    settings = services.settings
    season = services.database.read(lambda c: seasons.get(c, services.season))
    registry = reporting_schools(services)
    children = [*sealed_files(services).values(), *extra]
    document = document_of(season, COUNTY)
    last = services.database.read(lambda c: summaries.last_sealed(c, document))
    above = {
        "unit": Unit(code=season.letterhead.area_code, name=season.letterhead.centre),
        "document": document,
        "version": services.database.read(lambda c: summaries.next_version(c, document)),
        "previous_seal": last.sha256 if last else "",
        "demo": bool(settings.clock_spec),
    }
    root = certs.root_pem(services)
    summary = run_in_subprocess(
        worker_jobs.roll_up_county, children, registry, season, partial, root, above
    )
    return _store_version(services, COUNTY, summary, None, who)


def _store_version(
    services: Services, unit: str, summary: Summary, gathered: Gathered | None, who: str
) -> SummaryRow:
    """Render the pages, write the folder, then the row.

    A crash between leaves an unused folder, never a row without files.
    """
    settings = services.settings
    data = encode(summary)
    data_hash = sha256_hex(data)
    folder = f"summaries/{summary.document}/{summary.version}-{data_hash[:12]}"
    path = settings.path(*folder.split("/"))
    run_in_subprocess(worker_jobs.render_printed_pages, path, summary, FONTS)
    if gathered is not None:
        (path / "gathered.json").write_bytes(msgspec.json.encode(gathered))
    now = settings.now_text()

    def job(connection: Any) -> SummaryRow:
        audit.note(connection, at=now, who=who, action="summary.compose", ref=data_hash, unit=unit)
        return summaries.add(
            connection,
            season=services.season,
            unit=unit,
            document=summary.document,
            version=summary.version,
            cut_off=summary.cut_off,
            as_of=summary.as_of,
            data=data,
            data_hash=data_hash,
            exceptions=msgspec.json.encode(summary.exceptions).decode(),
            reason=summary.reason,
            folder=folder,
            composed_at=now,
        )

    return services.change(job)


def listed(services: Services, unit: str | None = None) -> list[SummaryRow]:
    """Return the summaries of a school (None: of all), the newest version first."""
    return services.database.read(lambda c: summaries.listed(c, services.season, unit))


def document(row: SummaryRow) -> Summary:
    """Return the summary itself."""
    return decode(row.data)


def missing(row: SummaryRow) -> tuple[Unit, ...]:
    """Return the units that a county's summary lacks."""
    summary = document(row)
    return summary.missing if isinstance(summary, CountySummary) else ()


def to_print(services: Services, summary_id: str) -> Path:
    """Return the path of the pages to print; from now on this version is fixed.

    Raises:
        ProblemError: summary.unknown.
    """
    row = _row(services, summary_id)
    if row.state == "composed":
        services.change(
            lambda c: summaries.change(c, summary_id, state="printed"), season=row.season
        )
    return _folder(services, row) / "printed.pdf"


def add_scan(
    services: Services, summary_id: str, files: Sequence[tuple[str, bytes]], *, who: str
) -> worker_jobs.ScanReport:
    """Store the scanned, stamped pages; a complete scan makes the summary stamped.

    Another upload replaces the earlier one until the summary is sealed.

    Args:
        services: The server's services.
        summary_id: The version.
        files: (file name, bytes) of each upload.
        who: Who does it, for the audit trail.

    Returns:
        What was found on the pages.

    Raises:
        ProblemError: summary.unknown, summary.sealed, summary.not_printed, request.too_large.
    """
    row = _row(services, summary_id)
    if row.sha256:
        raise ProblemError("summary.sealed")
    if row.state == "composed":
        raise ProblemError("summary.not_printed")
    if sum(len(data) for _, data in files) > MAX_SCAN_BYTES:
        raise ProblemError("request.too_large", limit=MAX_SCAN_BYTES)
    folder = _folder(services, row)
    scans = folder / "scan"
    scans.mkdir(exist_ok=True)
    for old in scans.iterdir():
        old.unlink()
    for number, (name, data) in enumerate(files):
        safe = re.sub(r"[^\w.-]", "_", name)[-80:]
        (scans / f"{number:02d}-{safe}").write_bytes(data)
    report = run_in_subprocess(worker_jobs.read_scans, folder)
    state: State = "stamped" if report.complete else "printed"
    now = services.settings.now_text()

    def job(connection: Any) -> None:
        summaries.change(connection, summary_id, state=state)
        audit.note(
            connection, at=now, who=who, action="summary.scan", ref=row.data_hash, unit=row.unit
        )

    services.change(job, season=row.season)
    return report


def seal(services: Services, summary_id: str, *, who: str) -> SummaryRow:
    """Seal a stamped summary with the unit's certificate.

    Raises:
        ProblemError: summary.unknown, summary.sealed, summary.not_stamped, seal.*, certs.*.
    """
    row = _row(services, summary_id)
    if row.sha256:
        raise ProblemError("summary.sealed")
    if row.state != "stamped":
        raise ProblemError("summary.not_stamped")
    settings, folder = services.settings, _folder(services, row)
    code = certs.ensure(services, row.unit)
    kept = folder / "gathered.json"
    gathered = msgspec.json.decode(kept.read_bytes(), type=Gathered) if kept.exists() else None
    sha256 = run_in_subprocess(
        worker_jobs.seal_summary,
        folder,
        certs.folder(services),
        code,
        certs.passphrase(services),
        FONTS,
        settings.real_now(),
        gathered,
        settings.path("photos"),
    )
    now = settings.now_text()

    def job(connection: Any) -> SummaryRow:
        audit.note(connection, at=now, who=who, action="summary.seal", ref=sha256, unit=row.unit)
        return summaries.change(
            connection, summary_id, state="sealed", sha256=sha256, sealed_at=now
        )

    return services.change(job, season=row.season)


def submit(services: Services, summary_id: str, *, who: str) -> SummaryRow:
    """Submit a sealed summary to the centre.

    Raises:
        ProblemError: summary.unknown, summary.not_sealed.
    """
    row = _row(services, summary_id)
    if not row.sha256:
        raise ProblemError("summary.not_sealed")
    now = services.settings.now_text()

    def job(connection: Any) -> SummaryRow:
        audit.note(
            connection, at=now, who=who, action="summary.submit", ref=row.sha256, unit=row.unit
        )
        return summaries.change(connection, summary_id, state="submitted", submitted_at=now)

    return services.change(job, season=row.season)


def record_verdict(
    services: Services, summary_id: str, verdict: str, comment: str, *, who: str
) -> SummaryRow:
    """Accept a submitted summary, or return it with a comment.

    Args:
        services: The server's services.
        summary_id: The version.
        verdict: accepted or returned.
        comment: Why it is returned.
        who: Who decides, for the audit trail.

    Raises:
        ProblemError: summary.unknown, fact.field_missing (no such verdict).
    """
    if not is_verdict(verdict):
        raise ProblemError("fact.field_missing", field="结论")
    row, now = _row(services, summary_id), services.settings.now_text()

    def job(connection: Any) -> SummaryRow:
        audit.note(connection, at=now, who=who, action=f"summary.{verdict}", ref=summary_id)
        return summaries.change(
            connection, summary_id, state=verdict, verdict=verdict, comment=comment
        )

    return services.change(job, season=row.season)


def files(services: Services, summary_id: str) -> dict[str, Path]:
    """Return the files of a summary that exist (printed.pdf, summary.pdf and others), by name."""
    folder = _folder(services, _row(services, summary_id))
    names = ("printed.pdf", "summary.pdf", "summary.xlsx", "evidence.bin")
    return {name: folder / name for name in names if (folder / name).exists()}


def reporting_schools(services: Services) -> dict[str, str]:
    """Return code and name of the schools that report; not one that sealed and has nobody left.

    Its people moved to other schools and stand in their summaries.
    """
    schools = services.database.read(lambda c: units.units(c, services.season))
    at_work = services.database.read(lambda c: cases.schools(c, services.season))
    sealed = {row.unit for row in listed(services) if row.sha256}
    return {u.code: u.name for u in schools if u.code in at_work or u.code not in sealed}


def sealed_files(services: Services) -> dict[str, Path]:
    """Return the newest sealed PDF of each school that reports, by school code."""
    newest: dict[str, Path] = {}
    schools = reporting_schools(services)
    for row in listed(services):
        if row.unit in schools and row.sha256 and row.unit not in newest:
            newest[row.unit] = _folder(services, row) / "summary.pdf"
    return newest


def check_file(services: Services, path: Path) -> dict[str, Any]:
    """Verify a sealed file against this county's root; nothing is kept."""
    return run_in_subprocess(worker_jobs.verify_file, path, certs.root_pem(services))


def _row(services: Services, summary_id: str) -> SummaryRow:
    return services.database.read(lambda c: summaries.get(c, summary_id))


def _folder(services: Services, row: SummaryRow) -> Path:
    return services.settings.data_dir / row.folder
