"""The pages and commands of bulletins and late schools."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from litestar import Litestar

from sync_server.office import bulletins, certs, late_schools
from sync_server.office.summary_files import folder_of
from sync_server.sample.scans import stamped
from sync_server.services import Services
from sync_server.store import summaries as stored
from tests.support.command_line import doorstep, report
from tests.support.console_browser import Browser, people, signed_in
from tests.support.supervision import at_work


@pytest.fixture
async def admin(app: Litestar, services: Services) -> Browser:
    at_work(services)
    people(services)
    return await signed_in(app, "admin")


def fields_of(text: str, action: str) -> dict[str, str]:
    """The hidden fields of the form with this address."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"(.*?)</form>', text, re.S)
    assert form is not None, action
    hidden = re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', form[1])
    return {name: value for name, value in hidden if name in ("asked", "seen", "after", "state")}


async def test_an_admin_freezes_what_the_page_shows_and_a_second_press_adds_none(
    admin: Browser, services: Services
) -> None:
    text = (await admin.get("/bulletins")).text
    assert "50.00%" in text
    sent = fields_of(text, "/bulletins/issue")
    for _ in range(2):
        await admin.post("/bulletins/issue", **sent)
    (one,) = bulletins.listed(services)
    text = (await admin.get(f"/bulletins/{one.id}")).text
    assert "青槐教贷通报〔2019〕1号" in text
    assert one.sha256 in text
    book = await admin.get(f"/bulletins/{one.id}/files/frozen.xlsx")
    assert book.content.startswith(b"PK")


async def test_a_withdrawn_bulletin_says_so_on_its_page(admin: Browser, services: Services) -> None:
    one = bulletins.issue(services, who="t")
    page = f"/bulletins/{one.id}"
    await admin.post(f"{page}/withdraw", reason="数字录错")
    text = (await admin.get(page)).text
    assert "已撤回" in text
    assert "数字录错" in text
    assert "已撤回" in (await admin.get("/bulletins")).text
    assert f'action="{page}/print"' not in text


async def test_it_is_printed_scanned_and_sealed_on_its_page(
    admin: Browser, services: Services
) -> None:
    one = bulletins.issue(services, who="t")
    page = f"/bulletins/{one.id}"
    assert f'action="{page}/print"' in (await admin.get(page)).text
    assert (await admin.post(f"{page}/print")).content.startswith(b"%PDF")
    assert f'action="{page}/scan"' in (await admin.get(page)).text
    row = services.database.read(lambda c: stored.get(c, one.id))
    folder = folder_of(services, row)
    scans = stamped(folder / "printed.pdf", seed=3)
    await admin.post(f"{page}/scan", files=[("file", (name, data)) for name, data in scans])
    text = (await admin.get(page)).text
    assert "可以封存" in text
    assert f'action="{page}/seal"' in text
    await admin.post(f"{page}/seal")
    text = (await admin.get(page)).text
    assert "已封存" in text
    assert f'href="{page}/files/summary.pdf"' in text
    assert "上报" not in text.split("<main")[1]
    assert (await admin.get(f"{page}/files/summary.pdf")).content.startswith(b"%PDF")


async def test_bulletins_and_late_schools_are_for_the_countys_admins(
    app: Litestar, admin: Browser, services: Services
) -> None:
    one = bulletins.issue(services, who="t")
    late_schools.decide(services, "01", call_in=True, reason="", after=0, who="t")
    officer = await signed_in(app, "officer")
    for path in ("/bulletins", f"/bulletins/{one.id}", "/late-schools"):
        assert (await officer.get(path)).status_code == 403, path


async def test_a_talk_goes_through_its_steps_on_the_page(
    admin: Browser, services: Services
) -> None:
    text = (await admin.get("/late-schools")).text
    assert "送达率3/6" in text
    assert "规定:2019年11月29日前达到95%" in text.replace("：", ":")
    decide = "/late-schools/decide/01"
    await admin.post(decide, do="call_in", **fields_of(text, decide))
    row = late_schools.found(services)[0].last
    assert row is not None
    await admin.post(f"/late-schools/{row.id}/day", day="2019-12-16")
    note = {"held_on": "2019-12-12", "with_whom": "校长甲", "agreed": "三天内补齐"}
    await admin.post(f"/late-schools/{row.id}/talk", **note)
    text = (await admin.get("/late-schools")).text
    assert "校长甲" in text
    back = f"/late-schools/{row.id}/take-back"
    await admin.post(back, **fields_of(text, back))
    assert "校长甲" not in (await admin.get("/late-schools")).text
    assert (await admin.post("/late-schools/list.pdf")).content.startswith(b"%PDF")
    text = (await admin.get("/late-schools")).text
    assert "已打印" in text
    assert back not in text


async def test_what_was_typed_is_kept_where_a_step_is_refused(
    admin: Browser, services: Services
) -> None:
    row = late_schools.decide(services, "01", call_in=True, reason="", after=0, who="t")
    await admin.post(f"/late-schools/{row.id}/day", day="")
    assert "日期" in (await admin.get("/late-schools")).text
    await admin.post(f"/late-schools/{row.id}/day", day="2019-12-16")
    note = {"held_on": "2019-12-12", "with_whom": "", "agreed": "三天内补齐"}
    await admin.post(f"/late-schools/{row.id}/talk", **note)
    assert "三天内补齐" in (await admin.get("/late-schools")).text


async def test_pages_are_in_english_too(admin: Browser, services: Services) -> None:
    late_schools.decide(services, "01", call_in=False, reason="x", after=0, who="t")
    await admin.get("/language/en")
    assert "What one issued now would say" in (await admin.get("/bulletins")).text
    assert "delivered, due 2019-11-29" in (await admin.get("/late-schools")).text


def test_the_command_line_issues_prints_seals_verifies_and_withdraws(
    services: Services, tmp_path: Path
) -> None:
    at_work(services)
    data = services.settings.data_dir
    made = report(doorstep("bulletin", "issue", "--json", data=data))
    assert made["number_text"] == "青槐教贷通报〔2019〕1号"
    pages = Path(report(doorstep("bulletin", "print", "1", "--json", data=data))["print"])
    scans = []
    for name, picture in stamped(pages, seed=3):
        (place := tmp_path / name).write_bytes(picture)
        scans += ["--scan", str(place)]
    sealed = report(doorstep("bulletin", "seal", "1", *scans, "--json", data=data))
    (root := tmp_path / "root.pem").write_bytes(certs.root_pem(services))
    said = doorstep("verify", sealed["summary.pdf"], "--trust", root).stdout
    assert "完整有效" in said
    assert "通报" in said
    assert "第1号" in said
    report(doorstep("bulletin", "withdraw", "1", "--reason", "演示", "--json", data=data))
    (listed,) = report(doorstep("bulletin", "list", "--json", data=data))
    assert listed["withdrawn_at"]
    assert listed["sha256"] == made["sha256"]
    assert "已撤回" in doorstep("bulletin", "list", data=data).stdout
    assert report(doorstep("bulletin", "late", "--json", data=data))[0]["unit"] == "01"
    refused = doorstep("bulletin", "print", "9", data=data)
    assert refused.returncode == 1
