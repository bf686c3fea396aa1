"""Check an unpacked bundle without a database or a network: what every file is, and whether whole.

The list of contents is checked against the pinned root first; every other file against the list;
sealed files by themselves too, as always, those in parts put together again. A file that the list
does not name is named.
"""

from __future__ import annotations

import hashlib
import shutil
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from shared.digest import sha256_hex
from sync_server import temporary
from sync_server.disk_errors import raise_if_system
from sync_server.paperwork.words import grouped
from sync_server.sealing import bundle_contents as names
from sync_server.sealing.bundle_contents import Contents, Entry
from sync_server.sealing.checking.checks import XLSX_NAME
from sync_server.sealing.checking.sealed_file import VerifiedFile
from sync_server.sealing.checking.standing import Known
from sync_server.sealing.checking.verify import open_sealed
from sync_server.sealing.receipt import moment
from sync_server.sealing.record import Finding, Findings
from sync_server.sealing.summary import CountySummary

NOT_OURS = ("thumbs.db", "desktop.ini", ".ds_store")
"""Files that Windows and macOS put into any folder."""
MOST_FILES = 5000
UNKNOWN_WORDS = "不知道是什么"


class CheckedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the folder: what it is in words, and what is wrong with it."""

    path: str
    what: str
    words: str
    problems: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Return whether nothing is wrong with it."""
        return not self.problems


class FolderVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on a folder: `problems` are those of no single file."""

    name: str = ""
    recipient: str = ""
    document: str = ""
    version: int = 0
    files: tuple[CheckedFile, ...] = ()
    problems: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Return whether nothing is wrong."""
        return not self.problems and all(file.ok for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """Return the form of `doorstep verify FOLDER --json`."""
        return {
            "ok": self.ok,
            "name": self.name,
            "recipient": self.recipient,
            "document": self.document,
            "version": self.version,
            "files": [{**msgspec.to_builtins(file), "ok": file.ok} for file in self.files],
            "problems": [msgspec.to_builtins(one) for one in self.problems],
            "notes": [msgspec.to_builtins(one) for one in self.notes],
        }


def find_bundle(folder: Path) -> Path | None:
    """Return the folder of a bundle: this one, or the only one in it, as unpacking makes them."""
    for _ in range(3):
        if (folder / names.CHECKING).is_dir():
            return folder
        inside = [path for path in folder.iterdir() if path.is_dir()]
        if len(inside) != 1:
            return None
        folder = inside[0]
    return None


def check_folder(folder: Path, trust_root_pem: bytes | None, *withdrawn: bytes) -> FolderVerdict:
    """Check an unpacked bundle.

    Args:
        folder: The folder, or one that holds it alone.
        trust_root_pem: The pinned root; None takes the one that came along, which a note says.
        *withdrawn: Further lists of withdrawn certificates; the newest counts of these and the one
            that came along.

    Returns:
        The verdict with every file.
    """
    top = find_bundle(folder) or folder
    found, remarks = Findings(), Findings()
    root = trust_root_pem
    if root is None:
        root = _bytes(top / names.ROOT)
        remarks.remark("verify.bundle_root", file=names.ROOT, fingerprint=_fingerprint(root))
    data = _bytes(top / names.CONTENTS) if _is_small(top / names.CONTENTS) else b""
    own = _bytes(top / names.WITHDRAWN) if _is_small(top / names.WITHDRAWN) else b""
    lists = tuple(one for one in (own, *withdrawn) if one)
    contents = names.read(data, root)
    if contents is None:
        found.note("verify.bundle_list", file=names.CONTENTS)
        return FolderVerdict(problems=tuple(found.items), notes=tuple(remarks.remarks))
    if names.is_exposed(data, lists):
        found.note("verify.bundle_list", file=names.CONTENTS)
    if not lists:
        remarks.remark("verify.list_missing", file=names.WITHDRAWN)
    with temporary.folder_for("bundle") as whole:
        return _Folder(top, contents, root, whole, lists).verdict(found, remarks)


class _Folder:
    """Checks one folder against its list; sealed files are put side by side in `whole`."""

    def __init__(
        self, top: Path, contents: Contents, root: bytes, whole: Path, lists: tuple[bytes, ...]
    ) -> None:
        self._top, self._contents, self._root, self._whole = top, contents, root, whole
        self._known = Known(lists=lists)
        self._there = _files_of(top)
        self._sealed: dict[str, Path] = {}

    def verdict(self, found: Findings, remarks: Findings) -> FolderVerdict:
        """Check everything."""
        contents = self._contents
        by_path = {entry.path: self._against_list(entry) for entry in contents.files}
        self._put_together(by_path)
        self._sealed_files(by_path, remarks)
        listed = CheckedFile(path=names.CONTENTS, what="contents", words=names.LIST_WORDS)
        files = [listed, *(self._checked(entry, by_path[entry.path]) for entry in contents.files)]
        known = {names.CONTENTS, *by_path}
        files += [self._unknown(path) for path in self._there if path not in known]
        for child in contents.children:
            if child.why:
                why = names.WHY_WORDS[child.why]
                remarks.remark("verify.bundle_apart", unit=child.unit, why=why)
        return FolderVerdict(
            name=contents.name,
            recipient=contents.recipient,
            document=contents.document,
            version=contents.version,
            files=tuple(sorted(files, key=lambda file: file.path)),
            problems=tuple(found.items),
            notes=tuple(remarks.remarks),
        )

    def _against_list(self, entry: Entry) -> Findings:
        """Compare a file with its line of the list."""
        found = Findings()
        path = self._there.get(entry.path)
        if path is None:
            found.note("verify.bundle_missing", file=entry.path)
        elif path.stat().st_size != entry.size_bytes or _digest(path) != entry.sha256:
            found.note("verify.bundle_changed", file=entry.path)
        return found

    def _put_together(self, found: dict[str, Findings]) -> None:
        """Put every sealed file into one folder: a link or a copy, or its parts joined."""
        contents = self._contents
        parts: dict[str, list[Entry]] = {}
        for entry in contents.files:
            if found[entry.path].items:
                continue
            if entry.what in ("report", "school"):
                self._sealed[entry.path] = self._there[entry.path]
            elif entry.what == "part":
                parts.setdefault(entry.of, []).append(entry)
        for path, entries in parts.items():
            joined = self._whole / f"joined-{len(self._sealed)}.pdf"
            with joined.open("wb") as target:
                for entry in sorted(entries, key=lambda one: one.number):
                    with self._there[entry.path].open("rb") as source:
                        shutil.copyfileobj(source, target)
            self._sealed[path] = joined

    def _sealed_files(self, found: dict[str, Findings], remarks: Findings) -> None:
        """Verify the sealed files, and hold report, workbook and schools against each other."""
        contents = self._contents
        report = self._sealed.get(names.REPORT)
        whole = open_sealed(report, self._root, known=self._known) if report else None
        below = self._known_below(whole)
        for child in contents.children:
            if child.path and (path := self._sealed.get(child.path)):
                opened = open_sealed(path, self._root, known=below)
                place = self._place(child.path, found)
                place.items += opened.verdict.problems
                remarks.remarks += _electronic(child.path, opened)
                if opened.verdict.file_sha256 != child.file_sha256:
                    place.note("verify.bundle_other", file=child.path)
        if whole is None:
            return
        opened = whole
        place, verdict = self._place(names.REPORT, found), opened.verdict
        place.items += verdict.problems
        remarks.remarks += _electronic(names.REPORT, opened)
        named = (contents.document, contents.version, contents.file_sha256)
        if (verdict.document, verdict.version, verdict.file_sha256) != named:
            place.note("verify.bundle_other", file=names.REPORT)
        if isinstance(opened.summary, CountySummary):
            listed = {child.row: child.file_sha256 for child in contents.children}
            if listed != {row.row: row.file_sha256 for row in opened.summary.rows}:
                place.note("verify.bundle_other", file=names.REPORT)
            if opened.summary.unit.code != contents.unit:
                place.note("verify.bundle_other", file=names.REPORT)
        workbook = self._there.get(names.WORKBOOK)
        if workbook and workbook.read_bytes() != opened.attachments.get(XLSX_NAME):
            found[names.WORKBOOK].note("verify.attachment_changed", file=names.WORKBOOK)

    def _known_below(self, report: VerifiedFile | None) -> Known:
        """Return what is known of the schools' files: the report that counts them is later."""
        if report is None or not report.verdict.ok or not isinstance(report.summary, CountySummary):
            return self._known
        at = moment(report.verdict.sealed_at)
        counted = {row.file_sha256: at for row in report.summary.rows} if at else {}
        return msgspec.structs.replace(self._known, counted=counted)

    def _place(self, path: str, found: dict[str, Findings]) -> Findings:
        """Return where problems of a sealed file go: itself, or its first part."""
        if path in found:
            return found[path]
        parts = (e.path for e in self._contents.files if e.what == "part" and e.of == path)
        return found[min(parts)]

    def _checked(self, entry: Entry, found: Findings) -> CheckedFile:
        words = names.WHAT_WORDS[entry.what]
        if entry.what == "school":
            child = next((c for c in self._contents.children if c.path == entry.path), None)
            words = (
                f"{words}：{child.unit} {child.document} 第{child.version}版" if child else words
            )
        elif entry.of:
            words = f"{words}（{entry.of}）"
        return CheckedFile(
            path=entry.path, what=entry.what, words=words, problems=tuple(found.items)
        )

    def _unknown(self, path: str) -> CheckedFile:
        found = Findings()
        found.note("verify.bundle_unknown", file=path)
        return CheckedFile(
            path=path, what="unknown", words=UNKNOWN_WORDS, problems=tuple(found.items)
        )


def _electronic(path: str, opened: VerifiedFile) -> list[Finding]:
    """Return what the verdict says of a file sealed electronically that stands for the scan."""
    if not opened.verdict.stands_on:
        return []
    return [
        msgspec.structs.replace(one, file=path, message=f"{path}：{one.message}")
        for one in opened.verdict.notes
        if "elsewhere" in one.code
    ]


def _files_of(top: Path) -> dict[str, Path]:
    """Return the files below a folder by path, as the list spells them, not as macOS does."""
    found: dict[str, Path] = {}
    for path in _walk(top):
        name = path.name.lower()
        if name in NOT_OURS or name.startswith("._"):
            continue
        found[unicodedata.normalize("NFC", path.relative_to(top).as_posix())] = path
        if len(found) > MOST_FILES:
            break
    return found


def _walk(top: Path) -> Iterable[Path]:
    return (path for path in sorted(top.rglob("*")) if path.is_file() and not path.is_symlink())


def _is_small(path: Path) -> bool:
    return path.is_file() and path.stat().st_size <= names.MOST_CONTENTS_BYTES


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _fingerprint(root_pem: bytes) -> str:
    try:
        root = x509.load_pem_x509_certificate(root_pem)
    except Exception as error:  # whatever came along in its place
        raise_if_system(error)
        return grouped(sha256_hex(root_pem), 64)
    return grouped(root.fingerprint(hashes.SHA256()).hex(), 64)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
