"""A new key for a phone put back to an older state: another device of the same teacher, and nothing twice."""

from __future__ import annotations

import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import select

from shared import possession, wire
from shared.digest import link, sha256_hex
from shared.problems import ProblemError
from sync_server.office import phones
from sync_server.office.summary_inputs import gather
from sync_server.services import Services
from sync_server.store import audit, devices, evidence
from sync_server.store import tables as t
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, enrol, fact_bytes, working_phone


async def ask(before: RawPhone, new: RawPhone, **changes: str) -> httpx.Response:
    message = possession.renewing(before.device, new.public_key)
    values = {
        "public_key": wire.b64(new.public_key),
        "proof": wire.b64(new.sign(message)),
        "consent": wire.b64(before.sign(message)),
        **changes,
    }
    return await before.ask("POST", "/v1/devices/renew", content=msgspec.json.encode(values))


async def renewed(before: RawPhone, services: Services, *, confirm: bool = True) -> RawPhone:
    new = RawPhone(before.http)
    answer = await ask(before, new)
    assert answer.status_code == 200, answer.text
    reply = msgspec.json.decode(answer.content, type=wire.EnrolReply)
    new.device, new.token, new.server_key = reply.device, reply.token, reply.server_key
    new.unit, new.staff = reply.scope.school, reply.scope.staff
    if confirm:
        phones.confirm(services, new.device, who="t")
    return new


def code_of(answer: httpx.Response) -> str:
    return str(answer.json().get("code", ""))


def device(services: Services, phone: RawPhone) -> devices.Device:
    return services.database.read(lambda c: devices.by_id(c, phone.device))


def resolved(services: Services) -> dict[str, tuple[str, str]]:
    """(code, how it was resolved) of everything quarantined, by sha256."""
    q = t.quarantine.c
    rows = services.database.read(lambda c: c.execute(select(q.sha256, q.code, q.resolution)).all())
    return {r.sha256: (r.code, r.resolution) for r in rows}


async def test_it_is_another_device_of_the_same_teacher_that_waits_for_the_liaison(
    phone: RawPhone, services: Services
) -> None:
    before = device(services, phone)
    new = device(services, await renewed(phone, services, confirm=False))
    assert (new.season, new.unit, new.staff) == (before.season, before.unit, before.staff)
    assert (new.state, new.n, new.replaces) == ("pending", 0, before.id)
    assert device(services, phone) == before
    line = services.database.read(lambda c: audit.listed(c, 1))[0]
    assert (line.action, line.ref, line.who) == ("phone.renew", new.id, "甲")


async def test_the_phone_before_goes_on_untouched(phone: RawPhone, services: Services) -> None:
    case = case_ids(services, "01")[0]
    new = await renewed(phone, services)
    assert await phone.outcomes(phone.chained(fact_bytes(case))) == ["created"]
    assert await new.outcomes(new.chained(fact_bytes(case))) == ["created"]


async def test_both_keys_have_to_sign(phone: RawPhone, services: Services) -> None:
    new, before = RawPhone(), len(found(services))
    for signature in ("proof", "consent"):
        for wrong in ("", "AA", wire.b64(bytes(64)), wire.b64(RawPhone().sign(b"x"))):
            answer = await ask(phone, new, **{signature: wrong})
            assert (answer.status_code, code_of(answer)) == (403, "enrol.no_proof")
    assert len(found(services)) == before


