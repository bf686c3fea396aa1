"""A due list becomes people with contracts; whatever could mislead on a visit is named by row,
column, code and fix.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from sync_server.intake.due_list import read_due_list
from sync_server.intake.report import ERROR, WARNING
from tests.support.due_lists import found, only, read
from tests.support.intake_files import (
    HEADER,
    below,
    due_rows,
    line,
    made_id,
    write_csv,
    write_xls,
    write_xlsx,
)

WRITERS = pytest.mark.parametrize(
    "write", [write_xlsx, write_xls, write_csv], ids=["xlsx", "xls", "csv"]
)
PRINCIPAL, INTEREST, TOTAL = "应还本金(元)", "应还利息(元)", "应还合计"


@WRITERS
def test_the_contracts_of_one_id_number_make_one_person_in_order_of_appearance(tmp_path, write):
    result = read(tmp_path, line(1, 0), line(2, 0), line(1, 1), write=write)
    assert [(p.borrower.name, p.rows) for p in result.people] == [("李䶮", (3, 5)), ("张𬱖", (4,))]
    first = result.people[0]
    assert [c.contract_no for c in first.contracts] == ["610599201700010000", "610599201700010001"]
    assert [c.principal_fen for c in first.contracts] == [10010, 10110]
    assert first.borrower.id_number == made_id(1)
    assert (first.borrower.phones, first.co_borrower.name, first.co_borrower.phones) == (
        ("13800000001",),
        "宋二",
        ("13900000001",),
    )
    assert (first.township, first.village, first.graduated_on) == (
        "柳泉镇",
        "东李洼村",
        "2018-07-01",
    )
    assert first.contracts[0].balance_fen == 500000
    assert result.season == "2019"
    assert not result.report.problems


@WRITERS
def test_counts_and_totals_are_of_what_was_accepted(tmp_path, write):
    report = read(
        tmp_path, line(1, 0), line(1, 1), line(2, 0), line(3, 学生姓名=""), write=write
    ).report
    assert (report.read, report.accepted, report.rejected, report.people, report.contracts) == (
        4,
        3,
        1,
        2,
        3,
    )
    assert report.totals.principal_fen == 10010 + 10110 + 20010
    assert report.totals.interest_fen == 2505 + 2505 + 2605
    assert report.totals.total_fen == report.totals.principal_fen + report.totals.interest_fen


@WRITERS
@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("学生姓名", "", "intake.name_missing"),
        ("学生姓名", " \u3000", "intake.name_missing"),
        ("身份证号码", "", "intake.id_missing"),
        ("身份证号码", "6.10599E+17", "intake.id_is_number"),
        ("身份证号码", "6.10599199506170E+17", "intake.id_is_number"),
        ("共同借款人身份证号", "6.10599E+17", "intake.id_is_number"),
        ("贷款合同号", "", "intake.contract_missing"),
        ("贷款合同号", "6.10599E+17", "intake.contract_is_number"),
        ("应还本金\n(元)", "", "intake.amount_missing"),
        ("应还本金\n(元)", "-5.00", "money.negative"),
        ("应还本金\n(元)", "5.125", "money.too_precise"),
        ("应还本金\n(元)", "五百", "money.unreadable"),
        ("应还利息\n(元)", "-0.01", "money.negative"),
        ("应还利息\n(元)", "0.001", "money.too_precise"),
        ("应还利息\n(元)", "#REF!", "intake.formula"),
        ("学生姓名", "#N/A", "intake.formula"),
        ("应还本金\n(元)", "=1+1", "intake.formula"),
        ("学生姓名", "=cmd|' /C calc'!A0", "intake.formula"),
        ("学生姓名", "@SUM(1)", "intake.formula"),
        ("贷款合同号", "+1", "intake.formula"),
    ],
)
def test_a_row_that_could_mislead_is_rejected_by_row_column_and_code(
    tmp_path, write, header, value, code
):
    result = read(tmp_path, line(1), line(2, **{header: value}), write=write)
    assert found(result, ERROR) == {(4, header.replace("\n", ""), code)}
    assert [p.borrower.name for p in result.people] == ["李䶮"]
    assert all(problem.message() and problem.fix() for problem in result.report.problems)


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("应还本金\n(元)", -5.0, "money.negative"),
        ("应还本金\n(元)", 5.125, "money.too_precise"),
        ("应还本金\n(元)", True, "money.unreadable"),
        ("应还本金\n(元)", dt.date(2019, 1, 1), "money.unreadable"),
        ("身份证号码", 610599199506170021, "intake.id_is_number"),
        ("身份证号码", 610599950617002, "intake.id_is_number"),
        ("贷款合同号", 610599201700010000, "intake.contract_is_number"),
        ("贷款合同号", dt.date(2019, 1, 1), "intake.contract_is_number"),
        ("应还本金\n(元)", {"formula": "=100+1", "value": 0}, "intake.formula"),
        ("学生姓名", {"formula": '="王"&"㛃"', "value": 0}, "intake.formula"),
    ],
)
@pytest.mark.parametrize("write", [write_xlsx, write_xls], ids=["xlsx", "xls"])
def test_cells_that_are_no_text_are_judged_by_their_kind(tmp_path, write, header, value, code):
    result = read(tmp_path, line(1), line(2, **{header: value}), write=write)
    assert found(result, ERROR) == {(4, header.replace("\n", ""), code)}


def test_the_sentence_for_an_id_that_excel_turned_into_a_number(tmp_path):
    result = read(tmp_path, line(1, 身份证号码=610599199506170021))
    assert only(result).message() == "身份证号被Excel转成数字,已丢失末位,请以文本格式重新导出"


def test_an_id_number_whose_end_became_zeros_as_text_is_a_damaged_number(tmp_path):
    assert found(read(tmp_path, line(1, 身份证号码="610599199506170000"))) == {
        (3, "身份证号码", "intake.id_is_number")
    }


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (made_id(1)[:-1] + "X", "id.checksum"),
        ("610599199802300017", "id.date_invalid"),
        ("61059919950617", "id.length"),
        ("K1059919950617002X", "id.characters"),
    ],
)
def test_an_unsound_id_number_is_a_warning_for_the_banks_data_wins(tmp_path, value, code):
    result = read(tmp_path, line(1, 身份证号码=value))
    assert (3, "身份证号码", code) in found(result, WARNING)
    assert result.people[0].borrower.id_number == value
    assert (result.report.accepted, result.report.warned) == (1, 1)


def test_numbers_and_text_of_amounts_phones_and_years_read_alike(tmp_path):
    as_text = read(tmp_path, line(1))
    changes = {
        "应还本金\n(元)": 100.1,
        "应还利息\n(元)": 25.05,
        "应还合计": 125.15,
        "贷款余额": 5000,
        "联系电话": 13800000001,
    }
    as_numbers = read(tmp_path, line(1, **changes, 毕业时间=dt.date(2018, 7, 1)))
    assert as_numbers == as_text


def test_a_short_number_as_contract_number_is_kept_with_a_warning(tmp_path):
    result = read(tmp_path, line(1, 贷款合同号=20170001))
    assert result.people[0].contracts[0].contract_no == "20170001"
    assert found(result) == {(3, "贷款合同号", "intake.contract_was_number")}


def test_a_contract_number_too_short_to_be_one_is_warned_of(tmp_path):
    assert found(read(tmp_path, line(1, 贷款合同号="-1"))) == {
        (3, "贷款合同号", "intake.contract_unclear")
    }


def test_one_contract_twice_alike_is_counted_once_with_a_warning(tmp_path):
    result = read(tmp_path, line(1), line(2), line(1))
    assert found(result) == {(5, "贷款合同号", "intake.contract_repeated")}
    assert "第 3、5 行" in only(result).message()
    assert (result.report.read, result.report.accepted, result.report.contracts) == (3, 3, 2)


def test_one_contract_with_different_amounts_rejects_both_rows_and_names_them(tmp_path):
    result = read(
        tmp_path, line(1), line(2), line(1, **{"应还本金\n(元)": "7.00", "应还合计": "32.05"})
    )
    code = "intake.contract_conflict"
    assert found(result) == {(3, "贷款合同号", code), (5, "贷款合同号", code)}
    assert all("第 3、5 行" in problem.message() for problem in result.report.problems)
    assert [p.borrower.name for p in result.people] == ["张𬱖"]


def test_one_contract_under_two_people_rejects_both(tmp_path):
    number = line(1)["贷款合同号"]
    result = read(tmp_path, line(1), line(2, 贷款合同号=number))
    code = "intake.contract_two_people"
    assert found(result) == {(3, "贷款合同号", code), (4, "贷款合同号", code)}
    assert result.people == ()


def test_a_person_with_a_rejected_row_is_marked_for_the_sum_is_too_small(tmp_path):
    result = read(
        tmp_path, line(1, 0), line(1, 1, **{"应还本金\n(元)": "x", "应还合计": ""}), line(2)
    )
    assert (3, "身份证号码", "intake.person_incomplete") in found(result, WARNING)
    assert [p.rejected_rows for p in result.people] == [(4,), ()]


def test_two_names_for_one_id_number_are_not_merged_but_asked_about_by_both_rows(tmp_path):
    result = read(tmp_path, line(1, 0), line(1, 1, 学生姓名="李龑"), line(2))
    code = "intake.name_differs"
    assert found(result, ERROR) == {(3, "学生姓名", code), (4, "学生姓名", code)}
    assert all("第 3、4 行" in problem.message() for problem in result.report.problems)
    assert [p.borrower.name for p in result.people] == ["张𬱖"]


@pytest.mark.parametrize(
    "number",
    ["无", "不详", "-", "610599********0012", "1" * 18, "1" * 15, "〃", "同上", "6105991997"],
)
def test_people_without_a_number_that_identifies_are_never_merged(tmp_path, number):
    result = read(
        tmp_path,
        line(1, 身份证号码=number),
        line(2, 身份证号码=number),
        line(1, 1, 身份证号码=number),
    )
    assert [p.rows for p in result.people] == [(3,), (4,), (5,)]
    assert [p.row for p in result.report.problems if p.column == "身份证号码"][:3] != []
    assert result.report.rejected == 0


def test_a_row_with_neither_number_nor_contract_is_refused(tmp_path):
    result = read(tmp_path, line(1, 身份证号码="无", 贷款合同号="无"))
    assert found(result, ERROR) == {(3, "贷款合同号", "intake.contract_missing")}


@pytest.mark.parametrize("name", ["〃", "同上"])
def test_nobody_is_named_as_above(tmp_path, name):
    result = read(tmp_path, line(1), line(2, 学生姓名=name))
    assert found(result, ERROR) == {(4, "学生姓名", "intake.ditto")}


def test_as_above_in_a_column_we_can_do_without_is_warned_of_and_not_taken(tmp_path):
    result = read(tmp_path, line(1), line(2, 家庭住址="〃"))
    assert found(result) == {(4, "家庭住址", "intake.ditto")}
    assert result.people[1].address == ""


def test_one_contract_of_two_nameless_numbers_is_not_one_person(tmp_path):
    number = line(1)["贷款合同号"]
    lines = [line(1, 身份证号码="无"), line(2, 身份证号码="无", 贷款合同号=number)]
    assert read(tmp_path, *lines).people == ()


@pytest.mark.parametrize(
    ("header", "value"),
    [("共同借款人", "赵一"), ("包联学校", "青槐中学"), ("家庭住址", "青槐县北坡镇大刘堡村1组")],
)
def test_what_differs_between_the_rows_of_one_person_is_warned_of(tmp_path, header, value):
    result = read(tmp_path, line(1, 0), line(1, 1, **{header: value}))
    assert found(result) == {(4, header, "intake.person_differs")}


def test_a_first_generation_id_number_joins_its_18_digit_form(tmp_path):
    id15 = "610599950617002"
    result = read(tmp_path, line(1, 0, 身份证号码=made_id(1)), line(1, 1, 身份证号码=id15))
    assert len(result.people) == 1


@pytest.mark.parametrize(
    "blank", ["王 明", "王\u3000明", " 王明 ", "王\n明", "\u200b王明\xa0", "'王明"]
)
def test_blanks_that_pad_a_name_are_removed(tmp_path, blank):
    result = read(tmp_path, line(1, 学生姓名=blank))
    assert (result.people[0].borrower.name, result.report.problems) == ("王明", ())


def test_a_dot_between_the_parts_of_a_name_is_the_one_of_the_rule(tmp_path):
    assert (
        read(tmp_path, line(1, 学生姓名="阿依古丽•买买提")).people[0].borrower.name
        == "阿依古丽·买买提"
    )


@pytest.mark.parametrize("name", ["12345", "王3", "李*", "NaN", "王" * 51])
def test_what_is_hardly_a_name_is_warned_of(tmp_path, name):
    assert found(read(tmp_path, line(1, 学生姓名=name))) == {(3, "学生姓名", "intake.name_unclear")}


@WRITERS
def test_totals_subtotals_blank_rows_and_repeated_headers_are_no_data(tmp_path, write):
    one, two, three = (list(line(n).values()) for n in (1, 2, 3))
    total = lambda word, *amounts: [word, "", "", "", "", *amounts, *[""] * 9]  # noqa: E731 - a table reads better
    rows = [
        ["名单"],
        ["单位:元"],
        list(HEADER),
        one,
        two,
        total("小计", "300.20", "51.10", "351.30"),
        [],
        list(HEADER),
        three,
        total("小 计", "300.10", "27.05", "327.15"),
        total("合计:", "600.30", "78.15", "678.45"),
        ["制表人:某某"],
    ]
    result = read_due_list(write(tmp_path / "f", rows), "2019")
    assert (result.report.read, result.report.problems) == (3, ())
    assert [p.rows for p in result.people] == [(4,), (5,), (9,)]


@WRITERS
def test_a_totals_row_that_differs_from_the_sum_names_both(tmp_path, write):
    rows = [*due_rows([line(1)]), ["合计", "", "", "", "", "100.10", "25.06", "125.15"]]
    result = read_due_list(write(tmp_path / "f", rows), "2019")
    problem = only(result)
    assert (problem.row, problem.column, problem.code, problem.level) == (
        4,
        INTEREST,
        "intake.totals_differ",
        WARNING,
    )
    assert "25.06" in problem.message()
    assert "25.05" in problem.message()


def test_a_totals_row_of_formulas_is_compared_only_when_it_was_calculated(tmp_path):
    def totals(*values):
        return ["合计", "", "", "", "", *({"formula": "=SUM(F3:F3)", "value": v} for v in values)]

    right = [*due_rows([line(1)]), totals(100.1, 25.05, 125.15)]
    never = [*due_rows([line(1)]), totals(0, 0, 0)]
    wrong = [*due_rows([line(1)]), totals(100.1, 25.05, 1.0)]
    codes = [
        found(read_due_list(write_xlsx(tmp_path / "f", rows), "2019"))
        for rows in (right, never, wrong)
    ]
    assert codes == [set(), set(), {(4, TOTAL, "intake.totals_differ")}]


def test_a_person_whose_id_stands_in_a_totals_row_is_data_all_the_same(tmp_path):
    assert read(tmp_path, line(1, 序号="合计")).report.read == 1


def test_a_total_that_is_not_principal_plus_interest_is_a_warning(tmp_path):
    result = read(tmp_path, line(1, 应还合计="125.16"))
    assert found(result) == {(3, TOTAL, "intake.total_differs")}
    assert result.report.totals.total_fen == 12515


def test_penalty_interest_is_named_and_may_be_in_the_total(tmp_path):
    header = (*HEADER, "罚息")
    result = read(tmp_path, {**line(1, 应还合计="126.15"), "罚息": "1.00"}, header=header)
    assert found(result) == {(3, "罚息", "intake.penalty_apart")}


@pytest.mark.parametrize(
    ("flag", "days", "late"),
    [
        ("", "", False),
        ("正常", "0", False),
        ("未逾期", "", False),
        ("否", "", False),
        ("逾期", "", True),
        ("是", "", True),
        ("", "35", True),
        ("逾期35天", "", True),
        ("已逾期", "", True),
    ],
)
def test_overdue_from_before_is_kept_apart_from_due_now(tmp_path, flag, days, late):
    header = (*HEADER, "逾期状态", "逾期天数")
    result = read(tmp_path, {**line(1), "逾期状态": flag, "逾期天数": days}, header=header)
    assert (result.people[0].overdue_prior, result.report.problems) == (late, ())


def test_an_unknown_flag_is_warned_of_and_counts_as_not_overdue(tmp_path):
    result = read(tmp_path, {**line(1), "逾期状态": "待定"}, header=(*HEADER, "逾期状态"))
    assert not result.people[0].overdue_prior
    assert found(result) == {(3, "逾期状态", "intake.flag_unclear")}


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2018-07-01", "2018-07-01"),
        ("2018/7/1", "2018-07-01"),
        ("2018年7月1日", "2018-07-01"),
        ("20180701", "2018-07-01"),
        ("2018年7月", "2018-07"),
        ("2018.07", "2018-07"),
        ("201807", "2018-07"),
        ("2018", "2018"),
        (2018, "2018"),
        ("2018-07-01 10:22:33", "2018-07-01"),
    ],
)
def test_days_are_read_in_the_forms_people_write(tmp_path, cell, day):
    result = read(tmp_path, line(1, 毕业时间=cell))
    assert (result.people[0].graduated_on, result.report.problems) == (day, ())


@pytest.mark.parametrize("cell", ["去年", "2018-02-30", "2018-13", 43282, 2018.1, "71日", "121日"])
def test_an_ambiguous_day_is_warned_of_and_left_out(tmp_path, cell):
    result = read(tmp_path, line(1, 毕业时间=cell))
    assert result.people[0].graduated_on == ""
    assert found(result) == {(3, "毕业时间", "intake.date_unclear")}


@pytest.mark.parametrize("value", ["1380000", "不详", "99900000001", "=1"])
def test_what_is_no_phone_is_warned_of(tmp_path, value):
    (problem,) = read(tmp_path, line(1, 联系电话=value)).report.problems
    assert (problem.row, problem.column) == (3, "联系电话")
    assert problem.code == ("intake.formula" if value == "=1" else "intake.phone_unclear")


def test_a_plus_before_a_phone_is_no_formula(tmp_path):
    result = read(tmp_path, line(1, 联系电话="+86 138-0000-0001、0913-1234567"))
    assert (result.people[0].borrower.phones, result.report.problems) == (
        ("13800000001", "0913-1234567"),
        (),
    )


def test_a_formula_without_a_result_in_a_field_we_can_do_without_is_warned_of(tmp_path):
    result = read(tmp_path, line(1, 家庭住址={"formula": "=A1", "value": 0}))
    assert found(result, WARNING) == {(3, "家庭住址", "intake.formula")}
    assert result.people[0].address == ""


def test_the_stored_results_of_formulas_are_taken_with_one_note_a_column(tmp_path):
    cells = [{"formula": "=B9", "value": v} for v in (101.1, 0, 300.1)]
    lines = [line(n, **{"应还本金\n(元)": cell, "应还合计": ""}) for n, cell in enumerate(cells, 1)]
    result = read(tmp_path, *lines)
    assert [p.contracts[0].principal_fen for p in result.people] == [10110, 0, 30010]
    problem = only(result)
    assert (problem.code, problem.column, problem.values["count"]) == (
        "intake.formula_value",
        PRINCIPAL,
        "3",
    )


def test_twenty_equal_messages_are_one_line_with_a_count(tmp_path):
    result = read(tmp_path, *(line(n, 联系电话="12") for n in range(25)))
    problem = only(result)
    assert (problem.row, problem.rows) == (3, tuple(range(3, 28)))
    assert "共 25 行" in problem.message()
    assert "25 rows" in problem.message("en")
    assert result.report.warned == 25


def test_a_column_that_nobody_knows_is_named(tmp_path):
    header = (*HEADER, "情况", "空列", "支付宝账号")
    result = read(tmp_path, {**line(1), "情况": "在外", "支付宝账号": "x"}, header=header)
    problem = only(result)
    assert (problem.row, problem.code, problem.values) == (
        None,
        "intake.columns_unread",
        {"columns": "情况"},
    )


def test_what_was_respelt_is_noted_once_a_column_by_its_code_points(tmp_path):
    lines = [line(1, 学生姓名="⽯⼩川"), line(2, 学生姓名="\u202d王明"), line(3, 学生姓名="王 明")]
    result = read(tmp_path, *lines)
    assert [p.borrower.name for p in result.people] == ["石小川", "王明", "王明"]
    problem = only(result)
    assert (problem.code, problem.column, problem.values) == (
        "intake.respelt",
        "学生姓名",
        {"count": "2", "rows": "3、4", "what": "U+2F6F→石、U+2F29→小、U+202D"},
    )


def test_a_co_borrower_without_a_name_is_warned_of_and_kept(tmp_path):
    result = read(tmp_path, line(1, 共同借款人=""))
    assert found(result) == {(3, "共同借款人", "intake.name_missing")}
    assert result.people[0].co_borrower.phones == ("13900000001",)


def test_a_row_of_words_without_id_contract_and_amount_is_skipped_as_a_note_and_named(tmp_path):
    rows = [*due_rows([line(1)]), ["", "说明:本表由银行导出"]]
    result = read_due_list(write_xlsx(tmp_path / "f", rows), "2019")
    assert found(result) == {(4, "学生姓名", "intake.note_row")}
    assert result.report.read == 1


def test_a_character_no_font_has_is_warned_of_by_its_code(tmp_path):
    spaced = line(1, 家庭住址="青槐县柳泉镇 东李洼村6组")
    known = "".join(map(str, line(1).values())).replace("䶮", "")
    result = read(tmp_path, spaced, known_characters=known)
    problem = only(result)
    assert (problem.row, problem.column, problem.code) == (
        3,
        "学生姓名",
        "intake.character_unknown",
    )
    assert "䶮" in problem.message()
    assert "U+4DAE" in problem.message()


def test_blanks_inside_the_name_of_a_school_are_removed(tmp_path):
    result = read(tmp_path, line(1, 包联学校="柳泉镇 中心校"), known_schools={"柳泉镇中心校"})
    assert (result.people[0].school_name, result.report.problems) == ("柳泉镇中心校", ())


def test_a_school_the_county_does_not_have_is_warned_of_and_its_people_are_unplaced(tmp_path):
    result = read(
        tmp_path,
        line(1),
        line(2, 包联学校="无名小学"),
        line(3, 包联学校=""),
        known_schools={"柳泉镇中心校"},
    )
    assert found(result) == {
        (4, "包联学校", "intake.school_unknown"),
        (5, "包联学校", "intake.school_missing"),
    }


def merged(path: Path, rows: list[list[Any]], *columns: int) -> Path:
    """The list with rows 3 and 4 merged in these columns: the lower cell has nothing of its own."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(
                number,
                0,
                ["" if number == 3 and c in columns else cell for c, cell in enumerate(row)],
            )
        for column in columns:
            sheet.merge_range(2, column, 3, column, rows[2][column])
    return path


