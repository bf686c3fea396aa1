"""The order in which somebody walks: villages, groups and house numbers as people count them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cases import Case, Contract, Person
from sync_server.paperwork.walking_order import natural, place


def living(address: str, village: str = "杨树村", code: str = "") -> Case:
    return Case(
        id=address,
        season="2019",
        code=code,
        borrower=Person(name="样例"),
        township="柳泉镇" if village else "",
        village=village,
        address=address,
        contracts=(Contract(contract_no="1", principal_fen=1, interest_fen=0),),
    )


def walked(*cases: Case) -> list[str]:
    return [case.address for case in sorted(cases, key=place)]


@pytest.mark.parametrize(
    "in_order",
    [
        ["2号", "10号", "101号"],
        ["一组", "2组", "３组", "十组", "十二组", "二十组", "一百零五组"],
        ["三组2号", "三组12号", "四组1号"],
        ["第2村", "第10村"],
        ["一九号", "二〇号"],
    ],
)
def test_numbers_are_compared_as_numbers_however_they_are_written(in_order: list[str]) -> None:
    backwards = in_order[::-1]
    backwards.sort(key=natural)
    assert backwards == in_order


def test_a_number_that_is_part_of_a_name_is_a_name() -> None:
    assert natural("三原县") == ((1, 0, "三原县"),)


def test_a_village_is_walked_by_group_and_house_number() -> None:
    found = walked(
        living("柳泉镇杨树村十组1号"),
        living("柳泉镇杨树村2组10号"),
        living("柳泉镇杨树村2组9号"),
    )
    assert found == ["柳泉镇杨树村2组9号", "柳泉镇杨树村2组10号", "柳泉镇杨树村十组1号"]


def test_villages_stay_together_and_who_has_none_comes_last() -> None:
    found = walked(
        living("县城", village=""),
        living("柳泉镇桃树村1号", village="桃树村"),
        living("柳泉镇杨树村1号"),
        living("柳泉镇桃树村2号", village="桃树村"),
        living(""),
    )
    assert found == ["柳泉镇杨树村1号", "", "柳泉镇桃树村1号", "柳泉镇桃树村2号", "县城"]


@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_addresses_can_be_compared_and_the_order_does_not_depend_on_the_list(
    addresses: list[str],
) -> None:
    cases = [living(address, code=f"{n:03d}") for n, address in enumerate(addresses)]
    backwards = cases[::-1]
    backwards.sort(key=place)
    assert sorted(cases, key=place) == backwards
    assert len({msgspec.json.encode(place(case)) for case in cases}) == len(cases)
