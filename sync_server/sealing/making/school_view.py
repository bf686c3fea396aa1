"""Format a school's summary for its template. Pure.

Takes a summary, returns a JSON value for summary.typ; the template lays out and formats nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared import codes
from shared.ids import show_case_code
from shared.money import in_words, yuan
from shared.season import day_of
from shared.typography import full_width
from sync_server.paperwork import words
from sync_server.sealing.making.totals import delivery_of, rate_bp
from sync_server.sealing.summary import (
    DeliveryLine,
    ExceptionLine,
    Group,
    Row,
    SchoolSummary,
    StatementRow,
    Summary,
    Totals,
    UnitException,
)

WAYS = (
    ("signed", "签收"),
    ("acknowledged", "短信/微信确认"),
    ("refused", "拒签"),
    ("undelivered", "未送达"),
)
"""The fields of `Deliveries` with their words, in the order of print."""
SCHOOL_TERMS = (
    "单位：元。已还清按应还本息全部还清计；已还金额含部分还款，不超过应还本息。",
    "签收含按手印；短信/微信确认指对方回复已收到，没有签字；拒签指通知书已送到而未签字；"
    "其余为未送达，退回学校还没有改正的送达记录也算未送达。",
    "备注栏“说明3”指附件2第3号说明，“含往年”指含往年逾期。",
)
"""填表说明 of a school's table."""
LATE_TERM = "送达日期后括号里写的，是收到这条记录的日期；比送达晚一天以上的才写。"
"""填表说明 of a table in which a delivery has two days."""
SENSITIVE_TERM = "以A开头的原因代码涉及个人敏感信息，文字只写在逐人情况说明里。"
SYSTEM_TERM = (
    "封存后的文件附有系统签名（非公章），证书由县资助中心自行签发，"
    "阅读软件会提示签名人身份未知或不受信任，属正常；内容是否改动以核验结果为准。"
)
GROUPS: tuple[tuple[Group, str], ...] = (
    ("promised", "承诺还款"),
    ("special", "特殊情况"),
    ("unreachable", "暂未联系上"),
    ("other", "其他"),
)
"""The groups of unpaid people with their words, in the order of page 1."""


def school_view(summary: SchoolSummary, data_hash: str) -> dict[str, Any]:
    """Return the template's data for a school's summary.

    Args:
        summary: the school's summary.
        data_hash: sha256 of summary.json, hex.

    Returns:
        A JSON value in which every text is formatted as printed.
    """
    reasons = {r.code: r.words for r in summary.reasons}
    short = any(r.reason and r.reason not in reasons for r in summary.rows)
    late = any(r.delivery_received_on for r in summary.rows)
    parts = ["汇总表", "特殊情况逐人说明"] if summary.statements else ["汇总表"]
    return {
        **cover(summary, data_hash),
        **letter(summary, _school_start(summary), parts),
        "sent_to": summary.letterhead.centre,
        "notes": [
            *SCHOOL_TERMS,
            *((LATE_TERM,) if late else ()),
            *((SENSITIVE_TERM,) if short else ()),
            *file_terms(summary),
        ],
        "rows": [_row(row, reasons, summary.full_id_numbers) for row in summary.rows],
        "totals_row": _totals_row(summary.totals),
        "statements": [_statement(s) for s in summary.statements],
        "stamp_each": summary.stamp_each_statement,
    }


def cover(summary: Summary, data_hash: str) -> dict[str, Any]:
    """Return the data of page 1 and of what is on every page; the same for every level.

    Args:
        summary: a summary of any level.
        data_hash: sha256 of summary.json, hex.

    Returns:
        A JSON value in which every text is formatted as printed.
    """
    contact = summary.contact
    return {
        "demo": summary.demo,
        "unit": summary.unit.name,
        "season": summary.season.id,
        "report_no": full_width(summary.report_no),
        "cut_off": words.moment(summary.cut_off),
        "signed_on": words.day(summary.filled_on or day_of(summary.cut_off)),
        "contact": [
            [label, words_]
            for label, words_ in (("联系人", contact.name), ("联系电话", contact.phone))
            if words_
        ],
        "data_hash": words.grouped(data_hash, 64),
        "figures": _figures(summary.totals),
    }