def test_a_name_merged_over_its_contracts_counts_for_each_row(tmp_path):
    path = merged(tmp_path / "f.xlsx", due_rows([line(1, 0), line(1, 1)]), 1, 2, 9)
    result = read_due_list(path, "2019")
    assert (len(result.people), result.people[0].rows, result.report.problems) == (1, (3, 4), ())


def test_an_amount_merged_over_two_contracts_is_not_taken_twice(tmp_path):
    path = merged(tmp_path / "f.xlsx", due_rows([line(1, 0), line(1, 1)]), 5)
    assert found(read_due_list(path, "2019"), ERROR) == {(4, PRINCIPAL, "intake.amount_missing")}


def test_a_phone_number_under_interest_is_rejected_as_an_amount(tmp_path):
    result = read(tmp_path, {**line(1), "应还利息\n(元)": "13800000000", TOTAL: ""})
    assert found(result, ERROR) == {(3, INTEREST, "intake.amount_impossible")}


def test_an_amount_beyond_what_a_contract_lends_is_warned_of(tmp_path):
    result = read(tmp_path, {**line(1), "应还本金\n(元)": "25000.01", TOTAL: ""})
    assert found(result) == {(3, PRINCIPAL, "intake.amount_large")}


PLAIN_SCHOOL = tuple("学校" if name == "包联学校" else name for name in HEADER)


