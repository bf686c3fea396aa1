"""The office corrects who the teachers are; real phones follow at their next sync and lose nothing."""

from __future__ import annotations

from collections.abc import Callable

from shared.records.base import decode
from sync_server.office import assignment, phones, staff
from sync_server.sample.processes import Phone
from sync_server.store import cases, devices, teachers
from tests.end_to_end.conftest import County
from tests.support.bodies import VISIT
from tests.support.county import SEASON

NewPhone = Callable[..., Phone]


def ids(county: County, unit: str) -> dict[str, str]:
    known = county.services.database.read(lambda c: teachers.listed(c, SEASON, unit))
    return {teacher.name: teacher.id for teacher in known}


def all_cases(county: County, unit: str) -> list[str]:
    found = county.services.database.read(lambda c: cases.rows(c, SEASON, unit=unit))
    return sorted(row["id"] for row in found)


def on(phone: Phone) -> list[str]:
    return sorted(line["id"] for line in phone.ask("cases"))


def test_phones_of_a_merged_teacher_have_the_people_and_the_history_of_both(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    wrong = new_phone(unit, "王方")
    right = new_phone(unit, "王芳")
    everybody = all_cases(county, unit)
    known = ids(county, unit)
    assignment.assign(county.services, everybody[:2], known["王芳"], who="t")
    assert wrong.ask("sync")["complete"]
    assert right.ask("sync")["complete"]
    assert on(wrong) == everybody[2:]
    sent, unsent = everybody[2:]
    signed = wrong.ask("record", kind="visit", case=sent, body={**VISIT, "visitors": ["王方"]})
    assert wrong.ask("sync")["ok"]
    wrong.ask("record", kind="visit", case=unsent, body=VISIT)
    staff.merge(county.services, unit, known["王方"], known["王芳"], who="t")
    got = wrong.ask("sync")
    assert (got["sent"], got["rejected"], got["gone"], got["complete"]) == (1, 0, 0, True)
    assert right.ask("sync")["complete"]
    assert on(wrong) == on(right) == everybody
    assert wrong.ask("today")["teacher"] == "王芳"
    (line,) = right.ask("case", case=sent)["history"]
    assert line["state"] == "sent"
    stored = county.services.database.read(lambda c: cases.facts_of(c, everybody))
    assert [fact.tray for many in stored.values() for fact in many] == [False, False]
    (fact,) = stored[sent]
    assert fact.fact.id == signed["fact"]
    assert decode(fact.data).body["visitors"] == ["王方"]


def test_a_phone_that_was_away_during_a_merge_and_a_reassignment_is_right_afterwards(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    wrong = new_phone(unit, "王方")
    third = new_phone(unit, "丙")
    everybody = all_cases(county, unit)
    staff.add(county.services, unit, "王芳", who="t")
    known = ids(county, unit)
    assignment.assign(county.services, everybody[:1], known["丙"], who="t")
    staff.merge(county.services, unit, known["王方"], known["王芳"], who="t")
    assignment.assign(county.services, everybody[1:2], known["丙"], who="t")
    got = wrong.ask("sync")
    assert (got["gone"], got["complete"]) == (2, True)
    assert on(wrong) == everybody[2:]
    assert third.ask("sync")["complete"]
    assert on(third) == everybody[:2]


def test_a_merged_teachers_phone_enrols_again_with_what_it_had_not_sent(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    phone = new_phone(unit, "王方")
    case = on(phone)[0]
    phone.ask("record", kind="visit", case=case, body=VISIT)
    staff.add(county.services, unit, "王芳", who="t")
    known = ids(county, unit)
    staff.merge(county.services, unit, known["王方"], known["王芳"], who="t")
    phone.teacher = "王芳"
    county.enrol(phone)
    got = phone.ask("sync")
    assert (got["sent"], got["rejected"], got["complete"]) == (1, 0, True)


def test_a_corrected_name_is_the_phones_from_its_next_sync(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    phone = new_phone(unit, "王方")
    colleague = new_phone(unit, "李娜")
    staff.rename(county.services, unit, ids(county, unit)["王方"], "王芳", who="t")
    assert phone.ask("sync")["ok"]
    assert colleague.ask("sync")["ok"]
    assert phone.ask("today")["teacher"] == "王芳"
    assert colleague.ask("today")["colleagues"] == ["王芳"]
    assert colleague.ask("today")["renamed"] == {"王方": "王芳"}
    phone.stop()
    assert phone.ask("today")["teacher"] == "王芳"


def test_people_of_a_teacher_who_left_come_to_the_other_phone_and_the_last_record_still_counts(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    gone = new_phone(unit, "甲")
    stays = new_phone(unit, "乙")
    everybody = all_cases(county, unit)
    gone.ask("record", kind="visit", case=everybody[0], body=VISIT)
    known = ids(county, unit)
    staff.leave(county.services, unit, known["甲"], who="t")
    assert stays.ask("sync")["ok"]
    assert stays.ask("today")["colleagues"] == []
    assert assignment.reassign(county.services, unit, known["甲"], known["乙"], who="t") == 4
    got = gone.ask("sync")
    assert (got["sent"], got["rejected"], got["gone"]) == (1, 0, 4)
    assert on(gone) == []
    assert stays.ask("sync")["complete"]
    assert on(stays) == everybody
    line = next(line for line in stays.ask("cases") if line["id"] == everybody[0])
    assert line["visits"] == 1


def test_what_a_stopped_phone_had_not_sent_comes_in_once_it_is_found(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    lost = new_phone(unit, "甲")
    other = new_phone(unit, "乙")
    everybody = all_cases(county, unit)
    lost.ask("record", kind="visit", case=everybody[0], body=VISIT)
    known = ids(county, unit)
    found = county.services.database.read(lambda c: devices.of_unit(c, SEASON, unit))
    device = next(d for d in found if d.staff == known["甲"])
    phones.revoke(county.services, device.id, who="t")
    assert lost.ask("sync")["problem_code"] == "device.revoked"
    offers = county.services.database.read(lambda c: teachers.offers(c, SEASON, unit))
    assert [(o.name, o.people) for o in offers] == [("甲", 4)]
    assignment.reassign(county.services, unit, known["甲"], known["乙"], who="t")
    assert other.ask("sync")["complete"]
    assert on(other) == everybody
    county.enrol(lost)
    got = lost.ask("sync")
    assert (got["sent"], got["rejected"]) == (1, 0)
    assert on(lost) == []
