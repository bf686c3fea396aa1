"""原件已收: until an officer records the stamped paper of a version, its school stands as 待交原件."""

from __future__ import annotations

import io
import re
import threading
from datetime import date
from typing import Any

import pytest
from litestar import Litestar
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from shared.problems import ProblemError
from sync_server.console.parts.overview import load_overview
from sync_server.office import original_papers, seasons, summaries, summary_verdicts
from sync_server.services import Services
from sync_server.store import audit, purging
from sync_server.store import original_papers as stored
from sync_server.store import summaries as summaries_store
from sync_server.store import tables as t
from sync_server.store.original_papers import OriginalPaper
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.summaries import SummaryRow
from sync_server.store.summary_states import State
from tests.support.command_line import doorstep, report
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.seasons import refused
from tests.support.summaries import version

PAGE = "/schools/01/summary"
DAY = date(2019, 12, 12)


@pytest.fixture
async def officer(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "officer")


def receive(services: Services, row: SummaryRow, pages: int = 5, day: date = DAY) -> OriginalPaper:
    return original_papers.receive(services, row.id, pages=pages, day=day, who="officer")


def state(services: Services, row: SummaryRow) -> str:
    return services.database.read(lambda c: stored.states(c, [row]))[row.id]


def notes(services: Services) -> list[str]:
    found = services.database.read(audit.listed)
    return [note.action for note in found if note.action.startswith("summary.original")]


@pytest.mark.parametrize("step", ["stamped", "sealed", "submitted", "accepted"])
def test_a_stamped_version_waits_for_its_paper_until_it_is_recorded(
    services: Services, county: list[str], step: State
) -> None:
    row = version(services, 1, step)
    assert state(services, row) == "awaited"
    receive(services, row)
    assert state(services, row) == "received"


def test_of_a_version_sealed_electronically_there_is_no_paper_to_wait_for(
    services: Services, county: list[str]
) -> None:
    row = version(services, 1, "sealed")
    services.database.write(
        lambda c: c.execute(t.summary.update().values(stands_on="elsewhere_ofd"))
    )
    row = services.database.read(lambda c: summaries_store.get(c, row.id))
    assert state(services, row) == ""
    assert refused(lambda: receive(services, row)) == "summary.no_paper"


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("composed", "summary.not_stamped"),
        ("printed", "summary.not_stamped"),
        ("discarded", "summary.discarded"),
        ("returned", "summary.returned"),
    ],
)
def test_a_version_without_a_stamped_paper_that_counts_takes_none(
    services: Services, county: list[str], step: State, code: str
) -> None:
    row = version(services, 1, step)
    assert state(services, row) == ""
    assert refused(lambda: receive(services, row)) == code


def test_the_countys_own_summary_has_no_officer_above_it(
    services: Services, county: list[str]
) -> None:
    row = version(services, 1, "sealed", unit="")
    assert state(services, row) == ""
    assert refused(lambda: receive(services, row)) == "summary.unknown"


def test_a_new_version_is_another_paper(services: Services, county: list[str]) -> None:
    first = version(services, 1, "accepted")
    receive(services, first)
    second = version(services, 2, "sealed")
    assert (state(services, first), state(services, second)) == ("received", "awaited")


def test_recorded_twice_it_is_one_entry_and_one_line_of_the_trail(
    services: Services, county: list[str]
) -> None:
    row = version(services, 1, "sealed")
    assert receive(services, row) == receive(services, row)
    assert notes(services) == ["summary.original"]


def test_another_number_of_pages_is_refused_while_an_entry_stands(
    services: Services, county: list[str]
) -> None:
    row = version(services, 1, "sealed")
    receive(services, row)
    assert refused(lambda: receive(services, row, pages=6)) == "summary.original_here"


