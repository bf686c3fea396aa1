"""Photos: upright, without EXIF, 1600 px, judged at once, hashed, then never changed; slips drawn as cameras see them."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageOps, ImageStat

from mobile.ports.api import Fitted
from mobile.ports.pillow_codec import LONGEST_SIDE_PX, PillowCodec
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from mobile.usecases.take_photo import SHARP_FROM, photo_bytes, take_photo
from shared.digest import sha256_hex
from shared.ids import case_code
from shared.paper import slip_mark
from shared.problems import ProblemError
from shared.records.notice_delivery import NoticeDelivery
from shared.wire import MAX_PHOTO_BYTES
from sync_server.sample.pictures import draw_slip
from tests.mobile.conftest import Bench, case_state

Draw = Callable[[int, bool], bytes]
# Pillow says so and goes on, and so do we.
odd_exif = pytest.mark.filterwarnings("ignore:(.*EXIF|Truncated File Read):UserWarning")


@pytest.fixture(scope="module")
def draw() -> Draw:
    """A 12-megapixel photo of a slip by seed; seed 1 is a phone held upright (EXIF orientation 6)."""

    @cache
    def drawn(seed: int, sharp: bool) -> bytes:
        return draw_slip(
            case_code("QH01", 1),
            seed=seed,
            name_masked="欧阳*",
            school="青槐县第一中学",
            notice_no="T-1",
            sharp=sharp,
        )

    return drawn


def jpeg(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def markers(data: bytes) -> set[int]:
    """The segment markers of a JPEG before its scan."""
    found, at = set(), 2
    while data[at] == 0xFF and data[at + 1] != 0xDA:
        found.add(data[at + 1])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return found


# the codec


async def test_a_12_megapixel_photo_becomes_1600_px_long(draw: Draw) -> None:
    with Image.open(io.BytesIO(draw(0, True))) as camera:
        assert camera.size == (4000, 3000)
    fitted = await PillowCodec().fit(draw(0, True))
    with Image.open(io.BytesIO(fitted.data)) as kept:
        assert kept.size == (fitted.width_px, fitted.height_px) == (1600, 1200)
    assert len(fitted.data) < MAX_PHOTO_BYTES / 8


async def test_a_photo_of_a_phone_held_upright_is_turned(draw: Draw) -> None:
    with Image.open(io.BytesIO(draw(1, True))) as camera:
        assert camera.getexif()[0x0112] == 6
        assert camera.width > camera.height
    fitted = await PillowCodec().fit(draw(1, True))
    assert (fitted.width_px, fitted.height_px) == (1200, 1600)


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [
        (1, (0, 0)),
        (2, (1, 0)),
        (3, (1, 1)),
        (4, (0, 1)),
        (5, (0, 0)),
        (6, (1, 0)),
        (7, (1, 1)),
        (8, (0, 1)),
    ],
)
async def test_every_orientation_ends_upright(orientation: int, corner: tuple[int, int]) -> None:
    picture = Image.new("RGB", (320, 160), "white")
    picture.paste("red", (0, 0, 64, 64))
    exif = Image.Exif()
    exif[0x0112] = orientation
    fitted = await PillowCodec().fit(jpeg(picture, exif=exif, quality=95))
    with Image.open(io.BytesIO(fitted.data)) as kept:
        x, y = (20 if not far else size - 20 for far, size in zip(corner, kept.size, strict=True))
        assert kept.getpixel((x, y))[1] < 80
        assert kept.size == ((320, 160) if orientation < 5 else (160, 320))


async def test_nothing_of_exif_and_position_is_left(draw: Draw) -> None:
    with Image.open(io.BytesIO(draw(0, True))) as camera:
        assert camera.getexif().get_ifd(0x8825)
    fitted = await PillowCodec().fit(draw(0, True))
    with Image.open(io.BytesIO(fitted.data)) as kept:
        assert dict(kept.getexif()) == {}
        assert kept.getexif().get_ifd(0x8825) == {}
    assert b"Yangzhang" not in fitted.data


async def test_only_the_picture_itself_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret description"
    loaded = jpeg(
        Image.new("RGB", (64, 64), "red"),
        exif=exif,
        comment=b"secret comment",
        xmp=b"<x>secret xmp</x>",
        icc_profile=b"secret profile" * 20,
    )
    assert loaded.count(b"secret") >= 4
    fitted = await PillowCodec().fit(loaded)
    assert b"secret" not in fitted.data
    assert markers(fitted.data) <= {0xE0, 0xDB, 0xC0, 0xC4}  # JFIF head, tables, frame


@odd_exif
async def test_a_good_picture_with_broken_exif_is_kept() -> None:
    broken = bytearray(BASE)
    at = broken.index(b"Exif\0\0") + 6
    broken[at + 8 : at + 40] = bytes(range(200, 232))
    fitted = await PillowCodec().fit(bytes(broken))
    assert {fitted.width_px, fitted.height_px} == {48, 32}


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("size", [(3000, 2251), (1801, 2400)])
@pytest.mark.parametrize("orientation", [1, 2, 6])
async def test_a_photos_colours_are_those_of_a_careful_conversion(
    subsampling: str, size: tuple[int, int], orientation: int
) -> None:
    colours = Image.merge(
        "RGB", [Image.radial_gradient("L").rotate(90 * n).resize(size) for n in range(3)]
    )
    colours.paste((200, 30, 40), (size[0] // 3, size[1] // 3, size[0] // 2, size[1] // 2))
    exif = Image.Exif()
    exif[0x0112] = orientation
    loaded = jpeg(colours, exif=exif, quality=95, subsampling=subsampling)
    fitted = await PillowCodec().fit(loaded)
    with Image.open(io.BytesIO(loaded)) as camera:
        turned = ImageOps.exif_transpose(camera.convert("RGB"))
    careful = turned.resize((fitted.width_px, fitted.height_px), Image.Resampling.LANCZOS)
    with Image.open(io.BytesIO(fitted.data)) as kept:
        off = ImageStat.Stat(ImageChops.difference(kept.convert("RGB"), careful))
    assert max(off.mean) < 1.5
    assert max(off.rms) < 4


@pytest.mark.parametrize("says", ["JFIF", "EXIF alone", "Adobe's RGB"])
async def test_a_photo_that_stores_its_colours_otherwise_keeps_them(says: str) -> None:
    colour = (200, 60, 40)
    data = jpeg(Image.new("RGB", (1700, 1200), colour), keep_rgb=says == "Adobe's RGB")
    if says == "EXIF alone":
        data = data[:2] + data[2 + 18 :]  # without JFIF's segment
    fitted = await PillowCodec().fit(data)
    with Image.open(io.BytesIO(fitted.data)) as kept:
        found = cast(tuple[int, ...], kept.convert("RGB").getpixel((800, 500)))
    assert max(abs(a - b) for a, b in zip(found, colour, strict=True)) < 6


async def test_a_small_photo_is_never_enlarged() -> None:
    fitted = await PillowCodec().fit(jpeg(Image.new("RGB", (300, 200))))
    assert (fitted.width_px, fitted.height_px) == (300, 200)


@pytest.mark.parametrize("size", [(5000, 1), (1, 5000), (1601, 1600), (3, 2)])
async def test_a_photo_of_any_shape_fits(size: tuple[int, int]) -> None:
    fitted = await PillowCodec().fit(jpeg(Image.new("RGB", size)))
    assert max(fitted.width_px, fitted.height_px) == min(LONGEST_SIDE_PX, max(size))
    assert min(fitted.width_px, fitted.height_px) >= 1


@pytest.mark.parametrize("mode", ["L", "CMYK"])
async def test_grey_and_cmyk_photos_become_colour(mode: str) -> None:
    fitted = await PillowCodec().fit(jpeg(Image.new(mode, (64, 64))))
    with Image.open(io.BytesIO(fitted.data)) as kept:
        assert kept.mode == "RGB"


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "WEBP", "TIFF"])
async def test_what_is_no_jpeg_is_no_photo(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 64)).save(out, kind)
    with pytest.raises(ProblemError) as refused:
        await PillowCodec().fit(out.getvalue())
    assert refused.value.code == "photo.unreadable"


@pytest.mark.parametrize("side", [10_955, 14_000])
async def test_a_photo_of_too_many_pixels_is_refused_before_it_is_decoded(side: int) -> None:
    head = bytearray(jpeg(Image.new("L", (8, 8))))
    frame = head.index(b"\xff\xc0")
    head[frame + 5 : frame + 9] = side.to_bytes(2) * 2
    with pytest.raises(ProblemError) as refused:
        await PillowCodec().fit(bytes(head))
    assert refused.value.code == "photo.too_large"
    assert "超过了 12000 万像素" in refused.value.message()
    assert "more than 120 megapixels" in refused.value.message("en")


def camera_like() -> bytes:
    """A small photo with the EXIF of a phone held upright."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Yangzhang"
    exif.get_ifd(0x8825)[2] = (34.0, 54.0, 0.0)
    return jpeg(Image.effect_noise((48, 32), 60).convert("RGB"), exif=exif)


