"""The outbox: what waits, what was refused and why, and when all may be forgotten."""

from __future__ import annotations

import pytest

from mobile.store.meta import ProblemNote, SyncState
from mobile.usecases.outbox import outbox, resend
from mobile.usecases.phone import Phone
from mobile.usecases.records import correct, record
from mobile.usecases.words import sentences
from shared.lifecycle import Review
from shared.problems import ProblemError, details
from shared.records.notice_delivery import NoticeDelivery
from shared.records.visit import Visit
from tests.mobile.conftest import Bench, case_state

VISIT = Visit(met="self", outcome="promised")
SHA = "a" * 64


async def deliver(phone: Phone) -> str:
    await phone.store.photos.add(SHA, b"jpeg", 0)
    return (await record(phone, "case-1", NoticeDelivery(outcome="signed"), (SHA,))).fact


async def test_a_phone_without_records_has_sent_everything(phone: Phone) -> None:
    view = await outbox(phone)
    assert (view.all_sent, view.lines, view.last_sync_at) == (True, (), "")


async def test_a_saved_record_waits_with_its_photos(phone: Phone) -> None:
    fact = await deliver(phone)
    view = await outbox(phone)
    assert [(line.fact, line.state, line.photos_left, line.name) for line in view.lines] == [
        (fact, "pending", 1, "欧阳小雨")
    ]
    assert (view.unsent, view.photos_unsent, view.all_sent) == (1, 1, False)


async def test_a_record_that_was_sent_stays_until_its_photos_are(bench: Bench) -> None:
    fact = await deliver(bench.phone)
    await bench.sent(fact)
    view = await outbox(bench.phone)
    assert [(line.fact, line.state, line.photos_left) for line in view.lines] == [(fact, "sent", 1)]
    assert (view.unsent, view.all_sent) == (0, False)
    bench.phone.store.photos.mark_sent(SHA)
    assert (await outbox(bench.phone)).all_sent


async def test_a_photo_without_a_record_does_not_wait(phone: Phone) -> None:
    await phone.store.photos.add(SHA, b"jpeg", 0)
    assert (await outbox(phone)).all_sent


async def test_a_refused_record_stays_with_its_reason(bench: Bench) -> None:
    line = await record(bench.phone, "case-1", VISIT)
    await bench.phone.store.facts.join(line.fact)
    await bench.phone.store.facts.mark_rejected(
        line.fact, details(ProblemError("fact.wrong_season"))
    )
    phone = await bench.again()
    view = await outbox(phone)
    assert [(row.state, row.problem.zh) for row in view.lines] == [
        ("rejected", "这条记录不是今年的。请同步后再试")
    ]
    assert view.lines[0].problem.en == sentences(ProblemError("fact.wrong_season")).en
    assert (view.unsent, view.rejected, view.all_sent) == (0, 1, False)


AWAY = ProblemNote(code="net.unreachable")


async def test_the_last_sync_and_its_problem_are_shown(phone: Phone) -> None:
    await phone.store.meta.put(
        "sync", SyncState(refreshed_at="2019-12-11T18:00:00+08:00", problem=AWAY)
    )
    view = await outbox(phone)
    assert (view.last_sync_at, view.last_problem) == (
        "2019-12-11T18:00:00+08:00",
        sentences(ProblemError(AWAY.code)),
    )


@pytest.mark.parametrize(
    ("code", "stopped"),
    [("device.revoked", True), ("auth.required", True), ("net.unreachable", False), ("", False)],
)
async def test_a_phone_the_server_refuses_has_to_enrol_again(
    phone: Phone, code: str, stopped: bool
) -> None:
    await phone.store.meta.put("sync", SyncState(problem=ProblemNote(code=code)))
    assert (await outbox(phone)).stopped is stopped


async def test_after_a_restore_everything_waits_again(bench: Bench) -> None:
    fact = await deliver(bench.phone)
    await bench.sent(fact)
    bench.phone.store.photos.mark_sent(SHA)
    bench.phone.store.facts.queue_again()
    bench.phone.store.photos.queue_again()
    phone = await bench.again()
    view = await outbox(phone)
    assert [(line.state, line.photos_left) for line in view.lines] == [("waiting", 1)]


async def refused(bench: Bench) -> str:
    line = await record(bench.phone, "case-1", VISIT)
    await bench.phone.store.facts.join(line.fact)
    await bench.phone.store.facts.mark_rejected(
        line.fact, details(ProblemError("fact.wrong_season"))
    )
    return line.fact


async def test_a_refused_record_can_be_sent_again_as_it_is(bench: Bench) -> None:
    fact = await refused(bench)
    before = bench.phone.store.facts.get(fact)
    assert before is not None
    data, n = before.data, before.n
    assert await resend(bench.phone, fact)
    phone = await bench.again()
    kept = phone.store.facts.get(fact)
    assert kept is not None
    assert (kept.state, kept.data, kept.n, kept.problem) == ("waiting", data, n, {})


async def test_only_what_was_refused_is_sent_again(bench: Bench) -> None:
    line = await record(bench.phone, "case-1", VISIT)
    await bench.sent(line.fact)
    assert not await resend(bench.phone, line.fact)
    assert not await resend(bench.phone, "no-such-record")


async def test_what_the_office_returned_is_listed_with_its_comment_until_corrected(
    bench: Bench,
) -> None:
    line = await record(bench.phone, "case-1", VISIT)
    await bench.sent(line.fact)
    review = Review(fact=line.fact, verdict="returned", comment="请写明时间", by="何主任")
    await bench.give(case_state(1, reviews=(review,)))
    view = await outbox(bench.phone)
    assert [(r.fact, r.state, r.problem.zh, r.by) for r in view.returned] == [
        (line.fact, "returned", "请写明时间", "何主任")
    ]
    assert view.all_sent
    await correct(bench.phone, line.fact, reason="按学校意见改正", body=VISIT)
    assert (await outbox(bench.phone)).returned == ()


async def test_the_last_problem_as_0_1_stored_it_is_still_shown(bench: Bench) -> None:
    old = {
        "cursor": "7",
        "last_problem": "这部手机已被停用。请联系本校联络员",
        "last_problem_en": "This phone has been revoked. Ask your school's liaison",
        "last_problem_code": "device.revoked",
    }
    await bench.phone.store.meta.put("sync", old)
    phone = await bench.again()
    view = await outbox(phone)
    assert (view.last_problem, view.stopped) == (sentences(ProblemError("device.revoked")), True)
    assert (await phone.store.meta.sync_state()).cursor == "7"


async def test_an_old_sentence_with_values_is_shown_as_it_was(bench: Bench) -> None:
    old = {"last_problem": "服务器没有接受：茶壶。请联系联络员", "last_problem_code": "net.refused"}
    await bench.phone.store.meta.put("sync", old)
    assert (await outbox(await bench.again())).last_problem.zh == old["last_problem"]
