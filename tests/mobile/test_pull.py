"""The pull of a newer app: cases come once more, with the fields that the older one dropped."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from mobile.store.meta import SyncState
from mobile.sync.pull import CASE_FIELDS
from mobile.usecases.sync_now import sync_now
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
