"""What lies beside a sealed file on somebody's disk: receipts, a list of withdrawn certificates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sync_server.sealing import receipt, withdrawn
from sync_server.sealing.checking.standing import Known

MOST_LOOKED_AT = 500
"""Receipts in one folder that are looked at."""


def known(
    sealed: Path, trust: Path | None, given_receipt: Path | None, given_list: Path | None
) -> Known:
    """Gather what is known of a sealed file.

    Args:
        sealed: The sealed PDF.
        trust: The root certificate; the list may lie beside it.
        given_receipt: The receipt that must be this file's, None to look beside the file.
        given_list: The list of withdrawn certificates, None to look where it usually lies.
    """
    return Known(
        withdrawn=given_list.read_bytes() if given_list else _list(sealed, trust),
        receipts=() if given_receipt else tuple(_receipts(sealed.parent)),
        receipt=given_receipt.read_bytes() if given_receipt else b"",
    )


def _receipts(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.glob(f"*{receipt.SUFFIX}"))[:MOST_LOOKED_AT]:
        if path.is_file() and path.stat().st_size <= receipt.MOST_BYTES:
            yield path.read_bytes()


def _list(sealed: Path, trust: Path | None) -> bytes:
    """Return the list beside the file, in the bundle's folder for checking, or beside the root."""
    folders = [sealed.parent, sealed.parent / "核验", sealed.parent.parent / "核验"]
    for folder in [*folders, *([trust.parent] if trust else [])]:
        path = folder / withdrawn.FILE_NAME
        if path.is_file() and path.stat().st_size <= withdrawn.MOST_BYTES:
            return path.read_bytes()
    return b""
