"""Contacts the office accepted: in the case, on its page, on phones; taken back by records and by the office."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import update

from shared import wire
from shared.problems import ProblemError
from sync_server.office import contacts, review
from sync_server.services import Services
from sync_server.store import audit, case_import, cases
from sync_server.store import tables as t
from sync_server.store.database import Database
from tests.support.console_browser import people, signed_in
from tests.support.county import SCHOOLS, SEASON, person
from tests.support.devices import RawPhone, case_ids, fact_bytes, new_id
from tests.support.feed import Mirror

NEW = "13611112222"


class Office:
    """The first case of the phone's school, its records, and what phones have of it."""

    def __init__(self, services: Services, phone: RawPhone) -> None:
        self.services, self.phone = services, phone
        self.case = case_ids(services, "01")[0]
        self.mirror = Mirror(phone)

    async def record(self, value: str = NEW, field: str = "phone", source: str = "family") -> str:
        """A teacher records a contact; the record's id."""
        made = new_id()
        body = {"field": field, "value": value, "source": source}
        await self.push("contact_update", body, made)
        return made

    async def push(self, kind: str, body: dict[str, Any], made: str = "") -> str:
        made = made or new_id()
        data = fact_bytes(self.case, kind, body=body, id=made)
        assert await self.phone.outcomes(self.phone.chained(data)) == ["created"]
        return made

    def judge(self, fact: str, verdict: str = "accepted") -> None:
        comment = "" if verdict == "accepted" else "请核对"
        review.review(self.services, fact, verdict, comment, who="何主任")

    async def on_phones(self) -> wire.CaseState:
        """The case as a phone that read to the head has it."""
        await self.mirror.read()
        return self.mirror.cases[self.case]


@pytest.fixture
def office(services: Services, phone: RawPhone) -> Office:
    return Office(services, phone)


async def test_an_accepted_number_reaches_phones_with_its_source_and_day(office: Office) -> None:
    fact = await office.record()
    assert (await office.on_phones()).contact == {}
    office.judge(fact)
    state = await office.on_phones()
    assert state.contact == {"phone": NEW}
    assert state.contact_origins == {"phone": wire.ContactOrigin(source="family", day="2019-12-12")}


async def test_a_case_without_one_is_sent_as_before(office: Office) -> None:
    sent = msgspec.json.encode(await office.on_phones())
    assert b'"contact":{}' in sent
    assert b"contact_origins" not in sent


async def test_a_returned_number_leaves_the_phones_again(office: Office) -> None:
    fact = await office.record()
    office.judge(fact)
    assert (await office.on_phones()).contact == {"phone": NEW}
    office.judge(fact, "returned")
    assert (await office.on_phones()).contact == {}


async def test_a_corrected_number_waits_for_a_verdict_of_its_own(office: Office) -> None:
    fact = await office.record()
    office.judge(fact)
    body = {"field": "phone", "value": "13633334444", "source": "self"}
    corrected = await office.push("correction", {"corrects": fact, "reason": "听错", "body": body})
    assert (await office.on_phones()).contact == {}
    office.judge(corrected)
    assert (await office.on_phones()).contact == {"phone": "13633334444"}


async def test_a_withdrawn_record_takes_its_number_along(office: Office) -> None:
    first, second = await office.record("13622223333"), await office.record()
    office.judge(first)
    office.judge(second)
    assert (await office.on_phones()).contact == {"phone": NEW}
    await office.push("correction", {"corrects": second, "reason": "记错人", "withdraw": True})
    assert (await office.on_phones()).contact == {"phone": "13622223333"}


async def test_a_newer_list_with_another_number_erases_nothing(office: Office) -> None:
    office.judge(await office.record())
    listed = (await office.on_phones()).case
    again = person(0, SCHOOLS[0])
    borrower = msgspec.structs.replace(listed.borrower, phones=("13999990000",))
    again = msgspec.structs.replace(
        again, case=msgspec.structs.replace(again.case, borrower=borrower)
    )
    office.services.database.write(lambda c: case_import.import_people(c, SEASON, [again]))
    state = await office.on_phones()
    assert state.case.borrower.phones == ("13999990000",)
    assert state.contact == {"phone": NEW}


