"""What a school still lacks before it may seal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cases import Case, Repaid
from shared.lifecycle import Standing
from shared.readiness import MissingItem, NamedException, missing_items, missing_of_case
from shared.records.contact_attempt import ContactAttempt
from shared.records.notice_delivery import NoticeDelivery
from shared.records.statement import Statement
from shared.records.visit import Visit
from tests.support.factory import accepted, case, fact, judge, returned

VISIT = fact("v", Visit(met="self", outcome="promised"))
POOR = fact("s", Statement(reason="hardship", narrative="父母务农"))


def codes_of(standing: Standing) -> list[str]:
    return [missing.code for missing in missing_of_case(case(), standing)]


@pytest.mark.parametrize("done", [VISIT, fact("a", ContactAttempt(outcome="reached"))])
def test_an_unpaid_person_who_was_visited_or_called_lacks_nothing(done: object) -> None:
    assert codes_of(judge([done])) == []


def test_an_unpaid_person_with_nothing_recorded_is_listed() -> None:
    assert codes_of(judge([])) == ["seal.nothing_recorded"]


def test_a_delivered_notice_alone_is_not_enough() -> None:
    assert codes_of(judge([fact("d", NoticeDelivery(outcome="signed"))])) == [
        "seal.nothing_recorded"
    ]


def test_a_repaid_person_lacks_nothing() -> None:
    assert codes_of(judge([VISIT], returned("v"), repaid=Repaid(paid=True))) == []


def test_special_circumstances_need_an_accepted_statement() -> None:
    seen = fact("v", Visit(met="self", outcome="hardship"))
    assert codes_of(judge([seen])) == ["seal.statement_missing"]
    assert codes_of(judge([seen, POOR])) == ["seal.statement_missing"]
    assert codes_of(judge([seen, POOR], accepted("s"))) == []


def test_a_returned_statement_is_listed_as_returned_and_as_missing() -> None:
    assert codes_of(judge([POOR], returned("s"))) == [
        "seal.returned_record",
        "seal.statement_missing",
    ]


def test_what_a_person_lacks_names_the_person_by_id_and_code() -> None:
    named = {"ref": "c1", "case": "c1", "case_code": "QH010001K"}
    assert missing_of_case(case(), judge([])) == [
        MissingItem(code="seal.nothing_recorded", **named)
    ]
    seen = fact("v", Visit(met="self", outcome="hardship"))
    assert missing_of_case(case(), judge([seen])) == [
        MissingItem(code="seal.statement_missing", **named)
    ]


def test_a_missing_photo_of_a_case_that_is_not_listed_has_no_case_code() -> None:
    (found,) = missing_items([], missing_photos={"a" * 64: "c9"}, quarantined=[], gaps=[])
    assert found == MissingItem(code="seal.photo_missing", ref="a" * 64, case="c9")


def test_every_returned_record_is_named() -> None:
    missing = missing_of_case(case(), judge([VISIT], returned("v")))
    assert missing == [
        MissingItem(code="seal.returned_record", ref="v", case="c1", case_code="QH010001K")
    ]


def test_missing_photos_quarantined_facts_and_gaps_are_listed() -> None:
    found = missing_items(
        [(case(), judge([VISIT]))],
        missing_photos={"f" * 64: "c1"},
        quarantined=["q"],
        gaps=["d:3-4"],
    )
    assert {(o.code, o.ref, o.case_code) for o in found} == {
        ("seal.photo_missing", "f" * 64, "QH010001K"),
        ("seal.quarantined", "q", ""),
        ("seal.chain_hole", "d:3-4", ""),
    }


def test_a_named_exception_covers_exactly_what_it_names() -> None:
    gap_exception = NamedException(code="seal.chain_hole", ref="d:3-4", reason="手机掉进沟里")
    found = missing_items(
        [],
        missing_photos={},
        quarantined=["d:3-4"],
        gaps=["d:3-4", "d:9-9"],
        exceptions=[gap_exception],
    )
    assert {(o.code, o.ref) for o in found} == {
        ("seal.quarantined", "d:3-4"),
        ("seal.chain_hole", "d:9-9"),
    }


WRONG = {"d": "c1"}


def wrong_slip(standing: Standing, *exceptions: NamedException) -> list[str]:
    found = missing_items(
        [(case(), standing)],
        missing_photos={},
        quarantined=[],
        gaps=[],
        exceptions=exceptions,
        wrong_slips=WRONG,
    )
    return [o.code for o in found if o.ref == "d"]


def test_a_slip_that_names_somebody_else_is_listed_until_an_exception_names_it() -> None:
    delivered = judge([fact("d", NoticeDelivery(outcome="signed")), VISIT])
    assert missing_items(
        [(case(), delivered)], missing_photos={}, quarantined=[], gaps=[], wrong_slips=WRONG
    ) == [MissingItem(code="seal.slip_wrong_case", ref="d", case="c1", case_code="QH010001K")]
    assert wrong_slip(delivered) == ["seal.slip_wrong_case"]
    assert (
        wrong_slip(
            delivered,
            NamedException(code="seal.slip_wrong_case", ref="d", reason="两家同住,照片放反"),
        )
        == []
    )


def test_a_wrong_slip_that_was_returned_is_listed_once_and_of_a_repaid_person_not_at_all() -> None:
    delivery = fact("d", NoticeDelivery(outcome="signed"))
    assert wrong_slip(judge([delivery, VISIT], returned("d"))) == ["seal.returned_record"]
    assert wrong_slip(judge([delivery], repaid=Repaid(paid=True))) == []


def test_a_school_that_is_done_lacks_nothing() -> None:
    assert (
        missing_items(iter([(case(), judge([VISIT]))]), missing_photos={}, quarantined=[], gaps=[])
        == []
    )


@given(
    st.permutations([(case(f"c{n}", f"QH01000{n}A"), judge([])) for n in range(5)]),
    st.permutations(["x", "y"]),
)
def test_the_list_is_in_order_of_case_code_whatever_order_things_come_in(
    standings: list[tuple[Case, Standing]], refs: list[str]
) -> None:
    found = missing_items(standings, missing_photos={"a" * 64: "c3"}, quarantined=refs, gaps=[])
    assert found == sorted(found, key=lambda o: (o.case_code, o.code, o.ref))
    assert [o.case for o in found if o.case == "c3"] == ["c3", "c3"]
