"""Pack what goes up to one recipient: a folder in a zip that is read without any program of ours.

The sealed files go in as they are. A school's sealed file holds narratives, reasons and everybody's
name: it goes only to a recipient whose own sealed report may hold all of that (ADR 0036). Equal
sealed files give equal bytes: nothing here asks a clock, and nothing is compressed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from shared.problems import ProblemError, Where
from sync_server.paperwork.bundle_note import About, how_text, render_note, render_register
from sync_server.sealing import bundle_contents as names
from sync_server.sealing.bundle_contents import Child, Contents, Why, file_name
from sync_server.sealing.bundle_zip import ZipWriter, digest_of
from sync_server.sealing.certificates import Signer
from sync_server.sealing.elsewhere import StandsOn, mark_of
from sync_server.sealing.making.workbook import form_xlsx
from sync_server.sealing.summary import CountySummary, SchoolSummary, decode

Progress = Callable[[int, int], None]


class SchoolFile(msgspec.Struct, frozen=True, kw_only=True):
    """A school's sealed file that was rolled up: its row in the report, and where it lies.

    `summary`: its summary.json; `full_id_numbers`: whether it prints ID numbers in full.
    """

    row: int
    path: str
    summary: str
    full_id_numbers: bool = False


class Packing(msgspec.Struct, frozen=True, kw_only=True):
    """What is packed.

    Attributes:
        pdf: The sealed report.
        sha256: Its sha256, hex.
        xlsx: Its workbook.
        summary: Its summary.json.
        sealed_at: When it was sealed, as its seal says (ISO).
        schools: The schools' sealed files, for those rows that this server has.
        root_pem: The root certificate.
        check_url: The county's page for checking a file, "" where there is none.
        withdrawn: The signed list of withdrawn certificates, where there is one.
        stands_on: What the report's seal stands on where that is no scan.
        papers_awaited: The schools whose stamped paper the county does not have yet.
    """

    pdf: Path
    sha256: str
    xlsx: Path
    summary: bytes
    sealed_at: str
    schools: tuple[SchoolFile, ...]
    root_pem: bytes
    check_url: str = ""
    withdrawn: bytes = b""
    stands_on: StandsOn | Literal[""] = ""
    papers_awaited: tuple[str, ...] = ()


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """The zip: its name without the ending, its sha256 (hex), its size, how many files it has."""

    name: str
    sha256: str
    size_bytes: int
    files: int


def may_have_school_files(summary: CountySummary, *, full_id_numbers: bool) -> bool:
    """Return whether the recipient of a sealed report may receive the schools' own sealed files.

    They hold narratives and reasons of health. All or none: leaving out the files of the schools
    with such cases would tell which schools these are.

    Args:
        summary: The sealed report, which says what its recipient may receive.
        full_id_numbers: Whether one of those files prints ID numbers in full.
    """
    to = summary.recipient
    if isinstance(to, msgspec.UnsetType):
        return False
    numbers = to.full_id_numbers or not full_id_numbers
    return to.with_narratives and to.with_health_reasons and numbers


def pack(
    progress: Progress, packing: Packing, signer: Signer, fonts_dir: Path, out: Path
) -> Packed:
    """Write the zip.

    Args:
        progress: Is told how many of the sealed files are done.
        packing: What is packed.
        signer: The county's certificate, for the list of contents.
        fonts_dir: The folder with the paper fonts.
        out: The zip, written anew.

    Raises:
        ProblemError: bundle.child_gone, bundle.too_large, certs.*, disk.full.
    """
    summary = decode(packing.summary)
    if not isinstance(summary, CountySummary):
        raise TypeError("only a county's report goes up in a bundle")
    folder = name_of(summary)
    with out.open("wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as zipped:
        writer = ZipWriter(zipped, folder, datetime.fromisoformat(packing.sealed_at), fonts_dir)
        _Bundle(writer, packing, summary, progress, fonts_dir).write(signer)
        count = len(writer.entries) + 1
    return Packed(name=folder, sha256=digest_of(out), size_bytes=out.stat().st_size, files=count)


def name_of(summary: CountySummary) -> str:
    """Return the name of folder and zip."""
    to = "" if isinstance(summary.recipient, msgspec.UnsetType) else summary.recipient.name
    version = f" 第{summary.version}版"
    named = f"{summary.season.id}年{summary.unit.name}{'报' + to if to else '上报'}"
    return file_name(named, names.LONGEST_NAME - len(version)) + version


class _Bundle:
    """Writes the files of one bundle in order."""

    def __init__(
        self,
        writer: ZipWriter,
        packing: Packing,
        summary: CountySummary,
        progress: Progress,
        fonts_dir: Path,
    ) -> None:
        self._writer, self._packing, self._summary = writer, packing, summary
        self._progress, self._fonts = progress, fonts_dir
        self._about = _about(packing, summary)
        paths = {one.row: one.path for one in packing.schools}
        full = any(one.full_id_numbers for one in packing.schools)
        withheld = not may_have_school_files(summary, full_id_numbers=full)
        self._sources = {} if withheld else paths
        self._children = _children(summary, self._sources, withheld)

    def write(self, signer: Signer) -> None:
        """Write all files, the list of contents last."""
        packing, writer, about = self._packing, self._writer, self._about
        total = len(self._sources) + 1
        writer.add_sealed(names.REPORT, packing.pdf, packing.sha256, "report", about.unit)
        writer.add(names.WORKBOOK, packing.xlsx.read_bytes(), "workbook")
        self._progress(1, total)
        done = 1
        for child in self._children:
            if child.path:
                source = Path(self._sources[child.row])
                writer.add_sealed(child.path, source, child.file_sha256, "school", child.unit)
                done += 1
                self._progress(done, total)
        self._own_forms()
        writer.add(names.REGISTER, self._register(), "register")
        writer.add(names.ROOT, packing.root_pem, "root")
        text = how_text(about, writer.split)
        writer.add(names.HOW, text.encode("utf-8-sig"), "how")
        if packing.withdrawn:
            writer.add(names.WITHDRAWN, packing.withdrawn, "withdrawn")
        writer.add(names.NOTE, self._note(), "note")
        writer.entries.sort(key=lambda entry: entry.path)
        writer.add_unlisted(names.CONTENTS, names.sign(self._contents(), signer))

    def _own_forms(self) -> None:
        """Write the recipient's own form with a line a person, of each school that has it."""
        to, rows = self._summary.recipient, {row.row: row for row in self._summary.rows}
        if isinstance(to, msgspec.UnsetType):
            return
        digits = max(2, len(str(len(rows))))
        for one in self._packing.schools:
            row, path = rows[one.row], Path(one.summary)
            if not path.is_file() or digest_of(path) != row.data_hash:
                raise ProblemError("bundle.child_gone", Where(file=path.name), school=row.name)
            school = decode(path.read_bytes())
            form = form_xlsx(school, to) if isinstance(school, SchoolSummary) else None
            if form is not None:
                name = (
                    f"{names.SCHOOLS}/{row.row:0{digits}d} {file_name(row.name)}{names.FORM_WORDS}"
                )
                self._writer.add(name, form, "form")

    def _contents(self) -> Contents:
        summary = self._summary
        return Contents(
            name=self._about.name,
            unit=summary.unit.code,
            recipient=self._about.recipient,
            document=summary.document,
            version=summary.version,
            file_sha256=self._packing.sha256,
            sealed_at=self._packing.sealed_at,
            files=tuple(self._writer.entries),
            children=self._children,
        )

    def _register(self) -> bytes:
        right = any(child.why == "right" for child in self._children)
        marks = {row.row: mark_of(row.stands_on) for row in self._summary.rows}
        rows = [
            (
                child.unit,
                f"{child.document} 第{child.version}版{marks[child.row]}",
                child.file_sha256,
                "不在本包" if right else self._where(child),
            )
            for child in self._children
        ]
        withheld = names.WHY_WORDS["right"] if right else ""
        return render_register(self._about, rows, withheld, self._fonts)

    def _where(self, child: Child) -> str:
        """Return where a school's sealed file is, in words."""
        if child.why:
            return f"不在本包：{names.WHY_WORDS[child.why]}"
        name = child.path.rpartition("/")[2]
        parts = dict(self._writer.split).get(name)
        return f"{names.PARTS}/，{parts}卷" if parts else child.path

    def _note(self) -> bytes:
        there = {entry.path for entry in self._writer.entries}
        copies = {entry.of: entry.path for entry in self._writer.entries if entry.what == "copy"}
        apart = sum(not child.path for child in self._children)
        schools = f"{len(self._children) - apart}份封存件和一份登记"
        if apart == len(self._children):
            schools = "各校封存件的登记；封存件不在本包，原因写在里面"
        if any(entry.what == "form" for entry in self._writer.entries):
            schools += "；各校的逐人表，列按报送对象的表样"
        files = [
            (names.NOTE, names.WHAT_WORDS["note"]),
            (copies.get(names.REPORT, names.REPORT), names.WHAT_WORDS["report"]),
            (names.WORKBOOK, "汇总表，列按报送对象的表样；与封存件里附的相同"),
            (f"{names.SCHOOLS}/", schools),
            (names.ROOT, names.WHAT_WORDS["root"]),
            (names.HOW, names.WHAT_WORDS["how"]),
            (names.CONTENTS, names.LIST_WORDS),
        ]
        if names.WITHDRAWN in there:
            files.append((names.WITHDRAWN, names.WHAT_WORDS["withdrawn"]))
        if self._writer.split:
            files.append((f"{names.PARTS}/", names.WHAT_WORDS["part"]))
        split = [name for name, _ in self._writer.split]
        return render_note(self._about, files, split, self._writer.cut, self._fonts)


