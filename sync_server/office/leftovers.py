"""What killed or forgotten work left in the data folder, removed when the server starts.

Other verbs may be at work meanwhile, so files that one of them may be writing are left alone until
they are old. Phones send an upload again from its start.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from sync_server import whole_file
from sync_server.office import summary_sweep
from sync_server.services import Services
from sync_server.store import photos

WRITTEN_WITHIN_S = 3600
"""No file of keys or certificates takes longer to be written."""
STAGED_S = 24 * 3600
"""An uploaded list is kept for its import this long; it holds names and ID numbers."""
PLACES = ("keys", "keys/https", "keys/tls", "certificates-of-destruction", "handover")


def sweep(services: Services) -> None:
    """Remove unfinished files, uploads that no row names, and lists that nobody imported.

    Also what was being done with summaries.
    """
    data_dir, now_s = services.settings.data_dir, time.time()
    unfinished = [p for name in PLACES for p in (data_dir / name).glob(f"*{whole_file.SUFFIX}")]
    _remove_older(unfinished, now_s - WRITTEN_WITHIN_S)
    forget_staged(data_dir / "imports", now_s)
    named = services.database.read(photos.upload_ids)
    for path in services.settings.path("uploads").iterdir():
        if path.name not in named:
            path.unlink(missing_ok=True)
    summary_sweep.sweep(services)


def forget_staged(folder: Path, now_s: float) -> None:
    """Remove what was uploaded for an import more than a day ago."""
    _remove_older(folder.glob("*"), now_s - STAGED_S)


def _remove_older(paths: Iterable[Path], moment_s: float) -> None:
    for path in paths:
        with suppress(FileNotFoundError):  # somebody else removed it
            if path.stat().st_mtime < moment_s:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
