"""Handing in: what waits, what was refused and why, what a failed sync shows."""

from __future__ import annotations

import httpx

from mobile.usecases.phone import Phone
from mobile.usecases.save import join_due
from mobile.usecases.stuck import ATTEMPTS_KEY, STUCK_AFTER_SYNCS, Attempts
from shared.problems import ProblemError, details
from tests.mobile.ui.conftest import Open
from tests.support.phone.records import refused


async def test_what_waits_is_listed_with_names_that_one_tap_masks(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/outbox")
    await screen.see("未上交：4 条记录")
    await screen.see("等待上交")
    await screen.see("欧阳明远")
    await screen.address("/")
    await screen.tap("旁边有人，先遮住")
    await screen.address("/outbox")
    await screen.see("姓名和住址已遮住")
    await screen.see("欧阳*")
    assert "欧阳明远" not in "\n".join(screen.words())


async def test_with_nothing_to_hand_in_the_screen_shows_that_all_is_sent(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/outbox")
    await screen.see("全部已上交，可以放心")


async def test_without_a_network_sync_reports_it_and_loses_nothing(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/outbox")
    await screen.tap("立即同步")
    await screen.see("没有同步成功：")
    await screen.see("上次没有同步成功")
    assert len(used_phone.store.facts.unsent()) == 4


async def test_a_line_opens_its_record_and_that_its_case(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/outbox")
    await screen.tap("李㛃")
    await screen.see("家庭经济困难")
    assert screen.route.startswith("/outbox/record/")
    await screen.tap("看这个人")
    await screen.at("/cases/c0004")


async def test_a_returned_record_is_never_below_a_line_that_all_is_well(
    used_phone: Phone, open_window: Open
) -> None:
    for seq, kept in enumerate(used_phone.store.facts.all(), 1):
        used_phone.store.facts.mark_sent(kept.id, seq)
    for path, words in (("/", "被退回 1 条"), ("/outbox", "都已上交，学校退回 1 条，请改正")):
        screen = await open_window(used_phone, path)
        await screen.see(words)
        assert not any("可以放心" in line for line in screen.words())


async def test_a_failed_sync_with_nothing_to_send_is_not_called_a_failed_hand_in(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/outbox")
    await (await screen.tap("立即同步")).see("记录都已上交，上次没有取到新名单")
    assert not any("可以放心" in w or w == "没有交成" for w in screen.words())


async def test_a_refused_record_shows_why_and_can_be_sent_again(
    used_phone: Phone, open_window: Open
) -> None:
    fact = await refused(used_phone)
    screen = await open_window(used_phone, "/outbox")
    await screen.see("未被接收，请改正")
    await screen.see("这条记录不是今年的")
    await screen.tap("再上交一次")
    await screen.see("已放回待上交的记录里")
    await screen.gone("未被接收，请改正")
    kept = used_phone.store.facts.get(fact)
    assert kept is not None
    assert kept.state == "waiting"


async def test_a_record_the_centre_did_not_take_shows_why_and_asks_for_nothing(
    used_phone: Phone, open_window: Open
) -> None:
    fact = await refused(used_phone)
    why = details(ProblemError("fact.dropped", reason="和纸上的不一样"))
    await used_phone.store.facts.mark_rejected(fact, why)
    screen = await open_window(used_phone, "/outbox")
    await screen.see("没有收下，不用再上交")
    await screen.see("县资助中心没有收下这条记录：和纸上的不一样")
    assert not {"再上交一次", "改正", "未被接收，请改正"} & set(screen.words())


async def test_a_refused_record_leads_to_its_correction(
    used_phone: Phone, open_window: Open
) -> None:
    fact = await refused(used_phone)
    screen = await open_window(used_phone, "/outbox")
    await screen.tap("改正")
    await screen.at(f"/cases/c0002/correct/{fact}")
    await screen.see("为什么要改？")


async def test_what_the_school_returned_stands_first_with_its_comment(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/outbox")
    await screen.see("何主任：回执照片里签名看不清，请补拍一张。")
    words = screen.words()
    assert words.index("学校退回，请改正") < words.index("等待上交")
    await screen.see("被退回")


async def test_what_is_unsent_is_counted_on_every_screen(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/attempt")
    await screen.see("无人接听")
    assert not any("未上交" in line for line in screen.words())
    await screen.tap("无人接听")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    for route in (
        "/cases/c0001",
        "/cases/c0001/statement",
        "/cases",
        "/outbox",
        "/more",
        "/more/storage",
        "/more/policy",
    ):
        await screen.address(route)
        await screen.see("未上交 1")


async def test_a_stopped_phone_leads_to_an_enrolment_that_knows_its_server(
    used_phone: Phone, open_window: Open
) -> None:
    stopped = ProblemError("device.revoked")
    used_phone.transport = httpx.MockTransport(lambda _: httpx.Response(403, json=details(stopped)))
    screen = await open_window(used_phone, "/outbox")
    await screen.tap("立即同步")
    await screen.tap("重新登记")
    await screen.at("/outbox/enrol")
    await screen.see("没上交的都还在这部手机里")
    await screen.see("http://127.0.0.1:9")
    await screen.back()
    await screen.at("/outbox")
    assert len(used_phone.store.facts.unsent()) == 4


async def test_an_enrolment_that_is_not_asked_for_is_not_offered(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/outbox")
    await screen.tap("立即同步")
    await screen.see("上次没有同步成功")
    assert "重新登记" not in screen.words()


async def test_what_no_sync_moves_is_said_on_today_with_the_way_on(
    used_phone: Phone, open_window: Open
) -> None:
    await join_due(used_phone, everything=True)
    waiting = used_phone.store.facts.unsent()[0].id
    await used_phone.store.meta.put(ATTEMPTS_KEY, Attempts(tries={waiting: STUCK_AFTER_SYNCS}))
    screen = await open_window(used_phone)
    await screen.see("1 条记录上交了 3 次都没有成功")
    await screen.see("请在“同步”里存成文件交给联络员，并告诉联络员这些没有上交成功")
    await screen.tap("同步")
    await screen.at("/outbox")


async def test_what_was_tried_three_times_is_said_in_the_outbox(
    used_phone: Phone, open_window: Open
) -> None:
    await join_due(used_phone, everything=True)
    waiting = used_phone.store.facts.unsent()[0].id
    await used_phone.store.meta.put(ATTEMPTS_KEY, Attempts(tries={waiting: STUCK_AFTER_SYNCS}))
    screen = await open_window(used_phone, "/outbox")
    await screen.see("1 条记录上交了 3 次都没有成功")
    await screen.see("请在“同步”里存成文件交给联络员，并告诉联络员这些没有上交成功")
