"""The header row is found wherever it is and however it is typed; what is missing or twice is
named.
"""

from __future__ import annotations

import pytest

from shared.problems import ProblemError
from sync_server.intake.columns import find_table
from sync_server.intake.headers import is_account, letter, normalise
from sync_server.intake.layouts import DUE_LIST, KNOWN_HEADERS
from sync_server.intake.sheet import Row, Sheet

NEEDED = ["姓名", "身份证号", "合同编号", "应还本金", "应还利息"]


def sheet(*rows: list[object], name: str = "名单") -> Sheet:
    return Sheet(
        "f.xlsx", name, tuple(Row(n, tuple(cells)) for n, cells in enumerate(rows, start=1))
    )


def refusal(*sheets: Sheet, mapping: dict[str, str] | None = None) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        find_table(sheets, DUE_LIST, mapping)
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


def test_a_mapping_names_columns_the_alias_table_does_not_know():
    table = find_table(
        [sheet([*NEEDED[:3], "本年度 还本", "应还利息"])], DUE_LIST, {"本年度还本": "principal_due"}
    )
    assert table.columns["principal_due"] == (3,)


def test_a_mapping_can_leave_a_column_out():
    table = find_table([sheet([*NEEDED, "证件号码"])], DUE_LIST, {"证件号码": ""})
    assert table.columns["id_number"] == (1,)


def test_a_mapping_to_no_field_is_refused():
    assert refusal(sheet(NEEDED), mapping={"姓名": "nickname"}).code == "intake.mapping_field"


def test_a_mapping_never_opens_an_account_column():
    table = find_table([sheet([*NEEDED, "支付宝账号"])], DUE_LIST, {"支付宝账号": "phone_student"})
    assert "phone_student" not in table.columns


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
