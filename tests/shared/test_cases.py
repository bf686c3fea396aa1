"""What a case owes and when it is repaid."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.cases import Case, Contract, Person, Repaid, Repayment, repaid

FEN = st.integers(0, 10**9)
DUE = st.lists(st.tuples(FEN, FEN), min_size=1, max_size=4)


def owing(*due: tuple[int, int]) -> Case:
    contracts = tuple(
        Contract(contract_no=f"HT{n}", principal_fen=p, interest_fen=i)
        for n, (p, i) in enumerate(due)
    )
    return Case(id="c1", season="2019", borrower=Person(name="郑小雨"), contracts=contracts)


def paying(*paid: tuple[int, int, int]) -> dict[str, Repayment]:
    """(contract number, principal, interest) lines, as the snapshot of 12 December gives them."""
    return {
        f"HT{n}": Repayment(
            contract_no=f"HT{n}", principal_fen=p, interest_fen=i, paid_on=f"2019-12-1{n}"
        )
        for n, p, i in paid
    }


@given(DUE)
def test_a_case_owes_what_its_contracts_owe(due: list[tuple[int, int]]) -> None:
    case = owing(*due)
    assert (
        case.principal_fen + case.interest_fen
        == case.total_fen
        == sum(c.total_fen for c in case.contracts)
    )


def test_a_case_without_a_line_is_not_repaid() -> None:
    assert repaid(owing((100, 10)), {}, "2019-12-12") == Repaid(as_of="2019-12-12")


def test_a_part_is_counted_and_is_not_enough() -> None:
    now = repaid(owing((100, 10), (50, 5)), paying((0, 100, 10), (1, 50, 4)), "2019-12-12")
    assert now == Repaid(as_of="2019-12-12", repaid_fen=164)


def test_whoever_has_covered_every_contract_is_repaid_on_the_last_day_of_payment() -> None:
    now = repaid(owing((100, 10), (50, 5)), paying((0, 100, 10), (1, 50, 5)), "2019-12-12")
    assert now == Repaid(as_of="2019-12-12", repaid_fen=165, paid=True, paid_on="2019-12-11")


def test_too_much_on_one_contract_does_not_cover_another() -> None:
    assert not repaid(owing((100, 0), (50, 0)), paying((0, 200, 0)), "").paid


def test_interest_may_be_booked_as_principal() -> None:
    assert repaid(owing((100, 10)), paying((0, 110, 0)), "").paid


def test_a_payment_taken_back_by_a_newer_snapshot_is_not_repaid_any_more() -> None:
    case = owing((100, 10))
    assert repaid(case, paying((0, 100, 10)), "2019-12-12").paid
    assert repaid(case, {}, "2019-12-13") == Repaid(as_of="2019-12-13")


def test_a_contract_that_owes_nothing_needs_no_line() -> None:
    assert repaid(owing((100, 10), (0, 0)), paying((0, 100, 10)), "").paid


def test_a_line_for_a_contract_that_owes_nothing_repays_no_other() -> None:
    assert not repaid(owing((100, 10), (0, 0)), paying((1, 0, 0)), "").paid


def test_a_person_who_owes_nothing_at_all_is_repaid_only_when_the_bank_says_so() -> None:
    assert not repaid(owing((0, 0)), {}, "").paid
    assert repaid(owing((0, 0)), paying((0, 0, 0)), "").paid


def test_contracts_of_other_people_are_ignored() -> None:
    assert repaid(owing((100, 10)), paying((7, 100, 10)), "2019-12-12") == Repaid(
        as_of="2019-12-12"
    )


@given(DUE, st.data())
def test_more_money_never_makes_a_repaid_case_unpaid(
    due: list[tuple[int, int]], data: st.DataObject
) -> None:
    lines = [(n, data.draw(FEN), data.draw(FEN)) for n in range(len(due))]
    more = [(n, p + data.draw(FEN), i) for n, p, i in lines]
    before, after = repaid(owing(*due), paying(*lines), ""), repaid(owing(*due), paying(*more), "")
    assert after.repaid_fen >= before.repaid_fen
    assert after.paid >= before.paid
