"""A record from paper: signed by the school's office device, judged as on the phone, the teacher's own."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from PIL import Image
from sqlalchemy import select, update

from shared import lifecycle, wire
from shared.codes import Code
from shared.problems import ProblemError
from shared.records.base import Paper, decode
from sync_server.api.facts import _unpack
from sync_server.crypto.keys import SigningKey, signature_holds
from sync_server.office import assignment, office_device, phones, recovery, slips, staff
from sync_server.office.backup import backup
from sync_server.office.paper_desk import KeyedRecord
from sync_server.office.paper_records import attach_scan, correct_keyed, flags_of, keep_picture
from sync_server.office.restore import restore
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import (
    audit,
    cases,
    devices,
    evidence,
    ledger,
    office_devices,
    own_records,
    serving_mark,
    units,
)
from sync_server.store import tables as t
from sync_server.store.database import new_epoch
from sync_server.store.engine import open_engine
from sync_server.store.stored_fact import StoredFact
from tests.support.at_once import at_once
from tests.support.command_line import doorstep, report
from tests.support.console_browser import people, signed_in
from tests.support.county import CLOCK, SEASON, fill, purge, with_season
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.engines import about_sqlite
from tests.support.paper import AT, DELIVERY, STATEMENT, VISIT, keyed, sheet, teacher

pytestmark = pytest.mark.usefixtures("county")


def case_of(services: Services, unit: str = "01") -> str:
    """A case of a school that is a teacher's."""
    case = case_ids(services, unit)[0]
    assignment.assign(services, [case], teacher(services, unit=unit), who="t")
    return case


def stored(services: Services, fact_id: str) -> StoredFact:
    return services.database.read(lambda c: evidence.fact_of(c, fact_id))


def refusal(services: Services, **changes: Any) -> tuple[str, str]:
    """The code of a refusal, and the field it names."""
    given = {"case": case_of(services), **changes}
    with pytest.raises(ProblemError) as refused:
        keyed(services, given.pop("case"), **given)
    field = refused.value.values.get("field")
    assert services.database.read(lambda c: c.execute(select(t.fact.c.id)).first()) is None
    return refused.value.code, field.code if isinstance(field, Code) else ""


def test_a_merged_teachers_records_from_paper_are_the_right_teachers(services: Services) -> None:
    case, right = case_of(services), teacher(services)
    made = keyed(services, case, by="甲一")
    staff.merge(services, "01", teacher(services, "甲一"), right, who="t")
    column = t.fact.c.visited_by
    visited_by = services.database.read(lambda c: c.execute(select(column)).scalars().all())
    assert visited_by == [right]
    assert stored(services, made.fact_id).fact.paper != Paper(
        keyed_by="联络员", visited_by=right, scan=""
    )


def test_a_form_shown_before_a_merge_is_the_right_teachers(services: Services) -> None:
    right, wrong = teacher(services), teacher(services, "甲老师")
    case = case_of(services)
    staff.merge(services, "01", wrong, right, who="t")
    made = stored(services, keyed(services, case, visited_by=wrong).fact_id)
    assert made.fact.paper is not None
    assert (made.fact.paper.visited_by, made.tray) == (right, False)


def test_a_teacher_who_has_left_may_have_visited_before(services: Services) -> None:
    case = case_of(services)
    staff.leave(services, "01", teacher(services, "乙"), who="t")
    left = services.database.read(
        lambda c: next(p.id for p in units.known_staff(c, SEASON, "01") if p.name == "乙")
    )
    paper = stored(services, keyed(services, case, visited_by=left).fact_id).fact.paper
    assert paper is not None
    assert paper.visited_by == left


def test_a_record_says_who_typed_it_who_visited_and_when_by_the_sheet(services: Services) -> None:
    made = keyed(services, case_of(services))
    fact = stored(services, made.fact_id)
    assert fact.fact.paper == Paper(keyed_by="联络员", visited_by=teacher(services), scan="")
    assert fact.fact.happened_at == "2019-12-11T15:20:00+08:00"
    assert fact.fact.captured_at == "2019-12-12T10:00:00+08:00"
    assert decode(fact.data) == fact.fact
    assert not fact.tray
    assert services.database.read(audit.listed)[0].action == "paper.key_in"


