"""After an update everybody is judged and indexed once: pages say how far that is, and none does it all itself."""

from __future__ import annotations

import random

import pytest
from litestar import Litestar
from sqlalchemy import delete, update

from sync_server.console.parts import alerts
from sync_server.office import search_index, standings
from sync_server.services import Services
from sync_server.store import behind, search_bits
from sync_server.store import search_index as index
from sync_server.store import standings as kept
from sync_server.store import tables as t
from sync_server.store.search_bits import BLOCK
from tests.bench import large_school
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON

OF_COUNTY = ("/", "/county", "/cases?show=paid", "/hand-in", "/morning", "/days.svg", "/inspection")


@pytest.fixture
def at_work(services: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    """A county whose standings are to be judged anew, where one is already many; nobody settles."""
    people(services)
    services.database.write(lambda c: large_school.rows_of("01", 0, 12).put(c))
    standings.rebuild(services, who="t")
    search_index.rebuild(services, who="t")
    monkeypatch.setattr(behind, "MOST_JUDGED", 0)
    monkeypatch.setattr(behind, "MOST_LOOKED_AT", 0)
    monkeypatch.setattr(alerts, "MANY_BEHIND", 1)
    services.database.writer._settles = None
    return services


async def test_pages_of_the_county_say_how_many_are_left_and_open_again_by_themselves(
    app: Litestar, at_work: Services
) -> None:
    browser = await signed_in(app, "admin")
    assert (await browser.get("/")).status_code == 200
    number = at_work.database.write(lambda c: kept.forget(c, SEASON))
    for page in OF_COUNTY:
        answer = await browser.get(page)
        assert answer.status_code == 503, page
        assert f"{number} 人里还剩 {number} 人" in answer.text
        assert 'http-equiv="refresh"' in answer.text
    assert (await browser.get("/schools/01")).status_code == 200
    assert (await browser.get("/cases")).status_code == 200
    standings.rebuild(at_work, who="t")
    assert (await browser.get("/")).status_code == 200


async def test_a_search_waits_for_its_index_and_the_first_page_says_so(
    app: Litestar, at_work: Services
) -> None:
    browser = await signed_in(app, "admin")
    number = at_work.database.write(lambda c: index.renew(c, SEASON))
    assert (await browser.get("/cases?q=w")).status_code == 503
    assert f"还剩 {number} 人" in (await browser.get("/")).text
    search_index.rebuild(at_work, who="t")
    assert (await browser.get("/cases?q=w")).status_code == 200
    assert "正在后台重做" not in (await browser.get("/")).text


def test_the_doctor_sees_a_wrong_term_a_wrong_text_and_who_is_not_in_the_index(
    services: Services,
) -> None:
    services.database.write(lambda c: large_school.rows_of("01", 0, 12).put(c))

    def look() -> tuple[int, int]:
        found = search_index.look(services)
        return len(found.different), found.lacking

    def spoil(statement: object) -> None:
        services.database.write(lambda c: c.execute(statement) and None)  # type: ignore[call-overload]

    search_index.rebuild(services, who="t")
    assert look() == (0, 0)
    everybody = search_index.look(services).people
    assert everybody == 12
    spoil(delete(t.search_term).where(t.search_term.c.term == "on"))
    assert look() == (everybody, 0)
    search_index.rebuild(services, who="t")
    spoil(update(t.search_case).values(shown="x"))
    assert look() == (everybody, 0)
    spoil(delete(t.search_case))
    assert look() == (0, everybody)
    search_index.rebuild(services, who="t")
    assert look() == (0, 0)


def test_a_kept_set_changes_as_a_set_does() -> None:
    draw = random.Random(1)
    for size in (0, 1, 5, 400, 3000):
        before = set(draw.sample(range(BLOCK), size))
        data = search_bits.packed(before)
        for change in (1, 40, 900):
            more = set(draw.sample(range(BLOCK), change))
            less = set(draw.sample(range(BLOCK), change)) - more
            after = search_bits.changed(data, more, less)
            assert after == search_bits.packed((before - less) | more)
        assert search_bits.changed(data, (), before) == b""
        assert (
            {n for n in range(BLOCK) if search_bits.has(data, n)} == before if data else not before
        )
