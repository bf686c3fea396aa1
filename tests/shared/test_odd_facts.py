"""A stored fact with an impossible time or a body that does not fit: it counts, and decides no day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import EARLIEST, LATEST, has_ended, moved
from shared.conduct import last_visit
from shared.contacts import apply_verdicts
from shared.lifecycle import has_odd_day
from shared.records.registry import KINDS, fits, read_as
from shared.records.visit import Visit
from shared.season import china_day, day_in_season, day_of, iso_day, minute_of, moment_of
from tests.support import odd
from tests.support.factory import SEASON, accepted, correction, fact, judge, raw

MET = Visit(met="self", outcome="promised", visitors=("甲", "乙"), promise_date="2019-12-18")
IMPOSSIBLE = [at for at in odd.MOMENTS if not day_in_season(SEASON, at)]
few = settings(max_examples=settings.default.max_examples // 4)
NOW = datetime(2019, 12, 12, 2, tzinfo=UTC)


@pytest.mark.parametrize("at", IMPOSSIBLE)
def test_a_visit_of_an_impossible_time_counts_and_is_never_the_last(at: str) -> None:
    sound, impossible = fact("f1", MET), fact("f2", MET, at=at)
    for facts in ([sound, impossible], [impossible, sound]):
        visits = judge(facts).visits
        assert len(visits) == 2
        assert visits[-1].day == "2019-12-12"
        assert visits[0].day == ""


@pytest.mark.parametrize("at", ["9999-12-31T23:00:00+08:00", "0001-01-02T00:00:00+00:00"])
def test_the_rules_of_conduct_leave_out_a_visit_of_a_year_no_clock_shows(at: str) -> None:
    sound = fact("f1", MET)
    assert last_visit([sound, fact("f2", MET, at=at)]) == last_visit([sound])
    assert last_visit([fact("f2", MET, at=at)]) is None


def test_two_visits_without_a_day_stay_two() -> None:
    facts = [fact("f1", MET, at="9999-12-31T23:59:59+00:00"), fact("f2", MET, at="")]
    assert [v.facts for v in judge(facts).visits] == [("f1",), ("f2",)]


def test_the_newest_by_the_servers_order_decides_whatever_time_it_states() -> None:
    ill = msgspec.structs.replace(MET, outcome="illness")
    early, late = fact("f1", MET, at="9999-12-31T23:59:59+00:00"), fact("f2", ill)
    assert judge([early, late]).outcome == "illness"
    assert judge([late, early]).outcome == "promised"


def test_a_promise_of_an_impossible_day_stays_a_promise_without_a_day() -> None:
    standing = judge([fact("f1", msgspec.structs.replace(MET, promise_date="0000-00-00"))])
    assert (standing.group, standing.promise_date) == ("promised", "")


def test_a_delivery_of_an_impossible_time_reached_them_without_a_day() -> None:
    standing = judge([raw("f1", "notice_delivery", {"outcome": "signed"}, at="=1+1")])
    assert standing.delivered
    assert standing.delivered_on == ""


def test_what_names_an_odd_day_is_recognised_in_a_correction_too() -> None:
    assert not has_odd_day(fact("f1", MET), SEASON)
    assert has_odd_day(fact("f1", MET, at="2035-01-01T00:00:00+08:00"), SEASON)
    odd_promise = msgspec.structs.replace(MET, promise_date="=1+1")
    assert has_odd_day(fact("f1", odd_promise), SEASON)
    assert has_odd_day(correction("f2", of="f1", body=odd_promise), SEASON)


@pytest.mark.parametrize("kind", sorted(KINDS))
@few
@given(data=st.data())
def test_any_body_can_be_read_as_any_kind(kind: str, data: st.DataObject) -> None:
    names = [field.name for field in KINDS[kind].fields]
    body = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(odd.ANYTHING)))
    read = read_as(body, KINDS[kind].body)
    assert isinstance(read, KINDS[kind].body)
    made = raw("f1", kind, body)
    assert judge([made], accepted("f1")).group
    apply_verdicts([made], {"f1": accepted("f1")}, ())
    if fits(made):
        assert read == msgspec.convert(body, KINDS[kind].body)


def test_a_value_that_does_not_fit_reads_as_if_it_were_not_there() -> None:
    body: dict[str, Any] = {"met": 5, "outcome": "illness", "visitors": "甲", "note": "在"}
    assert read_as(body, Visit) == Visit(met="", outcome="illness", note="在")


def test_every_required_field_of_a_kind_is_a_text() -> None:
    for kind in KINDS.values():
        required = [f for f in msgspec.structs.fields(kind.body) if f.required]
        assert all(f.type is str for f in required), kind.name


def test_a_correction_that_does_not_fit_changes_nothing() -> None:
    withdrawn = {"corrects": "f1", "reason": 5, "withdraw": True}
    facts = [fact("f1", MET), raw("f2", "correction", withdrawn)]
    assert judge(facts) == judge(facts[:1])


@few
@given(st.text() | st.sampled_from(odd.MOMENTS) | st.datetimes().map(datetime.isoformat))
def test_any_text_has_a_day_or_none_and_never_raises(text: str) -> None:
    day = day_in_season(SEASON, text)
    assert day == "" or iso_day(day) is not None
    moment_of(text), day_of(text), minute_of(text), iso_day(text)


def test_the_season_holds_a_year_before_its_first_date_and_after_its_last() -> None:
    assert day_in_season(SEASON, "2018-11-17") == "2018-11-17"
    assert day_in_season(SEASON, "2018-11-16T12:00:00+08:00") == ""
    assert day_in_season(SEASON, "2020-12-20T23:59:59+08:00") == "2020-12-20"
    assert day_in_season(SEASON, "2020-12-22") == ""


def test_a_moment_at_an_end_of_the_calendar_has_that_ends_day() -> None:
    assert china_day(datetime.max.replace(tzinfo=UTC)) == date.max
    first = datetime.fromisoformat("0001-01-01T00:00:00+14:00")
    assert china_day(first) == date.min


@given(st.timedeltas())
def test_a_clock_set_anywhere_stays_where_lifetimes_can_be_added(by: timedelta) -> None:
    assert EARLIEST <= moved(NOW, by) <= LATEST
    moved(NOW, by) + timedelta(days=366 * 30)


def test_what_cannot_be_read_or_lasts_too_long_has_ended() -> None:
    day = timedelta(days=1)
    assert not has_ended((NOW + day).isoformat(), NOW, longest=2 * day)
    assert has_ended((NOW - day).isoformat(), NOW)
    assert has_ended((NOW + 3 * day).isoformat(), NOW, longest=2 * day)
    assert has_ended("2019-12-13T02:00:00", NOW)
    assert has_ended("", NOW)
