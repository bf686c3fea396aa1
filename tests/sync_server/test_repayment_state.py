"""What a contract has paid by a day: sums up to a day, new amounts, single payments, and one of them read again."""

from __future__ import annotations

import pytest

from shared.cases import Repayment, RepaymentKind
from sync_server.store import repayment_state
from sync_server.store.repayment_state import Added, Line, Part, State

MON, TUE, WED = "2019-12-09", "2019-12-10", "2019-12-11"


def paid(number: str, principal: int, interest: int = 0, on: str = "", by: str = "") -> Repayment:
    return Repayment(
        contract_no=number,
        principal_fen=principal,
        interest_fen=interest,
        paid_on=on,
        channel=by,
    )


def plus(
    state: State,
    *payments: Repayment,
    kind: RepaymentKind = "increment",
    as_of: str = TUE,
    source: str = "s",
) -> Added:
    return repayment_state.add(
        state,
        payments,
        kind=kind,
        as_of=as_of,
        source=source,
    )


def sums(state: State) -> dict[str, tuple[int, int]]:
    found = {number: line.repayment() for number, line in state.items()}
    return {number: (one.principal_fen, one.interest_fen) for number, one in found.items()}


def test_a_cumulative_file_is_the_state() -> None:
    state = repayment_state.whole([paid("HT1", 500, 20, on=MON, by="支付宝")], TUE)
    part = Part(MON, 500, 20, as_of=TUE, source="", whole=True)
    assert state == {"HT1": Line(contract_no="HT1", channel="支付宝", parts=(part,))}


def test_a_line_sums_its_parts_and_names_the_newest_day() -> None:
    parts = (Part(TUE, 500, 20), Part(MON, 30, 4), Part("", -10, -1))
    line = Line(contract_no="HT1", channel="银行", parts=parts)
    assert line.repayment() == paid("HT1", 520, 23, on=TUE, by="银行")
    assert Line(contract_no="HT1").repayment() == paid("HT1", 0)


def test_what_was_taken_back_beyond_the_sum_is_no_debt() -> None:
    line = Line(contract_no="HT1", parts=(Part(MON, 500, 20), Part(TUE, -600, -30)))
    assert line.repayment() == paid("HT1", 0, 0, on=TUE)


def test_numbers_are_compared_in_one_spelling_and_shown_as_first_written() -> None:
    state = repayment_state.whole([paid("HT1", 500)], MON)
    added = plus(state, paid(" HT-1 ", 70), paid("HT-2", 5))
    assert sums(added.state) == {"HT1": (570, 0), "HT2": (5, 0)}
    assert [line.contract_no for line in added.state.values()] == ["HT1", "HT-2"]


def test_new_amounts_are_added_and_the_state_before_stays_as_it_was() -> None:
    state = repayment_state.whole([paid("HT1", 500, by="银行"), paid("HT2", 9)], MON)
    added = plus(state, paid("HT1", 70, 3, by="支付宝"), paid("HT3", 1))
    assert sums(added.state) == {"HT1": (570, 3), "HT2": (9, 0), "HT3": (1, 0)}
    assert added.known == ()
    assert sums(state) == {"HT1": (500, 0), "HT2": (9, 0)}
    assert added.state["HT1"].channel == "支付宝"
    assert added.state["HT1"].parts[1] == Part("", 70, 3, as_of=TUE, source="s", whole=False)


def test_a_payment_without_a_channel_keeps_the_channel_known() -> None:
    state = repayment_state.whole([paid("HT1", 500, by="银行")], MON)
    assert plus(state, paid("HT1", 70)).state["HT1"].channel == "银行"


def test_two_payments_to_one_contract_in_one_file_both_count() -> None:
    assert sums(plus({}, paid("HT1", 70), paid("HT1", 70)).state) == {"HT1": (140, 0)}


def test_a_payment_that_is_known_with_its_day_counts_once_for_each_time_it_is_known() -> None:
    first = plus({}, paid("HT1", 70, on=MON), kind="payments", as_of=MON, source="a")
    again = plus(
        first.state,
        paid("HT1", 70, on=MON),
        paid("HT1", 70, on=MON),
        paid("HT1", 71, on=MON),
        paid("HT1", 70, 1, on=MON),
        paid("HT1", 70, on=TUE),
        kind="payments",
        source="b",
    )
    assert again.known == (0,)
    assert sums(again.state) == {"HT1": (70 + 70 + 71 + 70 + 70, 1)}


def test_after_a_known_payment_the_ones_behind_it_are_still_added() -> None:
    first = plus({}, paid("HT1", 70, on=MON), as_of=MON, source="a")
    again = plus(first.state, paid("HT1", 70, on=MON), paid("HT1", 5, on=TUE), source="b")
    assert (again.known, sums(again.state)) == ((0,), {"HT1": (75, 0)})


def test_amounts_without_a_day_are_known_only_as_a_whole_file_or_of_the_same_day() -> None:
    first = plus({}, paid("HT1", 70), paid("HT2", 5), as_of=MON, source="a")
    same_file = plus(first.state, paid("HT-2", 5), paid("HT1", 70), as_of=TUE, source="b")
    assert (same_file.known, same_file.state) == ((0, 1), first.state)
    one_more = plus(
        first.state, paid("HT1", 70), paid("HT2", 5), paid("HT2", 5), as_of=TUE, source="b"
    )
    assert (one_more.known, sums(one_more.state)) == ((), {"HT1": (140, 0), "HT2": (15, 0)})
    same_day = plus(first.state, paid("HT1", 70), as_of=MON, source="b")
    assert (same_day.known, sums(same_day.state)) == ((0,), {"HT1": (70, 0), "HT2": (5, 0)})


