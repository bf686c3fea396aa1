"""A server's keys made once, in a folder to be mounted on every machine (DOORSTEP_KEYS)."""

from __future__ import annotations

import secrets
import shutil
from datetime import datetime
from pathlib import Path

from shared.problems import ProblemError
from sync_server import whole_file
from sync_server.crypto.keys import ReceiptKey
from sync_server.data_folder import make_folder
from sync_server.disk_errors import disk_problems
from sync_server.holding import Holds
from sync_server.mounted_keys import AUTHORITIES, RECEIPTS, SECRETS, missing
from sync_server.sealing import certificates
from sync_server.settings import Settings
from sync_server.store import audit, key_mark
from sync_server.store.database import Connection, Database

ROOT_KEY = "root.key"
BESIDE = ("tls", "https")
"""Folders of certificates for https, taken along whole."""
CHOICE = "serve.json"
WHOLE = f"whole{whole_file.SUFFIX}"
"""Where all of them lie for a moment, made and not yet in their places."""


def make(folder: Path, centre: str, now: datetime, earlier: Path | None = None) -> list[str]:
    """Make a folder's keys, beginning with those that a data folder has.

    They come to their places when all are made; a run after one that was killed goes on with its.

    Args:
        folder: Where they are to lie; it must not be there, or be empty.
        centre: The centre's name, which the county's certificates carry.
        now: The real clock, timezone-aware.
        earlier: The keys/ of a data folder whose server goes on with these; None for a new one.

    Returns:
        The names of the files.

    Raises:
        ProblemError: keys.exists; keys.missing where the earlier ones are not whole; disk.full,
            disk.broken.
    """
    if (whole := folder / WHOLE).is_dir():  # a run that was killed had made all of them
        return _in_place(folder, whole)
    if folder.exists() and any(path.suffix != whole_file.SUFFIX for path in folder.iterdir()):
        raise ProblemError("keys.exists", folder=str(folder))
    if earlier is not None and (lacking := missing(earlier, ("passphrase", RECEIPTS))):
        raise ProblemError("keys.missing", folder=str(earlier), files=", ".join(lacking))
    with disk_problems():
        make_folder(folder)
        for left in folder.iterdir():  # of a run that was killed
            shutil.rmtree(left)
        making = folder / f"making{whole_file.SUFFIX}"
        make_folder(making)
        if earlier is not None:
            _take_along(earlier, making)
        _complete(making, centre, now)
        making.rename(whole)
        return _in_place(folder, whole)


def _in_place(folder: Path, whole: Path) -> list[str]:
    """Give the files their places, one by one: a volume that is mounted cannot be renamed."""
    for path in sorted(whole.iterdir()):
        path.rename(folder / path.name)
    whole.rmdir()
    whole_file.flush(folder)
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def accept(settings: Settings, *, who: str) -> None:
    """Let the next server say which keys count: they were changed on purpose.

    Args:
        settings: Which database.
        who: The account that does it, for the audit trail.

    Raises:
        ProblemError: data.served while a server runs.
    """
    database = Database(settings.database)
    try:
        if serving := Holds(database).serving():
            place, pid, _ = serving[0].split(" ", 2)
            raise ProblemError("data.served", folder=place, pid=pid, address="?", since="?")
        database.write(lambda c: _accept(c, settings.now_text(), who))
    finally:
        database.close()


def _accept(connection: Connection, at: str, who: str) -> None:
    key_mark.forget(connection)
    audit.note(connection, at=at, who=who, action="keys.accept")


def _take_along(earlier: Path, making: Path) -> None:
    for name in (*SECRETS, RECEIPTS, *AUTHORITIES, ROOT_KEY, CHOICE):
        if (earlier / name).is_file():
            whole_file.write(making / name, (earlier / name).read_bytes())
    for name in BESIDE:
        if (earlier / name).is_dir():
            shutil.copytree(earlier / name, making / name)


def _complete(making: Path, centre: str, now: datetime) -> None:
    for name in SECRETS:
        whole_file.write_once(making / name, lambda: secrets.token_urlsafe(32).encode())
    passphrase = (making / "passphrase").read_text("ascii").strip()
    ReceiptKey(making / RECEIPTS, passphrase)
    if not (making / "root.pem").exists():
        certificates.create_root(making, f"{centre} 根证书", passphrase, now)
    if not (making / "county.pem").exists():
        certificates.issue_county(making, centre, passphrase, now)
    if not (making / "evidence.pem").exists():
        certificates.create_evidence_key(making, passphrase)