async def test_the_office_takes_a_number_back_and_phones_hear_of_it(office: Office) -> None:
    fact = await office.record()
    office.judge(fact)
    await office.on_phones()
    contacts.take_back(office.services, office.case, fact, who="何主任")
    state = await office.on_phones()
    assert (state.contact, state.contact_origins) == ({}, msgspec.UNSET)
    note = office.services.database.read(lambda c: audit.listed(c, 1))[0]
    assert (note.action, note.ref, note.who, note.unit, note.detail) == (
        "contact.take_back",
        office.case,
        "何主任",
        "01",
        "phone",
    )


async def test_taken_back_stays_taken_back_when_another_contact_is_judged(office: Office) -> None:
    fact = await office.record()
    office.judge(fact)
    contacts.take_back(office.services, office.case, fact, who="何主任")
    office.judge(await office.record("青槐县石桥镇上河村", "address"))
    assert (await office.on_phones()).contact == {"address": "青槐县石桥镇上河村"}


async def test_what_is_not_in_use_cannot_be_taken_back(office: Office) -> None:
    fact = await office.record()
    for _ in range(2):
        with pytest.raises(ProblemError) as refused:
            contacts.take_back(office.services, office.case, fact, who="何主任")
        assert refused.value.code == "contact.not_used"
        office.judge(fact)
        contacts.take_back(office.services, office.case, fact, who="何主任")
        review.take_back(office.services, fact, who="何主任")


async def test_numbers_accepted_by_an_earlier_version_are_kept_at_the_start(
    office: Office,
) -> None:
    office.judge(await office.record())
    await office.push(
        "correction", {"corrects": await office.record(), "reason": "记错人", "withdraw": True}
    )
    forget = update(t.case_file).values(contact="")
    office.services.database.write(lambda c: c.execute(forget))
    Database(office.services.settings.database).close()
    assert (await office.on_phones()).contact == {"phone": NEW}


async def test_the_page_shows_the_new_number_before_the_lists_and_takes_it_back(
    app: Litestar, office: Office
) -> None:
    people(office.services)
    fact = await office.record()
    office.judge(fact)
    browser = await signed_in(app, "one")
    page = (await browser.get(f"/cases/{office.case}")).text
    assert page.index("136****2222") < page.index("名单上：") < page.index("138****0000")
    assert "12月12日更正 · 其他家人提供" in page
    assert NEW not in page
    whole = (await browser.post(f"/cases/{office.case}/id-number", purpose="verify")).text
    assert NEW in whole
    answer = await browser.post(f"/cases/{office.case}/contacts/{fact}/take-back")
    assert answer.status_code == 303
    after = (await browser.get(f"/cases/{office.case}")).text
    assert "已撤回" in after
    assert "名单上：" not in after
    assert (await office.on_phones()).contact == {}


async def test_earlier_numbers_stay_on_the_page_as_history(app: Litestar, office: Office) -> None:
    people(office.services)
    for value in ("13622223333", NEW):
        office.judge(await office.record(value))
    page = (await (await signed_in(app, "one")).get(f"/cases/{office.case}")).text
    assert "有更新的" in page
    assert page.count("136****3333") == 3  # in the table of contacts, its button, the history
    assert page.count("136****2222") == 4  # and before the list's number


async def test_another_school_cannot_take_it_back(app: Litestar, office: Office) -> None:
    people(office.services)
    fact = await office.record()
    office.judge(fact)
    browser = await signed_in(app, "two")
    answer = await browser.post(f"/cases/{office.case}/contacts/{fact}/take-back")
    assert answer.status_code == 404
    assert (await office.on_phones()).contact == {"phone": NEW}


def test_the_column_holds_nothing_until_something_was_accepted(
    services: Services, county: list[str]
) -> None:
    rows = services.database.read(lambda c: cases.rows(c, SEASON))
    assert {row["contact"] for row in rows} == {""}
