"""What a row of a due list says beside the amounts, and the words of each problem: values and rows."""

from __future__ import annotations

import pytest

from sync_server.intake.choice import TableChoice
from sync_server.intake.due_list import read_due_list
from sync_server.intake.report import ERROR, WARNING
from tests.support.due_lists import found, only, read
from tests.support.intake_files import HEADER, below, line, write_xlsx

INTEREST = "应还利息(元)"


def test_a_persons_own_columns_of_township_and_village_count_before_the_address(tmp_path):
    header = (*HEADER, "乡镇", "行政村")
    own = {"乡镇": "北坡镇", "行政村": "大刘堡村"}
    (person,) = read(tmp_path, line(1) | own, header=header).people
    assert (person.township, person.village) == ("北坡镇", "大刘堡村")
    (person,) = read(tmp_path, line(1) | dict.fromkeys(own, ""), header=header).people
    assert (person.township, person.village) == ("柳泉镇", "东李洼村")


def test_without_an_address_there_is_no_village(tmp_path):
    (person,) = read(tmp_path, line(1, 家庭住址="")).people
    assert (person.address, person.township, person.village) == ("", "", "")


def test_college_loan_year_and_address_are_taken_as_the_list_has_them(tmp_path):
    (person,) = read(tmp_path, line(1)).people
    assert (person.college, person.address) == ("终南农林大学", "青槐县柳泉镇东李洼村6组")
    assert person.contracts[0].loan_year == "2017-2018"


def test_what_only_a_later_row_of_a_person_says_is_taken_from_there(tmp_path):
    nothing = dict.fromkeys(
        ("家庭住址", "毕业院校", "毕业时间", "包联学校", "共同借款人", "共同借款人身份证号"), ""
    )
    one = line(1, 共同借款人电话="", **nothing)
    (person,) = read(tmp_path, one, line(1, 1)).people
    assert (person.college, person.address) == ("终南农林大学", "青槐县柳泉镇东李洼村6组")
    assert (person.graduated_on, person.school_name) == ("2018-07-01", "柳泉镇中心校")
    assert person.co_borrower.name == "宋二"


def test_people_without_a_co_borrower_have_none(tmp_path):
    nobody = dict.fromkeys(("共同借款人", "共同借款人身份证号", "共同借款人电话"), "")
    (person,) = read(tmp_path, line(1, **nobody), line(1, 1, **nobody)).people
    assert person.co_borrower is None


def test_only_the_phones_of_the_same_co_borrower_are_joined(tmp_path):
    other = line(1, 1, 共同借款人="赵一", 共同借款人电话="13911112222")
    same = line(1, 2, 共同借款人电话="13933334444")
    (person,) = read(tmp_path, line(1), other, same).people
    assert person.co_borrower.phones == ("13900000001", "13933334444")


@pytest.mark.parametrize(
    ("flag", "days", "given"), [("", "", False), ("正常", "", True), ("", "0", True)]
)
def test_a_list_that_says_nothing_of_overdue_is_told_from_one_that_says_no(
    tmp_path, flag, days, given
):
    header = (*HEADER, "逾期状态", "逾期天数")
    says = {"逾期状态": flag, "逾期天数": days}
    (person,) = read(tmp_path, line(1) | says, header=header).people
    assert person.overdue_given is given
    nothing = dict.fromkeys(says, "")
    (person,) = read(tmp_path, line(1) | nothing, line(1, 1) | says, header=header).people
    assert person.overdue_given is given


def test_a_list_without_columns_of_overdue_says_nothing_of_it(tmp_path):
    assert read(tmp_path, line(1)).people[0].overdue_given is False


def test_what_was_normalised_is_kept_as_the_file_has_it_contract_by_contract(tmp_path):
    one, two = (line(1, n) for n in (0, 1))
    numbers = [one["贷款合同号"], two["贷款合同号"]]
    spaced = [f"{number[:6]} {number[6:]}" for number in numbers]
    one |= {"贷款合同号": spaced[0], "学生姓名": "李 䶮"}
    (person,) = read(tmp_path, one, two | {"贷款合同号": spaced[1]}).people
    assert [c.contract_no for c in person.contracts] == numbers
    assert person.written == {
        "borrower_name": "李 䶮",
        f"contract_no:{numbers[0]}": spaced[0],
        f"contract_no:{numbers[1]}": spaced[1],
    }


def test_of_one_field_normalised_in_two_rows_the_first_contracts_is_kept(tmp_path):
    (person,) = read(tmp_path, line(1, 1, 学生姓名="李　䶮"), line(1, 学生姓名="李 䶮")).people
    assert person.written == {"borrower_name": "李 䶮"}


# the sentences name the figures and the rows


