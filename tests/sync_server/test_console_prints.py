"""What a school prints before its teachers go, beside the notices: sheets to fill in by hand."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest
from litestar import Litestar

from sync_server.office import assignment
from sync_server.services import Services
from sync_server.store import audit
from tests.support.command_line import doorstep, report
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import fill
from tests.support.devices import case_ids
from tests.support.paper import teacher


@pytest.fixture
async def liaison(app: Litestar, services: Services) -> Browser:
    services.database.write(lambda c: fill(c))
    people(services)
    return await signed_in(app, "one")


def words(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        return "".join("".join(p.get_textpage().get_text_range().split()) for p in document)
    finally:
        document.close()


@pytest.mark.parametrize(
    ("name", "seen", "noted"),
    [("signing-sheets", "书面通知签收表", ["6"]), ("statement-sheet", "情况说明", [])],
)
async def test_sheets_to_fill_in_are_printed_and_those_with_people_noted(
    liaison: Browser, services: Services, name: str, seen: str, noted: list[str]
) -> None:
    page = await liaison.get("/schools/01")
    assert f'action="/schools/01/{name}.pdf"' in page.text
    answer = await liaison.post(f"/schools/01/{name}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert seen in words(answer.content)
    lines = services.database.read(lambda c: audit.listed(c))
    assert [e.detail for e in lines if e.action == "sheets.print"] == noted


async def test_a_teachers_people_have_a_sheet_each_with_the_name_masked(
    liaison: Browser, services: Services
) -> None:
    staff = teacher(services)
    first, second, *_ = case_ids(services, "01")
    assignment.assign(services, [first, second], staff, who="t")
    answer = await liaison.follow(
        await liaison.post("/schools/01/paper/sheets.pdf", kind="visit", staff=staff)
    )
    printed = words(answer.content)
    assert printed.count("上门走访记录表") == 2
    assert printed.count("样*") == 2
    assert "样例" not in printed
    lines = services.database.read(lambda c: audit.listed(c))
    assert [e.detail for e in lines if e.action == "sheets.print"] == ["2"]


@pytest.mark.parametrize("typed", [{"staff": "nobody"}, {"village": "没有的村"}])
async def test_sheets_for_nobody_are_refused_with_the_reason(
    liaison: Browser, typed: dict[str, str]
) -> None:
    page = await liaison.follow(await liaison.post("/schools/01/paper/sheets.pdf", **typed))
    assert "没有未还清的人" in page.text


@pytest.mark.parametrize(
    ("which", "seen"),
    [("signing", "书面通知签收表"), ("statement", "情况说明"), ("records", "电话联系记录表")],
)
def test_the_command_line_prints_them_too(
    services: Services, tmp_path: Path, which: str, seen: str
) -> None:
    services.database.write(lambda c: fill(c))
    place = tmp_path / "sheets.pdf"
    data = services.settings.data_dir
    done = report(doorstep("sheets", "01", which, "--out", place, "--json", data=data))
    assert done == {"file": str(place)}
    assert seen in words(place.read_bytes())
