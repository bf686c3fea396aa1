"""A record typed in from paper on the phone of the teacher who wrote the sheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.records.base import Fact
from sync_server.office import assignment, review
from sync_server.office.paper_records import keep_picture
from sync_server.sample.processes import Phone
from sync_server.store import cases, units
from tests.end_to_end.conftest import County
from tests.support.bodies import VISIT
from tests.support.county import SEASON
from tests.support.paper import STATEMENT, keyed

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


def test_it_reaches_the_teachers_phone_as_own_and_can_be_corrected_there(
    county: County, new_phone: NewPhone, picture: Path
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    case = phone.ask("cases")[0]["id"]
    scan = keep_picture(county.services, unit, picture.read_bytes())
    visit = keyed(county.services, case, unit=unit, scan=scan)
    told = keyed(county.services, case, "statement", STATEMENT, unit=unit)
    other = keyed(county.services, case, "statement", STATEMENT, unit=unit, by="乙")
    review.review(county.services, told.fact_id, "returned", "请写清楚日期", who="何主任")
    assert phone.ask("sync")["complete"]
    lines = history(phone, case)
    assert [(h["fact"], h["paper"], h["state"]) for h in lines] == [
        (told.fact_id, True, "sent"),
        (visit.fact_id, True, "sent"),
    ]
    assert other.fact_id not in {h["fact"] for h in lines}, "a colleague's sheet is not hers"
    assert "too_soon" in phone.ask("advise", case=case, form="visit")["flags"]
    assert phone.ask("facts") == [], "nothing of it is in this phone's chain"
    (line,) = phone.ask("outbox")["returned"]
    assert line["fact"] == told.fact_id

    body = {**STATEMENT, "narrative": "12月12日去过,家中只有老人。"}
    phone.ask("correct", fact=told.fact_id, reason="按学校要求补充", kind="statement", body=body)
    assert phone.ask("sync")["ok"]
    correction = of_case(county, case)[-1]
    assert (correction.kind, correction.paper) == ("correction", None)
    assert phone.ask("outbox")["returned"] == []


def test_a_visit_on_paper_stays_with_the_case_that_moves_to_a_colleague(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    hers, colleague = new_phone(unit), new_phone(unit, "乙")
    case = hers.ask("cases")[0]["id"]
    assignment.assign(county.services, [case], staff_id(county, unit, "乙"), who="t")
    made = keyed(county.services, case, unit=unit)
    (stored,) = county.services.database.read(lambda c: cases.facts_of(c, [case]))[case]
    assert stored.tray, "the case is the colleague's"
    assert colleague.ask("sync")["ok"]
    assert history(colleague, case) == []
    assert colleague.ask("case", case=case)["earlier_visits"] == 1
    assignment.assign(county.services, [case], staff_id(county, unit, "甲"), who="t")
    assert hers.ask("sync")["ok"]
    assert [h["fact"] for h in history(hers, case)] == [made.fact_id]


def test_the_teachers_own_record_and_the_offices_stand_in_the_order_of_the_ledger(
    county: County, new_phone: NewPhone
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    case = phone.ask("cases")[0]["id"]
    first = keyed(county.services, case, "statement", STATEMENT, unit=unit)
    mine = phone.ask("record", kind="visit", case=case, body=VISIT)
    assert phone.ask("sync")["ok"]
    last = keyed(county.services, case, "statement", STATEMENT, unit=unit)
    assert phone.ask("sync")["ok"]
    order = [h["fact"] for h in reversed(history(phone, case))]
    assert order == [first.fact_id, mine["fact"], last.fact_id]
