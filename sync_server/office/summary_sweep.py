"""What killed work on summaries left behind, removed when the server starts.

Only what no row names and nobody works on; a sealed file that a row names is never touched.
"""

from __future__ import annotations

from pathlib import Path

from sync_server import file_lock
from sync_server.office import summary_files
from sync_server.office.summary_work import PREFIX, ROOT, is_at_work, is_held, remove
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
    root = services.settings.path(ROOT)
    for folder in [path for path in root.iterdir() if path.is_dir()]:
        _sweep_document(services, folder)


def sweep_work(services: Services) -> None:
    """Remove the folders of work whose process is gone; a lock is there before its folder is."""
    for work in services.settings.path(ROOT).glob(f"*/{PREFIX}*"):
        if not is_at_work(services, work.name.removeprefix(PREFIX)):
            remove(work)


def _sweep_document(services: Services, folder: Path) -> None:
    """Remove what nobody's row names of one document, unless somebody is at it."""
    # the rows are read after the claim: whoever finished in between has its row by now
    claim = services.database.read(lambda c: work_claims.find(c, folder.name))
    if claim is not None:
        return
    rows = services.database.read(lambda c: summaries.of_document(c, folder.name))
    named = {services.settings.data_dir / row.folder: row for row in rows}
    for version in [path for path in folder.iterdir() if path.is_dir()]:
        if version in named:
            _sweep_version(version, named[version])
        elif summary_files.is_print_alone(version):
            remove(version)


def _sweep_version(folder: Path, row: SummaryRow) -> None:
    """Remove scans that were replaced and seals that no row knows."""
    kept = {summary_files.scan_of(folder, row), summary_files.sealed_of(folder, row)}
    for path in folder.iterdir():
        if summary_files.is_made_by_work(path) and path not in kept:
            remove(path)
    if not row.sha256:
        for name in summary_files.MADE_BY_SEALING:
            (folder / name).unlink(missing_ok=True)