def test_its_chain_is_signed_by_a_device_of_the_school_made_at_the_first_record(
    services: Services,
) -> None:
    case = case_of(services)
    assert services.database.read(office_devices.ids) == set()
    first, second = keyed(services, case), keyed(services, case, "statement", STATEMENT)
    assert (first.device, first.n, second.n) == (second.device, 1, 2)
    device = services.database.read(lambda c: devices.by_id(c, first.device))
    assert (device.name, device.state, device.staff) == (office_devices.NAME, "confirmed", "")
    stubs = services.database.read(lambda c: evidence.chains(c, [device.id]))
    assert [s.n for s in stubs] == [1, 2]
    assert all(signature_holds(device.public_key, s.link, s.sig) for s in stubs)
    assert device.link == stubs[-1].link
    key = office_device.key_path(services.settings, device.id)
    assert key.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in key.read_bytes()


def test_each_school_has_a_device_of_its_own(services: Services) -> None:
    one = keyed(services, case_of(services))
    other = keyed(services, case_of(services, "02"), unit="02")
    assert one.device != other.device
    assert (one.n, other.n) == (1, 1)


def test_the_same_form_sent_twice_makes_one_record(services: Services) -> None:
    case = case_of(services)
    first = keyed(services, case, request_id="f")
    again = keyed(services, case, request_id="f", body=STATEMENT, kind="statement")
    assert (again.fact_id, again.again, first.again) == (first.fact_id, True, False)
    other = keyed(services, case_of(services, "02"), unit="02", request_id="f")
    assert other.fact_id != first.fact_id, "a form is known in its school alone"


def test_two_who_type_at_once_get_one_device_and_a_place_each(services: Services) -> None:
    case = case_of(services)
    by = teacher(services)
    made = at_once(services, partial(_typed, case, by), threads=4)
    assert sorted(record.n for record in made) == [1, 2, 3, 4, 5]
    assert len({record.device for record in made}) == 1


def test_on_postgresql_two_programs_make_one_record_of_a_form_and_one_of_a_picture(
    postgres_url: str, tmp_path: Path
) -> None:
    root = open_engine(postgres_url, writes=True).execution_options(isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE paper")
    root.dispose()
    url = postgres_url.rsplit("/", 1)[0] + "/paper"
    given = Settings(data_dir=tmp_path / "pg", database_url=url, clock_spec=CLOCK)
    server, command = with_season(Services.open(given)), Services.open(given).in_season()
    server.database.write(fill)
    case, by = case_of(server), teacher(server)
    for number in range(8):
        typed = partial(
            keyed,
            case=case,
            kind="statement",
            body=STATEMENT,
            visited_by=by,
            request_id=f"{number}",
        )
        first, second = _by_both(server, command, typed)
        assert (first.fact_id, {first.again, second.again}) == (second.fact_id, {True, False})
        bound = partial(
            attach_scan, unit="01", fact_id=first.fact_id, picture=sheet(f"{number}"), who="t"
        )
        assert sorted(one.again for one in _by_both(server, command, bound)) == [False, True]
    server.close()
    command.close()


def _by_both(
    server: Services, command: Services, verb: Callable[[Services], KeyedRecord]
) -> list[KeyedRecord]:
    together = threading.Barrier(2)

    def press(services: Services) -> KeyedRecord:
        together.wait()
        return verb(services)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(press, (server, command)))


