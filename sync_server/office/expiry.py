"""Remove what phones sent and nobody needs: unfinished uploads, photos that no record names.

How long each is kept stands in quotas.py. Both run while the server does (periodic.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sync_server import quotas
from sync_server.services import Services
from sync_server.store import photos
from sync_server.store.database import Connection


def expire_uploads(services: Services) -> int:
    """Remove unfinished uploads that nobody continued for days, rows and bytes.

    Also bytes whose row went while they came: the phone began the same photo once more.

    Returns:
        How many.
    """
    before = _ago(services, quotas.UNFINISHED_FOR)
    busy, now = services.uploads_in_progress, services.settings.real_now().isoformat()
    gone = services.database.write(lambda c: photos.forget_expired_uploads(c, before, busy, now))
    for upload_id in gone:
        services.files.forget(upload_id)
    if services.is_alone:
        sweep_uploads(services)
    return len(gone)


def sweep_uploads(services: Services) -> None:
    """Remove files that no row names, but none that comes now.

    They are listed before the rows are read, so that no new one goes.
    """
    found = services.files.upload_ids()
    named = services.database.read(photos.upload_ids)
    for upload_id in found:
        if upload_id not in named and upload_id not in services.uploads_in_progress:
            services.files.forget(upload_id)


def expire_photos(services: Services) -> int:
    """Remove photos that no record named for a month, and files that no row names.

    The files of those that expire now go the next time: a backup under way may still copy them.

    Returns:
        How many photos expired.
    """
    before = _ago(services, quotas.UNNAMED_FOR)
    names = photos.QuarantineNames()
    for found in services.files.older():
        remove_without_row(services, found)
    services.database.read(names.read)
    return services.database.write(lambda c: photos.forget_unnamed(c, before, names))


def remove_without_row(services: Services, hashes: Sequence[str]) -> None:
    """Remove the files of photos without a row, while nobody can record one of them."""
    if services.database.read(lambda c: photos.stored_of(c, hashes)) >= set(hashes):
        return

    def job(connection: Connection) -> None:
        photos.lock_files(connection)
        services.files.remove_each(set(hashes) - photos.stored_of(connection, hashes))

    services.database.write(job)


def _ago(services: Services, span: timedelta) -> str:
    """Return the moment so long ago, as it is stored."""
    return (services.settings.now() - span).isoformat(timespec="milliseconds")
