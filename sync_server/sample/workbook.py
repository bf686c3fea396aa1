"""Write the files as offices send them.

They have a title row, a unit row, a header with a line break, amounts and IDs as text, and 合计.
XlsxWriter gets a fixed `created`, so the same county gives the same bytes; formulas and links are
never made of text (docs/sources.md#workbook-writing).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import xlsxwriter

from shared.cases import Case
from sync_server.sample.model import COUNTY, County, Snapshot

_CREATED = datetime(2019, 11, 20, 9, 0)
_YUAN = "单位:元"
DUE_COLUMNS = (
    "序号",
    "学生姓名",
    "身份证号码",
    "贷款合同号",
    "贷款学年",
    "应还本金\n(元)",
    "应还利息\n(元)",
    "应还合计",
    "贷款余额",
    "联系电话",
    "共同借款人",
    "共同借款人身份证号",
    "共同借款人电话",
    "家庭住址",
    "毕业院校",
    "毕业时间",
    "包联学校",
)
_REPAID_COLUMNS = (
    "序号",
    "姓名",
    "身份证号",
    "合同编号",
    "已还本金",
    "已还利息",
    "还款日期",
    "还款方式",
)
_CONTACT_COLUMNS = (
    "序号",
    "学校",
    "分管领导",
    "职务",
    "联系电话",
    "联络员",
    "职务",
    "联系电话",
    "备注",
)
_AREA_COLUMNS = ("序号", "包联人", "学校", "负责乡镇(街道)", "学生人数", "应还金额")

Cell = str | int
Row = Sequence[Cell]


def jobs(county: County) -> list[tuple[str, Callable[[Path], None]]]:
    """Return (file name, function that writes it) of every file of a season."""
    snapshots = [
        (f"还款情况-{snapshot.day}.xlsx", partial(_write_snapshot, county, snapshot))
        for snapshot in county.snapshots
    ]
    return [
        (f"应还名单-{county.season}.xlsx", partial(_write_due_list, county)),
        (f"应还名单-{county.season}.csv", partial(_write_due_csv, county)),
        ("附件1-催收联系表.xlsx", partial(_write_contacts, county)),
        ("附件2-包联辖区划分表.xlsx", partial(_write_areas, county)),
        *snapshots,
    ]


def due_rows(county: County) -> Iterator[list[Cell]]:
    """Yield the due list, one row a contract, in the order of `DUE_COLUMNS`.

    Amounts are yuan as text.
    """
    number = 0
    for case in county.cases:
        for contract in case.contracts:
            number += 1
            yield [
                number,
                *_person_cells(case),
                contract.contract_no,
                contract.loan_year,
                _yuan(contract.principal_fen),
                _yuan(contract.interest_fen),
                _yuan(contract.total_fen),
                _yuan(contract.balance_fen or 0),
                *_family_cells(case),
            ]


def due_totals(county: County) -> list[Cell]:
    """Return the 合计 row under the due list."""
    principal, interest = (
        sum(c.principal_fen for c in county.cases),
        sum(c.interest_fen for c in county.cases),
    )
    blank = [""] * len(DUE_COLUMNS)
    return [
        "合计",
        *blank[1:5],
        _yuan(principal),
        _yuan(interest),
        _yuan(principal + interest),
        *blank[8:],
    ]


def due_title(county: County) -> str:
    """What the bank's list is headed with."""
    return f"{COUNTY}{county.season}年国家开发银行生源地信用助学贷款应还本息学生名单"


def _person_cells(case: Case) -> tuple[str, str]:
    return case.borrower.name, case.borrower.id_number


def _family_cells(case: Case) -> list[Cell]:
    parent = case.co_borrower
    family = (parent.name, parent.id_number, *parent.phones) if parent else ("", "", "")
    return [
        *case.borrower.phones,
        *family,
        case.address,
        case.college,
        case.graduated_on,
        case.school,
    ]


def _yuan(fen: int) -> str:
    """Plain yuan as spreadsheets have it: no sign, no thousands."""
    return f"{fen // 100}.{fen % 100:02d}"


def _write_due_list(county: County, path: Path) -> None:
    body = [*due_rows(county), due_totals(county)]
    _write_xlsx(path, due_title(county), _YUAN, DUE_COLUMNS, body)


def _write_due_csv(county: County, path: Path) -> None:
    """Write the list as a bank's export saved by an old spreadsheet.

    No title, no totals, gb18030, CRLF, no byte order mark.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.replace("\n", "") for column in DUE_COLUMNS])
    writer.writerows(due_rows(county))
    path.write_bytes(text.getvalue().encode("gb18030"))


def _write_contacts(county: County, path: Path) -> None:
    rows = [
        (
            number,
            school.name,
            *(school.leader.name, school.leader.post, school.leader.phone),
            *(school.liaison.name, school.liaison.post, school.liaison.phone),
            "",
        )
        for number, school in enumerate(county.schools, start=1)
    ]
    title, sender = (
        f"{COUNTY}{county.season}年助学贷款催收联系表",
        f"填报单位:{COUNTY}学生资助管理中心",
    )
    _write_xlsx(path, title, sender, _CONTACT_COLUMNS, rows)


def _write_areas(county: County, path: Path) -> None:
    rows = []
    for number, school in enumerate(county.schools, start=1):
        own = [case for case in county.cases if case.school == school.name]
        due = _yuan(sum(case.total_fen for case in own))
        rows.append((number, school.officer, school.name, school.township, len(own), due))
    _write_xlsx(
        path, f"{COUNTY}{county.season}年助学贷款催收包联辖区划分表", _YUAN, _AREA_COLUMNS, rows
    )


def _write_snapshot(county: County, snapshot: Snapshot, path: Path) -> None:
    people = {
        contract.contract_no: _person_cells(case)
        for case in county.cases
        for contract in case.contracts
    }
    rows = [
        (
            number,
            *people[line.contract_no],
            line.contract_no,
            _yuan(line.principal_fen),
            _yuan(line.interest_fen),
            line.paid_on,
            line.channel,
        )
        for number, line in enumerate(snapshot.lines, start=1)
    ]
    year, month, day = snapshot.day.split("-")
    _write_xlsx(
        path, f"截至{year}年{int(month)}月{int(day)}日还款情况", _YUAN, _REPAID_COLUMNS, rows
    )


def _write_xlsx(
    path: Path, title: str, note: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties(
            {"title": title, "author": f"{COUNTY}学生资助管理中心", "created": _CREATED}
        )
        sheet = book.add_worksheet("Sheet1")
        sheet.merge_range(
            0,
            0,
            0,
            len(columns) - 1,
            title,
            book.add_format({"bold": True, "font_size": 14, "align": "center"}),
        )
        sheet.write_string(1, 0, note)
        sheet.set_row(2, 30)
        sheet.write_row(
            2,
            0,
            columns,
            book.add_format({"bold": True, "text_wrap": True, "align": "center", "border": 1}),
        )
        for index, column in enumerate(columns):
            sheet.set_column(
                index,
                index,
                max([len(column) * 2, *(len(str(row[index])) + 2 for row in rows[:40])]),
            )
        for number, row in enumerate(rows, start=3):
            sheet.write_row(number, 0, row)
        sheet.freeze_panes(3, 2)
