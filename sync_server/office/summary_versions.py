"""The next version of a document: claimed, made, rendered aside, stored with its row last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import msgspec

from shared.assets import FONTS
from shared.digest import sha256_hex
from sync_server.deferred import in_subprocess
from sync_server.disk_errors import disk_problems
from sync_server.office import fonts, jobs
from sync_server.office.jobs import Job
from sync_server.office.summary_inputs import Gathered, document_of
from sync_server.office.summary_work import ROOT, Claimed, claimed, put_in_place, remove_kept
from sync_server.sealing.summary import Summary, encode
from sync_server.services import Services
from sync_server.store import audit, seasons, summaries
from sync_server.store.database import Connection
from sync_server.store.summaries import COUNTY, SummaryRow

if TYPE_CHECKING:
    from sync_server.office import worker_jobs
else:
    worker_jobs = in_subprocess("sync_server.office.worker_jobs")

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
            rows = _store_versions(services, unit, [Version(work, *make())], who=who)
            if rows is not None:
                return rows[0]


def store_reports(
    services: Services,
    documents: Sequence[str],
    make: Callable[[], Sequence[Summary]],
    asked: str,
    who: str,
) -> SummaryRow:
    """Claim the county's documents, make their next version and store all of it or nothing.

    Args:
        services: The server's services.
        documents: Their names, one a recipient, the main one first.
        make: Makes a summary for each; called again where a number was printed in between.
        asked: A digest of the request, as in `store_next`.
        who: Who does it, for the audit trail.

    Returns:
        The version of the first document.
    """
    main = documents[0]
    before = {row.id for row in _listed(services, COUNTY)}
    with ExitStack() as held:
        # in one order everywhere, so that no two wait for each other
        works = {
            name: held.enter_context(claimed(services, name, "compose", asked=asked))
            for name in sorted(documents)
        }
        after = works[main].after
        if after is not None and (after.work, after.asked) == ("compose", asked):
            for row in _listed(services, COUNTY):
                if row.id not in before and row.document == main:
                    return row  # the same button, pressed twice
        while True:
            made = [Version(works[one.document], one) for one in make()]
            if (rows := _store_versions(services, COUNTY, made, who=who)) is not None:
                return next(row for row in rows if row.document == main)


def document_name(services: Services, unit: str) -> str:
    """Return the name of a unit's document in the season that is worked on."""
    return services.database.read(lambda c: document_of(seasons.get(c, services.season), unit))


class Version(msgspec.Struct, frozen=True):
    """A version to be stored: its claimed document, the summary, and for a school its inputs."""

    work: Claimed
    summary: Summary
    gathered: Gathered | None = None


def _store_versions(
    services: Services, unit: str, versions: Sequence[Version], *, who: str
) -> list[SummaryRow] | None:
    """Render the pages into folders with names of their own, then store the rows that name them.

    Returns:
        The rows; None where a number or a previous seal is out of date by now.
    """
    places = {one.summary.document: _rendered(services, unit, one, who) for one in versions}
    now = services.settings.now_text()

    def job(connection: Connection) -> tuple[list[SummaryRow], list[SummaryRow]] | None:
        for one in versions:
            one.work.check(connection)
        if not all(_follows(connection, one.summary) for one in versions):
            return None
        # those of recipients that the season names no more, too
        known = summaries.listed(connection, services.season, unit)
        replaced = [row for row in known if row.state == "composed"]
        for old in replaced:
            summaries.remove(connection, old.id)
        rows = [
            _add(connection, services.season, unit, one.summary, places, now, who)
            for one in versions
        ]
        return rows, replaced

    stored = services.change(job)
    if stored is None:
        for key in places.values():
            remove_kept(services, key)
        return None
    for old in stored[1]:
        remove_kept(services, old.folder)
    return stored[0]


def _rendered(services: Services, unit: str, version: Version, who: str) -> str:
    """Render a version's pages; return the key of the folder that its row will name."""
    summary, work = version.summary, version.work
    folder = f"{summary.version}-{sha256_hex(encode(summary))[:12]}-{work.claim.by[-12:]}"
    made, key = work.folder / folder, f"{ROOT}/{work.document}/{folder}"
    printing = Job(kind="print", unit=unit, who=who)
    faces = fonts.in_use(services)
    jobs.run(services, printing, worker_jobs.render_printed_pages, made, summary, FONTS, faces)
    with disk_problems():
        fonts.record(faces, made)
    if version.gathered is not None:
        with disk_problems():
            (made / "gathered.json").write_bytes(msgspec.json.encode(version.gathered))
    put_in_place(services, made, key)
    return key


def _add(
    connection: Connection,
    season: str,
    unit: str,
    summary: Summary,
    places: Mapping[str, str],
    now: str,
    who: str,
) -> SummaryRow:
    data = encode(summary)
    data_hash = sha256_hex(data)
    audit.note(connection, at=now, who=who, action="summary.compose", ref=data_hash, unit=unit)
    return summaries.add(
        connection,
        season=season,
        unit=unit,
        document=summary.document,
        version=summary.version,
        cut_off=summary.cut_off,
        as_of=summary.as_of,
        data=data,
        data_hash=data_hash,
        exceptions=msgspec.json.encode(summary.exceptions).decode(),
        reason=summary.reason,
        folder=places[summary.document],
        composed_at=now,
    )


def _follows(connection: Connection, summary: Summary) -> bool:
    """Return whether a summary has a number nobody printed, and names the last seal.

    A county's reports have one number: that after the last one printed for any recipient.
    """
    last = summaries.last_sealed(connection, summary.document)
    follows = summary.previous_seal == (last.sha256 if last else "")
    return follows and summary.version >= summaries.next_version(connection, summary.document)


def _listed(services: Services, unit: str) -> list[SummaryRow]:
    return services.database.read(lambda c: summaries.listed(c, services.season, unit))
