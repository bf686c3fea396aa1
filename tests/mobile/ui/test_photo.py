"""Photos: what is shown where there is no camera, sharpness judged at once, the wrong slip refused by name."""

from __future__ import annotations

import io
from collections.abc import Callable

import flet as ft
import pytest
from PIL import Image

from mobile.usecases import take_photo
from mobile.usecases.drafts import save_draft
from mobile.usecases.phone import Phone
from shared.ids import case_code
from sync_server.sample.pictures import draw_slip
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice, walk
from tests.support.phone.pictures import slip

PATH = "/cases/c0001/deliver/photo"


async def test_without_a_camera_the_gallery_is_offered_and_what_it_keeps_is_shown(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, PATH)
    await screen.see("这里用不了相机")
    await screen.see("从相册选的照片，原图仍会留在相册里。")
    await screen.see("不拍证件、人和屋内")


async def test_a_blurred_photo_is_reported_at_once_and_may_be_kept(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, PATH, FakeDevice(photo=slip(sharp=False)))
    await screen.tap("从相册选")
    await screen.see("照片有点糊")
    await screen.tap("就用这张")
    await screen.at("/cases/c0001/deliver")
    await screen.see("有一张有点糊，方便的话重拍")


async def test_a_blurred_photo_can_be_taken_again(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, PATH, FakeDevice(photo=slip(sharp=False)))
    await screen.tap("从相册选")
    await screen.tap("重拍")
    await screen.see("从相册选")


async def test_nothing_picked_changes_nothing(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, PATH)
    await screen.tap("从相册选")
    await screen.at(PATH)


async def test_a_file_that_is_not_a_picture_is_refused_with_its_fix(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, PATH, FakeDevice(photo=b"no picture"))
    await screen.tap("从相册选")
    await screen.see("请重拍一张")


async def test_a_photo_can_be_dropped_from_the_form(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, PATH, FakeDevice(photo=slip()))
    await screen.tap("从相册选")
    await screen.see("照片清楚")
    await screen.tap("当面送达")
    await screen.tap("去掉这张照片")
    await screen.gone("再拍一张")
    await screen.see("拍签收单")


@pytest.fixture
def slip_of() -> Callable[[int], bytes]:
    """A 12-megapixel photo of the slip of case `number`, its code readable."""

    def drawn(number: int) -> bytes:
        code = case_code("QH07", number)
        return draw_slip(code, seed=0, name_masked="王*", school="青山乡中心小学", notice_no="T-1")

    return drawn


async def test_another_persons_slip_is_named_and_the_right_one_follows(
    phone: Phone, open_window: Open, slip_of: Callable[[int], bytes]
) -> None:
    device = FakeDevice(photo=slip_of(4))
    screen = await open_window(phone, PATH, device)
    await screen.tap("从相册选")
    await screen.see("这张签收单是 李*（QH07-0004")
    await screen.see("这张没有留下")
    device.photo = slip_of(1)
    await screen.tap("重拍")
    await screen.tap("从相册选")
    await screen.at("/cases/c0001/deliver")
    await screen.see("照片清楚")


async def test_a_photo_already_used_for_someone_else_is_reported_before_it_is_kept(
    phone: Phone, open_window: Open
) -> None:
    taken = await take_photo.take_photo(phone, slip(), case_id="c0004")
    await save_draft(phone, "c0004", "deliver", {"photos": [taken.sha256]})
    screen = await open_window(phone, PATH, FakeDevice(photo=slip()))
    await screen.tap("从相册选")
    await screen.see("这张照片已经放在李*名下")
    await screen.tap("就用这张")
    await screen.at("/cases/c0001/deliver")
    await screen.see("照片清楚")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "选的文件是空的。请另选一张"),
        (b"%PDF-1.7", "选的是 PDF 文件，不是照片或截图"),
        (b"\0\0\0\x24ftypheic" + bytes(40), "这部手机打不开 HEIC 照片"),
    ],
)
async def test_a_file_that_is_no_photo_is_named(
    phone: Phone, open_window: Open, data: bytes, words: str
) -> None:
    screen = await open_window(phone, PATH, FakeDevice(photo=data))
    await screen.tap("从相册选")
    await screen.see(words)
    await screen.at(PATH)


async def test_the_form_shows_the_photo_with_its_strip_and_a_tap_shows_it_large(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, PATH, FakeDevice(photo=slip()))
    await screen.tap("从相册选")
    await screen.see("照片清楚")
    await screen.tap("拍好的照片")
    shown = [c.src for c in walk(screen.session.page._dialogs) if isinstance(c, ft.Image)]
    (row,) = phone.store.photos.all()
    assert shown == [await phone.store.photos.read(row.sha256)]
    assert Image.open(io.BytesIO(shown[0])).height > 1600  # the slip's 1600 and the strip


async def test_what_is_said_of_a_photo_stays_until_the_next(
    phone: Phone, open_window: Open
) -> None:
    device = FakeDevice(photo=b"%PDF-1.7")
    screen = await open_window(phone, PATH, device)
    await screen.tap("从相册选")
    await screen.see("不是照片或截图")
    screen.app.notices.clear()  # whatever passes by itself
    await screen.see("不是照片或截图")
    device.photo = slip()
    await screen.tap("从相册选")
    await screen.at("/cases/c0001/deliver")
    await screen.see("照片清楚")


async def test_a_thumbnail_is_reported_as_too_small(phone: Phone, open_window: Open) -> None:
    out = io.BytesIO()
    with Image.open(io.BytesIO(slip())) as opened:
        opened.resize((200, 150), Image.Resampling.NEAREST).save(out, "JPEG")
    screen = await open_window(phone, PATH, FakeDevice(photo=out.getvalue()))
    await screen.tap("从相册选")
    await screen.see("照片太小，字看不清")
    assert "照片清楚" not in screen.words()


async def test_a_long_screenshot_fills_the_form_with_its_parts(
    phone: Phone, open_window: Open
) -> None:
    out = io.BytesIO()
    Image.effect_noise((1080, 6000), 60).save(out, "PNG")
    screen = await open_window(phone, PATH, FakeDevice(photo=out.getvalue()))
    await screen.tap("从相册选")
    await screen.at("/cases/c0001/deliver")
    await screen.see("截图已放好")
    assert len(phone.store.photos.all()) == 3
