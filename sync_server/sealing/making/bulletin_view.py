"""Format a bulletin for its template and its workbook. Pure.

Schools stand in order of code, never ranked; people explained stand apart and in no rate, so that
nobody gains a place by explaining people away.
"""

from __future__ import annotations

from typing import Any

from shared.money import yuan
from shared.typography import full_width
from sync_server.paperwork import words
from sync_server.sealing.bulletin import Bulletin, Counts, SchoolRow
from sync_server.sealing.making.school_view import SYSTEM_TERM
from sync_server.sealing.making.workbook_columns import Column

SIGNERS = ("拟 稿 人", "审 核 人", "负责人签字")
TERMS = (
    "送达率＝送达人数÷应还人数；还清率＝还清人数÷应还人数；金额还款率＝已还金额÷应还金额。"
    "送达包括签收、微信短信确认和有见证的拒签。",
    "“已说明”是还没有还清、属特殊情况、情况说明已由资助中心接收的人数，"
    "单独列出，不计入送达率和还清率。",
    "各单位按编号排列，不按比率排名。本通报不列任何个人。",
)


def bulletin_title(bulletin: Bulletin) -> str:
    """Return its title."""
    work = f"{bulletin.season.id}年生源地信用助学贷款催收工作"
    return f"{bulletin.unit.name}关于{work}进展情况的通报"


def bulletin_view(bulletin: Bulletin, data_hash: str) -> dict[str, Any]:
    """Return the template's data.

    Args:
        bulletin: the bulletin.
        data_hash: sha256 of its canonical bytes, hex.

    Returns:
        A JSON value in which every text is formatted as printed.
    """
    return {
        "title": bulletin_title(bulletin),
        "report_no": full_width(bulletin.report_no),
        "sent_to": full_width(bulletin.sent_to),
        "copied_to": full_width(bulletin.copied_to),
        "copies": bulletin.copies,
        "paragraphs": _paragraphs(bulletin),
        "unit": bulletin.unit.name,
        "county": bulletin.letterhead.county,
        "signers": list(SIGNERS),
        "signed_on": words.day(bulletin.filled_on),
        "phone": bulletin.letterhead.phone,
        "cut_off": words.moment(bulletin.cut_off),
        "data_hash": words.grouped(data_hash, 64),
        "notes": [*TERMS, SYSTEM_TERM],
        "rows": [{"row": r.row, "name": r.name, **_numbers(r.counts)} for r in bulletin.rows],
        "totals_row": _numbers(bulletin.totals),
    }


def _paragraphs(bulletin: Bulletin) -> list[str]:
    sums, head = bulletin.totals, bulletin.letterhead
    number = f"（{full_width(head.document_no)}）" if head.document_no else ""
    basis = f"根据{full_width(head.basis)}{number}，" if head.basis else ""
    as_of = f"（还款数据截至{words.day(bulletin.as_of)}）" if bulletin.as_of else ""
    rate = words.percent
    return [
        f"{basis}现将截至{words.moment(bulletin.cut_off)}{as_of}"
        f"各单位通知送达、还款和上门走访情况通报如下。",
        f"全县{len(bulletin.rows)}个单位应还{sums.people:,}人，应还本息{yuan(sums.due_fen)}元。"
        f"通知送达{sums.delivered:,}人，送达率{rate(sums.delivered_bp)}；"
        f"还清{sums.repaid:,}人，还清率{rate(sums.repaid_bp)}；"
        f"已还本息{yuan(sums.repaid_fen)}元，金额还款率{rate(sums.amount_bp)}。"
        f"上门走访{sums.visited:,}人。",
        *_unplaced(bulletin),
        f"还没有还清{sums.unpaid:,}人，其中特殊情况{sums.special:,}人，"
        f"已逐人说明并由资助中心接收{sums.explained:,}人。",
        "请各单位对照本通报，抓紧通知送达和上门走访，做好政策解释，保护学生和家长的个人信息。",
    ]


def _unplaced(bulletin: Bulletin) -> list[str]:
    if not bulletin.unplaced:
        return []
    return [f"另有{bulletin.unplaced:,}人还没有归到单位，没有计入上述人数。"]


def _numbers(counts: Counts) -> dict[str, str]:
    return {
        "people": f"{counts.people:,}",
        "due": yuan(counts.due_fen),
        "delivered": f"{counts.delivered:,}",
        "delivered_rate": words.percent(counts.delivered_bp),
        "repaid": f"{counts.repaid:,}",
        "repaid_rate": words.percent(counts.repaid_bp),
        "repaid_sum": yuan(counts.repaid_fen),
        "amount_rate": words.percent(counts.amount_bp),
        "visited": f"{counts.visited:,}",
        "unpaid": f"{counts.unpaid:,}",
        "special": f"{counts.special:,}",
        "explained": f"{counts.explained:,}",
    }


def bulletin_columns() -> tuple[Column[SchoolRow], ...]:
    """Return the columns of its workbook."""
    return (
        Column("row", "序号", 5, "int", lambda r: r.row),
        Column("code", "编号", 8, "text", lambda r: r.code),
        Column("name", "单位", 24, "text", lambda r: r.name),
        Column("people", "应还人数", 8, "int", lambda r: r.counts.people, True),
        Column("due_fen", "应还本息(元)", 15, "fen", lambda r: r.counts.due_fen, True),
        Column("delivered", "送达人数", 8, "int", lambda r: r.counts.delivered, True),
        Column("delivered_bp", "送达率", 9, "text", lambda r: words.percent(r.counts.delivered_bp)),
        Column("repaid", "还清人数", 8, "int", lambda r: r.counts.repaid, True),
        Column("repaid_bp", "还清率", 9, "text", lambda r: words.percent(r.counts.repaid_bp)),
        Column("repaid_fen", "已还本息(元)", 15, "fen", lambda r: r.counts.repaid_fen, True),
        Column("amount_bp", "金额还款率", 9, "text", lambda r: words.percent(r.counts.amount_bp)),
        Column("visited", "走访人数", 8, "int", lambda r: r.counts.visited, True),
        Column("unpaid", "未还清人数", 8, "int", lambda r: r.counts.unpaid, True),
        Column("special", "其中特殊情况", 8, "int", lambda r: r.counts.special, True),
        Column("explained", "已说明", 8, "int", lambda r: r.counts.explained, True),
    )


def bulletin_titles(bulletin: Bulletin) -> tuple[str, str]:
    """Return the lines above the headings of its workbook."""
    return (
        bulletin_title(bulletin),
        f"{bulletin.report_no}    截至{words.moment(bulletin.cut_off)}    "
        f"印发日期：{words.day(bulletin.filled_on)}    金额单位：元",
    )


def bulletin_legend(bulletin: Bulletin) -> list[tuple[str, str]]:
    """Return what the workbook says about itself."""
    sums = bulletin.totals
    return [
        ("单位", bulletin.unit.name),
        ("文号", bulletin.report_no),
        ("文件", f"{bulletin.document} 第{bulletin.number}号"),
        ("截止时点", words.moment(bulletin.cut_off)),
        ("应还人数", f"{sums.people}"),
        ("应还合计(元)", yuan(sums.due_fen)),
        ("送达人数", f"{sums.delivered},占 {words.percent(sums.delivered_bp)}"),
        ("还清人数", f"{sums.repaid},占 {words.percent(sums.repaid_bp)}"),
        ("已还(元)", f"{yuan(sums.repaid_fen)},占应还 {words.percent(sums.amount_bp)}"),
        *(("说明", line) for line in (*TERMS, *_unplaced(bulletin))),
    ]
