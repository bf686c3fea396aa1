"""Lists to schools: the files, and which version was given out, seen, confirmed and signed for."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import openpyxl
import pypdfium2
import pytest
from litestar import Litestar

from shared.problems import ProblemError
from sync_server.console.parts import next_steps
from sync_server.console.parts.next_steps import Situation
from sync_server.office import assignment, case_lists, list_files, school_lists, seasons
from sync_server.paperwork.school_list import By
from sync_server.sample.season import season_2019
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit, case_import, cases, units
from sync_server.store import school_lists as store
from sync_server.store.progress import Progress
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.command_line import doorstep
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SCHOOLS, SEASON, person


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()


def standing(services: Services, unit: str = "01") -> store.ListStanding:
    found = school_lists.standing(services, unit)
    assert found
    return found


def with_teacher(services: Services) -> str:
    return services.database.write(lambda c: units.put_teacher(c, SEASON, "01", "赵老师"))


def more_people(services: Services, *numbers: int, due_fen: int = 100_00) -> None:
    found = [person(number, SCHOOLS[0], due_fen=due_fen) for number in numbers]
    services.database.write(lambda c: case_import.import_people(c, SEASON, found))


@pytest.fixture
async def liaison(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "one")


def test_the_workbook_begins_with_the_receipt_and_has_people_by_village_and_by_teacher(
    services: Services, county: list[str]
) -> None:
    teacher = with_teacher(services)
    first = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))[0]["id"]
    assignment.assign(services, [first], teacher, who="t")
    data = case_lists.school_list(services, "01", "school", who="t")
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["签收", "名单", "按老师"]
    cover = [cell.value for row in book["签收"].iter_rows() for cell in row if cell.value]
    assert {"学校（公章）", "联络员（签字）", SCHOOLS[0]} <= set(cover)
    assert any("共 6 人" in str(value) for value in cover)
    assert book["按老师"]["A3"].value == "赵老师"
    villages = [row[5].value for row in book["名单"].iter_rows(min_row=3)]
    assert villages == sorted(villages)


@pytest.mark.parametrize("by", get_args(By))
def test_the_print_is_masked_and_its_first_page_is_signed(
    services: Services, county: list[str], by: By
) -> None:
    cover, *rest = pages(case_lists.printed_list(services, "01", by=by, who="t"))
    assert all(words in cover for words in ("签收单", "学校（公章）", "校验码", "第1版", "共6人"))
    listed = "".join(rest)
    names = [cases.case_of(r) for r in services.database.read(lambda c: cases.rows(c, SEASON))]
    assert not any(case.borrower.name in listed for case in names)
    assert not any(phone in listed for case in names for phone in case.borrower.phones)
    assert listed.count("138****") == 6


def test_all_lists_come_in_one_zip_and_count_as_given_out(
    services: Services, county: list[str]
) -> None:
    data = case_lists.all_lists(services, WHOLE_COUNTY, who="chief")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        names = sorted(book.namelist())
        register = openpyxl.load_workbook(io.BytesIO(book.read("名单签收登记表.xlsx"))).active
    assert [name.split("-")[0] for name in names] == ["01", "01", "02", "02", "名单签收登记表.xlsx"]
    assert register is not None
    assert register.max_row == 3
    assert standing(services).is_given
    assert standing(services, "02").is_given
    assert not standing(services).is_seen
    newest = services.database.read(lambda c: audit.listed(c, 1))[0]
    assert (newest.action, newest.detail) == ("list.all", "2")


def test_without_people_there_is_nothing_to_give_out(services: Services) -> None:
    with pytest.raises(ProblemError) as refused:
        case_lists.all_lists(services, WHOLE_COUNTY, who="t")
    assert refused.value.code == "list.nobody"


def test_a_version_is_noted_once_however_often_it_is_taken(
    services: Services, county: list[str]
) -> None:
    case_lists.school_list(services, "01", "school", who="chief")
    first = standing(services).version
    case_lists.school_list(services, "01", "teacher", who="other")
    assert first is not None
    assert standing(services).version == first
    assert (first.version, first.given_by, first.people) == (1, "chief", 6)


@pytest.mark.parametrize("at_school", [True, False])
def test_a_list_that_changes_while_its_file_is_made_counts_as_given_to_nobody(
    services: Services, county: list[str], monkeypatch: pytest.MonkeyPatch, *, at_school: bool
) -> None:
    make = list_files.as_workbook

    def slowly(listed: list_files.Listed, recipient: str) -> bytes:
        more_people(services, 800)
        return make(listed, recipient)

    monkeypatch.setattr(list_files, "as_workbook", slowly)
    with pytest.raises(ProblemError) as refused:
        case_lists.school_list(services, "01", "school", who="t", at_school=at_school)
    assert refused.value.code == "list.changed"
    assert standing(services).version is None
    case_lists.school_list(services, "01", "school", who="t", at_school=at_school)
    assert (standing(services).is_seen, standing(services).is_given) == (at_school, not at_school)


async def test_the_first_look_of_the_liaison_is_noted_and_the_centres_is_not(
    app: Litestar, services: Services, liaison: Browser
) -> None:
    admin = await signed_in(app, "admin")
    await admin.get("/schools/01/lists")
    assert not standing(services).is_seen
    assert "还没看到" in (await admin.get("/lists")).text
    await liaison.get("/schools/01/lists")
    version = standing(services).version
    assert version is not None
    assert version.seen_by == "one"
    assert not version.confirmed_at
    assert not version.given_at


async def test_a_school_confirms_what_its_page_showed(services: Services, liaison: Browser) -> None:
    await liaison.get("/schools/01/lists")
    shown = standing(services).now.digest
    more_people(services, 90)
    await liaison.post("/schools/01/lists/confirm", digest=shown)
    assert "名单刚刚有变化" in await liaison.text_of("/schools/01/lists")
    await liaison.post("/schools/01/lists/confirm", digest=standing(services).now.digest)
    version = standing(services).version
    assert version is not None
    assert (version.version, version.confirmed_by) == (2, "one")


async def test_only_the_school_itself_confirms(
    app: Litestar, services: Services, liaison: Browser
) -> None:
    admin = await signed_in(app, "admin")
    digest = standing(services).now.digest
    await admin.post("/schools/01/lists/confirm", digest=digest)
    assert standing(services).version is None
    assert ">学校已看到</button>" not in (await admin.get("/schools/01/lists")).text


def test_the_list_that_the_centre_works_with_is_not_given_out(
    services: Services, county: list[str]
) -> None:
    case_lists.school_list(services, "01", "centre", who="t")
    assert standing(services).given is None


async def test_who_changed_since_the_school_looked_is_listed_until_it_confirms(
    app: Litestar, services: Services, liaison: Browser
) -> None:
    await liaison.get("/schools/01/lists")
    more_people(services, 90)
    more_people(services, 0, due_fen=300_00)
    changes = standing(services).changes()
    assert (len(changes.added), len(changes.changed), len(changes.gone)) == (1, 1, 0)
    admin = await signed_in(app, "admin")
    assert "看过以后有变化" in (await admin.get("/lists")).text
    for _ in range(2):
        page = (await liaison.get("/schools/01/lists")).text
        assert "样例90" in page
        assert "300.00" in page
    assert not standing(services).changed_since_seen
    await liaison.post("/schools/01/lists/confirm", digest=standing(services).now.digest)
    assert "样例90" not in (await liaison.get("/schools/01/lists")).text


def test_repayments_and_assignment_leave_a_list_the_same(
    services: Services, county: list[str]
) -> None:
    before = standing(services).now.digest
    teacher = with_teacher(services)
    ids = [r["id"] for r in services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))]
    assignment.assign(services, ids, teacher, who="t")
    assert standing(services).now.digest == before


async def test_a_signed_receipt_is_noted_once_and_can_be_taken_back(
    app: Litestar, services: Services, liaison: Browser
) -> None:
    case_lists.school_list(services, "01", "school", who="t")
    officer = await signed_in(app, "officer")
    for _ in range(2):
        await officer.post("/schools/01/lists/receipt", version="1")
    version = standing(services).version
    assert version is not None
    assert version.receipt_by == "officer"
    await officer.post("/schools/01/lists/receipt", version="1", back="no")
    assert standing(services).receipt is None
    acts = [n.action for n in services.database.read(lambda c: audit.listed(c, 20))]
    assert (acts.count("list.receipt"), acts.count("list.receipt_undo")) == (1, 1)
    assert (await liaison.post("/schools/01/lists/receipt", version="1")).status_code == 403
    await officer.post("/schools/01/lists/receipt", version="7")
    assert "没有第 7 版名单" in await officer.text_of("/lists")


def test_a_closed_season_gives_its_lists_out_and_notes_nothing(
    services: Services, county: list[str]
) -> None:
    seasons.close_season(services, SEASON, who="t")
    assert case_lists.school_list(services, "01", "school", who="t")
    assert standing(services).version is None


def steps_of_school(**more: Any) -> list[tuple[str, str]]:
    values = {"today": date(2019, 11, 21), "progress": Progress(), "as_of": "", "phones": 1, **more}
    found = next_steps.of_school(Situation(**values), season_2019())
    return [(step.code, step.tone) for step in found]


def test_a_school_is_asked_to_look_at_its_list_until_the_visits_begin() -> None:
    assert steps_of_school(list_confirmed=False) == [("list_unseen", "now")]
    assert steps_of_school(list_confirmed=True) == [("nothing", "well")]
    assert steps_of_school(list_confirmed=False, today=date(2019, 12, 12)) == [("nothing", "well")]
    assert steps_of_school(list_changes=2, today=date(2019, 12, 12)) == [("list_changed", "now")]


async def test_the_first_pages_say_which_lists_wait(
    app: Litestar, services: Services, liaison: Browser, app_settings: Settings
) -> None:
    app.state["services"].settings = replace(app_settings, clock_spec="2019-11-21T09:00+08:00")
    admin = await signed_in(app, "admin")
    assert "2 所学校还没有看到现在的名单" in (await admin.get("/")).text
    assert "看过点“学校已看到”" in (await liaison.get("/schools/01")).text
    await liaison.get("/schools/01/lists")
    digest = standing(services).now.digest
    await liaison.post("/schools/01/lists/confirm", digest=digest)
    assert "1 所学校还没有看到现在的名单" in (await admin.get("/")).text
    assert "看过点“学校已看到”" not in (await liaison.get("/schools/01")).text
    more_people(services, 90, 91)
    assert "名单有变化" in (await liaison.get("/schools/01")).text


def test_the_lists_of_all_schools_are_made_on_the_command_line_too(
    services: Services, county: list[str], app_settings: Settings, tmp_path: Path
) -> None:
    services.close()
    out = tmp_path / "lists.zip"
    found = doorstep("lists", "--out", out, "--json", data=app_settings.data_dir)
    assert found.returncode == 0, found.stderr
    assert len(zipfile.ZipFile(out).namelist()) == 5
