"""Bounds of facts: every field has a shape, and what is outside is named with the rule it breaks."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile.usecases import words
from shared import conduct, lifecycle
from shared.bounds import MAX_FACT_BYTES, body_breach, breach, is_near, moment
from shared.lifecycle import Review
from shared.problems import ProblemError
from shared.records import shapes
from shared.records.base import Fact, Paper, decode, encode
from shared.records.kind import Field, Label, RecordKind
from shared.records.registry import KINDS, named, read
from shared.season import CST
from tests.support import factory
from tests.support.factory import SEASON
from tests.support.facts import CASE, accepted_facts, histories, hostile_facts, values

EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
VISIT = {"met": "self", "outcome": "promised"}
SCAN = "cd" * 32


def made(kind: str = "visit", body: dict[str, Any] | None = None, **envelope: Any) -> Fact:
    """A sound fact; `envelope` replaces members of it."""
    fact = factory.raw(
        "01a2249f-1730-7006-9d38-01623639a11d", kind, VISIT if body is None else body, of=CASE
    )
    return msgspec.structs.replace(fact, **envelope)


def rule(fact: Fact, data: bytes | None = None) -> str:
    """The rule a fact breaks, "" for none."""
    found = breach(fact, encode(fact) if data is None else data, SEASON)
    return found.rule.code if found else ""


@EVERY
def test_every_field_of_every_kind_has_a_shape(kind: RecordKind) -> None:
    declared = {field.name: field.holds for field in kind.fields}
    assert set(declared) == {f.name for f in msgspec.structs.fields(kind.body)}
    for shape in declared.values():
        assert shape.broken("\0") is not None


def test_a_field_without_a_shape_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="mood"):
        Field(name="mood", label=Label("心情", "Mood"))


@EVERY
def test_a_default_is_within_its_own_shape(kind: RecordKind) -> None:
    for field in msgspec.structs.fields(kind.body):
        declared = kind.field(field.name)
        if not field.required and field.default is not None:
            assert declared is not None
            assert declared.holds.broken(msgspec.to_builtins(field.default)) is None, field.name


@given(st.data())
def test_values_made_from_a_shape_are_within_it(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(KINDS.values())))
    field = data.draw(st.sampled_from(kind.fields))
    value = data.draw(values(field))
    assert field.holds.broken(value) is None


@pytest.mark.parametrize(
    ("kind", "body", "broken"),
    [
        ("visit", {"promise_date": "0000-00-00"}, "no_day"),
        ("visit", {"promise_date": "=1+1"}, "no_day"),
        ("visit", {"promise_date": "2019-02-30"}, "no_day"),
        ("visit", {"promise_date": "20191218"}, "no_day"),
        ("visit", {"promise_date": "9999-12-31"}, "no_day"),
        ("visit", {"promise_date": "2019-12-18"}, ""),
        ("visit", {"outcome": "a later code"}, "no_code"),
        ("visit", {"outcome": "a_later_code"}, ""),
        ("visit", {"outcome": "x" * 41}, "no_code"),
        ("visit", {"note": "字" * 4000}, ""),
        ("visit", {"note": "字" * 4001}, "too_long"),
        ("visit", {"note": "一\0二"}, "hidden"),
        ("visit", {"note": "一\n二\t三"}, ""),
        ("visit", {"visitors": ["甲\n乙"]}, "one_line"),
        ("visit", {"visitors": ["甲"] * 31}, "too_many"),
        ("visit", {"flags": ["alone", "="]}, "no_code"),
        ("visit", {"position": {"latitude_deg": 91, "longitude_deg": 0}}, "no_place"),
        ("visit", {"position": {"latitude_deg": 1e308, "longitude_deg": 0}}, "no_place"),
        ("visit", {"position": {"latitude_deg": 35.1, "longitude_deg": 109.5}}, ""),
        ("visit", {"later": {"a": [1, "x"]}}, ""),
        ("visit", {"later": 2**60}, "no_number"),
        ("visit", {"later": {str(n): n for n in range(101)}}, "too_many_keys"),
        ("visit", {"later": "\x1b"}, "hidden"),
        ("drone_flight", {"height_m": 30}, ""),
        ("drone_flight", {"a\0": 30}, "hidden"),
        ("drone_flight", {"a": [[[[[[[[[[[[[1]]]]]]]]]]]]]}, "too_deep"),
        ("drone_flight", {"a": "x" * MAX_FACT_BYTES}, "too_large"),
        ("statement", {"evidence": ["x\n"]}, "one_line"),
        ("correction", {"corrects": "x"}, "no_id"),
        ("disclosure", {"what": "phone", "purpose": conduct.SHOWN}, ""),
    ],
)
def test_a_body_out_of_bounds_is_named_with_its_rule(
    kind: str, body: dict[str, Any], broken: str
) -> None:
    whole = {**VISIT, **body} if kind == "visit" else body
    assert rule(made(kind, whole)) == broken


@pytest.mark.parametrize(
    ("envelope", "broken"),
    [
        ({"season": "2019\0"}, "no_code"),
        ({"case": "x\0y"}, "no_code"),
        ({"case": "c" * 41}, "no_code"),
        ({"kind": ""}, "no_code"),
        ({"id": "not-an-id"}, "no_id"),
        ({"photos": ("../../etc/passwd",)}, "no_hash"),
        ({"photos": ("ab" * 32,) * 100}, ""),
        ({"photos": ("ab" * 32,) * 101}, "too_many"),
        ({"paper": Paper(keyed_by="联络员", visited_by="01a2")}, ""),
        ({"paper": Paper(keyed_by="联络员", visited_by="01a2", scan=SCAN), "photos": (SCAN,)}, ""),
        ({"paper": Paper(keyed_by="联络员", visited_by="01a2", scan=SCAN)}, "scan_apart"),
        ({"paper": Paper(keyed_by="联络员", visited_by="01a2", scan="x")}, "no_hash"),
        ({"paper": Paper(keyed_by=" ", visited_by="01a2")}, "not_named"),
        ({"paper": Paper(keyed_by="长" * 101, visited_by="01a2")}, "too_long"),
        ({"paper": Paper(keyed_by="a\nb", visited_by="01a2")}, "one_line"),
        ({"paper": Paper(keyed_by="联络员", visited_by="")}, "no_id"),
        ({"captured_at": "9999-12-31T23:59:59+00:00"}, "clock"),
        ({"captured_at": "0001-01-01T00:00:00+14:00"}, "clock"),
        ({"captured_at": "2019-12-12T10:00:00"}, "clock"),
        ({"captured_at": "2001-01-01T00:00:00+08:00"}, ""),
        ({"captured_at": "2047-01-01T00:00:00+08:00"}, ""),
        ({"happened_at": "yesterday"}, "no_moment"),
        ({"happened_at": "9999-12-31T23:59:59+00:00"}, "no_moment"),
        ({"happened_at": "2018-12-12T10:00:00+08:00"}, ""),
        ({"happened_at": "1999-12-12T10:00:00+08:00"}, "far"),
        ({"happened_at": "2047-12-12T10:00:00+08:00"}, "far"),
    ],
)
def test_an_envelope_out_of_bounds_is_named_with_its_rule(
    envelope: dict[str, Any], broken: str
) -> None:
    assert rule(made(**envelope)) == broken


@pytest.mark.parametrize(
    ("position", "sound"),
    [
        (None, True),
        ({"latitude_deg": -90, "longitude_deg": -180}, True),
        ({"latitude_deg": 90, "longitude_deg": 180}, True),
        ({"latitude_deg": -90.5, "longitude_deg": 0}, False),
        ({"latitude_deg": 90.5, "longitude_deg": 0}, False),
        ({"latitude_deg": 0, "longitude_deg": -180.5}, False),
        ({"latitude_deg": 0, "longitude_deg": 180.5}, False),
        ({"latitude_deg": True, "longitude_deg": 0}, False),
        ({"latitude_deg": "35", "longitude_deg": 0}, False),
        ({"latitude_deg": 35}, False),
        ({"latitude_deg": 0, "longitude_deg": 0, "accuracy_m": -1}, True),
        ({"latitude_deg": 0, "longitude_deg": 0, "accuracy_m": -1.5}, False),
        ({"latitude_deg": 0, "longitude_deg": 0, "accuracy_m": 1e8}, True),
        ({"latitude_deg": 0, "longitude_deg": 0, "accuracy_m": 1e8 + 0.5}, False),
        ({"latitude_deg": 0, "longitude_deg": 0, "accuracy_m": "far"}, False),
        ({"latitude_deg": 0, "longitude_deg": 0, "crs": "gcj02"}, True),
        ({"latitude_deg": 0, "longitude_deg": 0, "crs": "a later code"}, False),
        ([35, 109], False),
    ],
)
def test_a_position_lies_on_earth_with_an_accuracy_that_a_phone_gives(
    position: object, sound: bool
) -> None:
    assert shapes.Place().broken(position) == (None if sound else shapes.NO_PLACE)


def nested(depth: int) -> object:
    """Lists in each other, so many levels deep, around a number."""
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (nested(12), None),
        (nested(13), shapes.TOO_DEEP),
        ({str(n): n for n in range(100)}, None),
        ({str(n): n for n in range(101)}, shapes.TOO_MANY_KEYS),
        ({"k" * 100: 1}, None),
        ({"k" * 101: 1}, shapes.HIDDEN),
        (2**53, None),
        (-(2**53) - 1, shapes.NO_NUMBER),
        (1.5, None),
        (float("inf"), shapes.NO_NUMBER),
        ([1, {"a": [True, "x", None]}], None),
        ([1, {"a": ["x", "\0"]}], shapes.HIDDEN),
    ],
)
def test_what_a_later_version_adds_is_kept_up_to_its_bounds(
    value: object, rule: shapes.Rule | None
) -> None:
    assert shapes.Anything().broken(value) == rule


@pytest.mark.parametrize(("days", "near"), [(365, True), (366, False)])
def test_what_happened_less_than_a_year_from_its_recording_is_near(days: int, near: bool) -> None:
    captured = datetime(2019, 12, 12, 10, tzinfo=CST)
    for happened in (captured - timedelta(days=days), captured + timedelta(days=days)):
        assert is_near(happened, captured, None) is near


def test_a_pasted_text_loses_the_characters_nobody_sees_and_keeps_its_lines() -> None:
    assert shapes.shown("张\x00三\ufffe\n李\t四\x7f") == "张三\n李\t四"


def test_a_list_that_is_too_long_is_answered_with_the_most_in_both_languages() -> None:
    found = breach(made(photos=("ab" * 32,) * 101), b"{}", SEASON)
    assert found is not None
    assert (found.rule.zh, found.rule.en) == ("最多 100 个", "may list at most 100")


@pytest.mark.parametrize("year", ["1969", "2001", "2047"])
def test_a_phone_whose_clock_is_years_off_records_by_its_own_clock(year: str) -> None:
    at = f"{year}-06-01T10:00:00+08:00"
    assert rule(made(captured_at=at, happened_at=at)) == ""


def test_a_member_of_a_later_version_is_bounded_too() -> None:
    fact = made()
    assert rule(fact, encode(fact)[:-1] + b',"later":{"a":1}}') == ""
    assert rule(fact, encode(fact)[:-1] + b',"later":"\\u0000"}') == "hidden"
    assert rule(fact, encode(fact)[:-1] + b',"later":' + b"[" * 13 + b"]" * 13 + b"}") == "too_deep"


def test_a_problem_names_the_field_and_the_rule_in_both_languages() -> None:
    fact = made(body={**VISIT, "note": "字" * 4001})
    found = breach(fact, encode(fact), SEASON)
    assert found is not None
    problem = found.problem()
    assert problem.message("zh") == "“备注”不合要求:最多 4000 个字"
    assert problem.message("en") == "“Note” is out of bounds: may have at most 4000 characters"


@pytest.mark.parametrize(
    ("envelope", "field"),
    [
        ({"id": "x"}, "记录编号"),
        ({"season": ""}, "年度"),
        ({"kind": ""}, "记录种类"),
        ({"case": ""}, "编号"),
        ({"photos": ("x",)}, "照片"),
        ({"captured_at": "x"}, "记录时间"),
        ({"happened_at": "x"}, "发生时间"),
        ({"happened_at": "1999-12-12T10:00:00+08:00"}, "发生时间"),
        ({"body": {**VISIT, "later": "\0"}}, "整条记录"),
    ],
)
def test_what_is_out_of_bounds_is_named_by_its_field(envelope: dict[str, Any], field: str) -> None:
    fact = made(**envelope)
    found = breach(fact, encode(fact), SEASON)
    assert found is not None
    assert found.field.zh == field


def test_a_fact_may_have_as_many_bytes_as_its_limit_and_not_one_more() -> None:
    start, end = encode(made())[:-1] + b',"later":"', b'"}'
    room = MAX_FACT_BYTES - len(start) - len(end)
    assert breach(made(), start + b"x" * room + end, SEASON) is None
    for data in (start + b"x" * (room + 1) + end, b"not json"):
        found = breach(made(), data, SEASON)
        assert found is not None
        assert (found.field.zh, found.rule.code) == ("整条记录", "too_large")


@pytest.mark.parametrize(
    ("words", "corrected", "broken"),
    [
        ({"body": {**VISIT, "note": "字" * 4001}}, "visit", ("备注", "too_long")),
        ({"body": {**VISIT, "later": "\x1b"}}, "visit", ("改为", "hidden")),
        ({"body": {**VISIT, "note": "字" * 4001}}, "", None),
        ({"body": {**VISIT, "note": "字" * 4001}, "withdraw": True}, "visit", None),
        (
            {"body": {**VISIT, "note": "字" * 4001}, "withdraw": False},
            "visit",
            ("备注", "too_long"),
        ),
        ({"body": None, "withdraw": True}, "visit", None),
        ({"body": None}, "visit", None),
        ({"body": VISIT}, "visit", None),
    ],
)
def test_the_words_of_a_correction_are_within_the_bounds_of_the_record_it_corrects(
    words: dict[str, Any], corrected: str, broken: tuple[str, str] | None
) -> None:
    fact = made("correction", {"corrects": made().id, "reason": "改", **words})
    found = breach(fact, encode(fact), SEASON, corrected)
    assert (found and (found.field.zh, found.rule.code)) == broken


def test_a_body_alone_is_bounded_with_what_a_later_version_added() -> None:
    assert body_breach(KINDS["visit"], VISIT) is None
    for body, field in (({**VISIT, "note": "\0"}, "备注"), ({**VISIT, "later": "\0"}, "整条记录")):
        found = body_breach(KINDS["visit"], body)
        assert found is not None
        assert (found.field.zh, found.rule.code) == (field, "hidden")


@given(st.text(max_size=40) | st.datetimes(timezones=st.timezones()).map(lambda m: m.isoformat()))
def test_a_moment_can_be_given_in_china_time_or_is_none(text: str) -> None:
    found = moment(text)
    if found is not None:
        assert 1900 <= found.astimezone(CST).year <= 2200


@pytest.mark.skipif(
    not hasattr(time, "tzset"),
    reason="NOT PROVED: Windows cannot change the time zone of a process",
)
def test_the_last_year_of_a_moment_is_utcs_wherever_the_clock_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    try:
        for zone in ("Asia/Shanghai", "UTC"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert moment("2200-01-01T02:00:00+08:00") is not None
            assert moment("2200-01-01T09:00:00+08:00") is None
    finally:
        monkeypatch.undo()
        time.tzset()


@given(histories())
def test_every_shared_reader_works_on_accepted_facts(facts: list[Fact]) -> None:
    """Where a case stands, the words of each record, and what the conduct rules judge."""
    for fact in facts:
        data = encode(fact)
        assert breach(fact, data, SEASON) is None
        assert decode(data) == fact
        read(fact)
        assert words.describe(fact).zh is not None
        words.coded(named(fact.kind), fact.body)
    case = msgspec.structs.replace(factory.case(), id=CASE)
    reviews = {f.id: Review(fact=f.id, verdict="accepted") for f in facts[::2]}
    judged = lifecycle.judge(case, facts, factory.UNPAID, reviews, SEASON)
    assert judged.standing.stage
    when = moment("2019-12-12T10:00:00+08:00")
    assert when is not None
    conduct.visit_flags(when, ("甲",), judged.in_force, SEASON.limits, "neighbour")
    conduct.call_flags(when, "self", judged.in_force, SEASON.limits)


@given(hostile_facts())
def test_whatever_comes_is_read_or_refused_by_a_problem(data: bytes) -> None:
    try:
        fact = decode(data)
        read(fact)
    except (ValueError, RecursionError):
        return
    found = breach(fact, data, SEASON)
    assert found is not None
    assert isinstance(found.problem(), ProblemError)


@given(accepted_facts(), st.sampled_from(["promise_date", "outcome", "note", "visitors"]))
def test_a_correction_whose_body_is_out_of_bounds_changes_nothing(fact: Fact, name: str) -> None:
    target = made()
    bad = {"promise_date": "0000-00-00", "outcome": "\0", "note": "x" * 5000, "visitors": ["\n"]}
    body = {"corrects": target.id, "reason": "r", "body": {**VISIT, name: bad[name]}}
    correction = msgspec.structs.replace(fact, kind="correction", body=body)
    assert lifecycle.in_force([target, correction]) == [target]


def test_a_shape_without_made_up_values_is_reported() -> None:
    class Unheard(shapes.Shape):
        """A shape of a later version."""

        def broken(self, value: object) -> None:
            """Allow everything."""

    with pytest.raises(TypeError):
        values(Field(name="x", label=Label("甲", "X"), shape=Unheard()))
