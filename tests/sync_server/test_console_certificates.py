"""The pages of receipts and certificates."""

from __future__ import annotations

from litestar import Litestar

from sync_server.office import certificate_list, certs, receipts, summary_verdicts, withdrawals
from sync_server.services import Services
from tests.support.console_browser import people, signed_in
from tests.support.county import fill
from tests.support.summaries import WHO, version


async def test_a_school_opens_prints_and_saves_its_receipt(
    app: Litestar, services: Services
) -> None:
    services.database.write(lambda c: fill(c, (2, 2)))
    people(services)
    row = version(services, 1, "submitted")
    liaison, admin = await signed_in(app, "one"), await signed_in(app, "admin")
    base = "/schools/01/summary"
    assert f"{base}/{row.id}/receipt" not in (await liaison.get(base)).text
    assert (await liaison.get(f"{base}/{row.id}/receipt")).status_code == 303
    await admin.post(f"{base}/{row.id}/judge", verdict="accepted")
    assert "收件回执第 1 号" in (await liaison.get(base)).text
    page = (await liaison.get(f"{base}/{row.id}/receipt")).text
    assert row.sha256 in page
    found = receipts.of_summary(services, row.id)
    saved = await liaison.get(f"{base}/{row.id}/receipt/file")
    assert found is not None
    assert saved.content == found.body
    await admin.post(f"{base}/{row.id}/judge", verdict="take_back")
    assert "这份回执作废" in (await liaison.get(f"{base}/{row.id}/receipt")).text
    assert (await (await signed_in(app, "two")).get(f"{base}/{row.id}/receipt")).status_code == 404


async def test_one_accepted_before_there_were_receipts_gets_one_by_a_button(
    app: Litestar, services: Services
) -> None:
    services.database.write(lambda c: fill(c, (2, 2)))
    people(services)
    row = version(services, 1, "accepted")
    admin = await signed_in(app, "admin")
    assert "开出收件回执" in (await admin.get("/schools/01/summary")).text
    for _ in range(2):
        await admin.post(f"/schools/01/summary/{row.id}/receipt")
    assert "收件回执第 1 号" in (await admin.get("/schools/01/summary")).text
    summary_verdicts.take_back(services, row.id, who=WHO)


async def test_a_withdrawal_needs_its_tick_and_is_of_the_certificate_that_was_shown(
    app: Litestar, services: Services
) -> None:
    services.database.write(lambda c: fill(c, (2, 2)))
    people(services)
    certs.ensure(services, "01")
    admin = await signed_in(app, "admin")
    serial = {one.code: one.serial for one in certificate_list.held(services)}["01"]
    assert serial[:12] in (await admin.get("/certificates")).text
    form = {"code": "01", "serial": serial, "reason": "stolen", "note": "电脑被盗"}
    await admin.post("/certificates/withdraw", **form)
    assert "没有勾选" in (await admin.get("/certificates")).text
    assert withdrawals.of_now(services) is None
    for _ in range(2):
        await admin.post("/certificates/withdraw", **form, sure="yes")
    page = (await admin.get("/certificates")).text
    assert "电脑被盗" in page
    assert serial[:12] not in page
    listed = await admin.get("/certificates/list")
    assert listed.content == withdrawals.current(services)
    assert (await (await signed_in(app, "officer")).get("/certificates")).status_code == 403


async def test_renewed_by_the_page_once(app: Litestar, services: Services) -> None:
    services.database.write(lambda c: fill(c, (2, 2)))
    people(services)
    certs.ensure(services, "01")
    admin = await signed_in(app, "admin")
    serial = {one.code: one.serial for one in certificate_list.held(services)}["01"]
    for _ in range(2):
        await admin.post("/certificates/renew", code="01", serial=serial, new_key="yes")
    held = {one.code: one for one in certificate_list.held(services)}["01"]
    assert held.serial != serial
    assert held.earlier == 1
