"""The caption strip: below the picture, never on it, never a name; judged and read without it, hashed with it."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from mobile.ports.pillow_codec import PillowCodec
from mobile.usecases import settings
from mobile.usecases.phone import Phone
from mobile.usecases.take_photo import STRIP, caption, take_photo
from shared.digest import sha256_hex
from shared.ids import case_code, show_case_code
from sync_server.sample.pictures import draw_slip
from tests.mobile.conftest import Bench, case_state

CODE = case_code("QH01", 1)
CAPTION = f"{show_case_code(CODE)} · 记于 2019-12-12 12:00 · 青槐县第一中学"


@cache
def slip(seed: int = 0) -> bytes:
    return draw_slip(CODE, seed=seed, name_masked="欧阳*", school="青槐县第一中学", notice_no="T-1")


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def jpeg(size: tuple[int, int], colour: str = "gray") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("seed", [0, 1])
async def test_the_strip_stands_below_and_the_picture_is_as_without_it(seed: int) -> None:
    bare, whole = await PillowCodec().fit(slip(seed)), await PillowCodec().fit(slip(seed), CAPTION)
    assert whole.strip_px > 0
    assert (whole.width_px, whole.height_px - whole.strip_px) == (bare.width_px, bare.height_px)
    # The last 16 rows share JPEG blocks with the strip.
    box = (0, 0, bare.width_px, bare.height_px - 16)
    difference = ImageChops.difference(
        opened(bare.data).crop(box), opened(whole.data).crop(box)
    ).convert("L")
    assert (difference.getextrema()[1] or 0) <= 1


async def test_the_strip_is_dark_words_on_white() -> None:
    whole = await PillowCodec().fit(jpeg((1200, 900)), CAPTION)
    strip = opened(whole.data).crop(
        (0, whole.height_px - whole.strip_px + 4, whole.width_px, whole.height_px)
    )
    shades = strip.convert("L").histogram()
    white, black = sum(shades[240:]) / sum(shades), sum(shades[:90]) / sum(shades)
    assert white > 0.75
    assert 0.01 < black < 0.2


async def test_sharpness_and_codes_are_those_of_the_picture_alone() -> None:
    bare, whole = await PillowCodec().fit(slip()), await PillowCodec().fit(slip(), CAPTION)
    assert (whole.sharpness, whole.marks) == (bare.sharpness, bare.marks)


async def test_a_long_caption_is_broken_at_its_separators_and_never_runs_over_the_edge() -> None:
    one = await PillowCodec().fit(jpeg((900, 600)), CAPTION)
    long = await PillowCodec().fit(jpeg((900, 600)), CAPTION + "(东校区)" * 20)
    assert long.strip_px > one.strip_px
    edge = opened(long.data).crop(
        (long.width_px - 6, long.height_px - long.strip_px + 4, long.width_px, long.height_px)
    )
    assert (edge.convert("L").getextrema()[0] or 0) > 200


@pytest.mark.parametrize("size", [(3, 2), (200, 1600), (1, 1)])
async def test_a_picture_too_narrow_to_read_gets_none(size: tuple[int, int]) -> None:
    assert (await PillowCodec().fit(jpeg(size), CAPTION)).strip_px == 0


async def test_without_its_font_the_photo_is_kept_without_a_strip(tmp_path: Path) -> None:
    fitted = await PillowCodec(font=tmp_path / "none.otf").fit(jpeg((1200, 900)), CAPTION)
    assert (fitted.strip_px, fitted.height_px) == (0, 900)


async def test_the_caption_is_code_time_and_school_and_no_name(bench: Bench) -> None:
    await bench.enrol()
    words = await caption(bench.phone, bench.phone.store.cases.get("case-1"))
    assert words == CAPTION
    assert "欧阳" not in words
    assert "郑老师" not in words


async def test_a_switch_turns_it_off(bench: Bench) -> None:
    await bench.enrol()
    await settings.put(bench.phone, STRIP, False)
    taken = await take_photo(bench.phone, slip(), case_id="case-1")
    assert (taken.width_px, taken.height_px) == (1600, 1200)


async def test_what_is_hashed_is_the_photo_with_its_strip(bench: Bench) -> None:
    await bench.enrol()
    taken = await take_photo(bench.phone, slip(), case_id="case-1")
    assert taken.height_px > 1200
    assert taken.sha256 == sha256_hex(await bench.phone.store.photos.read(taken.sha256))


async def test_demonstration_time_is_marked(bench: Bench) -> None:
    bench.clock.demo = True
    assert "（演示）" in await caption(bench.phone, case_state(1))


async def test_the_caption_of_a_photo_without_a_case_is_empty(phone: Phone) -> None:
    assert await caption(phone, None) == ""
