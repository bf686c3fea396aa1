"""Keys that are mounted (DOORSTEP_KEYS): read where they lie, never written there.

The data folder's keys/ then holds links to them, beside the keys that this server makes while it
runs: those of schools' certificates and office devices, which office/made_keys.py keeps in the
database for every machine. Whoever mounts a folder made it once with `doorstep keys init`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

from shared.problems import ProblemError

SECRETS = ("attempts", "console", "passphrase")
"""Random texts: what counts of tries, forms' tokens, and key files are made with."""
RECEIPTS = "receipts.pem"
AUTHORITIES = ("county.key", "county.pem", "evidence.key", "evidence.pem", "root.pem")
"""The county's certificates; the root's key need not be there."""
REQUIRED = (*AUTHORITIES, *SECRETS, RECEIPTS)


def missing(folder: Path, names: tuple[str, ...] = REQUIRED) -> list[str]:
    """Return which of the files a folder lacks; one that is empty or not ours to read is none."""
    return [name for name in names if not _holds(folder / name)]


def _holds(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False


def link(folder: Path, place: Path) -> None:
    """Link the files of a mounted folder into a data folder's keys/, made by now.

    Args:
        folder: What is mounted.
        place: The data folder's keys/.

    Raises:
        ProblemError: keys.missing where files are not there; keys.differ where the data folder has
            another one of its own.
    """
    if lacking := missing(folder):
        raise ProblemError("keys.missing", folder=str(folder), files=", ".join(lacking))
    for path in place.iterdir():  # what was mounted before and is not now
        if path.is_symlink() and not path.exists():
            path.unlink(missing_ok=True)
    for file in _files(folder):
        _link_one(file, place / file.name)


def _files(folder: Path) -> Iterator[Path]:
    """The files at the top: what lies below it (tls/, https/) is read where it lies."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith(".") and path.name != "serve.json":
            yield path


def _link_one(file: Path, at: Path) -> None:
    if at.is_symlink():
        if at.readlink() == file:
            return
        at.unlink(missing_ok=True)
    elif at.exists():
        if at.read_bytes() != file.read_bytes():
            raise ProblemError("keys.differ", file=str(at), mounted=str(file))
        at.unlink(missing_ok=True)
    try:
        at.symlink_to(file)
    except FileExistsError:  # another worker of this machine was first
        return


def fingerprint(secrets: dict[str, str], receipts: bytes) -> str:
    """Return a text that tells two sets of keys apart and says nothing of either.

    Args:
        secrets: The random texts by name.
        receipts: The public point of the receipts' key.
    """
    text = b"\0".join([receipts, *(secrets[name].encode() for name in sorted(secrets))])
    return hmac.new(b"doorstep keys 1", text, hashlib.sha256).hexdigest()[:32]
