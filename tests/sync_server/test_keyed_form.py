"""A form from paper asks what the phone asks, makes the same record, and names what is wrong where it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.record_forms import body_of, ever_offered, field_of, fields_asked, offered, questions_of
from shared.records.base import plain
from shared.records.kind import Field, Known, Label, RecordKind
from shared.records.registry import KINDS
from shared.records.shapes import Text
from shared.season import CST, Season
from sync_server.console.parts.keyed_view import rows_of, typed_of
from sync_server.console.web.formatting import Words
from sync_server.office.keyed_form import ANSWER, DAY, TEACHER, TIME, Setting, forms, kind_of, read
from sync_server.office.typed_answers import Person
from sync_server.sample.season import season_2019
from tests.support.factory import fact

PEOPLE = [Person(1, "s1", "何建军", "hjj"), Person(2, "s2", "李敏", "lm")]
NOW = datetime(2019, 12, 14, 16, 0, tzinfo=CST)
HEAD = {TEACHER: "1", DAY: "12-14", TIME: "1520"}


@pytest.fixture(scope="module")
def season() -> Season:
    return season_2019()


def typed(**answers: str) -> dict[str, str]:
    return {**HEAD, **{ANSWER + name: text for name, text in answers.items()}}


def body(season: Season, kind: str, **answers: str) -> dict[str, Any]:
    found = read(KINDS[kind], typed(**answers), Setting(season, PEOPLE, NOW))
    assert [fault.problem.message() for fault in found.faults] == []
    return as_stored(KINDS[kind], found.body)


def as_stored(kind: RecordKind, body: dict[str, Any] | None) -> dict[str, Any]:
    """A body as a record holds it: without what is as usual."""
    assert body is not None
    return plain(msgspec.convert(body, kind.body))


def faults(season: Season, kind: str, values: dict[str, str]) -> list[tuple[str, str]]:
    found = read(KINDS[kind], values, Setting(season, PEOPLE, NOW))
    return [(fault.at, fault.problem.code) for fault in found.faults]


@pytest.mark.parametrize("kind", forms(), ids=lambda kind: kind.name)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_field_of_a_kind_has_its_question_on_the_page(
    season: Season, kind: RecordKind, language: str
) -> None:
    rows = rows_of(kind, {}, season, PEOPLE, Words(language))
    assert {ANSWER + field.name for field in fields_asked(kind)} <= {row.name for row in rows}
    filled = {"flags", "flag_reason", "position", *kind.derived}
    assert {f.name for f in kind.fields} == filled & {f.name for f in kind.fields} | {
        field.name for field in fields_asked(kind)
    }


def test_a_field_that_a_version_adds_is_asked_by_its_label(season: Season) -> None:
    visit = KINDS["visit"]
    weather = Field(name="weather", label=Label("天气", "Weather"), shape=Text(most=40))
    more = msgspec.defstruct(
        "Visit2", [("weather", str, "")], bases=(visit.body,), frozen=True, kw_only=True
    )
    grown = RecordKind(
        name="visit",
        body=more,
        label=visit.label,
        form="visit",
        fields=(*visit.fields, weather),
        questions=visit.questions,
    )
    assert "天气" in [row.label for row in rows_of(grown, {}, season, PEOPLE, Words("zh"))]
    values = typed(met="1", outcome="24", weather="下雪")
    found = read(grown, values, Setting(season, PEOPLE, NOW))
    assert found.body is not None
    assert found.body["weather"] == "下雪"


def test_a_visit_is_typed_by_numbers(season: Season) -> None:
    number = [row.code for row in season.reasons].index("promised") + 1
    made = body(season, "visit", met="1", outcome=str(number), promise_date="1218", visitors="2")
    assert made == {
        "met": "self",
        "outcome": "promised",
        "promise_date": "2019-12-18",
        "visitors": ["何建军", "李敏"],
    }


def test_a_delivery_is_typed_by_numbers(season: Season) -> None:
    made = body(season, "notice_delivery", method="1", outcome="4", reason="2", witness="王村长")
    assert made == {
        "outcome": "refused",
        "servers": ["何建军"],
        "reason": "对金额有疑问",
        "witness": "王村长",
    }


def test_a_message_is_sent_by_the_teacher_alone(season: Season) -> None:
    made = body(season, "notice_delivery", method="3", outcome="3", signer_relation="1")
    assert made["servers"] == ["何建军"]


def test_a_call_begins_with_the_phone_and_the_borrower(season: Season) -> None:
    assert body(season, "contact_attempt", outcome="2") == {"outcome": "no_answer"}


def test_a_new_number_and_a_statement_are_typed(season: Season) -> None:
    assert body(season, "contact_update", field="1", value="13900001111", source="3") == {
        "field": "phone",
        "value": "13900001111",
        "source": "family",
    }
    number = str([row.code for row in season.reasons].index("hardship") + 1)
    made = body(season, "statement", reason=number, narrative="家中只有老人。", handling="3")
    assert made == {
        "reason": "hardship",
        "narrative": "家中只有老人。",
        "handling": "repayment_relief",
    }


@given(st.data())
def test_what_is_typed_is_what_the_phone_would_record(data: st.DataObject) -> None:
    """Any answers that a form takes: the record is that of the phone's form, and reads back as typed."""
    season = season_2019()
    kind = data.draw(st.sampled_from(forms()))
    answers: dict[str, Any] = {}
    known = Known(season, "何建军")
    for question in questions_of(kind):
        codes = offered(kind, question, answers, season)
        field = field_of(kind, question)
        if not question.asked(answers, known):
            continue
        if question.party:
            answers[question.field] = [
                "何建军",
                *data.draw(st.sampled_from([[], ["李敏"], ["王村长"]])),
            ]
        elif field.day:
            answers[question.field] = data.draw(st.sampled_from(["2019-12-15", "2019-12-20"]))
        elif codes:
            answers[question.field] = data.draw(st.sampled_from(codes))
        else:
            answers[question.field] = data.draw(st.sampled_from(["其他人", "甲"]))
    phones = plain(body_of(kind, answers, known))
    made = fact("a", body_of(kind, answers, known), at=NOW.isoformat())
    values = {**typed_of(made, kind, season, PEOPLE), **HEAD}
    found = read(kind, values, Setting(season, PEOPLE, NOW))
    assert found.faults == []
    assert as_stored(kind, found.body) == phones


