"""The demonstration's office at work: phones recognised, records accepted, sheets printed, stamped and sealed."""

from __future__ import annotations

import shutil
from pathlib import Path

from sync_server.office import phones, review, summaries
from sync_server.sample.scans import stamped
from sync_server.services import Services
from sync_server.store import devices
from sync_server.store.summaries import SummaryRow


def confirm_all(services: Services, unit: str, *, who: str) -> None:
    """The liaison recognises the school's phones."""
    season = services.settings.season
    for device in services.database.read(lambda c: devices.of_unit(c, season, unit)):
        phones.confirm(services, device.id, who=who)


def accept_all(services: Services, unit: str, *, who: str) -> None:
    """The liaison reads the queue and accepts it."""
    for item in review.queue(services, unit):
        if item.review is None:
            review.review(services, item.fact.fact.id, "accepted", "", who=who)


def stamp_and_seal(services: Services, summary_id: str, dest: Path, *, who: str) -> SummaryRow:
    """Print, let it be stamped (a drawn specimen), scan, seal."""
    printed = summaries.to_print(services, summary_id)
    scans = stamped(printed, seed=len(summary_id))
    scan = summaries.add_scan(services, summary_id, scans, who=who)
    if not scan.complete:
        raise RuntimeError(f"扫描不完整: {scan}")
    row = summaries.seal(services, summary_id, who=who)
    shutil.copy2(summaries.files(services, summary_id)["summary.pdf"], dest)
    return row
