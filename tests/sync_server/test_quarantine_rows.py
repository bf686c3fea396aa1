"""What the quarantine keeps of a refused record: its row, whole, and nobody else's touched."""

from __future__ import annotations

import httpx
import msgspec
import pytest
from sqlalchemy import select

from shared import wire
from shared.digest import link, sha256_hex
from shared.ids import is_uuid
from shared.records.base import decode
from sync_server.office import phones
from sync_server.services import Services
from sync_server.store import by_hand
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.devices import by_id
from sync_server.store.push_codec import decode_pushed
from sync_server.store.resolution import ARRIVED, ASKED
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes, working_phone
from tests.support.ledger import codes
from tests.support.seasons import open_next
from tests.support.set_apart import forked, key, rows, unknown_case


def set_season(services: Services, state: str) -> None:
    services.database.write(
        lambda c: c.execute(t.season.update().where(t.season.c.id == SEASON).values(state=state))
    )


async def test_a_refused_record_is_kept_whole_with_its_place(
    phone: RawPhone, services: Services
) -> None:
    data = unknown_case()
    packed = phone.chained(data)
    assert codes(await phone.push(packed)) == ["case.unknown"]
    (row,) = rows(services).values()
    assert is_uuid(row.pop("id"))
    received_at = row.pop("received_at")
    assert received_at.startswith("20")
    for words in ("settled_at", "resolution", "resolved_by", "resolved_reason"):
        assert row.pop(words) == ""
    assert row == {
        "season": SEASON,
        "unit": "01",
        "device": phone.device,
        "fact_id": decode(data).id,
        "sha256": sha256_hex(data),
        "data": data,
        "n": 1,
        "link": wire.unb64(packed.link),
        "sig": wire.unb64(packed.sig),
        "code": "case.unknown",
    }


async def test_a_record_that_arrives_resolves_its_own_row_and_no_other(
    http: httpx.AsyncClient, phone: RawPhone, services: Services
) -> None:
    good, other = fact_bytes(case_ids(services, "01")[0]), unknown_case()
    of_other_phone = await working_phone(http, services, "01", "乙")
    await of_other_phone.push(of_other_phone.chained(unknown_case("b")))
    packed = phone.chained(good)
    damaged = msgspec.structs.replace(packed, sig=wire.b64(bytes(64)))
    assert codes(await phone.push(damaged, forked(phone, other))) == [
        "fact.bad_signature",
        "fact.chain_forked",
    ]
    before = rows(services)
    (created,) = (await phone.push(packed)).outcomes
    assert (created.outcome, created.sha256, created.tray) == ("created", sha256_hex(good), False)
    after = rows(services)
    mine = after.pop(key(phone, good))
    assert bool(mine["settled_at"])
    before.pop(key(phone, good))
    assert after == before


async def test_a_record_refused_while_its_season_was_over_arrives_when_that_is_put_right(
    phone: RawPhone, services: Services
) -> None:
    """As after a restored backup: its row is resolved as arrived, and no other is touched."""
    one, two, *_ = case_ids(services, "01")
    packed, waits = phone.chained(fact_bytes(one)), unknown_case()
    assert codes(await phone.push(forked(phone, waits))) == ["fact.chain_forked"]
    phones.confirm(open_next(services), phone.device, who="t")
    set_season(services, "purged")
    assert codes(await phone.push(packed)) == ["fact.season_over"]
    set_season(services, "closed")
    before = rows(services)
    assert await phone.outcomes(packed) == ["created"]
    after = rows(services)
    mine = after.pop(key(phone, wire.unb64(packed.bytes)))
    assert (mine["code"], mine["resolution"], mine["data"]) == ("fact.season_over", ARRIVED, b"")
    before.pop(key(phone, wire.unb64(packed.bytes)))
    assert after == before
    assert await phone.outcomes(phone.chained(fact_bytes(two))) == ["created"]


async def test_a_row_that_waited_keeps_no_content_once_its_season_is_over(
    phone: RawPhone, services: Services
) -> None:
    data = fact_bytes(case_ids(services, "01")[0])
    packed = phone.chained(data)
    damaged = msgspec.structs.replace(packed, sig=wire.b64(bytes(64)))
    assert codes(await phone.push(damaged)) == ["fact.bad_signature"]
    phones.confirm(open_next(services), phone.device, who="t")
    set_season(services, "purged")
    assert codes(await phone.push(packed)) == ["fact.season_over"]
    (row,) = rows(services).values()
    assert (row["code"], row["n"], row["data"]) == ("fact.season_over", 1, b"")
    assert bool(row["settled_at"])


async def test_bytes_taken_from_one_phone_are_resolved_for_the_other_that_sent_them(
    http: httpx.AsyncClient, phone: RawPhone, services: Services
) -> None:
    data = fact_bytes(case_ids(services, "01")[0])
    other = await working_phone(http, services, "01", "乙")
    assert codes(await phone.push(forked(phone, data))) == ["fact.chain_forked"]
    assert codes(await other.push(forked(other, data))) == ["fact.chain_forked"]

    def take(connection: Connection) -> None:
        device = by_id(connection, phone.device)
        pushed = decode_pushed(forked(phone, data), device.public_key)
        by_hand.take(connection, device, pushed, decode(data), "2019-12-12T02:00:00.000+00:00")

    services.database.write(take)
    found = rows(services)
    assert found[key(other, data)]["resolution"] == ARRIVED
    numbers = services.database.read(lambda c: list(c.execute(select(t.fact.c.n)).scalars()))
    assert numbers == [-1]


