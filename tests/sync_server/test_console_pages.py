"""The office at work in a browser: import, enrol, assign, review, look up, check. Real verbs, real files."""

from __future__ import annotations

import re

import httpx
import pytest
from litestar import Litestar

from sync_server.files.keys import name_of
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit, cases, devices, reviews, units
from tests.support.console_browser import Browser, heading, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes, new_id
from tests.support.notices import printed

LIST = "姓名,身份证号,合同编号,应还本金,应还利息,学校\n"


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


@pytest.fixture
async def liaison(app: Litestar, admin: Browser) -> Browser:
    return await signed_in(app, "one")


def due_list(*rows: str) -> dict[str, tuple[str, bytes, str]]:
    return {"file": ("应还名单.csv", (LIST + "\n".join(rows)).encode("gb18030"), "text/csv")}


def token_of(text: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{32})"', text)
    assert found
    return found[1]


async def apply(browser: Browser, token: str, **fields: str) -> httpx.Response:
    """Post the second step; its own field is called `token` too."""
    data = {"token": token, "_csrf_token": browser.form_token, **fields}
    return await browser.follow(await browser.http.post("/imports/apply", data=data))


def held(services: Services) -> list[str]:
    """The names of all files that are kept of uploads."""
    here = [path.name for path in services.settings.path("tmp").rglob("*") if path.is_file()]
    shared = services.file_store.below("tmp") if services.file_store.is_shared else ()
    return [*here, *(name_of(found.key) for found in shared if name_of(found.key) != "touched")]


GOOD = "赵样例,610599199001011232,H001,100.00,5.50,柳泉镇中心校"
BAD = "钱样例,610599199001011232,H002,-3.00,0,柳泉镇中心校"


async def test_a_preview_shows_every_row_and_writes_nothing(
    admin: Browser, services: Services
) -> None:
    answer = await admin.upload("due-list", due_list(GOOD, BAD))
    assert "金额是负数" in answer.text
    assert "还没有写入任何内容" in answer.text
    await admin.get("/language/en")
    assert "The amount is negative" in (await admin.get(answer.url.path)).text
    assert services.database.read(lambda c: cases.totals(c, SEASON))["people"] == 12


async def test_what_was_previewed_is_imported_and_the_upload_is_deleted(
    admin: Browser, services: Services
) -> None:
    preview = await admin.upload("due-list", due_list(GOOD))
    answer = await apply(admin, token_of(preview.text), gone="keep")
    assert "写入完成" in answer.text
    undo = re.search(r'href="(/imports/history/[0-9a-f-]{36}/undo)"', answer.text)
    assert undo
    assert "撤销这次导入?" in heading(await admin.get(undo[1])).replace("\uff1f", "?")
    assert services.database.read(lambda c: cases.totals(c, SEASON))["people"] == 13
    assert held(services) == ["report.json"]
    assert any(
        n.action == "import.due-list" and n.who == "admin"
        for n in services.database.read(audit.listed)
    )


async def test_rejected_rows_stop_an_import_until_the_box_is_ticked(
    admin: Browser, services: Services
) -> None:
    other = BAD.replace("610599199001011232", "61059919900101124X")
    preview = await admin.upload("due-list", due_list(GOOD, other))
    refused = await apply(admin, token_of(preview.text), gone="keep")
    assert "没有写入任何内容" in refused.text
    assert services.database.read(lambda c: cases.totals(c, SEASON))["people"] == 12
    await apply(admin, token_of(preview.text), accept_rest="yes", gone="keep")
    assert services.database.read(lambda c: cases.totals(c, SEASON))["people"] == 13


async def test_a_preview_belongs_to_the_session_that_made_it(
    app: Litestar, admin: Browser, services: Services
) -> None:
    preview = await admin.upload("due-list", due_list(GOOD))
    other = await signed_in(app, "admin")
    assert "预览过的文件已经不在了" in (await apply(other, token_of(preview.text))).text
    assert services.database.read(lambda c: cases.totals(c, SEASON))["people"] == 12


