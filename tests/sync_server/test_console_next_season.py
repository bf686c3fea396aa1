"""The pages on which a season's phones go on: one tap for each, or all that are shown."""

from __future__ import annotations

from dataclasses import replace

import httpx
from litestar import Litestar

from sync_server.office import seasons as office
from sync_server.office import staff
from sync_server.services import Services
from sync_server.store import devices
from sync_server.store import tables as t
from sync_server.store.ledger import push
from sync_server.store.push_codec import decode_pushed
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, enrol, fact_bytes
from tests.support.seasons import NEXT, open_next, refused
from tests.support.summaries import version

PHONES = "/schools/01/phones"


def states(services: Services) -> dict[str, str]:
    found = services.database.read(lambda c: devices.of_unit(c, NEXT, "01"))
    return {d.id: d.state for d in found}


async def test_the_liaison_confirms_all_phones_that_are_shown(
    app: Litestar, services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    second = await enrol(RawPhone(http), services, "01", "乙")
    people(services)
    open_next(services)
    liaison = await signed_in(app, "one")
    page = (await liaison.get(PHONES)).text
    assert "这 2 部都确认" in page
    assert "去年确认过" in page
    answer = await liaison.post(f"{PHONES}/confirm-all", device=[phone.device, second.device])
    assert "已确认 2 部手机" in (await liaison.follow(answer)).text
    assert states(services) == {phone.device: "confirmed", second.device: "confirmed"}


async def test_a_phone_that_stayed_is_named_with_its_reason_and_taken_over_by_a_button(
    app: Litestar, services: Services, phone: RawPhone
) -> None:
    people(services)
    staff.leave(services, "01", phone.staff, who="t")
    open_next(services)
    liaison, admin = await signed_in(app, "one"), await signed_in(app, "admin")
    assert "老师已离开" in (await admin.get("/seasons")).text
    page = (await liaison.get(PHONES)).text
    assert "留在去年的手机" in page
    two = await signed_in(app, "two")
    assert (await two.post(f"/schools/02/phones/{phone.device}/bring")).status_code == 404
    for _ in range(2):  # pressed twice
        await liaison.post(f"{PHONES}/{phone.device}/bring")
    assert states(services) == {phone.device: "confirmed"}


async def test_the_page_of_the_season_before_shows_where_its_phones_went_and_has_no_buttons(
    app: Litestar, services: Services, phone: RawPhone
) -> None:
    people(services)
    open_next(services)
    admin = await signed_in(app, "admin")
    await admin.post("/season", season=SEASON)
    page = (await admin.get(PHONES)).text
    assert f"已转到 {NEXT} 年度" in page
    assert f"{PHONES}/{phone.device}/revoke" not in page
    assert (await admin.post(f"{PHONES}/{phone.device}/revoke")).status_code == 404


async def test_records_that_came_after_the_closing_are_listed_with_the_season(
    app: Litestar, services: Services, phone: RawPhone
) -> None:
    people(services)
    office.close_season(services, SEASON, who="t")
    later = replace(services.settings, clock_spec="2019-12-30T10:00+08:00").now_text()
    late = decode_pushed(phone.chained(fact_bytes(case_ids(services, "01")[0])), phone.public_key)
    services.database.write(lambda c: push(c, phone.device, [late], later))
    admin = await signed_in(app, "admin")
    assert "又交来 1 条记录（柳泉镇中心校）" in (await admin.get("/seasons")).text
    assert refused(lambda: staff.add(services, "01", "乙", who="t")) == "season.closed"


async def test_late_records_are_listed_each_with_its_person_and_marked_on_the_persons_page(
    app: Litestar, services: Services, phone: RawPhone
) -> None:
    """Who, when, what; an officer sees those of the own schools, and no sealed summary changes."""
    people(services)
    on_time, late_case, *_ = case_ids(services, "01")
    first = decode_pushed(phone.chained(fact_bytes(on_time)), phone.public_key)
    at = services.settings.now_text()
    services.database.write(lambda c: push(c, phone.device, [first], at))
    version(services, 1, "accepted", unit="01")
    later = replace(services.settings, clock_spec="2019-12-30T10:00+08:00")
    office.close_season(services, SEASON, who="t")
    late = decode_pushed(phone.chained(fact_bytes(late_case)), phone.public_key)

    def sealed() -> list[dict[str, object]]:
        query = t.summary.select()
        return services.database.read(lambda c: [dict(row) for row in c.execute(query).mappings()])

    before = sealed()
    services.database.write(lambda c: push(c, phone.device, [late], later.now_text()))
    assert sealed() == before
    admin, one, two = [await signed_in(app, name) for name in ("admin", "one", "two")]
    answer = await admin.post("/season", season=SEASON, back="/late")
    assert answer.headers["location"] == "/late"
    for browser in (admin, one):
        page = (await browser.get("/late")).text
        assert f"/cases/{late_case}" in page
        assert f"/cases/{on_time}" not in page
        assert "甲" in page
        assert "上门走访" in page
        assert "12月30日" in page
        assert "/late" in (await browser.get("/cases")).text
        assert "结束以后收到" in (await browser.get(f"/cases/{late_case}")).text
        assert "结束以后收到" not in (await browser.get(f"/cases/{on_time}")).text
    page = (await two.get("/late")).text
    assert "没有" in page
    assert f"/cases/{late_case}" not in page
    office.open_season(replace(services, settings=later), SEASON, who="t", reason="补录")
    assert f"/cases/{late_case}" in (await admin.get("/late")).text, "it is the same afterwards"
