"""A phone put back to an older state: a plain sentence on Today and on 上交, and one confirmed tap."""

from __future__ import annotations

import httpx
import msgspec

from mobile.sync.rewound import mark_chain_broken
from mobile.usecases.phone import Phone
from shared import possession, wire
from tests.mobile.ui.conftest import Open
from tests.support.phone.seed import SCOPE

SERVER_KEY = wire.b64(b"\x04" + bytes(64))
HAPPENED = "这部手机的数据回到了以前的状态，或被复制到了另一部手机"


async def test_today_says_what_happened_and_leads_to_the_outbox(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone)
    assert HAPPENED not in screen.words()
    await mark_chain_broken(used_phone.store)
    screen = await open_window(used_phone)
    await screen.see(HAPPENED)
    await screen.see("未上交：4 条记录")
    await screen.tap("去重新认证")
    await screen.at("/outbox")


async def test_a_number_no_longer_here_is_named_with_the_same_way_on(
    used_phone: Phone, open_window: Open
) -> None:
    await mark_chain_broken(used_phone.store, 7)
    screen = await open_window(used_phone)
    await screen.see("学校的服务器还缺这部手机的第 7 条记录，手机上已经没有这一条")
    assert HAPPENED not in screen.words()
    await screen.tap("去重新认证")
    await screen.at("/outbox")
    await screen.see("学校的服务器还缺这部手机的第 7 条记录，手机上已经没有这一条")


async def test_one_confirmed_tap_takes_a_new_key_and_the_records_stay_waiting(
    used_phone: Phone, open_window: Open
) -> None:
    asked: list[wire.RenewRequest] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(msgspec.json.decode(request.content, type=wire.RenewRequest))
        reply = wire.EnrolReply(
            device="d2", token="t2", state="pending", scope=SCOPE, server_key=SERVER_KEY, epoch="e"
        )
        return httpx.Response(200, content=msgspec.json.encode(reply))

    used_phone.transport = httpx.MockTransport(answer)
    known = await used_phone.store.meta.enrolment()
    assert known is not None
    known = msgspec.structs.replace(known, server_key=SERVER_KEY)
    await used_phone.store.meta.put("enrolment", known)
    before = await used_phone.vault.public_key()
    await mark_chain_broken(used_phone.store)
    screen = await open_window(used_phone, "/outbox")
    await screen.see(HAPPENED)
    await screen.tap("重新认证")
    await screen.see("原来的那部手机不受影响")
    assert asked == []
    await screen.tap("确定认证")
    await screen.see("认证好了。请联络员在电脑上确认")
    key = await used_phone.vault.public_key()
    assert [a.public_key for a in asked] == [wire.b64(key)]
    message = possession.renewing("d1", key)
    for signer, signature in ((key, asked[0].proof), (before, asked[0].consent)):
        assert await used_phone.vault.verify(signer, message, wire.unb64(signature))
    enrolment = await used_phone.store.meta.enrolment()
    assert enrolment is not None
    assert (enrolment.device, enrolment.token) == ("d2", "t2")
    assert {(k.state, k.n) for k in used_phone.store.facts.all()} == {("waiting", None)}
    assert HAPPENED not in screen.words()


async def test_the_tap_can_be_thought_over(used_phone: Phone, open_window: Open) -> None:
    await mark_chain_broken(used_phone.store)
    screen = await open_window(used_phone, "/outbox")
    await screen.tap("重新认证")
    await screen.tap("先不认证")
    await screen.see("重新认证后，联络员确认就能接着上交")
