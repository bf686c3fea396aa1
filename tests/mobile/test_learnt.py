"""An address or number learnt at a door stands first at once, with its source and day, and goes when the office refuses it."""

from __future__ import annotations

from mobile.usecases.cases import list_cases, open_case
from mobile.usecases.phone import Phone
from mobile.usecases.records import correct, record
from mobile.usecases.speak_to import reveal
from mobile.usecases.views import CaseLine, Learnt
from mobile.usecases.way_there import way_there
from shared.lifecycle import Review
from shared.records.contact_update import ContactUpdate
from shared.wire import ContactOrigin
from tests.mobile.conftest import Bench, case_state

LISTED = "青槐县柳林镇东槐村三组17号"
FOUND = "东李洼村3组12号,村卫生室后面第二家"


async def learn(phone: Phone, value: str, field: str = "address") -> str:
    body = ContactUpdate(field=field, value=value, source="neighbour")
    return (await record(phone, "case-1", body)).fact


async def row(phone: Phone) -> CaseLine:
    (line,) = await list_cases(phone)
    return line


async def test_an_address_just_saved_stands_first_with_source_and_day(bench: Bench) -> None:
    await learn(bench.phone, FOUND)
    line = await row(bench.phone)
    assert (line.address, line.listed_address) == (FOUND, LISTED)
    assert line.address_from == Learnt(source="neighbour", day="2019-12-12", proposed=True)
    assert line.village == "东李洼村"


async def test_an_address_the_office_accepted_is_no_longer_a_proposal(bench: Bench) -> None:
    fact = await learn(bench.phone, FOUND)
    origin = ContactOrigin(source="neighbour", day="2019-12-12")
    await bench.give(
        case_state(
            1,
            reviews=(Review(fact=fact, verdict="accepted"),),
            contact={"address": FOUND},
            contact_origins={"address": origin},
        )
    )
    line = await row(bench.phone)
    assert (line.address, line.listed_address) == (FOUND, LISTED)
    assert line.address_from == Learnt(source="neighbour", day="2019-12-12")


async def test_an_address_the_office_returned_or_took_back_gives_way_to_the_lists(
    bench: Bench,
) -> None:
    fact = await learn(bench.phone, FOUND)
    for verdict in ("returned", "accepted"):
        await bench.give(case_state(1, reviews=(Review(fact=fact, verdict=verdict),)))
        line = await row(bench.phone)
        assert (line.address, line.listed_address) == (LISTED, "")


async def test_a_corrected_address_is_the_one_shown(bench: Bench) -> None:
    fact = await learn(bench.phone, FOUND)
    other = ContactUpdate(field="address", value="东李洼村4组1号", source="family")
    await correct(bench.phone, fact, reason="听错了", body=other)
    line = await row(bench.phone)
    assert (line.address, line.address_from.source) == ("东李洼村4组1号", "family")


async def test_what_a_colleague_learnt_later_stands_before_an_older_proposal(bench: Bench) -> None:
    await learn(bench.phone, FOUND)
    origin = ContactOrigin(source="family", day="2019-12-13")
    await bench.give(
        case_state(1, contact={"address": "西槐村1号"}, contact_origins={"address": origin})
    )
    assert (await row(bench.phone)).address == "西槐村1号"


async def test_a_number_just_saved_is_first_in_the_call_card_and_masked(bench: Bench) -> None:
    await learn(bench.phone, "13611112222", "phone")
    view = await open_case(bench.phone, "case-1")
    assert (view.phones, view.new_phones) == (("136****2222", "138****5678"), 1)
    proposed = Learnt(source="neighbour", day="2019-12-12", proposed=True)
    assert view.phones_from == (proposed, Learnt())
    assert await reveal(bench.phone, "case-1", "phone", 0) == "13611112222"


async def test_a_learnt_address_is_found_by_its_words_at_once(bench: Bench) -> None:
    await learn(bench.phone, FOUND)
    assert [line.id for line in await list_cases(bench.phone, "卫生室")] == ["case-1"]


async def test_the_way_leads_to_the_learnt_village(bench: Bench) -> None:
    await learn(bench.phone, "青槐县石桥镇上河村五组7号")
    links = await way_there(bench.phone, "case-1")
    assert "%E4%B8%8A%E6%B2%B3%E6%9D%91" in links[0].url
    assert "%E7%BB%84" not in links[0].url  # 组: no house, no group
