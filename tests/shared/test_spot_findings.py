"""What was found of a person, corrected, answered and closed: the order of the steps decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spot_findings import KINDS, VERDICTS, Finding, Step, after, fits, result_of


def found(n: int, verdict: str, note: str = "") -> Step:
    return Step(n=n, kind="found", verdict=verdict, note=note)


def step(n: int, kind: str, note: str = "") -> Step:
    return Step(n=n, kind=kind, note=note)


def test_without_steps_nothing_is_found() -> None:
    assert after(()) == Finding()
    assert result_of([Finding()]).checked == 0


def test_not_as_recorded_waits_for_the_school_then_for_the_centre_until_it_is_closed() -> None:
    steps = [found(1, "not_real", "没来过"), step(2, "answered", "写错了日期")]
    assert after(steps[:1]).follow == "open"
    assert (after(steps).follow, after(steps).answer) == ("answered", "写错了日期")
    again = [*steps, step(3, "asked", "哪天?")]
    assert (after(again).follow, after(again).asked) == ("open", "哪天?")
    closed = after([*again, step(4, "answered", "9号"), step(5, "closed", "已核实")])
    assert (closed.follow, closed.verdict, closed.n) == ("closed", "not_real", 5)


def test_a_correction_to_another_verdict_ends_the_follow_up_and_back_begins_it_anew() -> None:
    steps = [found(1, "not_real", "x"), step(2, "answered", "y"), found(3, "real")]
    assert after(steps).follow == "none"
    anew = after([*steps, found(4, "not_real", "z")])
    assert (anew.follow, anew.answer) == ("open", "")


def test_another_remark_leaves_the_follow_up_where_it_is() -> None:
    now = after([found(1, "not_real", "x"), step(2, "answered", "y"), found(3, "not_real", "z")])
    assert now.follow == "answered"
    assert now.last is not None
    assert now.last.note == "z"


def test_a_finding_taken_back_counts_as_not_checked() -> None:
    now = after([found(1, "not_met"), found(2, "")])
    assert (now.verdict, now.last, now.n) == ("", None, 2)


@pytest.mark.parametrize(
    ("follow", "kinds"),
    [
        ("none", {"found"}),
        ("open", {"found", "answered", "closed"}),
        ("answered", {"found", "asked", "closed"}),
        ("closed", {"found"}),
    ],
)
def test_what_may_come_next_follows_from_whose_turn_it_is(follow: str, kinds: set[str]) -> None:
    now = Finding(follow=follow)
    assert {kind for kind in KINDS if fits(now, kind)} == kinds


STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(VERDICTS)), max_size=12).map(
    lambda pairs: [
        Step(n=n, kind=kind, verdict=verdict if kind == "found" else "")
        for n, (kind, verdict) in enumerate(pairs, 1)
    ]
)


@given(STEPS)
def test_only_what_is_not_as_recorded_is_followed_up(steps: list[Step]) -> None:
    now = after(steps)
    assert (now.follow != "none") == (now.verdict == "not_real")
    assert now.n == len(steps)
    assert (now.last is None) == (now.verdict == "")


@given(STEPS, st.sampled_from(KINDS[1:]))
def test_a_step_that_does_not_fit_changes_nothing_but_the_count(
    steps: list[Step], kind: str
) -> None:
    before = after(steps)
    now = after([*steps, step(len(steps) + 1, kind)])
    if not fits(before, kind):
        assert (now.verdict, now.follow, now.answer) == (
            before.verdict,
            before.follow,
            before.answer,
        )


@given(st.lists(STEPS, max_size=8))
def test_a_schools_result_adds_its_people_up(people: list[list[Step]]) -> None:
    every = [after(steps) for steps in people]
    sums = result_of(every)
    assert sums.drawn == len(people)
    assert sums.checked == sum(one.verdict != "" for one in every)
    assert sums.not_real == sums.open + sums.answered + sums.closed
