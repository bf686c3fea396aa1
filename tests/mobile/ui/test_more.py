"""更多 and its pages: the caption switch, what the phone holds, signing out."""

from __future__ import annotations

import asyncio

import pytest

from mobile.usecases import settings
from mobile.usecases.drafts import save_draft
from mobile.usecases.phone import Phone
from mobile.usecases.storage import free_now
from mobile.usecases.take_photo import STRIP
from shared.digest import sha256_hex
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice
from tests.support.phone.records import SLIP, all_sent


@pytest.mark.parametrize(
    ("row", "path", "words"),
    [
        ("政策与上门用语", "/more/policy", "怎样还款"),
        ("存储", "/more/storage", "手机还剩"),
        ("关于", "/more/about", "林秀英"),
        ("退出登录", "/more/sign-out", "先不退出"),
    ],
)
async def test_each_row_leads_to_its_page_and_back(
    phone: Phone, open_window: Open, row: str, path: str, words: str
) -> None:
    screen = await open_window(phone, "/more")
    await screen.tap(row)
    await screen.at(path)
    await screen.on_top(path)
    await screen.see(words)
    await screen.back()
    await screen.at("/more")


async def test_a_new_version_that_waits_is_installed_from_the_about_page(
    phone: Phone, open_window: Open
) -> None:
    device = FakeDevice(update_waits=True)
    screen = await open_window(phone, "/more/about", device=device)
    await screen.tap("现在更新")
    await asyncio.sleep(0.1)
    assert device.renewed


async def test_where_no_version_waits_none_is_offered(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/more/about")
    await screen.see("林秀英")
    assert "现在更新" not in screen.words()


async def test_the_caption_below_photos_is_switched_off_and_on(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/more")
    for on in (False, True):
        await screen.tap("照片下方加编号")
        for _ in range(600):
            if await settings.get(phone, STRIP, True) is on:
                break
            await asyncio.sleep(0.05)
        assert await settings.get(phone, STRIP, True) is on


@pytest.mark.parametrize(
    ("promised", "sentence"), [(True, "浏览器已答应"), (False, "浏览器还没有答应"), (None, "")]
)
async def test_in_a_browser_storage_shows_the_quota_and_whether_it_is_persistent(
    phone: Phone,
    open_window: Open,
    monkeypatch: pytest.MonkeyPatch,
    promised: bool | None,
    sentence: str,
) -> None:
    monkeypatch.setattr(phone.disk, "promised", lambda: promised)
    monkeypatch.setattr(phone.disk, "quota_bytes", lambda: 0 if promised is None else 2_500_000_000)
    screen = await open_window(phone, "/more/storage")
    await screen.see("手机还剩")
    words = "\n".join(screen.words())
    assert (sentence in words, "浏览器" in words, "2.5 GB" in screen.words()) == (
        True,
        promised is not None,
        promised is not None,
    )


async def test_storage_shows_what_is_unsent_and_when_data_is_deleted(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/more/storage")
    await screen.see("还有没上交的")
    await screen.see("4 条")
    await screen.see("手机里的名单和记录保留到 1月19日")
    assert "现在清出空间" not in screen.words()
    await screen.tap("去同步")
    await screen.at("/outbox")


async def test_space_is_freed_of_photos_the_school_has(phone: Phone, open_window: Open) -> None:
    await all_sent(phone)
    screen = await open_window(phone, "/more/storage")
    await screen.see("有 1 张照片（1 KB）学校已经收到")
    await screen.tap("现在清出空间")
    await screen.see("清掉了 1 张，腾出 1 KB。照片都在学校。")
    await screen.see("1 张照片的原图在学校，手机里只留小图。")
    assert await phone.disk.read(sha256_hex(SLIP)) is None


async def test_with_unsent_work_signing_out_leads_to_handing_in(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/more/sign-out")
    await screen.see("未上交：4 条记录")
    assert "清除并退出" not in screen.words()
    await screen.tap("先去同步")
    await screen.at("/outbox")


async def test_signing_out_asks_once_and_ends_where_a_phone_is_enrolled(
    phone: Phone, open_window: Open
) -> None:
    await all_sent(phone)
    await save_draft(phone, "c0002", "visit", {"note": "半句"})
    screen = await open_window(phone, "/more")
    await screen.tap("退出登录")
    await screen.see("还有 1 份没写完的，也会清掉。")
    await screen.tap("清除并退出")
    await screen.see("登记这部手机")
    assert phone.store.cases.all() == []
    assert phone.store.facts.all() == []


async def test_signing_out_can_be_cancelled(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/more/sign-out")
    await screen.tap("先不退出")
    await screen.at("/more")
    assert len(phone.store.cases.all()) == 12


async def test_a_photo_whose_copy_was_deleted_can_still_be_removed_from_a_form(
    phone: Phone, open_window: Open
) -> None:
    await all_sent(phone)
    await free_now(phone)
    await save_draft(phone, "c0001", "visit", {"met": "self", "photos": [sha256_hex(SLIP)]})
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.see("这张照片在学校，手机里的已清掉")
    await screen.tap("去掉这张照片")
    await screen.gone("这张照片在学校")
