"""Today on a phone without a list: the reason, and the button that helps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from mobile.store.meta import NEXT_SEASON, ProblemNote, SyncState
from mobile.usecases.phone import Phone
from shared.problems import ProblemError, details
from tests.mobile.ui.conftest import Open
from tests.support.phone.seed import Seed, phone_with

SYNCED = SyncState(refreshed_at="2019-12-12T07:50:00+08:00", complete=True)


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Phone]:
    """Enrolled, without a case."""
    made = await phone_with(tmp_path / "empty", Seed(count=0))
    yield made
    made.store.close()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (SYNCED, "学校已经确认这部手机，还没有给您分人。"),
        (SyncState(), "名单还没有获取过。"),
        (SyncState(problem=ProblemNote(code="device.unconfirmed")), "这部手机还没有被联络员确认"),
        (
            SyncState(problem=ProblemNote(code="device.new_season")),
            "新一年的名单要等学校联络员确认",
        ),
        (SyncState(problem=ProblemNote(code="net.unreachable")), "现在连不上学校的服务器"),
    ],
    ids=["nobody assigned", "never fetched", "not confirmed", "new season", "offline"],
)
async def test_each_state_has_its_own_sentence(
    empty: Phone, open_window: Open, state: SyncState, words: str
) -> None:
    await empty.store.meta.put("sync", state)
    screen = await open_window(empty)
    await (await screen.see("还没有名单")).see(words)
    others = ("还没有给您分人", "还没有获取过", "还没有被联络员确认", "连不上学校的服务器")
    others = (*others, "新一年的名单")
    shown = [other for other in others if any(other in w for w in screen.words())]
    assert len(shown) == 1


async def test_a_list_with_unfinished_work_says_above_it_what_the_new_list_waits_for(
    tmp_path: Path, open_window: Open
) -> None:
    busy = await phone_with(tmp_path / "busy", Seed(count=1))
    await busy.store.meta.put(NEXT_SEASON, True)
    screen = await open_window(busy)
    await screen.see("新一年的名单，要等学校联络员确认这部手机")
    busy.store.close()


async def test_the_button_on_today_syncs_here(empty: Phone, open_window: Open) -> None:
    asked: list[str] = []
    problem = msgspec.json.encode(details(ProblemError("device.unconfirmed")))

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(403, content=problem)

    empty.transport = httpx.MockTransport(answer)
    screen = await open_window(empty)
    await (await screen.tap("立即同步")).see("没有同步成功：")
    await screen.at("/")
    assert "/v1/changes" in asked
