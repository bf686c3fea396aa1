"""Typeset a document: templates, data and pictures in a private folder, PDF/A-3a out.

Typst reads its data with `json()`, so a string is never markup; its root is a folder made for one
document, so a template can open nothing else; system fonts are off, so every machine gives the same
bytes (docs/sources.md#typesetter).
Imported in short-lived workers only.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import msgspec

from shared.problems import ProblemError
from sync_server import temporary
from sync_server.paperwork import glyphs
from sync_server.paperwork.faces import NO_FACES, KeptFaces

TEMPLATES = Path(__file__).parent
COMMON = ("common.typ", "faces.typ", "runs.typ")
FACES = "faces"
"""The folder of a county's own faces in the private root."""
PASSES = 3
"""The most passes after the first: rendering what it found may move a line.

Two more have always given a stable layout.
"""


class StampArea(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stamp belongs on the printed page.

    Millimetres from its top left corner; pages count from 1. `ref` names the statement, "" for the
    summary itself.
    """

    kind: str
    ref: str
    page: int
    x_mm: float
    y_mm: float
    w_mm: float
    h_mm: float


class SignatureLine(msgspec.Struct, frozen=True, kw_only=True):
    """A printed line to sign on: its left end and length in millimetres, its label before it.

    `last`: the line of who answers for the paper, below the others. Pages count from 1; `ref` as in
    `StampArea`.
    """

    label: str
    ref: str
    last: bool
    page: int
    x_mm: float
    y_mm: float
    w_mm: float


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file attached to the PDF; relationship: source | data | alternative | supplement."""

    name: str
    data: bytes
    media_type: str
    relationship: str
    description: str


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass found.

    The pages of the body (without scan pages), its stamp areas and signature lines.
    """

    pages: int
    stamp_areas: tuple[StampArea, ...]
    signature_lines: tuple[SignatureLine, ...] = ()


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One document to typeset.

    `view` is what the template shows, `meta` what changes between passes. `footnotes`: whether the
    template prints the codes of missing characters in footnotes, not in the text.
    """

    template: str
    view: dict[str, Any]
    meta: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()
    pictures: tuple[tuple[str, bytes], ...] = ()
    created_at: datetime
    footnotes: bool = True


Finish = Callable[[int], tuple[dict[str, Any], Sequence[tuple[str, bytes]]]]
"""From a pass's number of pages: what to change in `meta`, and pictures (QR codes) to add."""


def typeset(
    job: Job,
    fonts_dir: Path,
    finish: Finish | None = None,
    *,
    faces: KeptFaces | None = None,
    pages: int = 0,
) -> tuple[bytes, Layout]:
    """Typeset a document in passes: the first finds the pages, the others print how many they are.

    Args:
        job: the document.
        fonts_dir: the folder with the program's fonts.
        finish: what to change after a pass; None for a document of one pass.
        faces: the county's own faces; no fonts but these and the program's are used.
        pages: how many the same document had before: where it has as many again, the first pass
            is spared. The PDF is the same with any number.

    Returns:
        The PDF and its final layout.

    Raises:
        ProblemError: paper.not_set, fonts.kept_gone, fonts.kept_changed.
    """
    import typst

    charset = glyphs.load_charset(fonts_dir)
    many = job.footnotes and glyphs.many_missing(job.view, charset)
    with temporary.folder_for("paper") as root, _named_failures(job):
        main = _lay_out(root, job, charset, many)
        _write_json(root / "faces.json", faces.for_template() if faces else NO_FACES)
        if faces:
            faces.copy_to(root / FACES)
        fonts = _fonts(fonts_dir, root / FACES) if faces else _own_fonts(fonts_dir)
        compiler = typst.Compiler(input=str(main), root=str(root), font_paths=fonts)
        layout = None if finish and pages else _layout(compiler)
        for _ in range(PASSES if finish else 0):
            before = layout.pages if layout else pages
            changes, pictures = finish(before) if finish else ({}, ())
            meta = glyphs.mark_missing({**job.meta, **changes}, charset, many=many)
            _write_json(root / "meta.json", meta)
            for name, data in pictures:
                (root / name).write_bytes(data)
            compiler = typst.Compiler(input=str(main), root=str(root), font_paths=fonts)
            layout = _layout(compiler)
            if layout.pages == before:
                break
        created = job.created_at.astimezone(UTC).replace(microsecond=0)
        pdf = compiler.compile(format="pdf", pdf_standards="a-3a", timestamp=created)
        return cast(bytes, pdf), layout or _layout(compiler)


def _fonts(*folders: Path) -> Any:
    """Read the fonts of these folders; no others are ever used."""
    import typst

    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(folder) for folder in folders],
    )


@lru_cache(maxsize=1)
def _own_fonts(folder: Path) -> Any:
    """The program's fonts, read once: a seal sets three documents."""
    return _fonts(folder)


@contextmanager
def _named_failures(job: Job) -> Iterator[None]:
    """Raise paper.not_set where the typesetter gives up; it reports its own faults as panics."""
    import typst

    try:
        yield
    except BaseException as error:
        refused = isinstance(error, typst.TypstError | RuntimeError)  # of compile, of query
        if not refused and type(error).__name__ != "PanicException":
            raise
        title = job.meta.get("title") or job.view.get("title") or job.template
        raise ProblemError("paper.not_set", document=str(title)) from error


def _lay_out(root: Path, job: Job, charset: frozenset[str], many: bool) -> Path:
    """Write the root folder and return its main file, which joins template and attachments."""
    for name in (*COMMON, job.template):
        shutil.copyfile(TEMPLATES / name, root / name)
    _write_json(root / "view.json", glyphs.mark_missing(job.view, charset, many=many))
    _write_json(root / "meta.json", glyphs.mark_missing(job.meta, charset, many=many))
    for name, data in job.pictures:
        (root / name).write_bytes(data)
    lines = []
    for number, item in enumerate(job.attachments):
        stored = f"attached-{number}"
        (root / stored).write_bytes(item.data)
        # Only our own literals reach markup: json.dumps gives a typst string for names and
        # descriptions.
        lines.append(
            f"#pdf.attach({_literal(item.name)}, read({_literal(stored)}, encoding: none), "
            f"relationship: {_literal(item.relationship)}, mime-type: {_literal(item.media_type)}, "
            f"description: {_literal(item.description)})"
        )
    main = root / "main.typ"
    main.write_text("\n".join([*lines, f"#include {_literal(job.template)}", ""]), encoding="utf-8")
    return main


def _layout(compiler: Any) -> Layout:
    stamp_areas = json.loads(compiler.query("<stamp-area>", field="value"))
    lines = json.loads(compiler.query("<signature-line>", field="value"))
    ends = json.loads(compiler.query("<body-end>", field="value"))
    return Layout(
        pages=ends[-1]["pages"],
        stamp_areas=msgspec.convert(tuple(stamp_areas), tuple[StampArea, ...]),
        signature_lines=msgspec.convert(tuple(lines), tuple[SignatureLine, ...]),
    )


def _literal(text: str) -> str:
    """Return a typst string literal; backslash, quote and line ends are all it escapes."""
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    )
    return f'"{escaped}"'


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
