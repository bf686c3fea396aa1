"""What a repayment file's own words say of its amounts: sums up to a day, new ones, or payments.

The words are those of titles, sheet, file name and header; what the file before says is added where
the season is known (office/importing/repayment_kind.py). Rules: docs/sources.md#repayment-files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from shared.cases import RepaymentKind
from sync_server.intake.columns import Table
from sync_server.intake.headers import normalise

_PAYMENTS = re.compile("明细|流水|逐笔|交易")
_CUMULATIVE = re.compile("累计|汇总")
_INCREMENT = re.compile("新增|增量|当日|今日|昨日|本日|新还")
_AS_OF = re.compile("截[至止到]")
_SUM_HEADER = ("已", "累计")
_NEW_HEADER = ("本次", "本日", "当日", "今日", "新增", "新还")
_PAYMENT_HEADER = ("还款", "实还", "归还")


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """One reason to take a file for a kind.

    Attributes:
        kind: The kind; "" for what speaks against every certainty.
        code: What was seen.
        strong: Whether it decides unless another strong one contradicts it.
    """

    kind: RepaymentKind
    code: str
    strong: bool = False


def words_of(table: Table, file_name: str) -> tuple[str, ...]:
    """Return the texts in which people say what a file is."""
    return (*table.titles, table.sheet.name, file_name)


def looks_like_payments(table: Table, words: Sequence[str]) -> bool:
    """Whether a file calls its rows payments, and none of its words calls them sums."""
    header = normalise(table.label("principal_paid"))
    named = any(map(_PAYMENTS.search, words)) or header.startswith(_PAYMENT_HEADER)
    return named and may_repeat(table, words)


def may_reverse(table: Table, words: Sequence[str]) -> bool:
    """Whether a negative amount is a payment taken back: not where it is a sum of all payments."""
    new = any(sign.kind == "increment" for sign in _signs(table, words, instalments=False))
    return looks_like_payments(table, words) or (new and may_repeat(table, words))


def may_repeat(table: Table, words: Sequence[str]) -> bool:
    """Whether a contract may stand in several rows: not where each row is a sum of all payments."""
    header = normalise(table.label("principal_paid"))
    return not (header.startswith(_SUM_HEADER) or any(map(_CUMULATIVE.search, words)))


def signs_of(table: Table, words: Sequence[str], *, instalments: bool) -> tuple[Sign, ...]:
    """Return what titles, names and header say.

    Args:
        table: The table.
        words: What `words_of` returned.
        instalments: Whether a contract was paid in several parts.
    """
    return tuple(_signs(table, words, instalments))


def _signs(table: Table, words: Sequence[str], instalments: bool) -> Iterable[Sign]:
    header = normalise(table.label("principal_paid"))
    if header.startswith(_SUM_HEADER):
        yield Sign(kind="cumulative", code="header_sum", strong=True)
    if header.startswith(_NEW_HEADER):
        yield Sign(kind="increment", code="header_new", strong=True)
    if header.startswith(_PAYMENT_HEADER) and table.columns.get("paid_on"):
        yield Sign(kind="payments", code="header_payment")
    if any(map(_CUMULATIVE.search, words)):
        yield Sign(kind="cumulative", code="words_sum", strong=True)
    if any(map(_INCREMENT.search, words)):
        yield Sign(kind="increment", code="words_new", strong=True)
    if any(map(_PAYMENTS.search, words)):
        yield Sign(kind="payments", code="words_payments", strong=True)
    if any(map(_AS_OF.search, words)):
        yield Sign(kind="cumulative", code="words_as_of")
    if instalments:
        sure = looks_like_payments(table, words)
        yield Sign(kind="payments", code="instalments", strong=True)
        if not sure:
            yield Sign(kind="", code="instalments_unclear", strong=True)