def letter(summary: Summary, start: str, parts: Sequence[str]) -> dict[str, Any]:
    """Return the letter of page 1.

    Args:
        summary: a summary of any level.
        start: its first paragraph.
        parts: the titles of its attachments, in order.

    Returns:
        `title`, `paragraphs`, `attachments` (as page 1 lists them), `exceptions`, and where those
        stand if page 1 has no room: `exceptions_at`, `exceptions_title`.
    """
    numbered = [f"{n}. {title}" for n, title in enumerate(parts, 1)]
    at = len(parts) + 1
    return {
        "title": title_of(summary),
        "paragraphs": [start, *_paragraphs(summary), *_typed_in(summary), *_again(summary)],
        "attachments": numbered,
        "exceptions": [_exception(e) for e in summary.exceptions],
        "exceptions_at": at,
        "exceptions_title": f"{at}. 例外事项",
    }


def title_of(summary: Summary) -> str:
    """Return the title of a report."""
    work = f"{summary.season.id}年生源地信用助学贷款上门走访情况"
    return f"{summary.unit.name}关于{work}的报告"


def basis_of(summary: Summary) -> str:
    """Return 根据……（文号）， of a letter's first sentence; "" where none is named."""
    head = summary.letterhead
    number = f"（{full_width(head.document_no)}）" if head.document_no else ""
    return f"根据{full_width(head.basis)}{number}，" if head.basis else ""


def as_of_cut_off(summary: Summary) -> str:
    """Return 截至……（还款数据截至……） of a letter's first sentence."""
    as_of = f"（还款数据截至{words.day(summary.as_of)}）" if summary.as_of else ""
    return f"截至{words.moment(summary.cut_off)}{as_of}"


def _school_start(summary: SchoolSummary) -> str:
    return (
        f"{basis_of(summary)}我校对列入本年度应还名单的毕业生逐人送达通知、上门走访。"
        f"{as_of_cut_off(summary)}，有关情况报告如下。"
    )


def _paragraphs(summary: Summary) -> list[str]:
    """Return the counts in words, each rate with its denominator."""
    sums = summary.totals
    repaid, unpaid, ways = sums.repaid, sums.unpaid, sums.deliveries
    reached = ways.signed + ways.acknowledged
    counted = "，".join(f"{zh}{getattr(ways, key):,}人" for key, zh in WAYS)
    groups = "、".join(f"{zh}{unpaid.of(key).people:,}人" for key, zh in GROUPS)
    return [
        f"应还{sums.people:,}人、{sums.contracts:,}份合同，本息合计{yuan(sums.total_fen)}元"
        f"（大写：{in_words(sums.total_fen)}），其中本金{yuan(sums.principal_fen)}元、"
        f"利息{yuan(sums.interest_fen)}元，应还日为{words.month_day(summary.season.due_day)}。",
        f"通知书{counted}；签收和确认{reached:,}人，占应还{sums.people:,}人的"
        f"{_share(reached, sums.people)}。上门走访{sums.visited:,}人、{sums.visits:,}次。",
        f"已全部还清{repaid.people:,}人，占应还{sums.people:,}人的{words.percent(repaid.rate_bp)}；"
        f"已还本息{yuan(repaid.fen)}元（含部分还款），占应还{yuan(sums.total_fen)}元的"
        f"{words.percent(repaid.amount_rate_bp)}。",
        f"尚未还清{unpaid.people:,}人、{yuan(unpaid.fen)}元，其中{groups}。",
    ]


def _again(summary: Summary) -> list[str]:
    """Return which version this is, where it is not the first, and why."""
    if summary.version == 1 and not summary.reason:
        return []
    reason = f"更正原因：{full_width(summary.reason).rstrip('。')}。" if summary.reason else ""
    return [f"本报告为第{summary.version}版。{reason}"]


