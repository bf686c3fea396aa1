"""People who went to another teacher: said once, to whom, with where the records went; marked while work is open."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import msgspec

from mobile.ports.clock import SystemClock
from mobile.sync.pull import CASE_FIELDS
from mobile.usecases import cases, drafts, records
from mobile.usecases.moved import forget_moved, moved
from mobile.usecases.phone import Phone
from mobile.usecases.retention import delete_expired
from mobile.usecases.sync_now import sync_now
from shared.digest import scope_digest
from shared.records.visit import Visit
from shared.wire import CaseState, Change, ChangesPage
from tests.mobile.ui.conftest import Open

VISIT = Visit(met="self", outcome="refused")


async def pull(
    phone: Phone, gone: dict[str, str], back: Sequence[CaseState] = (), cursor: str = "2"
) -> None:
    """A sync in which these cases leave, to these teachers; `back` come."""
    left = [c for c in phone.store.cases.all() if c.case.id not in gone and c.version >= 0]
    stay = {c.case.id: c.version for c in (*left, *back)}
    changes = [Change(seq=9, kind="gone", ref=case, to=to) for case, to in gone.items()]
    changes += [Change(seq=9, kind="case", ref=c.case.id, case=c) for c in back]
    page = ChangesPage(
        changes=changes,
        next=cursor,
        more=False,
        epoch="e",
        scope_count=len(stay),
        scope_digest=scope_digest(stay.items()),
    )

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/changes":
            return httpx.Response(200, content=msgspec.json.encode(page))
        raise httpx.ConnectError("records are not sent here")

    state = await phone.store.meta.sync_state()
    await phone.store.meta.put(
        "sync", msgspec.structs.replace(state, cursor="1", epoch="e", reads=CASE_FIELDS)
    )
    phone.transport = httpx.MockTransport(answer)
    await sync_now(phone)


async def sent(phone: Phone, *facts: str) -> None:
    for seq, fact in enumerate(facts, 1):
        await phone.store.facts.join(fact)
        phone.store.facts.mark_sent(fact, seq)


async def test_what_moved_is_said_by_teacher_with_where_the_records_went(
    phone: Phone, open_window: Open
) -> None:
    first = (await records.record(phone, "c0001", VISIT)).fact
    await sent(phone, first)
    await drafts.save_draft(phone, "c0002", "visit", {"note": "门锁着"})
    await pull(phone, {"c0001": "何建军", "c0002": "何建军", "c0003": ""})
    assert [(m.to, len(m.names), m.sent, m.unsent, m.drafts) for m in await moved(phone)] == [
        ("何建军", 2, 1, 0, 1),
        ("", 1, 0, 0, 0),
    ]
    screen = await open_window(phone)
    await screen.see("有 2 人转给了何建军老师")
    await screen.see("您给他们记的 1 条已经在学校，接手的老师照样算数。")
    await screen.see("还有 1 份没写完")
    await screen.see("有 1 人不在您的名单里了")
    assert "王晓梅" not in "\n".join(screen.words())
    await screen.tap("知道了")
    await screen.gone("转给了何建军老师")


async def test_a_case_kept_for_a_draft_is_marked_in_list_case_and_form(
    phone: Phone, open_window: Open
) -> None:
    await drafts.save_draft(phone, "c0002", "visit", {"note": "门锁着"})
    await pull(phone, {"c0002": "何建军"})
    await forget_moved(phone)
    (line,) = [line for line in await cases.list_cases(phone) if line.id == "c0002"]
    assert line.moved
    screen = await open_window(phone, "/cases")
    await screen.see("已转走")
    for path in ("/cases/c0002", "/cases/c0002/visit"):
        screen = await open_window(phone, path)
        await screen.see("这个人已转给何建军老师")
    await records.record(phone, "c0002", VISIT)
    assert len(phone.store.facts.unsent("c0002")) == 1


async def test_a_case_that_comes_back_has_not_moved(phone: Phone) -> None:
    state = phone.store.cases.get("c0001")
    assert state is not None
    await pull(phone, {"c0001": "何建军"})
    await pull(phone, {}, [state])
    assert await moved(phone) == ()


async def test_a_case_that_stays_assigned_is_not_marked(phone: Phone) -> None:
    assert not any(line.moved for line in await cases.list_cases(phone))
    await pull(phone, {"c0001": "何建军"})
    assert not any(line.moved for line in await cases.list_cases(phone))
    assert phone.store.cases.get("c0001") is None


async def test_after_the_season_nobody_is_named_any_more(phone: Phone) -> None:
    await pull(phone, {"c0001": "何建军"})
    assert len(await moved(phone)) == 1
    phone.clock = SystemClock("2020-02-03T09:00+08:00")
    state = await phone.store.meta.sync_state()
    await phone.store.meta.put("sync", msgspec.structs.replace(state, office_at=""))
    await delete_expired(phone)
    assert await moved(phone) == ()
