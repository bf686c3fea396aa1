"""The questions of every kind: about its fields, in both languages, and one body from equal answers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from shared import codes
from shared.flag_reasons import REASONS, WORDS, asked_together, questions_about
from shared.record_forms import (
    begun,
    body_of,
    ever_offered,
    field_of,
    fields_asked,
    missing,
    offered,
    question_of,
    questions_of,
    table_of,
)
from shared.records.kind import Field, Known, Label, RecordKind, always
from shared.records.notice_delivery import NoticeDelivery
from shared.records.registry import KINDS
from shared.records.shapes import Text
from shared.records.statement import Statement
from shared.records.visit import Visit
from shared.season import Season
from sync_server.sample.season import season_2019

CHINESE = re.compile(r"[\u4e00-\u9fff]")
FORMS = [kind for kind in KINDS.values() if kind.form]
EVERY = pytest.mark.parametrize("kind", FORMS, ids=[kind.name for kind in FORMS])


@pytest.fixture(scope="module")
def season() -> Season:
    return season_2019()


@EVERY
def test_every_field_that_a_person_answers_has_one_question(kind: RecordKind) -> None:
    asked = [question.field for question in questions_of(kind)]
    assert sorted(asked) == sorted(field.name for field in fields_asked(kind))


@EVERY
def test_every_question_is_in_both_languages_and_says_when_it_is_asked(kind: RecordKind) -> None:
    for question in questions_of(kind):
        labels = [question.ask, *question.sentences]
        if question.asked is not always:
            labels.append(question.condition)
        for label in labels:
            assert CHINESE.search(label.zh), (question.field, label)
            assert label.en
            assert not CHINESE.search(label.en)


@EVERY
def test_what_is_offered_is_of_the_fields_table(kind: RecordKind, season: Season) -> None:
    for question in questions_of(kind):
        table = {row.code for row in table_of(kind, question, season)}
        ever = {row.code for _, row in ever_offered(kind, question, season)}
        assert set(offered(kind, question, {}, season)) <= ever <= table
        if question.begins:
            assert question.begins in ever


@EVERY
def test_other_has_the_last_number(kind: RecordKind, season: Season) -> None:
    for question in questions_of(kind):
        names = [row.code for row in table_of(kind, question, season)]
        assert "other" not in names[:-1]


@EVERY
def test_what_a_kind_requires_is_needed_by_its_form(kind: RecordKind, season: Season) -> None:
    lacking = {q.field for q in missing(kind, begun(kind), Known(season))}
    begins = {q.field for q in questions_of(kind) if q.begins}
    assert set(kind.required) <= lacking | begins


def test_the_kinds_have_numbers_of_their_own() -> None:
    assert sorted(kind.place for kind in FORMS) == list(range(1, len(FORMS) + 1))


def test_a_field_without_a_question_is_asked_by_its_label_after_the_others() -> None:
    weather = Field(name="weather", label=Label("天气", "Weather"), shape=Text(most=40))
    visit = KINDS["visit"]
    grown = RecordKind(
        name="visit",
        body=Visit,
        label=visit.label,
        form="visit",
        fields=(*visit.fields, weather),
        questions=visit.questions,
        required=("weather",),
    )
    last = questions_of(grown)[-1]
    assert (last.field, last.ask, last.needed) == ("weather", weather.label, always)
    assert len(questions_of(grown)) == len(questions_of(visit)) + 1


def made(name: str, season: Season, photos: tuple[str, ...] = (), **answers: Any) -> Any:
    return body_of(KINDS[name], answers, Known(season, "甲", photos))


def test_answers_to_questions_that_are_not_asked_are_left_out(season: Season) -> None:
    visit = made("visit", season, met="self", outcome="other", promise_date="2019-12-15")
    assert visit == Visit(met="self", outcome="other")
    refused = made(
        "notice_delivery",
        season,
        method="in_person",
        outcome="refused",
        signer_relation="self",
        reason="要先和孩子商量",
        servers=["甲", "乙"],
    )
    assert refused == NoticeDelivery(
        outcome="refused", reason="要先和孩子商量", servers=("甲", "乙")
    )


def test_a_message_is_sent_by_the_teacher_alone(season: Season) -> None:
    answers = {"method": "message", "outcome": "acknowledged", "signer_relation": "self"}
    sent = made("notice_delivery", season, **answers, servers=["甲", "乙"])
    assert sent.servers == ("甲",)


def test_photos_of_papers_are_the_evidence_of_a_statement(season: Season) -> None:
    answers = {"reason": "illness", "narrative": " 住院 ", "handling": "repayment_relief"}
    without = made("statement", season, **answers, evidence_purpose="证明特殊情况", consent=True)
    assert without == Statement(reason="illness", narrative="住院", handling="repayment_relief")
    photo = "f" * 64
    lacking = missing(KINDS["statement"], answers, Known(season, "甲", (photo,)))
    assert [question.field for question in lacking] == ["evidence_purpose", "consent"]
    shown = made(
        "statement", season, (photo,), **answers, evidence_purpose="证明特殊情况", consent=True
    )
    assert (shown.evidence, shown.consent) == ((photo,), True)


def test_the_outcomes_are_those_of_the_method_chosen(season: Season) -> None:
    kind = KINDS["notice_delivery"]
    question = question_of(kind, "outcome")
    assert offered(kind, question, {"method": "message"}, season) == (
        "acknowledged",
        "refused",
        "not_found",
    )
    assert len(offered(kind, question, {}, season)) == len(codes.DELIVERIES)
    assert field_of(kind, question).table == codes.DELIVERIES


def test_every_flag_is_asked_about_once_with_reasons_that_can_be_true_of_it() -> None:
    flags = tuple(REASONS)
    questions = questions_about(flags)
    assert sorted(flag for asked, _ in questions for flag in asked) == sorted(flags)
    for asked, reasons in questions:
        assert reasons
        assert set(reasons) <= set(WORDS)
        for flag in asked:
            assert {row.code for row in reasons} <= set(REASONS[flag])


def test_a_flag_of_a_later_version_is_asked_about_too() -> None:
    assert asked_together(("haunted",))[1] == asked_together(("outside_hours",))[1]