def test_a_file_with_one_day_in_it_is_not_taken_for_one_without_days() -> None:
    first = plus({}, paid("HT1", 70), as_of=MON, source="a")
    assert plus(first.state, paid("HT1", 70, on=TUE), source="b").known == ()


def test_amounts_without_days_are_a_known_file_only_of_one_that_had_none_and_was_no_sum() -> None:
    sum_of_all = repayment_state.whole([paid("HT1", 70)], MON)
    assert plus(sum_of_all, paid("HT1", 70), as_of=TUE).known == ()
    with_days = plus({}, paid("HT1", 70, on=MON), as_of=MON, source="a").state
    assert plus(with_days, paid("HT1", 70), as_of=TUE, source="b").known == ()


def test_a_known_file_has_as_many_equal_amounts() -> None:
    first = plus({}, paid("HT1", 70), paid("HT1", 70), as_of=MON, source="a").state
    assert plus(first, paid("HT1", 70), paid("HT1", 70), as_of=TUE, source="b").known == (0, 1)
    assert plus(first, paid("HT1", 70), as_of=TUE, source="b").known == ()


def test_an_empty_file_adds_nothing() -> None:
    assert plus({}) == Added(state={})


def test_files_are_told_apart_by_day_and_source() -> None:
    state = plus({}, paid("HT1", 70), as_of=MON, source="a").state
    state = plus(state, paid("HT1", 8), as_of=MON, source="b").state
    assert plus(state, paid("HT1", 8), as_of=WED, source="c").known == (0,)
    assert plus(state, paid("HT1", 70), paid("HT1", 8), as_of=WED, source="c").known == ()


@pytest.mark.parametrize(
    ("sum_paid_on", "payment", "covered"),
    [
        ("", paid("HT1", 7, on=MON), True),
        ("", paid("HT1", 7, on=TUE), True),
        ("", paid("HT1", 7, on=WED), False),
        (MON, paid("HT1", 7, on=MON), True),
        (MON, paid("HT1", 7, on=TUE), False),
        (TUE, paid("HT1", 7, on=TUE), True),
        (TUE, paid("HT1", 7, on=WED), False),
    ],
)
def test_a_single_payment_up_to_the_day_of_a_sum_is_in_it(
    sum_paid_on: str, payment: Repayment, covered: bool
) -> None:
    """On the day itself the sum may be older: its own newest payment shows whether it is."""
    state = repayment_state.whole([paid("HT1", 500, on=sum_paid_on)], TUE)
    for as_of in (TUE, WED):
        added = plus(state, payment, kind="payments", as_of=as_of)
        assert added.known == ((0,) if covered else ())


@pytest.mark.parametrize(("as_of", "covered"), [(MON, True), (TUE, True), (WED, False)])
def test_a_payment_without_a_day_is_in_a_sum_of_its_files_day_or_later(
    as_of: str, covered: bool
) -> None:
    state = repayment_state.whole([paid("HT1", 500)], TUE)
    assert plus(state, paid("HT1", 7), kind="payments", as_of=as_of).known == (
        (0,) if covered else ()
    )


def test_new_amounts_are_in_a_sum_of_their_own_day_only() -> None:
    state = repayment_state.whole([paid("HT1", 500)], TUE)
    assert plus(state, paid("HT1", 7, on=MON), as_of=TUE).known == (0,)
    assert plus(state, paid("HT1", 7, on=MON), as_of=WED).known == ()
    assert plus(state, paid("HT2", 7, on=MON), as_of=TUE).known == ()


def test_new_amounts_cover_no_other_amounts() -> None:
    state = plus({}, paid("HT1", 500, on=TUE), as_of=TUE, source="a").state
    assert plus(state, paid("HT1", 7, on=MON), kind="payments", as_of=TUE, source="b").known == ()


def test_a_file_read_again_first_takes_its_own_payments_out_and_no_others() -> None:
    state = repayment_state.whole([paid("HT1", 500)], MON)
    state = plus(state, paid("HT1", 70), paid("HT2", 5), source="a").state
    state = plus(state, paid("HT1", 8), source="b").state
    assert sums(repayment_state.without(state, TUE, "a")) == {"HT1": (508, 0)}
    assert repayment_state.without(state, WED, "a") == state
    assert repayment_state.without(state, TUE, "c") == state


def test_what_the_files_of_a_day_brought_is_listed_by_file() -> None:
    state = repayment_state.whole([paid("HT1", 500, by="银行")], TUE)
    state = plus(state, paid("HT1", 70, 3, on=WED), as_of=WED, source="a").state
    state = plus(state, paid("HT2", 8), as_of=WED, source="b").state
    assert repayment_state.own_payments(state, WED) == {
        "a": [paid("HT1", 70, 3, on=WED, by="银行")],
        "b": [paid("HT2", 8)],
    }
    assert repayment_state.own_payments(state, TUE) == {}


def test_a_day_has_sums_of_its_own_only_from_a_cumulative_file() -> None:
    state = repayment_state.whole([paid("HT1", 500)], MON)
    state = plus(state, paid("HT1", 70), as_of=TUE).state
    assert repayment_state.has_sums_of(state, MON)
    assert not repayment_state.has_sums_of(state, TUE)
    assert not repayment_state.has_sums_of({}, MON)
