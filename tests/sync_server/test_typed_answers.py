"""What is typed from a sheet reads back, in every form that people write it."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes import METHODS, PEOPLE
from sync_server.office.typed_answers import Person, chosen, day_of, names_of, person_of, time_of

NEAR = date(2026, 12, 14)
HERE = [
    Person(1, "s1", "何建军", "hjj"),
    Person(2, "s2", "李敏", "lm"),
    Person(3, "s3", "林明", "lm"),
]
WRITTEN_DAYS = (
    "{d.month}-{d.day}",
    "{d.month:02}{d.day:02}",
    "{d.month}月{d.day}日",
    "{d.month}月{d.day}号",
    "{d.month}/{d.day}",
    "{d.month}.{d.day}",
    " {d.month} 月 {d.day} 日 ",
    "{d.year}-{d.month:02}-{d.day:02}",
    "{d.year}年{d.month}月{d.day}日",
    "{d.year}{d.month:02}{d.day:02}",
)
WRITTEN_TIMES = (
    "{t.hour}:{t.minute:02}",
    "{t.hour}：{t.minute:02}",
    "{t.hour:02}{t.minute:02}",
    "{t.hour}{t.minute:02}",
    "{t.hour}点{t.minute}分",
    "{t.hour}点{t.minute}",
    "{t.hour}时{t.minute:02}分",
)


@given(st.integers(-180, 180), st.sampled_from(WRITTEN_DAYS))
def test_a_day_within_half_a_year_is_read_in_every_form(days: int, form: str) -> None:
    day = NEAR + timedelta(days=days)
    assert day_of(form.format(d=day), NEAR) == day


@given(st.times(), st.sampled_from(WRITTEN_TIMES))
def test_a_time_is_read_in_every_form(at: time, form: str) -> None:
    assert time_of(form.format(t=at)) == at.replace(second=0, microsecond=0)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("9", time(9)),
        ("15", time(15)),
        ("9点半", time(9, 30)),
        ("下午3点", time(15)),
        ("下午3点半", time(15, 30)),
        ("晚上7:05", time(19, 5)),
        ("上午9点", time(9)),
        ("中午12点", time(12)),
        ("中午1点", time(13)),
        ("１５：２０", time(15, 20)),
    ],
)
def test_a_time_is_read_as_people_say_it(text: str, at: time) -> None:
    assert time_of(text) == at


@pytest.mark.parametrize("text", ["", "abc", "13-40", "0230x", "2-30", "1301", "202612", "14"])
def test_what_is_no_day_is_not_guessed(text: str) -> None:
    assert day_of(text, NEAR) is None


@pytest.mark.parametrize("text", ["", "25", "9:75", "2460", "早", "12345"])
def test_what_is_no_time_is_not_guessed(text: str) -> None:
    assert time_of(text) is None


def test_today_and_yesterday_are_days() -> None:
    assert (day_of("今天", NEAR), day_of("昨天", NEAR)) == (NEAR, NEAR - timedelta(days=1))


@given(
    st.integers(1, len(PEOPLE)),
    st.sampled_from(("{n}", "0{n}", " {n} ", "{n} {w}", "{n}.{w}", "{w}")),
)
def test_an_answer_is_chosen_by_number_or_words(number: int, form: str) -> None:
    row = PEOPLE[number - 1]
    assert chosen(form.format(n=number, w=row.zh), tuple(enumerate(PEOPLE, 1))) == row


@given(st.text(max_size=4))
def test_only_an_answer_of_the_table_is_chosen(text: str) -> None:
    found = chosen(text, tuple(enumerate(METHODS, 1)))
    assert found is None or found in METHODS


@pytest.mark.parametrize(
    ("text", "found"),
    [("1", "s1"), ("何建军", "s1"), ("HJJ", "s1"), ("lm", ""), ("9", ""), ("", "")],
)
def test_a_teacher_is_meant_by_number_name_or_initials_of_one(text: str, found: str) -> None:
    person = person_of(text, HERE)
    assert (person.id if person else "") == found


@pytest.mark.parametrize("text", ["1 2", "1、2", "何建军,李敏", "hjj 2", "１，２", "1 和 2"])
def test_several_who_went_are_typed_in_one_field(text: str) -> None:
    assert names_of(text, HERE) == (("何建军", "李敏"), ())


def test_somebody_from_outside_the_school_is_named_and_a_wrong_number_is_not_taken() -> None:
    assert names_of("王村长 7", HERE) == (("王村长",), ("7",))
