"""The audit trail is searched by person, action, school or case, and day; page by page, and whole as a workbook."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import insert, select

from shared.ids import show_case_code
from sync_server.console.pages.audit import MAX_LINES
from sync_server.office import audit_search
from sync_server.office.audit_search import Asked
from sync_server.services import Services
from sync_server.store import audit, cases
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.ids import new_ids
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import case_ids
from tests.support.paper import VISIT, keyed


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


def noted(services: Services, *lines: dict[str, str]) -> None:
    def job(connection: Connection) -> None:
        for line in lines:
            audit.note(connection, **{"at": "2019-12-11T02:00:00.000Z", "who": "t", **line})

    services.database.write(job)


def search(services: Services, upto: str = "", skip: int = 0, **asked: Any) -> list[str]:
    """The details of the lines found."""
    found = services.database.read(
        lambda c: audit_search.read(
            c,
            SEASON,
            Asked(**asked),
            upto=upto,
            skip=skip,
            most=50,
        )
    )
    return sorted(note.detail for note in found.notes)  # one moment has no order of its own


def test_by_account_and_by_what_its_person_is_called(services: Services, county: list[str]) -> None:
    people(services)
    noted(
        services,
        {"who": "one", "action": "staff.add", "detail": "a"},
        {"who": "two", "action": "staff.add", "detail": "b"},
        {"who": "gone", "action": "staff.add", "detail": "c"},
    )
    assert search(services, who="one", action="staff.add") == ["a"]
    assert search(services, who="two先生") == ["b"]
    assert search(services, who="gone") == ["c"], "an account that is removed"
    assert search(services, who="先生", action="staff.add") == ["a", "b"]
    assert search(services, who="%") == []


def test_by_school_and_by_person_with_the_records_of_hers(
    services: Services, county: list[str]
) -> None:
    case = case_ids(services, "01")[0]
    record = keyed(services, case, "visit", VISIT, reason="x").fact_id
    noted(
        services,
        {"action": "case.place", "ref": case, "detail": "placed"},
        {"action": "review.accepted", "ref": record, "detail": "accepted"},
        {"action": "staff.add", "unit": "02", "detail": "of school two"},
    )
    row = services.database.read(lambda c: cases.rows(c, SEASON, ids=[case]))[0]
    name = cases.case_of(row).borrower.name
    for of in (name, row["code"], show_case_code(row["code"]), case):
        assert {"accepted", "placed"} <= set(search(services, of=of)), of
    assert search(services, of="青石镇中心校") == ["of school two"] == search(services, of="02")
    assert search(services, of="无此人") == []
    assert search(services, of=name[:2]) == [], "a name is whole, or half the county is found"


def test_by_days_as_they_are_in_china(services: Services, county: list[str]) -> None:
    noted(
        services,
        {"at": "2019-12-10T15:59:59.000Z", "action": "x", "detail": "the tenth"},
        {"at": "2019-12-10T16:00:00.000Z", "action": "x", "detail": "the eleventh"},
        {"at": "2019-12-11T16:00:00.000Z", "action": "x", "detail": "the twelfth"},
    )
    day = date(2019, 12, 11)
    assert search(services, action="x", first=day, last=day) == ["the eleventh"]
    assert search(services, action="x", first=day) == ["the eleventh", "the twelfth"]
    assert search(services, action="x", last=day) == ["the eleventh", "the tenth"]
    assert search(services, action="x", first=date(1, 1, 1), last=date(9999, 12, 31))


async def test_a_page_keeps_its_lines_while_others_are_added(
    admin: Browser, services: Services
) -> None:
    noted(services, *({"action": "list.print", "detail": f"{n}"} for n in range(MAX_LINES + 5)))
    first = (await admin.get("/audit?action=list.print")).text
    assert f"找到 {MAX_LINES + 5} 行" in first
    later = re.search(r'href="(/audit\?[^"]+&(?:amp;)?at=2)"', first)
    assert later
    noted(services, *({"action": "list.print", "detail": f"new{n}"} for n in range(3)))
    second = (await admin.get(later[1].replace("&amp;", "&"))).text
    details = [re.findall(r"<td>(\d+|new\d)</td>", text) for text in (first, second)]
    assert [len(found) for found in details] == [MAX_LINES, 5]
    assert set(details[0] + details[1]) == {f"{n}" for n in range(MAX_LINES + 5)}


async def test_the_workbook_has_every_line_found_and_is_a_line_itself(
    admin: Browser, services: Services
) -> None:
    noted(services, *({"action": "list.print"} for _ in range(MAX_LINES + 5)))
    page = (await admin.get("/audit?action=list.print&at=2")).text
    link = re.search(r'href="(/audit\?[^"]*export=[^"]*)"', page)
    assert link
    answer = await admin.get(link[1].replace("&amp;", "&"))
    assert "spreadsheet" in answer.headers["content-type"]
    assert len(answer.content) > 4000
    newest = services.database.read(lambda c: audit.listed(c, 1))[0]
    assert (newest.action, newest.who) == ("table.export", "admin")


async def test_who_inspects_searches_schools_and_days_but_nobody(
    app: Litestar, admin: Browser, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    noted(
        services,
        {"who": "13800000001", "action": "case.place", "ref": case, "unit": "01"},
        {"who": "one", "action": "case.off_list", "ref": "x", "unit": "02"},
    )
    auditor = await signed_in(app, "auditor")
    page = (await auditor.get("/audit?of=青石镇中心校&action=case.off_list")).text
    assert 'name="who"' not in page
    assert "找到 1 行" in page
    assert "找到 0 行" in (await auditor.get(f"/audit?of={case}")).text
    assert "没有找到" in (await auditor.get("/audit?of=样例1")).text
    same = [(await auditor.get(f"/audit?who={w}")).text for w in ("13800000001", "13900000009")]
    counts = [re.findall(r"找到 (\d+) 行", text) for text in same]
    assert counts[0] == counts[1], "that a search finds nothing would say who it is"


def test_searching_a_hundred_thousand_lines_costs_less_than_reading_them(
    services: Services, county: list[str]
) -> None:
    lines = [
        {
            "id": made,
            "at": f"2019-12-{1 + n % 28:02d}T02:00:00.000Z",
            "who": f"who{n % 50}",
            "unit": f"{n % 90:02d}",
            "action": f"act.{n % 40}",
            "ref": f"ref{n}",
            "detail": "",
        }
        for n, made in enumerate(new_ids(100_000))
    ]
    services.database.write(lambda c: c.execute(insert(t.audit), lines) and None)
    asked: list[dict[str, Any]] = [
        {},
        {"who": "who7"},
        {"action": "act.3"},
        {"of": "ref77777"},
        {"of": "05", "first": date(2019, 12, 3), "last": date(2019, 12, 9)},
    ]
    reading_s = spent_s(lambda: services.database.read(lambda c: c.execute(select(t.audit)).all()))
    for one in asked:
        assert search(services, **one)
        assert spent_s(partial(search, services, **one)) < reading_s, one


def spent_s(work: Callable[[], object]) -> float:
    """The least time of the processor that a work took of three times."""

    def once() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return min(once() for _ in range(3))
