"""Do the office's work in the demonstration: confirm, accept, print, stamp and seal."""

from __future__ import annotations

import shutil
from pathlib import Path

from sync_server.office import phones, review, summaries, summary_scans
from sync_server.sample.scans import stamped
from sync_server.services import Services
from sync_server.store import devices
from sync_server.store.summaries import SummaryRow


def confirm_all(services: Services, unit: str, *, who: str) -> None:
    """Confirm the school's phones as the liaison."""
    season = services.season
    for device in services.database.read(lambda c: devices.of_unit(c, season, unit)):
        phones.confirm(services, device.id, who=who)


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
