"""The pages and commands of spot checks."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar import Litestar

from sync_server.office import bulletins, spot_checks
from sync_server.services import Services
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.command_line import doorstep, report
from tests.support.console_browser import Browser, people, signed_in
from tests.support.spot_checks import NOT_REAL, drawn, not_real, visited_school

KEYED = {"inspectors": "督查甲", "seen_on": "2019-12-12"}


@pytest.fixture
async def admin(app: Litestar, services: Services) -> Browser:
    visited_school(services)
    people(services)
    return await signed_in(app, "admin")


async def test_an_admin_draws_prints_and_keys_in(admin: Browser, services: Services) -> None:
    assert "先发一份通报" in (await admin.get("/spot-checks")).text
    issued = bulletins.issue(services, who="t")
    for _ in range(2):
        await admin.post("/spot-checks/draw", bulletin=issued.id, school="", size="3")
    (found,) = spot_checks.listed(services, WHOLE_COUNTY)
    page = f"/spot-checks/{found.check.id}"
    assert (await admin.post(f"{page}/sheet.pdf")).content.startswith(b"%PDF")
    listed = (await admin.get(f"{page}/codes.txt")).text.split()
    assert listed == found.check.codes
    lines = {"verdict-1": "1", "after-1": "0", "verdict-2": "2", "note-2": NOT_REAL, "after-2": "0"}
    await admin.post(f"{page}/findings", **KEYED, **lines, **{"verdict-3": "", "after-3": "0"})
    text = (await admin.get(page)).text
    assert "已查 2/3 人:属实 1,不属实 1,没见到人 0".replace(":", "：").replace(",", "，") in text
    assert NOT_REAL in text
    assert "样例" not in text.split("<main")[1]


async def test_what_was_typed_stays_where_the_sheet_is_refused(
    admin: Browser, services: Services
) -> None:
    page = f"/spot-checks/{drawn(services).check.id}"
    await admin.post(f"{page}/findings", **KEYED, **{"verdict-1": "7", "note-1": "记错"})
    text = (await admin.get(page)).text
    assert "“7”不对" in text
    assert 'value="记错"' in text
    await admin.post(f"{page}/findings", **KEYED, **{"verdict-1": "2", "after-1": "0"})
    assert "没有写备注" in (await admin.get(page)).text
    await admin.post(f"{page}/findings", inspectors="甲", seen_on="", **{"verdict-1": "1"})
    assert "日期" in (await admin.get(page)).text
    assert spot_checks.listed(services, WHOLE_COUNTY)[0].result.checked == 0


async def test_a_finding_is_a_card_of_the_school_until_it_is_answered_and_closed(
    app: Litestar, admin: Browser, services: Services
) -> None:
    check = not_real(services).check.id
    liaison = await signed_in(app, "one")
    card = "督查发现 1 人和记录不符"
    assert card in (await liaison.get("/schools/01")).text
    page = "/schools/01/spot-checks"
    assert NOT_REAL in (await liaison.get(page)).text
    await liaison.post(f"{page}/{check}/1", note="日期录错了", after="1")
    assert card not in (await liaison.get("/schools/01")).text
    assert "等中心看" in (await liaison.get(page)).text
    assert "督查结果学校已说明" in (await admin.get("/")).text
    assert "日期录错了" in (await admin.get(f"/spot-checks/{check}")).text
    follow = f"/spot-checks/{check}/follow/1"
    await admin.post(follow, do="ask", note="录成哪天?", after="2")
    assert card in (await liaison.get("/schools/01")).text
    await liaison.post(f"{page}/{check}/1", note="录成11日", after="3")
    await admin.post(follow, do="close", note="已核实", after="4")
    assert spot_checks.one(services, check).result.closed == 1
    assert "已了结" in (await liaison.get(page)).text


async def test_a_school_does_not_see_whom_the_centre_drew_before_it_asked(
    app: Litestar, admin: Browser, services: Services
) -> None:
    found = drawn(services)
    liaison = await signed_in(app, "one")
    text = (await liaison.get("/schools/01/spot-checks")).text
    assert "还没有督查结果" in text
    assert found.people[0].recorded.name not in text.split("<main")[1]
    assert (await liaison.get(f"/spot-checks/{found.check.id}")).status_code == 403


async def test_an_officer_prints_keys_and_follows_up_the_sheets_of_the_own_schools(
    app: Litestar, admin: Browser, services: Services
) -> None:
    check = drawn(services).check.id
    officer, page = await signed_in(app, "officer-one"), f"/spot-checks/{check}"
    text = (await officer.get("/spot-checks")).text
    assert page in text
    assert "/spot-checks/draw" not in text
    assert f"{page}/take-back" not in (await officer.get(page)).text
    assert (await officer.get(f"{page}/codes.txt")).status_code == 200
    assert (await officer.post(f"{page}/sheet.pdf")).content.startswith(b"%PDF")
    lines = {"verdict-1": "2", "note-1": NOT_REAL, "after-1": "0"}
    await officer.post(f"{page}/findings", **KEYED, **lines)
    spot_checks.answer(services, "01", check, 1, "日期录错了", after=1, who="t")
    assert "督查结果学校已说明" in (await officer.get("/my-schools")).text
    assert "日期录错了" in (await officer.get(page)).text
    await officer.post(f"{page}/follow/1", do="close", note="已核实", after="2")
    assert spot_checks.one(services, check).result.closed == 1


async def test_an_officer_finds_no_spot_check_of_another_school(
    app: Litestar, admin: Browser, services: Services
) -> None:
    check = not_real(services).check.id
    officer, page = await signed_in(app, "officer-two"), f"/spot-checks/{check}"
    assert check not in (await officer.get("/spot-checks")).text
    for path in (page, f"{page}/codes.txt"):
        assert (await officer.get(path)).status_code == 404, path
    for path in ("sheet.pdf", "findings", "follow/1"):
        sent = {**KEYED, "note": "x", "after": "1"}
        assert (await officer.post(f"{page}/{path}", **sent)).status_code == 404, path
    assert (await officer.post("/spot-checks/draw", size="1")).status_code == 403


async def test_who_inspects_reads_results_by_school_and_not_who_was_drawn(
    app: Litestar, admin: Browser, services: Services
) -> None:
    found = not_real(services)
    auditor, page = await signed_in(app, "auditor"), f"/spot-checks/{found.check.id}"
    text = (await auditor.get("/spot-checks")).text
    assert "等学校说明" in text
    assert page not in text
    for path in (page, f"{page}/codes.txt", "/schools/01/spot-checks"):
        assert (await auditor.get(path)).status_code == 403, path
    read = services.for_inspection()
    (one,) = spot_checks.listed(read, WHOLE_COUNTY)
    assert one.result == found.result
    assert {person.recorded.name for person in one.people} == {""}
    assert one.people[0].steps[0].note == "–"


async def test_pages_are_in_english_too(admin: Browser, services: Services) -> None:
    check = not_real(services).check.id
    await admin.get("/language/en")
    assert "Results by school" in (await admin.get("/spot-checks")).text
    assert "1 of 3 checked" in (await admin.get(f"/spot-checks/{check}")).text
    assert "The school&#39;s answer" in (await admin.get("/schools/01/spot-checks")).text


async def test_a_drawing_is_taken_back_on_its_page(admin: Browser, services: Services) -> None:
    page = f"/spot-checks/{drawn(services).check.id}"
    assert f'action="{page}/take-back"' in (await admin.get(page)).text
    await admin.post(f"{page}/take-back")
    assert spot_checks.listed(services, WHOLE_COUNTY) == []


def test_the_command_line_draws_sets_sheets_and_shows_results(
    services: Services, tmp_path: Path
) -> None:
    visited_school(services)
    bulletins.issue(services, who="t")
    data, drawing = services.settings.data_dir, ("spot-check", "draw", "--bulletin", "1")
    (made,) = report(doorstep(*drawing, "--size", "2", "--json", data=data))
    assert (made["unit"], made["frame"], len(made["drawn"])) == ("01", 4, 2)
    sheet = ("spot-check", "sheet", "--bulletin", "1", "--out", tmp_path / "out", "--json")
    (path,) = report(doorstep(*sheet, data=data))
    assert Path(path).read_bytes().startswith(b"%PDF")
    (result,) = report(doorstep("spot-check", "result", "--json", data=data))
    assert (result["checked"], result["frame_sha256"]) == (0, made["frame_sha256"])
    assert "4 人中抽 2 人" in doorstep("spot-check", "result", data=data).stdout
    assert doorstep("spot-check", "draw", "--bulletin", "9", data=data).returncode == 1
