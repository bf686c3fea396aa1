"""What a screen reader gets of a summary: tags, outline, order, language, title, words for pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from sync_server.sealing import seal
from sync_server.sealing.making.compose import compose
from sync_server.sealing.making.label import label_pdf
from tests.support.paper_boxes import outside, sheets_of
from tests.support.seal_samples import FONTS, NOW, SCHOOL, inputs, keys, seal_summary


def elements(node: Any) -> Iterator[Any]:
    """Every element of the structure below a node."""
    below = node.get("/K", [])
    for one in below if isinstance(below, pikepdf.Array) else [below]:
        if isinstance(one, pikepdf.Dictionary) and "/S" in one:
            yield one
            yield from elements(one)


@pytest.fixture(scope="module")
def printed() -> Iterator[pikepdf.Pdf]:
    data = seal.print_summary(compose(inputs(6, 2)), FONTS).rendered.pdf
    with pikepdf.open(io.BytesIO(data)) as pdf:
        yield pdf


def test_headings_tables_and_pictures_are_tagged(printed: pikepdf.Pdf) -> None:
    found = list(elements(printed.Root.StructTreeRoot))
    kinds = [str(one.S) for one in found]
    assert printed.Root.MarkInfo.Marked
    assert (kinds.count("/H1"), kinds.count("/H2"), kinds.count("/Table")) == (3, 2, 4)
    assert {"/TH", "/TD", "/TR", "/P"} <= set(kinds)
    assert all("/Alt" in one for one in found if one.S == "/Figure")


def test_the_outline_leads_to_the_letter_each_attachment_and_each_person(
    printed: pikepdf.Pdf,
) -> None:
    with printed.open_outline() as outline:
        first, table, statements = outline.root
        assert first.title.endswith("上门走访情况的报告")
        assert (table.title, statements.title) == ("催收情况汇总表", "特殊情况逐人说明")
        assert [one.title[:3] for one in statements.children] == ["1. ", "2. "]


def test_language_title_and_order_of_tabs_are_set(printed: pikepdf.Pdf) -> None:
    assert str(printed.Root.Lang) == "zh-CN"
    meta = printed.open_metadata()
    assert meta["dc:title"] == "青槐县柳林镇中心校关于2019年生源地信用助学贷款上门走访情况的报告"
    assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "A")
    assert {page.get("/Tabs") for page in printed.pages} == {"/S"}


def test_a_sealed_file_shows_its_title_and_says_what_its_scan_shows(tmp_path: Path) -> None:
    folder = keys(tmp_path / "keys", SCHOOL)
    done = seal_summary(tmp_path / "sealed", folder, compose(inputs(2, 0)))
    with pikepdf.open(done.pdf) as pdf:
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        alts = [str(e.Alt) for e in elements(pdf.Root.StructTreeRoot) if e.S == "/Figure"]
        assert [alt for alt in alts if "签章扫描件" in alt] == ["签章扫描件 第 1 页"]


@pytest.mark.parametrize("name", ["青" * 50, "M" * 50, "青槐县䶮\U00030edd中学"])
def test_the_label_of_the_system_signature_holds_the_whole_name(name: str) -> None:
    (sheet,) = sheets_of(label_pdf(name, NOW, FONTS))
    assert outside(sheet, clear_mm=1) == []
    shown = name.replace("\U00030edd", "〓")
    assert sheet.text == f"系统签名（非公章）{shown}封存2026-11-2317:30"
