"""Photos and screenshots as people pick them: large sensors, PNG, long chats, thumbnails, HEIC."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from PIL.JpegImagePlugin import JpegImageFile

from mobile.ports.picture import (
    MAX_PIXELS,
    MOST_PARTS,
    OVERLAP_PX,
    PART_PX,
    SCREEN_WIDTH_PX,
    cuts,
    is_screenshot,
    kind_of,
    screen_size,
)
from mobile.ports.pillow_codec import PillowCodec
from mobile.usecases.take_photo import photo_bytes, take_photo
from shared.jpeg import size_of_whole
from shared.problems import ProblemError
from shared.wire import MAX_PHOTO_BYTES
from tests.mobile.conftest import Bench
from tests.support.phone.pictures import slip

HEIC = b"\0\0\0\x24ftypheic" + bytes(40)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def chat(width: int, height: int) -> Image.Image:
    """A chat as a phone shows it: bubbles with lines of dots like writing."""
    screen = Image.new("RGB", (width, height), (237, 237, 237))
    pen = ImageDraw.Draw(screen)
    for row, top in enumerate(range(40, height - 60, 100)):
        pen.rounded_rectangle((60, top, width - 200, top + 70), 20, fill="white")
        for left in range(90, width - 240, 30):
            pen.rectangle(
                (left, top + 20, left + 12 + (left * row) % 9, top + 50), fill=(30, 30, 30)
            )
    return screen


# large sensors


@pytest.mark.parametrize("size", [(9248, 6944), (12_032, 9024)])
async def test_the_largest_sensors_give_a_usual_photo(size: tuple[int, int]) -> None:
    # 64.2 and 108.6 megapixels; flat, so that making them costs little
    photo = saved(Image.new("L", size, 128), "JPEG", quality=30)
    fitted = await PillowCodec().fit(photo)
    assert max(fitted.width_px, fitted.height_px) == 1600


async def test_a_large_photo_is_decoded_at_a_reduced_scale() -> None:
    photo = saved(Image.new("L", (12_032, 9024), 128), "JPEG", quality=30)
    with JpegImageFile(io.BytesIO(photo)) as opened:
        opened.draft("RGB", (1600, 1200))
        assert opened.width * opened.height * 3 < 32_000_000  # bytes in memory


@pytest.mark.parametrize(
    ("frame", "side"),
    [(b"\xff\xc0", 10_955), (b"\xff\xc2", 8_367)],
    ids=["baseline", "progressive"],
)
async def test_what_no_phone_could_hold_is_refused_by_its_header(frame: bytes, side: int) -> None:
    head = bytearray(saved(Image.new("L", (8, 8)), "JPEG", progressive=frame == b"\xff\xc2"))
    at = head.index(frame)
    head[at + 5 : at + 9] = side.to_bytes(2) * 2
    with pytest.raises(ProblemError) as refused:
        await PillowCodec().fit(bytes(head))
    assert refused.value.code == "photo.too_large"
    assert "1200 万像素" in refused.value.fix()


# which kind


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_no_camera_makes_is_a_screenshot(kind: str) -> None:
    picture = saved(Image.new("RGB", (400, 300)), kind)
    assert kind_of(picture) == kind
    assert is_screenshot(picture)


def test_a_tall_jpeg_without_a_cameras_data_is_a_screenshot() -> None:
    tall = Image.new("RGB", (1080, 2400))
    exif = Image.Exif()
    exif[0x010F] = "Yangzhang"
    assert is_screenshot(saved(tall, "JPEG"))
    assert not is_screenshot(saved(tall, "JPEG", exif=exif))
    assert not is_screenshot(saved(Image.new("RGB", (1440, 1080)), "JPEG"))
    assert not is_screenshot(saved(Image.new("RGB", (1080, 1920)), "JPEG"))
    assert not is_screenshot(b"\xff\xd8\xffno picture")


@given(st.integers(1, 40_000))
def test_a_long_screenshot_is_cut_into_parts_that_leave_nothing_out(height_px: int) -> None:
    parts = cuts(height_px)
    assert parts[0][0] == 0
    assert parts[-1][1] == height_px
    assert all(0 < bottom - top <= PART_PX for top, bottom in parts)
    if len(parts) > 1:
        assert all(before[1] - after[0] >= OVERLAP_PX for before, after in pairwise(parts))


@given(st.integers(1, 4000), st.integers(1, 27_000))
def test_a_screenshot_is_never_enlarged_nor_narrower_than_legible(width: int, height: int) -> None:
    kept = screen_size(width, height)
    assert kept[0] <= width
    assert kept[1] <= height
    assert min(kept) == min(SCREEN_WIDTH_PX, width, height)


# taken


async def test_a_png_of_a_chat_is_kept_as_a_jpeg_that_the_office_takes(bench: Bench) -> None:
    phone = bench.phone
    taken = await take_photo(phone, saved(chat(1080, 2400), "PNG"), case_id="case-1")
    data = await photo_bytes(phone, taken.sha256)
    assert size_of_whole(data) == (taken.width_px, taken.height_px)
    assert taken.width_px == 1080
    assert taken.height_px >= 2400
    assert (taken.screenshot, taken.sharp, taken.small) == (True, True, False)
    assert taken.parts == (taken.sha256,)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
async def test_a_long_chat_keeps_its_width_in_parts(bench: Bench, kind: str) -> None:
    phone = bench.phone
    taken = await take_photo(phone, saved(chat(1080, 6000), kind), case_id="case-1")
    parts = [await photo_bytes(phone, sha256) for sha256 in taken.parts]
    assert len(parts) == 3
    assert {size_of_whole(part)[0] for part in parts} == {1080}
    assert all(len(part) < MAX_PHOTO_BYTES for part in parts)


async def test_a_transparent_screenshot_stands_on_white() -> None:
    (kept,) = await PillowCodec().screens(saved(Image.new("RGBA", (500, 900)), "PNG"))
    with Image.open(io.BytesIO(kept.data)) as opened:
        assert opened.getpixel((250, 450)) == (255, 255, 255)


async def test_a_screenshot_without_end_is_refused_in_words() -> None:
    endless = saved(Image.new("L", (500, PART_PX * MOST_PARTS)), "PNG")
    with pytest.raises(ProblemError) as refused:
        await PillowCodec().screens(endless)
    assert refused.value.code == "photo.too_long"


async def test_a_screenshot_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    head = bytearray(saved(Image.new("L", (8, 8)), "PNG"))
    at = head.index(b"IHDR")
    head[at + 4 : at + 12] = (7000).to_bytes(4) * 2
    with pytest.raises(ProblemError) as refused:
        await PillowCodec().screens(bytes(head))
    assert refused.value.code in (
        "photo.too_large",
        "photo.unreadable",
    )  # its checksum is wrong too


@pytest.mark.parametrize(
    "junk", [b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"\x89PNG" + bytes(99)]
)
async def test_a_broken_screenshot_cannot_be_read(junk: bytes) -> None:
    with pytest.raises(ProblemError) as refused:
        await PillowCodec().screens(junk)
    assert refused.value.code == "photo.unreadable"


def shrunk(width: int, height: int) -> bytes:
    """A sharp slip as a thumbnail: still full of edges."""
    with Image.open(io.BytesIO(slip())) as opened:
        return saved(opened.resize((width, height), Image.Resampling.NEAREST), "JPEG")


@pytest.mark.parametrize(
    ("make", "small"),
    [(lambda: shrunk(200, 150), True), (lambda: shrunk(599, 800), True), (slip, False)],
    ids=["thumbnail", "nearly", "slip"],
)
async def test_a_thumbnail_is_too_small_however_sharp(
    bench: Bench, make: Callable[[], bytes], small: bool
) -> None:
    taken = await take_photo(bench.phone, make(), case_id="case-1")
    assert (taken.sharp, taken.small) == (True, small)


async def test_a_heic_photo_is_refused_with_what_to_set(bench: Bench) -> None:
    with pytest.raises(ProblemError) as refused:
        await take_photo(bench.phone, HEIC, case_id="case-1")
    assert refused.value.code == "photo.heic"
    assert "兼容性最佳" in refused.value.fix()


def test_the_limit_takes_what_the_largest_usual_sensor_gives() -> None:
    assert MAX_PIXELS >= 12_032 * 9024
