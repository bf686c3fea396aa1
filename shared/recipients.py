"""To whom the county reports, what each may see, and the columns of each one's own form. Pure.

A recipient gets a report of its own: the same figures from the same sealed files, with or without
what concerns single people. docs/seal.md#a-report-per-recipient.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from shared.codes import Code

MAIN = "province"
"""The key of the recipient whose report has the county's own document number, without a suffix."""
KEY = re.compile(r"[a-z][a-z0-9]{0,15}")
"""A recipient's key is short: the QR code of each page holds it."""
KNOWN_BY = 4
"""First characters by which a name in 主送 and 抄送 is recognised as a recipient's."""
_BETWEEN = re.compile(r"[、，,；;]")
MOST_RECIPIENTS = 6
"""Each has a report that somebody prints, stamps and seals."""
MOST_COLUMNS = 60
"""Columns of a form: a sheet one page wide is not legible with more."""
MOST_TITLES = 3
"""Lines above the headings: the title, whose and of when, the unit of money."""
LONGEST_HEADER = 40
LONGEST_TEXT = 200
"""Characters of a heading, and of a title or a fixed text."""
PEOPLE, UNITS = "people", "units"
"""A recipient's two forms: a line a person (a school's), a line a school (the county's)."""
FORMS = (
    Code(PEOPLE, "逐人表", "form with a line a person"),
    Code(UNITS, "汇总表", "form with a line a school"),
)
TITLE_MARKS = ("{年度}", "{单位}", "{截至}")
"""What a title may hold for the season, the unit and the cut-off."""

PEOPLE_FIELDS = (
    Code("row", "序号", "number"),
    Code("case", "编号", "case code"),
    Code("name", "姓名", "name"),
    Code("id_number", "身份证号", "ID number"),
    Code("contract_no", "合同编号", "contract numbers"),
    Code("contracts", "合同数", "contracts"),
    Code("principal_fen", "应还本金(元)", "principal due"),
    Code("interest_fen", "应还利息(元)", "interest due"),
    Code("total_fen", "应还合计(元)", "total due"),
    Code("delivery", "通知书", "notice"),
    Code("delivered_on", "送达日期", "delivered on"),
    Code("signer", "签收人", "signer"),
    Code("relation", "与借款人关系", "signer's relation"),
    Code("visits", "上门次数", "visits"),
    Code("last_visit", "末次上门", "last visit"),
    Code("paid", "是否还清", "paid in full"),
    Code("paid_on", "还清日期", "paid on"),
    Code("repaid_fen", "已还(元)", "repaid"),
    Code("unpaid_fen", "未还(元)", "unpaid"),
    Code("reason", "未还原因", "reason"),
    Code("promise_date", "承诺日期", "promised for"),
    Code("overdue_prior", "是否含往年逾期", "overdue before"),
    Code("statement", "说明序号", "number of the statement"),
    Code("teacher", "包联教师", "teacher"),
    Code("unit", "学校", "school"),
    Code("unit_code", "学校代码", "code of the school"),
    Code("season", "年度", "season"),
)
UNIT_FIELDS = (
    Code("row", "序号", "number"),
    Code("code", "单位代码", "code of the unit"),
    Code("name", "单位", "unit"),
    Code("people", "应还人数", "people due"),
    Code("contracts", "合同数", "contracts"),
    Code("principal_fen", "应还本金(元)", "principal due"),
    Code("interest_fen", "应还利息(元)", "interest due"),
    Code("total_fen", "应还合计(元)", "total due"),
    Code("signed", "签收人数", "signed"),
    Code("acknowledged", "短信/微信确认", "acknowledged"),
    Code("refused", "拒签人数", "refused"),
    Code("undelivered", "未送达人数", "undelivered"),
    Code("repaid", "还清人数", "people who paid in full"),
    Code("repaid_rate", "还清率", "share of people"),
    Code("repaid_fen", "已还(元)", "repaid"),
    Code("amount_rate", "金额还款率", "share of the amount"),
    Code("unpaid", "未还清人数", "people who have not"),
    Code("unpaid_fen", "未还(元)", "unpaid"),
    Code("promised", "承诺还款", "promised"),
    Code("special", "特殊情况", "special circumstances"),
    Code("unreachable", "暂未联系上", "unreachable"),
    Code("other", "其他", "other"),
    Code("visited", "上门人数", "people visited"),
    Code("visits", "上门次数", "visits"),
    Code("document", "封存件", "sealed file"),
    Code("version", "版本", "version"),
    Code("data_hash", "数据校验码", "data hash"),
    Code("county", "县", "county"),
    Code("area_code", "行政区划代码", "area code"),
    Code("season", "年度", "season"),
)
FIELDS = {PEOPLE: PEOPLE_FIELDS, UNITS: UNIT_FIELDS}


class TemplateColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a recipient's form: its words, and our field, or a text for every line.

    Neither: the column stays empty.
    """

    header: str
    field: str = ""
    constant: str = ""


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a report of the county, and how it looks.

    Attributes:
        key: Names it in files and document numbers.
        name: What it is called.
        addressed: How the letter addresses it (主送); "" for its name.
        with_narratives: Whether it gets what was written about each person in special
            circumstances. Such a text may mention health: never without the next one.
        with_health_reasons: Whether it gets reasons that concern health and the like.
        full_id_numbers: Whether names and ID numbers of those people are printed in full.
        people: The columns of its form with a line a person; () where it has none.
        people_titles: The lines above them; () for ours.
        units: The columns of its form with a line a school; () for ours.
        units_titles: The lines above them; () for ours.
    """

    key: str
    name: str
    addressed: str = ""
    with_narratives: bool = False
    with_health_reasons: bool = False
    full_id_numbers: bool = False
    people: tuple[TemplateColumn, ...] = ()
    people_titles: tuple[str, ...] = ()
    units: tuple[TemplateColumn, ...] = ()
    units_titles: tuple[str, ...] = ()

    def columns(self, form: str) -> tuple[TemplateColumn, ...]:
        """Return the columns of one of its two forms."""
        return self.people if form == PEOPLE else self.units

    def titles(self, form: str) -> tuple[str, ...]:
        """Return the lines above one of its two forms."""
        return self.people_titles if form == PEOPLE else self.units_titles

    def with_form(
        self, form: str, columns: tuple[TemplateColumn, ...], titles: tuple[str, ...]
    ) -> Recipient:
        """Return the recipient with other columns and titles of a form."""
        return msgspec.structs.replace(self, **{form: columns, f"{form}_titles": titles})


DEFAULTS = (
    Recipient(key=MAIN, name="省学生资助管理中心", with_narratives=True, with_health_reasons=True),
    Recipient(key="bank", name="国家开发银行"),
)
"""The bank needs figures and whom to write to, not how somebody's health is.

Source: docs/sources.md#sensitive-information.
"""

Fault = tuple[str, str, dict[str, Any]]
"""The path of a wrong member, the problem's code, and its values."""


def find(recipients: Iterable[Recipient], key: str) -> Recipient | None:
    """Return the recipient of a key; None if unknown."""
    return next((one for one in recipients if one.key == key), None)


def suffix_of(key: str) -> str:
    """Return what a recipient's document number adds to the county's."""
    return "" if key in ("", MAIN) else f".{key.upper()}"


def addressee(recipient: Recipient, sent_to: str, others: Iterable[Recipient] = ()) -> str:
    """Return whom a letter addresses.

    Args:
        recipient: Whose report it is.
        sent_to: The letterhead's 主送, which is the main recipient's: an office may have named all
            of them there when there was one report.
        others: The season's recipients.
    """
    own = without_lesser(sent_to, recipient, others) if recipient.key == MAIN else ""
    return recipient.addressed or own or recipient.name


def without_lesser(listed: str, recipient: Recipient, others: Iterable[Recipient]) -> str:
    """Return names without those of recipients that receive less than this one.

    Else a letter would say that they receive this report, too. Names that begin alike are one:
    国家开发银行 and 国家开发银行某省分行.
    """
    begins = [one.name[:KNOWN_BY] for one in others if _gets_less(one, recipient) and one.name]
    names = [name.strip() for name in _BETWEEN.split(listed)]
    kept = [name for name in names if name and not any(begin in name for begin in begins)]
    return listed if len(kept) == len(names) else "、".join(kept)


def _gets_less(one: Recipient, than: Recipient) -> bool:
    rights = ("with_narratives", "with_health_reasons", "full_id_numbers")
    return any(getattr(than, name) and not getattr(one, name) for name in rights)


def faults(recipients: tuple[Recipient, ...]) -> Iterator[Fault]:
    """Yield what is wrong with recipients and their forms."""
    if len(recipients) > MOST_RECIPIENTS:
        yield "recipients", "season.limit_range", {"least": 0, "most": MOST_RECIPIENTS}
    keys = Counter(one.key for one in recipients)
    for key, times in keys.items():
        if times > 1 or not KEY.fullmatch(key):
            yield "recipients", "season.key_invalid", {"key": key[:40]}
    for one in recipients:
        at = f"recipients.{one.key}"
        if one.with_narratives and not one.with_health_reasons:
            yield f"{at}.with_narratives", "season.narratives_alone", {}
        for form in (PEOPLE, UNITS):
            for code, values in form_faults(form, one.columns(form), one.titles(form)):
                yield f"{at}.{form}", code, values


def form_faults(
    form: str, columns: tuple[TemplateColumn, ...], titles: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is wrong with a form; problems name the column by its number, from 1."""
    if len(columns) > MOST_COLUMNS:
        yield "template.columns_many", {"count": len(columns), "limit": MOST_COLUMNS}
        return
    if len(titles) > MOST_TITLES or any(len(title) > LONGEST_TEXT for title in titles):
        yield "template.titles", {"most": MOST_TITLES, "length": LONGEST_TEXT}
    known = {field.code for field in FIELDS[form]}
    if columns and not any(column.field for column in columns):
        yield "template.nothing", {}
    headers: dict[str, int] = {}
    fields: dict[str, int] = {}
    for number, column in enumerate(columns, 1):
        named = {"number": number, "header": column.header[:LONGEST_HEADER]}
        if not column.header.strip() or len(column.header) > LONGEST_HEADER:
            yield "template.header", {**named, "most": LONGEST_HEADER}
        if len(column.constant) > LONGEST_TEXT or (column.field and column.constant):
            yield "template.constant", named
        if column.field and column.field not in known:
            yield "template.field_unknown", {**named, "name": column.field[:40]}
        first = headers.setdefault(column.header.strip(), number)
        again = fields.setdefault(column.field, number) if column.field else number
        if min(first, again) != number:
            yield "template.column_twice", {**named, "first": min(first, again)}


def form_as_text(form: str, columns: tuple[TemplateColumn, ...]) -> str:
    """Write a form's columns as the history of a season shows them."""
    words = {field.code: field.zh for field in FIELDS[form]}
    return "、".join(
        f"{column.header}={words.get(column.field, column.field)}"
        if column.field
        else f"{column.header}=“{column.constant}”"
        for column in columns
    )
