"""The columns of a list of cases, and which recipient gets which of them. Pure."""

from __future__ import annotations

from shared.codes import Code

COLUMNS = (
    Code("code", "编号", "code"),
    Code("name", "姓名", "name"),
    Code("id_number", "身份证号", "ID number"),
    Code("phones", "电话", "phones"),
    Code("co_borrower", "共同借款人", "co-borrower"),
    Code("co_phones", "共同借款人电话", "co-borrower's phones"),
    Code("address", "住址", "address"),
    Code("township", "乡镇", "township"),
    Code("village", "村", "village"),
    Code("college", "毕业院校", "college"),
    Code("contracts", "合同编号", "contracts"),
    Code("principal", "应还本金", "principal due"),
    Code("interest", "应还利息", "interest due"),
    Code("total", "应还合计", "total due"),
    Code("repaid", "已还", "repaid"),
    Code("teacher", "走访老师", "teacher"),
    Code("delivered", "通知书送达", "notice delivered"),
    Code("delivery_record", "送达记录", "what the records say"),
    Code("paper_slip", "纸质签收单", "paper slip"),
    Code("slip_photo", "签收单照片", "photo of the slip"),
    Code("outcome", "最近结果", "latest outcome"),
)
RECIPIENTS = (
    Code("school", "学校用的名单", "the school's list"),
    Code("teacher", "老师带的名单", "the teacher's list"),
    Code("centre", "资助中心用的名单", "the centre's list"),
)
DEFAULTS: dict[str, tuple[str, ...]] = {
    "school": (
        "code",
        "name",
        "id_number",
        "phones",
        "co_borrower",
        "village",
        "address",
        "total",
        "repaid",
        "teacher",
        "delivered",
        "delivery_record",
        "paper_slip",
        "slip_photo",
        "outcome",
    ),
    "teacher": (
        "code",
        "name",
        "phones",
        "co_borrower",
        "co_phones",
        "village",
        "address",
        "total",
    ),
    "centre": (
        "code",
        "name",
        "id_number",
        "township",
        "contracts",
        "principal",
        "interest",
        "total",
        "repaid",
        "delivered",
        "delivery_record",
        "paper_slip",
        "slip_photo",
        "outcome",
    ),
}
"""What each recipient needs and no more; a season may say otherwise.

Source: docs/sources.md#sensitive-information.
"""
SEPARATOR = "、"


def columns_for(chosen: dict[str, tuple[str, ...]], recipient: str) -> tuple[str, ...]:
    """Return the columns of a recipient: those the season chose, else the shipped ones."""
    return chosen.get(recipient) or DEFAULTS[recipient]


def as_text(columns: tuple[str, ...]) -> str:
    """Write columns as a person reads them: their Chinese names in order."""
    names = {column.code: column.zh for column in COLUMNS}
    return SEPARATOR.join(names.get(code, code) for code in columns)


def from_text(text: str) -> tuple[str, ...]:
    """Read columns from names or codes; one that nobody knows stays as it was written."""
    codes = {column.zh: column.code for column in COLUMNS}
    words = text.replace(",", SEPARATOR).replace("\uff0c", SEPARATOR).split(SEPARATOR)
    return tuple(dict.fromkeys(codes.get(w.strip(), w.strip()) for w in words if w.strip()))


def unknown(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns that no list has."""
    known = {column.code for column in COLUMNS}
    return tuple(code for code in columns if code not in known)
