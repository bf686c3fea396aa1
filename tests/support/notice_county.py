"""白蒿县 with three schools and twelve people: the files of its season, as bank, province and the centre make them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.support.intake_files import write_xlsx
from tests.support.other_county import (
    CONTACT_COLUMNS,
    COUNTY,
    DUE_COLUMNS,
    REPAID_COLUMNS,
    Borrower,
)

SCHOOLS = ("蒿坪镇中心校", "沙河镇中心校", "白蒿县第二中学")
LEADERS, LIAISONS = ("田某", "柳某", "冉某"), ("史文", "陆平", "杜若")
OFFICERS = ("高原", "高原", "林岚")
TOWNSHIPS = ("蒿坪镇", "沙河镇", "北坡镇")
NAMES = (
    *("司马静禾", "陈䶮", "阿依努尔·玉素甫", "钱慧敏"),
    *("郑书白", "冯小满", "韩雨桐", "曹一诺"),
    *("邓思远", "许安然", "罗小禾", "梁知秋"),
)
PEOPLE = tuple(Borrower(n, name, SCHOOLS[(n - 1) // 4]) for n, name in enumerate(NAMES, 1))
OLD_LIST = (*PEOPLE[:11], Borrower(77, "段小样", SCHOOLS[2]))
"""The bank's list of the wrong day; the import that brought it is undone."""
TEACHERS = ("孙若兰", "马援朝", "宋志远")
COLLEAGUE = "周同行"
"""Goes along; at the school without phones, on its list of teachers."""
WITH_PHONE = TEACHERS[:2]
BY_MESSAGE = PEOPLE[2]
REFUSED = PEOPLE[4]
SIGNED = {"01": (PEOPLE[0], PEOPLE[1], PEOPLE[3]), "02": PEOPLE[5:8], "03": PEOPLE[8:12]}
"""Who signed a slip, by school; the others: one acknowledged a message, one refused."""

ONE_MISSING = "02"
"""Of whose slips one is not there when they are counted."""


def due_list(folder: Path, name: str, people: Sequence[Borrower] = PEOPLE) -> Path:
    """The bank's list: a title, then a row a contract."""
    rows = [
        (
            who.name,
            who.id_number,
            who.contract_no,
            "2022-2023",
            "1000.00",
            "200.50",
            "1200.50",
            f"1920000{who.number:04d}",
            "冯某",
            f"{COUNTY}{TOWNSHIPS[SCHOOLS.index(who.school)]}东沟村{who.number}组",
            who.school,
        )
        for who in people
    ]
    return write_xlsx(folder / f"{name}.xlsx", [DUE_COLUMNS, *rows])


def contacts(folder: Path) -> Path:
    """附件1: each school's leader in charge and liaison."""
    rows = [
        (
            str(n),
            school,
            LEADERS[n - 1],
            "副校长",
            f"1930000{n:04d}",
            LIAISONS[n - 1],
            "教师",
            f"1930001{n:04d}",
            "",
        )
        for n, school in enumerate(SCHOOLS, 1)
    ]
    return write_xlsx(folder / "附件1-联系表.xlsx", [CONTACT_COLUMNS, *rows])


def areas(folder: Path) -> Path:
    """附件2: who of the centre answers for which school and township."""
    head = ("序号", "包联人", "学校", "负责乡镇(街道)", "学生人数", "应还金额")
    rows = []
    for n, school in enumerate(SCHOOLS, 1):
        own = sum(who.school == school for who in PEOPLE)
        due = f"{own * 1200.5:.2f}"
        rows.append((str(n), OFFICERS[n - 1], school, TOWNSHIPS[n - 1], str(own), due))
    return write_xlsx(folder / "附件2-包联辖区划分表.xlsx", [head, *rows])


def repaid(
    folder: Path, name: str, day: str, paid: Sequence[tuple[Borrower, str, str, str]]
) -> Path:
    """What was repaid until a day: (person, principal, interest, day of payment) a row."""
    year, month, date = day.split("-")
    title = (f"截至{year}年{int(month)}月{int(date)}日还款情况",)
    rows = [
        (str(n), who.name, who.id_number, who.contract_no, principal, interest, on)
        for n, (who, principal, interest, on) in enumerate(paid, 1)
    ]
    return write_xlsx(folder / f"{name}.xlsx", [title, REPAID_COLUMNS, *rows])


def wrong_rows(folder: Path) -> Path:
    """A list of which one ID number fails its check digit and one sum does not add up."""
    good = PEOPLE[0]
    head = [good.name, good.id_number[:-1] + ("1" if good.id_number[-1] != "1" else "2")]
    rest = ["2022-2023", "1000.00", "200.50", "1200.50", "19200000001", "冯某", COUNTY, SCHOOLS[0]]
    other = [PEOPLE[1].name, PEOPLE[1].id_number, PEOPLE[1].contract_no, *rest]
    other[5] = "1999.50"
    return write_xlsx(
        folder / "应还名单-有错.xlsx", [DUE_COLUMNS, [*head, good.contract_no, *rest], other]
    )


def broken_dates(folder: Path) -> Path:
    """A file of repayments whose dates lost a character, as the notice's web page did."""
    who = PEOPLE[3]
    row = ("1", who.name, who.id_number, who.contract_no, "1000.00", "200.50", "1211日")
    return write_xlsx(folder / "还款情况-缺字.xlsx", [("截至1211日还款情况",), REPAID_COLUMNS, row])


def payments(folder: Path, name: str, paid: Sequence[tuple[Borrower, str, str]]) -> Path:
    """A line a payment, as Alipay and the province list them: (person, day such as 12-03, channel)."""
    head = (
        "姓名",
        "身份证号",
        "合同编号",
        "还款本金",
        "还款利息",
        "交易时间",
        "交易流水号",
        "还款渠道",
    )
    rows = [
        (
            *(who.name, who.id_number, who.contract_no, "1000.00", "200.50"),
            *(f"2026-{day} 08:30:00", f"{who.number:04d}{day.replace('-', '')}", by),
        )
        for who, day, by in paid
    ]
    return write_xlsx(folder / f"{name}.xlsx", [head, *rows])
