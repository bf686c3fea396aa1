"""A teacher reads her records back whole: those of this phone and of an earlier one, photos included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flet as ft
import httpx
import msgspec
import pytest

from mobile.usecases import outbox, read_back, records, storage, take_photo
from mobile.usecases.phone import Phone
from shared.digest import sha256_hex
from shared.lifecycle import Review
from shared.problems import ProblemError, details
from shared.records.base import Fact, Paper, encode
from shared.records.notice_delivery import NoticeDelivery
from shared.records.statement import Statement
from shared.wire import OwnRecord, b64
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import walk
from tests.support.phone.pictures import slip

NARRATIVE = "三次上门都没有人。" * 40
PHOTO = slip()
SHA = sha256_hex(PHOTO)


def earlier(case: str = "c0003", at: int = 1, **changes: Any) -> Fact:
    """A statement of an earlier phone; `changes` replace its fields."""
    statement = Fact(
        id=f"01a20960-0000-7752-9a34-72f9d769fb{at:02d}",
        season="2019",
        kind="statement",
        case=case,
        captured_at="2019-12-11T16:00:00+08:00",
        happened_at="2019-12-11T16:00:00+08:00",
        body={"reason": "illness", "narrative": NARRATIVE},
    )
    return msgspec.structs.replace(statement, **changes)


async def give(phone: Phone, *facts: Fact, **review: str) -> None:
    """As a pull brings them; `review`: what the office says of the first."""
    case = facts[0].case
    own = [OwnRecord(bytes=b64(encode(f)), seq=seq) for seq, f in enumerate(facts, 1)]
    await phone.store.earlier.put({case: own})
    state = phone.store.cases.get(case)
    if review and state is not None:
        state = msgspec.structs.replace(state, reviews=(Review(fact=facts[0].id, **review),))
        await phone.store.cases.apply([state], [], set())


def office(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    return httpx.MockTransport(answer)


async def test_a_record_of_this_phone_is_read_whole_with_its_photo_enlarged(
    phone: Phone, open_window: Open
) -> None:
    taken = await take_photo.take_photo(phone, PHOTO, case_id="c0003")
    body = NoticeDelivery(
        outcome="signed",
        signer_relation="family",
        signer_name="王德厚",
        note="下雨天，门口等了很久",
    )
    await records.record(phone, "c0003", body, (taken.sha256,))
    screen = await open_window(phone, "/cases/c0003")
    await (await screen.tap("看全文")).see("下雨天，门口等了很久")
    await (await screen.see("王德厚")).see("照片（1 张）")
    await screen.tap("拍好的照片")
    dialogs = [*walk(screen.session.page._dialogs)]
    assert [c.max_scale for c in dialogs if isinstance(c, ft.InteractiveViewer)] == [6]
    await screen.back()
    await screen.at("/cases/c0003")


async def test_a_record_typed_in_from_her_sheet_is_marked_in_history_and_alone(
    phone: Phone, open_window: Open
) -> None:
    await give(phone, earlier(paper=Paper(keyed_by="联络员", visited_by="t-1")))
    screen = await open_window(phone, "/cases/c0003")
    await (await screen.see("纸质")).tap("看全文")
    await screen.see("这条是您写在纸上、由学校办公室录入的。")


async def test_a_record_of_an_earlier_phone_is_hers_in_history_outbox_and_corrections(
    phone: Phone, open_window: Open
) -> None:
    await give(phone, earlier(), verdict="returned", comment="请写日期", by="何主任")
    (line,) = (await outbox.outbox(phone)).returned
    assert line.problem.zh == "请写日期"
    screen = await open_window(phone, "/do/c0003")
    await (await screen.see("学校退回了您的一条记录")).see("请写日期")
    await (await screen.tap("看全文")).see(NARRATIVE)
    await screen.see("这条是您在以前的手机上记的。")
    await (await screen.tap("改正")).see("为什么要改？")
    await (await screen.tap("修改内容")).at("/do/c0003/correct/" + earlier().id + "/statement")
    assert (await outbox.outbox(phone)).all_sent


async def test_it_opens_from_the_outbox_and_back_leads_there(
    phone: Phone, open_window: Open
) -> None:
    await give(phone, earlier(), verdict="returned", comment="请写日期", by="何主任")
    screen = await open_window(phone, "/outbox")
    await (await screen.tap("何主任：请写日期")).at(f"/outbox/record/{earlier().id}")
    await screen.see(NARRATIVE)
    await screen.back()
    await screen.at("/outbox")


async def test_a_photo_that_only_the_office_has_is_fetched_and_offline_says_so(
    phone: Phone, open_window: Open
) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if len(asked) == 1:
            raise httpx.ConnectError("no network")
        return httpx.Response(200, content=PHOTO)

    phone.transport = office(answer)
    await give(phone, earlier(photos=(SHA,)))
    screen = await open_window(phone, f"/cases/c0003/record/{earlier().id}")
    await screen.see("这张照片已经交给学校，手机里没有了。连上网再看。")
    await (await screen.tap("再取一次")).see("看大图")
    assert asked == [f"/v1/photos/own/{SHA}"] * 2
    assert phone.store.photos.all() == [], "what is looked at is not kept"


async def test_bytes_of_another_photo_are_not_shown(phone: Phone) -> None:
    phone.transport = office(lambda _: httpx.Response(200, content=b"something else"))
    with pytest.raises(ProblemError, match=r"photo\.wrong_hash"):
        await read_back.photo(phone, SHA)


async def test_a_photo_that_left_with_its_case_says_why(phone: Phone, open_window: Open) -> None:
    problem = msgspec.json.encode(details(ProblemError("photo.unknown")))
    phone.transport = office(lambda _: httpx.Response(404, content=problem))
    await give(phone, earlier(photos=(SHA,)))
    screen = await open_window(phone, f"/cases/c0003/record/{earlier().id}")
    await screen.see("已经转给别的老师")


async def test_a_correction_is_read_with_its_reason_and_only_the_newest_can_be_corrected(
    phone: Phone,
) -> None:
    first = earlier()
    body = {
        "corrects": first.id,
        "reason": "写错了",
        "body": {"reason": "death", "narrative": "新"},
    }
    second = earlier(at=2, kind="correction", body=body)
    await give(phone, first, second)
    view = await read_back.read(phone, second.id)
    assert view.fields[0].value.zh == "写错了"
    assert "新" in {said.value.zh for said in view.fields}
    assert (view.about, view.may_correct) == ("statement", True)
    assert not (await read_back.read(phone, first.id)).may_correct


async def test_a_learnt_number_stays_masked(phone: Phone) -> None:
    body = {"field": "phone", "value": "13611112222", "source": "neighbour"}
    await give(phone, earlier(kind="contact_update", body=body))
    view = await read_back.read(phone, earlier().id)
    assert "136****2222" in {said.value.zh for said in view.fields}
    assert "13611112222" not in str(view)


async def test_an_unknown_record_says_so(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0003/record/nothing")
    await screen.see("没有")


async def test_words_of_an_earlier_statement_supersede_as_usual(phone: Phone) -> None:
    await give(phone, earlier())
    made = await records.record(phone, "c0003", Statement(reason="death", narrative="已确认"))
    kept = phone.store.facts.get(made.fact)
    assert kept is not None
    assert kept.fact.body["supersedes"] == earlier().id


async def test_a_learnt_address_is_read_whole_until_names_are_masked(phone: Phone) -> None:
    door = "青槐县槐荫镇东李洼村3组12号，村卫生室后面第二家"
    body = {"field": "address", "value": door, "source": "neighbour", "note": "问王德厚"}
    await give(phone, earlier(kind="contact_update", body=body))
    assert door in str(await read_back.read(phone, earlier().id))
    phone.covered = True
    hidden = str(await read_back.read(phone, earlier().id))
    assert "东李洼村" in hidden
    assert not [words for words in ("3组", "卫生室", "王德厚") if words in hidden]


async def test_a_photo_that_was_released_is_shown_small_offline_and_in_the_history(
    phone: Phone, open_window: Open
) -> None:
    taken = await take_photo.take_photo(phone, PHOTO, case_id="c0003")
    body = NoticeDelivery(outcome="signed", signer_relation="family", signer_name="王德厚")
    line = await records.record(phone, "c0003", body, (taken.sha256,))
    await phone.store.facts.join(line.fact)
    phone.store.facts.mark_sent(line.fact, 1)
    phone.store.photos.mark_sent(taken.sha256)
    await storage.free_now(phone)
    phone.transport = office(_offline)
    small = await phone.store.photos.thumbnail(taken.sha256)
    screen = await open_window(phone, f"/cases/c0003/record/{line.fact}")
    await screen.see("连上网再看")
    assert small in [c.src for c in walk(screen.top()) if isinstance(c, ft.Image)]
    await screen.address("/cases/c0003")
    await screen.see("看全文")
    await screen.gone("1 张照片")
    assert small in [c.src for c in walk(screen.top()) if isinstance(c, ft.Image)]


def _offline(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no network", request=request)
