"""The pages and commands of bulletins and late schools."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from litestar import Litestar

from sync_server.office import (
    bulletins,
    certs,
    inspection,
    late_schools,
    original_papers,
    spot_checks,
    summaries,
    summary_scans,
)
from sync_server.office.summary_files import folder_of
from sync_server.sample.scans import stamped
from sync_server.services import Services
from sync_server.store import summaries as stored
from sync_server.store.bulletins import Bulletin
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.command_line import doorstep, report
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SCHOOLS
from tests.support.seasons import refused
from tests.support.supervision import at_work


@pytest.fixture
async def admin(app: Litestar, services: Services) -> Browser:
    at_work(services)
    people(services)
    return await signed_in(app, "admin")


def sealed(services: Services, one: Bulletin) -> None:
    """Print, stamp, scan and seal a bulletin."""
    pages = summaries.to_print(services, one.id, who="t")
    summary_scans.add(services, one.id, stamped(pages, seed=3), who="t")
    summaries.seal(services, one.id, who="t")


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


@pytest.mark.parametrize("name", ["officer-one", "one"])
async def test_officers_and_schools_read_a_bulletin_once_it_is_sealed(
    app: Litestar, services: Services, name: str
) -> None:
    at_work(services)
    people(services)
    one = bulletins.issue(services, who="t")
    reader, page = await signed_in(app, name), f"/bulletins/{one.id}"
    assert one.number_text not in (await reader.get("/bulletins")).text
    assert (await reader.get(page)).status_code == 404
    assert (await reader.get(f"{page}/files/frozen.xlsx")).status_code == 404
    sealed(services, one)
    text = (await reader.get("/bulletins")).text
    assert one.number_text in text
    assert "/bulletins/issue" not in text
    text = (await reader.get(page)).text
    assert "50.00%" in text
    assert "<form" not in text.split("<main")[1]
    assert (await reader.get(f"{page}/files/summary.pdf")).content.startswith(b"%PDF")
    assert (await reader.post(f"{page}/withdraw", reason="x")).status_code == 403


async def test_an_officer_sets_the_day_and_notes_the_talk_of_an_own_school(
    app: Litestar, admin: Browser, services: Services
) -> None:
    ours, theirs = (
        late_schools.decide(services, unit, call_in=True, reason="", after=0, who="t")
        for unit in ("01", "02")
    )
    officer = await signed_in(app, "officer-one")
    assert "还没有定日期" in (await officer.get("/my-schools")).text
    text = (await officer.get("/late-schools")).text
    assert SCHOOLS[0] in text
    assert SCHOOLS[1] not in text
    for offered in ("decide", "list.pdf", f"{ours.id}/take-back"):
        assert f'action="/late-schools/{offered}' not in text, offered
    note = {"held_on": "2019-12-12", "with_whom": "校长甲", "agreed": "三天内补齐"}
    for path, sent in (("day", {"day": "2019-12-12"}), ("talk", note)):
        assert (await officer.post(f"/late-schools/{theirs.id}/{path}", **sent)).status_code == 404
        await officer.post(f"/late-schools/{ours.id}/{path}", **sent)
    assert "校长甲" in (await officer.get("/late-schools")).text
    assert "还没有定日期" not in (await officer.get("/my-schools")).text
    found = {one.unit.code: one.last for one in late_schools.found(services, WHOLE_COUNTY)}
    states = {unit: last.state for unit, last in found.items() if last is not None}
    assert (states["01"], states["02"]) == ("held", "listed")


async def test_an_officer_takes_back_a_talk_and_its_day_and_not_the_decision(
    app: Litestar, admin: Browser, services: Services
) -> None:
    row = late_schools.decide(services, "01", call_in=True, reason="", after=0, who="t")
    officer, back = await signed_in(app, "officer-one"), f"/late-schools/{row.id}/take-back"
    await officer.post(f"/late-schools/{row.id}/day", day="2019-12-12")
    assert (await officer.post(back, state="dated")).status_code == 303
    assert late_schools.found(services, WHOLE_COUNTY)[0].last == row
    assert (await officer.post(back, state="listed")).status_code == 403
    assert late_schools.found(services, WHOLE_COUNTY)[0].last == row
    assert (
        await (await signed_in(app, "officer-two")).post(back, state="dated")
    ).status_code == 404


async def test_who_inspects_reads_bulletins_and_talks_without_what_was_typed(
    app: Litestar, admin: Browser, services: Services
) -> None:
    one = bulletins.issue(services, who="13977778888")
    bulletins.withdraw(services, one.id, "甲同志报错了", who="t")
    row = late_schools.decide(services, "01", call_in=True, reason="校长甲不配合", after=0, who="t")
    late_schools.set_day(services, row.id, date(2019, 12, 12), who="t")
    late_schools.note_talk(
        services,
        row.id,
        held_on=date(2019, 12, 12),
        with_whom="校长甲",
        agreed="甲同志补齐",
        who="t",
    )
    auditor = await signed_in(app, "auditor")
    found = {
        path: (await auditor.get(path)).text
        for path in ("/bulletins", f"/bulletins/{one.id}", "/late-schools", "/inspection")
    }
    for path, text in found.items():
        main = text.split("<main")[1]
        assert "甲" not in main, path
        assert "13977778888" not in main, path
        assert '<form method="post"' not in main, path
    assert "已撤回" in found[f"/bulletins/{one.id}"]
    assert "50.00%" in found[f"/bulletins/{one.id}"]
    assert "12月12日已谈" in found["/late-schools"]
    book = await auditor.get(f"/bulletins/{one.id}/files/frozen.xlsx")
    assert book.content.startswith(b"PK")


async def test_the_log_counts_the_steps_of_supervision_by_day(
    app: Litestar, admin: Browser, services: Services
) -> None:
    one = bulletins.issue(services, who="t")
    bulletins.withdraw(services, one.id, "x", who="t")
    late_schools.decide(services, "01", call_in=True, reason="", after=0, who="t")
    second = bulletins.issue(services, who="t")
    checks = spot_checks.draw(services, second.id, 2, who="t")
    days = (date(2019, 12, 1), date(2019, 12, 31))
    log = services.database.read(lambda c: inspection.read(c, services.season, WHOLE_COUNTY, days))
    counted = [log.total(what) for what in ("bulletins", "late", "spot")]
    assert counted == [3, 1, len(checks)]
    text = (await admin.get("/inspection")).text
    assert "督查各步" in text
    assert "约谈各步" in text


async def test_a_bulletin_is_no_schools_summary_whatever_the_address_says(
    admin: Browser, services: Services
) -> None:
    one = bulletins.issue(services, who="t")
    base = f"/schools/bulletin/summary/{one.id}"
    assert (await admin.get("/schools/bulletin/summary")).status_code == 404
    await admin.get("/bulletins")
    for step in ("discard", "submit", "seal", "print", "original", "judge"):
        answer = await admin.post(f"{base}/{step}", do="receive", pages="1", day="2019-12-12")
        assert answer.status_code == 404, step
    assert services.database.read(lambda c: stored.get(c, one.id)).state == "composed"
    day = date(2019, 12, 12)
    paper = partial(original_papers.receive, services, one.id, pages=1, day=day, who="t")
    assert refused(paper) == "summary.unknown"


def test_each_act_of_supervision_counts_in_a_column_of_the_log() -> None:
    said = {
        "bulletin.issue": "bulletins",
        "bulletin.withdraw": "bulletins",
        "late.held": "late",
        "spot.key": "spot",
        "bundle.make": "bundles",
        "bundle.download": "exports",
        "receipt.make": "proofs",
        "certs.withdraw": "proofs",
    }
    assert {action: inspection.kind_of(action) for action in said} == said


async def test_the_first_pages_say_what_of_supervision_waits(
    app: Litestar, admin: Browser, services: Services
) -> None:
    waits = "要决定是否约谈"
    assert waits in (await admin.get("/")).text
    assert waits in (await (await signed_in(app, "auditor")).get("/inspection")).text
    text = (await (await signed_in(app, "officer-one")).get("/my-schools")).text
    assert waits in text
    assert SCHOOLS[1] not in text
    one = bulletins.issue(services, who="t")
    (check,) = spot_checks.draw(services, one.id, 2, who="t", unit="01")
    assert "结果还没有录入" in (await admin.get("/")).text
    keyed = [spot_checks.Entry(position=n, verdict="real") for n in (1, 2)]
    spot_checks.key_in(
        services, check.id, keyed, inspectors="x", seen_on=date(2019, 12, 12), who="t"
    )
    assert "结果还没有录入" not in (await admin.get("/")).text


async def test_a_talk_goes_through_its_steps_on_the_page(
    admin: Browser, services: Services
) -> None:
    text = (await admin.get("/late-schools")).text
    assert "送达率3/6" in text
    assert "规定:2019年11月29日前达到95%" in text.replace("：", ":")
    decide = "/late-schools/decide/01"
    await admin.post(decide, do="call_in", **fields_of(text, decide))
    row = late_schools.found(services, WHOLE_COUNTY)[0].last
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
