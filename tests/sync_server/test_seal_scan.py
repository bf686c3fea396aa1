"""Scans as offices make them: skewed, upside down, of the wrong version; and files
that are not scans.
"""

from __future__ import annotations

import io
import struct
import zlib

import msgspec
import pytest
import segno
from PIL import Image

from shared.paper import page_mark
from sync_server.sealing import seal
from sync_server.sealing.making.compose import compose
from sync_server.sealing.paper import pictures
from sync_server.sealing.paper.scan import ScanResult, read_scan
from tests.support.seal_samples import (
    FONTS,
    SIBLING,
    inputs,
    jpeg,
    page_picture,
    sign,
    stamp,
    stamped_scans,
)


@pytest.fixture(scope="module")
def printed() -> seal.Printed:
    return seal.print_summary(compose(inputs(8, 2)), FONTS)


@pytest.fixture(scope="module")
def page(printed: seal.Printed) -> Image.Image:
    """The sign-off page, stamped and signed, at 150 dpi."""
    (area,) = printed.expected.stamp_areas
    picture = stamp(page_picture(printed.rendered.pdf, area.page), area)
    return sign(picture, printed, area.page)


def read(printed: seal.Printed, *files: tuple[str, bytes]) -> ScanResult:
    return read_scan(files, printed.expected)


def codes(result: ScanResult) -> set[str]:
    return {p.code for p in result.problems}


def test_a_stamped_page_is_complete_and_its_ink_is_seen(printed: seal.Printed) -> None:
    result = read_scan(stamped_scans(printed), printed.expected)
    assert result.complete
    assert result.findings == ()
    assert [p.page for p in result.pages] == list(printed.expected.ink_pages)
    assert (result.pages[0].red_bp or 0) > 100


def test_the_bytes_stay_as_they_came(printed: seal.Printed, page: Image.Image) -> None:
    data = jpeg(page)
    assert read(printed, ("a.jpg", data)).files[0].data == data


