"""Where bundles lie, and what of them is swept when the server starts; bundles.py makes them."""

from __future__ import annotations

import time
from pathlib import Path

from sync_server import file_lock
from sync_server.files.keys import name_of
from sync_server.files.protocol import FoundFile
from sync_server.services import Services
from sync_server.store import bundles
from sync_server.store.bundles import BundleRow

FOLDER = "bundles"
YOUNG_S = 3600


def key_of(row: BundleRow) -> str:
    """Return the key of a bundle's zip."""
    return key_of_version(row.document, row.version, row.sealed_sha256)


def key_of_version(document: str, version: int, sha256: str) -> str:
    """Return the key of the zip of a sealed version."""
    return f"{FOLDER}/{document}/v{version}-{sha256[:16]}.zip"


def path_of(services: Services, row: BundleRow) -> Path:
    """Return the path of a bundle's zip, or of a copy of it."""
    return services.file_store.local(key_of(row))


def lock_of(services: Services, document: str) -> Path:
    """Return the lock of whoever makes a bundle of a document."""
    return services.settings.path("claims") / f"bundle-{document}"


def sweep(services: Services) -> None:
    """Remove the files of bundles that no row names: of a killed process, or of a purged season."""
    store = services.file_store
    for folder in store.folders(FOLDER):
        document = name_of(folder)
        if file_lock.is_held(lock_of(services, document)):
            continue  # somebody makes one right now
        with file_lock.holding(lock_of(services, document)):
            found = list(store.below(folder))
            named = {key_of(row) for row in services.database.read(bundles.every)}
            for file in found:
                if file.key not in named and not (store.is_shared and _is_young(file)):
                    store.delete(file.key)


def _is_young(file: FoundFile) -> bool:
    """Return whether another machine may be about to write the row of a file."""
    return file.changed_s > time.time() - YOUNG_S
