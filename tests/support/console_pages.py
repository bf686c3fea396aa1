"""Every page of the console with something on it: derived from the app's routes, so that a new page is looked at by itself.

A page whose address has a place in it needs a value in `Season.values` (or `Season.own` where the place's name
means something else there); one that answers no page at all is named in NO_PAGE with what it answers instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import msgspec
from litestar import Litestar

from shared.policy import find
from shared.spot_check import Recorded
from shared.spot_findings import Step
from sync_server.office import account_links, policy, review
from sync_server.office.policy_text import fingerprint
from sync_server.services import Services
from sync_server.store import bulletins, placing, spot_checks
from sync_server.store import policy as texts
from sync_server.store.database import Connection
from sync_server.store.spot_checks import Drawn, SpotCheck
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON, fill
from tests.support.devices import case_ids, working_phone
from tests.support.every_page import console_routes, filled
from tests.support.paper import STATEMENT, VISIT, keyed
from tests.support.school_things import printed_summary, things
from tests.support.supervision import delivered

NO_PAGE = {
    "/language/{code:str}": "leads on",
    "/cases/{case_id:str}/photos/{sha256:str}": "a picture",
    "/cases/{case_id:str}/slips/{sha256:str}": "a picture",
    "/imports/difference/{name:str}": "a workbook",
    "/schools/{unit:str}/phones/{device_id:str}/answer": "a file for a phone",
    "/schools/{unit:str}/slips/pictures/{sha256:str}": "a picture",
    "/slips/pictures/{sha256:str}": "a picture",
    "/schools/{unit:str}/summary/{summary_id:str}/files/{name:str}": "a file",
    "/schools/{unit:str}/summary/{summary_id:str}/receipt/file": "a file",
    "/schools/{unit:str}/summary/{summary_id:str}/areas/{number:int}": "a picture",
    "/county/{summary_id:str}/areas/{number:int}": "a picture",
    "/bulletins/{summary_id:str}/areas/{number:int}": "a picture",
    "/county/{summary_id:str}/files/{name:str}": "a file",
    "/bulletins/{summary_id:str}/files/{name:str}": "a file",
    "/certificates/list": "a file",
    "/spot-checks/{check_id:str}/codes.txt": "a file",
    "/publicity/leaflet.png": "a picture",
    "/seasons/{season_id:str}/file": "a file",
    "/days.svg": "a picture",
    "/schools/{unit:str}/days.svg": "a picture",
    "/connect/state": "a few words for the page's script",
    "/connect/qr": "a picture",
    "/enrol/app.webmanifest": "a file for the phone",
    "/enrol/doorstep.apk": "the app",
    "/ca.crt": "a file",
    "/ca.pem": "a file",
    "/connect/test_worker.js": "a script",
    "/setup/{token:str}": "closed once there is an account; test_first_start.py opens it",
    "/check/{work_id:str}": "its result, or the page of its progress; test_console_scope.py",
    "/work/{work_id:str}": "the page of something under way: it leads on by itself",
    "/schools/{unit:str}/summary/{summary_id:str}/receipt": "needs a sealed summary; test_receipts.py opens it",
}
"""Addresses asked by GET that are no page, or none that stays."""
OF_ROLES = {"/my-schools": "officer"}
"""Pages that one role alone opens; all others open to an admin."""
WITHOUT_SIGN_IN = ("/sign-in", "/activate", "/check", "/enrol", "/trust", "/connect/test", "/setup")
"""What opens before the sign-in; the session would lead on from some."""
POSTED: dict[str, dict[str, str]] = {
    "/accounts/chosen": {"do": "disable", "name": "two"},
    "/accounts/do": {"do": "disable", "name": "two"},
    "/accounts/link": {"name": "new"},
    "/schools/{unit:str}/phones/issue": {"teacher": "甲"},
    "/schools/{unit:str}/phones/{device_id:str}/recovery": {},
    "/schools/{unit:str}/assignment/preview": {},
    "/schools/{unit:str}/summary/compose": {},
    "/unplaced/{case_id:str}": {"to": "01"},
}
"""Pages that only a form answers with, and what it sends."""


@dataclass
class Season:
    """What stands in addresses: by the name of the place, and by the whole route where that name means another thing."""

    values: dict[str, str] = field(default_factory=dict)
    own: dict[str, dict[str, str]] = field(default_factory=dict)

    def has(self, path: str) -> bool:
        """Whether there is a value for each place of an address."""
        return set(re.findall(r"{([a-z0-9_]+):", path)) <= {*self.values, *self.own.get(path, {})}

    def at(self, path: str) -> str:
        """An address with its places filled. Raises: AssertionError for a place without a value."""
        values = self.values | self.own.get(path, {})
        missing = [name for name in re.findall(r"{([a-z0-9_]+):", path) if name not in values]
        assert not missing, f"{path}: give tests/support/console_pages.py a value for {missing}"
        return filled(path, values)


def pages(app: Litestar) -> Iterator[str]:
    """The routes that answer a page, asked by GET."""
    yield from (p for m, p in console_routes(app) if m == "GET" and p not in NO_PAGE)


def posted(app: Litestar) -> Iterator[str]:
    """The routes of POSTED that there are."""
    yield from (p for m, p in console_routes(app) if m == "POST" and p in POSTED)


async def full_season(app: Litestar) -> tuple[Season, Browser]:
    """Two schools at work, with something on every page; and an admin's window, whose session has an upload."""
    services = app.state["services"].in_season()
    services.database.write(lambda c: fill(c, (6, 6)))
    people(services)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
        mine, _ = [
            await things(services, services.settings, await working_phone(http, services, unit))
            for unit in ("01", "02")
        ]
    keyed_in = _worked(services)
    bulletin = _bulletin(services)
    admin = await signed_in(app, "admin")
    await _imported(admin)
    staged = await admin.upload("due-list", _list(NEXT_ROW))
    await admin.post("/accounts", name="new", shown="新老师", role="officer", unit="")
    unplaced = services.database.read(lambda c: placing.unplaced(c, SEASON))[0]["id"]
    season = Season(
        values={
            "unit": mine.unit,
            "case_id": mine.case_id,
            "season_id": SEASON,
            "device_id": mine.device_id,
            "batch_id": mine.batch_id,
            "run_id": mine.run_id,
            "fact_id": keyed_in,
            "check_id": _spot_check(services, mine.unit, mine.case_id, bulletin),
            "key": "difficulty",
            "recipient": "bank",
            "form": "people",
            "n": "1",
            "code": account_links.give_out(services, "new", who="t").code,
            "token": staged.url.path.split("/")[2],
            "summary_id": bulletin,
        },
        own={
            "/schools/{unit:str}/hand-in/{batch_id:str}": {"batch_id": mine.slip_batch_id},
            "/unplaced/{case_id:str}": {"case_id": unplaced},
        },
    )
    return season, admin


