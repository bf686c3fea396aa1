"""The pull of a newer app: cases come once more, with the fields that the older one dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import msgspec
import pytest

from mobile.store.meta import SyncState
from mobile.sync.ahead import MOST_AT_ONCE
from mobile.sync.client import RemoteError, Server
from mobile.sync.pull import CASE_FIELDS, Pulled, pull
from mobile.sync.schedule import Retry
from mobile.usecases.sync_now import sync_now
from shared.digest import scope_digest
from shared.wire import CaseState, Change, ChangesPage, News, season_tag
from tests.mobile.conftest import Bench, case_state


def office(bench: Bench, state: CaseState) -> list[str]:
    """A server that has one case; the cursors it was asked for."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after", "")
        asked.append(after)
        known = Change(seq=state.version, kind="case", ref=state.case.id, case=state)
        page = ChangesPage(
            changes=[] if after else [known],
            next="1",
            more=False,
            epoch="e",
            scope_count=bench.phone.store.cases.count(),
            scope_digest=bench.phone.store.cases.digest(),
        )
        return httpx.Response(200, content=msgspec.json.encode(page))

    bench.phone.transport = httpx.MockTransport(answer)
    return asked


@pytest.mark.parametrize(("reads", "first"), [(0, ""), (CASE_FIELDS, "1")])
async def test_an_app_that_reads_more_of_a_case_asks_once_for_all_of_them(
    bench: Bench, reads: int, first: str
) -> None:
    await bench.enrol()
    await bench.brief()
    await bench.phone.store.meta.put("sync", SyncState(cursor="1", epoch="e", reads=reads))
    asked = office(bench, case_state(1, initials="oyxy"))
    assert (await sync_now(bench.phone)).ok
    assert (await sync_now(bench.phone)).ok
    assert asked == [first, "1"]
    kept = bench.phone.store.cases.get("case-1")
    assert kept is not None
    assert (kept.initials == "oyxy") is (first == "")


async def test_news_of_a_season_that_the_phone_has_leave_the_season_as_it_is(bench: Bench) -> None:
    await bench.enrol()
    await bench.brief()
    held = await bench.phone.store.meta.briefing()
    assert held is not None
    news = News(unit=held.unit, staff=("甲", "乙"), list_as_of="2019-12-11")
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["lean"])
        page = ChangesPage(
            changes=[Change(seq=1, kind="briefing", news=news)],
            next="1",
            more=False,
            epoch="e",
            scope_count=bench.phone.store.cases.count(),
            scope_digest=bench.phone.store.cases.digest(),
        )
        return httpx.Response(200, content=msgspec.json.encode(page))

    bench.phone.transport = httpx.MockTransport(answer)
    assert (await sync_now(bench.phone)).ok
    assert set(asked) == {season_tag(held.season)}
    kept = await bench.phone.store.meta.briefing()
    assert kept == news.with_season(held.season)


PAGES = 7


class LongList:
    """A server whose list has several pages, each with one case; the first names the cursors of all that follow."""

    def __init__(self, bench: Bench, *, names: list[str]) -> None:
        self.asked: list[str] = []
        self.most_at_once = 0
        self.under_way = 0
        self._names = names
        self._states = {str(n): case_state(n + 1, id=f"case-{n}") for n in range(PAGES)}
        bench.phone.transport = httpx.MockTransport(self._answer)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after", "")
        self.asked.append(after)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            for _ in range(5):
                await asyncio.sleep(0)
        finally:
            self.under_way -= 1
        state, following = self._states[after or "0"], str(int(after or "0") + 1)
        last = int(following) == PAGES
        page = ChangesPage(
            changes=[Change(seq=state.version, kind="case", ref=state.case.id, case=state)],
            next="end" if last else following,
            more=not last,
            epoch="e",
            scope_count=PAGES if last else None,
            scope_digest=scope_digest((s.case.id, s.version) for s in self._states.values()),
            ahead=msgspec.UNSET if after else self._names,
        )
        return httpx.Response(200, content=msgspec.json.encode(page))


async def pulled(bench: Bench) -> Pulled:
    async with Server("https://school.example", transport=bench.phone.transport) as server:
        store, retry = bench.phone.store, Retry(lambda: 0.0)
        return await pull(store, server, retry, bench.phone.now, lambda *_: None)