@pytest.mark.parametrize("known", [(), ("柳泉镇中心校",)])
def test_a_column_headed_only_school_is_read_where_it_names_schools(tmp_path, known):
    row = {**line(1), "学校": "柳泉镇中心校"}
    result = read(tmp_path, row, header=PLAIN_SCHOOL, known_schools=known or None)
    assert result.people[0].school_name == "柳泉镇中心校"
    assert found(result) == {(None, "学校", "intake.school_column_taken")}


def test_a_column_headed_only_school_is_named_as_unread_where_it_names_colleges(tmp_path):
    row = {**line(1), "学校": "渭南师范学院"}
    result = read(tmp_path, row, header=PLAIN_SCHOOL, known_schools=("柳泉镇中心校",))
    assert result.people[0].school_name == ""
    assert "intake.columns_unread" in {code for _, _, code in found(result)}


def test_an_account_column_is_in_no_output(tmp_path):
    header = (*HEADER, "支付宝账号")
    result = read(tmp_path, {**line(1), "支付宝账号": "someone@example.invalid"}, header=header)
    assert "someone" not in repr(result)


def test_a_list_without_rows_is_reported(tmp_path):
    result = read(tmp_path)
    assert (only(result).code, result.people) == ("intake.no_rows", ())


def test_sheets_that_were_not_read_are_named(tmp_path):
    path = write_xlsx(tmp_path / "f.xlsx", due_rows([line(1)]), more={"说明": [["请看名单"]]})
    problem = only(read_due_list(path, "2019"))
    assert (problem.code, problem.values) == ("intake.other_sheets", {"sheets": "说明"})