async def test_a_form_without_a_file_shows_what_is_missing(admin: Browser) -> None:
    await admin.post("/imports/preview", kind="due-list")
    assert "没有选文件" in await admin.text_of("/imports")


async def test_an_upload_beyond_20_mb_is_refused_with_a_page(admin: Browser) -> None:
    files = {"file": ("big.csv", b"x" * 20_100_000, "text/csv")}
    answer = await admin.post("/imports/preview", kind="due-list", files=files)
    assert answer.status_code == 413
    assert "20 MB" in answer.text


async def test_a_phone_is_enrolled_and_confirmed_by_name(
    liaison: Browser, services: Services
) -> None:
    page = await liaison.post("/schools/01/phones/issue", teacher="李老师")
    assert "<svg" in page.text
    found = re.search(r'class="digits">(\d{4}) (\d{4})<', page.text)
    assert found
    raw = RawPhone(liaison.http)
    asked = raw.enrol_request(found[1] + found[2])
    answer = await liaison.http.post("/v1/enrol", content=asked)
    device = answer.json()["device"]
    assert "是 李老师 的，确认" in (await liaison.get("/schools/01/phones")).text
    await liaison.post(f"/schools/01/phones/{device}/confirm")
    assert services.database.read(lambda c: devices.by_id(c, device)).state == devices.CONFIRMED
    await liaison.post(f"/schools/01/phones/{device}/revoke")
    assert services.database.read(lambda c: devices.by_id(c, device)).state == devices.REVOKED


async def test_people_are_given_to_a_teacher_by_tick_and_evenly(
    liaison: Browser, services: Services
) -> None:
    teacher = services.database.write(lambda c: units.put_teacher(c, SEASON, "01", "李老师"))
    chosen = case_ids(services, "01")[:2]
    await liaison.post("/schools/01/assignment", case=chosen, staff=teacher)
    assert case_ids(services, "01", teacher) == chosen
    page = await liaison.post("/schools/01/assignment/preview", how="even", of=teacher)
    (digest,) = re.findall(r'name="digest" value="(\w+)"', page.text)
    assert len(case_ids(services, "01", teacher)) == 2
    again = {"how": "even", "of": teacher, "digest": digest}
    await liaison.post("/schools/01/assignment/apply", **again)
    assert len(case_ids(services, "01", teacher)) == 6


async def test_an_empty_selection_is_reported_and_changes_nothing(
    liaison: Browser, services: Services
) -> None:
    await liaison.post("/schools/01/assignment", staff="")
    assert "还没有选择" in await liaison.text_of("/schools/01")


async def test_a_record_is_returned_with_a_comment_and_the_verdict_may_change(
    liaison: Browser, services: Services, phone: RawPhone
) -> None:
    case = case_ids(services, "01")[0]
    await phone.push(phone.chained(fact_bytes(case)))
    fact = services.database.read(lambda c: cases.facts_of(c, [case]))[case][0].fact.id
    path = f"/schools/01/review/{fact}"
    await liaison.post(path, verdict="returned", comment="")
    assert services.database.read(lambda c: reviews.reviews_of(c, [fact])) == {}
    await liaison.post(path, verdict="returned", comment="请补拍签收页")
    assert services.database.read(lambda c: reviews.reviews_of(c, [fact]))[fact].by == "one先生"
    assert "请补拍签收页" in (await liaison.get("/schools/01/review?show=returned")).text
    stands = services.database.read(lambda c: reviews.reviews_of(c, [fact]))[fact]
    await liaison.post(path, verdict="accepted", seen=stands.at)
    assert (
        services.database.read(lambda c: reviews.reviews_of(c, [fact]))[fact].verdict == "accepted"
    )


