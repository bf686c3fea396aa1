"""Enrolment: one code, one phone, once; a liaison recognises it; a lost one is stopped."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import select, update

from shared import wire
from sync_server.office import phones
from sync_server.office.attempts import OWN
from sync_server.services import Services
from sync_server.store import audit, devices
from sync_server.store import tables as t
from tests.support.console_browser import people, signed_in
from tests.support.devices import RawPhone, case_ids, enrol, fact_bytes


async def ask(
    http: httpx.AsyncClient, code: str, phone: RawPhone | None = None, **changes: str
) -> httpx.Response:
    return await http.post(
        "/v1/enrol", content=(phone or RawPhone()).enrol_request(code, **changes)
    )


def code_of(answer: httpx.Response) -> str:
    return str(answer.json().get("code", ""))


async def test_a_code_and_a_key_become_a_token_and_the_servers_own_key(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    answer = await ask(http, phones.issue(services, "01", "甲", who="t").code, device_name="小米")
    reply = msgspec.json.decode(answer.content, type=wire.EnrolReply)
    assert (reply.state, reply.scope.school_name, reply.scope.staff_name) == (
        "pending",
        "柳泉镇中心校",
        "甲",
    )
    assert wire.unb64(reply.server_key) == services.receipts.public()
    assert len(wire.unb64(reply.token.removeprefix(devices.TOKEN_PREFIX))) == 32


async def test_neither_token_nor_code_is_stored(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    issued = phones.issue(services, "01", "甲", who="t")
    token = (await ask(http, issued.code)).json()["token"]
    rows = services.database.read(
        lambda c: [*c.execute(select(t.device)), *c.execute(select(t.enrol_code))]
    )
    assert not any(secret in str(tuple(r)) for r in rows for secret in (token, issued.code))


async def test_a_code_works_once_even_when_two_phones_use_it_together(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    issued = phones.issue(services, "01", "甲", who="t")
    answers = await asyncio.gather(*(ask(http, issued.code) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [200, 403, 403, 403]
    assert {code_of(a) for a in answers if a.status_code == 403} == {"enrol.code_invalid"}


async def test_unknown_used_and_expired_codes_get_one_and_the_same_answer(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    used = phones.issue(services, "01", "甲", who="t").code
    await ask(http, used)
    expired = phones.issue(services, "01", "乙", who="t").code
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    where = t.enrol_code.c.code_hash == devices.hashed(expired)
    services.database.write(
        lambda c: c.execute(update(t.enrol_code).where(where).values(expires_at=past))
    )
    answers = [await ask(http, code) for code in ("00000000", used, expired)]
    assert {(a.status_code, a.content) for a in answers} == {(403, answers[0].content)}


async def test_a_new_code_for_the_same_teacher_replaces_the_unused_one(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    old, new = (phones.issue(services, "01", "甲", who="t").code for _ in range(2))
    assert (await ask(http, old)).status_code == 403
    assert (await ask(http, new)).status_code == 200


async def test_a_code_typed_with_blanks_and_hyphens_is_the_same_code(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    code = phones.issue(services, "01", "甲", who="t").code
    assert (await ask(http, f" {code[:4]}-{code[4:]} ")).status_code == 200


async def test_guessing_ends_after_some_tries_however_many_come_at_once(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    answers = await asyncio.gather(*(ask(http, f"{i:08d}") for i in range(OWN.free * 4)))
    assert sorted(a.status_code for a in answers) == [403] * OWN.free + [429] * OWN.free * 3
    good = phones.issue(services, "01", "甲", who="t").code
    assert code_of(await ask(http, good)) == "enrol.too_many_tries"


@pytest.mark.parametrize("key", ["", "AAAA", "é", "A" * 87, "BB" * 44])
async def test_what_is_no_point_on_the_curve_is_refused_and_spends_no_code(
    http: httpx.AsyncClient, services: Services, county: list[str], key: str
) -> None:
    code = phones.issue(services, "01", "甲", who="t").code
    assert code_of(await ask(http, code, public_key=key)) == "request.unreadable"
    assert (await ask(http, code)).status_code == 200


async def test_a_phone_is_pending_until_the_liaison_confirms_it(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    phone = await enrol(RawPhone(http), services, "01", confirm=False)
    for method, path in (
        ("GET", "/v1/changes"),
        ("POST", "/v1/facts"),
        ("POST", "/v1/photos/missing"),
    ):
        answer = await phone.ask(method, path, content=b"{}")
        assert (answer.status_code, code_of(answer)) == (403, "device.unconfirmed")
    phones.confirm(services, phone.device, who="t")
    assert (await phone.ask("GET", "/v1/changes")).status_code == 200


async def test_a_revoked_phone_gets_nothing_and_what_it_sent_stays(
    phone: RawPhone, services: Services
) -> None:
    await phone.push(phone.chained(fact_bytes(case_ids(services, "01")[0])))
    phones.revoke(services, phone.device, who="t")
    answer = await phone.ask("GET", "/v1/changes")
    assert (answer.status_code, code_of(answer)) == (403, "device.revoked")
    assert services.database.read(lambda c: len(c.execute(select(t.fact)).all())) == 1


async def test_a_stopped_phone_is_not_confirmed_from_a_page_that_still_showed_it_waiting(
    http: httpx.AsyncClient, app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    liaison = await signed_in(app, "one")
    phone = await enrol(RawPhone(http), services, "01", confirm=False)
    phones.revoke(services, phone.device, who="t")
    answer = await liaison.post(f"/schools/01/phones/{phone.device}/confirm")
    assert "这部手机已经停用" in (await liaison.get(answer.headers["location"])).text
    assert code_of(await phone.ask("GET", "/v1/changes")) == "device.revoked"
    actions = [line.action for line in services.database.read(lambda c: audit.listed(c, 9))]
    assert "phone.confirm" not in actions
    await enrol(phone, services, "01")
    assert (await phone.ask("GET", "/v1/changes")).status_code == 200


async def test_enrolling_again_keeps_device_and_chain_and_ends_the_old_token(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    await phone.push(phone.chained(fact_bytes(case)))
    device, old = phone.device, dict(phone.headers)
    await enrol(phone, services, "01")
    assert phone.device == device
    assert await phone.outcomes(phone.chained(fact_bytes(case))) == ["created"]
    assert phone.http is not None
    answer = await phone.http.get("/v1/changes", headers=old)
    assert (answer.status_code, code_of(answer)) == (401, "auth.required")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer x", "Basic ZHM6MQ==", "Bearer ds1_wrong", "Bearer ds1_é"]
)
async def test_a_request_without_a_valid_token_is_refused(
    http: httpx.AsyncClient, county: list[str], header: str | None
) -> None:
    headers = [] if header is None else [(b"Authorization", header.encode("latin-1"))]
    answer = await http.get("/v1/changes", headers=headers)
    assert (answer.status_code, code_of(answer)) == (401, "auth.required")


async def test_a_key_without_proof_is_refused_and_spends_no_code(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    code, phone = phones.issue(services, "01", "甲", who="t").code, RawPhone()
    for proof in ("", "é", wire.b64(bytes(64)), wire.b64(phone.sign(b"something else"))):
        answer = await ask(http, code, phone, proof=proof)
        assert (answer.status_code, code_of(answer)) == (403, "enrol.no_proof")
    assert (await ask(http, code, phone)).status_code == 200


async def test_a_valid_code_with_somebody_elses_public_key_moves_nobodys_phone(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    before = services.database.read(lambda c: devices.by_id(c, phone.device))
    code, thief = phones.issue(services, "01", "乙", who="t").code, RawPhone()
    stolen = {"public_key": wire.b64(phone.public_key)}
    answer = await ask(http, code, thief, **stolen)
    assert code_of(answer) == "enrol.no_proof"
    assert services.database.read(lambda c: devices.by_id(c, phone.device)) == before


async def test_a_proof_is_for_one_code_and_one_key(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    one, other = (phones.issue(services, "01", name, who="t").code for name in "甲乙")
    phone = RawPhone()
    seen = msgspec.json.decode(phone.enrol_request(one))["proof"]
    assert code_of(await ask(http, other, phone, proof=seen)) == "enrol.no_proof"
    assert code_of(await ask(http, one, RawPhone(), proof=seen)) == "enrol.no_proof"


async def test_wrong_proofs_count_as_wrong_tries(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    code = phones.issue(services, "01", "甲", who="t").code
    for _ in range(OWN.free):
        assert code_of(await ask(http, code, proof="AA")) == "enrol.no_proof"
    assert code_of(await ask(http, code)) == "enrol.too_many_tries"


async def test_another_teachers_code_wants_another_key_and_is_not_used_up(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    before = services.database.read(lambda c: devices.by_id(c, phone.device))
    code = phones.issue(services, "01", "乙", who="t").code
    assert code_of(await ask(http, code, phone)) == "enrol.key_known"
    assert services.database.read(lambda c: devices.by_id(c, phone.device)) == before
    assert (await ask(http, code)).status_code == 200


async def test_unsent_records_of_another_teacher_keep_the_code_for_later(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    code = phones.issue(services, "01", "乙", who="t").code
    answer = await ask(http, code, unsent_staff=phone.staff, unsent_season="2019")
    assert (answer.status_code, code_of(answer)) == (409, "enrol.other_teacher")
    assert "甲老师" in answer.json()["title"]
    assert (await ask(http, code, unsent_staff="gone-with-a-restore")).status_code == 200


async def test_the_answer_names_the_head_of_the_phones_chain(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    await phone.push(phone.chained(fact_bytes(case_ids(services, "01")[0])))
    answer = await ask(http, phones.issue(services, "01", "甲", who="t").code, phone)
    reply = msgspec.json.decode(answer.content, type=wire.EnrolReply)
    assert reply.chain == wire.ChainPlace(n=1, link=wire.b64(phone.link))
