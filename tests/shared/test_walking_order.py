"""People stand in the order in which a teacher walks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cases import Case, Contract, Person
from shared.walking_order import walking_key


def at(address: str, village: str = "东李洼村", code: str = "0100011") -> Case:
    return Case(
        id="i",
        season="2019",
        code=code,
        borrower=Person(name="样例"),
        address=address,
        village=village,
        contracts=(Contract(contract_no="C", principal_fen=1, interest_fen=0),),
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("柳泉镇东李洼村3组2号", "柳泉镇东李洼村12组1号"),
        ("柳泉镇东李洼村三组", "柳泉镇东李洼村十二组"),
        ("柳泉镇东李洼村九组", "柳泉镇东李洼村10组"),
        ("柳泉镇东李洼村二十组", "柳泉镇东李洼村一百零三组"),
        ("东李洼村３组", "青槐县柳泉镇东李洼村4组"),
        ("柳泉镇东李洼村一二号", "柳泉镇东李洼村13号"),
    ],
)
def test_numbers_of_groups_and_houses_are_compared_as_numbers(first: str, second: str) -> None:
    assert walking_key(at(first)) < walking_key(at(second))


def test_a_numeral_in_a_name_is_no_number() -> None:
    key = walking_key(at("柳泉镇三里桥村2组", village="三里桥村西头"))
    assert (1, 0, "柳泉镇三里桥村") in key[2]


def test_what_stands_before_the_village_does_not_part_neighbours() -> None:
    written = ("东李洼村9组", "青槐县柳泉镇东李洼村10组", "柳泉镇东李洼村11组")
    assert sorted(map(at, written[::-1]), key=walking_key) == list(map(at, written))


def test_villages_stay_together_and_those_without_one_come_last() -> None:
    villages = ["东李洼村", "", "王家寨", "东李洼村"]
    found = sorted((at(f"{n}组", village) for n, village in enumerate(villages)), key=walking_key)
    assert [case.village for case in found] == ["东李洼村", "东李洼村", "王家寨", ""]


@given(st.lists(st.text(alphabet="东村0129三十组号 ", max_size=8), max_size=6))
def test_any_addresses_can_be_put_in_order(addresses: list[str]) -> None:
    cases = [at(address, code=f"{n}") for n, address in enumerate(addresses)]
    keys = [walking_key(case) for case in sorted(cases, key=walking_key)]
    assert keys == sorted(keys)
