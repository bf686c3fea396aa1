"""Whatever can be tapped has a name and, where its size is set, is 48 px at least, on every screen."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import flet as ft
import pytest
from flet.components.component import Component
from flet.controls.base_control import BaseControl

from mobile.app import OnePhone
from mobile.ui.app.appearance import restore
from mobile.ui.app.session_lock import lock, show_stage
from mobile.ui.app.state import App, WindowRole
from mobile.ui.window import Window
from mobile.usecases.calls import prepared
from mobile.usecases.drafts import save_draft
from mobile.usecases.phone import Phone
from mobile.usecases.unlock import FREE_TRIES
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import (
    LEAST_PX,
    PIN,
    FakeDevice,
    Screen,
    phone_lock_of,
    still_mine,
    walk,
    words_of,
)
from tests.support.phone.records import all_sent, refused

ACTS = ("on_click", "on_change", "on_long_press")
PAGES = {
    "/outbox/day": "今天交了什么",
    "/": "接下来",
    "/cases": "共 12 人",
    "/cases/c0002": "未被接收",
    "/cases/c0009": "刚才的电话打通了吗？",
    "/cases/c0010/deliver": "怎样送的？",
    "/cases/c0010/deliver/photo": "这里用不了相机",
    "/cases/c0006/visit": "见到了谁？",
    "/cases/c0004/statement": "是什么原因？",
    "/cases/c0001/attempt": "打通了吗？",
    "/cases/c0001/update": "哪一项变了？",
    "/cases/c0001/policy": "上门怎么说",
    "/outbox": "没有网络？用文件上交",
    "/more": "现在就锁上",
    "/more/policy/refused": "可以这样说",
    "/more/pin": "先输入现在的密码",
    "/more/storage": "去同步",
    "/more/about": "林秀英",
    "/more/sign-out": "先去同步",
}


def tappable(node: Any, name: str = "") -> Iterator[tuple[Any, str]]:
    """Every control below `node` that does something when touched, with the name a screen reader has for it."""
    if isinstance(node, Component):
        yield from tappable(node._b, name)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from tappable(item, name)
    elif isinstance(node, BaseControl) and getattr(node, "visible", True) is not False:
        if isinstance(node, ft.Semantics):
            name = str(node.label or "") or name
        if any(getattr(node, act, None) is not None for act in ACTS) and not getattr(
            node, "disabled", False
        ):
            yield node, name or " ".join(word for inner in walk(node) for word in words_of(inner))
        for field in dataclasses.fields(node):
            if not field.name.startswith("_") and field.name not in ("data", "key", "parent"):
                value = getattr(node, field.name, None)
                if isinstance(value, BaseControl | list):
                    yield from tappable(value, name if isinstance(node, ft.Semantics) else "")


def faults(screen: Screen) -> list[str]:
    """What on the topmost view has no name, or is set too small for a thumb."""
    found = []
    for control, name in tappable(screen.top()):
        kind = type(control).__name__
        if not name.strip():
            found.append(f"{kind} without a name")
        for side in ("width", "height"):
            size = getattr(control, side, None)
            if isinstance(size, int | float) and size < LEAST_PX:
                found.append(f"{kind} {name}: {side} {size}")
    return found


@pytest.mark.parametrize("path", PAGES)
async def test_every_target_of_a_page_is_named_and_large_enough(
    used_phone: Phone, open_window: Open, path: str
) -> None:
    await refused(used_phone)
    await save_draft(
        used_phone, "c0009", "attempt", prepared({}, "self", "2019-12-12T09:54:00+08:00")
    )
    screen = await open_window(used_phone, path)
    await screen.see(PAGES[path])
    assert faults(screen) == []


async def test_what_unfolds_is_named_and_large_enough_too(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/cases/c0001")
    for words in ("怎么走", "电话和证件号", "邻居"):
        await screen.tap(words)
    await screen.see("高德地图")
    assert faults(screen) == []


async def test_every_target_of_signing_out_is_named_and_large_enough(
    phone: Phone, open_window: Open
) -> None:
    await all_sent(phone)
    for path, words in (("/more/sign-out", "清除并退出"), ("/more/storage", "现在清出空间")):
        screen = await open_window(phone, path)
        await screen.see(words)
        assert faults(screen) == []


async def test_every_target_of_a_correction_is_named_and_large_enough(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/cases/c0002")
    await screen.tap("去改正")
    await screen.see("为什么要改？")
    assert faults(screen) == []


@pytest.fixture
async def locked(phone: Phone) -> AsyncIterator[Screen]:
    """A phone with a PIN, locked."""
    phone_lock = await phone_lock_of(phone)
    await phone_lock.set_pin(PIN)
    app = App(phone_lock, FakeDevice())

    async def main(page: ft.Page) -> None:
        await restore(app, page)
        await show_stage(app)
        page.render_views(Window, WindowRole(active=True), app, still_mine)

    screen = await Screen.through(main)
    await lock(app)
    yield await screen.see("上门已锁定")
    screen.check()
    await screen.close()


async def test_every_target_of_the_lock_and_of_recovery_is_named_and_large_enough(
    locked: Screen,
) -> None:
    names = {name for _, name in tappable(locked.top())}
    assert {*"0123456789"} <= names
    assert faults(locked) == []
    await locked.tap("忘记密码？")
    await locked.see("回到锁屏")
    assert faults(locked) == []


async def test_every_target_of_a_waiting_lock_is_named_and_large_enough(locked: Screen) -> None:
    for _ in range(FREE_TRIES):
        await (await locked.enter_pin("280416")).see("密码不对")
    await (await locked.enter_pin("280416")).see("秒再试")
    assert faults(locked) == []


async def test_every_target_of_a_first_start_is_named_and_large_enough(tmp_path: Path) -> None:
    phones = OnePhone(tmp_path)
    screen = await Screen.through(phones.main, keystore={})
    await screen.see("字够大吗？")
    assert faults(screen) == []
    await screen.tap("够大了，下一步")
    await screen.see("设一个 6 位解锁密码")
    assert faults(screen) == []
    await screen.enter_pin(PIN)
    await (await screen.see("再输一次")).enter_pin(PIN)
    await screen.see("老师，您好")
    await screen.tap("其他设置")
    await screen.see("给手机起个名字")
    assert faults(screen) == []
    await screen.close()
    await phones.close()
