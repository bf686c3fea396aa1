"""The structs of seal.json and of a verification's verdict."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from shared.digest import canonical
from shared.problems import PROBLEMS, fill
from sync_server.sealing.elsewhere import Elsewhere, StandsOn
from sync_server.sealing.ink import AreaInk, Confirmation
from sync_server.sealing.summary import Unit

SCHEMA = 1
ELSEWHERE_SCHEMA = 2
"""The schema of a seal that stands on a file sealed elsewhere: a program that knows no such seal
says that it needs an upgrade, and does not pass it as a seal without a scan."""


class AttachedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file attached to the sealed PDF; `sha256` is hex."""

    name: str
    sha256: str
    size_bytes: int


class ScannedPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a scan file: its position in the file and the printed page its QR names.

    Both count from 1. `red_bp`: red ink in the stamp area in basis points of its samples, None
    where it cannot be measured. `ink`: what was measured in each area; seals of 1.0 and before have
    none.
    """

    page_in_file: int
    page: int
    red_bp: int | None = None
    ink: tuple[AreaInk, ...] | msgspec.UnsetType = msgspec.UNSET


class ScanFile(msgspec.Struct, frozen=True, kw_only=True):
    """A scan as it was uploaded.

    `name` is the name of its attachment, `uploaded_as` that of the liaison's file; `sha256` is hex.
    """

    name: str
    uploaded_as: str
    sha256: str
    size_bytes: int
    pages: tuple[ScannedPage, ...]


class EvidenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """Hash (hex) and size of evidence.bin, which stays with the county's centre."""

    sha256: str
    size_bytes: int


class SignerRef(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed: the unit's code and name in the certificate, and its sha256 (hex, of the DER)."""

    code: str
    name: str
    certificate_sha256: str


class SealRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The document seal.json.

    `pages` are the digests of every page's content, the `printed_pages` printed ones first;
    `ink_pages` are the printed pages that must bear ink; `confirmed` the stamps and signatures that
    a person saw where the program did not. `elsewhere`: what it stands on in place of a scan; then
    `schema` is 2 and `scan` is empty. Times are ISO with offset.
    """

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
    confirmed: tuple[Confirmation, ...] | msgspec.UnsetType = msgspec.UNSET
    elsewhere: Elsewhere | msgspec.UnsetType = msgspec.UNSET
    signer: SignerRef
    previous_seal: str = ""
    sealed_at: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One problem: registered code, file, the row or page (from 1), and the Chinese sentence."""

    code: str
    file: str = ""
    row: int | None = None
    page: int | None = None
    message: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a verification; `ok` when `problems` is empty.

    `notes` are what a reader should know of a file that is whole. `stands_on`: "" where a scan
    shows the stamp.
    """

    ok: bool
    document: str = ""
    version: int = 0
    data_hash: str = ""
    problems: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    kind: str = ""
    unit_code: str = ""
    unit_name: str = ""
    sealed_at: str = ""
    file_sha256: str = ""
    checked: tuple[str, ...] = ()
    stands_on: StandsOn | Literal[""] = ""

    def as_json(self) -> dict[str, Any]:
        """Return the form of `doorstep verify --json`.

        Returns:
            `{ok, document, version, data_hash, problems: [{code, file, row, page, message}]}`,
            and `notes` in the form of problems where there are any.
        """
        notes = [msgspec.to_builtins(p) for p in self.notes]
        return {
            "ok": self.ok,
            "document": self.document,
            "version": self.version,
            "data_hash": self.data_hash,
            "problems": [msgspec.to_builtins(p) for p in self.problems],
            **({"notes": notes} if notes else {}),
            **({"stands_on": self.stands_on} if self.stands_on else {}),
        }


class Findings:
    """Collects problems, each once, so that checking continues after the first."""

    def __init__(self) -> None:
        """Start with no problem."""
        self.items: list[Finding] = []
        self.remarks: list[Finding] = []

    def note(
        self,
        code: str,
        *,
        file: str = "",
        row: int | None = None,
        page: int | None = None,
        **values: Any,
    ) -> None:
        """Add one problem of the registry.

        Args:
            code: a code of `shared.problems`.
            file: the file concerned.
            row: the row concerned, from 1.
            page: the page concerned, from 1.
            **values: further values of the problem's sentence.
        """
        known = {"file": file, "row": row, "page": page, **values}
        found = Finding(
            code=code, file=file, row=row, page=page, message=fill(PROBLEMS[code].zh, known)
        )
        if found not in self.items:
            self.items.append(found)

    def remark(self, code: str, *, file: str = "", **values: Any) -> None:
        """Add a note for the reader; it does not make the file invalid."""
        message = fill(PROBLEMS[code].zh, {"file": file, **values})
        self.remarks.append(Finding(code=code, file=file, message=message))

    def has(self, *codes: str) -> bool:
        """Return whether one of these codes was noted."""
        return any(item.code in codes for item in self.items)


def encode(record: SealRecord) -> bytes:
    """Return seal.json as canonical bytes."""
    return canonical(msgspec.to_builtins(record))