async def empty_season(app: Litestar) -> tuple[Season, Browser]:
    """A county on its first day: schools without people, and nothing done."""
    services = app.state["services"].in_season()
    services.database.write(lambda c: fill(c, (0, 0)))
    people(services)
    values = {"unit": "01", "season_id": SEASON, "key": "difficulty"}
    values |= {"recipient": "bank", "form": "people"}
    return Season(values=values), await signed_in(app, "admin")


HEADER = "姓名,身份证号,合同编号,应还本金,应还利息,学校\n"
ROW = "赵样例,610599199001011232,H001,100.00,5.50,山那边学校"
NEXT_ROW = "钱样例,610599199202022346,H002,-3.00,0,柳泉镇中心校"


def _list(row: str) -> dict[str, tuple[str, bytes, str]]:
    return {"file": ("应还名单.csv", (HEADER + row).encode("gb18030"), "text/csv")}


async def _imported(admin: Browser) -> None:
    """A list with somebody of a school that nobody knows."""
    preview = await admin.upload("due-list", _list(ROW))
    fields = {"token": preview.url.path.split("/")[2], "gone": "keep"}
    data = {**fields, "_csrf_token": admin.form_token}
    await admin.follow(await admin.http.post("/imports/apply", data=data))


def _worked(services: Services) -> str:
    """Notices, visits and a statement, one of them typed in from paper; its id."""
    ids = case_ids(services, "01")
    for case in ids[:3]:
        delivered(services, case)
    why = "按纸质记录录入"
    visit = keyed(services, ids[3], "visit", VISIT, reason=why)
    told = keyed(services, ids[1], "statement", STATEMENT, reason=why)
    review.review(services, told.fact_id, "returned", "请写明原因", who="中心")
    page = find(services.database.read(lambda c: texts.pages(c, SEASON)), "refused")
    assert page is not None
    changed = msgspec.structs.replace(page, zh=("不签也没关系。",))
    policy.save(services, changed, base=fingerprint(page), who="t")
    return visit.fact_id


def _bulletin(services: Services) -> str:
    """A bulletin that is printed, with the files of a summary."""
    made = printed_summary(services, services.settings, bulletins.UNIT)
    services.database.write(
        lambda c: bulletins.add(c, id=made, season=SEASON, number=1, request="", number_text="1")
    )
    return made


def _spot_check(services: Services, unit: str, case: str, bulletin: str) -> str:
    now = services.settings.now_text()
    check = SpotCheck(
        id=f"check-{unit}",
        season=SEASON,
        unit=unit,
        bulletin=bulletin,
        bulletin_sha256="0" * 64,
        size=1,
        frame="0100010",
        frame_sha256="0" * 64,
        drawn_at=now,
        drawn_by="t",
        printed_at=now,
    )
    drawn = Drawn(position=0, case_id=case, code="0100010", recorded=Recorded())
    step = Step(n=1, kind="found", verdict="not_real", note="家里说没人来过")

    def job(connection: Connection) -> None:
        spot_checks.add(connection, check, [drawn])
        spot_checks.add_step(connection, check, 0, step)

    services.database.write(job)
    return check.id
