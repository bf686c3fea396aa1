"""A school without a phone: from its people to a summary that lacks nothing, on the office's pages alone.

tests/sync_server/test_school_without_phones.py seals it, tests/browser/test_school_without_phones.py does all of it in
Chromium.
"""

from __future__ import annotations

import re

import pytest
from litestar import Litestar

from sync_server.services import Services
from sync_server.store import devices, progress, seasons
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON, fill, repaid
from tests.support.devices import case_ids
from tests.support.paper import teacher

SCHOOL = "/schools/01"
PAPER = f"{SCHOOL}/paper"
DELIVERY = {
    "a-method": "1",
    "a-outcome": "1",
    "a-signer_relation": "1",
    "a-servers": "2",
    "why-no_photo": "8",
}
PROMISE = {"a-met": "1", "a-outcome": "1", "a-promise_date": "12-18", "a-visitors": "2"}
HARDSHIP = {"a-met": "1", "a-outcome": "15", "a-visitors": "2"}
STATEMENT = {"a-reason": "15", "a-narrative": "家中只有老人。", "a-handling": "3", "day": "12-11"}


async def key_in(
    browser: Browser, case: str, kind: int, *, scan: bool = True, **typed: str
) -> None:
    """One sheet: its form opened and saved."""
    page = await browser.get(f"{PAPER}?case={case}&kind={kind}")
    form_id = re.search(r'name="form_id" value="([^"]+)"', page.text)
    name = re.search(r'name="kind" value="([^"]+)"', page.text)
    assert form_id is not None
    assert name is not None
    files = {"scan": ("", b"", "image/jpeg")}
    hidden = {"form_id": form_id[1], "kind": name[1], "case": case, "teacher": "1"}
    answer = await browser.post(PAPER, files=files, **{**hidden, **typed})
    assert answer.status_code == 303, answer.text


async def press(browser: Browser, path: str, **typed: str) -> str:
    """The page that a button leads to."""
    return (await browser.follow(await browser.post(path, **typed))).text


@pytest.fixture
async def browser(app: Litestar, services: Services) -> Browser:
    services.database.write(lambda c: fill(c, (2, 1)))
    people(services)
    for name in ("甲", "乙"):
        teacher(services, name)
    repaid(services, "2019-12-11", {})
    return await signed_in(app, "one")


async def test_a_school_without_a_phone_gets_from_its_people_to_a_summary_that_lacks_nothing(
    browser: Browser, services: Services
) -> None:
    first, second = case_ids(services, "01")
    await press(browser, f"{SCHOOL}/assignment/evenly")
    for case in (first, second):
        await key_in(browser, case, 1, day="12-10", time="930", **DELIVERY)
    await key_in(browser, first, 2, day="12-11", time="1520", **PROMISE)
    await key_in(browser, second, 2, day="12-11", time="1640", **HARDSHIP)
    await key_in(browser, second, 5, **STATEMENT)
    season = services.database.read(lambda c: seasons.get(c, SEASON))
    found = services.database.read(lambda c: progress.case_standings(c, season, unit="01"))
    assert [line.standing.delivery for line in found] == ["signed", "signed"]
    assert {line.standing.group for line in found} == {"promised", "special"}

    queue = (await browser.get(f"{SCHOOL}/review")).text
    for fact in re.findall(r'id="f-([^"]+)"', queue):
        await browser.post(f"{SCHOOL}/review/{fact}", verdict="accepted", seen="")
    assert "没有等您复核的记录" in (await browser.get(f"{SCHOOL}/review")).text

    page = await press(browser, f"{SCHOOL}/summary/compose")
    assert "没有完成" not in page, page
    assert "请打印" in page
    assert services.database.read(lambda c: devices.count_confirmed(c, SEASON)) == 0
