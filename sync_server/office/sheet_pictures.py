"""The pictures of sheets among the photos: decoded in a subprocess, kept as a phone's are."""

from __future__ import annotations

from shared.season import china_day
from sync_server.office import disk_room, jobs, office_device
from sync_server.office.jobs import Job
from sync_server.sealing.paper.sheet_picture import as_photo
from sync_server.services import Services
from sync_server.store import photos, seasons
from sync_server.store.database import Connection


def keep_picture(services: Services, unit: str, picture: bytes) -> str:
    """Keep a scan or a phone photograph of a sheet among the photos; return its sha256.

    Upright, without the camera's notes (EXIF), shrunk as on a phone, always JPEG. Blank backs are
    left out. One that no record names within 30 days expires like any photo.

    Args:
        services: The server's services.
        unit: The school.
        picture: A JPEG or PNG, or a PDF of one page.

    Raises:
        ProblemError: photo.empty, photo.unreadable, photo.too_large, photo.several_pages,
            season.closed, season.preparing, disk.low, disk.full, and those of a job.
    """
    disk_room.check(services, len(picture))
    data = jobs.run(services, Job(kind="picture", unit=unit), as_photo, picture)
    sha256, now = services.files.put(data), services.settings.now_text()

    def job(connection: Connection) -> str:
        seasons.check_open(connection, services.season, china_day(services.settings.now()))
        device = office_device.ready(services, connection, unit).device.id
        photos.lock_files(connection)
        if not services.files.has(sha256):  # it expired meanwhile, with one of the same hash
            services.files.put(data)
        photos.keep(connection, device, sha256, len(data), now)
        return sha256

    return services.database.write(job)
