"""A file is described for whoever says which column is which, and a file of another kind is recognised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from sync_server.intake.contacts import Contacts
from sync_server.intake.describe import Description, Shape
from sync_server.intake.due_list import DueList
from sync_server.intake.parsed import Options, Parsed, read
from tests.support.intake_files import due_rows, line, write_csv, write_xlsx

STRANGE = ["序号", "户名", "证号", "编号一", "本", "息", "还款账号"]
"""Headers of which no field knows any."""
STRANGE_ROW = [
    "1",
    "王㛃",
    "610599199506170029",
    "610599201701",
    "10.00",
    "2.50",
    "6222020000000000001",
]
MAPPING = {
    "borrower_name": "B",
    "id_number": "C",
    "contract_no": "D",
    "principal_due": "E",
    "interest_due": "F",
}
CONTACTS = [
    ["附件1"],
    ["学校", "分管领导", "职务", "联系电话", "联络员", "职务", "联系电话"],
    ["柳泉镇中心校", "王甲", "校长", "13800000001", "李乙", "主任", "13800000002"],
]
AREAS = [["包联人", "学校", "负责乡镇"], ["张丙", "柳泉镇中心校", "柳泉镇"]]
REPAID = [
    ["截至2019年12月11日还款情况"],
    ["合同编号", "姓名", "已还本金", "已还利息"],
    ["610599201701", "王㛃", "10.00", "2.50"],
]
FILES = {
    "due-list": due_rows([line(1)]),
    "contacts": CONTACTS,
    "areas": AREAS,
    "repayments": REPAID,
}


def described(parsed: Parsed) -> Description:
    assert parsed.description is not None
    return parsed.description


def code(parsed: Parsed) -> str:
    return parsed.report.problems[0].code if parsed.report.problems else ""


def letters(parsed: Parsed) -> dict[str, str]:
    return {field.name: field.letters for field in described(parsed).fields if field.letters}


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    rows = [["青槐县名单"], STRANGE, STRANGE_ROW]
    return write_xlsx(tmp_path / "f.xlsx", rows, more={"说明": [["请勿改动"]]})


def test_a_known_file_is_described_with_its_columns(tmp_path):
    parsed = read("due-list", write_xlsx(tmp_path / "f.xlsx", due_rows([line(1), line(2)])))
    found = described(parsed)
    assert (found.sheet, found.header_row, parsed.choosable) == ("名单", 2, False)
    assert letters(parsed)["principal_due"] == "F"
    assert {f.name for f in found.fields if f.needed} == set(MAPPING)


def test_examples_name_nobody(tmp_path):
    parsed = read("due-list", write_xlsx(tmp_path / "f.xlsx", due_rows([line(1), line(2)])))
    shown = {c.letter: c.examples for c in described(parsed).columns}
    assert shown["B"] == ("李*", "张*")
    assert shown["J"] == ("138****0001", "138****0002")
    assert shown["F"] == ("100.10", "200.10")
    assert not any("610599" in text for text in shown["C"])


def test_examples_of_unknown_columns_name_nobody_and_accounts_are_not_shown(strange):
    parsed = read("due-list", strange, Options(sheet="名单", header_row=2))
    assert (code(parsed), parsed.choosable) == ("intake.columns_missing", True)
    shown = {c.letter: (c.examples, c.account) for c in described(parsed).columns}
    assert shown["B"] == (("王*",), False)
    assert shown["C"] == (("**************0029",), False)
    assert shown["G"] == ((), True)


def test_rows_that_may_be_the_header_are_listed_and_data_are_not(strange):
    parsed = read("due-list", strange)
    assert (code(parsed), described(parsed).header_row) == ("intake.no_header", 2)
    assert [(r.row, r.texts[1]) for r in described(parsed).header_rows] == [(2, "户名")]


def test_the_row_with_most_of_the_columns_is_proposed(tmp_path):
    rows = [["标题"], ["姓名", "身份证号", "本"], ["王㛃", "610599199506170029", "1.00"]]
    parsed = read("due-list", write_xlsx(tmp_path / "f.xlsx", rows))
    assert (code(parsed), described(parsed).header_row) == ("intake.columns_missing", 2)
    assert letters(parsed) == {"borrower_name": "A", "id_number": "B"}


def test_hidden_sheets_rows_and_columns_are_counted(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "f.xlsx") as book:
        book.add_worksheet("封面").write(0, 0, "封面")
        page = book.add_worksheet("名单")
        for n, row in enumerate(due_rows([line(1), line(2)])):
            page.write_row(n, 0, row)
        page.set_row(3, options={"hidden": True})
        page.set_column(9, 10, options={"hidden": True})
        page.hide()
    found = described(read("due-list", tmp_path / "f.xlsx"))
    sheets = [(s.name, s.hidden, s.hidden_rows, s.hidden_columns) for s in found.sheets]
    assert sheets == [("封面", False, 0, 0), ("名单", True, 1, 2)]
    assert [c.letter for c in found.columns if c.hidden] == ["J", "K"]


def test_a_chosen_table_is_read(strange):
    parsed = read("due-list", strange, Options(mapping=MAPPING))
    assert isinstance(parsed.result, DueList)
    assert [p.borrower.name for p in parsed.result.people] == ["王㛃"]
    assert parsed.report.totals.total_fen == 1250


def test_a_field_may_be_chosen_by_any_of_its_names(strange):
    by_title = {"学生姓名": "B", "证件号码": "C", "合同号": "D", "本金": "E", "利息": "F"}
    assert read("due-list", strange, Options(mapping=by_title)).report.accepted == 1
    wrong = read("due-list", strange, Options(mapping={"昵称": "B"}))
    assert (code(wrong), wrong.choosable) == ("intake.mapping_field", True)


def test_what_was_chosen_is_remembered_for_the_next_file_of_the_shape(strange, tmp_path):
    signature = described(read("due-list", strange, Options(mapping=MAPPING))).signature
    shapes = {signature: Shape(sheet="名单", mapping=MAPPING)}
    later = write_csv(tmp_path / "later.csv", [["标题"], [], STRANGE, STRANGE_ROW, STRANGE_ROW])
    parsed = read("due-list", later, Options(shapes=shapes))
    assert (parsed.remembered, parsed.report.accepted) == (True, 2)
    other = write_csv(tmp_path / "other.csv", [[*STRANGE, "备注"], STRANGE_ROW])
    assert read("due-list", other, Options(shapes=shapes)).result is None


def test_of_two_sheets_of_a_remembered_shape_the_sheet_of_then_is_taken(tmp_path):
    rows = [STRANGE, STRANGE_ROW]
    path = write_xlsx(tmp_path / "f.xlsx", rows, more={"旧": rows})
    signature = described(read("due-list", path, Options(sheet="旧", mapping=MAPPING))).signature
    taken = read("due-list", path, Options(shapes={signature: Shape(sheet="旧", mapping=MAPPING)}))
    assert (described(taken).sheet, taken.report.accepted) == ("旧", 1)
    unnamed = read("due-list", path, Options(shapes={signature: Shape(mapping=MAPPING)}))
    assert unnamed.result is None


@pytest.mark.parametrize("asked", FILES)
@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_another_kind_is_recognised(tmp_path, asked, kind):
    parsed = read(asked, write_xlsx(tmp_path / "f.xlsx", FILES[kind]))
    if asked == kind:
        assert (described(parsed).likely, parsed.result is None) == ("", False)
    else:
        assert (code(parsed), described(parsed).likely) == ("intake.other_kind", kind)


def test_two_lists_in_one_file_are_asked_about(tmp_path):
    rows = due_rows([line(1)])
    path = write_xlsx(tmp_path / "f.xlsx", rows, sheet="城关", more={"柳泉": rows})
    parsed = read("due-list", path)
    assert (code(parsed), parsed.choosable, described(parsed).sheet) == (
        "intake.several_sheets",
        True,
        "",
    )
    assert read("due-list", path, Options(sheet="柳泉")).report.accepted == 1


def test_the_contact_table_takes_chosen_columns_too(tmp_path):
    rows: list[list[Any]] = [
        ["单位", "甲方", "乙方", "电"],
        ["柳泉镇中心校", "王甲", "李乙", "13800000002"],
    ]
    mapping = {"leader_name": "B", "liaison_name": "C", "liaison_phone": "D"}
    parsed = read("contacts", write_xlsx(tmp_path / "f.xlsx", rows), Options(mapping=mapping))
    assert isinstance(parsed.result, Contacts)
    (row,) = parsed.result.rows
    assert (row.leader.name, row.liaison.name, row.liaison.phone) == ("王甲", "李乙", "13800000002")
