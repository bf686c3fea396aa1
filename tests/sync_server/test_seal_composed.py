"""What a composed summary holds: what its inputs say of it, its rows, forms and exceptions."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from shared.identity import mask_name
from shared.problems import ProblemError
from shared.readiness import NamedException
from shared.recipients import Recipient, TemplateColumn
from shared.records.base import Paper
from sync_server.sealing.making.compose import COMPOSER, Gap, NotReady, compose
from sync_server.sealing.summary import SCHEMA, SCHOOL, Contact, Letterhead
from tests.support.seal_samples import SCHOOL as SCHOOL_UNIT
from tests.support.seal_samples import inputs


def test_a_summary_says_of_itself_what_its_inputs_say() -> None:
    base = inputs(3, 1)
    letterhead = msgspec.structs.replace(base.season.letterhead, sent_to="省中心", copies=3)
    season = msgspec.structs.replace(
        base.season, letterhead=letterhead, full_id_numbers=True, stamp_each_statement=True
    )
    given_inputs = msgspec.structs.replace(
        base,
        season=season,
        document="d-1",
        version=7,
        demo=True,
        previous_seal="ab" * 32,
        reason="补报一人",
        filled_on="2019-12-18",
        report_no="青资〔2019〕3号",
        contact=Contact(name="郑老师", phone="0913-1234567"),
    )
    made = compose(given_inputs)
    assert (made.schema, made.composer, made.kind) == (SCHEMA, COMPOSER, SCHOOL)
    assert (made.document, made.version, made.demo) == ("d-1", 7, True)
    assert (made.season.id, made.season.due_day) == (season.id, season.due_day.isoformat())
    assert (made.unit, made.letterhead) == (base.school, Letterhead.of(letterhead))
    assert (made.cut_off, made.as_of) == (base.cut_off, base.as_of)
    assert (made.previous_seal, made.reason) == ("ab" * 32, "补报一人")
    assert (made.full_id_numbers, made.stamp_each_statement) == (True, True)
    assert (made.filled_on, made.report_no) == ("2019-12-18", "青资〔2019〕3号")
    assert made.contact == given_inputs.contact
    assert made.totals.people == len(made.rows) == 3
    plain_one = compose(base)
    assert (plain_one.demo, plain_one.full_id_numbers, plain_one.stamp_each_statement) == (
        False,
        False,
        False,
    )


def test_the_words_of_every_reason_are_listed_but_those_of_sensitive_ones() -> None:
    season = inputs(1, 0).season
    assert [(r.code, r.words) for r in compose(inputs(1, 0)).reasons] == [
        (r.code, r.zh) for r in season.reasons if not r.sensitive
    ]
    assert any(r.sensitive for r in season.reasons)


def wants(key: str, *, health: bool = True, ids: bool = True, people: bool = True) -> Recipient:
    """A recipient, with a form that has a line a person unless it wants none."""
    columns = (TemplateColumn(header="姓名", field="name"),) if people else ()
    return Recipient(
        key=key,
        name=f"收件方{key}",
        with_health_reasons=health,
        full_id_numbers=ids,
        people=columns,
    )


def forms(*recipients: Recipient) -> Any:
    base = inputs(1, 0)
    season = msgspec.structs.replace(base.season, recipients=recipients)
    return compose(msgspec.structs.replace(base, season=season)).templates


def test_forms_of_one_workbook_hold_only_what_all_their_readers_may_get() -> None:
    both = forms(wants("a"), wants("b"))
    assert [(f.recipient, f.with_health_reasons, f.full_id_numbers) for f in both] == [
        ("收件方a", True, True),
        ("收件方b", True, True),
    ]
    assert [f.columns[0].header for f in both] == ["姓名", "姓名"]
    (_, other) = forms(wants("a"), wants("b", health=False))
    assert (other.with_health_reasons, other.full_id_numbers) == (False, True)
    (first, _) = forms(wants("a"), wants("b", ids=False))
    assert (first.with_health_reasons, first.full_id_numbers) == (True, False)


def test_a_recipient_without_such_a_form_restricts_no_other_and_gets_none() -> None:
    (only,) = forms(wants("a"), wants("b", health=False, ids=False, people=False))
    assert (only.with_health_reasons, only.full_id_numbers) == (True, True)
    assert forms(wants("b", people=False)) is msgspec.UNSET


def test_exceptions_stand_in_a_fixed_order_each_with_its_person_its_reason_and_who_gave_it() -> (
    None
):
    base = inputs(4, 0)
    delivery = next(s.fact for s in base.facts if s.fact.kind == "notice_delivery")
    (slip,) = delivery.photos
    owner = next(c for c in base.cases if c.id == delivery.case)
    other = base.cases[-1]
    named = (
        NamedException(code="seal.slip_wrong_case", ref=delivery.id, reason="甲", by="联络员"),
        NamedException(code="seal.photo_missing", ref=slip, reason="丙"),
        NamedException(code="seal.photo_missing", ref=slip, reason="乙"),
        NamedException(code="seal.owed", ref=other.id, reason="丁"),
        NamedException(code="seal.photo_missing", ref="0", reason="戊"),
    )
    lines = compose(msgspec.structs.replace(base, exceptions=named)).exceptions
    assert [(line.code, line.ref, line.reason) for line in lines] == sorted(
        (e.code, e.ref, e.reason) for e in named
    )
    by_reason = {line.reason: line for line in lines}
    assert {reason: line.case for reason, line in by_reason.items()} == {
        "甲": owner.code,
        "乙": owner.code,
        "丙": owner.code,
        "丁": other.code,
        "戊": "",
    }
    assert by_reason["甲"].by == "联络员"
    assert by_reason["甲"].name == mask_name(owner.borrower.name)
    assert by_reason["戊"].name == by_reason["丁"].by == ""


def test_a_refusal_for_want_of_cases_or_codes_says_whose() -> None:
    with pytest.raises(ProblemError) as none:
        compose(inputs(1, 0, cases=()))
    assert SCHOOL_UNIT[1] in none.value.message()
    base = inputs(3, 0)
    bare = [msgspec.structs.replace(c, code="") for c in base.cases[:2]]
    with pytest.raises(ProblemError) as uncoded:
        compose(msgspec.structs.replace(base, cases=(*bare, base.cases[2])))
    assert uncoded.value.values == {"count": 2, "name": mask_name(bare[0].borrower.name)}


def test_rows_stand_in_the_order_of_codes_numbered_from_one_with_their_statements() -> None:
    base = inputs(4, 2)
    made = compose(msgspec.structs.replace(base, cases=tuple(reversed(base.cases))))
    assert [row.case for row in made.rows] == sorted(c.code for c in base.cases)
    assert [row.row for row in made.rows] == [1, 2, 3, 4]
    assert [row.statement for row in made.rows] == [1, 2, 0, 0]
    assert [s.row for s in made.statements] == [1, 2]


def test_a_row_names_the_teacher_who_has_the_person() -> None:
    base = inputs(2, 0)
    left = msgspec.structs.replace(base.cases[1], assignee="staff-2")
    made = compose(msgspec.structs.replace(base, cases=(base.cases[0], left)))
    assert [row.teacher for row in made.rows] == ["王老师", ""]


def test_records_from_paper_are_counted_where_there_are_any() -> None:
    base = inputs(3, 1)
    assert compose(base).paper_records is msgspec.UNSET
    sheet = Paper(keyed_by="联络员", visited_by="staff-1")
    typed = [
        msgspec.structs.replace(s, fact=msgspec.structs.replace(s.fact, paper=sheet))
        for s in base.facts[:2]
    ]
    made = compose(msgspec.structs.replace(base, facts=(*typed, *base.facts[2:])))
    assert made.paper_records == 2


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("seal.chain_hole", "手机“”第  至  条记录没有收到"),
        ("seal.slip_wrong_case", " 的签收单照片是  的"),
    ],
)
def test_an_exception_of_what_is_there_no_longer_leaves_its_place_empty(
    code: str, words: str
) -> None:
    gone = NamedException(code=code, ref="phone-9:1-2", reason="甲", by="联络员")
    (line,) = compose(inputs(1, 0, exceptions=(gone,))).exceptions
    assert line.words == words


def test_each_missing_gap_is_described_by_its_phone_and_numbers() -> None:
    gaps = tuple(
        Gap(device=f"phone-{n}", device_name=f"手机{n}", n_from=n, n_to=n + 2) for n in (1, 5)
    )
    with pytest.raises(NotReady) as refused:
        compose(inputs(1, 0, gaps=gaps))
    assert [item.words for item in refused.value.items] == [
        "手机“手机1”第 1 至 3 条记录没有收到",
        "手机“手机5”第 5 至 7 条记录没有收到",
    ]
    assert [(item.case_code, item.name) for item in refused.value.items] == [("", "")] * 2