BASE = camera_like()


@odd_exif
@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(BASE)) | st.just(len(BASE)),
    st.lists(st.tuples(st.integers(0, len(BASE) - 1), st.integers(0, 255)), max_size=6),
)
async def test_a_truncated_or_garbled_photo_is_read_or_refused_never_a_crash(
    cut: int, wrong: list[tuple[int, int]]
) -> None:
    data = bytearray(BASE)
    for place, value in wrong:
        data[place] = value
    try:
        fitted = await PillowCodec().fit(bytes(data[:cut]))
    except ProblemError as refused:
        assert refused.code in ("photo.unreadable", "photo.too_large")  # noqa: PT017 - either end is right
    else:
        assert fitted.data.startswith(b"\xff\xd8")


async def test_the_same_photo_gives_the_same_bytes(draw: Draw) -> None:
    first, again = await PillowCodec().fit(draw(0, True)), await PillowCodec().fit(draw(0, True))
    assert first == again


# the verdict


@pytest.mark.parametrize("seed", [0, 1])
async def test_a_sharp_slip_is_called_sharp_and_a_shaken_one_is_not(
    phone: Phone, draw: Draw, seed: int
) -> None:
    assert (await take_photo(phone, draw(seed, True), case_id="case-1")).sharp
    assert not (await take_photo(phone, draw(seed, False), case_id="case-1")).sharp