@pytest.mark.parametrize("degrees", [-4.0, 2.5, 90.0, 180.0])
def test_a_skewed_or_turned_page_is_read_and_its_ink_found(
    printed: seal.Printed, page: Image.Image, degrees: float
) -> None:
    turned = page.rotate(degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    result = read(printed, ("turned.jpg", jpeg(turned)))
    assert result.complete
    assert result.findings == ()


@pytest.mark.parametrize(("dpi", "quality"), [(100, 75), (200, 60), (300, 80)])
def test_densities_offices_use_are_read(printed: seal.Printed, dpi: int, quality: int) -> None:
    (area,) = printed.expected.stamp_areas
    picture = stamp(page_picture(printed.rendered.pdf, area.page, dpi), area, dpi)
    sign(picture, printed, area.page, dpi)
    assert read(printed, ("s.jpg", jpeg(picture, quality))).complete


def test_a_phone_picture_with_exif_orientation_is_read_upright(
    printed: seal.Printed, page: Image.Image
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    page.rotate(90, expand=True).save(out, "JPEG", exif=exif.tobytes())
    result = read(printed, ("phone.jpg", out.getvalue()))
    assert result.complete
    shown = Image.open(io.BytesIO(result.pages[0].jpeg))
    assert shown.height > shown.width


def test_a_pdf_scan_of_several_pages_is_read_page_by_page(
    printed: seal.Printed, page: Image.Image
) -> None:
    out = io.BytesIO()
    first = page_picture(printed.rendered.pdf, 1)
    first.save(out, "PDF", save_all=True, append_images=[page], resolution=150)
    result = read(printed, ("scan.pdf", out.getvalue()))
    assert result.complete
    assert [(p.page_in_file, p.page) for p in result.pages] == [
        (1, 1),
        (2, printed.expected.ink_pages[0]),
    ]


def test_blank_backs_of_a_duplex_scan_are_a_note_and_the_seal_goes_on(
    printed: seal.Printed, page: Image.Image
) -> None:
    through = page.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    back = through.point([255 - (255 - level) // 9 for level in range(256)] * 3)
    out = io.BytesIO()
    # a copy: Pillow keeps at a picture with what it was saved before
    page.copy().save(out, "PDF", save_all=True, append_images=[back], resolution=150)
    result = read(printed, ("duplex.pdf", out.getvalue()))
    assert result.complete
    assert [(f.code, f.page) for f in result.findings] == [("scan.blank_page", 2)]


def test_a_page_that_bears_something_but_no_code_is_still_refused(
    printed: seal.Printed, page: Image.Image
) -> None:
    without = page.copy()
    without.paste((255, 255, 255), (150, 1560, 300, 1720))
    assert codes(read(printed, ("s.jpg", jpeg(without)))) == {"scan.no_qr", "scan.page_missing"}


def test_two_pages_of_one_picture_are_both_read_and_shown_apart(
    printed: seal.Printed, page: Image.Image
) -> None:
    second = page_picture(printed.rendered.pdf, 2)
    both = Image.new("RGB", (second.width + page.width, page.height), "white")
    both.paste(second, (0, 0))
    both.paste(page, (second.width, 0))
    result = read(printed, ("a3.jpg", jpeg(both)))
    assert result.complete
    assert sorted(p.page for p in result.pages) == [*printed.expected.ink_pages, 2]
    shapes = [Image.open(io.BytesIO(p.jpeg)) for p in result.pages]
    assert all(shape.height > shape.width for shape in shapes)


def test_grey_of_sixteen_bits_is_scaled_and_read(printed: seal.Printed, page: Image.Image) -> None:
    wide = page.convert("L").convert("I").point(lambda level: level * 257)
    out = io.BytesIO()
    wide.convert("I;16").save(out, "PNG")
    result = read(printed, ("grey16.png", out.getvalue()))
    assert [p.page for p in result.pages] == list(printed.expected.ink_pages)


def test_a_png_with_transparency_is_read_on_white(printed: seal.Printed, page: Image.Image) -> None:
    out = io.BytesIO()
    page.convert("RGBA").save(out, "PNG")
    assert read(printed, ("s.png", out.getvalue())).complete


def test_an_older_version_is_refused_by_name_and_page(printed: seal.Printed) -> None:
    newer = msgspec.structs.replace(printed.expected, version=2)
    result = read_scan(stamped_scans(printed), newer)
    (problem, missing) = result.problems
    assert (problem.code, problem.file, problem.page) == (
        "scan.older_version",
        result.files[0].uploaded_as,
        1,
    )
    assert "第 1 版" in problem.message
    assert missing.code == "scan.page_missing"


def test_a_page_of_another_school_is_refused_by_name(printed: seal.Printed) -> None:
    other = seal.print_summary(compose(inputs(3, 0, unit=SIBLING)), FONTS)
    result = read_scan(stamped_scans(other), printed.expected)
    assert "scan.other_document" in codes(result)
    assert "Q04-2019" in result.problems[0].message


def test_a_page_printed_over_other_data_is_refused(printed: seal.Printed) -> None:
    other = seal.print_summary(compose(inputs(8, 2, seed=2)), FONTS)
    assert "scan.other_data" in codes(read_scan(stamped_scans(other), printed.expected))


def test_a_missing_page_is_named_and_a_second_copy_reported(printed: seal.Printed) -> None:
    assert read(printed).missing_pages == printed.expected.ink_pages
    twice = read_scan(stamped_scans(printed) * 2, printed.expected)
    assert twice.complete
    assert [f.code for f in twice.findings] == ["scan.page_twice"]


def test_a_picture_of_something_else_has_no_code(printed: seal.Printed) -> None:
    picture = Image.new("RGB", (800, 600), "white")
    picture.paste((40, 40, 40), (300, 200, 500, 400))
    assert "scan.no_qr" in codes(read(printed, ("cat.jpg", jpeg(picture))))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"%PDF-1.7 nothing", b"\xff\xd8\xff\xe0 broken", b"\x89PNG\r\n\x1a\nx"]
)
def test_a_file_that_is_no_scan_is_named(printed: seal.Printed, data: bytes) -> None:
    result = read(printed, ("报告.doc", data))
    assert ("scan.unreadable", "报告.doc") in {(p.code, p.file) for p in result.problems}


def test_two_hundred_pages_are_read_and_no_more(printed: seal.Printed) -> None:
    out = io.BytesIO()  # a small page of another document: its code is read at once
    segno.make(page_mark("OTHER", 1, 1, 1, "0" * 64)).save(out, kind="png", scale=3)
    files = [(f"{number}.png", out.getvalue()) for number in range(1, 203)]
    whole = read(printed, *files[:200])
    assert "scan.too_many_pages" not in codes(whole)
    assert len(whole.files) == 200
    beyond = read(printed, *files)
    assert [p.file for p in beyond.problems if p.code == "scan.too_many_pages"] == ["201.png"]
    assert len(beyond.files) == 201


def test_a_pixel_bomb_is_refused_before_it_is_decoded(printed: seal.Printed) -> None:
    assert "scan.too_large" in codes(read(printed, ("bomb.png", _png_of(40_000, 40_000))))
    assert "scan.too_large" in codes(read(printed, ("big.png", _png_of(9_000, 9_000))))


def _png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


def test_the_display_copy_is_small_and_carries_no_metadata(
    printed: seal.Printed, page: Image.Image
) -> None:
    big = page.resize((page.width * 2, page.height * 2))
    shown = Image.open(io.BytesIO(pictures.display_copy(big)))
    assert max(shown.size) == pictures.DISPLAY_PX
    assert not shown.getexif()


def test_every_statement_with_its_own_stamp_must_be_scanned() -> None:
    base = inputs(5, 4)
    season = msgspec.structs.replace(base.season, stamp_each_statement=True)
    printed = seal.print_summary(compose(msgspec.structs.replace(base, season=season)), FONTS)
    scans = stamped_scans(printed)
    assert len(scans) > 1
    assert read_scan(scans, printed.expected).complete
    assert len(read_scan(scans[:1], printed.expected).missing_pages) == len(scans) - 1
