"""Photos: what is said where there is no camera, sharpness judged at once, the wrong slip refused by name."""

from __future__ import annotations

from mobile.usecases.phone import Phone
from tests.mobile.ui.conftest import Open
from tests.mobile.ui.harness import FakeDevice
from tests.mobile.ui.pictures import slip

PATH = "/cases/c0001/deliver/photo"


async def test_without_a_camera_the_gallery_is_offered_and_what_it_keeps_is_said(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, PATH)
    await screen.see("这里用不了相机")
    await screen.see("从相册选的照片,原图仍会留在相册里。")
    await screen.see("不拍证件、人和屋内")


async def test_a_blurred_photo_is_said_at_once_and_may_be_kept(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, PATH, FakeDevice(photo=slip(sharp=False)))
    await screen.tap("从相册选")
    await screen.see("照片有点糊")
    await screen.tap("就用这张")
    await screen.at("/cases/c0001/deliver")
    await screen.see("有一张有点糊,方便的话重拍")


async def test_a_blurred_photo_can_be_taken_again(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, PATH, FakeDevice(photo=slip(sharp=False)))
    await screen.tap("从相册选")
    await screen.tap("重拍")
    await screen.see("从相册选")


async def test_nothing_picked_changes_nothing(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, PATH)
    await screen.tap("从相册选")
    await screen.at(PATH)


async def test_a_file_that_is_no_picture_is_refused_with_its_mend(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, PATH, FakeDevice(photo=b"no picture"))
    await screen.tap("从相册选")
    await screen.see("请重拍一张")


async def test_a_photo_can_be_dropped_from_the_form(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, PATH, FakeDevice(photo=slip()))
    await screen.tap("从相册选")
    await screen.see("照片清楚")
    await screen.tap("去掉这张照片")
    await screen.gone("再拍一张")
    await screen.see("拍签收回执")
