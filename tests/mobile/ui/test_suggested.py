"""Last year's contacts on the screen of a case: a suggestion with its day, masked, one tap from a record."""

from __future__ import annotations

import msgspec

from mobile.usecases.phone import Phone
from shared.wire import CaseState, SuggestedContact
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice
from tests.support.phone.records import facts
from tests.support.phone.seed import case


def suggested() -> CaseState:
    """The first case with a phone and an address of last year's visits."""
    kept = (
        SuggestedContact(field="phone", value="13611112222", day="2018-12-14"),
        SuggestedContact(field="address", value="青槐县石桥镇上河村五组7号", day="2018-12-10"),
    )
    return CaseState(case=case(1), version=60, suggested=kept)


async def test_last_years_contacts_are_a_suggestion_with_their_day_and_begin_a_record(
    phone: Phone, open_window: Open
) -> None:
    await phone.store.cases.apply([suggested()], [], set())
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("去年走访得到的，未核实")
    await screen.see("136****2222")
    await screen.see("去年（2018-12-10）走访得到的住址，未核实")
    words = "\n".join(screen.words())
    assert "去年（2018-12-14）走访得到的电话，未核实" in words
    assert "13611112222" not in words
    await screen.tap("核实了，记成新电话")
    await screen.at("/cases/c0001/update")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert facts(phone, "contact_update") == [
        {"field": "phone", "value": "13611112222", "source": "self"}
    ]
    assert [body["what"] for body in facts(phone, "disclosure")] == ["suggested_phone"]
    await screen.see("青槐县石桥镇上河村五组7号")
    assert "去年（2018-12-14）走访得到的电话，未核实" not in "\n".join(screen.words())


async def test_a_suggested_number_is_called_as_others_are(phone: Phone, open_window: Open) -> None:
    await phone.store.cases.apply([without_numbers()], [], set())
    device = FakeDevice()
    screen = await open_window(phone, "/cases/c0001", device)
    await screen.see("136****2222")
    await screen.tap("打给本人")
    assert device.dialled == ["13611112222"]


def without_numbers() -> CaseState:
    """The same case with no number on the list."""
    state = suggested()
    borrower = msgspec.structs.replace(state.case.borrower, phones=())
    bare = msgspec.structs.replace(state.case, borrower=borrower, co_borrower=None)
    return msgspec.structs.replace(state, case=bare)


async def test_a_case_without_suggestions_says_nothing_of_last_year(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("电话和证件号")
    assert "去年" not in "\n".join(screen.words())