@pytest.mark.parametrize("seed", [0, 1])
async def test_sharp_and_shaken_slips_are_far_from_the_threshold(draw: Draw, seed: int) -> None:
    sharp, shaken = (
        await PillowCodec().fit(draw(seed, True)),
        await PillowCodec().fit(draw(seed, False)),
    )
    assert shaken.sharpness * 1.7 < SHARP_FROM < sharp.sharpness / 4


# taking


async def test_a_photo_is_named_by_its_hash_and_never_changes(bench: Bench, draw: Draw) -> None:
    taken = await take_photo(bench.phone, draw(0, True), case_id="case-1")
    assert taken.sha256 == sha256_hex(taken.preview)
    phone = await bench.again()
    assert await photo_bytes(phone, taken.sha256) == taken.preview
    assert taken.size_bytes == len(taken.preview)


async def test_a_photo_on_disk_is_encrypted(bench: Bench, draw: Draw) -> None:
    taken = await take_photo(bench.phone, draw(0, True), case_id="case-1")
    stored = (bench.directory / "photos" / taken.sha256).read_bytes()
    assert taken.preview[:64] not in stored
    assert b"\xff\xd8\xff" not in stored[:64]


async def test_the_same_photo_twice_is_one_photo(phone: Phone, draw: Draw) -> None:
    first = await take_photo(phone, draw(0, True), case_id="case-1")
    again = await take_photo(phone, draw(0, True), case_id="case-1")
    assert first.sha256 == again.sha256
    assert phone.store.db.table("photo").count == 1


async def test_a_photo_waits_for_upload_only_once_a_record_names_it(
    phone: Phone, draw: Draw
) -> None:
    taken = await take_photo(phone, draw(0, True), case_id="case-1")
    assert phone.store.photos.waiting() == []
    await record(phone, "case-1", NoticeDelivery(outcome="signed"), (taken.sha256,))
    assert [row.sha256 for row in phone.store.photos.waiting()] == [taken.sha256]


async def test_a_photo_that_was_never_taken_is_unknown(phone: Phone) -> None:
    with pytest.raises(ProblemError) as refused:
        await photo_bytes(phone, "f" * 64)
    assert refused.value.code == "photo.unknown"


async def test_a_refused_photo_leaves_nothing_behind(bench: Bench) -> None:
    with pytest.raises(ProblemError):
        await take_photo(bench.phone, b"no photo", case_id="case-1")
    assert list((bench.directory / "photos").iterdir()) == []


class ReadingCodec:
    """A codec of a device that reads QR codes: what it saw is given."""

    def __init__(self, *marks: str) -> None:
        self.marks = marks

    async def fit(self, jpeg: bytes, caption: str = "") -> Fitted:
        return Fitted(data=jpeg, width_px=1, height_px=1, sharpness=SHARP_FROM, marks=self.marks)


async def test_a_slip_filed_under_the_wrong_person_is_caught(bench: Bench) -> None:
    await bench.give(case_state(2))
    bench.phone.codec = ReadingCodec("https://shop.example", slip_mark(case_code("QH01", 2)))
    with pytest.raises(ProblemError) as refused:
        await take_photo(bench.phone, b"jpeg", case_id="case-1")
    assert refused.value.code == "slip.wrong_case"
    assert bench.phone.store.db.table("photo").count == 0
    assert (await take_photo(bench.phone, b"jpeg", case_id="case-2")).slip_case == case_code(
        "QH01", 2
    )


async def test_other_codes_on_the_table_do_not_matter(phone: Phone) -> None:
    phone.codec = ReadingCodec("https://shop.example", "DS1N:NO-CODE")
    taken = await take_photo(phone, b"jpeg", case_id="case-1")
    assert (taken.slip_case, taken.sharp) == ("", True)
