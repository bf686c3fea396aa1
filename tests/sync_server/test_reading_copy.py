"""The smaller copy of a large sealed file: never silent about pages that it lacks, never too large."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import datetime
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from shared.assets import FONTS
from shared.problems import ProblemError
from sync_server.paperwork.bundle_note import About, render_note
from sync_server.sealing.bundle_zip import LIMIT_BYTES, ZipWriter
from sync_server.sealing.reading_copy import Copy, reading_copy

AT = datetime.fromisoformat("2019-12-12T10:00:00+08:00")
NAME = "01 汇总（盖章）.pdf"


def pdf_of(place: Path, pages: int, side_pt: int = 60) -> Path:
    """A PDF of so many empty pages."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(side_pt, side_pt)
    document.save(place)
    return place


def noise(place: Path, pages: int) -> Path:
    """A PDF whose pages are noise, which no picture can make small."""
    dots = [
        Image.frombytes("RGB", (600, 600), random.Random(n).randbytes(1_080_000))
        for n in range(pages)
    ]
    dots[0].save(place, "PDF", save_all=True, append_images=dots[1:])
    return place


def copy_of(pdf: Path, limit_bytes: int = LIMIT_BYTES) -> Copy:
    return reading_copy(pdf, NAME, "ab" * 32, AT, FONTS, limit_bytes)


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as read:
        return "".join("".join(p.get_textpage().get_text_range().split()) for p in read)


def pages_of(pdf: bytes) -> int:
    with pypdfium2.PdfDocument(pdf) as read:
        return len(read)


def test_a_file_of_more_than_two_hundred_pages_says_how_many_are_missing(tmp_path: Path) -> None:
    copy = copy_of(pdf_of(tmp_path / "long.pdf", 203))
    assert (copy.shown, copy.pages, pages_of(copy.data)) == (200, 203, 200)
    assert text_of(copy.data).count("只有前200页，原件共203页") == 200


def test_a_whole_copy_says_nothing_of_the_kind(tmp_path: Path) -> None:
    copy = copy_of(pdf_of(tmp_path / "short.pdf", 3))
    assert (copy.shown, copy.pages) == (3, 3)
    assert "只有前" not in text_of(copy.data)


def test_pages_are_left_out_where_no_density_is_small_enough(tmp_path: Path) -> None:
    pdf = noise(tmp_path / "noise.pdf", 8)
    whole = copy_of(pdf)
    fewer = copy_of(pdf, len(whole.data) // 8)
    assert len(fewer.data) < len(whole.data) // 8
    assert 1 <= fewer.shown < 8
    assert f"只有前{fewer.shown}页，原件共8页" in text_of(fewer.data)


def test_one_page_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="01 汇总") as refused:
        copy_of(noise(tmp_path / "one.pdf", 1), 1000)
    assert refused.value.code == "bundle.too_large"


def test_the_explanation_names_the_copies_that_lack_pages() -> None:
    about = About(
        name="b",
        unit="青槐县学生资助管理中心",
        phone="",
        recipient="",
        season="2019",
        document="Q 第1版",
        cut_off=AT.isoformat(),
        sealed_at=AT.isoformat(),
        demo=False,
        fingerprint="ab" * 32,
        check_url="",
        missing=(),
    )
    text = text_of(render_note(about, [("a", "b")], [NAME], [(NAME, 200, 203)], FONTS))
    assert "有203页，阅读副本只有前200页" in text


def test_no_file_of_a_bundle_has_twenty_megabytes(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(), "w") as zipped:
        writer = ZipWriter(zipped, "b", AT, FONTS)
        writer.add("small", b"x" * (LIMIT_BYTES - 1), "workbook")
        with pytest.raises(ProblemError, match="02 汇总表") as refused:
            writer.add("02 汇总表.xlsx", b"x" * LIMIT_BYTES, "workbook")
    assert refused.value.code == "bundle.too_large"
