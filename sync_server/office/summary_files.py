"""Where the files of a version are; what is served is what its row says, not what is there.

They are in the file store (sync_server/files), under keys that begin with the row's folder. Whoever
needs paths gets the files themselves, or copies where the store is elsewhere.

<folder>/printed.pdf summary.json summary.xlsx expected.json gathered.json faces.json    composed
<folder>/scan-NNN/NN-name report.json                                         the row's scan
<folder>/seal-<sha256>/summary.pdf summary.xlsx evidence.bin seal.json        the row's sha256

Version 0.1 had scan/ without a number, and the sealed files beside printed.pdf.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from sync_server.files.keys import name_of
from sync_server.services import Services
from sync_server.store.summaries import SummaryRow

T = TypeVar("T")
SCAN, SEAL = "scan", "seal"
MADE_BY_SEALING = ("summary.pdf", "evidence.bin", "seal.json")
"""Names that lie beside printed.pdf only where version 0.1 sealed, or was killed while it did."""
MADE_BY_COMPOSING = (
    "printed.pdf",
    "summary.json",
    "summary.xlsx",
    "expected.json",
    "gathered.json",
    "faces.json",
)
SERVED = ("printed.pdf", "summary.pdf", "summary.xlsx", "evidence.bin")


def folder_of(services: Services, row: SummaryRow) -> Path:
    """Return a folder with what composing made of a version."""
    return services.file_store.local_folder(row.folder)


def gathered(services: Services, folder: str, shape: type[T]) -> T | None:
    """Return what a version was composed from, as far as a shape wants it.

    Args:
        services: The server's services.
        folder: The version's folder, as its row names it.
        shape: A struct of the members wanted of summary_inputs.Gathered.

    Returns:
        None where it cannot be read, or lacks a member that has no default.
    """
    try:
        kept = services.file_store.read(f"{folder}/gathered.json") if folder else b""
        return msgspec.json.decode(kept, type=shape) if folder else None
    except (OSError, msgspec.DecodeError):
        return None


def scan_key(row: SummaryRow) -> str:
    """Return the key of the uploads in force."""
    return f"{row.folder}/{row.scan or SCAN}"


def scan_of(services: Services, row: SummaryRow) -> Path:
    """Return a folder with the uploads in force."""
    return services.file_store.local_folder(scan_key(row))


def seal_name(sha256: str) -> str:
    """Return the name of the folder of a seal, by the hash of its PDF."""
    return f"{SEAL}-{sha256[:16]}"


def sealed_key(services: Services, row: SummaryRow) -> str:
    """Return the key of the sealed files; the version's own where version 0.1 sealed."""
    own = f"{row.folder}/{seal_name(row.sha256)}"
    return own if row.sha256 and services.file_store.has_folder(own) else row.folder


def sealed_of(services: Services, row: SummaryRow) -> Path:
    """Return a folder with the sealed files."""
    return services.file_store.local_folder(sealed_key(services, row))


def served(services: Services, row: SummaryRow) -> dict[str, str]:
    """Return the keys of the files that may be handed out, by name.

    Those of a seal only where there is one.
    """
    places = {name: f"{row.folder}/{name}" for name in SERVED if name == "printed.pdf"}
    if row.sha256:
        sealed = sealed_key(services, row)
        places |= {name: f"{sealed}/{name}" for name in SERVED if name != "printed.pdf"}
    return {name: key for name, key in places.items() if services.file_store.exists(key)}


def is_made_by_work(key: str) -> bool:
    """Return whether a folder is a scan or a seal that is named by a row, or was to be."""
    return name_of(key).startswith((f"{SCAN}-", f"{SEAL}-"))


def is_print_alone(services: Services, key: str) -> bool:
    """Return whether nothing is in a folder but what composing made, all of it or a part."""
    store = services.file_store
    names = {found.key[len(key) + 1 :] for found in store.below(key)}
    return not store.folders(key) and names <= {*MADE_BY_COMPOSING}
