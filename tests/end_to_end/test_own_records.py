"""A new phone of the same teacher: everything of hers is there, reads as hers and can be corrected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.records.base import Fact
from sync_server.office import assignment, phones, review
from sync_server.sample.processes import Phone
from sync_server.store import cases, devices, units
from tests.end_to_end.conftest import County
from tests.support.bodies import DELIVERY, STATEMENT, VISIT
from tests.support.county import SEASON

NewPhone = Callable[..., Phone]


def history(phone: Phone, case: str) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = phone.ask("case", case=case)["history"]
    return lines


def of_case(county: County, case: str) -> list[Fact]:
    found = county.services.database.read(lambda c: cases.facts_of(c, [case]))
    return [stored.fact for stored in found[case]]


def staff_id(county: County, unit: str, name: str) -> str:
    staff = county.services.database.read(lambda c: units.staff_of(c, SEASON, unit))
    return next(person.id for person in staff if person.name == name)


def test_a_new_phone_knows_what_the_teacher_did_on_the_one_before(
    county: County, new_phone: NewPhone, picture: Path
) -> None:
    unit = county.school()
    before = new_phone(unit)
    a, b = (line["id"] for line in before.ask("cases")[:2])
    photo = before.ask("take_photo", case=a, file=str(picture))["sha256"]
    before.ask("record", kind="notice_delivery", case=a, body=DELIVERY, photos=[photo])
    before.ask("record", kind="visit", case=a, body=VISIT)
    told = before.ask("record", kind="statement", case=b, body=STATEMENT)["fact"]
    assert before.ask("sync")["ok"]
    review.review(county.services, told, "returned", "请写清楚日期", who="何主任")
    assert before.ask("sync")["ok"]

    after = new_phone(unit, name="-new", ready=False)
    county.enrol(after)
    assert after.ask("sync")["complete"]
    for case in (a, b):
        there, here = before.ask("case", case=case), after.ask("case", case=case)
        assert [h["words"] for h in here["history"]] == [h["words"] for h in there["history"]]
        assert {h["state"] for h in here["history"]} == {"sent"}
        assert here["line"] == there["line"]
    assert "too_soon" in after.ask("advise", case=a, form="visit")["flags"]
    assert after.ask("case", case=b)["returned_elsewhere"] == []
    (line,) = after.ask("outbox")["returned"]
    assert (line["fact"], line["problem"]["zh"], line["by"]) == (told, "请写清楚日期", "何主任")
    assert after.ask("facts") == [], "nothing of it is in this phone's chain"

    body = {**STATEMENT, "narrative": "12月12日去过,没有人在家。"}
    after.ask("correct", fact=told, reason="按学校要求补充", kind="statement", body=body)
    assert after.ask("sync")["ok"]
    assert after.ask("outbox")["returned"] == []
    assert [f.kind for f in of_case(county, b)] == ["statement", "correction"]
    assert before.ask("sync")["ok"]
    assert [h["kind"] for h in history(before, b)] == ["correction", "statement"]


def test_a_correction_keeps_photos_that_only_the_office_has(
    county: County, new_phone: NewPhone, picture: Path
) -> None:
    unit = county.school()
    before = new_phone(unit)
    case = before.ask("cases")[0]["id"]
    photo = before.ask("take_photo", case=case, file=str(picture))["sha256"]
    made = before.ask("record", kind="notice_delivery", case=case, body=DELIVERY, photos=[photo])
    assert before.ask("sync")["ok"]
    after = new_phone(unit, name="-new", ready=False)
    county.enrol(after)
    assert after.ask("sync")["ok"]
    options = {"reason": "写错了", "kind": "notice_delivery", "photos": [photo]}
    after.ask("correct", fact=made["fact"], body={**DELIVERY, "note": "补"}, **options)
    assert after.ask("sync")["ok"]
    correction = of_case(county, case)[-1]
    assert (correction.kind, correction.photos) == ("correction", (photo,))


def test_a_colleagues_records_stay_with_the_office(county: County, new_phone: NewPhone) -> None:
    unit = county.school()
    hers = new_phone(unit)
    case = hers.ask("cases")[0]["id"]
    hers.ask("record", kind="visit", case=case, body=VISIT)
    assert hers.ask("sync")["ok"]
    colleague = new_phone(unit, "乙")
    assignment.assign(county.services, [case], staff_id(county, unit, "乙"), who="t")
    assert colleague.ask("sync")["ok"]
    assert history(colleague, case) == []
    assert colleague.ask("case", case=case)["earlier_visits"] == 1


def test_the_records_of_a_reassigned_case_leave_the_phone_and_come_back_with_it(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    before = new_phone(unit)
    case = before.ask("cases")[0]["id"]
    before.ask("record", kind="visit", case=case, body=VISIT)
    assert before.ask("sync")["ok"]
    after = new_phone(unit, name="-new", ready=False)
    county.enrol(after)
    assert after.ask("sync")["ok"]
    assert len(history(after, case)) == 1
    phones.issue(county.services, unit, "乙", who="t")
    other = staff_id(county, unit, "乙")
    assignment.assign(county.services, [case], other, who="t")
    assert after.ask("sync")["ok"]
    assert case not in {line["id"] for line in after.ask("cases")}
    (went,) = after.ask("outbox")["moved"]
    assert (went["to"], len(went["names"])) == ("乙", 1)
    after.stop()
    assert case not in {line["id"] for line in after.ask("cases")}
    assignment.assign(county.services, [case], staff_id(county, unit, "甲"), who="t")
    assert after.ask("sync")["ok"]
    assert len(history(after, case)) == 1


def test_a_stopped_phone_gets_nothing_of_hers(county: County, new_phone: NewPhone) -> None:
    unit = county.school()
    before = new_phone(unit)
    case = before.ask("cases")[0]["id"]
    before.ask("record", kind="visit", case=case, body=VISIT)
    assert before.ask("sync")["ok"]
    after = new_phone(unit, name="-new", ready=False)
    county.enrol(after)
    found = county.services.database.read(lambda c: devices.of_unit(c, SEASON, unit))
    phones.revoke(county.services, found[-1].id, who="t")
    assert after.ask("sync")["problem_code"] == "device.revoked"
    assert after.ask("cases") == []


def test_signing_out_takes_her_records_along_and_enrolling_brings_them_back(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    case = phone.ask("cases")[0]["id"]
    phone.ask("record", kind="visit", case=case, body=VISIT)
    assert phone.ask("sync")["ok"]
    phone.ask("sign_out")
    county.enrol(phone)
    assert phone.ask("sync")["complete"]
    assert len(history(phone, case)) == 1
    phone.ask("record", kind="visit", case=case, body={**VISIT, "outcome": "refused"})
    assert phone.ask("sync")["ok"]
    assert len(history(phone, case)) == 2
    phone.ask("sign_out")
    assert phone.ask("cases") == []
