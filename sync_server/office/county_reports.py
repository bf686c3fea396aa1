"""The county's reports: added up once from the schools' sealed files, one for each recipient.

What a recipient may see is taken out in sealing/making/recipients.py; printing, scanning and
sealing are those of every summary (summaries.py).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.recipients import MAIN
from shared.season import Season, china_day
from sync_server.deferred import in_subprocess
from sync_server.office import certs, jobs, withdrawals
from sync_server.office import summaries as office
from sync_server.office.jobs import Job
from sync_server.office.summary_inputs import county_documents, document_of
from sync_server.office.summary_versions import store_reports
from sync_server.sealing.checking.standing import Known
from sync_server.sealing.summary import Contact, Summary, Unit
from sync_server.services import Services
from sync_server.store import seasons, summaries
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.summaries import COUNTY, SummaryRow

if TYPE_CHECKING:
    from sync_server.office import worker_jobs
else:
    worker_jobs = in_subprocess("sync_server.office.worker_jobs")


def roll_up(
    services: Services,
    *,
    partial: bool,
    who: str,
    extra: Sequence[Path] = (),
    report_no: str = "",
) -> SummaryRow:
    """Compose the county's report to each recipient from its schools' newest sealed files.

    Args:
        services: The server's services.
        partial: Whether schools may be missing; they are then named.
        who: Who does it, for the audit trail.
        extra: Sealed files that came from elsewhere.
        report_no: The report's own 文号.

    Returns:
        The stored version for the main recipient; `of_version` returns those for the others.
        Two calls at once return the same one.

    Raises:
        ProblemError: rollup.*, certs.missing, summary.composing and the others of
            summary_work.BUSY.
    """
    settings = services.settings
    season = services.database.read(lambda c: seasons.get(c, services.season))
    documents = _main_first(season)

    def make() -> Sequence[Summary]:
        read = services.database.read
        sealed = {
            name: read(functools.partial(summaries.last_sealed, document=name))
            for name in documents
        }
        above = {
            "unit": Unit(code=season.letterhead.area_code, name=season.letterhead.centre),
            "document": document_of(season, COUNTY),
            "version": max(
                read(functools.partial(summaries.next_version, document=name))
                for name in {*documents, *(row.document for row in office.listed(services, COUNTY))}
            ),
            "demo": bool(settings.clock_spec),
            "filled_on": china_day(settings.now()).isoformat(),
            "report_no": report_no,
            "contact": Contact(phone=season.letterhead.phone),
        }
        children = [*office.sealed_files(services).values(), *extra]
        registry, root = office.reporting_schools(services), certs.root_pem(services)
        ours = frozenset(row.sha256 for row in office.listed(services, WHOLE_COUNTY) if row.sha256)
        lists = withdrawals.every(services)
        known = Known(withdrawn=withdrawals.stored(services), lists=lists, own=ours)
        given = (children, registry, season, partial, root, above, known)
        made = jobs.run(services, Job(kind="roll_up", who=who), worker_jobs.roll_up_county, *given)
        return [
            msgspec.structs.replace(one, previous_seal=last.sha256)
            if (last := sealed[one.document])
            else one
            for one in made
        ]

    asked = sha256_hex(msgspec.json.encode((partial, [str(path) for path in extra], report_no)))
    return store_reports(services, documents, make, asked, who)


def _main_first(season: Season) -> tuple[str, ...]:
    """Return the names of the county's documents, that of the main recipient first."""
    documents = county_documents(season)
    return tuple(sorted(documents.values(), key=lambda name: name != documents.get(MAIN)))


def of_version(services: Services, row: SummaryRow) -> list[SummaryRow]:
    """Return a county's reports of one version, that of `row` first."""
    found = [one for one in office.listed(services, row.unit) if one.version == row.version]
    alive = [one for one in found if one.state != "discarded" and one.id != row.id]
    return [row, *alive]


def recipient_key(document: str) -> str:
    """Return the key of the recipient that a county's document is for; MAIN for the first one."""
    return document.partition(".")[2].lower() or MAIN


def recipient_name(row: SummaryRow) -> str:
    """Return what a report calls its recipient; "" if it names none."""
    return msgspec.json.decode(row.data, type=_Reported).recipient.name


class _Named(msgspec.Struct, frozen=True):
    name: str = ""


class _Reported(msgspec.Struct):
    """Of a summary.json, be it of another version of this program."""

    recipient: _Named = _Named()


def by_recipient(services: Services) -> dict[str, list[SummaryRow]]:
    """Return the county's versions by recipient: those of the season in order, then former ones."""
    season = services.database.read(lambda c: seasons.get(c, services.season))
    found: dict[str, list[SummaryRow]] = {one.key: [] for one in season.recipients} or {MAIN: []}
    for row in office.listed(services, COUNTY):
        found.setdefault(recipient_key(row.document), []).append(row)
    return found


def document_for(services: Services, key: str) -> str:
    """Return the name of the county's document for a recipient; "" is the main one.

    A removed recipient keeps the names of its reports.

    Raises:
        ProblemError: rollup.recipient_unknown.
    """
    season = services.database.read(lambda c: seasons.get(c, services.season))
    documents = county_documents(season)
    if not key:
        return _main_first(season)[0]
    if key in documents:
        return documents[key]
    made = {row.document for row in office.listed(services, COUNTY)}
    former = next((name for name in sorted(made) if recipient_key(name) == key), None)
    if former is None:
        raise ProblemError("rollup.recipient_unknown", recipient=key[:40])
    return former
