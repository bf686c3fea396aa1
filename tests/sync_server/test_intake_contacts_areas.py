"""附件1 and 附件2: who answers for a school, and which officer and townships are its own."""

from __future__ import annotations

import pytest
import xlsxwriter

from shared.problems import ProblemError
from sync_server.intake.areas import Area, read_areas
from sync_server.intake.contacts import Officer, SchoolContacts, read_contacts
from tests.support.intake_files import write_csv, write_xls, write_xlsx

CONTACTS = ["序号", "学校", "分管领导", "职务", "联系电话", "联络员", "职务", "联系电话", "备注"]
ROW = [1, "柏岭镇中心校", "田洋婷", "副校长", "15057617098", "史楠", "教师", "15005103019", ""]
AREAS = ["序号", "包联人", "学校", "负责乡镇(街道)", "学生人数", "应还金额"]
AREA = [1, "任家嘉", "柏岭镇中心校", "柏岭镇、北坡镇", 242, "429037.42"]
WRITERS = pytest.mark.parametrize(
    "write", [write_xlsx, write_xls, write_csv], ids=["xlsx", "xls", "csv"]
)


def problems(result):
    return {(p.row, p.column, p.code, p.level) for p in result.report.problems}


@WRITERS
def test_the_first_duty_and_phone_are_the_leaders_the_second_the_liaisons(tmp_path, write):
    result = read_contacts(
        write(tmp_path / "f", [["青槐县催收联系表"], ["单位:元"], CONTACTS, ROW])
    )
    leader = Officer(name="田洋婷", duty="副校长", phone="15057617098")
    liaison = Officer(name="史楠", duty="教师", phone="15005103019")
    assert result.rows == (
        SchoolContacts(school="柏岭镇中心校", leader=leader, liaison=liaison, row=4),
    )
    assert (result.report.read, result.report.problems) == (1, ())


@pytest.mark.parametrize(
    "header",
    [
        ["序号", "学校", "分管领导姓名", "职务", "电话", "联络员姓名", "职务", "电话"],
        [
            "序号",
            "学校名称",
            "分管领导\n姓名",
            "分管领导职务",
            "分管领导电话",
            "联络员姓名",
            "联络员职务",
            "联络员手机",
        ],
    ],
)
def test_other_headers_of_the_contact_table_are_known(tmp_path, header):
    (row,) = read_contacts(write_xlsx(tmp_path / "f.xlsx", [header, ROW[:8]])).rows
    assert (row.leader.name, row.leader.phone, row.liaison.name, row.liaison.phone) == (
        "田洋婷",
        "15057617098",
        "史楠",
        "15005103019",
    )


def test_a_contact_table_whose_liaison_stands_first_is_read_by_its_headers(tmp_path):
    header = ["学校", "联络员", "职务", "联系电话", "分管领导", "职务", "联系电话"]
    path = write_xlsx(
        tmp_path / "f.xlsx",
        [header, ["甲校", "史楠", "教师", "15005103019", "田洋婷", "副校长", "15057617098"]],
    )
    (row,) = read_contacts(path).rows
    assert (row.leader.duty, row.liaison.duty) == ("副校长", "教师")


def test_a_contact_table_with_merged_headings_over_two_rows_is_read(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "f.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:A2", "学校")
        sheet.merge_range("B1:D1", "分管领导信息")
        sheet.merge_range("E1:G1", "联络员信息")
        sheet.write_row("B2", ["姓名", "职务", "电话"] * 2)
        sheet.write_row("A3", ROW[1:8])
    (row,) = read_contacts(tmp_path / "f.xlsx").rows
    assert (row.school, row.leader.name, row.liaison.name, row.row) == (
        "柏岭镇中心校",
        "田洋婷",
        "史楠",
        3,
    )


def test_problems_of_the_contact_table_are_named(tmp_path):
    rows = [
        CONTACTS,
        ["1", "", "甲", "", "", "乙", "", ""],
        ["2", "甲校", "", "", "", "乙", "", "12"],
        ["3", "乙校", "丙", "", "", "丁", "", ""],
        ["4", "乙校", "丙", "", "", "戊", "", ""],
        ["5", "丙校", "丙", "", "", "丁", "", ""],
        ["6", "丙校", "丙", "", "", "丁", "", ""],
    ]
    result = read_contacts(write_xlsx(tmp_path / "f.xlsx", rows))
    assert problems(result) == {
        (2, "学校", "intake.school_missing", "error"),
        (3, "分管领导", "intake.name_missing", "warning"),
        (3, "联系电话", "intake.phone_unclear", "warning"),
        (4, "学校", "intake.school_conflict", "error"),
        (5, "学校", "intake.school_conflict", "error"),
        (7, "学校", "intake.school_repeated", "warning"),
    }
    assert [row.school for row in result.rows] == ["甲校", "丙校"]
    assert (result.report.read, result.report.accepted, result.report.rejected) == (6, 3, 3)


def test_a_contact_table_without_a_liaison_column_is_refused_by_name(tmp_path):
    with pytest.raises(ProblemError) as caught:
        read_contacts(
            write_xlsx(tmp_path / "f.xlsx", [["学校", "分管领导", "职务"], ["甲校", "甲", "校长"]])
        )
    assert (caught.value.code, caught.value.values["columns"]) == (
        "intake.columns_missing",
        "联络员",
    )


@WRITERS
def test_an_area_has_its_officer_school_townships_and_sums(tmp_path, write):
    result = read_areas(write(tmp_path / "f", [["划分表"], ["单位:元"], AREAS, AREA]))
    assert result.rows == (
        Area(
            officer="任家嘉",
            school="柏岭镇中心校",
            townships=("柏岭镇", "北坡镇"),
            people=242,
            total_fen=42903742,
            row=4,
        ),
    )
    report = result.report
    assert (report.people, report.totals.total_fen, report.problems) == (242, 42903742, ())


def test_an_officer_merged_over_several_schools_is_the_officer_of_each(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "f.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", AREAS)
        sheet.write_row("A2", [1, "", "甲校", "柏岭镇", 1, "1.00"])
        sheet.write_row("A3", [2, "", "乙校", "北坡镇", 1, "1.00"])
        sheet.merge_range("B2:B3", "任家嘉")
    assert [row.officer for row in read_areas(tmp_path / "f.xlsx").rows] == ["任家嘉", "任家嘉"]


def test_an_unknown_school_is_rejected_by_row_and_column(tmp_path):
    result = read_areas(write_xlsx(tmp_path / "f.xlsx", [AREAS, AREA]), known_schools={"别的学校"})
    assert problems(result) == {(2, "学校", "intake.school_unknown", "error")}
    assert result.rows == ()


def test_problems_of_the_table_of_areas_are_named(tmp_path):
    rows = [
        AREAS,
        [1, "", "甲校", "柏岭镇", "若干", "-1"],
        [2, "任家嘉", "", "柏岭镇", "", ""],
        [3, "任家嘉", "乙校", "柏岭镇", "", "1.00"],
        [4, "任家嘉", "乙校", "北坡镇", "", "1.00"],
        ["合计", "", "", "", 3, "5.00"],
    ]
    result = read_areas(write_xlsx(tmp_path / "f.xlsx", rows))
    assert problems(result) == {
        (2, "包联人", "intake.name_missing", "warning"),
        (2, "学生人数", "intake.count_unclear", "warning"),
        (2, "应还金额", "money.negative", "warning"),
        (3, "学校", "intake.school_missing", "error"),
        (4, "学校", "intake.school_conflict", "error"),
        (5, "学校", "intake.school_conflict", "error"),
        (6, "应还金额", "intake.totals_differ", "warning"),
    }
