"""Where the files of a version lie; what is served is what its row says, not what lies there.

<folder>/printed.pdf summary.json summary.xlsx expected.json gathered.json faces.json    composed
<folder>/scan-NNN/NN-name report.json                                         the row's scan
<folder>/seal-<sha256>/summary.pdf summary.xlsx evidence.bin seal.json        the row's sha256

Version 0.1 had scan/ without a number, and the sealed files beside printed.pdf.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

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
    """Return the folder of a version."""
    return services.settings.data_dir / row.folder


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
        kept = (services.settings.data_dir / folder / "gathered.json").read_bytes()
        return msgspec.json.decode(kept, type=shape) if folder else None
    except (OSError, msgspec.DecodeError):
        return None


def scan_of(folder: Path, row: SummaryRow) -> Path:
    """Return the folder of the uploads in force."""
    return folder / (row.scan or SCAN)


def seal_name(sha256: str) -> str:
    """Return the name of the folder of a seal, by the hash of its PDF."""
    return f"{SEAL}-{sha256[:16]}"


def sealed_of(folder: Path, row: SummaryRow) -> Path:
    """Return the folder of the sealed files; `folder` itself where version 0.1 sealed."""
    own = folder / seal_name(row.sha256)
    return own if row.sha256 and own.is_dir() else folder


def served(folder: Path, row: SummaryRow) -> dict[str, Path]:
    """Return the files that may be handed out, by name: those of a seal only where there is one."""
    places = {name: folder / name for name in SERVED if name == "printed.pdf"}
    if row.sha256:
        sealed = sealed_of(folder, row)
        places |= {name: sealed / name for name in SERVED if name != "printed.pdf"}
    return {name: path for name, path in places.items() if path.exists()}


def is_made_by_work(path: Path) -> bool:
    """Return whether a folder is a scan or a seal that is named by a row, or was to be."""
    return path.is_dir() and path.name.startswith((f"{SCAN}-", f"{SEAL}-"))


def is_print_alone(folder: Path) -> bool:
    """Return whether nothing lies in a folder but what composing made, all of it or a part."""
    return {path.name for path in folder.iterdir()} <= {*MADE_BY_COMPOSING}
