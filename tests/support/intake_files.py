"""Small files as offices send them, for the tests of the intake: written, never stored; everything
in them is made up.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
import xlwt

from shared.identity import id_check_digit

HEADER = (
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
TITLE = "青槐县2019年国家开发银行生源地信用助学贷款应还本息学生名单"
NAMES = ("王㛃", "李䶮", "张𬱖", "欧阳建阳", "阿依古丽·买买提", "刘堃")

Rows = Sequence[Sequence[Any]]


def made_id(person: int, birth: str = "19950617") -> str:
    """A sound ID number of the unassigned area 610599, one for each number of a person (0 to
    998).
    """
    first17 = f"610599{birth}{person + 1:03d}"
    return first17 + id_check_digit(first17)


def line(person: int, contract: int = 0, **changes: Any) -> dict[str, Any]:
    """One row of a due list as text, by header; `changes` by header."""
    principal, interest = person * 100 + contract, 24 + person
    row = (
        "1",
        NAMES[person % len(NAMES)],
        made_id(person),
        f"6105992017{person:04d}{contract:04d}",
        "2017-2018",
        f"{principal}.10",
        f"{interest}.05",
        f"{principal + interest}.15",
        "5000.00",
        f"1380000{person:04d}",
        f"宋{'一二三四五六七八九十'[person % 10]}",
        made_id(person, "19680530"),
        f"1390000{person:04d}",
        "青槐县柳泉镇东李洼村6组",
        "终南农林大学",
        "2018-07-01",
        "柳泉镇中心校",
    )
    built = dict(zip(HEADER, row, strict=True))
    unknown = set(changes) - set(built)
    assert not unknown, unknown
    return built | changes


def below(*texts: Any, at: int = 0) -> list[Any]:
    """A row that is no data: the first text in a column, the others from the first amount on."""
    row: list[Any] = [""] * len(HEADER)
    row[at] = texts[0]
    row[5 : 5 + len(texts) - 1] = texts[1:]
    return row


def due_rows(
    lines: Sequence[Mapping[str, Any]], header: Sequence[str] = HEADER, title: str = TITLE
) -> list[list[Any]]:
    """Title, header and lines: the first line stands in row 3."""
    return [[title], list(header), *[[one.get(name, "") for name in header] for one in lines]]


def write_xlsx(
    path: Path, rows: Rows, *, sheet: str = "名单", more: Mapping[str, Rows] | None = None
) -> Path:
    """`path` itself. Text stays text, numbers numbers; text that begins with `=` is stored as text;
    dicts are formulas.
    """
    with xlsxwriter.Workbook(
        path, {"strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, content in {sheet: rows, **(more or {})}.items():
            page = book.add_worksheet(name)
            for r, cells in enumerate(content):
                for c, cell in enumerate(cells):
                    if isinstance(cell, dict):
                        page.write_formula(r, c, cell["formula"], None, cell.get("value", 0))
                    elif isinstance(cell, dt.date):
                        page.write_datetime(r, c, cell, day)
                    elif cell != "":
                        page.write(r, c, cell)
    return path


def write_xls(path: Path, rows: Rows, *, sheet: str = "名单") -> Path:
    """The old binary format; dicts are formulas."""
    book = xlwt.Workbook()
    page = book.add_sheet(sheet)
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for r, cells in enumerate(rows):
        for c, cell in enumerate(cells):
            if isinstance(cell, dict):
                page.write(r, c, xlwt.Formula(cell["formula"].lstrip("=")))
            elif isinstance(cell, dt.date):
                page.write(r, c, cell, day)
            elif cell != "":
                page.write(r, c, cell)
    book.save(str(path))
    return path


def write_csv(path: Path, rows: Rows, *, encoding: str = "gb18030", delimiter: str = ",") -> Path:
    """Text in an encoding offices use."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path