async def test_a_stored_record_is_a_line_of_its_schools_feed(
    phone: RawPhone, services: Services
) -> None:
    data = fact_bytes(case_ids(services, "01")[0])
    seq = (await phone.push(phone.chained(data))).outcomes[0].seq
    feed = services.database.read(
        lambda c: [
            (r["kind"], r["ref"])
            for r in c.execute(t.change.select().where(t.change.c.seq == seq)).mappings()
        ]
    )
    assert feed == [("fact", decode(data).id)]


async def test_a_record_without_a_row_touches_none_when_it_arrives(
    phone: RawPhone, services: Services
) -> None:
    await phone.push(phone.chained(unknown_case()))
    before = rows(services)
    assert await phone.outcomes(phone.chained(fact_bytes(case_ids(services, "01")[0]))) == [
        "created"
    ]
    assert rows(services) == before


async def test_a_duplicates_number_has_a_row_that_is_resolved_and_touches_no_other(
    http: httpx.AsyncClient, phone: RawPhone, services: Services
) -> None:
    first = fact_bytes(case_ids(services, "01")[0])
    of_other_phone = await working_phone(http, services, "01", "乙")
    await of_other_phone.push(of_other_phone.chained(unknown_case("b")))
    await phone.push(phone.chained(first), phone.chained(unknown_case()))
    before = rows(services)
    third = phone.chained(fact_bytes(case_ids(services, "01")[1]))
    assert await phone.outcomes(third, phone.chained(first)) == ["created", "duplicate"]
    after = rows(services)
    mine = after.pop(key(phone, first))
    assert (mine["code"], mine["n"], mine["resolution"]) == ("fact.duplicate", 4, ARRIVED)
    assert bool(mine["settled_at"])
    assert after == before


async def test_bytes_refused_under_an_uncounted_number_take_the_counted_one_when_they_come_at_it(
    http: httpx.AsyncClient, phone: RawPhone, services: Services
) -> None:
    data = unknown_case()
    of_other_phone = await working_phone(http, services, "01", "乙")
    await of_other_phone.push(of_other_phone.chained(unknown_case("b")))
    packed = phone.chained(data)
    damaged = msgspec.structs.replace(packed, sig=wire.b64(bytes(64)))
    assert codes(await phone.push(damaged)) == ["fact.bad_signature"]
    others = {k: v for k, v in rows(services).items() if k != key(phone, data)}
    assert codes(await phone.push(packed)) == ["case.unknown"]
    after = rows(services)
    row = after.pop(key(phone, data))
    assert (row["code"], row["n"], row["sig"]) == ("case.unknown", 1, wire.unb64(packed.sig))
    state = ("settled_at", "resolution", "resolved_by", "resolved_reason")
    assert [row[words] for words in state] == ["", "", "", ""]
    assert after == others


async def test_a_fork_never_takes_the_place_of_a_counted_number(
    phone: RawPhone, services: Services
) -> None:
    data = unknown_case()
    await phone.push(phone.chained(data))
    before = rows(services)
    assert codes(await phone.push(forked(phone, data))) == ["case.unknown"]
    assert rows(services) == before


async def test_a_second_fork_of_the_same_bytes_keeps_the_first_row(
    phone: RawPhone, services: Services
) -> None:
    data = fact_bytes(case_ids(services, "01")[0])
    await phone.push(phone.chained(fact_bytes(case_ids(services, "01")[1])))
    assert codes(await phone.push(forked(phone, data))) == ["fact.chain_forked"]
    before = rows(services)
    later = phone.packed(data, phone.n, link(b"\2" * 32, sha256_hex(data)))
    assert codes(await phone.push(later)) == ["fact.chain_forked"]
    assert rows(services) == before


async def test_a_record_that_was_asked_for_and_refused_again_waits_undecided(
    phone: RawPhone, services: Services
) -> None:
    data = unknown_case()
    packed = phone.chained(data)
    await phone.push(packed)
    asked = {"resolution": ASKED, "resolved_by": "甲", "resolved_reason": "再发", "settled_at": "x"}
    services.database.write(lambda c: c.execute(t.quarantine.update().values(**asked)))
    assert codes(await phone.push(packed)) == ["case.unknown"]
    (row,) = rows(services).values()
    state = ("settled_at", "resolution", "resolved_by", "resolved_reason")
    assert [row[words] for words in state] == ["", "", "", ""]
    assert row["data"] == data


@pytest.mark.parametrize("kept", [0, 1])
async def test_the_answer_to_a_refused_record_names_the_field_by_its_seasons_words(
    phone: RawPhone, services: Services, kept: int
) -> None:
    """Refused the first time and, `kept`, from its row."""
    body = {"met": "self", "outcome": "promised", "note": "字" * 4001}
    packed = phone.chained(fact_bytes(case_ids(services, "01")[0], body=body))
    for _ in range(kept):
        await phone.push(packed)
    (outcome,) = (await phone.push(packed)).outcomes
    assert (outcome.problem or {})["title"] == "“备注”不合要求:最多 4000 个字"
    assert outcome.sha256 == sha256_hex(wire.unb64(packed.bytes))
