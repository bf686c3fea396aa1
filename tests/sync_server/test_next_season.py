"""December after December: teachers and phones go on into the season that opens, over one chain."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from shared import wire
from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.records.base import decode
from shared.season_fields import with_values
from sync_server.office import office_device, phones, quarantine, staff
from sync_server.office import seasons as office
from sync_server.office.summary_inputs import gather
from sync_server.sealing.checking import evidence_checks
from sync_server.sealing.checking.evidence_checks import Line
from sync_server.sealing.making.evidence import write_evidence
from sync_server.sealing.record import Findings
from sync_server.services import Services
from sync_server.store import (
    device_seasons,
    devices,
    evidence,
    going_on,
    late_records,
    progress,
    seasons,
    teachers,
    units,
)
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.ledger import push
from sync_server.store.push_codec import decode_pushed
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.county import SEASON, purge
from tests.support.devices import RawPhone, case_ids, enrol, fact_bytes, working_phone
from tests.support.jpegs import jpeg
from tests.support.seasons import NEXT, check_all, make_next, open_next, put_people, refused

REASON = "演示"


def state_of(services: Services, phone: RawPhone) -> tuple[str, str]:
    found = services.database.read(lambda c: devices.by_id(c, phone.device))
    return found.season, found.state


def head_of(services: Services, phone: RawPhone) -> int:
    return services.database.read(lambda c: devices.by_id(c, phone.device)).n


def gaps(services: Services, phone: RawPhone) -> list[tuple[str, int, int]]:
    def job(connection: Connection) -> list[tuple[str, int, int]]:
        stubs = evidence.chains(connection, [phone.device])
        return evidence.chain_gaps(stubs, {phone.device: devices.by_id(connection, phone.device).n})

    return services.database.read(job)


def seasons_of_facts(services: Services) -> list[str]:
    query = t.fact.select().order_by(t.fact.c.seq)
    rows = services.database.read(lambda c: list(c.execute(query).mappings()))
    return [row["season"] for row in rows]


def confirm(services: Services, phone: RawPhone) -> None:
    phones.confirm(services, phone.device, who="t")


async def code(phone: RawPhone, method: str, path: str, **options: object) -> str:
    answer = await phone.ask(method, path, **options)
    return str(answer.json()["code"])


# ---- what goes on ----


async def test_teachers_and_confirmed_phones_go_on_and_wait_for_one_tap(
    services: Services, phone: RawPhone
) -> None:
    of_next = open_next(services)
    assert state_of(services, phone) == (NEXT, "pending")
    (teacher,) = services.database.read(lambda c: units.staff_of(c, NEXT, "01"))
    assert (teacher.name, teacher.before) == ("甲", phone.staff)
    confirm(of_next, phone)
    assert state_of(services, phone) == (NEXT, "confirmed")


async def test_the_season_before_still_says_whose_phone_it_was(
    services: Services, phone: RawPhone
) -> None:
    before = services.database.read(lambda c: units.device_names(c, SEASON))
    open_next(services)
    assert services.database.read(lambda c: units.device_names(c, SEASON)) == before
    (kept,) = services.database.read(lambda c: devices.of_unit(c, SEASON, "01"))
    assert (kept.id, kept.season, kept.staff, kept.state) == (
        phone.device,
        SEASON,
        phone.staff,
        "confirmed",
    )
    assert services.database.read(lambda c: device_seasons.gone_on(c, SEASON)) == {
        phone.device: NEXT
    }
    assert services.database.read(lambda c: progress.phones(c, SEASON, WHOLE_COUNTY)) == {
        ("01", "confirmed"): 1
    }
    assert services.database.read(lambda c: progress.phones(c, NEXT, WHOLE_COUNTY)) == {
        ("01", "pending"): 1
    }


async def test_who_left_and_who_was_stopped_stay_behind_with_a_reason(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    gone = await enrol(RawPhone(http), services, "01", "乙")
    stopped = await enrol(RawPhone(http), services, "01", "丙")
    staff.leave(services, "01", gone.staff, who="t")
    phones.revoke(services, stopped.device, who="t")
    of_next = open_next(services)
    assert state_of(services, gone) == (SEASON, "confirmed")
    assert state_of(services, stopped) == (SEASON, "revoked")
    names = services.database.read(lambda c: [p.name for p in units.known_staff(c, NEXT, "01")])
    assert names == ["丙", "甲"]
    stays = services.database.read(lambda c: going_on.staying(c, NEXT))
    assert [(s.device, s.teacher, s.why) for s in stays] == [(gone.device, "乙", "left")]
    phones.bring(of_next, "01", gone.device, who="t")
    phones.bring(of_next, "01", gone.device, who="t")
    assert state_of(services, gone) == (NEXT, "confirmed")
    assert services.database.read(lambda c: going_on.staying(c, NEXT)) == []


async def test_a_teacher_who_leaves_is_switched_off_in_one_place(
    services: Services, phone: RawPhone
) -> None:
    staff.leave(services, "01", phone.staff, who="t", stop_phones=True)
    staff.leave(services, "01", phone.staff, who="t", stop_phones=True)
    assert await code(phone, "GET", "/v1/changes") == "device.revoked"
    (offer,) = services.database.read(lambda c: teachers.offers(c, SEASON, "01"))
    assert (offer.id, offer.people) == (phone.staff, 6)
    open_next(services)
    assert services.database.read(lambda c: units.known_staff(c, NEXT, "01")) == []


async def test_a_school_that_the_new_season_does_not_have_keeps_its_phones(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    other = await enrol(RawPhone(http), services, "02", "丁")

    def merged(connection: Connection) -> None:
        c = t.unit.c
        connection.execute(t.unit.delete().where(c.season == NEXT, c.code == "02"))

    make_next(services)
    services.database.write(merged)
    check_all(services, NEXT)
    office.close_season(services, SEASON, who="t")
    gone = office.open_season(services, NEXT, who="t")
    assert (gone.source, gone.teachers, gone.phones) == (SEASON, 1, 1)
    (left,) = services.database.read(lambda c: going_on.staying(c, NEXT))
    assert (left.device, left.unit, left.why) == (other.device, "02", "school")
    late = other.chained(fact_bytes(case_ids(services, "02")[0]))
    assert await other.outcomes(late) == ["created"]


async def test_a_teacher_renamed_or_merged_goes_on_once_and_is_known_by_the_earlier_name(
    services: Services, phone: RawPhone
) -> None:
    staff.add(services, "01", "王伟、王玮", who="t")
    people = {
        p.name: p.id for p in services.database.read(lambda c: units.staff_of(c, SEASON, "01"))
    }
    staff.merge(services, "01", people["王玮"], people["王伟"], who="t")
    staff.rename(services, "01", phone.staff, "甲一", who="t")
    open_next(services)
    everybody = services.database.read(lambda c: units.known_staff(c, NEXT, "01"))
    here = {p.id: p.name for p in everybody if p.is_here}
    assert sorted(here.values()) == ["王伟", "甲一"]
    former = {p.name: here[p.merged_into] for p in everybody if p.merged_into}
    assert former == {"王玮": "王伟", "甲": "甲一"}


async def test_a_teacher_whom_the_new_list_named_already_is_the_same_person(
    services: Services, phone: RawPhone
) -> None:
    make_next(services)
    here = services.database.write(lambda c: units.put_teacher(c, NEXT, "01", "甲"))
    check_all(services, NEXT)
    office.close_season(services, SEASON, who="t")
    assert office.open_season(services, NEXT, who="t").teachers == 0
    assert services.database.read(lambda c: devices.by_id(c, phone.device)).staff == here


async def test_a_season_opened_again_has_its_phones_back_as_they_were(
    services: Services, phone: RawPhone
) -> None:
    of_next = open_next(services)
    confirm(of_next, phone)
    office.close_season(services, NEXT, who="t")
    office.open_season(services, SEASON, who="t", reason="补录")
    assert state_of(services, phone) == (SEASON, "confirmed")
    cases = [c.ref for p in await phone.pages() for c in p.changes if c.kind == "case"]
    assert len(cases) == 6
    office.close_season(services, SEASON, who="t")
    office.open_season(services, NEXT, who="t", reason="继续")
    assert state_of(services, phone) == (NEXT, "confirmed")
    rows = services.database.read(lambda c: device_seasons.rows(c, phone.device))
    assert [(r["season"], r["now_in"]) for r in rows] == [(SEASON, NEXT), (NEXT, "")]


async def test_a_season_that_an_earlier_version_opened_lists_its_phones_to_take_over(
    services: Services, phone: RawPhone
) -> None:
    make_next(services)
    check_all(services, NEXT)

    def as_before(connection: Connection) -> None:
        for season, state in ((SEASON, seasons.CLOSED), (NEXT, seasons.OPEN)):
            seasons.set_state(connection, season, state, at="2019-12-12", who="t")

    services.database.write(as_before)
    (left,) = services.database.read(lambda c: going_on.staying(c, NEXT))
    assert (left.device, left.why) == (phone.device, "not_moved")
    phones.bring(services.for_season(NEXT), "01", phone.device, who="t")
    assert state_of(services, phone) == (NEXT, "confirmed")


# ---- what a phone hands in and receives ----


async def test_a_waiting_phone_hands_in_what_it_has_and_receives_nobody_of_the_new_season(
    services: Services, phone: RawPhone
) -> None:
    (old, *_) = case_ids(services, "01")
    await phone.outcomes(phone.chained(fact_bytes(old)))
    of_next = open_next(services)
    new = put_people(services, NEXT, "01", "甲")
    photo = jpeg(b"gate")
    late = phone.chained(fact_bytes(old, photos=(sha256_hex(photo),)))
    assert await phone.outcomes(late) == ["created"]
    assert (await phone.create_upload(photo)).status_code == 201
    assert seasons_of_facts(services) == [SEASON, SEASON]
    assert await code(phone, "GET", "/v1/changes") == "device.new_season"
    confirm(of_next, phone)
    pages = await phone.pages()
    assert sorted(c.ref for p in pages for c in p.changes if c.kind == "case") == sorted(new)
    briefing = next(c.briefing for p in pages for c in p.changes if c.briefing)
    assert (briefing.season.id, briefing.teacher.name) == (NEXT, "甲")
    assert await phone.outcomes(phone.chained(fact_bytes(new[0], season=NEXT))) == ["created"]
    assert (head_of(services, phone), gaps(services, phone)) == (3, [])


async def test_a_cursor_of_the_season_before_starts_the_new_list_from_the_beginning(
    services: Services, phone: RawPhone
) -> None:
    cursor = (await phone.pages())[-1].next
    of_next = open_next(services)
    new = put_people(services, NEXT, "01", "甲")
    confirm(of_next, phone)
    pages = await phone.pages(cursor)
    assert sorted(c.ref for p in pages for c in p.changes if c.kind == "case") == sorted(new)
    assert (await phone.pages(pages[-1].next))[-1].changes == []


async def test_a_cursor_given_out_by_an_earlier_version_starts_it_too(
    services: Services, phone: RawPhone
) -> None:
    parts = msgspec.json.decode(wire.unb64((await phone.pages())[-1].next))
    earlier = wire.b64(msgspec.json.encode(parts[:5]))
    assert (await phone.pages(earlier))[0].changes == [], "in its own season it goes on"
    of_next = open_next(services)
    put_people(services, NEXT, "01", "甲")
    confirm(of_next, phone)
    changes = [c.kind for p in await phone.pages(earlier) for c in p.changes]
    assert changes.count("case") == 3


async def test_a_record_names_a_case_of_its_own_season(services: Services, phone: RawPhone) -> None:
    (old, *_) = case_ids(services, "01")
    of_next = open_next(services)
    (new, *_) = put_people(services, NEXT, "01", "甲")
    confirm(of_next, phone)
    mixed = [
        phone.chained(fact_bytes(old, season=NEXT)),
        phone.chained(fact_bytes(new, season=SEASON)),
        phone.chained(fact_bytes(old)),
        phone.chained(fact_bytes(new, season=NEXT)),
    ]
    assert await phone.outcomes(*mixed) == ["rejected", "rejected", "created", "created"]
    assert seasons_of_facts(services) == [SEASON, NEXT]
    assert gaps(services, phone) == []


async def test_a_waiting_phone_stores_no_record_of_the_new_season(
    services: Services, phone: RawPhone
) -> None:
    open_next(services)
    (new, *_) = put_people(services, NEXT, "01", "甲")
    pushed = wire.PushRequest(facts=[phone.chained(fact_bytes(new, season=NEXT))])
    body = msgspec.json.encode(pushed)
    assert await code(phone, "POST", "/v1/facts", content=body) == "device.new_season"
    assert seasons_of_facts(services) == []


async def test_a_phone_that_was_never_confirmed_hands_in_nothing_until_it_is(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    stranger = await enrol(RawPhone(http), services, "01", "乙", confirm=False)
    of_next = open_next(services)
    pushed = stranger.chained(fact_bytes(case_ids(services, "01")[0]))
    body = msgspec.json.encode(wire.PushRequest(facts=[pushed]))
    assert await code(stranger, "POST", "/v1/facts", content=body) == "device.unconfirmed"
    assert services.database.read(lambda c: going_on.waiting(c, NEXT, "01")) == [phone.device]
    confirm(of_next, stranger)
    assert await stranger.outcomes(pushed) == ["created"]


async def test_all_shown_are_confirmed_at_once_and_nobody_else(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    second = await enrol(RawPhone(http), services, "01", "乙")
    left = await enrol(RawPhone(http), services, "01", "丙")
    other = await enrol(RawPhone(http), services, "02", "丁")
    of_next = open_next(services)
    anew = await enrol(RawPhone(http), of_next, "01", "戊", confirm=False)
    mine = services.database.read(lambda c: devices.by_id(c, left.device)).staff
    staff.leave(of_next, "01", mine, who="t")
    shown = [p.device for p in (phone, second, left, other, anew)]
    assert phones.confirm_all(of_next, "01", shown, who="t") == 2
    assert phones.confirm_all(of_next, "01", shown, who="t") == 0
    states = [state_of(services, p)[1] for p in (phone, second, left, other, anew)]
    assert states == ["confirmed", "confirmed", "pending", "pending", "pending"]


# ---- another key, another code ----


async def test_a_phone_with_a_new_key_may_hand_in_records_of_the_season_before(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    of_next = open_next(services)
    confirm(of_next, phone)
    issued = phones.issue(of_next, "01", "甲", who="t")
    fresh = RawPhone(http)
    asked = fresh.enrol_request(issued.code, unsent_season=SEASON, unsent_staff=phone.staff)
    answer = await http.post("/v1/enrol", content=asked)
    reply = msgspec.json.decode(answer.content, type=wire.EnrolReply)
    assert (reply.scope.season, answer.status_code) == (NEXT, 200)
    fresh.device, fresh.token, fresh.server_key = reply.device, reply.token, reply.server_key
    late = fresh.chained(fact_bytes(case_ids(services, "01")[0]))
    body = msgspec.json.encode(wire.PushRequest(facts=[late]))
    assert await code(fresh, "POST", "/v1/facts", content=body) == "device.unconfirmed"
    confirm(of_next, fresh)
    assert await fresh.outcomes(late) == ["created"]
    assert seasons_of_facts(services) == [SEASON]


async def test_a_code_of_another_teacher_with_unsent_records_of_last_season_is_refused(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    staff.add(services, "01", "乙", who="t")
    of_next = open_next(services)
    issued = phones.issue(of_next, "01", "乙", who="t")
    asked = RawPhone(http).enrol_request(
        issued.code, unsent_season=SEASON, unsent_staff=phone.staff
    )
    assert (await http.post("/v1/enrol", content=asked)).json()["code"] == "enrol.other_teacher"


async def test_a_teacher_who_was_not_there_last_season_has_no_records_of_it(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    of_next = open_next(services)
    issued = phones.issue(of_next, "01", "新来的", who="t")
    asked = RawPhone(http).enrol_request(issued.code, unsent_season=SEASON)
    assert (await http.post("/v1/enrol", content=asked)).json()["code"] == "enrol.other_season"


async def test_records_sent_last_season_are_held_for_a_phone_with_a_new_key(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    data = fact_bytes(case_ids(services, "01")[0])
    await phone.outcomes(phone.chained(data))
    of_next = open_next(services)
    confirm(of_next, phone)
    copy = await enrol(RawPhone(http), of_next, "01", "甲")
    asked = msgspec.json.encode(wire.HeldRequest(hashes=[sha256_hex(data)]))
    for one in (copy, phone):
        answer = await one.ask("POST", "/v1/facts/held", content=asked)
        assert [h["sha256"] for h in answer.json()["held"]] == [sha256_hex(data)]


# ---- after closing, after purge ----


async def test_what_comes_after_a_season_was_closed_is_stored_and_listed(
    services: Services, phone: RawPhone
) -> None:
    office.close_season(services, SEASON, who="t")
    assert services.database.read(lambda c: late_records.counts(c, SEASON, WHOLE_COUNTY)) == {}
    clock = replace(services.settings, clock_spec="2019-12-30T10:00+08:00")
    late = phone.chained(fact_bytes(case_ids(services, "01")[0]))

    def arrive(connection: Connection) -> None:
        push(connection, phone.device, [decode_pushed(late, phone.public_key)], clock.now_text())

    services.database.write(arrive)
    assert services.database.read(lambda c: late_records.counts(c, SEASON, WHOLE_COUNTY)) == {
        "01": 1
    }


async def test_purging_last_season_leaves_the_phones_that_went_on(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    stays = await enrol(RawPhone(http), services, "01", "乙")
    staff.leave(services, "01", stays.staff, who="t")
    (old, *_) = case_ids(services, "01")
    await phone.outcomes(phone.chained(fact_bytes(old)))
    of_next = open_next(services)
    confirm(of_next, phone)
    (new, *_) = put_people(services, NEXT, "01", "甲")
    photo = jpeg(b"gate")
    await phone.outcomes(phone.chained(fact_bytes(new, season=NEXT, photos=(sha256_hex(photo),))))
    created = await phone.create_upload(photo)
    assert (await phone.patch(created.headers["location"], 0, photo)).status_code == 204
    purge(services, SEASON, who="t", really=REASON)
    assert state_of(services, stays)[1] == "revoked"
    assert state_of(services, phone) == (NEXT, "confirmed")
    assert services.files.has(sha256_hex(photo))
    assert await phone.outcomes(phone.chained(fact_bytes(new, season=NEXT))) == ["created"]
    assert (head_of(services, phone), gaps(services, phone)) == (3, [])
    assert services.database.read(lambda c: units.staff_names(c, SEASON)) == {}
    assert services.database.read(lambda c: device_seasons.gone_on(c, SEASON)) == {}


async def test_a_record_of_a_purged_season_is_answered_counted_and_not_kept(
    services: Services, phone: RawPhone, tmp_path: Path
) -> None:
    (old, *_) = case_ids(services, "01")
    of_next = open_next(services)
    confirm(of_next, phone)
    (new, *_) = put_people(services, NEXT, "01", "甲")
    purge(services, SEASON, who="t", really=REASON)
    late = phone.chained(fact_bytes(old, body={"met": "self", "note": "很特别的一句话"}))
    reply = await phone.push(late, phone.chained(fact_bytes(new, season=NEXT)))
    assert [o.outcome for o in reply.outcomes] == ["rejected", "created"]
    assert reply.outcomes[0].problem["code"] == "fact.season_over"
    again = (await phone.push(late)).outcomes[0]
    assert again.problem["code"] == "fact.season_over"
    (row,) = services.database.read(lambda c: list(c.execute(t.quarantine.select()).mappings()))
    assert (row["data"], row["n"], bool(row["settled_at"])) == (b"", 1, True)
    assert quarantine.listed(of_next, WHOLE_COUNTY)[0] == []
    assert gaps(services, phone) == []


async def test_a_phone_that_has_gone_on_hands_in_until_the_season_before_is_purged(
    services: Services, phone: RawPhone
) -> None:
    (old, *_) = case_ids(services, "01")
    of_next = open_next(services)
    confirm(of_next, phone)

    def past_its_retention(connection: Connection) -> None:
        row = seasons.get(connection, SEASON)
        seasons.save(connection, with_values(row, {"retain_until": "2019-12-11"}))

    services.database.write(past_its_retention)
    assert await phone.outcomes(phone.chained(fact_bytes(old))) == ["created"]
    assert gaps(services, phone) == []


async def test_nobody_confirms_or_stops_a_phone_from_the_season_it_has_left(
    services: Services, phone: RawPhone
) -> None:
    open_next(services)
    of_next = services.for_season(NEXT)
    assert refused(lambda: phones.bring(of_next, "01", "unknown", who="t")) == "device.unknown"
    with pytest.raises(ProblemError, match=r"season\.closed"):
        phones.issue(services, "01", "甲", who="t")


async def test_a_school_office_signs_with_a_device_of_its_own_in_each_season(
    services: Services, http: httpx.AsyncClient, county: list[str]
) -> None:
    phone = await working_phone(http, services)
    made = services.database.write(lambda c: office_device.ready(services, c, "01").device)
    of_next = open_next(services)
    assert services.database.read(lambda c: devices.by_id(c, made.id)).season == SEASON
    anew = of_next.database.write(lambda c: office_device.ready(of_next, c, "01").device)
    assert (anew.season, anew.id != made.id, anew.replaces) == (NEXT, True, "")
    names = services.database.read(lambda c: units.device_names(c, SEASON))
    assert set(names) == {phone.device, made.id}


async def test_records_of_two_seasons_in_any_order_are_one_chain(
    services: Services, phone: RawPhone
) -> None:
    """Whatever comes doubled, cut short or out of order, each record is once in its own season."""
    of_next = open_next(services)
    confirm(of_next, phone)
    of = {SEASON: case_ids(services, "01")[0], NEXT: put_people(services, NEXT, "01", "甲")[0]}

    def arrive(batch: list[wire.PushedFact]) -> list[str]:
        items = [decode_pushed(one, phone.public_key) for one in batch]
        at = services.settings.now_text()
        outcomes, _ = services.database.write(lambda c: push(c, phone.device, items, at))
        return [one.outcome for one in outcomes]

    @settings(max_examples=25, deadline=None)
    @given(
        which=st.lists(st.sampled_from((SEASON, NEXT)), min_size=1, max_size=8),
        tries=st.lists(st.tuples(st.integers(0, 7), st.integers(1, 8)), max_size=5),
    )
    def any_order(which: list[str], tries: list[tuple[int, int]]) -> None:
        made = [fact_bytes(of[season], season=season) for season in which]
        chained = [phone.chained(data) for data in made]
        for start, size in tries:
            assert set(arrive(chained[start : start + size])) <= {"created", "duplicate", "gap"}
        assert set(arrive(chained)) <= {"created", "duplicate"}
        ids = [decode(data).id for data in made]
        rows = services.database.read(
            lambda c: c.execute(t.fact.select().where(t.fact.c.id.in_(ids))).all()
        )
        assert {row.id: row.season for row in rows} == dict(zip(ids, which, strict=True))
        assert sorted(row.n for row in rows) == [one.n for one in chained]
        assert gaps(services, phone) == []

    any_order()


async def test_the_evidence_of_either_season_holds_whole_chains_that_verify(
    services: Services, phone: RawPhone, tmp_path: Path
) -> None:
    of_next = open_next(services)
    confirm(of_next, phone)
    old, new = case_ids(services, "01")[0], put_people(services, NEXT, "01", "甲")[0]
    pushed = [phone.chained(fact_bytes(one, season=s)) for one, s in ((old, SEASON), (new, NEXT))]
    again = phone.chained(fact_bytes(old))
    assert await phone.outcomes(*pushed, again) == ["created"] * 3
    for season, known in ((SEASON, 2), (NEXT, 1)):
        found, lines = verified(services, season, tmp_path / season)
        assert found == []
        assert [line.n for line in lines] == [1, 2, 3]
        assert sum(bool(line.bytes) for line in lines) == known


def verified(services: Services, season: str, file: Path) -> tuple[list[str], list[Line]]:
    """What a verifier finds wrong in the chains of a season's evidence, and their lines."""
    gathered = services.database.read(
        lambda c: gather(
            c, season, "01", cut_off=services.settings.now(), exceptions=(), reason="", demo=True
        )
    )
    key, found = ec.generate_private_key(ec.SECP256R1()), Findings()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, form)
    write_evidence(file, pem, gathered.inputs, gathered.chains, gathered.devices, ())
    contents = evidence_checks._read(file, key, found)
    evidence_checks.chains(contents.lines, contents.devices, set(), found)
    assert all(device.name for device in contents.devices)
    return [one.code for one in found.items], contents.lines


