"""Whose photo it is: real slips read on the phone, one photo under two people, files that are no photo, mirrors."""

from __future__ import annotations

import io
from functools import cache

import pytest
from PIL import Image, ImageOps

from mobile.ports.pillow_codec import PillowCodec
from mobile.usecases import settings
from mobile.usecases.drafts import save_draft
from mobile.usecases.records import record
from mobile.usecases.take_photo import STRIP, take_photo
from shared.ids import case_code, show_case_code
from shared.problems import ProblemError
from shared.records.notice_delivery import NoticeDelivery
from sync_server.sample.pictures import draw_slip
from tests.mobile.conftest import Bench, case_state


@cache
def slip(number: int, seed: int = 0) -> bytes:
    """A 12-megapixel photo of the slip of case `number`."""
    code = case_code("QH01", number)
    return draw_slip(code, seed=seed, name_masked="欧阳*", school="青槐县第一中学", notice_no="T-1")


@cache
def sheet() -> bytes:
    """A photo of some paper without a code."""
    out = io.BytesIO()
    Image.effect_noise((640, 480), 80).convert("RGB").save(out, "JPEG")
    return out.getvalue()


# the slip's own word


@pytest.mark.parametrize("seed", [0, 1])
async def test_the_code_of_a_real_slip_is_read(bench: Bench, seed: int) -> None:
    taken = await take_photo(bench.phone, slip(1, seed), case_id="case-1")
    assert taken.slip_case == case_code("QH01", 1)


async def test_a_real_slip_of_another_person_is_refused_and_named(bench: Bench) -> None:
    await bench.give(case_state(2))
    with pytest.raises(ProblemError) as refused:
        await take_photo(bench.phone, slip(2), case_id="case-1")
    assert refused.value.code == "slip.wrong_case"
    words = refused.value.message()
    assert f"欧阳*（{show_case_code(case_code('QH01', 2))}）" in words
    assert "欧阳小雨" not in words
    assert bench.phone.store.photos.all() == []


async def test_a_slip_of_someone_not_on_this_phone_is_named_by_its_code(bench: Bench) -> None:
    with pytest.raises(ProblemError) as refused:
        await take_photo(bench.phone, slip(7), case_id="case-1")
    assert f"是 {show_case_code(case_code('QH01', 7))} 的" in refused.value.message()


async def test_after_a_wrong_slip_the_right_one_is_taken(bench: Bench) -> None:
    with pytest.raises(ProblemError):
        await take_photo(bench.phone, slip(2), case_id="case-1")
    assert (await take_photo(bench.phone, slip(1), case_id="case-1")).sharp


# one photo, two people


@pytest.mark.parametrize("strip", [True, False])
async def test_a_photo_already_in_another_persons_record_is_reported(
    bench: Bench, strip: bool
) -> None:
    await bench.give(case_state(2))
    await settings.put(bench.phone, STRIP, strip)
    first = await take_photo(bench.phone, sheet(), case_id="case-1")
    await record(bench.phone, "case-1", NoticeDelivery(outcome="signed"), (first.sha256,))
    second = await take_photo(bench.phone, sheet(), case_id="case-2")
    assert second.also == ("欧阳*",)
    assert (first.sha256 == second.sha256) is not strip


async def test_a_photo_already_in_another_persons_open_form_is_reported(bench: Bench) -> None:
    await bench.give(case_state(2))
    first = await take_photo(bench.phone, sheet(), case_id="case-1")
    await save_draft(bench.phone, "case-1", "deliver", {"photos": [first.sha256]})
    assert (await take_photo(bench.phone, sheet(), case_id="case-2")).also == ("欧阳*",)


async def test_a_photo_taken_twice_for_one_person_or_used_nowhere_is_not_reported(
    bench: Bench,
) -> None:
    await bench.give(case_state(2))
    first = await take_photo(bench.phone, sheet(), case_id="case-1")
    assert (await take_photo(bench.phone, sheet(), case_id="case-2")).also == ()
    await record(bench.phone, "case-1", NoticeDelivery(outcome="signed"), (first.sha256,))
    assert (await take_photo(bench.phone, sheet(), case_id="case-1")).also == ()


# no photo at all


def saved(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "photo.empty", "选的文件是空的"),
        (saved("PNG")[:40], "photo.unreadable", "这张照片读不出来"),
        (saved("GIF"), "photo.not_jpeg", "选的是 GIF 文件"),
        (b"\0\0\0\x24ftypheic" + bytes(40), "photo.heic", "打不开 HEIC 照片"),
        (b"%PDF-1.7", "photo.not_jpeg", "选的是 PDF 文件"),
        (b"anything", "photo.unreadable", "这张照片读不出来"),
        (saved("JPEG")[:60], "photo.unreadable", "这张照片读不出来"),
    ],
)
async def test_a_file_that_is_no_photo_is_named_with_its_fix(
    bench: Bench, data: bytes, code: str, words: str
) -> None:
    with pytest.raises(ProblemError) as refused:
        await take_photo(bench.phone, data, case_id="case-1")
    assert refused.value.code == code
    assert words in refused.value.message()
    assert refused.value.fix()
    assert bench.phone.store.photos.all() == []


# a camera that exchanges left and right


async def test_a_mirrored_picture_is_kept_as_it_was_seen(bench: Bench) -> None:
    seen = Image.new("RGB", (320, 160), "white")
    seen.paste("red", (0, 0, 80, 80))
    out = io.BytesIO()
    ImageOps.mirror(seen).save(out, "JPEG", quality=95)
    taken = await take_photo(bench.phone, out.getvalue(), case_id="case-1", mirrored=True)
    kept = Image.open(io.BytesIO(taken.preview)).convert("RGB")
    assert kept.getpixel((20, 20))[1] < 80
    assert kept.getpixel((300, 20))[1] > 200


async def test_a_mirrored_slip_is_read_all_the_same(bench: Bench) -> None:
    fitted = await PillowCodec().fit(slip(1))
    out = io.BytesIO()
    ImageOps.mirror(Image.open(io.BytesIO(fitted.data))).save(out, "JPEG", quality=90)
    taken = await take_photo(bench.phone, out.getvalue(), case_id="case-1", mirrored=True)
    assert taken.slip_case == case_code("QH01", 1)
