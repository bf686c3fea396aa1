"""The settings of a season: any valid one keeps its order, and a wrong one names the field and the fix."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared import season_fields
from shared.problems import ProblemError
from shared.season import (
    Letterhead,
    Season,
    is_overdue,
    last_day,
    moved_to,
    on_weekends,
    phase_at,
    phone_keeps_until,
)
from shared.season_fields import fields, with_values
from shared.season_rules import DEADLINES_IN_ORDER, LIMITS, REQUIRED, wrongs
from sync_server.sample.season import season_2019

HEAD = Letterhead(
    county="白蒿县",
    area_code="610598",
    centre="白蒿县学生资助管理中心",
    document_no="白蒿教贷〔2026〕3号",
    basis="省里今年的通知",
    phone="0913-7654321",
)
VALID = msgspec.structs.replace(moved_to(season_2019(), date(2026, 12, 20)), letterhead=HEAD)


@st.composite
def seasons(draw: st.DrawFn) -> Season:
    """Seasons of any due day, whose phases, deadlines and retention are drawn and in order."""
    due = draw(st.dates(date(2024, 1, 1), date(2099, 12, 31)))
    moved = moved_to(VALID, due)
    day = due - timedelta(days=draw(st.integers(40, 200)))
    phases = []
    for phase in moved.phases:
        first = day + timedelta(days=draw(st.integers(0, 5)))
        last = first + timedelta(days=draw(st.integers(0, 30)))
        phases.append(msgspec.structs.replace(phase, first=first, last=last))
        day = last + timedelta(days=1)
    days = sorted(phases[0].first + timedelta(days=draw(st.integers(0, 90))) for _ in range(4))
    season = msgspec.structs.replace(
        moved, phases=tuple(phases), deadlines=dict(zip(DEADLINES_IN_ORDER, days, strict=True))
    )
    until = last_day(season) + timedelta(days=draw(st.integers(1, 300)))
    return msgspec.structs.replace(season, retain_until=draw(st.sampled_from([None, until])))


def test_the_proposed_dates_of_a_new_year_are_valid() -> None:
    assert wrongs(VALID) == ()


@given(seasons())
def test_a_season_with_its_dates_in_order_has_nothing_wrong(season: Season) -> None:
    assert [w.problem.message() for w in wrongs(season)] == []


@given(seasons(), st.integers(-30, 30))
def test_a_day_is_in_one_phase_of_a_valid_season_at_most(season: Season, by: int) -> None:
    day = season.phases[1].first + timedelta(days=by)
    found = [p for p in season.phases if p.first <= day <= p.last]
    assert len(found) <= 1
    assert phase_at(season, day) == (found[0] if found else None)


@given(seasons())
def test_phones_keep_a_valid_season_at_least_to_its_last_date(season: Season) -> None:
    assert phone_keeps_until(season) >= last_day(season)
    assert season.retain_until is None or phone_keeps_until(season) <= season.retain_until


@given(seasons())
def test_a_person_is_overdue_from_the_day_after_the_due_day(season: Season) -> None:
    assert not is_overdue(season, season.due_day)
    assert is_overdue(season, season.due_day + timedelta(days=1))


@given(st.dates(date(2020, 1, 1), date(2098, 12, 31)))
def test_moving_the_due_day_moves_every_date_by_as_much(due: date) -> None:
    moved, by = moved_to(VALID, due), due - VALID.due_day
    assert moved.id == str(due.year)
    assert [p.first - by for p in moved.phases] == [p.first for p in VALID.phases]
    assert {k: d - by for k, d in moved.deadlines.items()} == VALID.deadlines


def test_a_due_day_on_a_sunday_is_named_and_not_moved() -> None:
    assert VALID.due_day.weekday() == 6
    assert ("due_day", VALID.due_day) in on_weekends(VALID)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("due_day", "2027-12-20", "season.due_year"),
        ("phases.notice.last", "2026-11-20", "season.phase_backwards"),
        ("phases.collect.first", "2026-11-28", "season.phases_overlap"),
        ("deadlines.statements", "2026-11-01", "season.deadline_order"),
        ("deadlines.slips", "2020-11-29", "season.date_far"),
        ("retain_until", "2026-12-01", "season.retain_early"),
        ("retain_until", "2036-12-01", "season.retain_late"),
        ("limits.visitors", "0", "season.limit_range"),
        ("limits.visit_until_hour", "6", "season.hours_backwards"),
        ("letterhead.area_code", "61059", "season.area_code"),
        ("letterhead.centre", "中" * 201, "season.text_unfit"),
        ("letterhead.centre", "白蒿\u202e县", "season.text_unfit"),
        ("letterhead.basis", "一\u2028二", "season.text_unfit"),
        ("receipt_words", "本人已收到通知。", "season.receipt_code"),
        ("receipt_words", "编号{编号}" + "长" * 60, "season.text_unfit"),
        ("title_face", "宋" * 201, "season.text_unfit"),
        ("receipt_words", "收到贷款通知，编号{编号}", "season.receipt_debt"),
        ("receipt_words", "收到100元的通知，编号{编号}", "season.receipt_debt"),
        ("letterhead.county", "\u200b\u200b", "season.field_missing"),
        *((f"letterhead.{name}", " ", "season.field_missing") for name in REQUIRED),
    ],
)
def test_a_wrong_setting_is_named_with_its_label_and_a_fix(
    path: str, value: str, code: str
) -> None:
    found = {w.problem.code: w for w in wrongs(with_values(VALID, {path: value}))}
    assert code in found
    problem = found[code].problem
    for language in ("zh", "en"):
        assert season_fields.label(VALID, found[code].field).label(language) in problem.message(
            language
        ) + problem.fix(language)
        assert "?" not in problem.message(language) + problem.fix(language)


@given(st.data())
def test_every_limit_is_refused_outside_its_range_alone(data: st.DataObject) -> None:
    name, (least, most) = data.draw(st.sampled_from(sorted(LIMITS.items())))
    value = data.draw(st.integers(-5, 400))
    limits = msgspec.structs.replace(VALID.limits, **{name: value})
    assume(limits.visit_until_hour > limits.visit_from_hour)
    found = [w.field for w in wrongs(msgspec.structs.replace(VALID, limits=limits))]
    assert found == ([] if least <= value <= most else [f"limits.{name}"])


def test_a_season_may_have_no_phases_and_no_deadlines() -> None:
    bare = msgspec.structs.replace(VALID, phases=(), deadlines={})
    assert last_day(bare) == bare.due_day
    assert wrongs(bare) == ()


@pytest.mark.parametrize("year", [1, 1900, 9999])
def test_a_season_is_of_a_year_that_people_mean(year: int) -> None:
    near = {key: date(year, 12, 1) for key in VALID.deadlines}
    season = msgspec.structs.replace(
        VALID, id=str(year), due_day=date(year, 12, 20), phases=(), deadlines=near
    )
    assert "season.year_invalid" in {w.problem.code for w in wrongs(season)}


@pytest.mark.parametrize("key", ["", "../../etc", "a.b", "A", "x" * 41, "visit visit"])
def test_keys_of_rows_are_plain_words_that_no_path_breaks_on(key: str) -> None:
    rows = {
        "phases": (msgspec.structs.replace(VALID.phases[0], key=key),),
        "reasons": (msgspec.structs.replace(VALID.reasons[0], code=key),),
        "policy": (msgspec.structs.replace(VALID.policy[0], key=key),),
        "deadlines": {key: VALID.due_day},
        "list_columns": {key: ("name",)},
    }
    for name, value in rows.items():
        season = msgspec.structs.replace(VALID, **{name: value})
        assert (name, "season.key_invalid") in {(w.field, w.problem.code) for w in wrongs(season)}


@pytest.mark.parametrize("name", ["phases", "reasons", "policy"])
def test_a_key_stands_for_one_row(name: str) -> None:
    rows = getattr(VALID, name)
    found = wrongs(msgspec.structs.replace(VALID, **{name: (*rows, rows[0])}))
    assert (name, "season.key_invalid") in {(w.field, w.problem.code) for w in found}


def test_a_visit_can_always_end_with_a_reason_that_summaries_count() -> None:
    assert [w.field for w in wrongs(msgspec.structs.replace(VALID, reasons=()))] == ["reasons"]
    lost = msgspec.structs.replace(VALID.reasons[0], group="promise")
    assert wrongs(msgspec.structs.replace(VALID, reasons=(lost, *VALID.reasons[1:])))


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("reasons.death.zh", "", "season.field_missing"),
        ("reasons.death.en", " ", "season.field_missing"),
        ("reasons.death.zh", "长" * 41, "season.text_unfit"),
    ],
)
def test_words_of_reasons_are_there_and_short(path: str, value: str, code: str) -> None:
    (wrong,) = wrongs(with_values(VALID, {path: value}))
    assert (wrong.field, wrong.problem.code) == (path, code)
    assert "death" in wrong.problem.message() or "已死亡" in wrong.problem.message()


def test_wide_digits_of_an_input_method_mean_the_digits() -> None:
    wide = {
        "letterhead.area_code": "６１０５９８",
        "letterhead.phone": "０９１３－７６５４３２１",
        "limits.visitors": "３",
        "deadlines.slips": "２０２６－１１－３０",
    }
    season = with_values(VALID, wide)
    assert (season.letterhead.area_code, season.letterhead.phone) == ("610598", "0913-7654321")
    assert (season.limits.visitors, season.deadlines["slips"]) == (3, date(2026, 11, 30))


def test_the_day_until_which_data_are_kept_can_be_moved_and_not_taken_away() -> None:
    with pytest.raises(ProblemError, match=r"value_unreadable"):
        with_values(VALID, {"retain_until": ""})


def test_every_setting_can_be_written_back_as_it_reads() -> None:
    values = {field.path: field.value for field in fields(VALID)}
    assert with_values(VALID, values) == VALID


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("due_day", "20.12.2026", "season.value_unreadable"),
        ("due_day", "", "season.value_unreadable"),
        ("limits.visitors", "两", "season.value_unreadable"),
        ("full_id_numbers", "maybe", "season.value_unreadable"),
        ("letterhead.motto", "x", "season.field_unknown"),
        ("policy.repay", "x", "season.field_unknown"),
    ],
)
def test_a_value_or_path_that_cannot_be_read_is_refused(path: str, value: str, code: str) -> None:
    with pytest.raises(ProblemError) as refused:
        with_values(VALID, {path: value})
    assert refused.value.code == code


def test_the_field_of_a_problem_is_named_in_the_language_of_its_reader() -> None:
    (wrong,) = wrongs(with_values(VALID, {"letterhead.phone": ""}))
    assert wrong.problem.message("zh") == "资助中心电话没有填"
    assert wrong.problem.message("en") == "The telephone of the centre is missing"
