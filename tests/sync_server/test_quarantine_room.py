"""Records set apart are bounded by phone, day and server; nothing is lost beyond."""

from __future__ import annotations

import msgspec
from litestar import Litestar
from sqlalchemy import insert, update

from shared import wire
from sync_server import quotas
from sync_server.services import Services
from sync_server.store import audit
from sync_server.store import tables as t
from tests.support.console_browser import people, signed_in
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.ledger import chain_of, codes
from tests.support.quotas import (
    NOW,
    code,
    counted,
    rows,
    sent_today,
)


async def test_a_phone_whose_every_record_is_refused_fills_no_disk(
    phone: RawPhone, services: Services
) -> None:
    sent_today(services, phone, quarantined=quotas.DAY_REFUSED - 2)
    facts = [phone.chained(fact_bytes("nobody")) for _ in range(4)]
    found = codes(await phone.push(*facts))
    assert found == ["case.unknown"] * 2 + ["quarantine.day_full"] * 2
    assert rows(services, "quarantine") == 2
    body = msgspec.json.encode(wire.PushRequest(facts=facts[2:]))
    answer = await phone.ask("POST", "/v1/facts", content=body)
    assert (answer.status_code, code(answer)) == (429, "quarantine.day_full")
    services.database.write(lambda c: c.execute(t.device_day.delete()))
    assert codes(await phone.push(*facts)) == ["case.unknown"] * 4, "another day"
    assert rows(services, "quarantine") == 4
    good = await phone.push(phone.chained(fact_bytes(case_ids(services, "01")[0])))
    assert codes(good) == ["created"], "nothing is missing in the chain"
    assert len(chain_of(services, phone)) == 5


async def test_what_comes_before_a_record_that_has_no_room_is_stored(
    phone: RawPhone, services: Services
) -> None:
    sent_today(services, phone, quarantined=quotas.DAY_REFUSED)
    case = case_ids(services, "01")[0]
    facts = [phone.chained(fact_bytes(c)) for c in (case, "nobody", case)]
    reply = await phone.push(*facts)
    assert codes(reply) == ["created", "quarantine.day_full", "quarantine.day_full"]
    assert [o.outcome for o in reply.outcomes] == ["created", "gap", "gap"]
    assert [o.expect for o in reply.outcomes[1:]] == [2, 2]


async def test_a_refused_record_sent_again_takes_no_more_room(
    phone: RawPhone, services: Services
) -> None:
    fact = phone.chained(fact_bytes("nobody"))
    for _ in range(3):
        assert codes(await phone.push(fact)) == ["case.unknown"]
    assert counted(services, phone)[2] == 1


async def test_large_refused_records_are_bounded_by_their_bytes(
    phone: RawPhone, services: Services
) -> None:
    sent_today(services, phone, quarantined_bytes=quotas.DAY_REFUSED_BYTES - 100)
    body = msgspec.json.encode(wire.PushRequest(facts=[phone.chained(fact_bytes("nobody"))]))
    assert code(await phone.ask("POST", "/v1/facts", content=body)) == "quarantine.day_full"


async def test_all_phones_together_set_apart_so_many_bytes(
    phone: RawPhone, services: Services
) -> None:
    row = {"device": "another", "day": "2019-12-01", "quarantined_bytes": quotas.ALL_REFUSED_BYTES}
    services.database.write(lambda c: c.execute(insert(t.device_day), row))
    body = msgspec.json.encode(wire.PushRequest(facts=[phone.chained(fact_bytes("nobody"))]))
    answer = await phone.ask("POST", "/v1/facts", content=body)
    assert (answer.status_code, code(answer)) == (429, "quarantine.full")


async def test_what_waits_for_the_centre_is_bounded_and_a_forked_chain_is_named_all_the_same(
    phone: RawPhone, services: Services
) -> None:
    place = {"n": 0, "link": b"", "sig": b"", "data": b"", "device": phone.device, "unit": "01"}
    found = [
        {"id": f"q{n}", "sha256": f"{n:064x}", "code": "fact.unreadable", **place}
        for n in range(quotas.WAITING_REFUSED)
    ]
    services.database.write(lambda c: c.execute(insert(t.quarantine), found))
    first = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    assert codes(await phone.push(first)) == ["created"]
    forked = phone.packed(fact_bytes("nobody"), 1, b"\1" * 32)
    assert codes(await phone.push(forked)) == ["fact.chain_forked"]
    assert rows(services, "quarantine") == quotas.WAITING_REFUSED
    refused = phone.chained(fact_bytes("nobody"))
    body = msgspec.json.encode(wire.PushRequest(facts=[refused]))
    assert code(await phone.ask("POST", "/v1/facts", content=body)) == "quarantine.full"
    decided = {"settled_at": NOW, "resolution": "dropped"}
    one = update(t.quarantine).where(t.quarantine.c.id == "q0").values(**decided)
    services.database.write(lambda c: c.execute(one))
    assert codes(await phone.push(refused)) == ["case.unknown"]


async def test_a_phone_with_many_refused_records_is_shown_to_its_school_which_can_stop_it(
    app: Litestar, phone: RawPhone, services: Services
) -> None:
    people(services)
    liaison = await signed_in(app, "one")
    sent_today(services, phone, quarantined=quotas.SHOWN_REFUSED - 1)
    assert "/accept-more" not in (await liaison.get("/schools/01")).text
    await phone.push(phone.chained(fact_bytes("nobody")))
    text = (await liaison.get("/schools/01")).text
    assert f"有 {quotas.SHOWN_REFUSED} 条不能照常入册" in text
    assert "今天不再接收" not in text
    stop = f"/schools/01/phones/{phone.device}/revoke"
    assert stop in text
    assert (await liaison.post(stop)).status_code == 303
    assert "/accept-more" not in (await liaison.get("/schools/01")).text
    answer = await phone.ask("POST", "/v1/facts", content=b"{}")
    assert code(answer) == "device.revoked"


async def test_a_phone_that_its_liaison_looked_at_goes_on_with_nothing_lost(
    app: Litestar, phone: RawPhone, services: Services
) -> None:
    people(services)
    liaison = await signed_in(app, "one")
    sent_today(services, phone, quarantined=quotas.DAY_REFUSED)
    facts = [phone.chained(fact_bytes("nobody")), phone.chained(fact_bytes("nobody"))]
    body = msgspec.json.encode(wire.PushRequest(facts=facts))
    answer = await phone.ask("POST", "/v1/facts", content=body)
    assert code(answer) == "quarantine.day_full"
    assert "今天不再接收" in (await liaison.get("/schools/01")).text
    for _ in range(2):  # pressed twice
        await liaison.post(f"/schools/01/phones/{phone.device}/accept-more")
    assert "/accept-more" not in (await liaison.get("/schools/01")).text
    assert codes(await phone.push(*facts)) == ["case.unknown"] * 2
    noted = services.database.read(audit.listed)
    assert [n.action for n in noted].count("phone.accept_more") == 1
