"""The printed summary, read back from real PDFs: pages, codes, stamp area, attachments, PDF/A."""

from __future__ import annotations

import io
import json
from typing import Any

import msgspec
import pikepdf
import pypdfium2
import pytest
import zxingcpp

from shared.digest import sha256_hex
from shared.paper import parse_page_mark, same_data
from shared.readiness import NamedException
from sync_server.paperwork import glyphs
from sync_server.sealing import seal
from sync_server.sealing.making import render
from sync_server.sealing.making.compose import Gap, SchoolInputs, compose
from sync_server.sealing.summary import Summary
from tests.support.seal_samples import FONTS, changed, inputs, page_picture


def printed(given: SchoolInputs | Summary) -> seal.Printed:
    return seal.print_summary(compose(given) if isinstance(given, SchoolInputs) else given, FONTS)


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [document[n].get_textpage().get_text_range() for n in range(len(document))]
    finally:
        document.close()


@pytest.fixture(scope="module")
def school() -> seal.Printed:
    return printed(inputs(30, 6))


def test_equal_summaries_give_equal_bytes(school: seal.Printed) -> None:
    assert printed(inputs(30, 6)).rendered.pdf == school.rendered.pdf


@pytest.mark.parametrize("off", [-2, 0, 3])
def test_the_pages_it_had_before_change_no_byte(school: seal.Printed, off: int) -> None:
    pages = school.rendered.pages + off
    again = render.render_summary(school.summary_json, school.xlsx, FONTS, printed_pages=pages)
    assert again == school.rendered


@pytest.mark.parametrize("dpi", [100, 150])
def test_the_code_on_every_page_reads_and_names_document_page_and_data(
    school: seal.Printed, dpi: int
) -> None:
    for number in range(1, school.rendered.pages + 1):
        (code,) = zxingcpp.read_barcodes(
            page_picture(school.rendered.pdf, number, dpi).convert("L")
        )
        mark = parse_page_mark(code.text)
        assert (mark.doc, mark.version, mark.page, mark.pages) == (
            "Q03-2019",
            1,
            number,
            school.rendered.pages,
        )
        assert same_data(mark, school.rendered.data_hash)


def test_the_code_is_twenty_millimetres_wide(school: seal.Printed) -> None:
    (code,) = zxingcpp.read_barcodes(page_picture(school.rendered.pdf, 1, 300).convert("L"))
    width_mm = (code.position.top_right.x - code.position.top_left.x) / 300 * 25.4
    assert width_mm == pytest.approx(20, abs=0.3)


def test_every_page_has_its_number_and_the_total(school: seal.Printed) -> None:
    for number, text in enumerate(text_of(school.rendered.pdf), 1):
        assert f"第{number}页共{school.rendered.pages}页" in "".join(text.split())


def test_page_one_shows_the_figures_and_where_the_stamp_is(school: seal.Printed) -> None:
    summary = json.loads(school.summary_json)
    first = "".join(text_of(school.rendered.pdf)[0].split())
    assert "青槐县柳林镇中心校" in first
    assert "截至2019年12月18日17时00分" in first
    assert f"{summary['totals']['total_fen'] / 100:,.2f}" in first
    assert f"本报告共{school.rendered.pages}页" in first
    assert "附件：1.汇总表2.特殊情况逐人说明" in first
    assert "例外事项：无。" in first
    assert school.expected.ink_pages == (1,)


def test_exceptions_stand_on_page_one_in_plain_words() -> None:
    gap = Gap(device="phone-1", device_name="王老师的手机", n_from=4, n_to=6)
    exception = NamedException(
        code="seal.chain_hole", ref=gap.ref, reason="手机掉进沟里", by="赵联络员"
    )
    first = "".join(
        text_of(printed(inputs(4, 1, gaps=(gap,), exceptions=(exception,))).rendered.pdf)[0].split()
    )
    assert "1.手机“王老师的手机”第4至6条记录没有收到。理由：手机掉进沟里（赵联络员）。" in first


def test_it_is_pdf_a_3a_with_every_font_embedded(school: seal.Printed) -> None:
    with pikepdf.open(io.BytesIO(school.rendered.pdf)) as pdf:
        meta = pdf.open_metadata()
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "A")
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        fonts = [f for page in pdf.pages for f in page.Resources.get("/Font", {}).values()]
        assert fonts
        for font in fonts:
            descriptor = font.DescendantFonts[0].FontDescriptor
            assert "/FontFile3" in descriptor or "/FontFile2" in descriptor


