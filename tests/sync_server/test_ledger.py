"""The ledger: one outcome a fact, repeated as often as asked; a bad fact never stops the others."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from shared import wire
from shared.digest import link, sha256_hex
from shared.records.base import decode, encode
from sync_server.office import assignment, placing
from sync_server.services import Services
from sync_server.store import cases, evidence, on_list, progress
from sync_server.store import tables as t
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, enrol, fact_bytes, new_id, working_phone
from tests.support.fuzz import counts, fuzz_ledger
from tests.support.ledger import chain_of, codes


def stored_data(services: Services) -> dict[str, bytes]:
    """Every fact of the ledger by id."""
    return services.database.read(
        lambda c: {r.id: r.data for r in c.execute(select(t.fact.c.id, t.fact.c.data))}
    )


def quarantined(services: Services) -> list[tuple[str, bytes, bool]]:
    """(code, bytes, resolved) of everything in quarantine."""
    q = t.quarantine.c
    query = select(q.code, q.data, q.settled_at).order_by(q.id)
    return services.database.read(
        lambda c: [(r.code, r.data, bool(r.settled_at)) for r in c.execute(query)]
    )


async def test_a_new_fact_is_stored_byte_for_byte_and_receipted(
    phone: RawPhone, services: Services
) -> None:
    data = fact_bytes(case_ids(services, "01")[0])
    reply = await phone.push(phone.chained(data))
    assert [o.outcome for o in reply.outcomes] == ["created"]
    assert stored_data(services) == {decode(data).id: data}
    assert reply.receipt is not None
    body = phone.receipt(reply.receipt)
    assert body.items == [
        wire.ReceiptLine(
            sha256=sha256_hex(data), id=decode(data).id, seq=reply.outcomes[0].seq or 0
        )
    ]
    assert body.epoch == services.database.epoch


async def test_fields_and_kinds_of_a_later_version_survive(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    later = encode(
        msgspec.structs.replace(
            decode(fact_bytes(case)), kind="drone_flight", body={"height_m": 30}
        )
    )
    wider = fact_bytes(case)[:-1] + b',"zz_later":{"a":1}}'
    assert await phone.outcomes(phone.chained(later), phone.chained(wider)) == [
        "created",
        "created",
    ]
    assert sorted(stored_data(services).values()) == sorted([later, wider])


async def test_the_same_fact_again_is_a_duplicate_with_a_fresh_receipt(
    phone: RawPhone, services: Services
) -> None:
    packed = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    first = await phone.push(packed)
    again = await phone.push(packed, packed)
    assert [o.outcome for o in again.outcomes] == ["duplicate", "duplicate"]
    assert {o.seq for o in again.outcomes} == {first.outcomes[0].seq}
    assert again.receipt is not None
    assert len(stored_data(services)) == 1


async def test_the_same_id_with_other_bytes_is_quarantined_and_never_overwrites(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    first, other = fact_bytes(case), fact_bytes(case)
    forged = encode(
        msgspec.structs.replace(
            decode(other), id=decode(first).id, body={"met": "parent", "outcome": "x"}
        )
    )
    after = fact_bytes(case)
    reply = await phone.push(phone.chained(first), phone.chained(forged), phone.chained(after))
    assert codes(reply) == ["created", "fact.conflict", "created"]
    assert reply.outcomes[1].outcome == "conflict"
    assert stored_data(services) == {decode(first).id: first, decode(after).id: after}
    assert quarantined(services) == [("fact.conflict", forged, False)]
    assert chain_of(services, phone) == [sha256_hex(d) for d in (first, forged, after)]


async def test_after_a_gap_the_rest_waits_and_the_answer_gives_the_missing_number(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    facts = [phone.chained(fact_bytes(case)) for _ in range(4)]
    reply = await phone.push(facts[0], facts[2], facts[3])
    assert [(o.outcome, o.expect) for o in reply.outcomes] == [
        ("created", None),
        ("gap", 2),
        ("gap", 2),
    ]
    assert await phone.outcomes(*facts) == ["duplicate", "created", "created", "created"]
    assert quarantined(services) == []


async def test_a_second_fact_under_the_same_number_is_a_fork(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    honest, fork = fact_bytes(case), fact_bytes(case)
    first = phone.chained(honest)
    forked = phone.packed(fork, 1, link(bytes(32), sha256_hex(fork)))
    reply = await phone.push(first, forked)
    assert codes(reply) == ["created", "fact.chain_forked"]
    assert reply.outcomes[1].outcome == "conflict"
    assert chain_of(services, phone) == [sha256_hex(honest)]


async def test_a_used_number_is_a_fork_although_its_link_continues_the_chain(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    facts = [phone.chained(fact_bytes(case)) for _ in range(2)]
    await phone.push(*facts)
    late = fact_bytes(case)
    again = phone.packed(late, 2, link(phone.link, sha256_hex(late)))
    assert codes(await phone.push(again)) == ["fact.chain_forked"]
    assert await phone.outcomes(phone.chained(fact_bytes(case))) == ["created"]


async def test_a_link_that_leaves_out_its_predecessor_is_refused(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    await phone.push(phone.chained(fact_bytes(case)))
    loose = fact_bytes(case)
    reply = await phone.push(phone.packed(loose, 2, link(bytes(32), sha256_hex(loose))))
    assert codes(reply) == ["fact.chain_forked"]


async def test_a_bad_signature_is_quarantined_and_resolved_by_the_same_fact_signed(
    phone: RawPhone, services: Services
) -> None:
    data = fact_bytes(case_ids(services, "01")[0])
    good = phone.chained(data)
    stranger = RawPhone()
    bad = msgspec.structs.replace(good, sig=wire.b64(stranger.sign(wire.unb64(good.link))))
    short = msgspec.structs.replace(good, sig=good.sig[:20])
    assert codes(await phone.push(bad, short)) == ["fact.bad_signature", "fact.bad_signature"]
    assert stored_data(services) == {}
    assert await phone.outcomes(good) == ["created"]
    assert quarantined(services) == [("fact.bad_signature", data, True)]
    assert services.database.read(lambda c: evidence.quarantined(c, SEASON, "01")) == []


async def test_damage_that_is_resolved_stays_resolved_when_it_is_sent_again(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    good = phone.chained(fact_bytes(case))
    damaged = phone.packed(fact_bytes(case), 1, wire.unb64(good.link), sig=bytes(64))
    assert codes(await phone.push(damaged)) == ["fact.bad_signature"]
    assert await phone.outcomes(good) == ["created"]
    assert codes(await phone.push(damaged)) == ["fact.bad_signature"]
    assert [resolved for _, _, resolved in quarantined(services)] == [True]
    assert services.database.read(lambda c: evidence.quarantined(c, SEASON, "01")) == []


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"not json",
        b"{}",
        b'{"id":3}',
        b"\xff\xfe",
        b"[" * 5000,
        b'{"a":' * 300 + b"1" + b"}" * 300,
    ],
    ids=["empty", "text", "empty object", "wrong type", "no UTF-8", "deep", "nested"],
)
async def test_unreadable_bytes_get_their_own_answer_and_their_number(
    phone: RawPhone, services: Services, junk: bytes
) -> None:
    case = case_ids(services, "01")[0]
    before, after = fact_bytes(case), fact_bytes(case)
    facts = [phone.chained(before), phone.chained(junk), phone.chained(after)]
    assert codes(await phone.push(*facts)) == ["created", "fact.unreadable", "created"]
    assert codes(await phone.push(*facts)) == ["duplicate", "fact.unreadable", "duplicate"]
    assert chain_of(services, phone) == [sha256_hex(d) for d in (before, junk, after)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"season": "2018"}, "fact.wrong_season"),
        ({"case": "01a20960-0000-7752-9a34-72f9d769fbf4"}, "case.unknown"),
        ({"case": "x\0y"}, "fact.out_of_bounds"),
        ({"season": "2019\0"}, "fact.out_of_bounds"),
        ({"kind": "v" * 41}, "fact.out_of_bounds"),
        ({"id": "not-an-id"}, "fact.unreadable"),
        ({"photos": ("../../etc/passwd",)}, "fact.out_of_bounds"),
        ({"happened_at": "yesterday"}, "fact.out_of_bounds"),
        ({"happened_at": "2019-12-12T10:00:00"}, "fact.out_of_bounds"),
        ({"happened_at": "9999-12-31T23:59:59+00:00"}, "fact.out_of_bounds"),
        ({"captured_at": "0001-01-01T00:00:00+14:00"}, "fact.out_of_bounds"),
        ({"body": {"met": "self"}}, "fact.unreadable"),
        (
            {"body": {"met": "self", "outcome": "promised", "promise_date": "0000-00-00"}},
            "fact.out_of_bounds",
        ),
    ],
)
async def test_refused_content_is_refused_the_same_way_every_time_and_counts_in_the_chain(
    phone: RawPhone, services: Services, changes: dict[str, Any], code: str
) -> None:
    case = case_ids(services, "01")[0]
    bad, good = (
        fact_bytes(changes.get("case", case), **{k: v for k, v in changes.items() if k != "case"}),
        fact_bytes(case),
    )
    facts = [phone.chained(bad), phone.chained(good)]
    first, again = await phone.push(*facts), await phone.push(*facts)
    assert (codes(first), codes(again)) == ([code, "created"], [code, "duplicate"])
    assert first.outcomes[0] == again.outcomes[0]
    assert len(quarantined(services)) == 1
    assert chain_of(services, phone) == [sha256_hex(bad), sha256_hex(good)]


async def test_invalid_base64_and_numbers_out_of_range_affect_no_other_fact(
    phone: RawPhone, services: Services
) -> None:
    good = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    broken = [
        msgspec.structs.replace(good, bytes="%%%"),
        msgspec.structs.replace(good, link="é"),
        msgspec.structs.replace(good, bytes="", n=2**70),
        msgspec.structs.replace(good, bytes=wire.b64(b"{"), n=-5),
    ]
    reply = await phone.push(*broken, good)
    assert codes(reply) == ["fact.unreadable"] * 4 + ["created"]
    assert chain_of(services, phone) == [sha256_hex(wire.unb64(good.bytes))]


async def test_a_correction_that_does_not_read_like_its_target_stops_nobodys_feed(
    phone: RawPhone, services: Services
) -> None:
    """It stays on record and changes nothing: every page of the school would break on it otherwise."""
    case = case_ids(services, "01")[0]
    visit = fact_bytes(case)
    target = decode(visit).id

    def correction(body: dict[str, object] | None, corrects: str = target) -> bytes:
        body = {"corrects": corrects, "reason": "r", "withdraw": body is None, "body": body}
        return fact_bytes(case, kind="correction", body=body)

    sound = correction({"met": "parent", "outcome": "promised"})
    nested = correction({"nonsense": 1}, decode(sound).id)
    facts = [
        phone.chained(d)
        for d in (visit, correction({"nonsense": 1}), sound, nested, correction(None))
    ]
    assert await phone.outcomes(*facts) == ["created"] * 5
    assert (await phone.pages())[-1].scope_count == 6


async def test_corrections_that_name_each_other_in_a_ring_end(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    a, b = new_id(), new_id()
    ring = [(a, b), (b, a), (new_id(), a)]
    facts = [
        fact_bytes(
            case,
            kind="correction",
            id=own,
            body={"corrects": other, "reason": "r", "body": {"x": 1}},
        )
        for own, other in ring
    ]
    assert await phone.outcomes(*(phone.chained(d) for d in facts)) == ["created"] * 3
    assert (await phone.pages())[-1].scope_count == 6


async def test_a_fact_of_a_case_that_moved_on_is_taken_into_the_tray(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    other = await enrol(RawPhone(http), services, "01", "乙")
    assignment.assign(services, [case], other.staff, who="t")
    reply = await phone.push(phone.chained(fact_bytes(case)))
    assert [(o.outcome, o.tray) for o in reply.outcomes] == [("created", True)]
    state = next(c.case for p in await other.pages() for c in p.changes if c.ref == case)
    assert state is not None
    assert state.visits == 1


async def test_a_fact_of_a_case_that_moved_to_another_school_shows_in_both_trays(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    placing.move(services, [case], "02", who="t", reason="搬家")
    reply = await phone.push(phone.chained(fact_bytes(case)))
    assert [(o.outcome, o.tray) for o in reply.outcomes] == [("created", True)]
    trays = services.database.read(
        lambda c: [progress.tray(c, SEASON, unit) for unit in ("01", "02")]
    )
    assert [[aside.case_id for aside in tray] for tray in trays] == [[case], [case]]


async def test_a_case_of_another_school_is_as_unknown_as_one_that_does_not_exist(
    phone: RawPhone, services: Services
) -> None:
    foreign, nowhere = fact_bytes(case_ids(services, "02")[0]), fact_bytes(new_id())
    reply = await phone.push(phone.chained(foreign), phone.chained(nowhere))
    assert codes(reply) == ["case.unknown", "case.unknown"]
    answers = [{**(o.problem or {}), "sha256": ""} for o in reply.outcomes]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("gone", ["of another school", "another case of this school"])
async def test_a_case_is_known_to_a_school_that_it_left_and_to_no_other(
    phone: RawPhone, services: Services, gone: str
) -> None:
    foreign, ours = case_ids(services, "02")[0], case_ids(services, "01")[0]
    if gone == "of another school":
        services.database.write(lambda c: on_list.take_out(c, SEASON, [foreign], "迁出", "t"))
    else:
        placing.move(services, [ours], "02", who="t", reason="搬家")
    assert codes(await phone.push(phone.chained(fact_bytes(foreign)))) == ["case.unknown"]


async def test_a_push_of_one_thousand_facts_is_too_large_and_five_hundred_are_not(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    facts = [phone.chained(fact_bytes(case)) for _ in range(501)]
    answer = await phone.ask(
        "POST", "/v1/facts", content=msgspec.json.encode(wire.PushRequest(facts=facts))
    )
    assert answer.status_code == 413
    assert await phone.outcomes(*facts[:500]) == ["created"] * 500
    assert (
        services.database.read(
            lambda c: c.execute(select(func.count()).select_from(t.fact)).scalar()
        )
        == 500
    )


async def test_the_clock_of_a_phone_neither_blocks_nor_orders(
    phone: RawPhone, services: Services
) -> None:
    """P9: what the ledger goes by is the order of arrival."""
    case = case_ids(services, "01")[0]
    years = ("2031", "1999", "2019", "1971", "2199")
    facts = [fact_bytes(case, captured_at=f"{y}-01-01T00:00:00+08:00") for y in years]
    assert await phone.outcomes(*(phone.chained(d) for d in facts)) == ["created"] * len(years)
    found = services.database.read(lambda c: cases.facts_of(c, [case]))[case]
    assert [f.data for f in found] == facts


async def test_two_phones_of_a_school_have_chains_of_their_own(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    other = await working_phone(http, services, "01", "乙")
    case = case_ids(services, "01")[0]
    for _ in range(3):
        await phone.push(phone.chained(fact_bytes(case)))
        await other.push(other.chained(fact_bytes(case)))
    assert len(chain_of(services, phone)) == len(chain_of(services, other)) == 3
    feed_places = [f.seq for f in services.database.read(lambda c: cases.facts_of(c, [case]))[case]]
    assert feed_places == sorted(set(feed_places))


async def test_the_same_bytes_under_a_third_number_are_a_fork_and_no_number_is_lost(
    phone: RawPhone, services: Services
) -> None:
    """A second number has the one quarantine row of these bytes; a third would take its place."""
    first, second = (fact_bytes(case_ids(services, "01")[0]) for _ in range(2))
    packed = [phone.chained(first) for _ in range(3)]
    assert codes(await phone.push(*packed)) == ["created", "duplicate", "fact.chain_forked"]
    assert await phone.outcomes(phone.chained(second)) == ["gap"]
    stubs = services.database.read(lambda c: evidence.chains(c, [phone.device]))
    assert [s.n for s in stubs] == [1, 2]
    assert evidence.chain_gaps(stubs, {phone.device: 2}) == []


async def test_any_mixture_of_facts_gets_an_outcome_each_and_counts_in_the_chain(
    phone: RawPhone, services: Services
) -> None:
    fuzz_ledger(services, case_ids(services, "01")[0])
    stored, refused = counts(services)
    assert stored > 0
    assert refused > 0
    assert (await phone.pages())[-1].scope_count == 6


async def test_a_fact_out_of_bounds_is_answered_with_its_field_and_what_is_wrong(
    phone: RawPhone, services: Services
) -> None:
    body = {"met": "self", "outcome": "promised", "note": "字" * 4001}
    reply = await phone.push(phone.chained(fact_bytes(case_ids(services, "01")[0], body=body)))
    problem = reply.outcomes[0].problem or {}
    assert (problem["code"], problem["title"]) == (
        "fact.out_of_bounds",
        "“备注”不合要求:最多 4000 个字",
    )


def correction_of(case: str, corrects: str, **body: Any) -> bytes:
    """A correction whose words are a visit with a note beyond its bounds, unless `body` says so."""
    words = {"met": "self", "outcome": "promised", "note": "长" * 4001}
    whole = {"corrects": corrects, "reason": "改", "body": words, **body}
    return fact_bytes(case, kind="correction", body=whole)


async def test_a_correction_out_of_the_bounds_of_its_record_is_refused_by_its_field(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    visit = fact_bytes(case)
    within = {"met": "self", "outcome": "promised"}
    once = correction_of(case, decode(visit).id, body=within)
    of_visit, of_correction = (correction_of(case, decode(f).id) for f in (visit, once))
    items = [phone.chained(data) for data in (visit, once, of_visit, of_correction)]
    first, again = await phone.push(*items), await phone.push(*items[2:])
    assert [o.outcome for o in first.outcomes] == ["created", "created", "rejected", "rejected"]
    titles = {str((o.problem or {})["title"]) for o in (*first.outcomes[2:], *again.outcomes)}
    assert titles == {"“备注”不合要求:最多 4000 个字"}
    assert [code for code, _, _ in quarantined(services)] == ["fact.out_of_bounds"] * 2


async def test_a_correction_of_a_record_the_ledger_does_not_have_is_stored_as_it_is(
    phone: RawPhone, services: Services
) -> None:
    case, nowhere = case_ids(services, "01")[0], new_id()
    first = correction_of(case, nowhere)
    other = fact_bytes(
        case,
        kind="correction",
        id=nowhere,
        body={"corrects": decode(first).id, "reason": "改", "body": {}},
    )
    withdrawn = correction_of(case, nowhere, withdraw=True)
    in_a_circle = correction_of(case, nowhere)
    items = [phone.chained(data) for data in (first, other, withdrawn, in_a_circle)]
    assert [o.outcome for o in (await phone.push(*items)).outcomes] == ["created"] * 4
