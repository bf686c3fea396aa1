"""What goes up to each recipient as one folder: made of the newest sealed report, kept, made again.

<data folder>/bundles/<document>/v<version>-<first 16 of the sealed PDF's sha256>.zip

A bundle is of one sealed report, one list of withdrawn certificates and what stamped papers have
come, which its note says; it has the same bytes whenever it is made of them, so a file that is
gone, after a restore for example, is made again. After a withdrawal it is made anew, with the newer
list, in the place of the earlier one. The row is written when the file lies there; a file without a
row is swept.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from shared.assets import FONTS
from shared.problems import ProblemError
from sync_server import file_lock, temporary
from sync_server.disk_errors import disk_problems
from sync_server.office import (
    certs,
    county_reports,
    disk_room,
    jobs,
    summaries,
    summary_files,
    withdrawals,
)
from sync_server.office.bundle_files import FOLDER as FOLDER
from sync_server.office.bundle_files import key_of as key_of
from sync_server.office.bundle_files import key_of_version, lock_of
from sync_server.office.bundle_files import path_of as path_of
from sync_server.office.jobs import Job
from sync_server.office.summary_files import folder_of
from sync_server.sealing import bundle, bundle_contents
from sync_server.sealing.bundle import Packed, Packing, SchoolFile
from sync_server.sealing.bundle_zip import digest_of
from sync_server.sealing.certificates import signer_of
from sync_server.sealing.record import SealRecord
from sync_server.sealing.summary import CountySummary, decode
from sync_server.services import Services
from sync_server.store import audit, bundles, original_papers, seasons
from sync_server.store import summaries as summaries_store
from sync_server.store.bundles import BundleRow
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.summaries import COUNTY, SummaryRow

MARGIN_BYTES = 64_000_000
"""More room than the sealed files take: explanation, register, copies for reading."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A recipient, the report that would be packed for it, and what was packed.

    Attributes:
        key: The recipient's.
        name: What it is called.
        sealed: Its newest sealed report; None where there is none.
        with_schools: Whether the schools' sealed files go along.
        waiting: The schools whose summary is in the report and not accepted.
        made: The bundles of its reports, the newest version first, and whether the file is there.
        list_older: The newest one lacks the newest list of withdrawn certificates.
    """

    key: str
    name: str
    sealed: SummaryRow | None = None
    with_schools: bool = False
    waiting: tuple[str, ...] = ()
    made: tuple[tuple[BundleRow, bool], ...] = ()
    list_older: bool = False


def offers(services: Services) -> list[Offer]:
    """Return every recipient with its newest sealed report and its bundles."""
    rows = services.database.read(lambda c: bundles.listed(c, services.season))
    season = services.database.read(lambda c: seasons.get(c, services.season))
    known = {one.key: one.name for one in season.recipients}
    found = []
    for key, versions in county_reports.by_recipient(services).items():
        sealed = summaries_store.standing(versions).sealed
        documents = {row.document for row in versions}
        name = next(filter(None, map(county_reports.recipient_name, versions)), "")
        own = (row for row in rows if row.document in documents)
        made = tuple((row, services.file_store.exists(key_of(row))) for row in own)
        offer = Offer(key=key, name=known.get(key, name), sealed=sealed, made=made)
        found.append(_with_schools(services, offer) if sealed else offer)
    return found


def _with_schools(services: Services, offer: Offer) -> Offer:
    if offer.sealed is None or (summary := _county(offer.sealed)) is None:
        return offer
    rows = _rows_of(services, summary)
    full = any(_full_numbers(row) for row in rows.values())
    waiting = [row for row in summary.rows if row.row in rows and rows[row.row].state != "accepted"]
    return msgspec.structs.replace(
        offer,
        with_schools=bundle.may_have_school_files(summary, full_id_numbers=full),
        waiting=tuple(row.name for row in waiting),
        list_older=any(
            there
            and row.sealed_sha256 == offer.sealed.sha256
            and not _has_newest_list(services, path_of(services, row))
            for row, there in offer.made
        ),
    )


def outdated(services: Services) -> tuple[str, ...]:
    """Return the names of the bundles whose recipient's report was sealed anew since."""
    if not services.season_id:
        return ()
    rows = services.database.read(lambda c: bundles.listed(c, services.season))
    if not rows:
        return ()
    found = []
    for document in sorted({row.document for row in rows}):
        reports = summaries.listed(services, COUNTY, document)
        sealed = summaries_store.standing(reports).sealed
        own = [row for row in rows if row.document == document]
        if sealed and all(row.sealed_sha256 != sealed.sha256 for row in own):
            found.append(own[0].name)
    return tuple(found)