def test_a_penalty_apart_is_named_with_its_sum(tmp_path):
    header = (*HEADER, "罚息")
    result = read(tmp_path, {**line(1, 应还合计="126.15"), "罚息": "1.00"}, header=header)
    assert only(result).values == {"penalty": "1.00"}


def test_a_total_that_differs_is_named_beside_the_sum(tmp_path):
    result = read(tmp_path, line(1, 应还合计="125.16"))
    assert only(result).values == {"stated": "125.16", "summed": "125.15"}


def test_a_person_that_is_not_whole_is_named_with_the_rows_that_were_refused(tmp_path):
    broken = {"应还本金\n(元)": "x", "应还合计": ""}
    result = read(tmp_path, line(1, 0), line(1, 1, **broken), line(1, 2, **broken))
    (problem,) = (p for p in result.report.problems if p.code == "intake.person_incomplete")
    assert problem.values == {"rows": "4、5"}


def test_what_differs_is_named_with_the_row_that_counts(tmp_path):
    result = read(tmp_path, line(1, 1, 毕业院校="渭北大学"), line(1, 0))
    assert found(result) == {(3, "毕业院校", "intake.person_differs")}
    assert only(result).values == {"first": "4"}


def test_an_amount_at_the_bound_is_warned_of_and_one_fen_more_is_refused(tmp_path):
    amount = "应还利息\n(元)"
    for yuan, level, code in (
        ("25000.00", "", ""),
        ("25000.01", WARNING, "intake.amount_large"),
        ("1000000.00", WARNING, "intake.amount_large"),
        ("1000000.01", ERROR, "intake.amount_impossible"),
    ):
        result = read(tmp_path, line(1, **{amount: yuan, "应还合计": ""}))
        assert found(result) == ({(3, INTEREST, code)} if code else set())
        assert [p.level for p in result.report.problems] == [level] * bool(level)


def test_totals_by_school_cover_the_rows_of_that_school(tmp_path):
    one, two = (list(line(n).values()) for n in (1, 2))
    two[-1] = "青山镇中心校"
    rows = [one, two, below("柳泉镇中心校小计", "100.10", "25.05", "125.16", at=1)]
    result = read_due_list(write_xlsx(tmp_path / "f", [["名单"], list(HEADER), *rows]), "2019")
    assert [p.code for p in result.report.problems] == ["intake.totals_differ"]


@pytest.mark.parametrize(
    ("changes", "values"),
    [
        ({"应还利息\n(元)": "25000.01", "应还合计": ""}, {"stated": "25,000.01"}),
        ({"应还利息\n(元)": "1000000.01", "应还合计": ""}, {"stated": "1,000,000.01"}),
        ({"包联学校": "青槐小学"}, {"school": "青槐小学"}),
    ],
)
def test_what_is_odd_is_named_as_the_list_has_it(tmp_path, changes, values):
    result = read(tmp_path, line(1, **changes), known_schools=["柳泉镇中心校"])
    assert only(result).values == values


@pytest.mark.parametrize("column", ["逾期状态", "逾期天数"])
def test_an_unclear_word_of_overdue_is_named_with_its_column(tmp_path, column):
    header = (*HEADER, "逾期状态", "逾期天数")
    row = line(1) | {"逾期状态": "", "逾期天数": "", column: "许多"}
    problem = only(read(tmp_path, row, header=header))
    assert (problem.row, problem.column, problem.code) == (3, column, "intake.flag_unclear")
    assert (problem.level, problem.values) == (WARNING, {"value": "许多"})


@pytest.mark.parametrize("kept", ["共同借款人", "共同借款人身份证号", "共同借款人电话"])
def test_any_one_thing_known_of_a_co_borrower_is_kept(tmp_path, kept):
    nothing = dict.fromkeys(("共同借款人", "共同借款人身份证号", "共同借款人电话"), "")
    nothing.pop(kept)
    result = read(tmp_path, line(1, **nothing))
    assert result.people[0].co_borrower is not None
    unnamed = {(3, "共同借款人", "intake.name_missing")}
    assert found(result) == (set() if kept == "共同借款人" else unnamed)


def test_the_phone_of_the_family_is_one_of_the_borrowers(tmp_path):
    row = line(1) | {"家庭联系电话": "13922223333"}
    (person,) = read(tmp_path, row, header=(*HEADER, "家庭联系电话")).people
    assert person.borrower.phones == ("13800000001", "13922223333")


def test_the_column_that_somebody_chose_counts(tmp_path):
    header = tuple("所属片区" if name == "包联学校" else name for name in HEADER)
    row = line(1)
    row["所属片区"] = row.pop("包联学校")
    choice = TableChoice(mapping={"assigned_school": "Q"})
    (person,) = read(tmp_path, row, header=header, choice=choice).people
    assert person.school_name == "柳泉镇中心校"
