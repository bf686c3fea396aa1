"""The header row is found wherever it is and however it is typed; what is missing or twice is
named.
"""

from __future__ import annotations

from typing import Any

import pytest

from shared.problems import ProblemError
from sync_server.intake.choice import TableChoice
from sync_server.intake.columns import find_table
from sync_server.intake.headers import is_account, letter, normalise
from sync_server.intake.layouts import DUE_LIST, KNOWN_HEADERS
from sync_server.intake.sheet import Row, Sheet

NEEDED = ["姓名", "身份证号", "合同编号", "应还本金", "应还利息"]


def sheet(*rows: list[object], name: str = "名单") -> Sheet:
    return Sheet(
        "f.xlsx", name, tuple(Row(n, tuple(cells)) for n, cells in enumerate(rows, start=1))
    )


def refusal(*sheets: Sheet, choice: TableChoice | None = None) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        find_table(sheets, DUE_LIST, choice)
    return caught.value


@pytest.mark.parametrize(
    "header",
    [
        "应还本金\n(元)",
        "应还本金(元)",
        "应还本金（元）",
        " 应 还 本 金 ",
        "*应还本金",
        "应还本金【元】",
        "应还本金:",
        "应还本金(单位:元)",
    ],
)
def test_what_people_type_around_a_header_is_removed(header):
    assert normalise(header) == "应还本金"


def test_ten_thousand_yuan_is_another_header():
    assert normalise("应还本金(万元)") != "应还本金"
    assert (
        refusal(sheet([*NEEDED[:3], "应还本金(万元)", "应还利息"])).code == "intake.columns_missing"
    )


@pytest.mark.parametrize("field", DUE_LIST.names)
def test_every_name_of_a_field_is_found(field):
    for name in DUE_LIST.names[field]:
        headers = [DUE_LIST.names[f][0] for f in DUE_LIST.needed if f != field]
        table = find_table([sheet([*headers, name])], DUE_LIST)
        assert table.columns[field] == (len(headers),)


def test_no_name_means_two_fields():
    names = [normalise(name) for names in DUE_LIST.names.values() for name in names]
    assert len(names) == len(set(names))
    assert not any(is_account(name) for name in KNOWN_HEADERS)


def test_the_header_may_stand_below_titles_and_units():
    table = find_table([sheet(["标题"], ["单位:元"], [], NEEDED, ["王㛃"])], DUE_LIST)
    assert (table.header_row, [row.number for row in table.rows]) == (4, [5])
    assert table.titles == ("标题", "单位:元")


def test_the_header_is_not_looked_for_beyond_twenty_rows():
    assert refusal(sheet(*[["x"]] * 20, NEEDED)).code == "intake.no_header"


def test_a_header_may_take_two_rows():
    rows = [
        ["序号", "姓名", "身份证号", "合同编号", "应还金额", "", ""],
        ["", "", "", "", "本金", "利息", "合计"],
        ["1"],
    ]
    table = find_table([sheet(*rows)], DUE_LIST)
    assert table.columns["principal_due"] == (4,)
    assert table.columns["interest_due"] == (5,)
    assert table.columns["total_due"] == (6,)
    assert table.header_row == 2


def test_missing_columns_are_named_with_the_row_of_the_header():
    error = refusal(sheet(["标题"], ["姓名", "身份证号", "应还本金"]))
    assert (error.code, error.where.row, error.values["columns"]) == (
        "intake.columns_missing",
        2,
        "合同编号、应还利息",
    )


def test_two_columns_of_one_needed_field_are_refused_and_named():
    error = refusal(sheet([*NEEDED, "证件号码"]))
    assert error.code == "intake.column_twice"
    assert error.values["columns"] == "B(身份证号)、F(证件号码)"


def test_the_same_header_twice_is_refused_as_ambiguous():
    assert refusal(sheet([*NEEDED, "联系电话", "联系电话"])).code == "intake.column_twice"


def test_two_sheets_with_lists_are_refused_by_name():
    error = refusal(sheet(NEEDED, name="城关"), sheet(NEEDED, name="柳泉"))
    assert (error.code, error.values["sheets"]) == ("intake.several_sheets", "城关、柳泉")


def test_the_sheet_with_the_list_is_found_behind_others():
    table = find_table([sheet(["填表说明"], name="说明"), sheet(NEEDED)], DUE_LIST)
    assert (table.sheet.name, table.unread) == ("名单", ("说明",))


def chosen(**how: Any) -> TableChoice:
    return TableChoice(**how)


def test_a_mapping_names_columns_the_alias_table_does_not_know():
    rows = sheet(["标题"], [*NEEDED[:3], "本年度 还本", "应还利息"])
    table = find_table([rows], DUE_LIST, chosen(mapping={"principal_due": "d"}))
    assert (table.header_row, table.columns["principal_due"]) == (2, (3,))