def _typed(case: str, by: str, services: Services) -> KeyedRecord:
    return keyed(services, case, "statement", STATEMENT, visited_by=by)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"body": {**VISIT, "met": ""}}, "fact.field_missing", "met"),
        ({"body": {**VISIT, "outcome": " "}}, "fact.field_missing", "outcome"),
        ({"body": {**VISIT, "promise_date": ""}}, "fact.field_missing", "promise_date"),
        ({"body": {**VISIT, "promise_date": "2019-02-30"}}, "fact.out_of_bounds", "promise_date"),
        ({"body": {**VISIT, "met": "the_moon"}}, "fact.out_of_bounds", "met"),
        ({"body": {**VISIT, "visitors": "甲"}}, "fact.out_of_bounds", "visitors"),
        ({"body": {**VISIT, "note": "长" * 4001}}, "fact.out_of_bounds", "note"),
        ({"body": {**VISIT, "weather": "雪"}}, "fact.out_of_bounds", "weather"),
        ({"happened_at": "2019-12-12T10:01"}, "fact.out_of_bounds", "happened_at"),
        ({"happened_at": "昨天"}, "fact.out_of_bounds", "happened_at"),
        ({"happened_at": "2016-12-11T15:00"}, "fact.out_of_bounds", "happened_at"),
        (
            {"kind": "statement", "body": {**STATEMENT, "narrative": ""}},
            "fact.field_missing",
            "narrative",
        ),
        (
            {"kind": "notice_delivery", "body": {**DELIVERY, "signer_relation": ""}},
            "fact.field_missing",
            "signer_relation",
        ),
        ({"kind": "disclosure", "body": {"what": "amount"}}, "fact.unknown_kind", ""),
        ({"visited_by": "nobody"}, "staff.unknown", ""),
        ({"scan": "a" * 64}, "photo.unknown", ""),
        ({"request_id": ""}, "request.unreadable", ""),
        ({"who": ""}, "fact.out_of_bounds", "paper"),
        ({"case": "no-such-case"}, "case.unknown", ""),
    ],
)
def test_what_the_phone_or_the_ledger_would_refuse_is_refused_before_it_is_signed(
    services: Services, changes: dict[str, Any], code: str, field: str
) -> None:
    assert refusal(services, **changes) == (code, field)
    chains = select(t.device.c.n).where(t.device.c.kind == "office")
    assert services.database.read(lambda c: list(c.execute(chains).scalars())) in ([], [0])


def test_a_case_of_another_school_is_not_found(services: Services) -> None:
    theirs = case_of(services, "02")
    assert refusal(services, case=theirs)[0] == "case.unknown"


def test_a_teacher_of_another_school_did_not_visit(services: Services) -> None:
    assert refusal(services, visited_by=teacher(services, "丙", "02"))[0] == "staff.unknown"


def test_flags_ask_for_a_reason_and_stand_in_the_record(services: Services) -> None:
    body = {**VISIT, "visitors": ["甲"]}
    code, field = refusal(services, body=body, happened_at="2019-12-11T22:30")
    assert (code, field) == ("fact.field_missing", "flag_reason")
    case, late = case_of(services), "2019-12-11T22:30"
    shown = flags_of(
        services,
        "01",
        case_id=case,
        kind="visit",
        body=body,
        happened_at=late,
        visited_by=teacher(services),
    )
    made = keyed(services, case, body=body, happened_at=late, reason="对方约的时间")
    assert made.flags == shown == ("outside_hours", "alone")
    assert stored(services, made.fact_id).fact.body["flag_reason"] == "对方约的时间"


def test_a_second_visit_too_soon_is_flagged_whoever_made_the_first(services: Services) -> None:
    case = case_of(services)
    keyed(services, case)
    with pytest.raises(ProblemError) as refused:
        keyed(services, case, by="乙", happened_at="2019-12-12T09:00")
    assert refused.value.values["flags"] == ("too_soon",)


def test_a_signed_delivery_wants_a_picture_of_the_slip(services: Services) -> None:
    case = case_of(services)
    with pytest.raises(ProblemError) as refused:
        keyed(services, case, "notice_delivery", DELIVERY)
    assert refused.value.values["flags"] == ("no_photo",)
    scan = keep_picture(services, "01", sheet())
    made = keyed(services, case, "notice_delivery", DELIVERY, scan=scan)
    fact = stored(services, made.fact_id).fact
    assert (made.flags, fact.photos, fact.paper and fact.paper.scan) == ((), (scan,), scan)


def test_nobody_named_as_going_is_the_teacher_alone(services: Services) -> None:
    made = keyed(services, case_of(services), body={**VISIT, "visitors": []}, reason="同行有事")
    assert stored(services, made.fact_id).fact.body["visitors"] == ["甲"]
    assert made.flags == ("alone",)


