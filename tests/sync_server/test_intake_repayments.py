"""A snapshot of repayments: lines by contract, and its day, read with care."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.problems import ProblemError
from sync_server.intake.repayments import RepaymentFile, RepaymentLine, read_repayments
from tests.support.intake_files import made_id, write_csv, write_xls, write_xlsx

HEADER = ["序号", "姓名", "身份证号", "合同编号", "已还本金", "已还利息", "还款日期", "还款方式"]
TITLE = "截至2019年12月11日还款情况"


def paid(
    person: int = 1,
    contract: str = "A1000001",
    principal: Any = "0.00",
    interest: Any = "179.62",
    day: Any = "2019-12-09",
) -> list[Any]:
    return [1, "王㛃", made_id(person), contract, principal, interest, day, "支付宝"]


def read(
    tmp_path: Path,
    *rows: list[Any],
    title: str = TITLE,
    name: str = "还款.xlsx",
    write: Any = write_xlsx,
) -> RepaymentFile:
    return read_repayments(write(tmp_path / name, [[title], ["单位:元"], HEADER, *rows]))


def found(result: RepaymentFile) -> set[tuple[int | None, str, str]]:
    return {(p.row, p.column, p.code) for p in result.report.problems}


@pytest.mark.parametrize("write", [write_xlsx, write_xls, write_csv], ids=["xlsx", "xls", "csv"])
def test_each_row_is_what_one_contract_has_paid(tmp_path, write):
    result = read(
        tmp_path,
        paid(),
        paid(contract="A2000002", principal="1000.00"),
        paid(2, "B1000001"),
        write=write,
    )
    assert result.lines[1] == RepaymentLine(
        contract_no="A2000002",
        id_number=made_id(1),
        name="王㛃",
        principal_fen=100000,
        interest_fen=17962,
        paid_on="2019-12-09",
        channel="支付宝",
        row=5,
    )
    report = result.report
    assert (result.as_of, report.read, report.people, report.contracts) == ("2019-12-11", 3, 2, 3)
    assert report.totals.total_fen == 100000 + 3 * 17962
    assert not report.problems


@pytest.mark.parametrize(
    "title",
    [
        "截至2019年12月11日还款情况",
        "截止2019-12-11 还款明细",
        "截至 2019 年 12 月 11 日24时",
        "还款情况(截至2019.12.11)",
        "截至:2019/12/11",
    ],
)
def test_the_day_is_read_from_a_title(tmp_path, title):
    result = read(tmp_path, paid(), title=title)
    assert (result.as_of, result.report.problems) == ("2019-12-11", ())


@pytest.mark.parametrize(
    "title", ["2019年12月11日新增还款", "青槐县2019年12月11日还款情况表", "2019-12-11 回收明细"]
)
def test_the_day_of_a_title_about_the_payments_of_a_day_is_sure(tmp_path, title):
    result = read(tmp_path, paid(), title=title)
    assert (result.as_of, result.as_of_asked) == ("2019-12-11", ())


def test_the_day_on_which_a_title_says_that_it_was_printed_is_not_taken(tmp_path):
    result = read(tmp_path, paid(), title="还款情况(2019年12月12日打印)")
    assert (result.as_of, result.as_of_asked) == ("2019-12-09", ("intake.as_of_from_newest",))


@pytest.mark.parametrize(
    "name", ["还款情况-2019-12-11.xlsx", "还款20191211.xlsx", "还款2019年12月11日(1).xlsx"]
)
def test_without_a_title_the_day_is_read_from_the_file_name_with_a_warning(tmp_path, name):
    result = read(tmp_path, paid(), title="还款情况", name=name)
    assert (result.as_of, found(result)) == ("2019-12-11", {(None, "", "intake.as_of_from_name")})


def test_the_name_people_know_counts_and_not_that_of_a_temporary_file(tmp_path):
    path = write_xlsx(tmp_path / "upload-1.xlsx", [HEADER, paid()])
    assert read_repayments(path, file_name="还款情况-2019-12-11.xlsx").as_of == "2019-12-11"


def test_without_either_the_day_is_that_of_the_newest_payment_with_a_warning(tmp_path):
    result = read(
        tmp_path,
        paid(day="2019-12-07"),
        paid(contract="A2000002", day="2019-12-10"),
        title="还款情况",
    )
    assert (result.as_of, found(result)) == ("2019-12-10", {(None, "", "intake.as_of_from_newest")})


@pytest.mark.parametrize(
    "title", ["还款情况", "截至1211日还款情况", "截至20191211日还款情况", "截至2019年13月41日"]
)
def test_a_snapshot_of_no_known_day_is_refused_and_a_title_that_lost_its_month_is_no_day(
    tmp_path, title
):
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, paid(day=""), title=title)
    assert caught.value.code == "intake.as_of_unknown"


def test_a_title_and_a_name_that_disagree_are_warned_of(tmp_path):
    result = read(tmp_path, paid(), name="还款情况-2019-12-12.xlsx")
    assert (result.as_of, found(result)) == ("2019-12-11", {(None, "", "intake.as_of_differs")})


def test_a_payment_after_the_day_is_warned_of(tmp_path):
    assert found(read(tmp_path, paid(day="2019-12-12"))) == {(4, "还款日期", "intake.paid_later")}


def test_a_contract_twice_alike_counts_once_with_one_warning(tmp_path):
    result = read(tmp_path, paid(), paid())
    assert (len(result.lines), found(result)) == (1, {(5, "合同编号", "intake.contract_repeated")})


@pytest.mark.parametrize(
    "other", [{"principal": "5.00"}, {"interest": "1.00"}, {"day": "2019-12-08"}]
)
def test_a_contract_twice_with_other_values_is_rejected_both_times(tmp_path, other):
    result = read(tmp_path, paid(), paid(**other), paid(2, "B1000001"))
    assert found(result) == {(row, "合同编号", "intake.contract_conflict") for row in (4, 5)}
    assert [line.contract_no for line in result.lines] == ["B1000001"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (paid(contract=""), ("合同编号", "intake.contract_missing")),
        (paid(principal="-1.00"), ("已还本金", "money.negative")),
        (paid(interest=1.005), ("已还利息", "money.too_precise")),
        (paid(interest=""), ("已还利息", "intake.amount_missing")),
        (paid(principal={"formula": "=1+1", "value": 0}), ("已还本金", "intake.formula")),
    ],
)
def test_a_bad_row_is_rejected_and_named(tmp_path, row, problem):
    result = read(tmp_path, row, paid(2, "B1000001"))
    assert found(result) == {(4, *problem)}
    assert (result.report.rejected, len(result.lines)) == (1, 1)


def test_an_id_that_became_a_number_is_warned_of_and_the_payment_counts_by_its_contract(tmp_path):
    row = [1, "王㛃", 610599199506170028, "A1000001", "0.00", "1.00", "2019-12-09", "POS"]
    result = read(tmp_path, row)
    assert found(result) == {(4, "身份证号", "intake.id_is_number")}
    assert [line.contract_no for line in result.lines] == ["A1000001"]


def test_a_day_that_cannot_be_read_is_warned_of_and_the_payment_counts(tmp_path):
    result = read(tmp_path, paid(day="上周"))
    assert (result.lines[0].paid_on, found(result)) == (
        "",
        {(4, "还款日期", "intake.date_unclear")},
    )


def test_totals_are_compared_with_the_rows(tmp_path):
    result = read(tmp_path, paid(), ["合计", "", "", "", "0.00", "179.63"])
    assert found(result) == {(5, "已还利息", "intake.totals_differ")}


def test_a_day_on_which_nobody_paid_is_a_snapshot_too(tmp_path):
    result = read(tmp_path)
    assert (result.as_of, result.lines, found(result)) == (
        "2019-12-11",
        (),
        {(None, "", "intake.no_rows")},
    )


@pytest.mark.parametrize(
    ("title", "day"),
    [
        ("截至二〇一九年十二月十一日还款情况", "2019-12-11"),
        ("截至二○一九年十二月三十一日", "2019-12-31"),
        ("截止二零二〇年一月二十号", "2020-01-20"),
        ("截至二〇二〇年十月十日", "2020-10-10"),
    ],
)
def test_a_day_in_chinese_numerals_is_read_and_asked_about(tmp_path, title, day):
    result = read(tmp_path, paid(), title=title)
    assert (result.as_of, found(result)) == (day, {(None, "", "intake.as_of_in_words")})


@pytest.mark.parametrize("title", ["截至二〇一九年十三月十一日", "截至二〇一九年十二月四十一日"])
def test_numerals_that_are_no_day_are_none(tmp_path, title):
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, paid(day=""), title=title)
    assert caught.value.code == "intake.as_of_unknown"


def test_a_day_of_payment_in_chinese_numerals_is_read(tmp_path):
    result = read(tmp_path, paid(day="二〇一九年十二月九日"))
    assert (result.lines[0].paid_on, result.report.problems) == ("2019-12-09", ())


def test_a_day_that_is_still_to_come_is_refused_with_the_reason(tmp_path):
    path = write_xlsx(tmp_path / "f.xlsx", [["截至2029年12月11日还款情况"], HEADER, paid()])
    with pytest.raises(ProblemError) as caught:
        read_repayments(path, today="2019-12-12")
    assert caught.value.code == "intake.as_of_future"
    assert "2029-12-11" in caught.value.message()
    assert read_repayments(path, today="2029-12-11").as_of == "2029-12-11"


PAYMENTS = ["合同编号", "还款本金", "还款利息", "还款日期"]


def payments(tmp_path: Path, *rows: list[Any], header: list[str] = PAYMENTS) -> RepaymentFile:
    title = ["还款明细(截至2019年12月11日)"]
    return read_repayments(write_xlsx(tmp_path / "f.xlsx", [title, header, *rows]))


def test_instalments_in_a_list_of_payments_are_added_and_the_newest_day_counts(tmp_path):
    result = payments(
        tmp_path,
        ["A1000001", "501.00", "0.00", "2019-12-03"],
        ["B1000001", "7.00", "0.00", "2019-12-04"],
        ["A1000001", "1101.00", "57.00", "2019-12-08"],
        ["合计", "1609.00", "57.00", ""],
    )
    (first, second) = result.lines
    assert (first.principal_fen, first.interest_fen, first.paid_on) == (160200, 5700, "2019-12-08")
    assert second.principal_fen == 700
    assert found(result) == {(3, "合同编号", "intake.instalments_added")}


def test_one_payment_listed_twice_counts_once_beside_another_instalment(tmp_path):
    one = ["A1000001", "501.00", "0.00", "2019-12-03"]
    result = payments(tmp_path, one, one, ["A1000001", "1.00", "0.00", "2019-12-04"])
    assert [line.principal_fen for line in result.lines] == [50200]


def test_two_equal_payments_of_a_day_count_twice_under_two_numbers_of_the_bank(tmp_path):
    header = ["交易流水号", "合同编号", "还款本金", "还款利息", "交易日期"]
    same = ["A1000001", "501.00", "0.00", "2019-12-03"]
    result = payments(tmp_path, ["T1", *same], ["T2", *same], ["T2", *same], header=header)
    (line,) = result.lines
    assert (line.principal_fen, line.paid_on) == (100200, "2019-12-03")
    assert [one.payment_no for one in result.payments] == ["T1", "T2"]


@pytest.mark.parametrize(
    ("header", "days"),
    [
        (["合同编号", "已还本金", "已还利息", "还款日期"], ("2019-12-03", "2019-12-08")),
        (PAYMENTS, ("2019-12-03", "")),
    ],
)
def test_sums_of_all_that_was_paid_are_not_added_nor_payments_without_a_day(tmp_path, header, days):
    rows = [["A1000001", f"{n}.00", "0.00", day] for n, day in enumerate(days, 1)]
    result = payments(tmp_path, *rows, header=header)
    assert {code for _, _, code in found(result)} == {"intake.contract_conflict"}
