"""Which records wait for a verdict: statements, new contacts, corrections, and what is odd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from shared.lifecycle import Review
from shared.records.base import Fact, Paper, Position
from shared.records.registry import KINDS
from shared.review_needs import (
    ALONE,
    FINDINGS,
    LEAST_PLACES,
    NOTHING,
    Known,
    Record,
    findings_of,
    is_past,
    middle,
    records_of,
    waits,
)
from shared.sharpness import SHARP_FROM
from sync_server.sample.season import season_2019

SEASON = season_2019()
AT = "2019-12-12T10:00:00+08:00"
BODIES: dict[str, dict[str, Any]] = {
    "visit": {"met": "self", "outcome": "hardship"},
    "notice_delivery": {"outcome": "signed", "signer_relation": "self"},
    "statement": {"reason": "hardship", "narrative": "说明"},
    "contact_update": {"field": "phone", "value": "13900000000", "source": "self"},
}
CODES = [code.code for code in FINDINGS]


def fact(id: str, kind: str, **changes: Any) -> Fact:
    made = Fact(
        id=id,
        season="2019",
        kind=kind,
        case="case",
        captured_at=AT,
        happened_at=AT,
        body=BODIES.get(kind, {}),
    )
    return msgspec.structs.replace(made, **changes)


def correction(id: str, of: str, kind: str, *, withdraw: bool = False) -> Fact:
    body: dict[str, Any] = {"corrects": of, "reason": "错了"}
    body |= {"withdraw": True} if withdraw else {"body": BODIES[kind]}
    return fact(id, "correction", body=body)


def nothing_known(by: str, now: Fact) -> Known:
    return Known(received_at=AT)


def judged(
    facts: list[Fact], reviews: dict[str, Review] | None = None, known: Any = nothing_known
) -> dict[str, Record]:
    return {r.fact: r for r in records_of(facts, reviews or {}, known, SEASON)}


@given(st.sampled_from(sorted(KINDS)), st.sets(st.sampled_from(CODES)))
def test_what_must_be_decided_always_waits_and_the_rest_only_with_a_finding(
    kind: str, findings: set[str]
) -> None:
    if kind in ("statement", "contact_update", "correction"):
        assert waits(kind, findings)
    elif KINDS[kind].reviewed:
        assert waits(kind, findings) == bool(findings)
    else:
        assert not waits(kind, findings)


KIND = st.sampled_from(sorted(BODIES))


@st.composite
def histories(draw: Callable[[st.SearchStrategy[Any]], Any]) -> list[Fact]:
    """A case's facts: records, corrections of them and of corrections, some that fit nothing."""
    facts: list[Fact] = []
    kinds: dict[str, str] = {}
    for n in range(draw(st.integers(1, 8))):
        id = f"f{n}"
        if facts and draw(st.booleans()):
            of = draw(st.sampled_from([*kinds, "unknown"]))
            kind = draw(st.sampled_from([kinds.get(of, "visit"), "visit"]))
            facts.append(correction(id, of, kind, withdraw=draw(st.booleans())))
            kinds[id] = kinds.get(of, "visit")
        else:
            kinds[id] = draw(KIND)
            facts.append(fact(id, kinds[id]))
    return facts


@given(histories(), st.data())
def test_each_record_stands_in_one_place_and_only_what_counts_waits(
    facts: list[Fact], data: st.DataObject
) -> None:
    given_to = data.draw(st.sets(st.sampled_from([f.id for f in facts])))
    reviews = {
        id: Review(fact=id, verdict=data.draw(st.sampled_from(["accepted", "returned"])))
        for id in given_to
    }
    found = records_of(facts, reviews, nothing_known, SEASON)
    assert [r.fact for r in found] == [f.id for f in facts]
    for one in found:
        assert one.past == is_past(facts, one.fact)
        if one.fact in reviews:
            assert one.state == reviews[one.fact].verdict
        else:
            assert one.state == (
                "waiting" if not one.past and waits(one.kind, one.findings) else "received"
            )
    statements = [r for r in found if r.state == "waiting" and r.kind == "statement"]
    assert len(statements) <= 1


@given(histories())
def test_verdicts_on_everything_that_waits_leave_nothing_waiting(facts: list[Fact]) -> None:
    reviews = {
        r.fact: Review(fact=r.fact, verdict="accepted")
        for r in records_of(facts, {}, nothing_known, SEASON)
        if r.state == "waiting"
    }
    assert not [
        r for r in records_of(facts, reviews, nothing_known, SEASON) if r.state == "waiting"
    ]


def test_a_corrected_record_waits_no_more_and_its_correction_does() -> None:
    found = judged([fact("a", "statement"), correction("b", "a", "statement")])
    assert (found["a"].state, found["a"].past, found["b"].state) == ("received", True, "waiting")


def test_a_withdrawal_waits_and_so_does_a_correction_that_fits_nothing() -> None:
    found = judged([fact("a", "visit"), correction("b", "a", "visit", withdraw=True)])
    assert found["b"].state == "waiting"
    found = judged([correction("c", "unknown", "visit")])
    assert (found["c"].state, found["c"].findings) == ("waiting", ("misfit",))
    assert found["c"].is_alone


def test_a_later_statement_takes_the_place_of_the_earlier_one() -> None:
    found = judged([fact("a", "statement"), fact("b", "statement")])
    assert (found["a"].state, found["b"].state) == ("received", "waiting")


def findings(kind: str = "visit", known: Known = NOTHING, **changes: Any) -> tuple[str, ...]:
    return findings_of(fact("a", kind, **changes), known, SEASON)


def test_findings_name_what_is_odd_the_gravest_first() -> None:
    known = Known(
        late_on="2019-12-14",
        wrong_slip=True,
        photo_twice=True,
        sharpness=(SHARP_FROM - 1,),
        away_km=8.0,
    )
    body = {**BODIES["notice_delivery"], "flags": ["alone"]}
    found = findings("notice_delivery", known, body=body)
    assert found == ("wrong_slip", "photo_twice", "blurred", "far", "late", "flagged")
    assert set(ALONE) < set(CODES)


def test_a_record_is_late_as_the_one_rule_says_and_ahead_only_beyond_what_clocks_differ() -> None:
    for received, expected in (
        ("2019-12-12T01:00:00+00:00", ()),
        ("2019-12-12T00:59:59+00:00", ("ahead",)),
        ("", ()),
    ):
        assert findings(known=Known(received_at=received)) == expected
    late = Known(late_on="2019-12-20")
    assert findings(known=late) == ("late",)
    assert findings(known=late, paper=Paper(keyed_by="one", visited_by="s")) == ()


def test_sharpness_is_asked_of_slips_on_paper_alone() -> None:
    blurred = Known(sharpness=(SHARP_FROM - 1,))
    assert findings("notice_delivery", blurred) == ("blurred",)
    assert findings("notice_delivery", Known(sharpness=(SHARP_FROM,))) == ()
    assert findings("notice_delivery", blurred, body={"outcome": "acknowledged"}) == ()
    assert findings("visit", blurred) == ()


def test_what_does_not_fit_or_names_an_impossible_day_is_a_finding() -> None:
    assert findings(body={"met": 5}) == ("misfit",)
    assert findings(happened_at="昨天") == ("misfit",)


def test_a_village_is_where_enough_of_its_people_are() -> None:
    places = [Position(latitude_deg=35.0 + n, longitude_deg=109.0) for n in range(LEAST_PLACES)]
    assert middle(places[:-1]) is None
    assert middle(places) == Position(latitude_deg=36.0, longitude_deg=109.0)
