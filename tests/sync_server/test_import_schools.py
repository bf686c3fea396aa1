"""A school renamed in a list does not become a second school: known names match, others are asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select

from shared.problems import ProblemError
from sync_server.office import import_history, imports, schools
from sync_server.office import placing as move_by_hand
from sync_server.office.importing.choice import Choice
from sync_server.services import Services
from sync_server.store import cases, feed, placing, school_names, units
from sync_server.store import tables as t
from tests.support.console_browser import Browser, heading, people, signed_in
from tests.support.county import SCHOOLS, SEASON, fill, repaid
from tests.support.dump import dump
from tests.support.intake_files import due_rows, line, write_xlsx

WILLOW, STONE = SCHOOLS
NEW_NAME = "柳泉镇第一小学"
CONTACTS = ("序号", "学校", "分管领导", "职务", "联系电话", "联络员", "职务", "联系电话", "备注")
AREAS = ("序号", "包联人", "学校", "负责乡镇(街道)")


@pytest.fixture
def office(services: Services) -> Services:
    """Three schools, the first two with people."""
    services.database.write(lambda c: fill(c, (2, 2, 0)))
    return services


def contacts(folder: Path, *names: str) -> Path:
    rows = [
        [n, name, "", "", "", f"新{n}", "", f"1390000000{n}", ""] for n, name in enumerate(names)
    ]
    return write_xlsx(folder / "附件1.xlsx", [CONTACTS, *rows])


def areas(folder: Path, *names: str) -> Path:
    rows = [[n, "任家嘉", name, f"第{n}镇"] for n, name in enumerate(names)]
    return write_xlsx(folder / "附件2.xlsx", [AREAS, *rows])


def due(folder: Path, *names: str) -> Path:
    lines = [line(n, 1, 包联学校=name) for n, name in enumerate(names, 1)]
    return write_xlsx(folder / "名单.xlsx", due_rows(lines))


def take(services: Services, kind: str, path: Path, **chosen: str) -> dict[str, Any]:
    """Import a file; `chosen`: the school a name is, by name."""
    choice = Choice(schools=chosen, gone="keep")
    return imports.apply(services, kind, path, who="admin", choice=choice)


def codes(services: Services) -> dict[str, str]:
    return {u.name: u.code for u in services.database.read(lambda c: units.units(c, SEASON))}


def said(report: dict[str, Any]) -> list[str]:
    return [p["code"] for p in report["problems"]]


THIRD = "第2小学"


@pytest.mark.parametrize("kind", ["contacts", "areas"])
@pytest.mark.parametrize(
    "written", [f"青槐县{WILLOW}", "柳泉镇 中心校", f"\u200b{WILLOW}", "柳泉镇中心校　"]
)
def test_spellings_of_a_school_are_that_school(
    office: Services, tmp_path: Path, kind: str, written: str
) -> None:
    file = {"contacts": contacts, "areas": areas}[kind]
    before = codes(office)
    report = take(office, kind, file(tmp_path, written, STONE, THIRD))
    assert report["applied"] is not None
    assert codes(office) == before


def test_earlier_names_are_that_school_and_the_report_says_so(
    office: Services, tmp_path: Path
) -> None:
    schools.rename(office, "01", NEW_NAME, who="admin")
    before = codes(office)
    for kind, file in (("contacts", contacts), ("areas", areas), ("due-list", due)):
        report = take(office, kind, file(tmp_path, WILLOW, STONE, THIRD))
        assert report["applied"] is not None
        assert "intake.school_old_name" in said(report)
        assert codes(office) == before
    assert len(office.database.read(lambda c: cases.rows(c, SEASON, unit="01"))) == 3


@pytest.mark.parametrize("kind", ["contacts", "areas"])
def test_a_name_like_a_known_one_is_asked_about_before_anything_is_written(
    office: Services, tmp_path: Path, kind: str
) -> None:
    file = {"contacts": contacts, "areas": areas}[kind]
    path, before = file(tmp_path, "柳泉镇中心小学", STONE, THIRD), dump(office)
    report = take(office, kind, path)
    assert report["applied"] is None
    assert "intake.school_undecided" in said(report)
    (asked,) = report["schools"]
    assert (asked["written"], asked["alike"][0]["code"]) == ("柳泉镇中心小学", "01")
    assert dump(office) == before


def test_a_new_name_in_place_of_a_school_that_is_missing_is_asked_about(
    office: Services, tmp_path: Path
) -> None:
    report = take(office, "contacts", contacts(tmp_path, "槐花希望小学", STONE, THIRD))
    assert report["applied"] is None
    assert [one["code"] for one in report["schools"][0]["alike"]] == ["01"]


def test_another_part_of_a_list_adds_its_schools_and_names_them(
    office: Services, tmp_path: Path
) -> None:
    report = take(office, "contacts", contacts(tmp_path, "槐花希望小学", "东关学校"))
    assert report["applied"]["new"] == 2
    assert "intake.schools_added" in said(report)
    assert set(codes(office)) == {WILLOW, STONE, THIRD, "槐花希望小学", "东关学校"}


def test_the_first_list_is_asked_nothing_about(services: Services, tmp_path: Path) -> None:
    report = take(services, "contacts", contacts(tmp_path, "青山镇中心校", "青山镇中心小学"))
    assert report["applied"]["new"] == 2
    assert "schools" not in report
    assert not any(code.startswith("intake.school") for code in said(report))


def test_a_school_that_only_the_second_table_has_is_asked_about(
    office: Services, tmp_path: Path
) -> None:
    path = areas(tmp_path, WILLOW, STONE, THIRD, "槐花希望小学")
    assert take(office, "areas", path)["applied"] is None
    assert take(office, "areas", path, 槐花希望小学="new")["applied"]["new"] == 1
    assert codes(office)["槐花希望小学"] == "04"


@pytest.mark.parametrize("kind", ["contacts", "areas", "due-list"])
def test_a_school_that_a_list_renames_keeps_its_code_and_undo_takes_the_name_back(
    office: Services, tmp_path: Path, kind: str
) -> None:
    file = {"contacts": contacts, "areas": areas, "due-list": due}[kind]
    report = take(office, kind, file(tmp_path, NEW_NAME, STONE, THIRD), **{NEW_NAME: "rename:01"})
    assert report["applied"] is not None
    assert codes(office) == {NEW_NAME: "01", STONE: "02", THIRD: "03"}
    known = office.database.read(lambda c: school_names.known(c, SEASON))
    assert known.code(WILLOW) == known.code(NEW_NAME) == "01"
    assert take(office, kind, file(tmp_path, NEW_NAME, STONE, THIRD))["applied"] is not None
    import_history_ids = [
        row.id
        for row in office.database.read(
            lambda c: c.execute(
                select(t.import_run.c.id)
                .where(t.import_run.c.undo != "")
                .order_by(t.import_run.c.id)
            ).all()
        )
    ]
    for run_id in reversed(import_history_ids):
        import_history.undo(office, run_id, who="admin")
    assert codes(office) == {WILLOW: "01", STONE: "02", THIRD: "03"}
    assert office.database.read(school_names.history) == []
    assert office.database.read(lambda c: placing.unplaced(c, SEASON)) == []


@pytest.mark.parametrize("kind", ["contacts", "areas", "due-list"])
def test_a_spelling_that_was_confirmed_is_known_the_next_time(
    office: Services, tmp_path: Path, kind: str
) -> None:
    file = {"contacts": contacts, "areas": areas, "due-list": due}[kind]
    report = take(office, kind, file(tmp_path, "柳中", STONE, THIRD), 柳中="01")
    assert report["applied"] is not None
    assert codes(office) == {WILLOW: "01", STONE: "02", THIRD: "03"}
    again = take(office, kind, file(tmp_path, "柳中", STONE, THIRD))
    assert again["applied"] is not None
    assert "intake.school_undecided" not in said(again)


def test_people_of_an_unknown_school_wait_until_it_is_chosen(
    office: Services, tmp_path: Path
) -> None:
    path = due(tmp_path, NEW_NAME, STONE, THIRD)
    report = imports.preview(office, "due-list", path, Choice(gone="keep"))
    assert report["schools"][0]["people"] == 1
    assert take(office, "due-list", path)["applied"]["unplaced"] == 1
    assert NEW_NAME not in codes(office)


def test_a_new_school_of_a_list_is_made_where_that_was_chosen(
    office: Services, tmp_path: Path
) -> None:
    path = due(tmp_path, NEW_NAME, STONE, THIRD)
    assert take(office, "due-list", path, **{NEW_NAME: "new"})["applied"]["unplaced"] == 0
    assert codes(office)[NEW_NAME] == "04"


def test_a_name_that_another_school_has_cannot_be_taken_by_a_list(
    office: Services, tmp_path: Path
) -> None:
    schools.merge(office, "03", "02", who="admin", confirmed=True)
    with pytest.raises(ProblemError, match=r"unit\.unknown"):
        take(office, "contacts", contacts(tmp_path, NEW_NAME, STONE), **{NEW_NAME: "rename:03"})


def test_a_retired_school_that_a_list_of_schools_names_is_at_work_again(
    office: Services, tmp_path: Path
) -> None:
    schools.retire(office, "03", who="admin")
    report = take(office, "contacts", contacts(tmp_path, WILLOW, STONE, THIRD))
    assert "intake.school_back" in said(report)
    assert codes(office)[THIRD] == "03"


@pytest.mark.parametrize("also", [WILLOW, "柳泉镇第一小学校"])
def test_a_school_that_a_file_names_twice_and_renames_stays_one(
    office: Services, tmp_path: Path, also: str
) -> None:
    path = contacts(tmp_path, NEW_NAME, STONE, THIRD, also)
    chosen = {NEW_NAME: "rename:01", **({} if also == WILLOW else {also: "rename:01"})}
    report = take(office, "contacts", path, **chosen)
    assert "intake.schools_one" in said(report)
    assert report["applied"]["new"] == 0
    assert set(codes(office).values()) == {"01", "02", "03"}


def test_an_undone_rename_is_told_to_phones(office: Services, tmp_path: Path) -> None:
    repaid(office, "2019-12-11", {})
    path = contacts(tmp_path, NEW_NAME, STONE, THIRD)
    run = take(office, "contacts", path, **{NEW_NAME: "rename:01"})["run"]
    head = office.database.read(lambda c: feed.head(c, "01"))
    import_history.undo(office, run, who="admin")
    lines = office.database.read(lambda c: feed.after(c, "01", head, 100))
    assert "briefing" in {line.kind for _, line in lines}


def test_a_merged_schools_name_in_a_list_is_the_school_that_has_its_people(
    office: Services, tmp_path: Path
) -> None:
    schools.merge(office, "03", "02", who="admin", confirmed=True)
    report = take(office, "contacts", contacts(tmp_path, WILLOW, STONE, THIRD))
    assert "intake.schools_one" in said(report)
    assert codes(office) == {WILLOW: "01", STONE: "02"}


async def test_the_preview_asks_in_a_form_and_the_answer_is_taken(
    app: Litestar, services: Services, tmp_path: Path
) -> None:
    services.database.write(lambda c: fill(c, (2, 2, 0)))
    people(services)
    admin = await signed_in(app, "admin")
    path = contacts(tmp_path, "柳泉镇中心小学", STONE, THIRD)
    page = await admin.upload("contacts", {"file": (path.name, path.read_bytes(), "")})
    assert "是新学校，还是哪一所改名" in page.text
    assert "rename:01" in page.text
    refused = await send(admin, page)
    assert "没有写入任何内容" in await admin.text_of(str(refused.url.path)) or (
        "没有写入任何内容" in refused.text
    )
    done = await send(admin, page, **{"school:柳泉镇中心小学": "rename:01"})
    assert heading(done).startswith("已写入")
    assert codes(services)["柳泉镇中心小学"] == "01"
    shown = await admin.get("/schools")
    assert WILLOW in shown.text
    assert "原名" in shown.text


async def send(browser: Browser, page: httpx.Response, **fields: str) -> httpx.Response:
    token = page.url.path.split("/")[2]
    data = {"token": token, "_csrf_token": browser.form_token, **fields}
    return await browser.follow(await browser.http.post("/imports/apply", data=data))


@pytest.mark.parametrize("written", [WILLOW, NEW_NAME, f"青槐县{NEW_NAME}"])
def test_who_was_moved_by_hand_stays_though_the_school_of_the_list_was_renamed(
    office: Services, tmp_path: Path, written: str
) -> None:
    take(office, "due-list", due(tmp_path, WILLOW))
    (one,) = office.database.read(
        lambda c: [r for r in cases.rows(c, SEASON, unit="01") if r["unit_name"] == WILLOW][-1:]
    )
    move_by_hand.move(office, [one["id"]], "02", who="admin", reason="搬家")
    schools.rename(office, "01", NEW_NAME, who="admin")
    report = imports.preview(office, "due-list", due(tmp_path, written), Choice(gone="keep"))
    assert "intake.moves" not in said(report)
    assert "moved" not in report.get("difference", {}) or not report["difference"]["moved"]


def test_people_of_a_retired_school_wait_to_be_placed_and_the_report_says_why(
    office: Services, tmp_path: Path
) -> None:
    schools.retire(office, "03", who="admin")
    report = take(office, "due-list", due(tmp_path, WILLOW, THIRD, THIRD))
    assert report["applied"]["unplaced"] == 2
    (why,) = [p for p in report["problems"] if p["code"] == "intake.school_retired"]
    assert f"“{THIRD}”的 2 人没有归校" in why["message"]
    schools.bring_back(office, "03", who="admin")
    again = take(office, "due-list", due(tmp_path, WILLOW, THIRD, THIRD))
    assert "intake.school_retired" not in said(again)
    assert len(office.database.read(lambda c: cases.rows(c, SEASON, unit="03"))) == 2
