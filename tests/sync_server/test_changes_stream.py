"""Several pages in one answer: the same pages as one by one, ended early rather than late."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from shared import wire
from shared.problems import ProblemError
from sync_server.api import changes_stream
from sync_server.services import Services
from sync_server.store.changes import FIRST_OF_MANY, PAGE
from tests.support.county import fill
from tests.support.devices import RawPhone, case_ids, working_phone


class Made(wire.ChangesPage, frozen=True, kw_only=True, weakref=True):
    """A page whose end is seen."""


MANY = {"lean": wire.NO_SEASON, "many": "1"}


@pytest.fixture
async def phone(http: httpx.AsyncClient, services: Services) -> RawPhone:
    """One whose list has three pages and the first, small one."""
    services.database.write(lambda c: fill(c, (PAGE * 2 + 200,)))
    return await working_phone(http, services)


async def asked(phone: RawPhone, **more: str) -> tuple[httpx.Response, list[wire.ChangesPage]]:
    answer = await phone.ask("GET", "/v1/changes", params={**MANY, **more})
    assert answer.status_code == 200, answer.text
    pages = [msgspec.json.decode(line, type=wire.ChangesPage) for line in answer.text.splitlines()]
    return answer, [wire.by_lines(page) for page in pages]


def ids(pages: list[wire.ChangesPage]) -> list[str]:
    return [change.ref for page in pages for change in page.changes if change.kind == "case"]


@pytest.mark.parametrize("coding", ["gzip", "identity"])
async def test_a_list_from_its_start_comes_as_several_pages_in_one_answer(
    phone: RawPhone, services: Services, coding: str
) -> None:
    assert phone.http is not None
    phone.http.headers["Accept-Encoding"] = coding
    answer, pages = await asked(phone)
    assert answer.headers["content-type"].startswith(changes_stream.MEDIA_TYPE)
    assert answer.headers.get("content-encoding", "identity") == coding
    assert [page.more for page in pages] == [True, True, True, False]
    assert all(page.ahead is msgspec.UNSET for page in pages)
    assert len(ids(pages[:1])) == FIRST_OF_MANY
    assert sorted(ids(pages)) == sorted(case_ids(services, "01"))
    one_by_one = await phone.pages()
    assert pages[-1].next == one_by_one[-1].next
    assert pages[-1].scope_digest == one_by_one[-1].scope_digest


async def test_what_comes_in_one_page_is_answered_as_usual(phone: RawPhone) -> None:
    _, pages = await asked(phone)
    answer, [nothing] = await asked(phone, after=pages[-1].next)
    assert answer.headers["content-type"] == "application/json"
    assert (nothing.changes, nothing.more) == ([], False)


@pytest.mark.parametrize("bound", [("MOST_BYTES", 1), ("MOST_PAGES", 1)])
async def test_a_long_answer_ends_and_the_next_one_goes_on_at_its_cursor(
    phone: RawPhone, services: Services, monkeypatch: pytest.MonkeyPatch, bound: tuple[str, int]
) -> None:
    monkeypatch.setattr(changes_stream, *bound)
    pages = list[wire.ChangesPage]()
    while not pages or pages[-1].more:
        _, more = await asked(phone, **({"after": pages[-1].next} if pages else {}))
        assert len(more) == 1
        pages += more
    assert sorted(ids(pages)) == sorted(case_ids(services, "01"))


async def test_a_phone_stopped_meanwhile_gets_no_further_page(
    phone: RawPhone, services: Services
) -> None:
    first = (await asked(phone))[1][0]

    async def stopped(_: str) -> wire.ChangesPage:
        raise ProblemError("device.revoked")

    lines: AsyncIterator[bytes] = changes_stream._lines(first, wire.NO_SEASON, stopped)
    assert len([line async for line in lines]) == 1


async def test_a_phone_that_reads_slowly_holds_no_page(phone: RawPhone) -> None:
    found = (await asked(phone))[1]
    held = list[weakref.ref[Made]]()

    def made(number: int) -> Made:
        page = Made(**msgspec.structs.asdict(found[number]))
        held.append(weakref.ref(page))
        return page

    async def following(_: str) -> wire.ChangesPage:
        return made(1)

    lines = changes_stream._lines(made(0), wire.NO_SEASON, following)
    for _ in range(2):
        await anext(lines)
        assert held[-1]() is None
    assert len(held) == 2


async def test_only_the_first_page_brings_the_season(phone: RawPhone) -> None:
    _, pages = await asked(phone)
    briefings = [[c for c in page.changes if c.kind == "briefing"] for page in pages]
    assert [len(found) for found in briefings] == [1, 0, 0, 0]
