"""Corrections and statements start from what is known: one thing changed is one thing typed."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mobile.ui.forms.correction_form import fields_of
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.registry import forms
from mobile.ui.forms.spec import FormSpec
from mobile.usecases import drafts, records, settings, take_photo
from mobile.usecases.phone import Phone
from mobile.usecases.records import as_corrected, correct
from mobile.usecases.save import join_due
from shared.problems import ProblemError
from shared.records.base import Fact, Position, plain
from shared.records.contact_attempt import ContactAttempt
from shared.records.contact_update import ContactUpdate
from shared.records.notice_delivery import NoticeDelivery
from shared.records.statement import Statement
from shared.records.visit import Visit
from sync_server.sample.season import season_2019
from tests.mobile.conftest import SetClock
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import Screen
from tests.support.phone.pictures import slip
from tests.support.phone.records import facts

AT = "2019-12-11T16:00:00+08:00"


class Fields:
    """As much of a form as a body is read from."""

    def __init__(self, name: str, fields: dict[str, object]) -> None:
        self.name, self.fields = name, fields

    def get(self, key: str, default: object = "") -> object:
        return self.fields.get(key, default)


WHERE = Position(latitude_deg=35.1, longitude_deg=109.6, accuracy_m=30.0)
WHOLE = {
    "attempt": ContactAttempt(channel="wechat", to="family", outcome="hung_up", note="第二次"),
    "deliver": NoticeDelivery(
        outcome="cannot_write",
        servers=("甲", "乙"),
        signer_relation="family",
        signer_name="王德厚",
        witness="丙",
        note="雨天",
        position=WHERE,
    ),
    "statement": Statement(
        reason="illness",
        narrative="长期住院",
        handling="repayment_relief",
        evidence=("a" * 64,),
        evidence_purpose="申请救助",
        consent=True,
    ),
    "update": ContactUpdate(field="address", value="东街3号", source="neighbour", note="新房"),
    "visit": Visit(
        met="family",
        outcome="promised",
        visitors=("甲", "乙"),
        promise_date="2019-12-20",
        note="后门",
        position=WHERE,
    ),
}


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.name)
def test_a_form_that_corrects_a_record_gives_the_same_record_when_nothing_is_changed(
    form: FormSpec,
) -> None:
    body = WHOLE[form.name]
    fact = Fact(
        id="f",
        season="2019",
        kind=form.kind.name,
        case="c",
        captured_at="",
        happened_at=AT,
        body=plain(body),
        photos=("a" * 64,) if form.kind.photos else (),
    )
    context: Any = SimpleNamespace(season=season_2019(), teacher="甲")
    assert form.body_of(cast(Form, Fields(form.name, fields_of(fact))), context) == body


async def _correct(screen: Screen, reason: str) -> None:
    await screen.tap("改正")
    await screen.tap(reason)
    await screen.tap("修改内容")
    await screen.see("正在改正一条记录")


async def _visited(phone: Phone, **more: Any) -> str:
    """A visit of yesterday afternoon, in the chain; its id."""
    at = phone.now() - timedelta(days=1)
    body = Visit(met="self", outcome="hardship", visitors=("林秀英", "何建军"), **more)
    line = await records.record(phone, "c0001", body, more.pop("photos", ()), at)
    await join_due(phone, everything=True)
    return line.fact


async def test_a_second_tap_while_saving_makes_no_second_record(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/attempt")
    await screen.tap("无人接听")
    save = screen._button("保存")
    await screen.tap("保存")
    for _ in range(3):
        await screen.session.dispatch_event(save._i, "click", None)
    await screen.at("/cases/c0001")
    assert len(facts(phone, "contact_attempt")) == 1


async def test_a_correction_opened_and_left_unchanged_leaves_no_draft(
    phone: Phone, open_window: Open
) -> None:
    fact = await _visited(phone)
    screen = await open_window(phone, "/cases/c0001")
    await _correct(screen, "记错了人")
    await screen.address("/cases/c0001")
    await screen.see("要记什么？")
    assert "恢复未完成的记录？" not in screen.words()
    assert await drafts.list_drafts(phone) == ()
    await _correct(screen, "时间记错了")
    await screen.tap("其他家人")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    (record,) = facts(phone, "correction")
    assert (record["corrects"], record["reason"]) == (fact, "时间记错了")


async def test_a_correction_opened_by_its_address_asks_for_its_reason_first(
    phone: Phone, open_window: Open
) -> None:
    fact = await _visited(phone)
    screen = await open_window(phone, f"/cases/c0001/correct/{fact}/visit")
    await screen.see("正在改正一条记录")
    await screen.tap("保存")
    await screen.at(f"/cases/c0001/correct/{fact}")
    await screen.see("请先选一个原因")
    assert facts(phone, "correction") == []


async def test_a_correction_leaves_a_new_draft_alone(phone: Phone, open_window: Open) -> None:
    await _visited(phone)
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.type("在这里改或接着写", "新的一次")
    await screen.address("/cases/c0001")
    await _correct(screen, "记错了人")
    await screen.tap("其他家人")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    draft = await drafts.load_draft(phone, "c0001", "visit")
    assert draft is not None
    assert draft.fields["note"] == "新的一次"
    (record,) = facts(phone, "correction")
    assert record["body"].get("note", "") == ""


async def test_a_correction_that_was_left_does_not_take_the_next_new_record(
    phone: Phone, open_window: Open
) -> None:
    await _visited(phone)
    screen = await open_window(phone, "/cases/c0001")
    await _correct(screen, "记错了人")
    await screen.tap("其他家人")
    await screen.address("/cases/c0001/visit")
    await screen.gone("正在改正")
    await screen.see("见到了谁？")
    await screen.address("/cases/c0001")
    await screen.see("改正：")
    await screen.tap("不要了")
    await screen.gone("改正：")
    assert (await drafts.list_drafts(phone), facts(phone, "correction")) == ((), [])


async def test_a_correction_can_be_left_as_it_was(phone: Phone, open_window: Open) -> None:
    await _visited(phone)
    screen = await open_window(phone, "/cases/c0001")
    await _correct(screen, "记错了人")
    await screen.tap("不改了")
    await screen.at("/cases/c0001")
    assert await drafts.list_drafts(phone) == ()


async def test_correcting_one_answer_keeps_when_and_where_it_was(
    phone: Phone, open_window: Open
) -> None:
    there = Position(latitude_deg=35.123, longitude_deg=109.567, accuracy_m=100)
    first = phone.store.facts.get(await _visited(phone, position=there))
    assert first is not None
    screen = await open_window(phone, "/cases/c0001")
    await _correct(screen, "记错了人")
    await screen.see("已记大概位置")
    await screen.tap("其他家人")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    now = as_corrected(phone, first.id)
    assert (now.body["met"], now.happened_at) == ("family", first.fact.happened_at)
    assert now.body["position"] == first.fact.body["position"]


async def test_correcting_the_time_to_now_is_now(phone: Phone, open_window: Open) -> None:
    visit = await _visited(phone)
    screen = await open_window(phone, "/cases/c0001")
    await _correct(screen, "时间记错了")
    await screen.tap("现在")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert as_corrected(phone, visit).happened_at[:10] == "2019-12-12"


async def test_a_photo_taken_out_in_a_correction_is_out_of_the_record(phone: Phone) -> None:
    photo = await take_photo.take_photo(phone, slip(), case_id="c0001")
    body = Visit(met="self", outcome="hardship", visitors=("林秀英", "何建军"))
    line = await records.record(phone, "c0001", body, (photo.sha256,))
    await correct(phone, line.fact, reason="r", body=body, photos=())
    assert as_corrected(phone, line.fact).photos == ()
    again = await correct(phone, line.fact, reason="r", body=body, photos=(photo.sha256,))
    await correct(phone, again.fact, reason="r", body=body)
    assert as_corrected(phone, line.fact).photos == (photo.sha256,)


async def test_the_text_of_an_undone_record_becomes_a_draft(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/attempt")
    await screen.tap("无人接听")
    await screen.type("补充一句（可不填）", "下午再打")
    await screen.tap("保存")
    await screen.tap("撤销")
    await screen.see("恢复未完成的记录？")
    (draft,) = await drafts.list_drafts(phone)
    assert draft.fields["note"] == "下午再打"


async def test_companions_that_cannot_be_stored_do_not_make_a_saved_record_appear_unsaved(
    phone: Phone, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise ProblemError("disk.full")

    monkeypatch.setattr(settings, "put", full)
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("本人")
    await screen.tap("家庭经济困难")
    await screen.tap("同行老师临时有事")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert not any("已满" in line for line in screen.words())
    assert len(facts(phone, "visit")) == 1


async def test_going_back_shows_what_was_begun_at_once(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("上门走访")
    await screen.tap("本人")
    await screen.back()
    await screen.at("/cases/c0001")
    await screen.see("恢复未完成的记录？")


async def test_every_unfinished_record_is_offered(phone: Phone, open_window: Open) -> None:
    await drafts.save_draft(phone, "c0001", "visit", {"met": "self"})
    await drafts.save_draft(phone, "c0001", "statement", {"narrative": "老人住院"})
    await drafts.save_draft(phone, "c0002", "deliver", {"outcome": "signed"})
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("恢复未完成的记录？")
    assert screen.words().count("恢复未完成的记录？") == 2
    await screen.address("/")
    await screen.tap("没写完 3 份")
    await screen.see("恢复未完成的记录？")
    assert screen.words().count("恢复未完成的记录？") == 3


async def test_a_form_begun_yesterday_is_dated_yesterday_unless_the_teacher_changes_it(
    phone: Phone, open_window: Open
) -> None:
    begun = phone.now()
    await drafts.save_draft(phone, "c0001", "visit", {"met": "self", "outcome": "hardship"})
    phone.clock = SetClock(begun + timedelta(days=1))
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.see("时间先按上次写的记")
    await screen.tap("同行老师临时有事")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    (kept,) = [k for k in phone.store.facts.all() if k.fact.kind == "visit"]
    assert kept.fact.happened_at[:16] == begun.isoformat()[:16]
