"""A small season over real processes: a server, phones, an office, and a network that fails on demand."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_server.office import assignment, phones, review
from sync_server.sample.processes import Phone
from sync_server.store import devices, progress, units
from tests.end_to_end.conftest import County
from tests.support.bodies import DELIVERY, STATEMENT, VISIT
from tests.support.county import SEASON, repaid
from tests.support.devices import case_ids
from tests.support.ledger import facts_of, photos_of

NewPhone = Callable[..., Phone]


def test_a_teacher_enrols_and_gets_the_assigned_cases(county: County, new_phone: NewPhone) -> None:
    phone = new_phone(county.school())
    lines = phone.ask("cases")
    assert len(lines) == 4
    assert {line["todo"] for line in lines} == {"deliver"}
    assert all("样例" in line["name"] for line in lines), (
        "the teacher finds the door by the whole name"
    )


def test_a_phone_gets_nothing_before_the_liaison_confirms_it(
    county: County, new_phone: NewPhone
) -> None:
    from sync_server.office import phones

    unit = county.school()
    phone = new_phone(unit, ready=False)
    issued = phones.issue(county.services, unit, "甲", who="t")
    phone.ask("enrol", url=county.url, code=issued.code)
    got = phone.ask("sync")
    assert (got["ok"], got["problem_code"]) == (False, "device.unconfirmed")
    assert phone.ask("cases") == []


def test_a_day_of_visits_arrives_completely(
    county: County, new_phone: NewPhone, picture: Path
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    a, b = (line["id"] for line in phone.ask("cases")[:2])
    photo = phone.ask("take_photo", case=a, file=str(picture))["sha256"]
    phone.ask("record", kind="notice_delivery", case=a, body=DELIVERY, photos=[photo])
    visit = phone.ask("record", kind="visit", case=a, body=VISIT)
    phone.ask(
        "record", kind="visit", case=b, body={**VISIT, "outcome": "illness", "promise_date": ""}
    )
    phone.ask("record", kind="statement", case=b, body=STATEMENT)
    phone.ask(
        "correct",
        fact=visit["fact"],
        reason="日期听错",
        body={**VISIT, "promise_date": "2019-12-19"},
    )
    got = phone.ask("sync")
    assert (got["ok"], got["sent"], got["rejected"], got["photos"], got["complete"]) == (
        True,
        5,
        0,
        1,
        True,
    )
    assert facts_of(county.services, unit) == [
        "notice_delivery",
        "visit",
        "visit",
        "statement",
        "correction",
    ]
    assert photos_of(county.services, unit) == 1
    assert phone.ask("outbox")["all_sent"]
    assert phone.ask("case", case=a)["line"]["promise_date"] == "2019-12-19"


def test_a_record_undone_within_ten_seconds_leaves_no_trace(
    county: County, new_phone: NewPhone, picture: Path
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    case = phone.ask("cases")[0]["id"]
    photo = phone.ask("take_photo", case=case, file=str(picture))["sha256"]
    saved = phone.ask("record", kind="visit", case=case, body=VISIT, photos=[photo])
    assert phone.ask("undo", fact=saved["fact"]) is True
    got = phone.ask("sync")
    assert (got["sent"], got["photos"]) == (0, 0)
    assert facts_of(county.services, unit) == []


def test_a_sent_record_can_be_corrected_but_not_undone(county: County, new_phone: NewPhone) -> None:
    phone = new_phone(county.school())
    saved = phone.ask("record", kind="visit", case=phone.ask("cases")[0]["id"], body=VISIT)
    phone.ask("sync")
    assert phone.ask("undo", fact=saved["fact"]) is False
    phone.ask("correct", fact=saved["fact"], reason="没有去过", body=None)
    assert phone.ask("sync")["sent"] == 1


def test_a_push_repeated_after_a_lost_answer_makes_no_duplicate(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    phone.ask("record", kind="visit", case=phone.ask("cases")[0]["id"], body=VISIT)
    before = county.proxy.lost
    county.proxy.lose_next_answer()
    got = phone.ask("sync")
    assert county.proxy.lost == before + 1
    assert (got["ok"], got["sent"], got["duplicates"], got["retries"]) == (True, 1, 1, 1)
    assert facts_of(county.services, unit) == ["visit"]


def test_a_doubled_request_makes_no_duplicate(county: County, new_phone: NewPhone) -> None:
    unit = county.school()
    phone = new_phone(unit)
    phone.ask("record", kind="visit", case=phone.ask("cases")[0]["id"], body=VISIT)
    county.proxy.double_next_request()
    assert phone.ask("sync")["ok"]
    assert facts_of(county.services, unit) == ["visit"]


def test_a_garbled_answer_is_a_plain_problem_and_loses_nothing(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    phone.ask("record", kind="visit", case=phone.ask("cases")[0]["id"], body=VISIT)
    county.proxy.garble_next_answer()
    phone.ask("sync")
    assert phone.ask("sync")["ok"]
    assert facts_of(county.services, unit) == ["visit"]
    assert phone.ask("outbox")["all_sent"]


def test_an_upload_that_is_cut_resumes_at_the_byte(
    county: County, new_phone: NewPhone, picture: Path
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    case = phone.ask("cases")[0]["id"]
    taken = phone.ask("take_photo", case=case, file=str(picture))
    phone.ask("record", kind="notice_delivery", case=case, body=DELIVERY, photos=[taken["sha256"]])
    assert taken["size_bytes"] > 120_000
    county.proxy.cut_request_after(100_000)
    got = phone.ask("sync")
    assert (got["ok"], got["photos"], got["resumed"]) == (True, 1, 1)
    assert got["photo_bytes"] < taken["size_bytes"] - 50_000, "only what was missing went up again"
    stored = county.services.files.read(taken["sha256"])
    assert len(stored) == taken["size_bytes"]


def test_a_lost_last_answer_of_an_upload_sends_no_photo_twice(
    county: County, new_phone: NewPhone, picture: Path
) -> None:
    phone = new_phone(county.school())
    case = phone.ask("cases")[0]["id"]
    taken = phone.ask("take_photo", case=case, file=str(picture))
    phone.ask("record", kind="notice_delivery", case=case, body=DELIVERY, photos=[taken["sha256"]])
    # facts, missing, then the photo itself
    county.proxy.lose_answer_of(county.proxy.turns + 3)
    got = phone.ask("sync")
    assert (got["ok"], got["retries"], got["photo_bytes"]) == (True, 1, 0)
    assert phone.ask("outbox")["all_sent"]


def test_without_a_network_everything_waits_on_the_phone(
    county: County, new_phone: NewPhone
) -> None:
    phone = new_phone(county.school())
    county.proxy.online = False
    county.proxy.drop_all()
    try:
        phone.ask("record", kind="visit", case=phone.ask("cases")[0]["id"], body=VISIT)
        got = phone.ask("sync")
        assert (got["ok"], got["problem_code"]) == (False, "net.unreachable")
        assert phone.ask("outbox")["unsent"] == 1
    finally:
        county.proxy.online = True
    assert phone.ask("sync")["sent"] == 1


def test_a_repaid_case_leaves_the_visits_and_returns_when_the_payment_is_reversed(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    key = (int(unit) - 1) * 4
    repaid(county.services, "2019-12-12", {f"C{key:05d}": 100_00})
    phone.ask("sync")
    assert (phone.ask("today")["paid"], len(phone.ask("cases", only="not_delivered"))) == (1, 3)
    repaid(county.services, "2019-12-13", {f"C{key:05d}": 99_00})
    phone.ask("sync")
    assert (phone.ask("today")["paid"], len(phone.ask("cases", only="not_delivered"))) == (0, 4)
    assert phone.ask("today")["list_as_of"] == "2019-12-13"


def test_a_returned_record_stands_on_top_of_today_until_it_is_corrected(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    saved = phone.ask("record", kind="visit", case=phone.ask("cases")[0]["id"], body=VISIT)
    phone.ask("sync")
    item = review.queue(county.services, unit)[0]
    review.review(county.services, item.fact.fact.id, "returned", "请写明见到谁", who="联络员")
    phone.ask("sync")
    assert [returned["comment"] for _, returned in phone.ask("today")["returned"]] == [
        "请写明见到谁"
    ]
    phone.ask("correct", fact=saved["fact"], reason="补写", body={**VISIT, "met": "parent"})
    phone.ask("sync")
    assert phone.ask("today")["returned"] == []


def test_work_on_a_case_that_was_reassigned_meanwhile_lands_in_the_tray(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    first, second = new_phone(unit, "甲"), new_phone(unit, "乙")
    case = first.ask("cases")[0]["id"]
    first.ask("record", kind="visit", case=case, body=VISIT)
    people = county.services.database.read(lambda c: units.staff_of(c, SEASON, unit))
    other = next(p.id for p in people if p.name == "乙")
    assignment.assign(county.services, [case], other, who="t")
    got = first.ask("sync")
    assert (got["sent"], got["rejected"], got["gone"]) == (1, 0, 1)
    assert case not in {line["id"] for line in first.ask("cases")}
    assert second.ask("sync")["complete"]
    line = next(line for line in second.ask("cases") if line["id"] == case)
    assert line["visits"] == 1
    assert [
        a.case_id for a in county.services.database.read(lambda c: progress.tray(c, SEASON, unit))
    ] == [case]


def test_a_half_written_form_keeps_its_reassigned_case_until_it_is_handed_in(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    first = new_phone(unit, "甲")
    new_phone(unit, "乙")
    case = first.ask("cases")[0]["id"]
    first.ask("save_draft", case=case, form="visit", fields={"met": "self"})
    people = county.services.database.read(lambda c: units.staff_of(c, SEASON, unit))
    assignment.assign(
        county.services, [case], next(p.id for p in people if p.name == "乙"), who="t"
    )
    got = first.ask("sync")
    assert (got["gone"], got["complete"]) == (1, True)
    assert all(draft["name"] for draft in first.ask("drafts"))
    first.ask("record", kind="visit", case=case, body=VISIT)
    first.ask("drop_draft", case=case, form="visit")
    got = first.ask("sync")
    assert (got["sent"], got["rejected"]) == (1, 0)
    assert case not in {line["id"] for line in first.ask("cases")}
    assert [
        a.case_id for a in county.services.database.read(lambda c: progress.tray(c, SEASON, unit))
    ] == [case]


def test_a_draft_survives_a_kill_of_the_app(county: County, new_phone: NewPhone) -> None:
    phone = new_phone(county.school())
    case = phone.ask("cases")[0]["id"]
    phone.ask(
        "save_draft", case=case, form="visit", fields={"met": "parent", "note": "母亲在家,说"}
    )
    phone.stop(signal.SIGKILL)
    (draft,) = phone.ask("drafts")
    assert (draft["case"], draft["form"], draft["fields"]["note"]) == (case, "visit", "母亲在家,说")


def test_a_record_survives_a_kill_right_after_saving(county: County, new_phone: NewPhone) -> None:
    unit = county.school()
    phone = new_phone(unit)
    phone.ask("record", kind="visit", case=phone.ask("cases")[0]["id"], body=VISIT)
    phone.stop(signal.SIGKILL)
    assert phone.ask("sync")["sent"] == 1
    assert facts_of(county.services, unit) == ["visit"]


def test_enrolling_again_loses_no_unsent_work(county: County, new_phone: NewPhone) -> None:
    unit = county.school()
    phone = new_phone(unit)
    phone.ask("record", kind="visit", case=phone.ask("cases")[0]["id"], body=VISIT)
    county.enrol(phone)
    got = phone.ask("sync")
    assert (got["ok"], got["sent"], got["complete"]) == (True, 1, True)
    assert case_ids(county.services, unit) == sorted(line["id"] for line in phone.ask("cases"))


@pytest.mark.parametrize("clock", ["2001-01-01T00:00+08:00", "2047-06-01T00:00+08:00"])
def test_a_clock_that_is_years_off_blocks_nothing(
    county: County, new_phone: NewPhone, clock: str
) -> None:
    """P9 on a phone of its own process."""
    unit = county.school()
    phone = new_phone(unit, clock=clock)
    case = phone.ask("cases")[0]["id"]
    for kind, body in (("notice_delivery", DELIVERY), ("visit", VISIT)):
        phone.ask("record", kind=kind, case=case, body=body)
    got = phone.ask("sync")
    assert (got["ok"], got["sent"], got["rejected"], got["complete"]) == (True, 2, 0, True)
    assert facts_of(county.services, unit) == ["notice_delivery", "visit"]


def test_a_stopped_phone_keeps_its_work_and_hands_it_in_once_after_a_new_code(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    case = phone.ask("cases")[0]["id"]
    phone.ask("record", kind="visit", case=case, body=VISIT)
    assert phone.ask("sync")["sent"] == 1
    (before,) = county.services.database.read(lambda c: devices.of_unit(c, SEASON, unit))
    phones.revoke(county.services, before.id, who="t")
    phone.ask("record", kind="visit", case=case, body=VISIT)
    assert phone.ask("sync")["problem_code"] == "device.revoked"
    box = phone.ask("outbox")
    assert (box["unsent"], box["stopped"]) == (1, True)
    county.enrol(phone)
    got = phone.ask("sync")
    assert (got["ok"], got["sent"], got["rejected"], got["complete"]) == (True, 1, 0, True)
    assert (phone.ask("outbox")["all_sent"], phone.ask("outbox")["stopped"]) == (True, False)
    assert facts_of(county.services, unit) == ["visit", "visit"]
    (after,) = county.services.database.read(lambda c: devices.of_unit(c, SEASON, unit))
    assert (after.id, after.n) == (before.id, 2)
