"""A season is opened again after the next one, and purged from there: its phones are the next one's."""

from __future__ import annotations

import httpx

from shared.digest import sha256_hex
from sync_server.office import phones, staff
from sync_server.office import seasons as office
from sync_server.services import Services
from sync_server.store import device_seasons, devices
from tests.support.county import SEASON, purge
from tests.support.devices import RawPhone, enrol, fact_bytes
from tests.support.jpegs import jpeg
from tests.support.seasons import NEXT, open_next, put_people

REASON = "补录"


def place(services: Services, phone: RawPhone) -> tuple[str, str]:
    found = services.database.read(lambda c: devices.by_id(c, phone.device))
    return found.season, found.state


def open_again(services: Services, closed: str, opened: str) -> None:
    office.close_season(services, closed, who="t")
    office.open_season(services, opened, who="t", reason=REASON)


async def test_a_purge_leaves_the_phones_that_came_back_to_the_next_season(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    stays = await enrol(RawPhone(http), services, "01", "乙")
    staff.leave(services, "01", stays.staff, who="t")
    of_next = open_next(services)
    phones.confirm(of_next, phone.device, who="t")
    (new, *_) = put_people(services, NEXT, "01", "甲")
    photo = jpeg(b"gate")
    fact = fact_bytes(new, season=NEXT, photos=(sha256_hex(photo),))
    assert await phone.outcomes(phone.chained(fact)) == ["created"]
    location = (await phone.create_upload(photo)).headers["location"]
    open_again(services, NEXT, SEASON)
    assert place(services, phone) == (SEASON, "confirmed")
    purge(services, SEASON, who="t", really=REASON)
    assert place(services, stays) == (SEASON, "revoked")
    assert place(services, phone) == (NEXT, "confirmed")
    assert services.database.read(lambda c: device_seasons.gone_on(c, SEASON)) == {}
    assert (await phone.patch(location, 0, photo)).status_code == 204
    office.open_season(services, NEXT, who="t", reason=REASON)
    assert (await phone.page()).scope_count == 3
    more = phone.chained(fact_bytes(new, season=NEXT))
    assert await phone.outcomes(more) == ["created"]


async def test_a_phone_that_waited_in_the_next_season_waits_there_after_the_purge(
    services: Services, phone: RawPhone
) -> None:
    open_next(services)
    open_again(services, NEXT, SEASON)
    purge(services, SEASON, who="t", really=REASON)
    assert place(services, phone) == (NEXT, "pending")


async def test_a_phone_that_was_stopped_meanwhile_stays_stopped(
    services: Services, phone: RawPhone
) -> None:
    open_next(services)
    open_again(services, NEXT, SEASON)
    phones.revoke(services, phone.device, who="t")
    purge(services, SEASON, who="t", really=REASON)
    assert place(services, phone) == (SEASON, "revoked")
