"""怎么走 on the screen of a case: folded away, three maps, one tap."""

from __future__ import annotations

import msgspec

from mobile.usecases.phone import Phone
from shared.wire import CaseState
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice
from tests.support.phone.seed import case

MAPS = ("高德地图", "百度地图", "手机自带地图")


async def test_the_maps_stay_folded_until_asked_for(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("怎么走")
    assert not set(MAPS) & set(screen.words())
    await screen.tap("怎么走")
    for name in MAPS:
        await screen.see(name)
    await screen.tap("怎么走")
    for name in MAPS:
        await screen.gone(name)


async def test_one_tap_hands_the_village_to_the_map_chosen(phone: Phone, open_window: Open) -> None:
    device = FakeDevice()
    screen = await open_window(phone, "/cases/c0001", device)
    await screen.tap("怎么走")
    await screen.tap("百度地图")
    assert len(device.opened) == 1
    assert device.opened[0].startswith("https://api.map.baidu.com/geocoder?address=")


async def test_a_map_that_does_not_open_is_reported(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001", FakeDevice(has_maps=False))
    await screen.tap("怎么走")
    await screen.tap("手机自带地图")
    await screen.see("没有打开地图，换一个试试")


async def test_a_missing_address_is_shown(phone: Phone, open_window: Open) -> None:
    nowhere = msgspec.structs.replace(case(1), address="", township="", village="")
    await phone.store.cases.apply([CaseState(case=nowhere, version=99)], [], set())
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("怎么走")
    await screen.see("名单上没有地址，也还没有记下位置")
