"""Names, ID numbers, phones and addresses: normalised without guessing, checked, and masked without a leak."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.identity import (
    COMPOUND_SURNAMES,
    check_id,
    id_check_digit,
    identifies,
    is_mobile,
    is_strict_mobile,
    mask_address,
    mask_id,
    mask_name,
    mask_numbers,
    mask_phone,
    normalise_id,
    normalise_name,
    parse_phones,
    split_address,
    to_18,
    whole_id,
)
from shared.problems import PROBLEMS

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("㛃䶮𬱖〇\ue863")
NAMES = st.text(HAN, min_size=2, max_size=8) | st.lists(
    st.text(HAN, min_size=1, max_size=6), min_size=2
).map("·".join)
DIGITS = st.characters(min_codepoint=0x30, max_codepoint=0x39)
DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31)).map(lambda day: f"{day:%Y%m%d}")
FIRST17 = st.builds("610599{}{:03d}".format, DAYS, st.integers(0, 999))
IDS = FIRST17.map(lambda first: first + id_check_digit(first))
MOBILES = st.from_regex(r"\A1[3-9][0-9]{9}\Z")
LANDLINES = st.from_regex(r"\A0[3-9][0-9]{2}-[2-9][0-9]{6}\Z")
PHONES = st.lists(MOBILES | LANDLINES, min_size=1, max_size=4, unique=True)


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" 王㛃\u3000", "王㛃"),
        ("\u00a0李䶮\u00a0\t\n", "李䶮"),
        ("\ufeff张𬱖\u200b", "张𬱖"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽‧买买提", "阿依古丽·买买提"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("阿依古丽 · 买买提", "阿依古丽·买买提"),
        ("甲.乙.丙", "甲·乙·丙"),
        ("𬱖•䶮", "𬱖·䶮"),
        ("J. Smith", "J. Smith"),
        ("王伟.", "王伟."),
        ("", ""),
    ],
)
def test_a_name_is_normalised(text: str, name: str) -> None:
    assert normalise_name(text) == name


@given(st.text(max_size=20))
def test_normalising_a_name_twice_changes_nothing_more(text: str) -> None:
    assert normalise_name(normalise_name(text)) == normalise_name(text)


@given(NAMES)
def test_a_proper_name_keeps_every_character(name: str) -> None:
    assert normalise_name(name) == name


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002x",
        "'11010519491231002x",
        "`’‘11010519491231002X",
        " 110105 19491231002ｘ ",
    ],
)
def test_an_id_number_is_half_width_without_a_mark_of_text_and_with_a_capital_x(text: str) -> None:
    assert normalise_id(text) == "11010519491231002X"


def test_no_other_letter_before_an_id_number_is_taken_off() -> None:
    assert normalise_id("X 1") == "X1"


@pytest.mark.parametrize(
    "number",
    ["11010519491231002X", "440524188001010014", "610599199801010027", "61059920000229003X"],
)
def test_sound_numbers_have_no_problem(number: str) -> None:
    assert check_id(number) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("610599199902300015", ("id.date_invalid",)),
        ("610599199801010028", ("id.checksum",)),
        ("610599199902300016", ("id.date_invalid", "id.checksum")),
        ("61059919980101002", ("id.length",)),
        ("", ("id.length",)),
        ("6.10599199801010E+17", ("id.length",)),
        ("61059919980101OO27", ("id.characters",)),
        ("61059919980101002Y", ("id.characters",)),
        ("61059X199801010027", ("id.characters",)),
        ("٦١٠٥٩٩١٩٩٨٠١٠١٠٠٢٧", ("id.characters",)),
        ("610599000001010013", ("id.date_invalid", "id.checksum")),
        ("610599179901010018", ("id.date_invalid",)),
        ("610599180001010010", ()),
        ("610599800101001", ()),
        ("610599801301001", ("id.date_invalid",)),
    ],
)
def test_each_fault_of_a_number_is_named(text: str, found: tuple[str, ...]) -> None:
    assert check_id(text) == found
    assert set(found) <= PROBLEMS.keys()


@given(IDS)
def test_a_number_reads_the_same_however_a_spreadsheet_wrote_it(number: str) -> None:
    spaced = f"{number[:6]} {number[6:14]}\u3000{number[14:]}\u00a0"
    for text in (
        number.lower(),
        f"'{number}",
        f"’{number}",
        spaced,
        _wide(number),
        _wide(number.lower()),
    ):
        assert normalise_id(text) == number
        assert check_id(text) == ()


@given(IDS, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_wrong_character_of_a_number_is_found(number: str, place: int, wrong: str) -> None:
    if number[place] != wrong:
        assert check_id(number[:place] + wrong + number[place + 1 :])


@given(IDS, st.integers(0, 16))
def test_every_swap_of_neighbours_in_a_number_is_found(number: str, place: int) -> None:
    if number[place] != number[place + 1]:
        assert check_id(number[:place] + number[place + 1] + number[place] + number[place + 2 :])


@given(st.from_regex(r"\A610599[0-9]{9}\Z"))
def test_a_first_generation_number_becomes_18_digits_of_last_century(number: str) -> None:
    made = to_18(number)
    assert made[:17] == f"{number[:6]}19{number[6:]}"
    assert "id.checksum" not in check_id(made)
    assert check_id(made) == check_id(number)


def test_the_known_first_generation_number_converts() -> None:
    assert to_18("610599800101001") == "610599198001010016"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("610599199801010027", "610599199801010027"),
        ("６10599 199801010027", "610599199801010027"),
        ("610599800101001", "610599198001010016"),
        ("610599111111111", "610599191111111115"),
        ("111111111111111", ""),
        ("111111111111112", ""),
        ("610599199801010028", ""),
        ("610599", ""),
        ("", ""),
    ],
)
def test_a_number_identifies_in_its_whole_form_unless_it_is_wrong_or_a_placeholder(
    text: str, whole: str
) -> None:
    assert whole_id(text) == whole
    assert identifies(text) is bool(whole)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("王伟 610599199801010027 已还", "王伟 **************0027 已还"),
        ("身份证610599800101001。", "身份证***********1001。"),
        ("打13812345678或13912345678", "打138****5678或139****5678"),
        ("合同 610599199801010028", "合同 610599199801010028"),
        ("合同 123456789012345", "合同 123456789012345"),
        ("0913-1234567", "0913-1234567"),
        ("没有号码", "没有号码"),
    ],
)
def test_sound_numbers_in_a_text_are_masked_and_others_stay(text: str, masked: str) -> None:
    assert mask_numbers(text) == masked


@pytest.mark.parametrize(
    "text", ["", "61059980010100", "6105998001010011", "61059980010100X", "６10599800101001"]
)
def test_only_15_digits_convert(text: str) -> None:
    with pytest.raises(ValueError, match="15 digits"):
        to_18(text)


@pytest.mark.parametrize(
    "text", ["", "6105991998010100", "610599199801010027", "6105991998010100X"]
)
def test_a_check_digit_needs_17_digits(text: str) -> None:
    with pytest.raises(ValueError, match="17 digits"):
        id_check_digit(text)


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("13812345678", ("13812345678",)),
        ("+86 138-1234-5678", ("13812345678",)),
        ("0086-13812345678", ("13812345678",)),
        ("8613812345678", ("13812345678",)),
        ("013812345678", ("13812345678",)),
        ("１３８１２３４５６７８", ("13812345678",)),
        ("138 1234 5678、0913-1234567", ("13812345678", "0913-1234567")),
        (
            "13812345678/13912345678;13712345678，15012345678",
            ("13812345678", "13912345678", "13712345678", "15012345678"),
        ),
        ("13812345678 13912345678", ("13812345678", "13912345678")),
        ("13812345678、13812345678", ("13812345678",)),
        ("(母)13812345678", ("13812345678",)),
        ("(母)138 1234 5678", ("13812345678",)),
        ("0913 8123456", ("0913-8123456",)),
        ("(0913)8123456", ("0913-8123456",)),
        ("0913-8123456-801", ("0913-8123456-801",)),
        ("02988123456", ("029-88123456",)),
        ("8123456", ("8123456",)),
        ("1381234567", ("1381234567",)),
        ("无", ()),
        ("", ()),
        ("、/;", ()),
    ],
)
def test_the_phones_of_a_cell(text: str, phones: tuple[str, ...]) -> None:
    assert parse_phones(text) == phones


@given(PHONES, st.sampled_from(["、", "/", ";", "；", "，", ",", " / ", "\n"]))
def test_phones_joined_in_any_way_come_apart_again(phones: list[str], between: str) -> None:
    assert parse_phones(between.join(phones)) == tuple(phones)


@given(st.text(max_size=30))
def test_parsing_phones_again_finds_the_same(text: str) -> None:
    found = parse_phones(text)
    assert parse_phones("、".join(found)) == found


@given(MOBILES)
def test_a_mobile_is_eleven_digits_from_13_to_19(number: str) -> None:
    assert is_mobile(number)
    assert not is_mobile(number[:-1])
    assert not is_mobile(f"{number}0")
    assert not is_mobile(f"0{number[1:]}")


@pytest.mark.parametrize(
    ("number", "strict"),
    [
        ("13812345678", True),
        ("14512345678", True),
        ("14212345678", False),
        ("15412345678", False),
        ("16612345678", True),
        ("16112345678", False),
        ("17912345678", False),
        ("19412345678", False),
        ("19912345678", True),
        ("12812345678", False),
    ],
)
def test_a_strict_mobile_has_a_prefix_in_use(number: str, strict: bool) -> None:
    assert is_strict_mobile(number) is strict


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王伟", "王*"),
        ("龙竹杰", "龙*"),
        ("欧阳磊文", "欧阳*"),
        ("司马菊", "司马*"),
        ("诸葛亮", "诸葛*"),
        ("上官丽杰", "上官*"),
        ("欧阳", "欧*"),
        ("阿依古丽·买买提", "阿依古丽·*"),
        ("马赫穆德•阿不都热合曼", "马赫穆德·*"),
        ("𬱖䶮", "𬱖*"),
        (" 王 ", "*"),
        ("", ""),
        ("王*", "王*"),
    ],
)
def test_a_masked_name(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(NAMES)
def test_a_masked_name_shows_the_beginning_and_nothing_of_the_rest(name: str) -> None:
    masked = mask_name(name)
    assert masked.endswith("*")
    shown = masked[:-1]
    assert name.startswith(shown)
    assert len(shown) < len(name)
    if "·" in name:
        assert shown == name.split("·")[0] + "·"
    else:
        assert len(shown) == (2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1)


@given(st.text(max_size=20).filter(lambda text: "*" not in text))
def test_no_masked_name_is_the_name(text: str) -> None:
    assert not normalise_name(text) or normalise_name(text) not in mask_name(text)


@given(st.sampled_from(sorted(COMPOUND_SURNAMES)), st.text(HAN, min_size=1, max_size=3))
def test_a_compound_surname_stays_whole(surname: str, given_name: str) -> None:
    assert mask_name(surname + given_name) == f"{surname}*"


@given(IDS)
def test_a_masked_id_shows_only_the_last_four(number: str) -> None:
    assert mask_id(number) == "*" * 14 + number[-4:]


def test_a_number_of_up_to_eight_characters_is_hidden_whole() -> None:
    assert (mask_id("12345678"), mask_id("123456789")) == ("********", "*****6789")


@given(st.text(max_size=24).filter(lambda text: "*" not in text))
def test_no_mask_of_an_id_shows_more_than_four_characters_or_half(text: str) -> None:
    shown = mask_id(text).replace("*", "")
    assert len(shown) <= 4
    assert 2 * len(shown) < max(len(normalise_id(text)), 1)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("13812345678", "138****5678"),
        ("+86 138 1234 5678", "138****5678"),
        ("0913-1234567", "0913-***4567"),
        ("0913-8123456-801", "0913-***3456"),
        ("13812345678、0913-1234567", "138****5678、0913-***4567"),
        ("8123456", "*******"),
        ("00112345678", "*******5678"),
        ("", ""),
    ],
)
def test_a_masked_phone(text: str, masked: str) -> None:
    assert mask_phone(text) == masked


@given(PHONES)
def test_a_masked_phone_never_shows_more_than_seven_digits_of_a_mobile(phones: list[str]) -> None:
    masked = mask_phone("、".join(phones)).split("、")
    for phone, shown in zip(phones, masked, strict=True):
        assert phone not in shown
        assert len(shown) == len(phone)
        assert shown.count("*") == (4 if is_mobile(phone) else 3)


@given(st.text(max_size=30).filter(lambda text: "*" not in text))
def test_no_mask_of_a_phone_shows_a_run_of_eight_digits(text: str) -> None:
    for number, shown in zip(parse_phones(text), mask_phone(text).split("、"), strict=False):
        assert number not in shown


ADDRESSES = [
    ("青槐县柳泉镇东李洼村6组", "青槐县柳泉镇东李洼村", ("柳泉镇", "东李洼村")),
    ("青槐县城关街道南马堡村3组", "青槐县城关街道南马堡村", ("城关街道", "南马堡村")),
    ("柳泉镇东李洼村六组12号", "柳泉镇东李洼村", ("柳泉镇", "东李洼村")),
    (" 青槐县 柳泉镇\u3000东李洼村 6组", "青槐县柳泉镇东李洼村", ("柳泉镇", "东李洼村")),
    (
        "陕西省商洛市镇安县永乐街道青槐社区2号楼",
        "陕西省商洛市镇安县永乐街道青槐社区",
        ("永乐街道", "青槐社区"),
    ),
    ("榆阳区镇川镇石家沟村民委员会3组", "榆阳区镇川镇石家沟村", ("镇川镇", "石家沟村")),
    ("景德镇市昌江区吕蒙乡官庄村5号", "景德镇市昌江区吕蒙乡官庄村", ("吕蒙乡", "官庄村")),
    ("西乡县城北街道李村村1组", "西乡县城北街道李村村", ("城北街道", "李村村")),
    ("红旗镇李村社区3栋", "红旗镇李村社区", ("红旗镇", "李村社区")),
    ("青槐县城关街道办事处朝阳路12号", "青槐县城关街道办事处朝阳路", ("城关街道", "")),
    ("青槐县阳光小区3号楼502", "青槐县", ("", "")),
    ("青槐县柳泉镇", "青槐县柳泉镇", ("柳泉镇", "")),
    ("柳泉镇3村6组", "柳泉镇", ("柳泉镇", "")),
    ("某处12号", "***", ("", "")),
    ("", "", ("", "")),
]


@pytest.mark.parametrize(("text", "masked", "parts"), ADDRESSES)
def test_an_address_is_masked_to_its_village_and_split(
    text: str, masked: str, parts: tuple[str, str]
) -> None:
    assert mask_address(text) == masked
    assert split_address(text) == parts


PLACE = st.text(st.sampled_from("东西南北李张王马洼堡塬沟泉槐杨"), min_size=1, max_size=4)


@given(
    PLACE,
    PLACE,
    st.sampled_from(["镇", "乡", "街道"]),
    PLACE,
    st.sampled_from(["村", "社区"]),
    st.integers(1, 99),
)
def test_any_address_of_the_usual_shape_loses_exactly_its_group(
    county: str, town: str, kind: str, village: str, unit: str, group: int
) -> None:
    public = f"{county}县{town}{kind}{village}{unit}"
    assert mask_address(f"{public}{group}组") == public
    assert mask_address(f"{public}{group}号") == public
    assert split_address(f"{public}{group}组") == (f"{town}{kind}", f"{village}{unit}")


@given(
    st.text(max_size=40)
    | st.text(st.sampled_from("青槐县镇乡村街道社区路号组市省区旗小1２三 "), max_size=60)
)
def test_a_masked_address_is_a_beginning_without_a_house_number(text: str) -> None:
    masked = mask_address(text)
    compact = "".join(text.split())
    assert masked == "***" or compact.startswith(masked)
    assert masked == "***" or not any(c.isdigit() for c in masked)