ONE, TWO = (list(line(n).values()) for n in (1, 2))
BOTH = ("300.20", "51.10", "351.30")
FIRST = below("甲校小计", "100.10", "25.05", "125.15", at=1)
SECOND = below("乙校小计", "200.10", "26.05", "226.15", at=1)


@pytest.mark.parametrize(
    "rows",
    [
        [below("共2人", *BOTH), ONE, TWO],
        [ONE, TWO, below("共2人", *BOTH)],
        [ONE, FIRST, TWO, SECOND, below("合计：2人", *BOTH)],
        [FIRST, ONE, SECOND, TWO],
        [ONE, TWO, below("总人数：2人", *BOTH, at=2)],
        [ONE, TWO, below("【总计】", *BOTH, at=3)],
        [ONE, TWO, below("（合计）", *BOTH)],
    ],
)
def test_a_total_is_known_wherever_it_stands_and_held_against_what_it_covers(tmp_path, rows):
    result = read_due_list(write_xlsx(tmp_path / "f", [["名单"], list(HEADER), *rows]), "2019")
    assert (result.report.read, result.report.problems) == (2, ())


def test_a_total_above_the_rows_that_differs_names_both_sums(tmp_path):
    rows = [["名单"], list(HEADER), below("合计", "300.20", "51.11", "351.30"), ONE, TWO]
    problem = only(read_due_list(write_xlsx(tmp_path / "f", rows), "2019"))
    assert (problem.row, problem.column, problem.code) == (3, INTEREST, "intake.totals_differ")
    assert "51.10" in problem.message()


