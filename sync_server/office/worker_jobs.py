"""Jobs over one summary's folder that run in a subprocess: files in and out, no database.

What lies where is in office/summary_files.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from shared.problems import ProblemError
from shared.season import Season
from sync_server.office.scan_report import REPORT, ScanReport
from sync_server.office.summary_inputs import Gathered, photo_paths
from sync_server.paperwork.faces import KeptFaces
from sync_server.sealing.checking.standing import NOTHING, Known
from sync_server.sealing.documents import Document, decode, encode
from sync_server.sealing.elsewhere import Declared
from sync_server.sealing.ink import Confirmation
from sync_server.sealing.paper.scan import Expected, ScanResult
from sync_server.sealing.summary import CountySummary


def render_printed_pages(
    folder: Path, summary: Document, fonts: Path, faces: KeptFaces | None = None
) -> str:
    """Render the pages to print and their data files into a folder; return the data hash."""
    from sync_server.sealing.seal import print_summary

    printed = print_summary(summary, fonts, faces)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "printed.pdf").write_bytes(printed.rendered.pdf)
    (folder / "summary.json").write_bytes(printed.summary_json)
    (folder / "summary.xlsx").write_bytes(printed.xlsx)
    (folder / "expected.json").write_bytes(msgspec.json.encode(printed.expected))
    return printed.expected.data_hash


def read_scans(folder: Path, scans: Path, declared: Declared | None = None) -> ScanReport:
    """Compare the uploads in `scans` with the printed document in `folder`.

    Args:
        folder: The version's folder.
        scans: The folder of the uploads.
        declared: Who said that they were sealed electronically elsewhere; None for a scan.
    """
    result = _read(folder, scans, declared)
    report = ScanReport(
        pages=tuple(p.page for p in result.pages),
        missing=result.missing_pages,
        findings=result.findings,
        problems=result.problems,
        areas=result.areas,
        elsewhere=result.elsewhere,
    )
    (scans / REPORT).write_bytes(msgspec.json.encode(report))
    return report


def _read(
    folder: Path,
    scans: Path,
    declared: Declared | None,
    confirmed: Sequence[Confirmation] = (),
) -> ScanResult:
    from sync_server.sealing.paper.scan import read_scan
    from sync_server.sealing.paper.sealed_elsewhere import read_elsewhere

    expected = msgspec.json.decode((folder / "expected.json").read_bytes(), type=Expected)
    printed = (folder / "printed.pdf").read_bytes()
    if declared is not None:
        return read_elsewhere(_uploads(scans), expected, printed, declared)
    return read_scan(_uploads(scans), expected, printed, confirmed)


def _uploads(scans: Path) -> list[tuple[str, bytes]]:
    files = sorted(scans.iterdir())
    return [(p.name[3:], p.read_bytes()) for p in files if p.name != REPORT]


def seal_summary(
    folder: Path,
    scans: Path,
    out: Path,
    keys: Path,
    unit: str,
    passphrase: str,
    fonts: Path,
    now: datetime,
    gathered: Gathered | None,
    photos: Path,
    confirmed: tuple[Confirmation, ...] = (),
    faces: KeptFaces | None = None,
    declared: Declared | None = None,
) -> str:
    """Write the evidence (schools only), seal, and verify the result.

    Args:
        folder: The summary's folder.
        scans: The folder of the uploads in force.
        out: An empty folder for the sealed files.
        keys: The folder of keys and certificates.
        unit: The code that names the signer's certificate.
        passphrase: The passphrase of the key files.
        fonts: The fonts' folder.
        now: The time of the seal, timezone-aware.
        gathered: What the evidence is written from; None for the county.
        photos: The folder of photos.
        confirmed: The stamps and signatures that a person saw on the original.
        faces: The county's own faces that it was printed with.
        declared: Who said that the uploads were sealed elsewhere; None for a scan.

    Returns:
        The sealed PDF's sha256.

    Raises:
        ProblemError: scan.sealed_pages_differ, fonts.kept_gone, fonts.kept_changed, seal.*.
    """
    from sync_server.sealing.certificates import signer_of
    from sync_server.sealing.making.evidence import write_evidence
    from sync_server.sealing.seal import seal

    data = (folder / "summary.json").read_bytes()
    summary = decode(data)
    if encode(summary) != data:  # printed by another version of this program
        raise ProblemError("scan.sealed_pages_differ")
    evidence = None
    if gathered is not None:
        evidence = write_evidence(
            out / "evidence.bin",
            (keys / "evidence.pem").read_bytes(),
            gathered.inputs,
            gathered.chains,
            gathered.devices,
            ((sha, path.read_bytes()) for sha, path in photo_paths(gathered, photos)),
        )
    sealed = seal(
        summary,
        _read(folder, scans, declared, confirmed),
        evidence,
        signer_of(keys, unit, passphrase),
        fonts_dir=fonts,
        trust_root_pem=(keys / "root.pem").read_bytes(),
        now=now,
        printed_pdf=(folder / "printed.pdf").read_bytes(),
        faces=faces,
    )
    (out / "seal.json").write_bytes(sealed.seal_json)
    (out / "summary.xlsx").write_bytes(sealed.xlsx)
    (out / "summary.pdf").write_bytes(sealed.pdf)
    return sealed.sha256


def roll_up_county(
    children: list[Path],
    registry: dict[str, str],
    season: Season,
    partial: bool,
    root_pem: bytes,
    above: dict[str, Any],
    known: Known = NOTHING,
) -> tuple[CountySummary, ...]:
    """Compose the county's report to each recipient from its schools' sealed files.

    Added up once: the reports differ in what they say of single people alone.
    """
    from sync_server.sealing import on_cores
    from sync_server.sealing.making import recipients
    from sync_server.sealing.rollup import ParentUnit, roll_up_whole

    whole = roll_up_whole(
        children,
        registry,
        season,
        partial=partial,
        trust_root_pem=root_pem,
        parent=msgspec.convert(above, ParentUnit),
        known=known,
        cores=on_cores.usable(),
    )
    if not season.recipients:
        return (recipients.plain(whole),)
    return tuple(
        recipients.for_recipient(whole, one, season.recipients) for one in season.recipients
    )


def verify_file(
    path: Path,
    root_pem: bytes,
    evidence: Path | None = None,
    key: Path | None = None,
    passphrase: str = "",
    children: Path | None = None,
    known: Known = NOTHING,
) -> dict[str, Any]:
    """Verify a sealed file.

    Args:
        path: The sealed PDF.
        root_pem: The root certificate to trust.
        evidence: The evidence file, if it is to be checked.
        key: The private key that decrypts the evidence.
        passphrase: The passphrase of `key`.
        children: A folder of the schools' sealed files, for a county's summary.
        known: The list of withdrawn certificates and receipts that lie beside it.

    Returns:
        The verdict in its machine form, with what was checked and who signed.
    """
    from sync_server.sealing.certificates import load_key
    from sync_server.sealing.checking.verify import verify

    opened = load_key(key, passphrase) if key else None
    verdict = verify(path, root_pem, evidence, opened, children, known)
    more = {
        "kind": verdict.kind,
        "unit": verdict.unit_name,
        "sealed_at": verdict.sealed_at,
        "sha256": verdict.file_sha256,
        "checked": list(verdict.checked),
    }
    return {**verdict.as_json(), **more}
