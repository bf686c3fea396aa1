"""没有网络: one file out, one answer in, both from the foot of the outbox."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from mobile.store.meta import Enrolment
from mobile.usecases.phone import Phone
from shared.handover import Answer, answer_bytes, answer_text, read_head
from sync_server.crypto.keys import ReceiptKey
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice
from tests.support.phone.seed import SCOPE


@pytest.fixture
async def office(used_phone: Phone, tmp_path: Path) -> ReceiptKey:
    """The key of the server the phone is enrolled with."""
    keys = ReceiptKey(tmp_path / "receipts.pem", "secret")
    point = base64.urlsafe_b64encode(keys.public()).rstrip(b"=").decode()
    await used_phone.store.meta.put(
        "enrolment",
        Enrolment(url="http://127.0.0.1:9", device="d1", token="t", server_key=point, scope=SCOPE),
    )
    return keys


async def test_what_waits_is_saved_as_a_file_and_still_waits(
    used_phone: Phone, office: ReceiptKey, open_window: Open
) -> None:
    device = FakeDevice()
    screen = await open_window(used_phone, "/outbox", device)
    await screen.tap("存成文件")
    await screen.see("已存：4 条记录、0 张照片")
    name, data = device.saved[0]
    assert name.startswith("交接-林秀英-")
    assert name.endswith(".doorstep")
    size = int.from_bytes(data[6:8])
    assert read_head(data[: 8 + size]).device == "d1"
    assert len(used_phone.store.facts.unsent()) == 4


async def test_today_offers_the_file_once_something_has_waited_for_a_day(
    used_phone: Phone, office: ReceiptKey, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/")
    await screen.see("未上交：4 条记录")
    assert "有记录一天多没有上交" not in screen.words()
    used_phone.store.facts.all()[0].saved_ms -= 24 * 3600 * 1000
    device = FakeDevice()
    screen = await open_window(used_phone, "/", device)
    await (await screen.see("有记录一天多没有上交")).tap("存成文件")
    await screen.see("已存：4 条记录、0 张照片")
    assert [name.endswith(".doorstep") for name, _ in device.saved] == [True]


async def test_a_file_that_is_no_answer_is_reported_and_changes_nothing(
    used_phone: Phone, office: ReceiptKey, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/outbox", FakeDevice(file=b"a photo"))
    await screen.tap("读入回执")
    await screen.see("这不是完整的回执文件")
    assert len(used_phone.store.facts.unsent()) == 4


async def test_an_answer_shows_what_became_of_the_file(
    used_phone: Phone, office: ReceiptKey, open_window: Open
) -> None:
    text = answer_text(
        Answer(device="d1", epoch="e", knew="", answered_at="2019-12-12T02:00:00+00:00")
    )
    signed = answer_bytes(text, office.sign(b"doorstep/1/handover-answer|" + text))
    screen = await open_window(used_phone, "/outbox", FakeDevice(file=signed))
    await screen.tap("读入回执")
    await screen.see("回执已读入：上交 0 条记录、0 张照片")


async def test_with_nothing_to_hand_in_no_file_is_made(phone: Phone, open_window: Open) -> None:
    device = FakeDevice()
    screen = await open_window(phone, "/outbox", device)
    await screen.tap("存成文件")
    await screen.see("没有要上交的")
    assert device.saved == []


async def test_the_file_is_handed_to_another_app_where_the_device_can(
    used_phone: Phone, office: ReceiptKey, open_window: Open
) -> None:
    device = FakeDevice(can_share=True)
    screen = await open_window(used_phone, "/outbox", device)
    await screen.tap("发给联络员（微信、邮件等）")
    await screen.see("已存：4 条记录、0 张照片")
    assert device.shared[0][0].endswith(".doorstep")
    assert len(used_phone.store.facts.unsent()) == 4


async def test_a_file_that_was_not_sent_is_reported(
    used_phone: Phone, office: ReceiptKey, open_window: Open
) -> None:
    device = FakeDevice(can_share=True, closes_share=True)
    screen = await open_window(used_phone, "/outbox", device)
    await screen.tap("发给联络员（微信、邮件等）")
    await screen.see("没有发出")