@pytest.mark.parametrize(
    "row",
    [
        below("填表人:甲", "审核:乙", "", "2019年11月20日"),
        below("负责人(签字):", "", "", "(盖章)", at=2),
        below("联系电话:13800000001 填表人:甲", at=2),
        below("制表人：甲", "审核人：乙"),
    ],
)
def test_signatures_below_the_table_are_a_note_and_no_row(tmp_path, row):
    path = write_xlsx(tmp_path / "f", [["名单"], list(HEADER), ONE, TWO, row])
    result = read_due_list(path, "2019")
    assert (result.report.read, result.report.rejected) == (2, 0)
    assert [p.code for p in result.report.problems] == ["intake.note_row"]


def test_hidden_columns_that_are_read_are_named(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "f.xlsx") as book:
        page = book.add_worksheet()
        for number, row in enumerate([["名单"], list(HEADER), ONE]):
            page.write_row(number, 0, row)
        page.set_column(9, 9, options={"hidden": True})
    problem = only(read_due_list(tmp_path / "f.xlsx", "2019"))
    assert (problem.code, problem.values) == ("intake.hidden_columns", {"columns": "联系电话"})


@pytest.mark.parametrize(
    ("words", "warned"),
    [
        ("共2人", ""),
        ("合计:2人", ""),
        ("合计(2人,3笔)", ""),
        ("共3笔", ""),
        ("共3人", "3人"),
        ("合计:4笔", "4笔"),
    ],
)
def test_the_count_of_a_totals_row_is_checked_against_the_rows(tmp_path, words, warned):
    rows = [*due_rows([line(1), line(1, 1), line(2)]), [words]]
    problems = read_due_list(write_xlsx(tmp_path / "f", rows), "2019").report.problems
    assert [p.code for p in problems] == ["intake.totals_count_differs"] * bool(warned)
    for problem in problems:
        assert problem.row == 6
        assert warned in problem.message()
        assert f"{2 if '人' in warned else 3}{warned[-1]}" in problem.message()