def test_answers_of_another_outcome_are_left_out(services: Services) -> None:
    body = {**VISIT, "outcome": "hardship"}
    made = keyed(services, case_of(services), body=body)
    assert "promise_date" not in stored(services, made.fact_id).fact.body


def test_a_second_statement_supersedes_the_first(services: Services) -> None:
    case = case_of(services)
    first = keyed(services, case, "statement", STATEMENT)
    second = keyed(services, case, "statement", {**STATEMENT, "narrative": "再写一次"})
    assert stored(services, second.fact_id).fact.body["supersedes"] == first.fact_id


def test_the_picture_of_a_sheet_about_health_is_no_evidence_that_wants_consent(
    services: Services,
) -> None:
    scan = keep_picture(services, "01", sheet())
    body = {**STATEMENT, "reason": "illness"}
    case = case_of(services)
    made = keyed(services, case, "statement", body, scan=scan)
    assert "evidence" not in stored(services, made.fact_id).fact.body
    paper = keep_picture(services, "01", sheet("diagnosis"))
    with pytest.raises(ProblemError) as refused:
        keyed(services, case, "statement", body, scan=scan, photos=(paper,))
    assert refused.value.values["field"].code == "evidence_purpose"


def test_a_visit_by_somebody_else_than_the_cases_teacher_is_in_the_tray(services: Services) -> None:
    made = keyed(services, case_of(services), by="乙")
    assert stored(services, made.fact_id).tray


def test_a_visit_to_somebody_who_has_no_teacher_is_not_in_the_tray(services: Services) -> None:
    made = keyed(services, case_ids(services, "01")[0])
    assert not stored(services, made.fact_id).tray


def test_a_correction_by_paper_of_a_phones_record_is_the_teachers(
    services: Services, phone: RawPhone
) -> None:
    case = case_ids(services, "01")[0]
    data = fact_bytes(case)
    pushed(services, phone, data)
    fact_id = decode(data).id
    body = {**VISIT, "outcome": "refuses"}
    made = correct_keyed(
        services,
        "01",
        fact_id=fact_id,
        reason="写错了",
        body=body,
        flag_reason="",
        request_id="c",
        who="联络员",
    )
    correction = stored(services, made.fact_id).fact
    assert correction.paper == Paper(keyed_by="联络员", visited_by=phone.staff)
    (now,) = in_force(services, case)
    assert (now.id, now.body["outcome"], now.happened_at) == (
        fact_id,
        "refuses",
        decode(data).happened_at,
    )
    assert now.paper is not None, "the words in force come from paper"


def pushed(services: Services, phone: RawPhone, data: bytes) -> None:

    asked = _unpack(wire.PushRequest(facts=[phone.chained(data)]), phone.public_key)
    (outcome,), _ = services.database.write(
        lambda c: ledger.push(c, phone.device, asked, "2019-12-12T02:00:00+00:00")
    )
    assert outcome.outcome == "created"


def in_force(services: Services, case: str) -> list[Any]:

    found = services.database.read(lambda c: cases.facts_of(c, [case]))
    return lifecycle.in_force([one.fact for one in found[case]])


def test_a_record_can_be_withdrawn_by_paper_once(services: Services) -> None:
    case = case_of(services)
    made = keyed(services, case)
    asked = {"fact_id": made.fact_id, "reason": "录重了", "body": None, "who": "联络员"}
    first = correct_keyed(services, "01", request_id="w", **asked)
    assert correct_keyed(services, "01", request_id="w", **asked).fact_id == first.fact_id
    assert in_force(services, case) == []
    with pytest.raises(ProblemError, match=r"fact\.unknown"):
        attach_scan(services, "01", made.fact_id, sheet(), who="联络员")


def test_a_correction_wants_a_reason(services: Services) -> None:
    made = keyed(services, case_of(services))
    with pytest.raises(ProblemError) as refused:
        correct_keyed(
            services, "01", fact_id=made.fact_id, reason=" ", body=None, request_id="w", who="x"
        )
    assert refused.value.values["field"].code == "reason"


