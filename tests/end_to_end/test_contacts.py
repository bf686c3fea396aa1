"""A number learnt at a door: recorded on a phone, accepted by the office, first on every phone, withdrawn again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync_server.office import contacts, review
from sync_server.sample.processes import Phone
from sync_server.store import cases
from tests.end_to_end.conftest import County

NewPhone = Callable[..., Phone]


def update(value: str, field: str = "phone") -> dict[str, Any]:
    return {"field": field, "value": value, "source": "neighbour"}


def judge(county: County, case: str) -> list[str]:
    """The office accepts every contact and correction of the case; the ids of the records."""
    found = county.services.database.read(lambda c: cases.facts_of(c, [case]))[case]
    reviewed = [f.fact.id for f in found if f.fact.kind in ("contact_update", "correction")]
    for fact in reviewed:
        review.review(county.services, fact, "accepted", "", who="何主任")
    return reviewed


def test_an_accepted_contact_arrives_counts_first_and_can_be_taken_back_from_both_ends(
    county: County, new_phone: NewPhone
) -> None:
    phone = new_phone(county.school())
    case = phone.ask("cases")[0]["id"]
    before = phone.ask("case", case=case)
    (listed,) = before["phones"]
    phone.ask("record", kind="contact_update", case=case, body=update("13611112222"))
    made = phone.ask("record", kind="contact_update", case=case, body=update("13633334444"))
    phone.ask(
        "record", kind="contact_update", case=case, body=update("青槐县石桥镇上河村", "address")
    )
    assert phone.ask("sync")["ok"]
    view = phone.ask("case", case=case)
    assert view["phones"] == ["136****4444", "136****2222", listed]
    proposed = {"source": "neighbour", "day": "2019-12-12", "proposed": True}
    assert view["phones_from"] == [proposed, proposed, {}], "the office has not accepted them yet"
    assert view["line"]["address"] == "青槐县石桥镇上河村"

    address = judge(county, case)[-1]
    assert phone.ask("sync")["complete"]
    view = phone.ask("case", case=case)
    assert (view["phones"], view["new_phones"]) == (["136****4444", listed], 1)
    origin = {"source": "neighbour", "day": "2019-12-12"}
    assert view["phones_from"] == [origin, {}]
    assert (view["line"]["address"], view["line"]["address_from"]) == ("青槐县石桥镇上河村", origin)
    phone.stop()
    assert phone.ask("case", case=case) == view, "kept over a restart"

    phone.ask("correct", fact=made["fact"], reason="听错了")
    contacts.take_back(county.services, case, address, who="何主任")
    assert phone.ask("sync")["ok"]
    assert phone.ask("sync")["complete"]
    view = phone.ask("case", case=case)
    assert view["phones"] == ["136****2222", listed]
    line = view["line"]
    assert (line["address"], line["listed_address"]) == (before["line"]["address"], "")