def test_a_mapping_of_every_needed_column_finds_the_row_that_looks_like_a_header():
    rows = sheet(
        ["青槐县名单"],
        ["户名", "证号", "编号一", "本", "息"],
        ["王㛃", "610599199506170010", "61059920170001", "1.00", "2.00"],
    )
    mapping = dict(zip(DUE_LIST.needed, "ABCDE", strict=True))
    assert find_table([rows], DUE_LIST, chosen(mapping=mapping)).header_row == 2


def test_a_mapping_can_leave_a_field_out_and_then_takes_one_of_two_columns():
    table = find_table([sheet([*NEEDED, "证件号码"])], DUE_LIST, chosen(mapping={"id_number": "F"}))
    assert table.columns["id_number"] == (5,)
    left = find_table(
        [sheet([*NEEDED, "手机"], ["x"] * 6)], DUE_LIST, chosen(mapping={"phone_student": ""})
    )
    assert ("phone_student" in left.columns, left.unread_columns) == (False, ())


def test_a_column_chosen_for_one_field_is_no_other_field():
    table = find_table(
        [sheet([*NEEDED[:4], "合计"])], DUE_LIST, chosen(mapping={"interest_due": "E"})
    )
    assert (table.columns["interest_due"], "total_due" in table.columns) == ((4,), False)


def test_a_field_of_several_columns_takes_several_letters():
    mapping = {"phone_student": "G, F"}
    table = find_table([sheet([*NEEDED, "电话甲", "电话乙"])], DUE_LIST, chosen(mapping=mapping))
    assert table.columns["phone_student"] == (6, 5)


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"nickname": "A"}, "intake.mapping_field"),
        ({"principal_due": "F"}, "intake.mapping_column"),
        ({"principal_due": "4"}, "intake.mapping_column"),
        ({"principal_due": "ABCD"}, "intake.mapping_column"),
        ({"principal_due": "D", "interest_due": "D"}, "intake.mapping_twice"),
        ({"principal_due": "D,E"}, "intake.column_twice"),
        ({"principal_due": ""}, "intake.columns_missing"),
    ],
)
def test_a_mapping_that_cannot_be_right_is_refused(mapping, code):
    assert refusal(sheet(NEEDED), choice=chosen(mapping=mapping)).code == code


def test_a_mapping_never_opens_an_account_column():
    error = refusal(sheet([*NEEDED, "支付宝账号"]), choice=chosen(mapping={"phone_student": "F"}))
    assert (error.code, error.values["column"]) == ("intake.mapping_account", "F")


def test_a_chosen_sheet_is_the_only_one():
    two = sheet(NEEDED, name="城关"), sheet(NEEDED, name="柳泉")
    assert find_table(two, DUE_LIST, chosen(sheet="柳泉")).sheet.name == "柳泉"
    error = refusal(*two, choice=chosen(sheet="石桥"))
    assert (error.code, error.values["sheets"]) == ("intake.sheet_unknown", "城关、柳泉")


def test_a_chosen_header_row_is_the_only_one_and_the_lower_of_two():
    rows = sheet(NEEDED, ["王㛃"], NEEDED)
    assert find_table([rows], DUE_LIST, chosen(header_row=3)).header_row == 3
    two = sheet(["姓名", "身份证号", "合同编号", "应还金额", ""], ["", "", "", "本金", "利息"])
    assert find_table([two], DUE_LIST, chosen(header_row=2)).columns["interest_due"] == (4,)
    assert refusal(rows, choice=chosen(header_row=2)).code == "intake.columns_missing"
    assert refusal(rows, choice=chosen(header_row=9)).code == "intake.header_row_empty"


def test_a_chosen_header_may_stand_beyond_twenty_rows():
    far = sheet(*[["x"]] * 30, NEEDED)
    assert find_table([far], DUE_LIST, chosen(header_row=31)).header_row == 31


def test_headers_of_one_shape_have_one_signature():
    first, second = sheet(["一月"], NEEDED), sheet(["二月"], [], [f" {n}" for n in NEEDED])
    other = sheet([*NEEDED, "备注"])
    signatures = [find_table([s], DUE_LIST).signature for s in (first, second, other)]
    assert signatures[0] == signatures[1] != signatures[2]


@pytest.mark.parametrize("title", ["单位:万元", "金额单位：千元", "单位:人民币万元"])
def test_amounts_in_another_unit_are_refused(title):
    assert refusal(sheet([title], NEEDED)).code == "intake.unit_not_yuan"


@pytest.mark.parametrize("title", ["单位:元", "单位名称:青槐县万元小学", "填报单位:上元中学"])
def test_a_unit_that_is_yuan_or_an_office_is_fine(title):
    assert find_table([sheet([title], NEEDED)], DUE_LIST).header_row == 2


def test_columns_have_the_letters_the_spreadsheet_shows():
    assert [letter(n) for n in (0, 25, 26, 51, 52, 701, 702, 16383)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
        "XFD",
    ]
