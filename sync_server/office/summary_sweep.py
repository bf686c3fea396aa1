"""What killed work on summaries left behind, removed when the server starts.

Only what no row names and nobody works on; a sealed file that a row names is never touched.
"""

from __future__ import annotations

from sync_server import file_lock
from sync_server.files.keys import name_of
from sync_server.office import summary_files
from sync_server.office.summary_work import (
    PREFIX,
    ROOT,
    is_at_work,
    is_held,
    remove,
    remove_kept,
)
from sync_server.services import Services
from sync_server.store import summaries, work_claims
from sync_server.store.database import Connection
from sync_server.store.summaries import SummaryRow


def sweep(services: Services) -> None:
    """Remove claims, lock files and folders of work whose process is gone."""
    claims = services.database.read(work_claims.every)
    left = {name: claim for name, claim in claims.items() if not is_held(services, claim)}

    def job(connection: Connection) -> None:
        for document, claim in left.items():
            work_claims.give_back(connection, document, claim)

    if left:
        services.database.write(job)
    for path in services.settings.path("claims").iterdir():
        file_lock.remove_unheld(path)
    sweep_work(services)


def sweep_versions(services: Services) -> None:
    """Remove versions, scans and seals that no row names, unless somebody is at work on them."""
    for key in services.file_store.folders(ROOT):
        _sweep_document(services, key)


def sweep_work(services: Services) -> None:
    """Remove the folders of work whose process is gone; a lock is there before its folder is."""
    for work in services.settings.path(ROOT).glob(f"*/{PREFIX}*"):
        if not is_at_work(services, work.name.removeprefix(PREFIX)):
            remove(work)


def _sweep_document(services: Services, key: str) -> None:
    """Remove what nobody's row names of one document, unless somebody is at it."""
    # the rows are read after the claim: whoever finished in between has its row by now
    document = name_of(key)
    claim = services.database.read(lambda c: work_claims.find(c, document))
    if claim is not None:
        return
    found = services.file_store.folders(key)
    rows = services.database.read(lambda c: summaries.of_document(c, document))
    named = {row.folder: row for row in rows}
    for version in found:
        if version in named:
            _sweep_version(services, named[version])
        elif not name_of(version).startswith(PREFIX) and summary_files.is_print_alone(
            services, version
        ):
            remove_kept(services, version)


def _sweep_version(services: Services, row: SummaryRow) -> None:
    """Remove scans that were replaced and seals that no row knows."""
    kept = {summary_files.scan_key(row), summary_files.sealed_key(services, row)}
    for key in services.file_store.folders(row.folder):
        if summary_files.is_made_by_work(key) and key not in kept:
            remove_kept(services, key)
    if not row.sha256:
        for name in summary_files.MADE_BY_SEALING:
            services.file_store.delete(f"{row.folder}/{name}")
