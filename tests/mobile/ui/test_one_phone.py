"""One process is one phone: a second window waits until the first has gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mobile.app import OnePhone, folder
from mobile.ports.folder_lock import FolderLock
from tests.support.phone.harness import Screen

BUSY = "上门已在另一个窗口打开"
HERE = "字够大吗？"
ONLY_READ = "上门已在另一个窗口打开，这里只能看，不能记；看到的是打开时的样子。"


@pytest.fixture
async def windows(tmp_path: Path) -> AsyncIterator[list[Screen]]:
    """Two windows over one phone, opened one after the other."""
    phones = OnePhone(tmp_path / "phone")
    both = [await Screen.through(phones.main), await Screen.through(phones.main)]
    yield both
    for window in both:
        window.check()
        await window.close()
    await phones.close()


async def test_a_second_window_shows_that_one_is_open(windows: list[Screen]) -> None:
    await windows[0].see(HERE)
    await windows[1].see(BUSY)


async def test_a_second_window_cannot_take_over_while_the_first_is_alive(
    windows: list[Screen],
) -> None:
    await windows[1].tap("在这里接着用")
    await windows[1].see("那个窗口还开着。")


async def test_a_second_window_takes_over_once_the_first_has_gone(windows: list[Screen]) -> None:
    await windows[0].leave()
    await windows[1].tap("在这里接着用")
    await windows[1].see(HERE)
    await windows[0].come_back()
    await windows[0].see(BUSY)


async def test_the_first_window_continues_when_it_comes_back(windows: list[Screen]) -> None:
    await windows[0].leave()
    await windows[0].come_back()
    await windows[0].see(HERE)
    await windows[1].see(BUSY)


async def test_another_process_reads_and_goes_on_once_the_first_has_ended(tmp_path: Path) -> None:
    first, second = OnePhone(tmp_path / "phone"), OnePhone(tmp_path / "phone")
    windows = [await Screen.through(first.main), await Screen.through(second.main)]
    await windows[0].see(HERE)
    await windows[1].see(ONLY_READ)
    await windows[1].tap("在这里接着用")
    await windows[1].see("那个窗口还开着。")
    await first.close()
    await windows[1].tap("在这里接着用")
    await windows[1].see(HERE)
    await windows[1].gone(ONLY_READ)
    for window in windows:
        await window.close()
    await second.close()


async def test_a_window_waits_while_another_process_makes_the_phone(tmp_path: Path) -> None:
    other, phone = FolderLock(tmp_path / "phone"), OnePhone(tmp_path / "phone")
    assert other.take()
    window = await Screen.through(phone.main)
    await window.see(BUSY)
    other.release()
    await window.tap("在这里接着用")
    await window.see(HERE)
    await window.close()
    await phone.close()


def test_the_folder_comes_from_the_environment(tmp_path: Path) -> None:
    assert (
        folder({"DOORSTEP_PHONE_DIR": str(tmp_path), "FLET_APP_STORAGE_DATA": "/elsewhere"})
        == tmp_path
    )
    assert folder({"FLET_APP_STORAGE_DATA": str(tmp_path)}) == tmp_path
