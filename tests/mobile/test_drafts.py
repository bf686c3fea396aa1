"""Drafts: one a case and form, there after a dead battery, offered newest first."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobile.usecases.cases import open_case
from mobile.usecases.drafts import (
    drop_draft,
    list_drafts,
    load_draft,
    of_case,
    save_draft,
    slot,
    written,
)
from tests.mobile.conftest import Bench, case_state

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
FIELDS = st.dictionaries(
    WORDS, st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS | st.lists(WORDS)
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(FIELDS, min_size=1, max_size=4))
async def test_every_keystroke_survives_a_kill_of_the_app(
    bench: Bench, typed: list[dict[str, object]]
) -> None:
    for fields in typed:
        await save_draft(bench.phone, "case-1", "visit", fields)
    draft = await load_draft(await bench.again(), "case-1", "visit")
    assert draft is not None
    assert draft.fields == typed[-1]


async def test_drafts_of_other_cases_and_forms_are_kept_apart(bench: Bench) -> None:
    await bench.give(case_state(2))
    for case, form in (("case-1", "visit"), ("case-1", "deliver"), ("case-2", "visit")):
        await save_draft(bench.phone, case, form, {"note": case + form})
        bench.clock.forward(seconds=1)
    await drop_draft(bench.phone, "case-1", "visit")
    assert [(d.case, d.form) for d in await list_drafts(bench.phone)] == [
        ("case-2", "visit"),
        ("case-1", "deliver"),
    ]
    assert await load_draft(bench.phone, "case-1", "visit") is None


async def test_of_two_forms_left_at_the_same_moment_the_later_one_stands_first(
    bench: Bench,
) -> None:
    for case in ("case-1", "case-3", "case-2"):
        await save_draft(bench.phone, case, "visit", {})
    assert [draft.case for draft in await list_drafts(bench.phone)] == [
        "case-2",
        "case-3",
        "case-1",
    ]


async def test_a_draft_shows_whose_it_is_and_its_hour(bench: Bench) -> None:
    await save_draft(bench.phone, "case-1", "visit", {})
    (draft,) = await list_drafts(bench.phone)
    assert (draft.name, draft.saved_at) == ("欧阳小雨", "2019-12-12T12:00:00+08:00")
    assert await of_case(bench.phone, await open_case(bench.phone, "case-1")) == (draft,)


async def test_a_correction_form_has_a_draft_of_its_own(bench: Bench) -> None:
    await save_draft(bench.phone, "case-1", "visit", {"note": "new"})
    bench.clock.forward(seconds=1)
    await save_draft(bench.phone, "case-1", slot("visit", "f1"), {"note": "mends"})
    found = [(d.form, d.corrects, d.fields["note"]) for d in await list_drafts(bench.phone)]
    assert found == [("visit", "f1", "mends"), ("visit", "", "new")]


async def test_a_draft_of_a_case_that_has_gone_is_still_there(bench: Bench) -> None:
    await save_draft(bench.phone, "case-1", "visit", {"note": "门口"})
    await bench.phone.store.cases.apply([], ["case-1"], set())
    (draft,) = await list_drafts(bench.phone)
    assert (draft.name, draft.fields) == ("", {"note": "门口"})


async def test_deleting_a_missing_draft_is_no_error(bench: Bench) -> None:
    await drop_draft(bench.phone, "case-1", "visit")
    assert await list_drafts(bench.phone) == ()


async def test_a_draft_can_be_read_without_its_form(bench: Bench) -> None:
    fields: dict[str, object] = {
        "reason": "hardship",
        "handling": "repayment_relief",
        "narrative": "老人住院。",
        "note": "",
    }
    await save_draft(bench.phone, "case-1", "statement", fields)
    (draft,) = await list_drafts(bench.phone)
    assert written(draft) == ("家庭经济困难 · 申请还款救助", "老人住院。")
    assert written(draft, "en")[1] == "老人住院。"
    assert written(draft, covered=True) == ("家庭经济困难 · 申请还款救助",)
