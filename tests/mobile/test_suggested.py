"""Last year's contacts on the page of a case: with their day, masked, recorded when looked at, gone once this year knows better."""

from __future__ import annotations

from typing import Any

import pytest

from mobile.usecases import calls, suggested
from mobile.usecases.cases import list_cases, open_case
from mobile.usecases.cover import cover
from mobile.usecases.records import record
from mobile.usecases.speak_to import has_number, reveal
from mobile.usecases.views import Suggested
from shared.problems import ProblemError
from shared.records.contact_update import ContactUpdate
from shared.wire import CaseState, SuggestedContact
from tests.mobile.conftest import Bench, case_state

PHONE = SuggestedContact(field="phone", value="13611112222、13633334444", day="2018-12-14")
PLACE = SuggestedContact(field="address", value="西槐村1号", day="2018-12-10")


def given(**fields: Any) -> CaseState:
    return case_state(1, suggested=(PHONE, PLACE), **fields)


async def test_a_suggestion_is_masked_and_has_its_day_and_is_none_of_the_contacts(
    bench: Bench,
) -> None:
    await bench.give(given())
    view = await open_case(bench.phone, "case-1")
    assert view.suggested == (
        Suggested(field="phone", value="136****2222", day="2018-12-14", index=0),
        Suggested(field="phone", value="136****4444", day="2018-12-14", index=1),
        Suggested(field="address", value="西槐村1号", day="2018-12-10"),
    )
    assert view.phones == ("138****5678",)
    (line,) = await list_cases(bench.phone)
    assert line.address != PLACE.value
    assert await list_cases(bench.phone, "2222") == ()


async def test_looking_calling_and_taking_over_are_recorded(bench: Bench) -> None:
    await bench.give(given())
    phone = bench.phone
    assert await reveal(phone, "case-1", suggested.WHAT, 1) == "13633334444"
    assert await calls.ring(phone, "case-1", suggested.WHAT, 0) == "13611112222"
    assert await suggested.take(phone, "case-1", "phone") == PHONE.value
    assert await suggested.take(phone, "case-1", "address") == PLACE.value
    bodies = [k.fact.body for k in phone.store.facts.of("case-1")]
    assert [(b["what"], b["purpose"]) for b in bodies] == [
        (suggested.WHAT, "shown to the teacher"),
        (suggested.WHAT, "call"),
        (suggested.WHAT, "shown to the teacher"),
    ]


async def test_it_goes_once_the_teacher_records_that_field(bench: Bench) -> None:
    await bench.give(given())
    body = ContactUpdate(field="phone", value="13655556666", source="self")
    await record(bench.phone, "case-1", body)
    view = await open_case(bench.phone, "case-1")
    assert [one.field for one in view.suggested] == ["address"]
    with pytest.raises(ProblemError, match=r"fact\.field_missing"):
        await reveal(bench.phone, "case-1", suggested.WHAT, 0)


async def test_after_a_death_and_without_any_nothing_is_suggested(bench: Bench) -> None:
    await bench.give(given(deceased=True))
    assert (await open_case(bench.phone, "case-1")).suggested == ()
    await bench.give(case_state(1))
    assert (await open_case(bench.phone, "case-1")).suggested == ()


async def test_an_address_is_not_shown_while_names_are_masked(bench: Bench) -> None:
    await bench.give(given())
    cover(bench.phone, True)
    view = await open_case(bench.phone, "case-1")
    assert {one.field for one in view.suggested} == {"phone"}


async def test_a_suggested_number_is_no_number_of_the_borrower(bench: Bench) -> None:
    state = given()
    bare = CaseState(case=_without_phones(state), version=1, suggested=state.suggested)
    await bench.give(bare)
    assert not has_number(bench.phone, bare)


def _without_phones(state: CaseState) -> Any:
    import msgspec

    borrower = msgspec.structs.replace(state.case.borrower, phones=())
    return msgspec.structs.replace(state.case, borrower=borrower, co_borrower=None)
