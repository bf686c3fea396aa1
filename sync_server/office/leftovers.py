"""What killed or forgotten work left in the data folder, swept at the start and while it runs.

Other verbs may be at work meanwhile, so files that one of them may be writing are left alone until
they are old. Phones send an upload again from its start.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sync_server import temporary, whole_file
from sync_server.deferred import deferred
from sync_server.office import bundle_files, expiry, jobs, passed_on, summary_sweep
from sync_server.services import Services
from sync_server.store import holds, kept, notice_prints
from sync_server.store.database import Connection

if TYPE_CHECKING:
    from sync_server.office import notices
else:
    notices = deferred("sync_server.office.notices")

WRITTEN_WITHIN_S = 3600
"""No file of keys or certificates takes longer to be written."""
SESSION_S = 9 * 3600
"""Longer than any session lasts without a click; one that is used is written again and again."""
FORGOTTEN_AFTER = timedelta(days=7)
"""How long a hold's row stays after its end: chores' rows say when they were done last."""
PLACES = ("keys", "keys/https", "keys/tls", "certificates-of-destruction", "handover")
EARLIER_PLACES = ("check", "imports", "notices")
"""Where earlier versions kept temporary files, with names and ID numbers in them."""


def sweep(services: Services) -> None:
    """Remove unfinished files, temporary files, and what was being done with summaries.

    Also what no row names, where the files are this server's own. A shared store is asked nothing:
    a server starts whether that answers or not (`sweep_shared`).
    """
    data_dir, now_s = services.settings.data_dir, time.time()
    unfinished = [p for name in PLACES for p in (data_dir / name).glob(f"*{whole_file.SUFFIX}")]
    _remove_older(unfinished, now_s - WRITTEN_WITHIN_S)
    for name in EARLIER_PLACES:
        shutil.rmtree(data_dir / name, ignore_errors=True)
    sweep_temporary(services)
    jobs.sweep(services)
    summary_sweep.sweep(services)
    if not services.file_store.is_shared:
        sweep_files(services)


def sweep_shared(services: Services) -> None:
    """Do the same in a shared store, once a day: it is large, and others are at work there."""
    if services.file_store.is_shared:
        sweep_files(services)


def sweep_files(services: Services) -> None:
    """Remove uploads, versions and bundles that no row names."""
    expiry.sweep_uploads(services)
    summary_sweep.sweep_versions(services)
    bundle_files.sweep(services)


def sweep_temporary(services: Services) -> None:
    """Remove what holds names and is not needed any more; safe beside every verb and request."""
    settings, now_s = services.settings, time.time()
    temporary.sweep(settings.path(temporary.FOLDER), now_s)
    with passed_on.if_reached():
        passed_on.sweep(services)
        if services.database.read(notice_prints.unfetched):
            notices.drop_unfetched(services)
    _remove_older(settings.path("sessions").iterdir(), now_s - SESSION_S)
    if settings.is_shared:
        services.database.write(_forget_over)
    summary_sweep.sweep_work(services)


def _forget_over(connection: Connection) -> None:
    kept.forget_over(connection)
    holds.forget_over(connection, "", FORGOTTEN_AFTER)


def _remove_older(paths: Iterable[Path], moment_s: float) -> None:
    for path in paths:
        with suppress(FileNotFoundError):  # somebody else removed it
            if path.stat().st_mtime < moment_s:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
