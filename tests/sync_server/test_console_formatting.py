"""How values look, and what comes next: the pure parts of the console."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from string import Formatter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, nodes

from shared.cases import Case, Contract, Person, Repaid
from shared.identity import mask_address
from shared.lifecycle import Standing, VisitLine
from shared.records.base import Fact, plain
from shared.records.contact_attempt import ContactAttempt
from shared.records.contact_update import ContactUpdate
from shared.records.correction import Correction
from shared.records.disclosure import Disclosure
from shared.records.notice_delivery import NoticeDelivery
from shared.records.statement import Statement
from shared.records.visit import Visit
from shared.typography import full_width
from sync_server.console.parts import next_steps
from sync_server.console.parts.next_steps import Situation
from sync_server.console.parts.record_view import describe
from sync_server.console.web import formatting
from sync_server.console.web.console_state import TEMPLATES
from sync_server.console.web.formatting import Words, share, width
from sync_server.console.web.forms import MOST_NAME_BYTES, safe_name
from sync_server.sample.season import season_2019
from sync_server.store.progress import CaseStanding, Progress, count, count_by

SEASON = season_2019()
NOW = datetime(2019, 12, 12, tzinfo=UTC)
VISITED = (VisitLine(day="2019-12-11", met="self", outcome="promised", visitors=(), facts=("f",)),)


def line(standing: Standing | None = None, **fields: Any) -> CaseStanding:
    case = Case(
        id="c",
        season="2019",
        code=fields.pop("code", "0100010"),
        borrower=Person(name=fields.pop("name", "王敏")),
        contracts=(Contract(contract_no="1", principal_fen=900, interest_fen=100),),
        **fields,
    )
    return CaseStanding(case=case, standing=standing or Standing())


@pytest.mark.parametrize(
    ("source", "set_"),
    [
        ("先预览,逐行看清楚", "先预览\uff0c逐行看清楚"),
        ("应还(元)", "应还\uff08元\uff09"),
        ("共 1,307 人", "共 1,307 人"),
        ("截至12月11日 09:05", "截至12月11日 09:05"),
        ("PDF (A-3b), xlsx", "PDF (A-3b), xlsx"),
        ("“今日”,最上面", "“今日”\uff0c最上面"),
    ],
)
def test_chinese_sentences_get_full_width_marks_and_numbers_keep_theirs(
    source: str, set_: str
) -> None:
    assert full_width(source) == set_


@given(st.text())
def test_setting_a_sentence_twice_changes_nothing_more(text: str) -> None:
    assert full_width(full_width(text)) == full_width(text)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_of_all_is_100_and_a_bar_never_hides_the_first_or_the_last(
    part: int, whole: int
) -> None:
    part = min(part, whole)
    assert (share(part, whole) == "–") == (whole == 0)
    assert (width(part, whole) == 0) == (part == 0 or whole == 0)
    assert (width(part, whole) == 100) == (part == whole and whole > 0)


def test_moments_are_shown_by_chinas_clock() -> None:
    assert Words("zh").moment("2019-12-11T23:30:00+00:00") == "12月12日 07:30"
    assert Words("en").moment(datetime(2019, 12, 11, 1, 5, tzinfo=UTC)) == "11 Dec 09:05"


@pytest.mark.parametrize(
    ("hours", "words"), [(-1, "已过期"), (1, "1 小时内有效"), (71.5, "3 天内有效")]
)
def test_how_long_a_code_is_valid_is_shown_in_hours_or_days(hours: float, words: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert Words("zh").left((now + timedelta(hours=hours)).isoformat(), now) == words


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\x\\名单.xlsx", "名单.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("\x00\n", "file"),
        ("a" * 300 + ".csv", None),
        ("校" * 100 + ".csv", None),
    ],
)
def test_a_file_name_keeps_nothing_of_where_it_came_from(name: str, kept: str | None) -> None:
    assert safe_name(name) == kept if kept else len(safe_name(name).encode()) <= MOST_NAME_BYTES


def test_counts_add_up_over_schools() -> None:
    found = [
        line(Standing(repaid=Repaid(paid=True, repaid_fen=1000)), school="01"),
        line(Standing(group="special", statement="accepted", visits=VISITED), school="01"),
        line(Standing(delivery="signed", delivered_on="2019-11-30"), school="02"),
    ]
    total, parts = (
        count(found, SEASON),
        count_by(found, SEASON, lambda found_line: found_line.case.school),
    )
    assert (total.people, total.paid, total.unpaid, total.touched, total.untouched) == (
        3,
        1,
        2,
        1,
        1,
    )
    assert (total.explained, total.unexplained, total.late) == (1, 0, 1)
    assert sum(p.due_fen for p in parts.values()) == total.due_fen == 3000


def situation(day: date, **more: object) -> Situation:
    values = {"today": day, "progress": Progress(people=2, untouched=2), "as_of": "", **more}
    return Situation(**values)


def test_the_next_steps_follow_the_calendar() -> None:
    early = next_steps.of_school(situation(date(2019, 11, 20), phones=1), SEASON)
    late = next_steps.of_school(situation(date(2019, 12, 12), phones=1), SEASON)
    assert not any("走访" in s.label.zh for s in early)
    assert any("走访" in s.label.zh for s in late)
    assert any("已截止" in s.label.zh for s in late)


@pytest.mark.parametrize(
    ("day", "tone", "words"),
    [
        (date(2019, 11, 26), "next", "11月29日前交中心"),
        (date(2019, 11, 27), "now", "11月29日前交中心"),
        (date(2019, 11, 29), "now", "11月29日前交中心"),
        (date(2019, 11, 30), "now", "11月29日已截止"),
    ],
)
def test_a_school_is_reminded_of_its_slips_by_their_day(day: date, tone: str, words: str) -> None:
    steps = next_steps.of_school(situation(day, phones=1, slips_ready=3, base="/b"), SEASON)
    (step,) = [s for s in steps if s.code.startswith("slips_to_centre")]
    assert (step.tone, step.href) == (tone, "/b/hand-in")
    assert words in Words("zh")(*step.label, **step.values)


def test_without_a_day_for_slips_the_school_is_reminded_all_the_same() -> None:
    season = msgspec.structs.replace(SEASON, deadlines={})
    steps = next_steps.of_school(situation(date(2019, 11, 26), phones=1, slips_ready=3), season)
    assert "slips_to_centre_undated" in {s.code for s in steps}
    none = next_steps.of_school(situation(date(2019, 11, 26), phones=1), SEASON)
    assert not any(s.code.startswith("slips_to") for s in none)


def test_the_centre_hears_of_batches_at_its_desk() -> None:
    steps = next_steps.of_county(situation(date(2019, 11, 28), batches_at_desk=2), SEASON)
    (step,) = [s for s in steps if s.code == "slips_at_desk"]
    assert (step.href, step.values) == ("/hand-in", {"n": 2})


def test_the_centre_is_reminded_of_todays_repayments_until_they_are_imported() -> None:
    day = date(2019, 12, 12)
    waits = next_steps.of_county(
        situation(day, as_of="2019-12-11", may_import=True, schools=1), SEASON
    )
    done = next_steps.of_county(
        situation(day, as_of="2019-12-12", may_import=True, schools=1), SEASON
    )
    assert any("还款情况" in s.label.zh for s in waits)
    assert not any("还款情况" in s.label.zh for s in done)


def test_without_a_next_step_the_page_shows_that_all_is_well() -> None:
    situation_then = situation(date(2019, 11, 18), progress=Progress(), phones=1)
    assert [s.tone for s in next_steps.of_school(situation_then, SEASON)] == ["well"]


def fact(kind: str, body: object) -> Fact:
    return Fact(
        id="f", season="2019", kind=kind, case="c", captured_at="", happened_at="", body=body
    )


def test_a_visit_is_described_in_words_and_its_flags_stand_out() -> None:
    body = plain(
        Visit(
            met="family",
            outcome="promised",
            visitors=("甲", "乙"),
            promise_date="2019-12-18",
            flags=("alone",),
        )
    )
    record = describe(fact("visit", body), SEASON, Words("zh"), masked=False)
    assert (record.kind, record.headline, record.flags) == ("上门走访", "承诺还款", ("单人上门",))
    assert ("见到", "其他家人") in record.fields
    assert ("走访人", "甲、乙") in record.fields
    assert ("承诺日期", "12月18日") in record.fields


def test_a_statement_shows_its_narrative_whole() -> None:
    record = describe(
        fact("statement", plain(Statement(reason="illness", narrative="长\n文"))),
        SEASON,
        Words("en"),
        masked=False,
    )
    assert (record.headline, record.long) == ("serious illness", "长\n文")


def test_a_correction_shows_its_reason_and_what_now_holds() -> None:
    body = plain(
        Correction(corrects="x", reason="写错了", body={"met": "self", "outcome": "promised"})
    )
    record = describe(fact("correction", body), SEASON, Words("zh"), masked=False)
    assert ("原因", "写错了") in record.fields
    assert ("见到", "本人") in record.fields


@given(
    st.dictionaries(
        st.text(max_size=5), st.one_of(st.text(), st.integers(), st.lists(st.text())), max_size=4
    )
)
def test_a_record_of_an_unknown_kind_or_shape_is_described_all_the_same(
    body: dict[str, object],
) -> None:
    for kind in ("hologram", "visit", "correction"):
        assert describe(fact(kind, body), SEASON, Words("zh"), masked=False).kind


CONTACTS = [
    ("phone", "13800001234", "138****1234"),
    ("address", "青槐县柳泉镇下石桥村三组12号", mask_address("青槐县柳泉镇下石桥村三组12号")),
]


def contact_records(field: str, value: str) -> dict[str, Fact]:
    """A new contact; a correction that brings it; one whose body no kind of record fits."""
    body = plain(ContactUpdate(field=field, value=value, source="family"))
    unknown = {"field": field, "value": value}
    return {
        "new": fact("contact_update", body),
        "corrected": fact(
            "correction", plain(Correction(corrects="x", reason="写错了", body=body))
        ),
        "kind unknown": fact(
            "correction", plain(Correction(corrects="x", reason="写错了", body=unknown))
        ),
    }


@pytest.mark.parametrize(("field", "value", "hidden"), CONTACTS)
@pytest.mark.parametrize("which", ["new", "corrected", "kind unknown"])
def test_a_new_contact_and_its_correction_are_masked_alike(
    field: str, value: str, hidden: str, which: str
) -> None:
    record = contact_records(field, value)[which]
    whole = str(describe(record, SEASON, Words("zh"), masked=False))
    shown = str(describe(record, SEASON, Words("zh"), masked=True))
    assert (value in whole, value in shown, hidden in shown) == (True, False, True)


def test_an_attempt_names_channel_and_result() -> None:
    record = describe(
        fact("contact_attempt", plain(ContactAttempt(outcome="no_answer"))),
        SEASON,
        Words("en"),
        masked=False,
    )
    assert record.headline == "no answer"


def test_every_sentence_of_the_templates_has_the_same_values_in_both_languages() -> None:
    environment = Environment(autoescape=True)
    environment.filters.update(formatting.FILTERS)
    checked = 0
    for path in sorted(p for folder in TEMPLATES for p in folder.glob("*.html")):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t" and len(call.args) == 2:
                both = [a.value for a in call.args if isinstance(a, nodes.Const)]
                names = {k.key for k in call.kwargs}
                for sentence in both:
                    used = (
                        {name for _, name, _, _ in Formatter().parse(sentence) if name}
                        if names
                        else set()
                    )
                    assert used == names, f"{path.name}: {sentence}"
                    checked += 1
    assert checked > 400


@pytest.mark.parametrize("code", next_steps.STEPS)
def test_a_next_step_has_the_same_values_in_both_languages(code: str) -> None:
    zh, en = (
        {name.partition(".")[0] for _, name, _, _ in Formatter().parse(sentence) if name}
        for sentence in next_steps.STEPS[code]
    )
    assert zh == en


def test_the_reason_for_breaking_a_rule_is_shown_apart_from_the_note() -> None:
    body = NoticeDelivery(
        outcome="signed", note="雨天", flags=("third_party_early",), flag_reason="对方主动联系"
    )
    record = describe(fact("notice_delivery", plain(body)), SEASON, Words("zh"), masked=False)
    assert record.flags == ("过早联系第三人",)
    assert ("说明理由", "对方主动联系") in record.fields
    assert ("备注", "雨天") in record.fields


def test_a_correction_shows_its_flags() -> None:
    visit = Visit(met="self", outcome="promised", flags=("alone",), flag_reason="情况紧急")
    correction = Correction(corrects="f", reason="选错", body=plain(visit))
    record = describe(fact("correction", plain(correction)), SEASON, Words("zh"), masked=False)
    assert record.flags == ("单人上门",)


def test_a_call_is_described_as_an_access_with_its_purpose() -> None:
    record = describe(
        fact("disclosure", plain(Disclosure(what="phone", to="self", purpose="call"))),
        SEASON,
        Words("zh"),
        masked=False,
    )
    assert set(record.fields) == {("内容", "电话"), ("对象", "本人"), ("用途", "拨打电话")}


@pytest.mark.parametrize("text", ["0000-00-00", "=1+1", "9999-12-31T23:59:59+00:00"])
def test_what_is_no_moment_is_shown_as_it_stands_with_a_mark(text: str) -> None:
    assert Words("zh").moment(text) == f"{text}(日期不正常)"
    assert Words("en").moment(text) == f"{text} (not a usable date)"
    assert Words("zh").stamp(text) == Words("zh").left(text, NOW) == Words("zh").moment(text)


def test_a_stated_day_beyond_the_season_is_marked_though_it_is_a_day() -> None:
    zh = Words("zh")
    assert zh.stated("2019-12-18", SEASON) == "12月18日"
    assert zh.stated("2019-12-12T10:00:00+08:00", SEASON) == "12月12日 10:00"
    assert zh.stated("2035-01-01", SEASON) == "2035-01-01(日期不正常)"
    assert zh.stated("", SEASON) == "日期不正常"
    assert zh.stated("x" * 100_000, SEASON) == f"{'x' * formatting.SHOWN_CHARS}…(日期不正常)"