def test_the_data_travel_inside_and_their_hash_is_the_one_printed(school: seal.Printed) -> None:
    with pikepdf.open(io.BytesIO(school.rendered.pdf)) as pdf:
        carried = {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}
        relations = {str(spec.F): str(spec.AFRelationship) for spec in pdf.Root.AF}
    assert carried == {"summary.json": school.summary_json, "summary.xlsx": school.xlsx}
    assert sha256_hex(carried["summary.json"]) == school.rendered.data_hash
    assert relations == {"summary.json": "/Source", "summary.xlsx": "/Alternative"}


def test_forty_statements_fit_on_twelve_pages() -> None:
    assert printed(inputs(40, 40)).rendered.pages <= 12


def test_the_stamp_area_holds_45_millimetres_with_nothing_but_name_and_date() -> None:
    made = printed(inputs(12, 3))
    (area,) = made.expected.stamp_areas
    assert area.w_mm >= 45
    assert area.h_mm >= 45
    dark = _dark(
        made.rendered.pdf,
        area.page,
        (area.x_mm, area.y_mm, area.x_mm + area.w_mm, area.y_mm + area.h_mm),
    )
    assert dark
    assert min(y for _, y in dark) > 15
    assert max(y for _, y in dark) < 35


def test_the_right_margin_is_clear_for_a_straddle_stamp(school: seal.Printed) -> None:
    for number in range(1, school.rendered.pages + 1):
        width, height = page_mm(school.rendered.pdf, number)
        assert _dark(school.rendered.pdf, number, (width - 24, 0, width, height)) == []


def _dark(
    pdf: bytes, page: int, box_mm: tuple[float, float, float, float]
) -> list[tuple[float, float]]:
    """Dark points of a box, in millimetres from its top left."""
    k = 100 / 25.4
    left, top, right, low = (round(side * k) for side in box_mm)
    part = page_picture(pdf, page, 100).convert("L").crop((left, top, right, low))
    return [
        (x / k, y / k)
        for y in range(part.height)
        for x in range(part.width)
        if part.getpixel((x, y)) < 200
    ]


def page_mm(pdf: bytes, number: int) -> tuple[float, float]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        width, height = document[number - 1].get_size()
        return width / 72 * 25.4, height / 72 * 25.4
    finally:
        document.close()


def test_a_stamp_of_a_statement_never_stands_alone_on_its_page() -> None:
    base = inputs(1, 1)
    season = msgspec.structs.replace(base.season, stamp_each_statement=True)
    summary = compose(msgspec.structs.replace(base, season=season))
    for length in range(0, 2400, 120):

        def change(tree: Any, length: int = length) -> None:
            tree["statements"][0]["narrative"] = "家" * length

        made = printed(changed(summary, change))
        (area,) = (a for a in made.expected.stamp_areas if a.ref)
        assert "拟办意见" in text_of(made.rendered.pdf)[area.page - 1]


def test_a_character_no_font_has_prints_as_a_geta_with_its_code_and_lives_on_in_the_data() -> None:
    base = inputs(2, 1)
    odd = msgspec.structs.replace(
        base.cases[0], borrower=msgspec.structs.replace(base.cases[0].borrower, name="赵\U00030edd")
    )
    made = printed(msgspec.structs.replace(base, cases=(odd, base.cases[1])))
    text = "".join(text_of(made.rendered.pdf))
    assert "赵〓" in text
    assert "U+30EDD" in text
    assert json.loads(made.summary_json)["rows"][0]["name"] == "赵\U00030edd"


def with_narrative(narrative: str) -> Summary:
    """A school whose first statement has this narrative."""

    def change(tree: Any) -> None:
        tree["statements"][0]["narrative"] = narrative

    return changed(compose(inputs(2, 1)), change)


MANY_MISSING = {
    "a family of emoji": "😀👨\u200d👩\u200d👧\u200d👦" * 50,
    "a plane further": "\U00020000" * 400,
    "Uyghur": "ئۇيغۇر" * 60,
    "combining marks": "e\u0301\u0323\u0489" * 100,
    "one a line": "\n".join("家" + chr(0x20000 + n) for n in range(400)),
    "the sign of a mark": "〓{U+1F600}" * 80,
}


