"""今天交了什么: today's records of every phone of the teacher, each with whether the school has it."""

from __future__ import annotations

from mobile.usecases import records, take_photo
from mobile.usecases.day_list import day_list
from mobile.usecases.phone import Phone
from shared.problems import ProblemError, details
from shared.records.base import Fact, encode
from shared.records.disclosure import Disclosure
from shared.records.notice_delivery import NoticeDelivery
from shared.records.visit import Visit
from shared.wire import OwnRecord, b64
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice
from tests.support.phone.pictures import slip

VISIT = Visit(met="self", outcome="refused")


async def test_the_list_counts_people_records_and_what_the_school_has(
    phone: Phone, open_window: Open
) -> None:
    first = (await records.record(phone, "c0001", VISIT)).fact
    await records.record(phone, "c0001", VISIT)
    await records.record(phone, "c0002", VISIT)
    await records.record(phone, "c0003", Disclosure(what="phone", to="self", purpose="call"))
    await phone.store.facts.join(first)
    phone.store.facts.mark_sent(first, 1)
    screen = await open_window(phone, "/outbox")
    await (await screen.tap("今天交了什么")).see("2 人，3 条记录，学校已收到 1 条")
    assert "王晓梅" not in "\n".join(screen.words())
    await screen.tap("王*")
    assert screen.route.startswith("/outbox/day/record/")
    await screen.back()
    await screen.at("/outbox/day")


async def test_the_list_goes_to_another_app_as_a_text_with_codes_and_masked_names(
    phone: Phone, open_window: Open
) -> None:
    await records.record(phone, "c0001", VISIT)
    device = FakeDevice(can_share=True)
    screen = await open_window(phone, "/outbox/day", device)
    await screen.tap("发给联络员看")
    ((name, data),) = device.shared
    assert name == "今天交了什么-2019-12-12.txt"
    _day, sums, _blank, line, _end = data.decode().split("\n")
    assert sums == "1 人，1 条记录，学校已收到 0 条"
    assert line.startswith("QH07-0001-U  王*  上门走访")
    assert line.endswith("刚记下")


async def test_a_record_whose_photo_is_still_here_is_not_called_handed_in(phone: Phone) -> None:
    taken = await take_photo.take_photo(phone, slip(), case_id="c0001")
    made = await records.record(phone, "c0001", NoticeDelivery(outcome="signed"), (taken.sha256,))
    await phone.store.facts.join(made.fact)
    phone.store.facts.mark_sent(made.fact, 1)
    assert ((await day_list(phone)).sent, (await day_list(phone)).lines[0].state) == (0, "waiting")
    phone.store.photos.mark_sent(taken.sha256)
    assert (await day_list(phone)).sent == 1


async def test_what_was_refused_or_made_on_another_day_is_not_in_it(phone: Phone) -> None:
    made = (await records.record(phone, "c0001", VISIT)).fact
    await phone.store.facts.join(made)
    await phone.store.facts.mark_rejected(made, details(ProblemError("fact.wrong_season")))
    await phone.store.earlier.put({"c0002": [earlier("2019-12-11T10:00:00+08:00", 1)]})
    assert (await day_list(phone)).lines == ()
    await phone.store.earlier.put({"c0002": [earlier("2019-12-12T08:00:00+08:00", 2)]})
    (line,) = (await day_list(phone)).lines
    assert (line.case, line.state) == ("c0002", "sent")


def earlier(when: str, at: int) -> OwnRecord:
    fact = Fact(
        id=f"01a20960-0000-7752-9a34-72f9d769fb0{at}",
        season="2019",
        kind="visit",
        case="c0002",
        captured_at=when,
        happened_at=when,
        body={"met": "self", "outcome": "refused"},
    )
    return OwnRecord(bytes=b64(encode(fact)), seq=at)


async def test_a_day_without_records_says_so(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/outbox/day")
    await screen.see("今天还没有记录")
