"""A version's counts as each of its four readers sees them: on screen, paper, in the workbook, in the roll-up."""

from __future__ import annotations

import html
import io
import json
import re
from typing import Any

import pypdfium2
from python_calamine import CalamineWorkbook

Counts = dict[str, int]
_N = r"([\d,]+)"
_YUAN = r"([\d,]+\.\d\d)"
_PAPER = {
    ("people", "fen"): rf"应还{_N}人、[\d,]+份合同，本息合计{_YUAN}元",
    ("signed", "acknowledged", "refused", "undelivered"): (
        rf"通知书签收{_N}人，短信/微信确认{_N}人，拒签{_N}人，未送达{_N}人"
    ),
    ("visited", "visits"): rf"上门走访{_N}人、{_N}次",
    ("repaid",): rf"已全部还清{_N}人",
    ("repaid_fen",): rf"已还本息{_YUAN}元",
    ("unpaid", "unpaid_fen", "promised", "special", "unreachable", "other"): (
        rf"尚未还清{_N}人、{_YUAN}元，其中承诺还款{_N}人、特殊情况{_N}人、暂未联系上{_N}人、其他{_N}人"
    ),
}
_SCREEN = {
    ("people", "fen"): rf"应还 {_N} 人 · {_YUAN} 元",
    ("delivered",): rf"送达 {_N} 人",
    ("visited", "visits"): rf"走访 {_N} 人 · {_N} 次",
    ("repaid", "repaid_fen"): rf"已还清 {_N} 人 · \S+ · {_YUAN} 元",
    ("unpaid", "unpaid_fen", "promised", "special", "unreachable", "other"): (
        rf"未还清 {_N} 人 · {_YUAN} 元[（(]承诺 {_N} · 特殊情况 {_N} · 联系不上 {_N} · 其他 {_N}[）)]"
    ),
    ("statements",): rf"情况说明 {_N} 份",
}
_WAYS: dict[tuple[str, ...], str] = {
    ("signed", "acknowledged", "refused"): rf"[（(]签收 {_N} · 短信/微信确认 {_N} · 拒签 {_N}[）)]"
}


def agree(*seen: Counts) -> bool:
    """Whether all say the same of what they say."""
    whole: Counts = {}
    for one in seen:
        assert one == {**one, **{k: v for k, v in whole.items() if k in one}}, seen
        whole |= one
    return True


def of_paper(pdf: bytes) -> Counts:
    """What the letter on page 1 says."""
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded()
    return _found(_PAPER, re.sub(r"\s", "", text))


def of_screen(fragment: str) -> Counts:
    """What the list of figures of a version says (macro `figures`)."""
    text = words(fragment)
    found = _found(_SCREEN, text)
    ways = re.search(next(iter(_WAYS.values())), text)
    zero = dict.fromkeys(("signed", "acknowledged", "refused"), 0)
    found |= _found(_WAYS, text) if ways else zero
    found["undelivered"] = found["people"] - found.pop("delivered")
    return found


def words(fragment: str) -> str:
    """The text of a piece of HTML, each tag a space."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", fragment))).strip()


def of_workbook(xlsx: bytes) -> Counts:
    """What the cells of the table add up to, and its own last row says."""
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(xlsx)).get_sheet_by_index(0).to_python()
    at = next(n for n, line in enumerate(sheet) if line[0] == "序号")
    head, lines, sums = sheet[at], sheet[at + 1 : -1], sheet[-1]
    column = {str(name).replace("\n", ""): n for n, name in enumerate(head)}

    def cells(name: str) -> list[Any]:
        return [line[column[name]] for line in lines]

    def fen(value: Any) -> int:
        return round(float(value or 0) * 100)

    unpaid = [line for line in lines if line[column["是否还清"]] != "是"]
    found = {
        "people": len(lines),
        "fen": sum(map(fen, cells("应还合计(元)"))),
        "signed": cells("通知书").count("签收"),
        "acknowledged": cells("通知书").count("短信/微信确认"),
        "refused": cells("通知书").count("拒签"),
        "undelivered": cells("通知书").count("未送达"),
        "visits": sum(int(cell or 0) for cell in cells("上门次数")),
        "visited": sum(int(cell or 0) > 0 for cell in cells("上门次数")),
        "repaid": cells("是否还清").count("是"),
        "repaid_fen": sum(map(fen, cells("已还(元)"))),
        "unpaid": len(unpaid),
        "unpaid_fen": sum(map(fen, cells("未还(元)"))),
        "statements": sum(int(cell or 0) > 0 for cell in cells("说明序号")),
    }
    summed = {"fen": "应还合计(元)", "repaid_fen": "已还(元)", "unpaid_fen": "未还(元)"}
    assert {key: fen(sums[column[name]]) for key, name in summed.items()} == {
        key: found[key] for key in summed
    }
    return found


def of_totals(totals: dict[str, Any]) -> Counts:
    """What a roll-up says of a unit: the totals of its row."""
    unpaid = totals["unpaid"]
    return {
        "people": totals["people"],
        "fen": totals["total_fen"],
        **totals["deliveries"],
        "visits": totals["visits"],
        "visited": totals["visited"],
        "repaid": totals["repaid"]["people"],
        "repaid_fen": totals["repaid"]["fen"],
        "unpaid": unpaid["people"],
        "unpaid_fen": unpaid["fen"],
        **{
            name: unpaid[name]["people"] for name in ("promised", "special", "unreachable", "other")
        },
        "statements": totals["statements"],
    }


def of_roll_up(data: bytes, code: str) -> Counts:
    """What a county's summary.json says of a school."""
    row = next(row for row in json.loads(data)["rows"] if row["code"] == code)
    return of_totals(row["totals"])


def _found(patterns: dict[tuple[str, ...], str], text: str) -> Counts:
    found: Counts = {}
    for names, pattern in patterns.items():
        hit = re.search(pattern, text)
        assert hit is not None, (pattern, text[:1500])
        found |= dict(zip(names, map(_number, hit.groups()), strict=True))
    return found


def _number(text: str) -> int:
    plain = text.replace(",", "")
    return round(float(plain) * 100) if "." in plain else int(plain)