def _typed_in(summary: Summary) -> list[str]:
    """Return how many records come from paper, where any does."""
    if not isinstance(summary, SchoolSummary) or not summary.paper_records:
        return []
    return [f"本报告依据的记录中，{summary.paper_records:,}条由学校办公室按纸质记录录入。"]


def _share(part: int, whole: int) -> str:
    return words.percent(rate_bp(part, whole))


def file_terms(summary: Summary) -> list[str]:
    """Return what the 填表说明 says about the file: its version, the one before, its signature."""
    before = (
        f"，上一份封存件校验码{words.grouped(summary.previous_seal, 16)}"
        if summary.previous_seal
        else ""
    )
    return [f"本报告为第{summary.version}版{before}。", SYSTEM_TERM]


def _line(
    words_: str, people: int, fen: int | None, rate: str = "", *, inner: bool = False
) -> dict[str, Any]:
    amount = "—" if fen is None else yuan(fen)
    return {
        "words": words_,
        "people": f"{people:,}",
        "amount": amount,
        "rate": rate,
        "inner": inner,
    }


def _figures(sums: Totals) -> list[dict[str, Any]]:
    """List the lines of the table of figures; an `inner` line is part of the line before it."""
    unpaid, people = sums.unpaid, sums.people
    ways = sums.deliveries
    rates = words.percent(sums.repaid.rate_bp), words.percent(sums.repaid.amount_rate_bp)
    return [
        _line("应还本息", people, sums.total_fen),
        *(
            _line(f"通知书{zh}", getattr(ways, key), None, _share(getattr(ways, key), people))
            for key, zh in WAYS
        ),
        _line(
            "已还清（金额含部分还款）",
            sums.repaid.people,
            sums.repaid.fen,
            "人数 {} 金额 {}".format(*rates),
        ),
        _line("尚未还清", unpaid.people, unpaid.fen, _share(unpaid.people, people)),
        *(_line(zh, unpaid.of(key).people, unpaid.of(key).fen, inner=True) for key, zh in GROUPS),
    ]


def _exception(item: ExceptionLine) -> str:
    """Describe a named exception: whose unit, what, why, by whom."""
    unit = f"{item.unit}：" if isinstance(item, UnitException) else ""
    by = f"（{item.by}）" if item.by else ""
    reason = full_width(item.reason).rstrip("。")
    why = f"理由：{reason}{by}。" if reason or by else ""  # left out for some recipients
    return f"{unit}{full_width(item.words)}。{why}"


def _row(row: Row, reasons: Mapping[str, str], full_id: bool) -> dict[str, Any]:
    paid = row.paid
    return {
        "row": row.row,
        "code": show_case_code(row.case),
        "name": row.name,
        # The usual table has no ID column; it is added only where the county asked for full
        # numbers.
        "id_number": row.id_number if full_id else "",
        "principal": yuan(row.principal_fen),
        "interest": yuan(row.interest_fen),
        "total": yuan(row.total_fen),
        "delivery": _delivery_of(row),
        "signer": _signer(row),
        "visits": str(row.visits),
        "last_visit": words.short_day(row.last_visit),
        "paid": ("还清 " + words.short_day(row.paid_on)).strip() if paid else _partly(row),
        "reason": _reason(row, reasons),
        "note": _note(row),
    }


def _delivery_of(row: Row) -> str:
    """Return how and when the notice was delivered."""
    zh = dict(WAYS)[delivery_of(row)]
    late = (
        f"（{words.short_day(row.delivery_received_on)}收到）" if row.delivery_received_on else ""
    )
    return f"{zh} {words.short_day(row.delivered_on)}{late}".strip()


def _signer(row: Row) -> str:
    """Return who signed on paper; nobody did where a message was acknowledged or refused."""
    if delivery_of(row) != "signed":
        return "—"
    return row.signer or codes.label(codes.PEOPLE, row.signer_relation)


def _partly(row: Row) -> str:
    return yuan(row.repaid_fen) if row.repaid_fen else "否"


