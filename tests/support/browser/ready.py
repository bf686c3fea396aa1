"""A phone made ready before the browser opens: its cases, its PIN; and a look into its files from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from mobile.bootstrap.native import native_ports
from mobile.usecases import drafts
from mobile.usecases.unlock import PhoneLock
from tests.support.browser.driver import CLOCK, PIN
from tests.support.phone.seed import Seed, phone_with

T = TypeVar("T")


def in_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: Playwright's sync API keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def ready_phone(folder: Path, cases: int) -> Path:
    """A phone with so many cases, behind the driver's PIN; `folder` itself."""
    in_thread(_make(folder, cases))
    return folder


def draft_of(folder: Path, case: str, form: str) -> dict[str, object]:
    """The fields of an unfinished form; {} without one. `folder`: of a phone no app has open, or a copy of it."""
    return in_thread(_draft(folder, case, form))


async def _make(folder: Path, cases: int) -> None:
    (await phone_with(folder, Seed(count=cases))).store.close()
    phone_lock = await PhoneLock.at(native_ports(folder, CLOCK))
    await phone_lock.set_pin(PIN)
    await phone_lock.close()


async def _draft(folder: Path, case: str, form: str) -> dict[str, object]:
    phone_lock = await PhoneLock.at(native_ports(folder, CLOCK))
    found = await drafts.load_draft(await phone_lock.unlock(PIN), case, form)
    await phone_lock.close()
    return found.fields if found else {}