def test_a_record_of_another_schools_case_cannot_be_corrected(services: Services) -> None:
    made = keyed(services, case_of(services, "02"), unit="02")
    with pytest.raises(ProblemError, match=r"fact\.unknown"):
        correct_keyed(
            services, "01", fact_id=made.fact_id, reason="x", body=None, request_id="w", who="x"
        )


def test_a_scan_that_follows_is_bound_by_a_signed_correction_and_once(services: Services) -> None:
    case = case_of(services)
    made = keyed(services, case, "notice_delivery", DELIVERY, reason="回校后补拍")
    assert made.flags == ("no_photo",)
    bound = attach_scan(services, "01", made.fact_id, sheet(), who="联络员")
    again = attach_scan(services, "01", made.fact_id, sheet(), who="联络员")
    assert (again.again, again.fact_id, again.device) == (True, bound.fact_id, made.device)
    (now,) = in_force(services, case)
    assert now.paper is not None
    assert now.photos == (now.paper.scan,)
    assert "flags" not in now.body, "the photo of the proof is there"
    kept = Image.open(io.BytesIO(services.files.read(now.paper.scan)))
    assert not kept.getexif()
    later = correct_keyed(
        services,
        "01",
        fact_id=made.fact_id,
        reason="补签收人",
        body={**DELIVERY, "signer_name": "样例"},
        request_id="n",
        who="联络员",
    )
    assert later.n == 3
    (now,) = in_force(services, case)
    assert now.photos == (now.paper.scan,), "a correction without pictures keeps the scan"


def test_a_phones_record_takes_no_scan(services: Services, phone: RawPhone) -> None:
    data = fact_bytes(case_ids(services, "01")[0])
    pushed(services, phone, data)
    with pytest.raises(ProblemError, match=r"fact\.not_from_paper"):
        attach_scan(services, "01", decode(data).id, sheet(), who="x")


def test_a_picture_is_kept_upright_small_and_without_what_the_camera_wrote(
    services: Services,
) -> None:
    turned = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(io.BytesIO(sheet(size=(3000, 2000)))).save(turned, "JPEG", exif=exif)
    kept = Image.open(
        io.BytesIO(services.files.read(keep_picture(services, "01", turned.getvalue())))
    )
    assert kept.size == (1067, 1600)
    assert not kept.getexif()


def test_a_png_and_a_pdf_of_one_page_are_pictures_too(services: Services) -> None:
    back, pdf = Image.new("RGB", (600, 800), "white"), io.BytesIO()
    front = Image.open(io.BytesIO(sheet(kind="PNG")))
    front.convert("RGB").save(pdf, "PDF", save_all=True, append_images=[back])
    for data in (sheet(kind="PNG"), pdf.getvalue()):
        assert services.files.read(keep_picture(services, "01", data))[:2] == b"\xff\xd8"
    front.convert("RGB").save(pdf, "PDF", save_all=True, append_images=[front.convert("RGB")])
    with pytest.raises(ProblemError, match=r"photo\.several_pages"):
        keep_picture(services, "01", pdf.getvalue())


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "photo.empty"), (b"MZ", "photo.unreadable"), (b"\xff\xd8\xff", "photo.unreadable")],
)
def test_what_is_no_picture_is_named(services: Services, data: bytes, code: str) -> None:
    with pytest.raises(ProblemError) as refused:
        keep_picture(services, "01", data)
    assert refused.value.code == code


async def test_a_phone_cannot_send_a_record_marked_as_from_paper(
    phone: RawPhone, services: Services
) -> None:
    paper = Paper(keyed_by="甲", visited_by=phone.staff)
    data = fact_bytes(case_ids(services, "01")[0], paper=paper)
    reply = await phone.push(phone.chained(data))
    problem = reply.outcomes[0].problem
    assert problem is not None
    assert problem["code"] == "fact.paper_elsewhere"


async def test_nobody_enrols_with_the_office_devices_key(
    services: Services, phone: RawPhone
) -> None:
    made = keyed(services, case_of(services))
    settings = services.settings
    key = SigningKey(office_device.key_path(settings, made.device), settings.secret("passphrase"))
    thief = RawPhone(phone.http)
    thief.key = key._private
    issued = phones.issue(services, "01", "甲", who="t")
    answer = await phone.http.post("/v1/enrol", content=thief.enrol_request(issued.code))
    assert answer.json()["code"] == "enrol.key_known"