def _about(packing: Packing, summary: CountySummary) -> About:
    to = summary.recipient
    root = x509.load_pem_x509_certificate(packing.root_pem)
    return About(
        name=name_of(summary),
        unit=summary.unit.name,
        phone=summary.letterhead.phone,
        recipient="" if isinstance(to, msgspec.UnsetType) else to.name,
        season=summary.season.id,
        document=f"{summary.document} 第{summary.version}版",
        cut_off=summary.cut_off,
        sealed_at=packing.sealed_at,
        demo=summary.demo,
        fingerprint=root.fingerprint(hashes.SHA256()).hex(),
        check_url=packing.check_url,
        missing=tuple(unit.name for unit in summary.missing),
        electronic=_electronic(packing, summary),
        papers_awaited=packing.papers_awaited,
    )


def _electronic(packing: Packing, summary: CountySummary) -> tuple[str, ...]:
    """Name the sealed files that stand on a file sealed electronically, not on a scan."""
    named = [("县级汇总", packing.stands_on or msgspec.UNSET)]
    named += [(row.name, row.stands_on) for row in summary.rows]
    return tuple(f"{name}{mark_of(kind)}" for name, kind in named if kind)


def _children(summary: CountySummary, sources: dict[int, str], withheld: bool) -> tuple[Child, ...]:
    digits = max(2, len(str(len(summary.rows))))
    made = []
    for row in summary.rows:
        why: Why = "right" if withheld else "elsewhere"
        there = bool(sources.get(row.row))
        name = f"{names.SCHOOLS}/{row.row:0{digits}d} {file_name(row.name)}.pdf"
        made.append(
            Child(
                row=row.row,
                unit=row.name,
                document=row.document,
                version=row.version,
                file_sha256=row.file_sha256,
                path=name if there else "",
                why="" if there else why,
            )
        )
    return tuple(made)