@pytest.mark.parametrize("narrative", MANY_MISSING.values(), ids=MANY_MISSING)
def test_a_statement_full_of_characters_no_font_has_prints(narrative: str) -> None:
    assert printed(with_narrative(narrative)).rendered.stamp_areas


def test_of_many_characters_no_font_has_each_is_listed_once() -> None:
    different = "".join(chr(0x1F600 + n) for n in range(glyphs.MOST_FOOTNOTES + 1))
    made = printed(with_narrative(f"家里困难{different}" * 2))
    text = "".join("".join(text_of(made.rendered.pdf)).split())
    assert "字库缺字，请手写：U+1F600U+1F601" in text
    assert text.count("U+1F600") == 1


def test_as_many_footnotes_as_there_may_be_fit_wherever_their_statement_stands() -> None:
    different = "".join(chr(0x1F600 + n) for n in range(glyphs.MOST_FOOTNOTES))
    for before in (0, 150, 470):
        text = "".join(text_of(printed(with_narrative("家" * before + different)).rendered.pdf))
        assert text.count("请手写") == glyphs.MOST_FOOTNOTES


def test_a_character_no_font_has_gets_one_footnote_however_often_it_stands() -> None:
    text = "".join(text_of(printed(with_narrative("家😀" * 20)).rendered.pdf))
    assert "".join(text.split()).count("字库缺字（U+1F600），请手写") == 1
    assert text.count("〓") == 20


def test_four_thousand_different_characters_no_font_has_print_in_two_statements() -> None:
    def change(tree: Any) -> None:
        for statement in tree["statements"]:
            statement["narrative"] = "".join(chr(0x20000 + n) for n in range(4000))

    assert printed(changed(compose(inputs(2, 2)), change)).rendered.pages > 10


def test_words_that_look_like_markup_stay_words() -> None:
    evil = '#read("/etc/passwd") $x$ *粗* `code` \\ "引号" <label> @ref'
    made = printed(with_narrative(evil))
    text = "".join("".join(text_of(made.rendered.pdf)).split())
    assert "".join(evil.split()) in text


def test_a_narrative_of_several_pages_keeps_its_end_and_names_who_it_is_of() -> None:
    made = printed(with_narrative("反复走访未见本人,村干部代为转告。" * 260 + "此为末句。"))
    first, *others = text_of(made.rendered.pdf)[2:]
    assert "1. 欧阳" in first
    assert len(others) > 1
    assert all("（续）欧阳" in text for text in others)
    assert "此为末句" in "".join("".join(others).split())
    assert "拟办意见" in others[-1]


def test_a_demonstration_is_marked_on_every_page_and_nothing_else_is() -> None:
    assert all(
        "演示资料" in text for text in text_of(printed(inputs(3, 1, demo=True)).rendered.pdf)
    )
    assert not any("演示" in text for text in text_of(printed(inputs(3, 1)).rendered.pdf))


def test_one_stamp_a_statement_gives_each_its_own_stamp_area() -> None:
    base = inputs(6, 4)
    season = msgspec.structs.replace(base.season, stamp_each_statement=True)
    made = printed(msgspec.structs.replace(base, season=season))
    refs = [area.ref for area in made.expected.stamp_areas]
    assert len(refs) == 5
    assert refs.count("") == 1
    assert len(set(refs)) == 5


def test_the_reason_for_a_new_version_and_the_seal_before_are_printed() -> None:
    made = printed(inputs(3, 0, version=2, reason="补报一人", previous_seal="ab" * 32))
    letter, table = ("".join(t.split()) for t in text_of(made.rendered.pdf))
    assert "本报告为第2版。更正原因：补报一人。" in letter
    assert "本报告为第2版，上一份封存件校验码abababababababab。" in table


def test_full_id_numbers_appear_in_the_table_only_when_the_season_asks() -> None:
    base = inputs(3, 0)
    full = msgspec.structs.replace(
        base, season=msgspec.structs.replace(base.season, full_id_numbers=True)
    )
    number = "610599199501010001"
    assert number in "".join(text_of(printed(full).rendered.pdf))
    assert number not in "".join(text_of(printed(base).rendered.pdf))
