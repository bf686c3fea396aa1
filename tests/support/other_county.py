"""白蒿县, another invented county: its letterhead, schools and people, and the files its office imports.

Area code 610598 belongs to no county. Nothing here is shared with the sample county.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.identity import id_check_digit
from tests.support.intake_files import write_xlsx

YEAR, DUE_DAY = "2026", "2026-12-20"
COUNTY, AREA_CODE = "白蒿县", "610598"
CENTRE, CENTRE_PHONE = "白蒿县学生资助管理中心", "0913-7654321"
LETTERHEAD = {
    "county": COUNTY,
    "area_code": AREA_CODE,
    "centre": CENTRE,
    "phone": CENTRE_PHONE,
    "document_no": "白蒿教贷〔2026〕3号",
    "basis": "省里2026年生源地信用助学贷款工作通知",
}
SCHOOLS = ("蒿坪镇中心校", "沙河镇中心校")
TEACHER = "孙若兰"
PAID_ON = "2026-12-11"
DUE_COLUMNS = (
    "学生姓名",
    "身份证号码",
    "贷款合同号",
    "贷款学年",
    "应还本金(元)",
    "应还利息(元)",
    "应还合计",
    "联系电话",
    "共同借款人",
    "家庭住址",
    "包联学校",
)
CONTACT_COLUMNS = (
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
REPAID_COLUMNS = ("序号", "姓名", "身份证号", "合同编号", "已还本金", "已还利息", "还款日期")


@dataclass(frozen=True)
class Borrower:
    """One person with one contract; `number` makes ID number, contract and village."""

    number: int
    name: str
    school: str

    @property
    def id_number(self) -> str:
        """A number that passes the check digit."""
        first17 = f"{AREA_CODE}200001{self.number + 10}{self.number:03d}"
        return first17 + id_check_digit(first17)

    @property
    def contract_no(self) -> str:
        return f"{AREA_CODE}2022{self.number:06d}"


PEOPLE = (
    Borrower(1, "司马静禾", SCHOOLS[0]),
    Borrower(2, "陈䶮", SCHOOLS[0]),
    Borrower(3, "阿依努尔·玉素甫", SCHOOLS[0]),
    Borrower(4, "钱慧敏", SCHOOLS[0]),
    Borrower(5, "郑书白", SCHOOLS[1]),
    Borrower(6, "冯小满", SCHOOLS[1]),
)
VISITED, PAID = PEOPLE[0], PEOPLE[3]


def due_list(folder: Path, year: str = YEAR, people: Sequence[Borrower] = PEOPLE) -> Path:
    """The bank's list of a year."""
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
            f"{COUNTY}{who.school[:3]}东沟村{who.number}组",
            who.school,
        )
        for who in people
    ]
    return _write(folder / f"应还名单-{year}.xlsx", [DUE_COLUMNS, *rows])


def contacts(folder: Path) -> Path:
    """附件1."""
    rows = [
        (
            str(n),
            school,
            "田某",
            "副校长",
            "19300001111",
            ("史文", "陆平")[n - 1],
            "教师",
            "19300002222",
            "",
        )
        for n, school in enumerate(SCHOOLS, 1)
    ]
    return _write(folder / "附件1-联系表.xlsx", [CONTACT_COLUMNS, *rows])


def areas(folder: Path) -> Path:
    """附件2."""
    head = ("序号", "包联人", "学校", "负责乡镇(街道)", "学生人数", "应还金额")
    rows = []
    for n, school in enumerate(SCHOOLS, 1):
        own = sum(who.school == school for who in PEOPLE)
        rows.append(
            (str(n), ("高原", "林岚")[n - 1], school, school[:3], str(own), f"{own * 1200.5:.2f}")
        )
    return _write(folder / "附件2-包联辖区划分表.xlsx", [head, *rows])


def repayments(folder: Path) -> Path:
    """The bank's file of one day: one person has paid everything."""
    title = ("截至2026年12月11日还款情况",)
    row = ("1", PAID.name, PAID.id_number, PAID.contract_no, "1000.00", "200.50", PAID_ON)
    return _write(folder / f"还款情况-{PAID_ON}.xlsx", [title, REPAID_COLUMNS, row])


def _write(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    return write_xlsx(path, rows)