def _reason(row: Row, reasons: Mapping[str, str]) -> str:
    if row.paid:
        return ""
    reason = reasons.get(row.reason, row.reason) or "无记录"
    return f"{reason} {words.short_day(row.promise_date)}" if row.promise_date else reason


def _note(row: Row) -> str:
    parts = [f"说明{row.statement}"] if row.statement else []
    return "·".join(parts + (["含往年"] if row.overdue_prior else []))


def _totals_row(sums: Totals) -> dict[str, str]:
    ways = sums.deliveries
    return {
        "people": f"{sums.people:,}人",
        "principal": yuan(sums.principal_fen),
        "interest": yuan(sums.interest_fen),
        "total": yuan(sums.total_fen),
        "delivery": "，".join(f"{zh}{getattr(ways, key)}" for key, zh in WAYS),
        "visits": str(sums.visits),
        "repaid": yuan(sums.repaid.fen),
        "paid": f"还清{sums.repaid.people:,}人，{words.percent(sums.repaid.rate_bp)}",
    }


def _statement(statement: StatementRow) -> dict[str, Any]:
    return {
        "no": statement.no,
        "name": statement.name,
        "code": show_case_code(statement.case),
        "id_number": words.short_mask(statement.id_number),
        "contracts": statement.contracts,
        "total": yuan(statement.total_fen),
        "repaid": yuan(statement.repaid_fen) if statement.repaid_fen else "",
        "reason": statement.reason_words,
        "narrative": _narrative(statement),
        "visits": full_width(_visits(statement)),
        "delivery": full_width(_delivery(statement.delivery)),
        "evidence": full_width(_evidence(statement)),
        "handling": statement.handling_words,
    }


def _narrative(statement: StatementRow) -> list[str]:
    """Return the paragraphs of a statement, and that it was typed in from paper."""
    written = [full_width(p) for p in statement.narrative.splitlines() if p.strip()]
    if not written:
        return ["（未写情况说明，见首页例外事项）"]
    return [*written, "（按纸质记录录入）"] if statement.paper else written


def _visits(statement: StatementRow) -> str:
    lines = [
        f"{words.month_day(v.day) or words.ODD_DAY}见{codes.label(codes.PEOPLE, v.met)}"
        + (f"({'、'.join(v.visitors)})" if v.visitors else "")
        + ("(纸质)" if v.paper else "")
        for v in statement.visits
    ]
    visits = f"{len(lines)}次:{';'.join(lines)}" if lines else "未上门"
    return visits + (f";另以电话等联系{statement.attempts}次" if statement.attempts else "")


def _delivery(delivery: DeliveryLine) -> str:
    """Describe the delivery that counts: its day, how, what came of it, who, and when it was known.

    Only who signed on paper is called a signer.
    """
    if delivery.state in ("none", "undelivered"):
        return codes.label(codes.DELIVERIES, delivery.outcome) or "未送达"
    day = words.month_day(delivery.day) or words.ODD_DAY
    method = codes.label(codes.METHODS, delivery.method)
    acknowledged = delivery.outcome == "acknowledged"
    if acknowledged and delivery.method == "message":
        parts = [f"{day}{method}确认"]
    else:
        parts = [f"{day}{method}", codes.label(codes.DELIVERIES, delivery.outcome)]
    relation = codes.label(codes.PEOPLE, delivery.relation)
    if delivery.signer:
        role = "确认人" if acknowledged else "签收人" if delivery.state == "signed" else "当事人"
        parts.append(f"{role}{delivery.signer}" + (f"({relation})" if relation else ""))
    if delivery.received_on:
        parts.append(f"记录{words.month_day(delivery.received_on)}收到")
    return ",".join(parts) + ("(纸质)" if delivery.paper else "")


def _evidence(statement: StatementRow) -> str:
    parts = ["、".join(statement.evidence)] if statement.evidence else []
    return (
        ";".join([*parts, f"照片{len(statement.photos)}张"] if statement.photos else parts) or "无"
    )
