"""Schools are renamed and merged while phones are at work; the phones follow at their next sync and lose nothing."""

from __future__ import annotations

from collections.abc import Callable

from sync_server.office import assignment, phones, placing, schools
from sync_server.sample.processes import Phone
from sync_server.store import cases, devices, units
from tests.end_to_end.conftest import County
from tests.support.bodies import VISIT
from tests.support.county import SEASON

NewPhone = Callable[..., Phone]


def all_cases(county: County, unit: str) -> list[str]:
    found = county.services.database.read(lambda c: cases.rows(c, SEASON, unit=unit))
    return sorted(row["id"] for row in found)


def on(phone: Phone) -> list[str]:
    return sorted(line["id"] for line in phone.ask("cases"))


def merge(county: County, gone: str, into: str) -> None:
    schools.merge(county.services, gone, into, who="t", confirmed=True)


def test_a_phone_shows_the_new_name_of_its_school_after_the_next_sync(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    phone = new_phone(unit, "甲")
    case = on(phone)[0]
    phone.ask("record", kind="visit", case=case, body=VISIT)
    schools.rename(county.services, unit, f"改名第{unit}小学", who="t")
    got = phone.ask("sync")
    assert (got["sent"], got["rejected"], got["gone"], got["complete"]) == (1, 0, 0, True)
    assert phone.ask("today")["school"] == f"改名第{unit}小学"
    assert on(phone) == all_cases(county, unit)


def test_a_phone_of_a_merged_school_goes_on_as_the_other_schools_and_loses_nothing(
    county: County, new_phone: NewPhone
) -> None:
    gone, into = county.school(), county.school()
    moved, stays = new_phone(gone, "甲"), new_phone(into, "乙")
    mine, theirs = on(moved), on(stays)
    sent, unsent, later, *_ = mine
    signed = moved.ask("record", kind="visit", case=sent, body=VISIT)
    assert moved.ask("sync")["ok"]
    moved.ask("record", kind="visit", case=unsent, body=VISIT)
    merge(county, gone, into)
    got = moved.ask("sync")
    assert (got["sent"], got["rejected"], got["gone"], got["complete"]) == (1, 0, 0, True)
    assert on(moved) == mine
    assert stays.ask("sync")["complete"]
    assert on(stays) == theirs
    row = county.services.database.read(lambda c: units.unit(c, SEASON, into))
    assert row is not None
    assert moved.ask("today")["school"] == row.name
    moved.ask("record", kind="visit", case=later, body=VISIT)
    got = moved.ask("sync")
    assert (got["sent"], got["rejected"], got["complete"]) == (1, 0, True)
    stored = county.services.database.read(lambda c: cases.facts_of(c, mine))
    facts = [fact for many in stored.values() for fact in many]
    assert len(facts) == 3
    assert not any(fact.tray for fact in facts)
    assert signed["fact"] in {fact.fact.id for fact in facts}
    (history,) = moved.ask("case", case=sent)["history"]
    assert history["state"] == "sent"
    assert all_cases(county, into) == sorted(mine + theirs)


def test_people_of_a_merged_school_are_given_to_teachers_of_the_other_one(
    county: County, new_phone: NewPhone
) -> None:
    gone, into = county.school(), county.school()
    moved, stays = new_phone(gone, "甲"), new_phone(into, "乙")
    mine, theirs = on(moved), on(stays)
    merge(county, gone, into)
    known = county.services.database.read(lambda c: units.staff_of(c, SEASON, into))
    teacher = next(p.id for p in known if p.name == "乙")
    assignment.assign(county.services, mine[:1], teacher, who="t")
    assert moved.ask("sync")["gone"] == 1
    assert stays.ask("sync")["complete"]
    assert on(moved) == mine[1:]
    assert on(stays) == sorted([*theirs, mine[0]])


def test_a_phone_of_a_merged_school_enrols_again_with_its_records(
    county: County, new_phone: NewPhone
) -> None:
    gone, into = county.school(), county.school()
    phone = new_phone(gone, "甲")
    case = on(phone)[0]
    phone.ask("record", kind="visit", case=case, body=VISIT)
    assert phone.ask("sync")["ok"]
    phone.ask("record", kind="visit", case=case, body=VISIT)
    merge(county, gone, into)
    phone.unit = into
    county.enrol(phone)
    got = phone.ask("sync")
    assert (got["sent"], got["rejected"], got["complete"]) == (1, 0, True)
    assert len(phone.ask("case", case=case)["history"]) == 2


def test_a_late_record_of_somebody_who_had_left_the_merged_school_still_counts(
    county: County, new_phone: NewPhone
) -> None:
    gone, into, third = county.school(), county.school(), county.school()
    phone = new_phone(gone, "甲")
    case = on(phone)[0]
    phone.ask("record", kind="visit", case=case, body=VISIT)
    placing.move(county.services, [case], third, who="t", reason="搬家")
    merge(county, gone, into)
    got = phone.ask("sync")
    assert (got["sent"], got["rejected"]) == (1, 0)
    assert case not in on(phone)
    (fact,) = county.services.database.read(lambda c: cases.facts_of(c, [case]))[case]
    assert fact.tray


def test_a_code_that_was_given_out_before_a_merge_enrols_at_the_other_school(
    county: County, new_phone: NewPhone
) -> None:
    gone, into = county.school(), county.school()
    phone = new_phone(gone, "甲", ready=False)
    issued = phones.issue(county.services, gone, "甲", who="t")
    merge(county, gone, into)
    phone.ask("enrol", url=county.url, code=issued.code)
    (device,) = county.services.database.read(lambda c: devices.of_unit(c, SEASON, into))
    phones.confirm(county.services, device.id, who="t")
    assert phone.ask("sync")["complete"]
    row = county.services.database.read(lambda c: units.unit(c, SEASON, into))
    assert row is not None
    assert phone.ask("today")["school"] == row.name
