"""Compose is pure: rows add up, order changes nothing, and what is missing is refused with the
whole list.
"""

from __future__ import annotations

import json
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.cases import Repaid
from shared.digest import canonical, sha256_hex
from shared.ids import show_case_code
from shared.lifecycle import Review
from shared.problems import PROBLEMS, ProblemError, fill
from shared.readiness import NamedException
from shared.records.base import plain
from shared.records.correction import Correction
from shared.records.notice_delivery import NoticeDelivery
from shared.records.statement import Statement
from shared.records.visit import Visit
from sync_server.sealing.making import totals
from sync_server.sealing.making.compose import (
    COMPOSER,
    Gap,
    NotReady,
    SchoolInputs,
    compose,
)
from sync_server.sealing.summary import GROUPS, encode
from tests.support.seal_samples import Book, inputs, photo_of


def missing_codes(given_inputs: SchoolInputs) -> list[str]:
    with pytest.raises(NotReady) as refused:
        compose(given_inputs)
    return [item.code for item in refused.value.items]


@given(
    people=st.integers(1, 40),
    special=st.integers(0, 12),
    seed=st.integers(0, 10_000),
    part=st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_totals_are_always_the_sums_of_the_rows(
    people: int, special: int, seed: int, part: int
) -> None:
    base = inputs(people, special, seed=seed)
    last = base.cases[-1]
    partly = {**base.repaid, last.id: Repaid(as_of="2019-12-17", repaid_fen=part)}
    summary = compose(
        msgspec.structs.replace(base, repaid=partly, exceptions=_waive_all(base, partly))
    )
    sums, rows = summary.totals, summary.rows
    assert sums.people == len(rows) == people
    assert (
        sums.total_fen
        == sum(c.total_fen for c in base.cases)
        == sums.principal_fen + sums.interest_fen
    )
    assert sums.repaid.fen + sums.unpaid.fen == sums.total_fen
    assert sums.repaid.people + sums.unpaid.people == people
    for key in ("people", "fen"):
        assert sum(getattr(sums.unpaid.of(g), key) for g in GROUPS) == getattr(sums.unpaid, key)
    assert sums.statements == len(summary.statements)


def _waive_all(base: SchoolInputs, repaid: dict[str, Repaid]) -> tuple[NamedException, ...]:
    try:
        compose(msgspec.structs.replace(base, repaid=repaid))
    except NotReady as error:
        return tuple(NamedException(code=i.code, ref=i.ref, reason="测试") for i in error.items)
    return ()


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_inputs_changes_nothing(rng: random.Random) -> None:
    base = inputs(15, 4)
    shuffled = msgspec.structs.replace(
        base,
        cases=tuple(rng.sample(base.cases, len(base.cases))),
        facts=tuple(rng.sample(base.facts, len(base.facts))),
        repaid=dict(rng.sample(list(base.repaid.items()), len(base.repaid))),
        reviews=dict(rng.sample(list(base.reviews.items()), len(base.reviews))),
    )
    assert encode(compose(shuffled)) == encode(compose(base))


def test_the_bytes_of_a_summary_are_canonical() -> None:
    data = encode(compose(inputs()))
    assert data == canonical(json.loads(data))


def test_special_circumstances_without_an_accepted_statement_are_listed() -> None:
    assert missing_codes(inputs(6, 2, reviews={})) == ["seal.statement_missing"] * 2


def test_an_unpaid_person_with_nothing_recorded_is_listed() -> None:
    base = inputs(4, 0)
    kept = tuple(s for s in base.facts if s.fact.kind != "visit")
    assert missing_codes(msgspec.structs.replace(base, facts=kept)) == ["seal.nothing_recorded"] * 2


def test_the_refusal_says_how_much_is_missing_and_each_line_what_to_do() -> None:
    with pytest.raises(NotReady) as refused:
        compose(inputs(6, 2, reviews={}))
    assert "2" in refused.value.message()
    first = refused.value.items[0]
    values = {"case": show_case_code(first.case_code), "name": first.name}
    assert first.words == fill(PROBLEMS[first.code].zh, values)
    assert first.fix == fill(PROBLEMS[first.code].fix_zh, values)
    assert first.fix


def test_an_exception_of_no_case_names_none_and_one_of_a_later_version_what_is_owed() -> None:
    base = inputs(2, 0)
    gap = Gap(device="phone-1", device_name="王老师的手机", n_from=7, n_to=8)
    named = (
        NamedException(code="seal.chain_hole", ref=gap.ref, reason="手机掉进沟里"),
        NamedException(code="seal.later_code", ref=base.cases[0].id, reason="以后的事"),
    )
    hole, later = compose(msgspec.structs.replace(base, gaps=(gap,), exceptions=named)).exceptions
    assert (hole.case, hole.name) == ("", "")
    assert hole.words == "手机“王老师的手机”第 7 至 8 条记录没有收到"
    assert later.case == base.cases[0].code
    assert later.words == f"{show_case_code(later.case)} {later.name}有一项没有完成"


def test_a_photo_that_is_not_stored_is_listed_with_its_case() -> None:
    base = inputs(3, 0)
    with pytest.raises(NotReady) as refused:
        compose(
            msgspec.structs.replace(base, stored_photos=frozenset(list(base.stored_photos)[1:]))
        )
    (item,) = refused.value.items
    assert (item.code, item.case_code in {c.code for c in base.cases}) == (
        "seal.photo_missing",
        True,
    )


def test_a_returned_record_is_listed_until_it_is_corrected() -> None:
    base = inputs(2, 0)
    visit = next(s for s in base.facts if s.fact.kind == "visit")
    returned = {
        visit.fact.id: Review(fact=visit.fact.id, verdict="returned", comment="请写明见到谁")
    }
    assert missing_codes(msgspec.structs.replace(base, reviews=returned)) == [
        "seal.returned_record"
    ]
    book = Book(9)
    book.stored = list(base.facts)
    better = Visit(
        met="family", outcome="promised", visitors=("王老师", "李老师"), promise_date="2019-12-19"
    )
    book.write(
        visit.fact.case,
        Correction(corrects=visit.fact.id, reason="写错", body=plain(better)),
        "2019-12-14T09:00:00+08:00",
    )
    summary = compose(msgspec.structs.replace(base, reviews=returned, facts=tuple(book.stored)))
    assert summary.totals.visits == 1


def test_a_slip_of_somebody_else_is_listed_in_words_that_name_both() -> None:
    base = inputs(2, 0)
    unpaid = next(c for c in base.cases if c.id not in base.repaid)
    delivery = next(s.fact for s in base.facts if s.fact.case == unpaid.id)
    wrong = msgspec.structs.replace(base, wrong_slips={delivery.id: "Q030009X"})
    with pytest.raises(NotReady) as refused:
        compose(wrong)
    (item,) = refused.value.items
    assert (item.code, item.ref, item.case_code) == (
        "seal.slip_wrong_case",
        delivery.id,
        unpaid.code,
    )
    assert "Q03-0009-X" in item.words
    exception = NamedException(
        code="seal.slip_wrong_case", ref=delivery.id, reason="两家同住,照片放反"
    )
    (line,) = compose(msgspec.structs.replace(wrong, exceptions=(exception,))).exceptions
    assert line.words == item.words


def test_inputs_of_an_older_evidence_file_know_no_slips() -> None:
    plain_inputs = json.loads(msgspec.json.encode(inputs(1, 0)))
    del plain_inputs["wrong_slips"]
    assert msgspec.convert(plain_inputs, SchoolInputs).wrong_slips == {}


def test_quarantined_facts_and_gaps_are_listed() -> None:
    gap = Gap(device="phone-1", device_name="王老师的手机", n_from=4, n_to=6)
    assert missing_codes(inputs(3, 0, quarantined=("fact-x",), gaps=(gap,))) == [
        "seal.chain_hole",
        "seal.quarantined",
    ]


def test_a_named_exception_allows_composing_and_stands_in_the_summary_with_its_reason() -> None:
    gap = Gap(device="phone-1", device_name="王老师的手机", n_from=4, n_to=6)
    exception = NamedException(
        code="seal.chain_hole", ref=gap.ref, reason="手机掉进沟里,无法恢复", by="联络员"
    )
    (line,) = compose(inputs(3, 0, gaps=(gap,), exceptions=(exception,))).exceptions
    assert line.reason == "手机掉进沟里,无法恢复"
    assert line.words == "手机“王老师的手机”第 4 至 6 条记录没有收到"


def test_what_is_missing_is_listed_with_masked_names() -> None:
    with pytest.raises(NotReady) as refused:
        compose(inputs(2, 1, reviews={}))
    assert [item.name for item in refused.value.items] == ["欧阳*"]
    assert "㛃" not in "".join(item.words for item in refused.value.items)


def test_a_sensitive_reason_is_a_short_code_in_the_table_and_words_in_the_statement() -> None:
    summary = compose(inputs(3, 3))
    row = next(r for r in summary.rows if r.reason == "A1")
    assert summary.statements[row.statement - 1].reason_words == "重大疾病"
    assert not any(r.code == "A1" or r.words == "重大疾病" for r in summary.reasons)


def test_id_numbers_are_masked_unless_the_season_sets_full() -> None:
    base = inputs(2, 1)
    assert compose(base).rows[0].id_number == "**************0001"
    full = msgspec.structs.replace(
        base, season=msgspec.structs.replace(base.season, full_id_numbers=True)
    )
    assert compose(full).rows[0].id_number == "610599199501010001"


def test_phones_and_addresses_are_not_in_the_summary() -> None:
    data = encode(compose(inputs())).decode()
    assert "13900000000" not in data
    assert "杨树村" not in data


def test_a_paid_person_is_neither_unpaid_nor_explained() -> None:
    base = inputs(2, 2)
    paid = {
        base.cases[0].id: Repaid(as_of="2019-12-17", repaid_fen=1, paid=True, paid_on="2019-12-16")
    }
    summary = compose(msgspec.structs.replace(base, repaid=paid))
    first = summary.rows[0]
    assert (first.paid, first.unpaid_fen, first.reason, first.statement) == (
        True,
        0,
        "",
        0,
    )
    assert [s.row for s in summary.statements] == [2]


def test_the_statement_in_force_is_the_last_one() -> None:
    base = inputs(1, 1)
    book = Book(5)
    book.stored = list(base.facts)
    again = book.write(
        base.cases[0].id,
        Statement(reason="disaster", narrative="新的说明"),
        "2019-12-16T09:00:00+08:00",
    )
    reviews = {**base.reviews, again.id: Review(fact=again.id, verdict="accepted")}
    summary = compose(msgspec.structs.replace(base, facts=tuple(book.stored), reviews=reviews))
    assert [s.narrative for s in summary.statements] == ["新的说明"]


def test_facts_of_other_schools_do_not_count() -> None:
    base = inputs(2, 0)
    book = Book(7)
    book.stored = list(base.facts)
    book.write(
        "someone-else", NoticeDelivery(outcome="signed"), "2019-11-30T09:00:00+08:00", ("f" * 64,)
    )
    assert encode(compose(msgspec.structs.replace(base, facts=tuple(book.stored)))) == encode(
        compose(base)
    )


def test_a_school_without_cases_and_a_case_without_code_are_refused() -> None:
    with pytest.raises(ProblemError, match=r"compose\.no_cases"):
        compose(inputs(1, 0, cases=()))
    base = inputs(2, 0)
    bare = msgspec.structs.replace(base.cases[0], code="")
    with pytest.raises(ProblemError, match=r"compose\.no_code"):
        compose(msgspec.structs.replace(base, cases=(bare, base.cases[1])))


@pytest.mark.parametrize(
    ("part", "whole", "bp"), [(0, 0, 0), (1, 3, 3333), (2, 3, 6667), (1, 1, 10000), (1, 20000, 1)]
)
def test_rates_are_rounded_half_up_to_basis_points(part: int, whole: int, bp: int) -> None:
    assert totals.rate_bp(part, whole) == bp


def test_totals_of_totals_are_sums_with_new_rates() -> None:
    parts = [compose(inputs(n, s)).totals for n, s in ((9, 2), (4, 0), (13, 5))]
    whole = totals.of_parts(parts)
    assert whole.people == 26
    assert whole.unpaid.special.fen == sum(p.unpaid.special.fen for p in parts)
    assert whole.repaid.rate_bp == totals.rate_bp(whole.repaid.people, 26)


def test_a_photo_named_by_two_records_is_counted_once() -> None:
    base = inputs(1, 1)
    book, slip = Book(5), sha256_hex(photo_of(base.cases[0].id))
    book.stored = list(base.facts)
    statement = next(s.fact for s in book.stored if s.fact.kind == "statement")
    better = plain(Statement(reason="illness", narrative="住院", handling="repayment_relief"))
    fixed = book.write(
        statement.case,
        Correction(corrects=statement.id, reason="补照片", body=better),
        "2019-12-14T09:00:00+08:00",
        (slip, slip, "e" * 64),
    )
    given_inputs = msgspec.structs.replace(
        base,
        facts=tuple(book.stored),
        reviews={fixed.id: Review(fact=fixed.id, verdict="accepted")},
        stored_photos=frozenset({slip, "e" * 64}),
    )
    (shown,) = compose(given_inputs).statements
    assert sorted(shown.photos) == sorted((slip, "e" * 64))


def test_of_two_phones_the_record_the_office_received_last_decides() -> None:
    """Sequence 2 is the first record of the second phone: neither its name nor its number counts."""
    base = inputs(1, 0, repaid={}, facts=())
    (case,) = base.cases
    first, second = Book(1, device="phone-9"), Book(2, device="phone-1")
    first.write(case.id, Visit(met="self", outcome="promised"), "2019-12-12T10:00:00+08:00")
    first.write(case.id, Visit(met="self", outcome="hardship"), "2019-12-12T11:00:00+08:00")
    second.write(case.id, Visit(met="self", outcome="not_aware"), "2019-12-10T10:00:00+08:00")
    promised, hardship = first.stored
    (not_aware,) = (msgspec.structs.replace(s, seq=9) for s in second.stored)
    given_inputs = msgspec.structs.replace(base, facts=(not_aware, hardship, promised))
    missing = NamedException(code="seal.owed", ref=case.id, reason="样例")
    row = compose(msgspec.structs.replace(given_inputs, exceptions=(missing,))).rows[0]
    assert (row.visits, row.reason) == (3, "not_aware")


def test_an_exception_excuses_its_own_gap_and_no_other() -> None:
    gaps = tuple(
        Gap(device="phone-1", device_name="王老师的手机", n_from=n, n_to=n + 1) for n in (4, 8)
    )
    named = NamedException(code="seal.chain_hole", ref=gaps[0].ref, reason="手机掉进沟里")
    with pytest.raises(NotReady) as refused:
        compose(inputs(3, 0, gaps=gaps, exceptions=(named,)))
    assert [item.ref for item in refused.value.items] == [gaps[1].ref]


def test_people_who_were_visited_are_counted_once_however_often() -> None:
    base = inputs(5, 1)  # one explained, two paid without a visit, two who promised
    promised = next(s.fact for s in base.facts if s.fact.body.get("outcome") == "promised")
    book = Book(4)
    book.stored = list(base.facts)
    book.write(promised.case, Visit(met="self", outcome="promised"), "2019-12-15T09:00:00+08:00")
    sums = compose(msgspec.structs.replace(base, facts=tuple(book.stored))).totals
    assert (sums.people, sums.visited, sums.visits) == (5, 3, 4)


def test_a_record_of_an_impossible_day_makes_a_summary_of_the_next_composer() -> None:
    usual, book = inputs(2), Book(2, "phone-2")
    visit = Visit(met="family", outcome="hardship")
    book.write(usual.cases[0].id, visit, "9999-12-31T23:59:59+00:00")
    strange = msgspec.structs.replace(usual, facts=(*usual.facts, *book.stored))
    made = compose(strange)
    assert made.composer == COMPOSER
    assert made.rows[0].visits == compose(usual).rows[0].visits + 1
    assert made.rows[0].last_visit == compose(usual).rows[0].last_visit