def test_a_count_under_the_id_numbers_of_a_totals_row_is_checked_too(tmp_path):
    rows = [*due_rows([line(1), line(2)]), ["合计", "", "3人"]]
    (problem,) = read_due_list(write_xlsx(tmp_path / "f", rows), "2019").report.problems
    assert problem.code == "intake.totals_count_differs"


def test_what_rejected_rows_name_is_kept(tmp_path):
    bad = line(1, **{"应还本金\n(元)": "x", "应还合计": ""})
    result = read_due_list(write_xlsx(tmp_path / "f", due_rows([bad, line(2)])), "2019")
    assert result.rejected_keys == (made_id(1), bad["贷款合同号"])


@pytest.mark.parametrize(
    "nothing", ["暂 无", "暂无信息", "0", "—", "***", "N/A", "〃〃", "同 上", '"']
)
def test_words_that_say_nothing_name_nobody_and_no_school(tmp_path, nothing):
    assert read(tmp_path, line(1, 学生姓名=nothing)).people == ()
    one, two = read(
        tmp_path,
        *(line(n, 身份证号码=nothing, 包联学校=nothing, 家庭住址=nothing) for n in (1, 2)),
    ).people
    assert [p.borrower.id_number for p in (one, two)] == ["", ""]
    assert {(p.school_name, p.address, p.township) for p in (one, two)} == {("", "", "")}


