"""Where bundles lie, and what of them is swept when the server starts; bundles.py makes them."""

from __future__ import annotations

from pathlib import Path

from sync_server import file_lock
from sync_server.services import Services
from sync_server.store import bundles
from sync_server.store.bundles import BundleRow

FOLDER = "bundles"


def path_of(services: Services, row: BundleRow) -> Path:
    """Return where a bundle's zip lies."""
    return place_of(services, row.document, row.version, row.sealed_sha256)


def place_of(services: Services, document: str, version: int, sha256: str) -> Path:
    """Return where the zip of a sealed version lies."""
    return services.settings.path(FOLDER, document) / f"v{version}-{sha256[:16]}.zip"


def lock_of(services: Services, document: str) -> Path:
    """Return the lock of whoever makes a bundle of a document."""
    return services.settings.path("claims") / f"bundle-{document}"


def sweep(services: Services) -> None:
    """Remove the files of bundles that no row names: of a killed process, or of a purged season."""
    root = services.settings.path(FOLDER)
    for document in [path for path in root.iterdir() if path.is_dir()]:
        if file_lock.is_held(lock_of(services, document.name)):
            continue  # somebody makes one right now
        with file_lock.holding(lock_of(services, document.name)):
            named = {path_of(services, row) for row in services.database.read(bundles.every)}
            for path in document.iterdir():
                if path not in named:
                    path.unlink(missing_ok=True)