@pytest.mark.parametrize(
    ("names", "at_once"),
    [
        (["2", "3", "4", "5", "6"], MOST_AT_ONCE),
        (["2", "4", "6"], MOST_AT_ONCE),  # the list grew meanwhile: what is named no longer fits
        (["5"], 2),
        ([], 1),
        (["1", "1", "1"], MOST_AT_ONCE),
    ],
)
async def test_pages_that_are_named_are_asked_for_at_once_and_all_cases_come_whatever_is_named(
    bench: Bench, names: list[str], at_once: int
) -> None:
    await bench.enrol()
    await bench.brief()
    server = LongList(bench, names=names)
    done = await pulled(bench)
    assert (done.received, done.complete) == (PAGES, True)
    assert server.most_at_once <= at_once
    assert set(server.asked) == {"", *map(str, range(1, PAGES))}
    if names == [str(n) for n in range(2, PAGES)]:
        assert server.most_at_once == at_once
        assert len(server.asked) == PAGES


NAMED = [str(n) for n in range(2, PAGES)]


class Breaking(LongList):
    """A server that does something else, once, when a page is asked for."""

    def __init__(self, bench: Bench, at: str, what: Callable[[], httpx.Response | None]) -> None:
        super().__init__(bench, names=NAMED)
        self._at, self._what = at, what
        self._broke = False

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after", "")
        if after == self._at and not self._broke:
            self._broke = True
            if (answer := self._what()) is not None:
                return answer
        return await super()._answer(request)


def cut() -> None:
    raise httpx.ReadError("cut")


async def nothing_else_runs() -> None:
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_page_that_is_cut_is_asked_for_again_and_the_others_are_kept(bench: Bench) -> None:
    await bench.enrol()
    await bench.brief()
    server = Breaking(bench, "3", cut)
    done = await pulled(bench)
    assert (done.received, done.complete) == (PAGES, True)
    assert len(server.asked) == PAGES
    await nothing_else_runs()


async def test_a_page_that_is_refused_ends_the_pull_with_nothing_under_way(bench: Bench) -> None:
    await bench.enrol()
    await bench.brief()
    server = Breaking(bench, "3", lambda: httpx.Response(500, json={"code": "fault"}))
    with pytest.raises(RemoteError):
        await pulled(bench)
    await nothing_else_runs()
    assert server.under_way == 0
    done = await pulled(bench)
    assert done.complete
    assert bench.phone.store.cases.count() == PAGES


async def test_a_pull_that_is_called_off_leaves_nothing_under_way(bench: Bench) -> None:
    await bench.enrol()
    await bench.brief()
    pulling: list[asyncio.Task[Pulled]] = []

    def call_off() -> None:
        pulling[0].cancel()

    server = Breaking(bench, "3", call_off)
    pulling.append(asyncio.create_task(pulled(bench)))
    with pytest.raises(asyncio.CancelledError):
        await pulling[0]
    await nothing_else_runs()
    assert server.under_way == 0
    assert (await pulled(bench)).complete


async def test_a_server_that_begins_anew_midway_gives_every_case(bench: Bench) -> None:
    """Restored from a backup while pages were under way: each old cursor gets the first page."""
    await bench.enrol()
    await bench.brief()
    server = LongList(bench, names=NAMED)
    usual = server._answer

    async def answer(request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after", "")
        if after in ("", "1", "2"):
            return await usual(request)
        at = after.removeprefix("f") if after.startswith("f") else ""
        asked = httpx.Request("GET", request.url.copy_set_param("after", at))
        page = msgspec.json.decode((await usual(asked)).content, type=ChangesPage)
        ahead = page.ahead if at else [f"f{name}" for name in NAMED]
        page = msgspec.structs.replace(page, epoch="f", next=f"f{page.next}", ahead=ahead)
        return httpx.Response(200, content=msgspec.json.encode(page))

    bench.phone.transport = httpx.MockTransport(answer)
    assert (await pulled(bench)).complete
    assert bench.phone.store.cases.count() == PAGES
    await nothing_else_runs()
