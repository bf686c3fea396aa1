"""A phone in a folder of its own and windows that are closed again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from mobile.usecases.phone import Phone
from tests.support.phone.harness import FakeDevice, Screen
from tests.support.phone.seed import Seed, lived_in, phone_with

Open = Callable[..., Awaitable[Screen]]


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[Phone]:
    """Twelve cases, nothing done yet."""
    made = await phone_with(tmp_path / "phone")
    yield made
    made.store.close()


@pytest.fixture
async def used_phone(tmp_path: Path) -> AsyncIterator[Phone]:
    """Twelve cases after some days of work."""
    made = await lived_in(tmp_path / "phone")
    yield made
    made.store.close()


@pytest.fixture
async def new_phone(tmp_path: Path) -> AsyncIterator[Phone]:
    """A phone nobody enrolled."""
    made = await phone_with(tmp_path / "phone", Seed(enrolled=False))
    yield made
    made.store.close()


@pytest.fixture
async def open_window() -> AsyncIterator[Open]:
    """Opens windows; closes them at the end and checks that none crashed."""
    windows: list[Screen] = []

    async def open_at(phone: Phone, route: str = "/", device: FakeDevice | None = None) -> Screen:
        screen = await Screen.open(phone, route, device)
        windows.append(screen)
        return screen

    yield open_at
    for screen in windows:
        screen.check()
        await screen.close()