@pytest.mark.parametrize(
    ("change", "at", "code"),
    [
        ({TEACHER: ""}, TEACHER, "keyed.needed"),
        ({TEACHER: "7"}, TEACHER, "keyed.person_unread"),
        ({DAY: ""}, DAY, "keyed.needed"),
        ({DAY: "13-45"}, DAY, "keyed.day_unread"),
        ({DAY: "12-15"}, DAY, "keyed.day_ahead"),
        ({TIME: "2360"}, TIME, "keyed.time_unread"),
        ({TIME: "1601"}, TIME, "keyed.day_ahead"),
        ({ANSWER + "met": ""}, ANSWER + "met", "keyed.needed"),
        ({ANSWER + "met": "9"}, ANSWER + "met", "keyed.choice_unread"),
        ({ANSWER + "promise_date": ""}, ANSWER + "promise_date", "keyed.needed"),
        ({ANSWER + "promise_date": "x"}, ANSWER + "promise_date", "keyed.day_unread"),
        ({ANSWER + "visitors": "9"}, ANSWER + "visitors", "keyed.person_unread"),
        ({ANSWER + "outcome": "24"}, ANSWER + "promise_date", "keyed.not_asked"),
        ({ANSWER + "note": "x" * 4001}, ANSWER + "note", "fact.out_of_bounds"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(
    season: Season, change: dict[str, str], at: str, code: str
) -> None:
    number = [row.code for row in season.reasons].index("promised") + 1
    values = typed(met="1", outcome=str(number), promise_date="1218") | change
    assert faults(season, "visit", values) == [(at, code)]


def test_an_answer_that_the_way_does_not_have_names_those_it_has(season: Season) -> None:
    values = typed(method="3", outcome="1", signer_relation="1")
    found = read(KINDS["notice_delivery"], values, Setting(season, PEOPLE, NOW))
    (fault,) = found.faults
    assert (fault.at, fault.problem.code) == (ANSWER + "outcome", "keyed.choice_elsewhere")
    assert "3 对方已确认收到、4 拒签、6 查无此人" in fault.problem.fix()


def test_a_reason_has_one_number_in_every_form(season: Season) -> None:
    numbers: dict[str, set[int]] = {}
    for kind in ("visit", "statement"):
        for question in questions_of(KINDS[kind]):
            if field_of(KINDS[kind], question).of_season:
                for number, row in ever_offered(KINDS[kind], question, season):
                    numbers.setdefault(row.code, set()).add(number)
    assert all(len(found) == 1 for found in numbers.values())


def test_the_forms_are_chosen_by_number(season: Season) -> None:
    assert [kind_of(str(n)) for n, _ in enumerate(forms(), 1)] == list(forms())
    assert kind_of("9") is None


def test_papers_on_health_ask_for_purpose_and_consent(season: Season) -> None:
    number = str([row.code for row in season.reasons].index("illness") + 1)
    values = typed(reason=number, narrative="住院", handling="3")
    found = read(KINDS["statement"], values, Setting(season, PEOPLE, NOW, ("f" * 64,)))
    assert [fault.at for fault in found.faults] == [ANSWER + "evidence_purpose", ANSWER + "consent"]
    more = typed(reason=number, narrative="住院", handling="3", evidence_purpose="1", consent="1")
    found = read(KINDS["statement"], more, Setting(season, PEOPLE, NOW, ("f" * 64,)))
    assert found.body is not None
    assert (found.body["consent"], found.body["evidence_purpose"]) == (True, "申请还款救助")
