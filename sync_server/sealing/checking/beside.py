"""What lies beside a sealed file on somebody's disk: receipts, a list of withdrawn certificates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
        trust: The root certificate; a list may lie beside it.
        given_receipt: The receipt that must be this file's, None to look beside the file.
        given_list: A list of withdrawn certificates; others are looked for where they usually lie,
            and the newest counts: whoever sent the file may have sent an old one along.
    """
    folders = [sealed.parent, sealed.parent / "核验", sealed.parent.parent / "核验"]
    return Known(
        withdrawn=given_list.read_bytes() if given_list else b"",
        lists=tuple(dict.fromkeys((*_lists(folders), *near(trust)))),
        receipts=() if given_receipt else tuple(_receipts(sealed.parent)),
        receipt=given_receipt.read_bytes() if given_receipt else b"",
    )


def near(trust: Path | None) -> tuple[bytes, ...]:
    """Return the list of withdrawn certificates that lies beside the root certificate, if any."""
    return tuple(_lists([trust.parent])) if trust else ()


def _receipts(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.glob(f"*{receipt.SUFFIX}"))[:MOST_LOOKED_AT]:
        if path.is_file() and path.stat().st_size <= receipt.MOST_BYTES:
            yield path.read_bytes()


def _lists(folders: Iterable[Path]) -> Iterator[bytes]:
    for folder in folders:
        path = folder / withdrawn.FILE_NAME
        if path.is_file() and path.stat().st_size <= withdrawn.MOST_BYTES:
            yield path.read_bytes()
