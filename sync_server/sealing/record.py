"""seal.json: what a seal says of itself, and the verdict of whoever checks it. Shapes only."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.digest import canonical
from shared.problems import PROBLEMS, fill
from sync_server.sealing.summary import Unit

SCHEMA = 1


class AttachedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file inside the sealed PDF. `sha256` hex."""

    name: str
    sha256: str
    size_bytes: int


class ScannedPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a scan file: its place in the file and the printed page its QR names, both from 1.

    `red_bp`: red ink in the stamp room in basis points of its area, null where it cannot be told.
    """

    page_in_file: int
    page: int
    red_bp: int | None = None


class ScanFile(msgspec.Struct, frozen=True, kw_only=True):
    """A scan as it was uploaded: `name` is its attachment's, `uploaded_as` what the liaison's file was called."""

    name: str
    uploaded_as: str
    sha256: str
    size_bytes: int
    pages: tuple[ScannedPage, ...]


class EvidenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """evidence.bin, which stays with the centre: bound here by its hash."""

    sha256: str
    size_bytes: int


class SignerRef(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed: the unit code in the certificate, its name, and the certificate's sha256 (hex, DER)."""

    code: str
    name: str
    certificate_sha256: str


class SealRecord(msgspec.Struct, frozen=True, kw_only=True):
    """seal.json. `pages` are digests of every page's content, printed ones first (`printed_pages` of them)."""

    schema: int = SCHEMA
    kind: str
    document: str
    version: int
    unit: Unit
    season: str
    cut_off: str
    data_hash: str
    printed_pages: int
    ink_pages: tuple[int, ...]
    pages: tuple[str, ...]
    attachments: tuple[AttachedFile, ...]
    scan: tuple[ScanFile, ...]
    evidence: EvidenceFile | None = None
    exceptions: tuple[dict[str, Any], ...] = ()
    findings: tuple[dict[str, Any], ...] = ()
    signer: SignerRef
    previous_seal: str = ""
    sealed_at: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong: registered code, the file, the row or page it stands on, and the Chinese sentence."""

    code: str
    file: str = ""
    row: int | None = None
    page: int | None = None
    message: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What verification found. `as_json` gives the form of `doorstep verify --json`."""

    ok: bool
    document: str = ""
    version: int = 0
    data_hash: str = ""
    problems: tuple[Finding, ...] = ()
    kind: str = ""
    unit_code: str = ""
    unit_name: str = ""
    sealed_at: str = ""
    file_sha256: str = ""
    checked: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """`{ok, document, version, data_hash, problems:[{code, file, row, page, message}]}`."""
        return {
            "ok": self.ok,
            "document": self.document,
            "version": self.version,
            "data_hash": self.data_hash,
            "problems": [msgspec.to_builtins(p) for p in self.problems],
        }


class Findings:
    """Collects what is wrong, each once, so that checking goes on after the first."""

    def __init__(self) -> None:
        self.items: list[Finding] = []

    def note(
        self,
        code: str,
        *,
        file: str = "",
        row: int | None = None,
        page: int | None = None,
        **values: Any,
    ) -> None:
        """Add one problem of the registry; `values` fill its sentence."""
        told = {"file": file, "row": row, "page": page, **values}
        found = Finding(
            code=code, file=file, row=row, page=page, message=fill(PROBLEMS[code].zh, told)
        )
        if found not in self.items:
            self.items.append(found)

    def has(self, *codes: str) -> bool:
        return any(item.code in codes for item in self.items)


def encode(record: SealRecord) -> bytes:
    """seal.json: canonical bytes."""
    return canonical(msgspec.to_builtins(record))