async def test_a_record_set_apart_last_season_is_taken_as_its_own_teachers(
    services: Services, phone: RawPhone
) -> None:
    elsewhere = case_ids(services, "02")[0]
    assert await phone.outcomes(phone.chained(fact_bytes(elsewhere))) == ["rejected"]
    of_next = open_next(services)
    confirm(of_next, phone)
    office.close_season(services, NEXT, who="t")
    office.open_season(services, SEASON, who="t", reason="补录")
    office.close_season(services, SEASON, who="t")
    office.open_season(services, NEXT, who="t", reason="继续")
    (item,), _ = quarantine.listed(services, WHOLE_COUNTY)
    assert (item.row.teacher, item.row.season, item.row.school) == ("甲", SEASON, "柳泉镇中心校")


async def test_a_phone_enrolled_anew_in_an_earlier_version_keeps_its_place_of_before(
    services: Services, phone: RawPhone
) -> None:
    """The step of the database finds it by its records."""
    assert await phone.outcomes(phone.chained(fact_bytes(case_ids(services, "01")[0]))) == [
        "created"
    ]
    open_next(services)

    def as_before(connection: Connection) -> list[tuple[str, str, str, str]]:
        connection.execute(t.device_season.delete())
        step = importlib.import_module("sync_server.store.migrations.versions.0015_next_season")
        connection.execute(text(step._PLACES))
        c = t.device_season.c
        found = connection.execute(select(c.device, c.season, c.unit, c.staff))
        return [tuple(row) for row in found]

    rows = services.database.write(as_before)
    assert rows == [(phone.device, SEASON, "01", phone.staff)]