@pytest.mark.parametrize(
    "verb",
    [
        lambda s, d: phones.confirm(s, d, who="t"),
        lambda s, d: phones.revoke(s, d, who="t"),
        lambda s, d: phones.accept_more(s, d, who="t"),
        lambda s, d: recovery.issue(s, d, who="t"),
    ],
)
def test_the_office_device_is_no_phone(services: Services, verb: Any) -> None:
    made = keyed(services, case_of(services))
    with pytest.raises(ProblemError, match=r"device\.office"):
        verb(services, made.device)
    assert services.database.read(lambda c: devices.by_id(c, made.device)).state == "confirmed"


def test_it_counts_as_no_phone(services: Services) -> None:
    keyed(services, case_of(services))
    assert services.database.read(lambda c: devices.count_confirmed(c, SEASON)) == 0
    assert not services.database.read(devices.any_enrolled)


def renewed(services: Services, case: str, before: str) -> None:
    """The next record has a new device and chain; the one before is stopped and keeps its chain."""
    made = keyed(services, case, "statement", STATEMENT)
    assert (made.device != before, made.n) == (True, 1)
    old = services.database.read(lambda c: devices.by_id(c, before))
    new = services.database.read(lambda c: devices.by_id(c, made.device))
    assert (old.state, old.n, new.replaces) == ("revoked", 1, before)
    assert keyed(services, case, "statement", STATEMENT).device == made.device


def test_after_a_restore_another_device_takes_its_place(services: Services) -> None:
    case = case_of(services)
    before = keyed(services, case).device
    services.database.epoch = services.database.write(new_epoch)
    renewed(services, case, before)


def test_in_a_copied_data_folder_another_device_takes_its_place(services: Services) -> None:

    case = case_of(services)
    before = keyed(services, case).device
    found = serving_mark.Copied(
        path="p", since="s", found_at=services.settings.real_now().isoformat()
    )
    services.database.write(lambda c: serving_mark.put(c, serving_mark.COPIED, found))
    renewed(services, case, before)


@pytest.mark.parametrize("damage", ["gone", "empty", "another's", "broken"])
def test_a_key_that_is_lost_makes_another_device(services: Services, damage: str) -> None:
    case = case_of(services)
    before = keyed(services, case).device
    path = office_device.key_path(services.settings, before)
    if damage == "gone":
        path.unlink()
    elif damage == "another's":
        path.unlink()
        SigningKey(path, services.settings.secret("passphrase"))
    else:
        path.write_bytes(b"" if damage == "empty" else b"-----BEGIN")
    renewed(services, case, before)


def test_the_key_of_a_device_that_was_never_stored_is_swept(services: Services) -> None:
    path = office_device.key_path(services.settings, "0")
    path.write_bytes(b"left by a kill")
    keyed(services, case_of(services))
    assert not path.exists()


def test_a_closed_season_takes_none(services: Services) -> None:
    case, by = case_of(services), teacher(services)
    services.database.write(
        lambda c: c.execute(update(t.season).where(t.season.c.id == SEASON).values(state="closed"))
    )
    with pytest.raises(ProblemError, match=r"season\.closed"):
        keyed(services, case, visited_by=by)


