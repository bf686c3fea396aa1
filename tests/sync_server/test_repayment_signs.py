"""What a repayment file's own words say of its amounts, and what they forbid."""

from __future__ import annotations

import pytest

from sync_server.intake import repayment_signs as signs
from sync_server.intake.columns import Table
from sync_server.intake.sheet import Sheet


def table(header: str, *titles: str, days: bool = False, sheet: str = "Sheet1") -> Table:
    """A file whose paid principal stands under this header."""
    labels = {0: "合同编号", 1: header, 2: "还款日期"}
    columns = {"contract_no": (0,), "principal_paid": (1,)} | ({"paid_on": (2,)} if days else {})
    return Table(
        sheet=Sheet(file="f.xlsx", name=sheet, rows=()),
        header_row=2,
        header=tuple(labels.values()),
        columns=columns,
        labels=labels,
        rows=(),
        titles=titles,
        filled={},
    )


def seen(one: Table, *, instalments: bool = False, name: str = "f.xlsx") -> set[tuple[str, str]]:
    """Which kind each sign speaks for; a strong one ends in an exclamation mark."""
    words = signs.words_of(one, name)
    found = signs.signs_of(one, words, instalments=instalments)
    return {(sign.code, sign.kind + "!" * sign.strong) for sign in found}


def test_the_words_of_a_file_are_its_titles_its_sheet_and_its_name() -> None:
    one = table("已还本金", "青槐县", "还款情况", sheet="明细")
    assert set(signs.words_of(one, "12.xlsx")) == {"青槐县", "还款情况", "明细", "12.xlsx"}


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (table("已还本金"), ("header_sum", "cumulative!")),
        (table("累计归还本金"), ("header_sum", "cumulative!")),
        (table("本次还款本金"), ("header_new", "increment!")),
        (table("新增还款"), ("header_new", "increment!")),
        (table("还款本金", days=True), ("header_payment", "payments")),
        (table("实还本金", days=True), ("header_payment", "payments")),
        (table("本金", "各校还款汇总"), ("words_sum", "cumulative!")),
        (table("本金", "当日还款"), ("words_new", "increment!")),
        (table("本金", "还款明细"), ("words_payments", "payments!")),
        (table("本金", "截至12月11日"), ("words_as_of", "cumulative")),
        (table("本金", sheet="交易流水"), ("words_payments", "payments!")),
    ],
)
def test_each_word_speaks_for_one_kind(one: Table, said: tuple[str, str]) -> None:
    assert seen(one) == {said}


@pytest.mark.parametrize("one", [table("本金", days=True), table("还款本金"), table("", "还款")])
def test_a_file_may_say_nothing(one: Table) -> None:
    assert seen(one) == set()


def test_the_name_of_a_file_speaks_too() -> None:
    assert seen(table("本金"), name="每日新增.xlsx") == {("words_new", "increment!")}


def test_a_file_without_a_column_of_principal_says_nothing_by_it() -> None:
    bare = table("已还本金")._replace(columns={"contract_no": (0,)})
    assert seen(bare) == set()


def test_every_sign_of_a_file_is_named() -> None:
    one = table("已还本金", "截至12月11日新增还款")
    assert seen(one) == {
        ("header_sum", "cumulative!"),
        ("words_new", "increment!"),
        ("words_as_of", "cumulative"),
    }


def test_instalments_are_payments_where_the_file_calls_them_so() -> None:
    said = {("words_payments", "payments!"), ("instalments", "payments!")}
    assert seen(table("本金", "还款明细"), instalments=True) == said
    assert ("instalments_unclear", "!") not in seen(table("还款本金"), instalments=True)


def test_instalments_are_unclear_where_nothing_calls_them_payments() -> None:
    said = {("instalments", "payments!"), ("instalments_unclear", "!")}
    assert seen(table("本金", "还款"), instalments=True) == said


@pytest.mark.parametrize(
    ("one", "payments", "repeats", "reverses"),
    [
        (table("还款本金", "还款"), True, True, True),
        (table("本金", "逐笔"), True, True, True),
        (table("本金", "还款"), False, True, False),
        (table("本次本金", "还款"), False, True, True),
        (table("本次本金", "累计还款"), False, False, False),
        (table("已还本金", "还款明细"), False, False, False),
        (table("还款本金", "还款汇总"), False, False, False),
        (table("已还本金", "新增还款"), False, False, False),
    ],
)
def test_only_what_is_no_sum_may_repeat_a_contract_or_take_a_payment_back(
    one: Table, payments: bool, repeats: bool, reverses: bool
) -> None:
    words = one.titles
    assert signs.looks_like_payments(one, words) is payments
    assert signs.may_repeat(one, words) is repeats
    assert signs.may_reverse(one, words) is reverses