@pytest.mark.parametrize("nothing", ["暂无合同号", "000000000000", "N/A"])
def test_a_contract_number_without_a_number_is_none(tmp_path, nothing):
    assert read(tmp_path, line(1, 贷款合同号=nothing)).people == ()


def test_the_order_of_a_persons_rows_does_not_decide_where_they_differ(tmp_path):
    other = {"联系电话": "13900009999", "包联学校": "青山镇中心校", "家庭住址": "青槐县青山镇李村"}
    lines = [line(1), line(1, 1, **other)]
    (one,), (two,) = (read(tmp_path, *own).people for own in (lines, lines[::-1]))
    assert one == two
    assert one.school_name == lines[0]["包联学校"]


def test_a_repeated_contract_loses_no_phone(tmp_path):
    (person,) = read(tmp_path, line(1), line(1, 联系电话="13911112222")).people
    assert person.borrower.phones == ("13800000001", "13911112222")
    assert len(person.contracts) == 1


@pytest.mark.parametrize("column", ["毕业时间", "包联学校", "应还利息\n(元)"])
def test_an_id_number_in_another_column_is_named_masked(tmp_path, column):
    result = read(tmp_path, line(1, **{column: made_id(9)}), known_schools=["柳泉镇中心校"])
    assert result.report.problems
    assert made_id(9) not in str(result.report.as_json())