async def test_the_teacher_whose_visit_it_was_gets_it_with_the_case_and_its_picture(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01", phone.staff)[0]
    scan = keep_picture(services, "01", sheet())
    made = keyed(services, case, scan=scan)
    other = keyed(services, case, "statement", STATEMENT, by="乙")
    device = services.database.read(lambda c: devices.by_id(c, phone.device))
    (change,) = services.database.read(lambda c: own_records.of_cases(c, device, 1, [case]))

    assert [decode(wire.unb64(record.bytes)).id for record in change.own] == [made.fact_id]
    assert stored(services, other.fact_id).tray
    answer = await phone.ask("GET", f"/v1/photos/own/{scan}")
    assert (answer.status_code, answer.content) == (200, services.files.read(scan))


def test_one_sheet_may_list_several_people(services: Services) -> None:
    one, other = case_ids(services, "01")[:2]
    scan = keep_picture(services, "01", sheet())
    for case in (one, other):
        keyed(services, case, scan=scan)
    assert slips.flags(services, "01") == {}


@about_sqlite("its backup; for PostgreSQL see test_postgresql_backup.py")
def test_a_restored_backup_goes_on_with_another_chain(services: Services, tmp_path: Path) -> None:
    case = case_of(services)
    before = keyed(services, case)
    backup(services, tmp_path / "backup")
    later = keyed(services, case, "statement", STATEMENT)
    assert (later.device, later.n) == (before.device, 2)
    restore(tmp_path / "backup", tmp_path / "new", now=services.settings.real_now(), who="t")
    restored = Services.open(Settings(data_dir=tmp_path / "new", clock_spec=CLOCK)).in_season()
    try:
        assert office_device.key_path(restored.settings, before.device).exists()
        renewed(restored, case, before.device)
        chain = restored.database.read(lambda c: evidence.chains(c, [before.device]))
        assert [s.n for s in chain] == [1], "number 2, signed elsewhere, is never signed here"
    finally:
        restored.close()


def test_a_purge_stops_the_device_and_destroys_its_key(services: Services) -> None:
    made = keyed(services, case_of(services), request_id="form-of-a-name")
    purge(services, SEASON, who="县中心", really="演示")
    device = services.database.read(lambda c: devices.by_id(c, made.device))
    assert (device.state, device.name, device.n) == ("revoked", "", 1)
    assert not office_device.key_path(services.settings, made.device).exists()
    left = select(t.fact.c.visited_by, t.fact.c.data)
    assert services.database.read(lambda c: [tuple(r) for r in c.execute(left)]) == [("", b"")]
    assert services.database.read(lambda c: c.execute(select(t.keyed_form)).first()) is None


def test_a_record_is_typed_in_and_its_scan_added_on_the_command_line(
    services: Services, tmp_path: Path
) -> None:
    case_of(services)
    row = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))[0]
    data, picture = services.settings.data_dir, tmp_path / "sheet.jpg"
    picture.write_bytes(sheet())
    words = ("--set", "met=self", "--set", "outcome=hardship", "--set", "visitors=甲、乙")
    asked = ("paper", "key-in", "01", row["code"], "visit", "--by", "甲", "--at", AT, *words)
    made = report(doorstep(*asked, "--form", "7", "--json", data=data))
    assert (made["n"], made["flags"], made["again"]) == (1, [], False)
    assert report(doorstep(*asked, "--form", "7", "--json", data=data))["again"]
    bound = report(doorstep("paper", "scan", "01", made["record"], picture, "--json", data=data))
    assert bound["n"] == 2
    wrong = doorstep(*asked[:4], "visit", "--by", "丁", "--at", AT, *words, data=data)
    assert (wrong.returncode, "staff.unknown" in wrong.stdout + wrong.stderr) == (1, True)


async def test_pages_mark_what_comes_from_paper_and_ask_for_no_phone(
    app: Litestar, services: Services
) -> None:
    people(services)
    liaison = await signed_in(app, "one")
    case = case_of(services)
    assert "还没有登记手机" in (await liaison.get("/schools/01")).text
    made = keyed(services, case, by="乙")
    for path in (f"/cases/{case}", "/schools/01/review?show=received"):
        text = (await liaison.get(path)).text
        assert ">纸质<" in text
        assert "联络员按纸质记录录入" in text
        assert " · 乙 · " in text
    school = (await liaison.get("/schools/01")).text
    assert "还没有登记手机" not in school
    assert ">纸质<" in school, "it is in the tray"
    phones_page = (await liaison.get("/schools/01/phones")).text
    assert office_devices.NAME in phones_page
    assert f"/phones/{made.device}/" not in phones_page, "nothing to confirm or to stop"
    answer = await liaison.post(f"/schools/01/phones/{made.device}/revoke")
    assert answer.status_code == 404
