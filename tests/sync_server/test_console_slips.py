"""The pages of scanned slips, over forms alone: upload, key, take back; and who may see which picture."""

from __future__ import annotations

import re

import httpx
import pytest
from litestar import Litestar

from sync_server.services import Services
from sync_server.store import slip_stacks as store
from tests.support import slip_stacks as drawn
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import case_ids

DPI = 130


@pytest.fixture(scope="module")
def upload() -> bytes:
    """The slip of 01-0001 and one whose code is torn off, as one PDF."""
    first, second = (drawn.cut_off(s, DPI) for s in drawn.printed(drawn.notices(2, "01")[0], DPI))
    second.paste((255, 255, 255), (800, 0, 1000, 160))
    return drawn.pdf_of([first, second], DPI)


@pytest.fixture
async def liaison(app: Litestar, services: Services, county: list[str], upload: bytes) -> Browser:
    """The liaison of school 01, who has uploaded the stack."""
    people(services)
    browser = await signed_in(app, "one")
    answer = await browser.post(
        "/schools/01/slips", files={"file": ("一叠.pdf", upload, "application/pdf")}
    )
    shown = await browser.follow(answer)
    assert "归档 1 张" in shown.text
    return browser


def page_id(shown: httpx.Response) -> str:
    found = re.search(r'id="page-([0-9a-f-]+)"', shown.text)
    assert found, shown.text
    return found[1]


async def test_an_upload_is_filed_and_what_is_not_read_is_keyed_after_its_name_was_seen(
    liaison: Browser, services: Services
) -> None:
    page = page_id(await liaison.get("/schools/01/slips"))
    where = f"/schools/01/slips/pages/{page}"
    asked = await liaison.post(where, do="look", code="01 0002 6")
    assert "样例1" in asked.text
    ids = case_ids(services, "01")
    assert set(services.database.read(lambda c: store.filed_of(c, ids))) == {ids[0]}
    done = await liaison.follow(await liaison.post(where, do="key", code="01 0002 6"))
    assert "已归到样例1名下" in done.text
    assert set(services.database.read(lambda c: store.filed_of(c, ids))) == {*ids[:2]}


async def test_what_was_typed_stays_where_the_code_is_wrong(liaison: Browser) -> None:
    page = page_id(await liaison.get("/schools/01/slips"))
    answer = await liaison.post(f"/schools/01/slips/pages/{page}", do="look", code="01-0002-7")
    assert 'value="01-0002-7"' in (await liaison.follow(answer)).text


async def test_a_filing_is_taken_back_on_the_list_of_people(
    liaison: Browser, services: Services
) -> None:
    people_page = (await liaison.get("/schools/01/slips/people")).text
    found = re.search(r"/schools/01/slips/pages/([0-9a-f-]+)", people_page)
    assert found
    await liaison.post(f"/schools/01/slips/pages/{found[1]}", do="undo")
    ids = case_ids(services, "01")
    assert services.database.read(lambda c: store.filed_of(c, ids)) == {}
    assert services.database.read(lambda c: store.waiting(c, SEASON, "01")) == 2


async def test_the_page_of_a_person_shows_the_scan_apart_from_photos(
    liaison: Browser, services: Services
) -> None:
    first = case_ids(services, "01")[0]
    shown = (await liaison.get(f"/cases/{first}")).text
    picture = re.search(rf"/cases/{first}/slips/[0-9a-f]{{64}}", shown)
    assert picture
    data = (await liaison.get(picture[0])).content
    assert data.startswith(b"\xff\xd8")


async def test_the_liaison_of_another_school_sees_no_picture(
    app: Litestar, liaison: Browser, services: Services
) -> None:
    ids = case_ids(services, "01")
    (slips,) = services.database.read(lambda c: store.filed_of(c, ids)).values()
    other = await signed_in(app, "two")
    for path in (
        f"/schools/01/slips/pictures/{slips[0].sha256}",
        f"/schools/02/slips/pictures/{slips[0].sha256}",
        f"/cases/{ids[0]}/slips/{slips[0].sha256}",
    ):
        assert (await other.get(path)).status_code == 404
    officer = await signed_in(app, "officer")
    assert (await officer.get(f"/slips/pictures/{slips[0].sha256}")).status_code == 200


async def test_the_next_steps_of_the_school_name_what_waits(liaison: Browser) -> None:
    assert "1 张扫描的签收单等您看" in (await liaison.get("/schools/01")).text


async def test_an_upload_without_a_file_is_refused_on_the_page(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    browser = await signed_in(app, "one")
    answer = await browser.follow(await browser.post("/schools/01/slips", none="1"))
    assert "没有选文件" in answer.text