async def test_a_signature_over_another_phones_name_is_none(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    other = await enrol(RawPhone(http), services, "01", "乙")
    new = RawPhone()
    message = possession.renewing(other.device, new.public_key)
    signed = {"proof": wire.b64(new.sign(message)), "consent": wire.b64(phone.sign(message))}
    assert code_of(await ask(phone, new, **signed)) == "enrol.no_proof"


async def test_the_same_key_asked_for_again_is_the_same_device(
    phone: RawPhone, services: Services
) -> None:
    new = RawPhone(phone.http)
    first, again = [(await ask(phone, new)).json() for _ in range(2)]
    assert first["device"] == again["device"]
    new.token = first["token"]
    assert code_of(await new.ask("GET", "/v1/changes")) == "auth.required"
    new.token = again["token"]
    assert code_of(await new.ask("GET", "/v1/changes")) == "device.unconfirmed"


async def test_a_key_at_work_is_not_given_to_another_copy(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    new = await renewed(phone, services)
    assert code_of(await ask(phone, new)) == "enrol.key_known"
    assert code_of(await ask(phone, phone)) == "enrol.key_known"
    other = await enrol(RawPhone(http), services, "01", "乙")
    assert code_of(await ask(phone, other)) == "enrol.key_known"


async def test_a_stopped_phone_gets_none_and_five_wait_at_most(
    phone: RawPhone, services: Services
) -> None:
    for _ in range(devices.MAX_RENEWALS):
        await renewed(phone, services, confirm=False)
    answer = await ask(phone, RawPhone())
    assert (answer.status_code, code_of(answer)) == (429, "device.renewed_often")
    phones.revoke(services, phone.device, who="t")
    assert code_of(await ask(phone, RawPhone())) == "device.revoked"


async def test_five_wait_of_one_phone_however_its_copies_are_confirmed(
    phone: RawPhone, services: Services
) -> None:
    copies = [await renewed(phone, services, confirm=n < 2) for n in range(4)]
    asked = [phone, *copies[:2]]
    for n in range(devices.MAX_RENEWALS - 2):
        await renewed(asked[n % 3], services, confirm=False)
    assert {code_of(await ask(each, RawPhone())) for each in asked} == {"device.renewed_often"}
    assert sum(each.state == "pending" for each in found(services)) == devices.MAX_RENEWALS


async def test_a_new_key_that_waits_gives_way_to_the_next_and_a_lost_answer_is_answered_again(
    phone: RawPhone, services: Services
) -> None:
    waiting, count = await renewed(phone, services, confirm=False), len(found(services))
    for _ in range(2 * devices.MAX_RENEWALS):
        new = RawPhone(phone.http)
        replies = [(await ask(waiting, new)).json() for _ in range(2)]
        assert [each["device"] for each in replies] == [waiting.device] * 2
        new.device, new.token = waiting.device, replies[1]["token"]
        new.server_key = waiting.server_key
        waiting = new
    assert len(found(services)) == count
    phones.confirm(services, waiting.device, who="t")
    fact = fact_bytes(case_ids(services, "01")[0])
    assert await waiting.outcomes(waiting.chained(fact)) == ["created"]


async def test_the_key_before_of_a_phone_that_waits_counts_no_more(
    phone: RawPhone, services: Services
) -> None:
    waiting, new = await renewed(phone, services, confirm=False), RawPhone(phone.http)
    assert (await ask(waiting, new)).status_code == 200
    assert code_of(await ask(waiting, RawPhone())) == "auth.required"
    before = device(services, new_of(waiting, new))
    stale = msgspec.structs.replace(before, public_key=waiting.public_key)
    with pytest.raises(ProblemError) as refused:
        services.database.write(
            lambda c: devices.renew(
                c, stale, RawPhone().public_key, "", services.settings.real_now()
            )
        )
    assert refused.value.code == "auth.required"
    assert device(services, waiting) == before


def new_of(waiting: RawPhone, new: RawPhone) -> RawPhone:
    new.device, new.token = waiting.device, waiting.token
    return new


async def test_what_waits_in_the_place_of_a_stopped_phone_gets_no_other_key(
    phone: RawPhone, services: Services
) -> None:
    waiting = await renewed(phone, services, confirm=False)
    at_work = await renewed(phone, services)
    phones.revoke(services, phone.device, who="t")
    assert code_of(await ask(waiting, RawPhone())) == "device.revoked"
    assert (await ask(at_work, RawPhone())).status_code == 200


async def test_the_liaison_sees_which_phone_it_was_before(
    phone: RawPhone, app: Litestar, services: Services
) -> None:
    people(services)
    liaison = await signed_in(app, "one")
    assert "重新认证过" not in (await liaison.get("/schools/01/phones")).text
    await renewed(phone, services, confirm=False)
    page = (await liaison.get("/schools/01/phones")).text
    assert "重新认证过，原手机" in page
    assert "是 甲 的，确认" in page


# what the ledger holds


async def held(phone: RawPhone, *hashes: str) -> wire.HeldReply:
    answer = await phone.ask(
        "POST", "/v1/facts/held", content=msgspec.json.encode({"hashes": hashes})
    )
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=wire.HeldReply)


async def test_a_phone_hears_which_facts_are_held_from_any_phone_of_its_teacher(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    one, other = fact_bytes(case), fact_bytes(case)
    outcomes = (await phone.push(phone.chained(one))).outcomes
    new = await renewed(phone, services)
    reply = await held(new, sha256_hex(one), sha256_hex(other), "no hash")
    assert [(h.sha256, h.seq) for h in reply.held] == [(sha256_hex(one), outcomes[0].seq)]
    assert reply.receipt is not None
    assert new.receipt(reply.receipt).items == reply.held


async def test_it_hears_nothing_of_another_teachers_or_another_schools_facts(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    fact = fact_bytes(case_ids(services, "01")[0])
    await phone.push(phone.chained(fact))
    colleague = await enrol(RawPhone(http), services, "01", "乙")
    stranger = await working_phone(http, services, "02", "甲")
    for other in (colleague, stranger):
        reply = await held(other, sha256_hex(fact))
        assert (reply.held, reply.receipt) == ([], None)


async def test_a_question_has_the_limit_of_all_questions(phone: RawPhone) -> None:
    many = msgspec.json.encode({"hashes": ["0" * 64] * (wire.MAX_HASHES + 1)})
    assert (await phone.ask("POST", "/v1/facts/held", content=many)).status_code == 413


# duplicates, and what was set apart


async def test_a_duplicate_at_its_place_counts_so_that_the_next_is_no_gap(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    shared, mine = fact_bytes(case), fact_bytes(case)
    new = await renewed(phone, services)
    await new.push(new.chained(shared))
    assert await phone.outcomes(phone.chained(shared), phone.chained(mine)) == [
        "duplicate",
        "created",
    ]
    assert device(services, phone).n == 2
    stubs = services.database.read(lambda c: evidence.chains(c, [phone.device]))
    assert [(s.n, s.sha256) for s in stubs] == [(1, sha256_hex(shared)), (2, sha256_hex(mine))]
    assert set_apart(services) == []


async def test_a_duplicate_elsewhere_in_the_chain_moves_nothing(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    shared = fact_bytes(case)
    new = await renewed(phone, services)
    await new.push(new.chained(shared))
    ahead = phone.packed(shared, 7, link(bytes(32), sha256_hex(shared)))
    forged = phone.packed(shared, 1, link(bytes(32), sha256_hex(shared)), sig=bytes(64))
    assert await phone.outcomes(ahead, forged) == ["duplicate", "duplicate"]
    assert device(services, phone).n == 0
    assert resolved(services) == {}


async def test_a_fact_set_apart_for_its_place_is_resolved_when_it_arrives(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    await phone.push(phone.chained(fact_bytes(case)))
    fact, lost = fact_bytes(case), fact_bytes(case)
    for data in (fact, lost):
        forked = phone.packed(data, 1, link(bytes(32), sha256_hex(data)))
        assert await phone.outcomes(forked) == ["conflict"]
    assert len(set_apart(services)) == 2
    new = await renewed(phone, services)
    assert await new.outcomes(new.chained(fact)) == ["created"]
    assert resolved(services) == {
        sha256_hex(fact): ("fact.chain_forked", "arrived"),
        sha256_hex(lost): ("fact.chain_forked", ""),
    }


@pytest.mark.parametrize("first", ["phone", "new"])
async def test_a_number_counted_for_a_duplicate_is_still_one_after_a_repeat(
    phone: RawPhone, services: Services, first: str
) -> None:
    """Set apart first, or not: the row in quarantine keeps the number, resolved."""
    case = case_ids(services, "01")[0]
    shared = fact_bytes(case)
    if first == "phone":
        assert await phone.outcomes(phone.packed(shared, 1, bytes(32))) == ["conflict"]
    new = await renewed(phone, services)
    await new.push(new.chained(shared))
    packed = phone.chained(shared)
    assert await phone.outcomes(packed, packed) == ["duplicate", "duplicate"]
    assert resolved(services) == {sha256_hex(shared): ("fact.duplicate", "arrived")}
    assert device(services, phone).n == 1
    assert set_apart(services) == []


def found(services: Services) -> list[devices.Device]:
    return services.database.read(lambda c: devices.of_unit(c, SEASON, "01"))


def set_apart(services: Services) -> list[str]:
    return services.database.read(lambda c: evidence.quarantined(c, SEASON, "01"))


async def test_the_evidence_of_a_summary_has_each_fact_once_with_the_chains_of_both_phones(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    shared, mine = fact_bytes(case), fact_bytes(case)
    new = await renewed(phone, services)
    await new.push(new.chained(shared))
    await phone.push(phone.chained(shared), phone.chained(mine))
    moment = services.settings.now()
    gathered = services.database.read(
        lambda c: gather(c, SEASON, "01", cut_off=moment, exceptions=(), reason="", demo=True)
    )
    assert gathered.inputs.gaps == ()
    assert gathered.inputs.quarantined == ()
    assert {(e.device, e.n, e.data) for e in gathered.chains} == {
        (new.device, 1, shared),
        (phone.device, 1, None),
        (phone.device, 2, mine),
    }
