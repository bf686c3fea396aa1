"""Stamp and signature on scanned pages: what offices really scan passes, what only looks so does not."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from sync_server.paperwork.typeset import SignatureLine, StampArea
from sync_server.sample import scans
from sync_server.sealing import seal
from sync_server.sealing.ink import Confirmation
from sync_server.sealing.making.compose import compose
from sync_server.sealing.paper.scan import Expected, ScanResult, read_scan
from tests.support import ink_samples as ink
from tests.support.seal_samples import FONTS, inputs, jpeg, page_picture, stamped_scans

DPI = 120


class Sheet(msgspec.Struct, frozen=True):
    """The sign-off page of a printed summary, clean."""

    printed: seal.Printed
    picture: Image.Image
    signed_picture: Image.Image

    @property
    def area(self) -> StampArea:
        return self.printed.expected.stamp_areas[0]

    @property
    def lines(self) -> tuple[SignatureLine, ...]:
        return self.printed.expected.signature_lines

    def copy(self) -> Image.Image:
        return self.picture.copy()

    def done(self, **how: float) -> Image.Image:
        """Stamped and signed."""
        return ink.stamp_on(self.signed(), ink.centre(self.area), **how)

    def signed(self) -> Image.Image:
        return self.signed_picture.copy()

    def read(self, page: Image.Image, quality: int = 75) -> ScanResult:
        return self.read_bytes("页.jpg", jpeg(page, quality))

    def read_bytes(self, name: str, data: bytes) -> ScanResult:
        return read_scan([(name, data)], self.printed.expected, self.printed.rendered.pdf)

    def problems(self, page: Image.Image) -> dict[str, str]:
        return problems_of(self.read(page))


def problems_of(result: ScanResult) -> dict[str, str]:
    return {area.area: area.code for area in result.areas}


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    printed = seal.print_summary(compose(inputs(8, 2)), FONTS)
    page = printed.expected.stamp_areas[0].page
    picture = page_picture(printed.rendered.pdf, page, DPI)
    signed = picture.copy()
    for number, line in enumerate(printed.expected.signature_lines):
        ink.sign_on(signed, line, seed=number)
    return Sheet(printed, picture, signed)


GOOD: dict[str, Callable[[Sheet], Image.Image]] = {
    "strong": lambda s: s.done(),
    "faint": lambda s: s.done(strength=0.3),
    "partial": lambda s: s.done(shown=0.75),
    "turned": lambda s: s.done(degrees=140),
    "small": lambda s: s.done(diameter_mm=38),
    "photographed with a shadow": lambda s: ink.noisy(
        ink.photographed(ink.shaded(s.done()), tilt=0.04), 10
    ),
    "under a yellow lamp": lambda s: ink.lamp(s.done()),
    "seen by a cold camera": lambda s: ink.tinted(
        ink.signed_and_stamped_in(s.copy(), s.area, s.lines, (170, 40, 90)), (225, 238, 255)
    ),
    "on yellow paper": lambda s: ink.tinted(s.done(), (250, 235, 190)),
    "on pink paper": lambda s: ink.tinted(s.done(), (255, 205, 210)),
    "laid askew": lambda s: ink.skewed(s.done(), 3),
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_stamped_and_signed_page_passes(sheet: Sheet, kind: str) -> None:
    result = sheet.read(GOOD[kind](sheet))
    assert result.complete
    assert problems_of(result) == {"stamp": "", "signature": ""}


NO_STAMP, NOT_STAMP = "scan.no_red_ink", "scan.red_not_stamp"
BAD: dict[str, tuple[Callable[[Sheet], Image.Image], str]] = {
    "blank under a lamp": (lambda s: ink.lamp(s.signed()), NO_STAMP),
    "tinted": (lambda s: ink.tinted(s.signed(), (250, 225, 190)), NO_STAMP),
    "pink paper": (lambda s: ink.tinted(s.signed(), (255, 200, 205)), NO_STAMP),
    "a red pen line": (lambda s: ink.red_lines(s.signed(), s.area, 1), NOT_STAMP),
    "red table lines": (lambda s: ink.red_lines(s.signed(), s.area, 5), NOT_STAMP),
    "a red table": (lambda s: ink.red_grid(s.signed(), s.area), NOT_STAMP),
    "a red scribble": (lambda s: ink.scribble(s.signed(), ink.centre(s.area)), NOT_STAMP),
    "a ring by hand": (lambda s: ink.hand_drawn_ring(s.signed(), ink.centre(s.area)), NOT_STAMP),
    "a red lid": (lambda s: ink.red_disc(s.signed(), ink.centre(s.area), 20), NOT_STAMP),
    "a finger in the corner": (
        lambda s: ink.red_disc(
            s.signed(), (s.area.x_mm + s.area.w_mm, s.area.y_mm + s.area.h_mm), 13, (214, 150, 130)
        ),
        NOT_STAMP,
    ),
    "stamped elsewhere": (
        lambda s: ink.stamp_on(s.signed(), (ink.centre(s.area)[0], s.area.y_mm + 95)),
        NO_STAMP,
    ),
    "half a stamp": (lambda s: s.done(shown=0.4), NOT_STAMP),
    "a photocopy of a stamped page": (
        lambda s: s.done().convert("L").convert("RGB"),
        "scan.grey",
    ),
    "a photocopy photographed": (
        lambda s: ink.lamp(s.done().convert("L").convert("RGB")),
        NO_STAMP,
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_page_without_a_real_stamp_is_refused_by_its_own_problem(sheet: Sheet, kind: str) -> None:
    draw, code = BAD[kind]
    result = sheet.read(draw(sheet))
    assert not result.complete
    assert problems_of(result) == {"stamp": code, "signature": ""}
    assert [p.code for p in result.problems] == [code]


UNSIGNED: dict[str, Callable[[Image.Image, SignatureLine], Image.Image]] = {
    "nobody": lambda page, line: page,
    "a ruler": lambda page, line: ink.ruled(page, line, 0, 0),
    "a slanting stroke": lambda page, line: ink.ruled(page, line, 0, -8),
    "a fold": lambda page, line: ink.folded(page, line),
    "only the lines above": lambda page, line: page,
}


@pytest.mark.parametrize("kind", UNSIGNED)
def test_a_stamped_page_that_nobody_signed_is_refused(sheet: Sheet, kind: str) -> None:
    page = UNSIGNED[kind](ink.stamp_on(sheet.copy(), ink.centre(sheet.area)), sheet.lines[-1])
    if kind == "only the lines above":
        for line in sheet.lines[:-1]:
            ink.sign_on(page, line, seed=3)
    assert sheet.problems(page) == {"stamp": "", "signature": "scan.no_signature"}


def test_a_line_of_somebody_else_left_empty_is_mentioned_and_refuses_nothing(sheet: Sheet) -> None:
    page = ink.stamp_on(sheet.copy(), ink.centre(sheet.area))
    result = sheet.read(ink.sign_on(page, sheet.lines[-1]))
    assert result.complete
    assert {f.code for f in result.findings} == {"scan.line_empty"}
    assert "审 核 人" in "".join(f.message for f in result.findings)


@pytest.mark.parametrize("colour", [(26, 32, 84), (20, 20, 24), (60, 80, 170)])
def test_blue_and_black_pens_sign(sheet: Sheet, colour: tuple[int, int, int]) -> None:
    page = ink.stamp_on(sheet.copy(), ink.centre(sheet.area))
    ink.sign_on(page, sheet.lines[-1], colour=colour, pen_mm=0.4)
    assert sheet.read(page).complete


def test_a_stamp_over_the_signature_line_is_no_signature(sheet: Sheet) -> None:
    line = sheet.lines[-1]
    page = ink.stamp_on(sheet.copy(), ink.centre(sheet.area))
    ink.stamp_on(page, (line.x_mm + 15, line.y_mm - 5), seed=2)
    assert sheet.problems(page)["signature"] == "scan.no_signature"


def test_the_print_file_uploaded_as_its_own_scan_is_refused(sheet: Sheet) -> None:
    result = sheet.read_bytes("打印.pdf", sheet.printed.rendered.pdf)
    assert set(problems_of(result).values()) == {"scan.own_file"}
    assert not result.complete


def test_the_print_file_as_a_picture_is_refused_too(sheet: Sheet) -> None:
    assert set(sheet.problems(sheet.copy()).values()) == {"scan.own_file"}


def test_a_page_printed_again_and_scanned_lacks_stamp_and_signature(sheet: Sheet) -> None:
    again = ink.noisy(ink.skewed(ink.tinted(sheet.copy(), (242, 240, 234)), 0.8), 8)
    assert sheet.problems(again) == {"stamp": NO_STAMP, "signature": "scan.no_signature"}


def test_a_pdf_of_a_scanner_with_recognised_text_is_a_scan(sheet: Sheet) -> None:
    out = io.BytesIO()
    sheet.done().save(out, "PDF", resolution=DPI)
    assert sheet.read_bytes("扫描.pdf", out.getvalue()).complete


def test_the_copy_that_shows_the_ink_counts(sheet: Sheet) -> None:
    files = [("灰.jpg", jpeg(sheet.done().convert("L"))), ("彩.jpg", jpeg(sheet.done()))]
    result = read_scan(files, sheet.printed.expected, sheet.printed.rendered.pdf)
    assert result.complete
    assert [f.code for f in result.findings] == ["scan.page_twice"]


def test_what_1_0_printed_is_judged_for_its_stamp_only(sheet: Sheet) -> None:
    tree = msgspec.to_builtins(sheet.printed.expected)
    del tree["signature_lines"]
    older = msgspec.convert(tree, Expected)
    page = ink.stamp_on(sheet.copy(), ink.centre(sheet.area))
    result = read_scan([("页.jpg", jpeg(page))], older)
    assert result.complete
    assert problems_of(result) == {"stamp": ""}


def test_each_area_comes_with_a_small_picture(sheet: Sheet) -> None:
    for area in sheet.read(sheet.signed()).areas:
        shown = Image.open(io.BytesIO(area.jpeg))
        assert shown.format == "JPEG"
        assert len(area.jpeg) < 40_000
        assert min(shown.size) > 100


def test_the_sample_stamps_and_signs_its_pages(sheet: Sheet, tmp_path: Path) -> None:
    (tmp_path / "printed.pdf").write_bytes(sheet.printed.rendered.pdf)
    (tmp_path / "expected.json").write_bytes(msgspec.json.encode(sheet.printed.expected))
    result = read_scan(
        scans.stamped(tmp_path / "printed.pdf", 5),
        sheet.printed.expected,
        sheet.printed.rendered.pdf,
    )
    assert result.complete
    assert result.findings == ()


def test_a_statement_without_its_own_stamp_is_named() -> None:
    base = inputs(3, 2)
    season = msgspec.structs.replace(base.season, stamp_each_statement=True)
    printed = seal.print_summary(compose(msgspec.structs.replace(base, season=season)), FONTS)
    letter, first, *_ = printed.expected.stamp_areas
    bare = msgspec.structs.replace(
        printed,
        expected=msgspec.structs.replace(
            printed.expected, stamp_areas=(letter, *printed.expected.stamp_areas[2:])
        ),
    )
    pages = dict(stamped_scans(bare))
    if f"第{first.page}页.jpg" not in pages:
        pages[f"第{first.page}页.jpg"] = jpeg(
            ink.noisy(page_picture(printed.rendered.pdf, first.page), 6)
        )
    result = read_scan(list(pages.items()), printed.expected, printed.rendered.pdf)
    assert f"stamp:{first.ref}" in {a.area for a in result.areas if a.open}
    assert any(first.ref in p.message for p in result.problems)


def confirmation(result: ScanResult, area: str, **other: str) -> Confirmation:
    (found,) = [a for a in result.areas if a.area == area]
    given = {"code": found.code, "scan_sha256": found.scan_sha256, **other}
    return Confirmation(
        page=found.page,
        area=area,
        by="县资助中心 赵",
        at="2026-11-23T17:30:00+08:00",
        reason="原件上公章完整",
        **given,
    )


def test_a_confirmed_stamp_no_longer_prevents_the_seal(sheet: Sheet) -> None:
    data = jpeg(sheet.done().convert("L"))
    files = [("灰.jpg", data)]
    seen = read_scan(files, sheet.printed.expected)
    confirmed = read_scan(files, sheet.printed.expected, confirmed=[confirmation(seen, "stamp")])
    assert not seen.complete
    assert confirmed.complete
    assert [f.code for f in confirmed.findings] == ["scan.confirmed"]
    assert [c.reason for c in confirmed.confirmed] == ["原件上公章完整"]


def test_a_confirmation_is_void_for_another_upload(sheet: Sheet) -> None:
    seen = sheet.read(sheet.done().convert("L"))
    other = [("灰.jpg", jpeg(sheet.done().convert("L"), 60))]
    again = read_scan(other, sheet.printed.expected, confirmed=[confirmation(seen, "stamp")])
    assert not again.complete


def test_the_print_file_cannot_be_confirmed(sheet: Sheet) -> None:
    files = [("打印.pdf", sheet.printed.rendered.pdf)]
    seen = read_scan(files, sheet.printed.expected, sheet.printed.rendered.pdf)
    claims = [confirmation(seen, area) for area in ("stamp", "signature")]
    assert not read_scan(files, sheet.printed.expected, sheet.printed.rendered.pdf, claims).complete
