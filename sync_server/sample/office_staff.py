"""Do the office's work in the demonstration: confirm, print, hand in, accept, stamp and seal."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from sync_server.office import (
    notices,
    phones,
    review,
    school_lists,
    slip_batches,
    slip_desk,
    slip_steps,
    summaries,
    summary_scans,
)
from sync_server.sample.scans import stamped
from sync_server.services import Services
from sync_server.store import accounts, devices, units
from sync_server.store.accounts import OFFICER, Account
from sync_server.store.database import Connection
from sync_server.store.summaries import SummaryRow
from sync_server.store.units import UnitRow


def officer_account(services: Services, school: UnitRow, password: str) -> Account:
    """Make an account for a school's officer, with every school that 附件2 gives the person."""
    season, name = services.season, "officer"

    def job(connection: Connection) -> Account:
        own = [u.code for u in units.units(connection, season) if u.officer == school.officer]
        accounts.put(connection, name, password, OFFICER, "", school.officer, schools=own)
        found = accounts.find(connection, name)
        if found is None:
            raise RuntimeError(f"no account {name}")
        return found

    return services.database.write(job)


def confirm_all(services: Services, unit: str, *, who: str) -> None:
    """Confirm the school's phones as the liaison."""
    season = services.season
    for device in services.database.read(lambda c: devices.of_unit(c, season, unit)):
        phones.confirm(services, device.id, who=who)


def prepare_school(services: Services, unit: str, *, who: str) -> int:
    """Confirm the school's list as its liaison and print its notices; how many were printed."""
    school_lists.look(services, unit, who=who)
    standing = school_lists.standing(services, unit)
    if standing is not None:
        school_lists.confirm(services, unit, standing.now.digest, who=who)
    return notices.print_notices(services, unit, who=who).people


def hand_in_slips(services: Services, unit: str, *, given_by: str, day: date, who: str) -> int:
    """Bring the school's signed slips to the centre and have them counted; how many there were."""
    season = services.season
    ready = services.database.read(lambda c: slip_batches.ready(c, season, unit))
    if not ready:
        return 0
    chosen = [line.case.id for line in ready]
    batch, _ = slip_batches.prepare(services, unit, chosen, "", who=who)
    slip_batches.bring(services, batch.id, who=who)
    slip_desk.tick_all(services, batch.id, who=who)
    version = services.database.read(lambda c: slip_steps.get_batch(c, season, batch.id)).version
    slip_desk.receive(services, batch.id, given_by=given_by, day=day, version=version, who=who)
    return len(chosen)


def accept_all(services: Services, unit: str, *, who: str) -> None:
    """Accept everything in the liaison's review queue."""
    for item in review.queue(services, unit):
        if item.review is None:
            review.review(services, item.fact.fact.id, "accepted", "", who=who)


def stamp_and_seal(services: Services, summary_id: str, dest: Path, *, who: str) -> SummaryRow:
    """Print a summary, stamp it with a drawn specimen, scan it and seal it.

    Args:
        services: the server.
        summary_id: the summary.
        dest: where the sealed PDF is copied to.
        who: the account that acts.

    Returns:
        The sealed summary.
    """
    printed = summaries.to_print(services, summary_id, who=who)
    scans = stamped(printed, seed=len(summary_id))
    scan = summary_scans.add(services, summary_id, scans, who=who)
    if not scan.complete:
        raise RuntimeError(f"扫描不完整: {scan}")
    row = summaries.seal(services, summary_id, who=who)
    shutil.copy2(summaries.files(services, summary_id)["summary.pdf"], dest)
    return row
