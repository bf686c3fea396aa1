"""The figures of a bulletin: sums, rates, order; and what a verifier finds wrong with them."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sync_server.sealing import bulletin
from sync_server.sealing.bulletin import COUNTS, Bulletin, Counts
from sync_server.sealing.checking import checks
from sync_server.sealing.documents import decode, encode
from sync_server.sealing.making.workbook import summary_xlsx
from sync_server.sealing.record import Findings
from sync_server.sealing.summary import Unit
from tests.support.bulletins import bulletin_of

NUMBERS = st.fixed_dictionaries({name: st.integers(0, 10**6) for name in COUNTS})


def found_in(document: Bulletin) -> list[str]:
    """The codes of what is wrong with its numbers."""
    findings = Findings()
    tree = msgspec.json.decode(encode(document))
    checks.numbers(document, tree, findings)
    return [item.code for item in findings.items]


def changed(document: Bulletin, **counts: int) -> Bulletin:
    """The same with other counts in its first row."""
    first = document.rows[0]
    other = msgspec.structs.replace(first, counts=msgspec.structs.replace(first.counts, **counts))
    return msgspec.structs.replace(document, rows=(other, *document.rows[1:]))


@given(st.lists(NUMBERS, max_size=5))
def test_sums_are_sums_and_rates_are_computed_from_them(schools: list[dict[str, int]]) -> None:
    total = bulletin.added(bulletin.counts_of(one) for one in schools)
    for name in COUNTS:
        assert getattr(total, name) == sum(one[name] for one in schools)
    assert total.delivered_bp == bulletin.rate_bp(total.delivered, total.people)
    assert total.repaid_bp == bulletin.rate_bp(total.repaid, total.people)
    assert total.amount_bp == bulletin.rate_bp(total.repaid_fen, total.due_fen)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_rate_is_the_nearest_basis_point(part: int, whole: int) -> None:
    rate = bulletin.rate_bp(part, whole)
    assert abs(rate * whole - part * 10_000) * 2 <= whole
    assert bulletin.rate_bp(part, 0) == 0
    assert bulletin.rate_bp(1, 2 * 10_000) == 1


@given(NUMBERS, st.integers(0, 10**6))
def test_explaining_people_changes_no_rate(numbers: dict[str, int], explained: int) -> None:
    def rates(counts: Counts) -> tuple[int, int, int]:
        return counts.delivered_bp, counts.repaid_bp, counts.amount_bp

    other = {**numbers, "explained": explained}
    assert rates(bulletin.counts_of(numbers)) == rates(bulletin.counts_of(other))


def test_schools_stand_in_order_of_code_and_those_without_people_do_not_stand() -> None:
    numbers = dict.fromkeys(COUNTS, 1)
    rows = bulletin.rows_of(
        [
            (Unit(code="03", name="丙"), {**numbers, "repaid": 1}),
            (Unit(code="02", name="乙"), {**numbers, "people": 0}),
            (Unit(code="01", name="甲"), {**numbers, "repaid": 0}),
        ]
    )
    assert [(row.row, row.code) for row in rows] == [(1, "01"), (2, "03")]


def test_it_is_read_back_from_its_bytes() -> None:
    made = bulletin_of(5)
    assert decode(encode(made)) == made
    assert summary_xlsx(made) == summary_xlsx(bulletin_of(5))
    assert made.number == made.version == 1


def test_right_numbers_have_nothing_wrong() -> None:
    assert found_in(bulletin_of(5)) == []
    assert found_in(bulletin_of(0)) == []


def test_a_wrong_rate_sum_number_or_order_is_named() -> None:
    made = bulletin_of(5)
    assert found_in(changed(made, repaid_bp=9999)) == ["verify.row_wrong"]
    assert "verify.totals_wrong" in found_in(changed(made, visited=999))
    totals = msgspec.structs.replace(made.totals, explained=0)
    assert found_in(msgspec.structs.replace(made, totals=totals)) == ["verify.totals_wrong"]
    turned = msgspec.structs.replace(made, rows=made.rows[::-1])
    assert set(found_in(turned)) == {"verify.row_wrong"}


def test_a_workbook_with_another_figure_is_named() -> None:
    made, findings = bulletin_of(5), Findings()
    checks.workbook(summary_xlsx(changed(made, visited=999)), made, findings, "summary.xlsx")
    assert {item.code for item in findings.items} == {"verify.xlsx_differs"}


def test_a_workbook_of_another_composer_is_left_to_its_own() -> None:
    made, findings = bulletin_of(2), Findings()
    later = msgspec.structs.replace(made, composer=99)
    checks.workbook(b"", later, findings, "summary.xlsx")
    assert (findings.items, len(findings.remarks)) == ([], 1)
