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
from sync_server.mounted_keys import AUTHORITIES, RECEIPTS, SECRETS, missing
from sync_server.sealing import certificates

ROOT_KEY = "root.key"
BESIDE = ("tls", "https")
"""Folders of certificates for https, taken along whole."""
CHOICE = "serve.json"


def make(folder: Path, centre: str, now: datetime, earlier: Path | None = None) -> list[str]:
    """Make a folder's keys, beginning with those that a data folder has.

    The folder gets its name when everything is in it: a kill leaves none that lacks something.

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
    if folder.exists() and any(folder.iterdir()):
        raise ProblemError("keys.exists", folder=str(folder))
    if earlier is not None and (lacking := missing(earlier, (*SECRETS, RECEIPTS))):
        raise ProblemError("keys.missing", folder=str(earlier), files=", ".join(lacking))
    making = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}{whole_file.SUFFIX}")
    with disk_problems():
        make_folder(making)
        try:
            if earlier is not None:
                _take_along(earlier, making)
            _complete(making, centre, now)
            if folder.exists():
                folder.rmdir()
            making.rename(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        whole_file.flush(folder.parent)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


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
