"""What a push writes of a record: its row, its photos, what waited of the same bytes; and nobody else's."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select, update

from shared import wire
from shared.digest import sha256_hex
from shared.records.base import Paper, decode, encode
from sync_server import quotas
from sync_server.office import assignment
from sync_server.services import Services
from sync_server.store import by_hand
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.devices import by_id
from sync_server.store.push_codec import decode_pushed
from sync_server.store.push_lookups import Home, Lookups
from sync_server.store.resolution import ARRIVED, ASKED, RESENT
from tests.support.county import SEASON
from tests.support.devices import AT, RawPhone, case_ids, fact_bytes, working_phone
from tests.support.ledger import codes
from tests.support.paper import keyed, teacher
from tests.support.set_apart import forked, key, rows, unknown_case

PHOTO = "ab" * 32


def fact_row(services: Services, fact_id: str) -> dict[str, Any]:
    return services.database.read(
        lambda c: dict(c.execute(select(t.fact).where(t.fact.c.id == fact_id)).mappings().one())
    )


def unsigned(packed: wire.PushedFact) -> wire.PushedFact:
    return msgspec.structs.replace(packed, sig=wire.b64(bytes(64)))


def ask_for(services: Services, phone: RawPhone, data: bytes) -> None:
    """As the centre does: this record again, please."""
    q = t.quarantine.c
    asked = {"resolution": ASKED, "settled_at": "2019-12-11T02:00:00.000+00:00"}
    its = (q.device == phone.device) & (q.sha256 == sha256_hex(data))
    services.database.write(lambda c: c.execute(update(t.quarantine).where(its).values(**asked)))


async def test_a_record_is_a_row_with_its_school_and_time_and_each_photo_once(
    phone: RawPhone, services: Services
) -> None:
    data = fact_bytes(case_ids(services, "01")[0], photos=(PHOTO, PHOTO))
    (outcome,) = (await phone.push(phone.chained(data))).outcomes
    row = fact_row(services, decode(data).id)
    assert (row["unit"], row["device"], row["n"], row["visited_by"]) == ("01", phone.device, 1, "")
    assert row["received_at"].startswith("20")
    assert (row["seq"], row["tray"]) == (outcome.seq, outcome.tray)
    assert (row["kind"], row["happened_at"]) == ("visit", AT)
    found = services.database.read(lambda c: c.execute(t.fact_photo.select()).mappings().all())
    assert [dict(one) for one in found] == [
        {"fact_id": decode(data).id, "sha256": PHOTO, "unit": "01"}
    ]


async def test_a_duplicate_names_its_bytes_and_its_receipt_the_stored_record(
    phone: RawPhone, services: Services
) -> None:
    data = fact_bytes(case_ids(services, "01")[0])
    packed = phone.chained(data)
    (first,) = (await phone.push(packed)).outcomes
    again = await phone.push(packed)
    assert again.outcomes[0].sha256 == sha256_hex(data)
    assert again.receipt is not None
    line = wire.ReceiptLine(sha256=sha256_hex(data), id=decode(data).id, seq=first.seq or 0)
    assert phone.receipt(again.receipt).items == [line]


@pytest.mark.usefixtures("county")
def test_a_record_from_paper_is_the_visitors_and_waits_only_where_another_has_the_case(
    services: Services,
) -> None:
    mine, others, nobodys = case_ids(services, "01")[:3]
    assignment.assign(services, [mine], teacher(services, "甲"), who="t")
    assignment.assign(services, [others], teacher(services, "乙"), who="t")
    made = [keyed(services, case, by="甲") for case in (mine, others, nobodys)]
    stored = [fact_row(services, one.fact_id) for one in made]
    assert [row["tray"] for row in stored] == [False, True, False]
    assert {row["visited_by"] for row in stored} == {teacher(services, "甲")}


async def test_a_phone_sends_no_record_from_paper(phone: RawPhone, services: Services) -> None:
    paper = Paper(keyed_by="甲", visited_by=phone.staff, scan="")
    data = fact_bytes(case_ids(services, "01")[0], paper=paper)
    assert codes(await phone.push(phone.chained(data))) == ["fact.paper_elsewhere"]


async def test_what_one_phone_was_asked_for_is_resolved_when_another_sends_it_and_is_refused(
    http: httpx.AsyncClient, phone: RawPhone, services: Services
) -> None:
    data, other = unknown_case(), await working_phone(http, services, "01", "乙")
    elsewhere = await working_phone(http, services, "02", "丙")
    for one in (phone, elsewhere):
        assert codes(await one.push(one.chained(data))) == ["case.unknown"]
        ask_for(services, one, data)
    await phone.push(phone.chained(unknown_case("b")))
    before = rows(services)
    assert codes(await other.push(other.chained(data))) == ["case.unknown"]
    after = rows(services)
    mine, theirs = after.pop(key(phone, data)), after.pop(key(other, data))
    assert mine["resolution"] == RESENT
    assert mine["settled_at"] == theirs["received_at"]
    assert (theirs["resolution"], theirs["settled_at"]) == ("", "")
    before.pop(key(phone, data))
    assert after == before, "another school's, and what waits undecided, stay"


async def test_what_waits_undecided_is_not_resolved_by_the_same_bytes_refused_again(
    http: httpx.AsyncClient, phone: RawPhone, services: Services
) -> None:
    data, other = unknown_case(), await working_phone(http, services, "01", "乙")
    await phone.push(phone.chained(data))
    before = rows(services)
    await other.push(other.chained(data))
    assert rows(services)[key(phone, data)] == before[key(phone, data)]


async def test_bytes_that_arrive_resolve_what_waited_in_their_school_and_nowhere_else(
    http: httpx.AsyncClient, phone: RawPhone, services: Services
) -> None:
    data = fact_bytes(case_ids(services, "01")[0])
    other = await working_phone(http, services, "01", "乙")
    elsewhere = await working_phone(http, services, "02", "丙")
    for one in (other, elsewhere):
        await one.push(forked(one, data))
    assert await phone.outcomes(phone.chained(data)) == ["created"]
    assert rows(services)[key(other, data)]["resolution"] == ARRIVED
    assert rows(services)[key(elsewhere, data)]["resolution"] == ""


async def test_a_gap_resolves_nothing(
    http: httpx.AsyncClient, phone: RawPhone, services: Services
) -> None:
    data, other = unknown_case(), await working_phone(http, services, "01", "乙")
    await phone.push(phone.chained(data))
    ask_for(services, phone, data)
    before = rows(services)
    other.chained(fact_bytes("nobody"))
    assert (await other.push(other.chained(data))).outcomes[0].outcome == "gap"
    assert rows(services) == before


async def test_an_unsigned_record_is_resolved_by_the_right_one_of_its_number(
    phone: RawPhone, services: Services
) -> None:
    one, two = (fact_bytes(case) for case in case_ids(services, "01")[:2])
    damaged = phone.packed(two, 1, bytes(32), bytes(64))
    late = phone.packed(fact_bytes("nobody"), 2, bytes(32), bytes(64))
    assert codes(await phone.push(damaged)) == ["fact.bad_signature"]
    await phone.push(phone.chained(one))
    row = rows(services)[key(phone, two)]
    assert (row["resolution"], bool(row["settled_at"])) == ("", True)
    await phone.push(late)
    decided = {"resolution": "dropped", "settled_at": "2019-12-11T02:00:00.000+00:00"}
    q = t.quarantine.c
    services.database.write(
        lambda c: c.execute(update(t.quarantine).where(q.n == 2).values(**decided))
    )
    await phone.push(phone.chained(fact_bytes(case_ids(services, "01")[2])))
    row = rows(services)[key(phone, wire.unb64(late.bytes))]
    assert (row["resolution"], row["settled_at"]) == ("dropped", decided["settled_at"])


async def test_each_record_set_apart_in_one_push_counts_once_toward_what_a_phone_may_have(
    phone: RawPhone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "WAITING_REFUSED", 3)
    facts = [phone.chained(unknown_case(str(n))) for n in range(4)]
    assert codes(await phone.push(*facts)) == ["case.unknown"] * 3 + ["quarantine.full"]


async def test_a_record_taken_by_hand_keeps_its_number_or_gets_one_below_all_others(
    phone: RawPhone, services: Services
) -> None:
    one, two, three = (fact_bytes(case) for case in case_ids(services, "01")[:3])
    beside = [
        decode_pushed(phone.packed(data, 0, bytes(32)), phone.public_key) for data in (one, two)
    ]
    placed = decode_pushed(phone.packed(three, 1, bytes(32)), phone.public_key)
    for item in (*beside, placed):

        def take(connection: Connection, item: Any = item) -> None:
            device = by_id(connection, phone.device)
            by_hand.take(
                connection, device, item, decode(item.data), "2019-12-12T02:00:00.000+00:00"
            )

        services.database.write(take)
    assert [fact_row(services, decode(data).id)["n"] for data in (one, two, three)] == [-1, -2, 1]


async def test_a_case_has_a_home_in_its_own_season_and_one_that_is_no_name_has_none(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    facts = [decode(fact_bytes(one)) for one in (case, "nobody", "a\0")]
    pushed = [
        (decode_pushed(phone.packed(encode(fact), 1, bytes(32)), phone.public_key), fact)
        for fact in facts
    ]

    def homes(connection: Connection) -> list[Home | None]:
        found = Lookups(connection, phone.device, pushed)
        asked = [(case, SEASON), (case, "2020"), ("nobody", SEASON), ("a\0", SEASON)]
        return [found.home(*one) for one in asked]

    assert services.database.read(homes) == [Home("01", phone.staff), None, None, None]


async def test_a_refused_correction_says_what_its_own_record_would_take(
    phone: RawPhone, services: Services
) -> None:
    """The kind of the corrected record decides which words the answer names."""
    case = case_ids(services, "01")[0]
    visit = fact_bytes(case)
    await phone.push(phone.chained(visit))
    body = {"met": "self", "outcome": "promised", "note": "字" * 4001}
    correction = fact_bytes(
        case, "correction", body={"corrects": decode(visit).id, "reason": "x", "body": body}
    )
    (outcome,) = (await phone.push(phone.chained(correction))).outcomes
    assert "备注" in (outcome.problem or {})["title"]
