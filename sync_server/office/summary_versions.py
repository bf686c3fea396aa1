"""The next version of a document: claimed, made, rendered aside, stored with its row last."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from shared.assets import FONTS
from shared.digest import sha256_hex
from sync_server.office import jobs, worker_jobs
from sync_server.office.jobs import Job
from sync_server.office.manifest import disk_problems
from sync_server.office.summary_files import folder_of
from sync_server.office.summary_inputs import Gathered, document_of
from sync_server.office.summary_work import Claimed, claimed, put_in_place, remove
from sync_server.sealing.summary import Summary, encode
from sync_server.services import Services
from sync_server.store import audit, seasons, summaries
from sync_server.store.database import Connection
from sync_server.store.summaries import SummaryRow

Made = tuple[Summary, Gathered | None]
"""A summary, and for a school what its evidence will be written from."""


def store_next(
    services: Services, unit: str, make: Callable[[], Made], asked: str, who: str
) -> SummaryRow:
    """Claim the document, make its next version and store it; or return what was just made.

    Args:
        services: The server's services.
        unit: The school code; "" is the county.
        make: Makes the summary; called again where its number was printed in between.
        asked: A digest of the request: who asked for the same and waited gets the same version.
        who: Who does it, for the audit trail.
    """
    document = document_name(services, unit)
    before = {row.id for row in _listed(services, unit)}
    with claimed(services, document, "compose", asked=asked) as work:
        if work.after is not None and (work.after.work, work.after.asked) == ("compose", asked):
            for row in _listed(services, unit):
                if row.id not in before:
                    return row  # the same button, pressed twice
        while True:
            made = _store_version(services, unit, *make(), who=who, work=work)
            if made is not None:
                return made


def document_name(services: Services, unit: str) -> str:
    """Return the name of a unit's document in the season that is worked on."""
    return services.database.read(lambda c: document_of(seasons.get(c, services.season), unit))


def _store_version(
    services: Services,
    unit: str,
    summary: Summary,
    gathered: Gathered | None,
    *,
    who: str,
    work: Claimed,
) -> SummaryRow | None:
    """Render the pages into a folder with a name of its own, then store the row that names it.

    Returns:
        The row; None where the summary's number or its previous seal is out of date by now.
    """
    data = encode(summary)
    data_hash = sha256_hex(data)
    folder = f"{summary.version}-{data_hash[:12]}-{work.claim.by[-12:]}"
    made, place = work.folder / folder, work.folder.parent / folder
    printing = Job(kind="print", unit=unit, who=who)
    jobs.run(services, printing, worker_jobs.render_printed_pages, made, summary, FONTS)
    if gathered is not None:
        with disk_problems():
            (made / "gathered.json").write_bytes(msgspec.json.encode(gathered))
    put_in_place(made, place)
    now = services.settings.now_text()

    def job(connection: Connection) -> tuple[SummaryRow, list[SummaryRow]] | None:
        work.check(connection)
        if not _follows(connection, summary):
            return None
        replaced = summaries.unprinted(connection, summary.document)
        audit.note(connection, at=now, who=who, action="summary.compose", ref=data_hash, unit=unit)
        row = summaries.add(
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
            folder=f"summaries/{summary.document}/{folder}",
            composed_at=now,
        )
        return row, replaced

    stored = services.change(job)
    if stored is None:
        remove(place)
        return None
    for old in stored[1]:
        remove(folder_of(services, old))
    return stored[0]


def _follows(connection: Connection, summary: Summary) -> bool:
    """Return whether a summary has the next number and names the last seal."""
    last = summaries.last_sealed(connection, summary.document)
    follows = summary.previous_seal == (last.sha256 if last else "")
    return follows and summary.version == summaries.next_version(connection, summary.document)


def _listed(services: Services, unit: str) -> list[SummaryRow]:
    return services.database.read(lambda c: summaries.listed(c, services.season, unit))
