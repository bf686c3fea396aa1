"""The contract of the dialler and the share sheet: Flet's services behind a page, and the device that the tests of screens use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import flet as ft
import pytest
from flet.messaging.session import Session

from mobile.ports.flet_device import FletDevice
from mobile.ui.app.state import Device
from tests.support.phone.harness import FakeConnection, FakeDevice, begin

NUMBER, NAME, DATA = "13955990001", "交接-林秀英.doorstep", b"encrypted"


@dataclass
class Place:
    """A device and what reached the system behind it: numbers, files by name and bytes."""

    device: Device
    numbers: Callable[[], list[str]]
    files: Callable[[], list[tuple[str, bytes]]]


@dataclass
class System(FakeConnection):
    """The other side of Flet's services; `answer` is what the share sheet says, None an error."""

    answer: str | None = "success"
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    async def _answer(self, body: Any) -> None:
        if self.session is None:
            return
        self.calls.append((body.name, body.args or {}))
        result = {"status": self.answer, "raw": ""} if body.name == "share_files" else None
        error = None if self.answer else "no app takes it"
        self.session.handle_invoke_method_results(body.control_id, body.call_id, result, error)

    def numbers(self) -> list[str]:
        urls = [args["url"] for name, args in self.calls if name == "launch_url"]
        return [(url if isinstance(url, str) else url["url"]).removeprefix("tel:") for url in urls]

    def files(self) -> list[tuple[str, bytes]]:
        found = [args["files"] for name, args in self.calls if name == "share_files"]
        return [(file.name, file.data) for files in found for file in files]


def behind_flet(answer: str | None = "success") -> Place:
    system = System(answer)
    session = Session(system)
    system.session = session
    begin(session, system, "/")
    return Place(FletDevice(session.page), system.numbers, system.files)


def in_tests(*, closes: bool = False) -> Place:
    device = FakeDevice(can_share=True, closes_share=closes)
    return Place(device, lambda: device.dialled, lambda: device.shared)


@pytest.mark.parametrize("make", [behind_flet, in_tests])
async def test_a_number_reaches_the_dialler_as_it_is(make: Callable[[], Place]) -> None:
    place = make()
    await place.device.dial(NUMBER)
    assert place.numbers() == [NUMBER]


@pytest.mark.parametrize("make", [behind_flet, in_tests])
async def test_a_file_reaches_the_share_sheet_whole_under_its_name(
    make: Callable[[], Place],
) -> None:
    place = make()
    assert place.device.can_share
    assert await place.device.share_file(NAME, DATA)
    assert place.files() == [(NAME, DATA)]


@pytest.mark.parametrize("make", [lambda: behind_flet("dismissed"), lambda: in_tests(closes=True)])
async def test_a_share_sheet_closed_without_a_choice_is_not_a_sent_file(
    make: Callable[[], Place],
) -> None:
    assert not await make().device.share_file(NAME, DATA)


async def test_where_the_system_does_not_say_what_was_chosen_the_file_counts_as_sent() -> None:
    assert await behind_flet("unavailable").device.share_file(NAME, DATA)


async def test_a_device_without_dialler_or_share_sheet_raises_nothing() -> None:
    place = behind_flet(None)
    await place.device.dial(NUMBER)
    assert not await place.device.share_file(NAME, DATA)


async def test_a_browser_is_offered_the_download_alone() -> None:
    system = System()
    session = Session(system)
    system.session = session
    begin(session, system, "/")
    session.apply_page_patch({"web": True})
    assert not FletDevice(session.page).can_share
    assert isinstance(session.page, ft.Page)