def with_older_list(services: Services) -> tuple[str, ...]:
    """Return the names of the bundles that carry an older list of what was withdrawn than today's.

    Those of an earlier report and those whose file is gone are left out.
    """
    if not services.season_id:
        return ()
    if not services.database.read(lambda c: bundles.listed(c, services.season)):
        return ()
    found = (one for one in offers(services) if one.list_older)
    return tuple(one.made[0][0].name for one in found)


def make(
    services: Services,
    key: str = "",
    *,
    who: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> BundleRow:
    """Pack what goes up to a recipient, of its newest sealed report.

    Args:
        services: The server's services.
        key: The recipient; "" is the main one.
        who: Who does it, for the audit trail.
        progress: Is told how many of how many sealed files are packed.

    Returns:
        The bundle; one that is there already, pressed twice.

    Raises:
        ProblemError: rollup.recipient_unknown, bundle.not_sealed, bundle.not_accepted,
            bundle.child_gone, certs.*, disk.low, disk.full, and those of a job.
    """
    row, summary = _newest_sealed(services, key)
    with disk_problems(), file_lock.holding(lock_of(services, row.document)):
        found = services.database.read(lambda c: bundles.find(c, row.sha256))
        if found is not None and _is_as_stored(services, found):
            return found
        with temporary.folder_for("bundle") as folder:
            packing = _packing(services, row, summary)
            packed = _pack(services, packing, folder / "bundle.zip", who, progress)
            key = key_of_version(row.document, row.version, row.sha256)
            services.file_store.put_file(key, folder / "bundle.zip")
        return _store(services, row, packed, who)


def _is_as_stored(services: Services, row: BundleRow) -> bool:
    """Return whether a bundle is there as its row says, with the newest list.

    A kill may leave a newer file beside the row of the one before.
    """
    path = path_of(services, row)
    return _has_newest_list(services, path) and digest_of(path) == row.sha256


def _has_newest_list(services: Services, path: Path) -> bool:
    """Return whether a bundle is there with the list of withdrawn certificates that counts now."""
    if not path.exists():
        return False
    listed = withdrawals.stored(services)
    try:
        with zipfile.ZipFile(path) as zipped:
            inside = [n for n in zipped.namelist() if n.endswith(f"/{bundle_contents.WITHDRAWN}")]
            return [zipped.read(name) for name in inside] == ([listed] if listed else [])
    except (OSError, zipfile.BadZipFile):
        return False


def _newest_sealed(services: Services, key: str) -> tuple[SummaryRow, CountySummary]:
    document = county_reports.document_for(services, key)
    rows = summaries.listed(services, COUNTY, document)
    sealed = summaries_store.standing(rows).sealed
    summary = _county(sealed) if sealed else None
    if sealed is None or summary is None:
        name = next((one.name for one in offers(services) if one.key == key), "") or document
        raise ProblemError("bundle.not_sealed", recipient=name)
    return sealed, summary


def _county(row: SummaryRow) -> CountySummary | None:
    """Return the report itself; None of one that was purged."""
    try:
        summary = decode(row.data)
    except msgspec.MsgspecError:
        return None
    return summary if isinstance(summary, CountySummary) else None


def _rows_of(services: Services, summary: CountySummary) -> dict[int, SummaryRow]:
    """Return the schools' versions that were rolled up, by row; not those from elsewhere."""
    by_sha256 = {row.sha256: row for row in summaries.listed(services, WHOLE_COUNTY) if row.sha256}
    found = {row.row: by_sha256.get(row.file_sha256) for row in summary.rows}
    return {number: row for number, row in found.items() if row is not None}


def _full_numbers(row: SummaryRow) -> bool:
    try:
        return msgspec.json.decode(row.data, type=_Numbers).full_id_numbers
    except msgspec.MsgspecError:
        return True


class _Numbers(msgspec.Struct):
    """Of a school's summary.json."""

    full_id_numbers: bool


def _pack(
    services: Services,
    packing: Packing,
    out: Path,
    who: str,
    progress: Callable[[int, int], None],
) -> Packed:
    sizes = [packing.pdf, packing.xlsx, *(Path(one.path) for one in packing.schools)]
    disk_room.check(
        services, MARGIN_BYTES + sum(path.stat().st_size for path in sizes if path.exists())
    )
    signer = signer_of(
        certs.folder(services), certs.ensure(services, COUNTY), certs.passphrase(services)
    )
    job = Job(kind="bundle", who=who)
    return jobs.run_reporting(services, job, progress, bundle.pack, packing, signer, FONTS, out)


def _packing(services: Services, row: SummaryRow, summary: CountySummary) -> Packing:
    """Gather the sealed files. Raises ProblemError bundle.not_accepted, bundle.child_gone."""
    rows = _rows_of(services, summary)
    waiting = [
        one.name for one in summary.rows if one.row in rows and rows[one.row].state != "accepted"
    ]
    if waiting:
        raise ProblemError(
            "bundle.not_accepted", count=len(waiting), schools="、".join(waiting[:5])
        )
    sealed = summary_files.sealed_of(services, row)
    if not (sealed / "seal.json").is_file():
        raise ProblemError("bundle.child_gone", school=summary.unit.name)
    seal = msgspec.json.decode((sealed / "seal.json").read_bytes(), type=SealRecord)
    url = services.settings.public_url
    return Packing(
        pdf=sealed / "summary.pdf",
        sha256=row.sha256,
        xlsx=sealed / "summary.xlsx",
        summary=row.data,
        sealed_at=seal.sealed_at,
        schools=tuple(
            SchoolFile(
                row=number,
                path=str(summary_files.sealed_of(services, one) / "summary.pdf"),
                summary=str(folder_of(services, one) / "summary.json"),
                full_id_numbers=_full_numbers(one),
            )
            for number, one in rows.items()
        ),
        root_pem=certs.root_pem(services),
        withdrawn=withdrawals.current(services),
        stands_on=seal.elsewhere.kind if seal.elsewhere else "",
        check_url=f"{url.rstrip('/')}/check" if url.startswith("https:") else "",
        papers_awaited=_papers_awaited(services, summary, rows),
    )


def _papers_awaited(
    services: Services, summary: CountySummary, rows: Mapping[int, SummaryRow]
) -> tuple[str, ...]:
    """Return the schools whose stamped paper has not been received."""
    states = services.database.read(lambda c: original_papers.states(c, rows.values()))
    return tuple(
        one.name
        for one in summary.rows
        if one.row in rows and states[rows[one.row].id] == "awaited"
    )


def _store(services: Services, row: SummaryRow, packed: Packed, who: str) -> BundleRow:
    now = services.settings.now_text()
    made = BundleRow(
        sealed_sha256=row.sha256,
        season=row.season,
        document=row.document,
        version=row.version,
        name=packed.name,
        sha256=packed.sha256,
        size_bytes=packed.size_bytes,
        files=packed.files,
        made_at=now,
        who=who,
    )

    def job(connection: Connection) -> None:
        bundles.put(connection, made)
        audit.note(
            connection, at=now, who=who, action="bundle.make", ref=made.sha256, detail=made.name
        )

    services.database.write(job)
    return made


def download(services: Services, sealed_sha256: str, *, who: str) -> tuple[BundleRow, Path]:
    """Return a bundle and its file, and note who takes it.

    Raises:
        ProblemError: bundle.gone.
    """
    row = services.database.read(lambda c: bundles.find(c, sealed_sha256))
    if row is None or row.season != services.season:
        raise ProblemError("bundle.gone")
    path = path_of(services, row)
    if not path.exists() or path.stat().st_size != row.size_bytes:
        raise ProblemError("bundle.gone")
    now = services.settings.now_text()
    services.database.write(
        lambda c: audit.note(
            c, at=now, who=who, action="bundle.download", ref=row.sha256, detail=row.name
        )
    )
    return row, path_of(services, row)