def test_of_two_who_count_differently_at_once_one_entry_stands(
    services: Services, county: list[str]
) -> None:
    row = version(services, 1, "sealed")
    codes: list[str] = []

    def count(pages: int) -> None:
        try:
            receive(services, row, pages=pages)
            codes.append("")
        except ProblemError as problem:
            codes.append(problem.code)

    both = [threading.Thread(target=count, args=(pages,)) for pages in (4, 5)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    rows = services.database.read(lambda c: list(c.execute(select(t.original_paper))))
    assert len(rows) == 1
    assert sorted(codes) == ["", "summary.original_here"]


@pytest.mark.parametrize("pages", [0, -1, 10_000])
def test_a_number_that_counts_no_pages_is_refused(
    services: Services, county: list[str], pages: int
) -> None:
    row = version(services, 1, "sealed")
    assert refused(lambda: receive(services, row, pages=pages)) == "summary.original_pages"


@pytest.mark.parametrize("day", [None, date(2019, 12, 14), date(2001, 1, 1)])
def test_a_day_to_come_or_of_no_season_is_refused(
    services: Services, county: list[str], day: date
) -> None:
    row = version(services, 1, "sealed")
    assert refused(lambda: receive(services, row, day=day)) == "summary.original_day"


def test_a_day_before_the_version_was_composed_is_refused(
    services: Services, county: list[str]
) -> None:
    row = version(services, 1, "sealed")
    made = t.summary.update().values(composed_at="2019-12-11T16:00:00.000+00:00")
    services.database.write(lambda c: c.execute(made))
    early = date(2019, 12, 11)
    assert refused(lambda: receive(services, row, day=early)) == "summary.original_day"
    assert receive(services, row).day == "2019-12-12"


def test_an_entry_is_taken_back_with_a_reason_and_recorded_anew(
    services: Services, county: list[str]
) -> None:
    row = version(services, 1, "sealed")
    entry = receive(services, row)
    undo = original_papers.undo
    assert refused(lambda: undo(services, row.id, entry.id, reason=" ", who="o")) == (
        "fact.field_missing"
    )
    undo(services, row.id, entry.id, reason="数错了", who="o")
    assert state(services, row) == "awaited"
    undo(services, row.id, entry.id, reason="数错了", who="o")  # the button pressed twice
    again = receive(services, row, pages=6)
    assert again.id != entry.id
    undo(services, row.id, entry.id, reason="数错了", who="o")
    assert state(services, row) == "received", "an old page takes no newer entry back"
    assert notes(services) == ["summary.original", "summary.original_undo", "summary.original"]


def test_nothing_is_taken_back_where_nothing_is_recorded(
    services: Services, county: list[str]
) -> None:
    row = version(services, 1, "sealed")
    undo = original_papers.undo
    assert refused(lambda: undo(services, row.id, "", reason="x", who="o")) == (
        "summary.original_none"
    )


def test_the_reason_is_in_no_trail_and_goes_with_the_season(
    services: Services, county: list[str]
) -> None:
    row = version(services, 1, "sealed")
    entry = receive(services, row)
    original_papers.undo(services, row.id, entry.id, reason="王某拿错了", who="o")
    assert "王某" not in repr(services.database.read(audit.listed))
    services.database.write(lambda c: purging._empty_summaries(c, SEASON))
    kept = services.database.read(lambda c: c.execute(select(t.original_paper)).mappings().one())
    assert (kept["pages"], kept["undone_reason"]) == (5, "")


def test_a_closed_season_takes_no_entry(services: Services, county: list[str]) -> None:
    row = version(services, 1, "sealed")
    seasons.close_season(services, SEASON, who="t")
    assert refused(lambda: receive(services, row)) == "season.closed"


async def test_the_officer_records_it_and_every_page_of_the_school_says_so(
    officer: Browser, app: Litestar, services: Services
) -> None:
    row = version(services, 1, "submitted")
    admin = await signed_in(app, "admin")
    seen_by_officer = [(officer, path) for path in (PAGE, "/my-schools", "/schools/01")]
    pages = [*seen_by_officer, (admin, "/"), (admin, "/county")]
    for browser, path in pages:
        assert "待交原件" in (await browser.get(path)).text, path
    sent: dict[str, Any] = {"do": "receive", "pages": "7", "day": "2019-12-12"}
    answer = await officer.post(f"{PAGE}/{row.id}/original", **sent)
    assert answer.status_code == 303
    for browser, path in pages:
        text = (await browser.get(path)).text
        assert "原件已收" in text, path
        assert '<span class="chip warn">待交原件' not in text, path
    assert "12月12日收到 7 页" in (await officer.get(PAGE)).text


async def test_what_was_typed_stays_when_it_is_refused(
    officer: Browser, services: Services
) -> None:
    row = version(services, 1, "sealed")
    sent: dict[str, Any] = {"do": "receive", "pages": "七", "day": "2019-12-10"}
    await officer.post(f"{PAGE}/{row.id}/original", **sent)
    page = (await officer.get(PAGE)).text
    assert "原件的页数不对" in page
    assert 'value="七"' in page
    assert 'value="2019-12-10"' in page


async def test_a_liaison_reads_it_and_records_nothing(
    officer: Browser, app: Litestar, services: Services
) -> None:
    row = version(services, 1, "sealed")
    liaison = await signed_in(app, "one")
    assert "待交原件" in (await liaison.get(PAGE)).text
    assert f"{row.id}/original" not in (await liaison.get(PAGE)).text
    sent: dict[str, Any] = {"do": "receive", "pages": "7", "day": "2019-12-12"}
    assert (await liaison.post(f"{PAGE}/{row.id}/original", **sent)).status_code == 403
    assert state(services, row) == "awaited"


async def test_the_workbook_of_the_countys_schools_says_it_too(
    officer: Browser, app: Litestar, services: Services
) -> None:
    version(services, 1, "sealed")
    overview = await load_overview(services, WHOLE_COUNTY)
    assert (overview.original("01"), overview.original("02")) == ("awaited", "")
    admin = await signed_in(app, "admin")
    names = re.findall(r'href="/county\?export=([^"]+)"', (await admin.get("/county")).text)
    books = [(await admin.get(f"/county?export={name}")).content for name in names]
    texts = [cell for book in books for sheet in sheets(book) for row in sheet for cell in row]
    assert any("待交原件" in str(cell) for cell in texts)


def sheets(book: bytes) -> list[list[list[Any]]]:
    read = CalamineWorkbook.from_filelike(io.BytesIO(book))
    return [read.get_sheet_by_name(name).to_python() for name in read.sheet_names]


def test_seal_verdict_and_roll_up_wait_for_no_paper(services: Services, county: list[str]) -> None:
    row = version(services, 1, "submitted")
    done = summary_verdicts.record_verdict(services, row.id, "accepted", "", who="o")
    assert done.state == "accepted"
    assert list(summaries.sealed_files(services)) == ["01"]


def test_the_command_line_records_it_shows_it_and_takes_it_back(
    services: Services, county: list[str]
) -> None:
    version(services, 1, "sealed")
    data = services.settings.data_dir
    shown = report(doorstep("original", "01", "--json", data=data))
    assert (shown["version"], shown["original"]) == (1, "awaited")
    given = ("--pages", "7", "--day", "2019-12-12", "--json")
    done = report(doorstep("original", "01", *given, data=data))
    assert (done["original"], done["pages"], done["day"]) == ("received", 7, "2019-12-12")
    back = report(doorstep("original", "01", "--undo", "数错了", "--json", data=data))
    assert (back["original"], back["pages"]) == ("awaited", 0)