async def test_a_case_is_masked_until_a_purpose_is_given_and_then_the_access_is_logged(
    admin: Browser, services: Services
) -> None:
    preview = await admin.upload("due-list", due_list(GOOD))
    await apply(admin, token_of(preview.text), gone="keep")
    case = next(
        r["id"]
        for r in services.database.read(lambda c: cases.rows(c, SEASON))
        if "H001" in r["body"]
    )
    number = "610599199001011232"
    assert number not in (await admin.get(f"/cases/{case}")).text
    assert number not in (await admin.post(f"/cases/{case}/id-number")).text
    assert "id_number.shown" not in {n.action for n in services.database.read(audit.listed)}
    assert number in (await admin.post(f"/cases/{case}/id-number", purpose="verify")).text
    note = next(n for n in services.database.read(audit.listed) if n.action == "id_number.shown")
    assert (note.who, note.ref, note.detail) == ("admin", case, "verify")
    assert number not in (await admin.get(f"/cases/{case}")).text


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("phone", "13800001234", "13900005678"),
        ("address", "青槐县柳泉镇下石桥村三组12号", "青槐县石桥镇上河村五组7号"),
    ],
)
async def test_a_corrected_contact_is_masked_in_history_and_tray_and_whole_where_it_is_judged(
    app: Litestar,
    admin: Browser,
    services: Services,
    phone: RawPhone,
    field: str,
    old: str,
    new: str,
) -> None:
    case, made = case_ids(services, "01")[0], new_id()
    body = {"field": field, "value": old, "source": "family"}
    update = fact_bytes(case, "contact_update", body=body, id=made)
    correction = {"corrects": made, "reason": "听错了", "body": {**body, "value": new}}
    await phone.push(phone.chained(update))
    assert (await admin.post(f"/unplaced/{case}", unit="02", reason="搬家")).status_code == 303
    await phone.push(phone.chained(fact_bytes(case, "correction", body=correction)))
    liaison = await signed_in(app, "two")
    tray = (await liaison.get("/schools/02")).text
    assert "另外放着的记录" in tray
    history = (await liaison.get(f"/cases/{case}")).text
    assert "听错了" in history
    assert not any(value in text for value in (old, new) for text in (tray, history))
    queue = (await liaison.get("/schools/02/review")).text
    assert new in queue
    text = (await liaison.post(f"/cases/{case}/id-number", purpose="verify")).text
    assert (old in text, new in text) == (True, True)


async def test_what_people_typed_is_shown_as_text_never_as_markup(
    liaison: Browser, services: Services, phone: RawPhone
) -> None:
    case = case_ids(services, "01")[0]
    nasty = "<script>alert(1)</script>"
    body = {"met": "self", "outcome": "promised", "note": nasty, "visitors": [nasty]}
    await phone.push(phone.chained(fact_bytes(case, body=body)))
    for path in (f"/cases/{case}", "/schools/01/review?show=received", f"/cases?q={nasty}"):
        text = (await liaison.get(path)).text
        assert "<script>" not in text, path
        assert "&lt;script&gt;" in text, path


async def test_a_summary_is_refused_with_the_whole_list_and_composed_with_named_exceptions(
    liaison: Browser,
) -> None:
    answer = await liaison.post("/schools/01/summary/compose")
    assert "还有 6 项没有完成" in answer.text
    keys = re.findall(r'name="key-(\d+)" value="([^"]+)"', answer.text)
    assert len(keys) == 6
    number, key = keys[0]
    again = await liaison.post(
        "/schools/01/summary/compose",
        **{"except": number, f"key-{number}": key, f"reason-{number}": "手机掉进沟里"},
    )
    assert "还有 5 项没有完成" in again.text
    assert "手机掉进沟里" in again.text
    without = await liaison.post(
        "/schools/01/summary/compose",
        **{"except": number, f"key-{number}": key, f"reason-{number}": ""},
    )
    assert "例外要写明理由" in without.text


async def test_a_new_account_gets_its_password_by_a_link_and_the_own_account_stays(
    app: Litestar, admin: Browser, services: Services
) -> None:
    await admin.post("/accounts", name="wang", shown="王敏", role="liaison", unit="02")
    page = await admin.post("/accounts/link", name="wang")
    found = re.search(r'href="(/activate/[a-z0-9-]{24})"', page.text)
    assert found
    wang = Browser(app)
    await wang.get(found[1])
    password = "three plain words"
    assert (await wang.post(found[1], password=password, again=password)).status_code == 303
    assert (await wang.get("/")).headers["location"] == "/schools/02"
    assert (await admin.post("/accounts/remove", name="admin")).status_code == 403
    await admin.post("/accounts/remove", name="wang")
    assert (await wang.get("/cases")).status_code == 303


async def test_a_file_that_is_not_sealed_is_reported_and_nothing_is_kept(
    app: Litestar, services: Services, app_settings: Settings
) -> None:
    from sync_server.office import certs

    certs.ensure(services, "")
    visitor = Browser(app)
    answer = await visitor.post(
        "/check", files={"file": ("x.pdf", b"%PDF-1.7 nothing", "application/pdf")}
    )
    assert answer.status_code == 200
    assert "没有通过核验" in answer.text
    assert list(app_settings.path("tmp").iterdir()) == []


async def test_every_page_renders_in_english_too(
    admin: Browser, services: Services, phone: RawPhone
) -> None:
    case = case_ids(services, "01")[0]
    await phone.push(phone.chained(fact_bytes(case)))
    await admin.get("/language/en")
    for path in (
        "/",
        "/cases",
        f"/cases/{case}",
        "/unplaced",
        "/hand-in",
        "/schools/01/hand-in",
        "/imports",
        "/county",
        "/audit",
        "/accounts",
        "/accounts/proposals",
        "/activate",
        "/connect",
        "/password",
        "/schools/01",
        "/schools/01/assignment",
        "/schools/01/notices",
        f"/schools/01/notices/{printed(services, '01').id}",
        "/schools/01/phones",
        "/schools/01/review",
        "/schools/01/summary",
    ):
        answer = await admin.get(path)
        assert answer.status_code == 200, path
        assert '<html lang="en">' in answer.text
        assert heading(answer)


async def test_the_demonstration_clock_is_shown_on_every_page(admin: Browser) -> None:
    for path in ("/", "/check", "/cases"):
        assert "演示时间" in (await admin.get(path)).text


async def test_a_family_that_moved_is_put_into_another_school_with_its_records(
    admin: Browser, services: Services, phone: RawPhone
) -> None:
    case = case_ids(services, "01")[0]
    await phone.push(phone.chained(fact_bytes(case)))
    answer = await admin.post(f"/unplaced/{case}", unit="02", reason="搬家", back=f"/cases/{case}")
    assert answer.headers["location"] == f"/cases/{case}"
    assert case in case_ids(services, "02")
    assert "承诺还款" in (await admin.get(f"/cases/{case}")).text


async def test_work_that_arrives_after_the_case_moved_is_seen_by_both_schools(
    app: Litestar, admin: Browser, services: Services, phone: RawPhone
) -> None:
    case = case_ids(services, "01")[0]
    late = phone.chained(fact_bytes(case))
    await admin.post(f"/unplaced/{case}", unit="02", reason="搬家")
    await phone.push(late)
    for name, unit in (("one", "01"), ("two", "02")):
        text = (await (await signed_in(app, name)).get(f"/schools/{unit}")).text
        assert "另外放着的记录" in text, name
        assert (f"/cases/{case}" in text) == (unit == "02"), (
            "the school it left learns no more than that"
        )


async def test_an_admin_cannot_lock_themselves_out(admin: Browser, services: Services) -> None:
    await admin.post("/accounts", name="admin", shown="x", role="liaison", unit="01")
    assert (await admin.get("/accounts")).status_code == 200
