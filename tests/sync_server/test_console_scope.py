"""Who may do what, over every address there is: accounts x two schools, made from the app's own route table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from sqlalchemy import Connection

from shared.ids import case_code
from shared.spot_check import Recorded
from shared.spot_findings import Step
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import bulletins, spot_checks
from sync_server.store import tables as t
from sync_server.store.spot_checks import Drawn, SpotCheck
from tests.support.console_browser import PEOPLE, SCHOOLS, Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import working_phone
from tests.support.paper import STATEMENT, keyed
from tests.support.refreshed import refresh
from tests.support.school_things import Things, printed_summary, things

OPEN = {
    "/sign-in",
    "/sign-out",
    "/check",
    "/check/{work_id:str}",
    "/language/{code:str}",
    "/setup/{token:str}",
    "/activate",
    "/activate/{code:str}",
    "/enrol",
    "/enrol/paper",
    "/enrol/app.webmanifest",
    "/enrol/doorstep.apk",
    "/trust",
    "/ca.crt",
    "/ca.pem",
    "/connect/test",
    "/connect/test/result",
    "/connect/test_worker.js",
}
ANYONE_SIGNED_IN = {
    "/",
    "/cases",
    "/late",
    "/password",
    "/bulletins",
    "/publicity",
    "/publicity/leaflet.png",
    "/publicity/leaflet.pdf",
}
OFFICERS_ONLY = {"/my-schools"}
CHIEF_SENDS = {"/slips"}
"""Pages of the centre's staff whose form is an admin's: what it makes belongs to no one school."""
PUBLISHED = {
    "/bulletins/{summary_id:str}",
    "/bulletins/{summary_id:str}/files/{name:str}",
}
"""Open to whoever sees the county; to others once it is sealed, which the one here is not."""
OF_SPOT_CHECK = re.compile(r"/spot-checks/{check_id:str}(/codes.txt|/findings|/follow/.*|)")
OF_DECISION = re.compile(r"/late-schools/{late_id:str}/.*")
"""Of one school each, without its code in the address."""
WHO_STARTED_IT = {"/work/{work_id:str}", "/work/{work_id:str}/cancel"}
INSPECTION = {
    ("GET", "/"),
    ("GET", "/inspection"),
    ("GET", "/cases"),
    ("GET", "/cases/{case_id:str}"),
    ("GET", "/audit"),
    ("GET", "/bulletins"),
    ("GET", "/bulletins/{summary_id:str}"),
    ("GET", "/bulletins/{summary_id:str}/files/{name:str}"),
    ("GET", "/bundles"),
    ("GET", "/late-schools"),
    ("GET", "/publicity"),
    ("GET", "/spot-checks"),
    ("GET", "/password"),
    ("POST", "/password"),
    ("POST", "/season"),
}
"""All that opens to somebody who only inspects; a new page does not, until it is named here and says so."""
CENTRE_ONLY = {
    "/contacts",
    "/late-schools",
    "/late-schools/{late_id:str}/day",
    "/late-schools/{late_id:str}/talk",
    "/spot-checks",
    "/spot-checks/{check_id:str}",
    "/spot-checks/{check_id:str}/codes.txt",
    "/spot-checks/{check_id:str}/findings",
    "/spot-checks/{check_id:str}/follow/{number:int}",
    "/spot-checks/{check_id:str}/sheet.pdf",
    "/inspection",
    "/days.svg",
    "/lists",
    "/lists/all",
    "/morning",
    "/morning/sheets.pdf",
    "/schools/{unit:str}/lists/receipt",
    "/quarantine",
    "/reconciliation",
    "/reconciliation.xlsx",
    "/season",
    "/slips",
    "/slips/pages/{page_id:str}",
    "/slips/pictures/{sha256:str}",
    "/slips/{stack_id:str}/withdraw",
    "/hand-in",
    "/hand-in/left.xlsx",
    "/schools/{unit:str}/hand-in/walk-in",
    "/schools/{unit:str}/hand-in/{batch_id:str}/all",
    "/schools/{unit:str}/hand-in/{batch_id:str}/receive",
    "/schools/{unit:str}/hand-in/{batch_id:str}/reopen",
    "/schools/{unit:str}/hand-in/{batch_id:str}/tick",
    "/schools/{unit:str}/summary/{summary_id:str}/judge",
    "/schools/{unit:str}/summary/{summary_id:str}/original",
    "/schools/{unit:str}/summary/{summary_id:str}/stamps",
}
CHIEF_ONLY = {
    "/unplaced",
    "/county",
    "/county/{summary_id:str}/areas/{number:int}",
    "/county/{summary_id:str}/files/{name:str}",
    "/accounts/schools",
    "/unplaced/place",
    "/unplaced/undo",
    "/cases/{case_id:str}/put-back",
    "/unplaced/{case_id:str}",
    "/schools/{unit:str}/move",
    "/imports",
    "/imports/preview",
    "/imports/apply",
    "/imports/cancel",
    "/imports/difference/{name:str}",
    "/imports/{token:str}",
    "/imports/{token:str}/columns",
    "/imports/{token:str}/kind",
    "/imports/{token:str}/table",
    "/imports/history",
    "/imports/history/{run_id:str}",
    "/imports/history/{run_id:str}/undo",
    "/county/roll-up",
    "/county/{summary_id:str}/print",
    "/county/{summary_id:str}/scan",
    "/county/{summary_id:str}/seal",
    "/county/{summary_id:str}/stamps",
    "/county/{summary_id:str}/submit",
    "/county/{summary_id:str}/discard",
    "/bulletins/issue",
    "/bulletins/{summary_id:str}/print",
    "/bulletins/{summary_id:str}/scan",
    "/bulletins/{summary_id:str}/seal",
    "/bulletins/{summary_id:str}/stamps",
    "/bulletins/{summary_id:str}/withdraw",
    "/bulletins/{summary_id:str}/areas/{number:int}",
    "/late-schools/list.pdf",
    "/spot-checks/draw",
    "/spot-checks/{check_id:str}/take-back",
    "/late-schools/decide/{school:str}",
    "/late-schools/{late_id:str}/take-back",
    "/audit",
    "/schools",
    "/schools/add",
    "/schools/{unit:str}/rename",
    "/schools/{unit:str}/merge",
    "/schools/{unit:str}/retire",
    "/schools/{unit:str}/bring-back",
    "/accounts",
    "/accounts/remove",
    "/accounts/chosen",
    "/accounts/do",
    "/accounts/link",
    "/accounts/proposals",
    "/accounts/slips",
    "/backups",
    "/backups/now",
    "/backups/plan",
    "/backups/{run_id:str}/check",
    "/backups/{run_id:str}/download",
    "/bundles",
    "/bundles/{recipient:str}",
    "/bundles/{sealed:str}/download",
    "/certificates",
    "/certificates/list",
    "/certificates/renew",
    "/certificates/withdraw",
    "/connect",
    "/connect/wireless",
    "/connect/domain",
    "/connect/paper",
    "/connect/state",
    "/connect/qr",
    "/fonts",
    "/policy",
    "/policy/new",
    "/policy/pages/{key:str}",
    "/policy/pages/{key:str}/move",
    "/policy/pages/{key:str}/confirm",
    "/policy/pages/{key:str}/remove",
    "/policy/pages/{key:str}/restore",
    "/policy/editions/{n:int}",
    "/policy/editions/{n:int}/restore",
    "/seasons",
    "/seasons/new",
    "/seasons/file",
    "/seasons/{season_id:str}",
    "/seasons/{season_id:str}/recipients",
    "/seasons/{season_id:str}/recipients/{recipient:str}/{form:str}",
    "/seasons/{season_id:str}/recipients/{recipient:str}/{form:str}/file",
    "/seasons/{season_id:str}/open",
    "/seasons/{season_id:str}/carry",
    "/seasons/{season_id:str}/close",
    "/seasons/{season_id:str}/discard",
    "/seasons/{season_id:str}/file",
}
REFUSED = {401, 403, 404}


def routes(app: Litestar) -> Iterator[tuple[str, str]]:
    """(method, path) of every page of the office; the web app under /app has no session (test_webapp)."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and not route.path_format.startswith(
            ("/v1", "/static", "/app")
        ):
            yield from ((m, route.path) for m in sorted(route.methods) if m in ("GET", "POST"))


COUNTYS = ("/county", "/bulletins")


def printed_bulletin(services: Services, settings: Settings) -> str:
    """A bulletin that is printed, with the same files."""
    made = printed_summary(services, settings, bulletins.UNIT)
    services.database.write(
        lambda c: bulletins.add(c, id=made, season=SEASON, number=1, request="", number_text="1")
    )
    return made


def spot_check(services: Services, mine: Things, bulletin: str) -> str:
    """A spot check of a school, printed, with one finding to be answered."""
    check = SpotCheck(
        id=f"check-{mine.unit}",
        season=SEASON,
        unit=mine.unit,
        bulletin=bulletin,
        bulletin_sha256="0" * 64,
        size=1,
        frame="0100010",
        frame_sha256="0" * 64,
        drawn_at="2019-12-12T02:00:00.000Z",
        drawn_by="t",
        printed_at="2019-12-12T02:00:00.000Z",
    )
    drawn = Drawn(position=0, case_id=mine.case_id, code="0100010", recorded=Recorded())
    step = Step(n=1, kind="found", verdict="not_real", note="x")

    def job(connection: Connection) -> None:
        spot_checks.add(connection, check, [drawn])
        spot_checks.add_step(connection, check, 0, step)

    services.database.write(job)
    return check.id


def called_in(services: Services, unit: str) -> None:
    """The head of a school is called in, and the day is set."""
    row = {"id": f"late-{unit}", "season": SEASON, "unit": unit, "n": 1, "state": "dated"}
    more = {"at": "2019-12-12", "who": "t", "grounds": "[]", "talk_on": "2019-12-12"}
    services.database.write(lambda c: c.execute(t.late_school.insert(), {**row, **more}))


def filled(path: str, mine: Things, county_summary: str) -> str:
    values = {
        "{unit:str}": mine.unit,
        "{case_id:str}": mine.case_id,
        "{fact_id:str}": mine.fact_id,
        "{season_id:str}": SEASON,
        "{device_id:str}": mine.device_id,
        "{staff_id:str}": mine.staff_id,
        "{sha256:str}": mine.sha256,
        "{name:str}": "printed.pdf",
        "{token:str}": "0" * 32,
        "{code:str}": "zh",
        "{key:str}": "repay",
        "{recipient:str}": "bank",
        "{sealed:str}": "none",
        "{form:str}": "people",
        "{n:int}": "0",
        "{number:int}": "0",
        "{run_id:str}": mine.run_id,
        "{page_id:str}": "none",
        "{stack_id:str}": "none",
        "{batch_id:str}": mine.slip_batch_id if "/hand-in/" in path else mine.batch_id,
        "{work_id:str}": "x" * 22,
        "{summary_id:str}": county_summary if path.startswith(COUNTYS) else mine.summary_id,
        "{school:str}": mine.unit,
        "{late_id:str}": f"late-{mine.unit}",
        "{check_id:str}": f"check-{mine.unit}",
    }
    for name, value in values.items():
        path = path.replace(name, value)
    assert "{" not in path, path
    return path


def expected(method: str, path: str, role: str, own: bool) -> set[int]:
    """Which refusals an address must give; empty: it must open."""
    if role == "auditor":
        return set() if (method, path) in INSPECTION else {403}
    if path in WHO_STARTED_IT:
        return {404}
    if path in CHIEF_ONLY or (method == "POST" and path in CHIEF_SENDS):
        return set() if role == "admin" else {403}
    if path in OFFICERS_ONLY:
        return set() if role == "officer" else {403}
    if path in CENTRE_ONLY and role == "liaison":
        return {403}
    if path in PUBLISHED:
        return set() if role == "admin" else {404}
    if OF_SPOT_CHECK.fullmatch(path) or OF_DECISION.fullmatch(path):
        return set() if own else {404}
    if path in ANYONE_SIGNED_IN or own or not OF_A_SCHOOL.search(path):
        return set()
    return {404}


OF_A_SCHOOL = re.compile(r"{(unit|case_id|sha256):")
"""What in an address belongs to a school. The other ids stand below these, or are tried on their own."""


@pytest.fixture
async def schools(
    http: object, app_settings: Settings, services: Services, county: list[str]
) -> list[Things]:
    """Two schools at work."""
    people(services)
    found = []
    for unit in county:
        phone = await working_phone(http, services, unit)
        found.append(await things(services, app_settings, phone))
    return found


KNOWN = (
    OPEN | ANYONE_SIGNED_IN | PUBLISHED | WHO_STARTED_IT | CENTRE_ONLY | CHIEF_ONLY | OFFICERS_ONLY
)


def sees(name: str) -> tuple[str, ...]:
    """The schools that an account sees."""
    role, unit = PEOPLE[name]
    return (
        ("01", "02") if role in ("admin", "auditor") else (unit,) if unit else SCHOOLS.get(name, ())
    )


def test_every_address_has_a_place_in_the_table(app: Litestar) -> None:
    for _, path in routes(app):
        known = path in KNOWN
        assert known or "{unit:str}" in path or path.startswith("/cases/{case_id:str}"), path


async def test_without_a_sign_in_only_public_pages_open(
    app: Litestar, schools: list[Things], services: Services
) -> None:
    browser = Browser(app)
    for method, path in routes(app):
        if path in OPEN:
            continue
        target = filled(path, schools[0], "x")
        answer = await (browser.get(target) if method == "GET" else browser.post(target))
        assert answer.status_code == (303 if method == "GET" else 401), f"{method} {path}"
        if method == "GET":
            assert answer.headers["location"].startswith("/sign-in")


OF_SCHOOL_ONE = ("one", "officer-one")
"""Those who see the first school and not the second."""

PRINTS = (
    "receipt.pdf",
    "sheet.pdf",
    "case-list.pdf",
    "/lists/all",
    "signing-sheets.pdf",
    "statement-sheet.pdf",
    "paper/sheets.pdf",
)
"""Typeset at each call, which takes seconds; test_console_prints.py asks them once."""


@pytest.mark.parametrize("name", sorted(PEOPLE))
async def test_each_role_may_open_exactly_what_the_table_lists(
    app: Litestar, app_settings: Settings, services: Services, schools: list[Things], name: str
) -> None:
    county_summary = printed_summary(services, app_settings, "")
    bulletin = printed_bulletin(services, app_settings)
    for mine in schools:
        spot_check(services, mine, bulletin)
        called_in(services, mine.unit)
    role, _ = PEOPLE[name]
    browser = await signed_in(app, name)
    for method, path in routes(app):
        if path in OPEN or path.endswith(PRINTS) or path == "/password":
            continue
        for mine in schools:
            of_county = bulletin if path.startswith("/bulletins") else county_summary
            target = filled(path, mine, of_county)
            answer = await (browser.get(target) if method == "GET" else browser.post(target))
            refusals = expected(method, path, role, mine.unit in sees(name))
            where = f"{name}: {method} {target} gave {answer.status_code}"
            assert answer.status_code != 500, where
            if refusals:
                assert answer.status_code in refusals, where
            else:
                assert answer.status_code not in REFUSED, where


@pytest.mark.parametrize("name", OF_SCHOOL_ONE)
async def test_nobody_finds_a_trace_of_another_school_in_lists(
    app: Litestar, schools: list[Things], name: str
) -> None:
    browser = await signed_in(app, name)
    for path in (
        "/cases",
        "/cases?unit=02",
        "/cases?q=02",
        "/schools/01",
        "/schools/01/review",
        "/schools/01/phones",
        "/schools/01/notices?only=all",
        "/schools/01/hand-in",
    ):
        text = (await browser.get(path)).text
        assert schools[1].case_id not in text, path
        assert schools[1].device_id not in text, path


@pytest.mark.parametrize("name", OF_SCHOOL_ONE)
async def test_ids_of_another_school_do_not_work_under_the_own_address(
    app: Litestar, schools: list[Things], name: str
) -> None:
    ours, theirs = schools
    browser = await signed_in(app, name)
    tried: dict[str, dict[str, Any]] = {
        f"/schools/01/phones/{theirs.device_id}/revoke": {},
        f"/schools/01/phones/{theirs.device_id}/accept-more": {},
        f"/schools/01/phones/{theirs.device_id}/confirm": {},
        f"/schools/01/phones/{theirs.device_id}/bring": {},
        f"/schools/01/review/{theirs.fact_id}": {"verdict": "accepted"},
        f"/schools/01/notices/{theirs.batch_id}/notices.pdf": {},
        "/schools/01/notices": {"case": f"{theirs.case_id}.2"},
        f"/schools/01/summary/{theirs.summary_id}/print": {},
        f"/schools/01/summary/{theirs.summary_id}/seal": {},
        f"/schools/01/hand-in/{theirs.slip_batch_id}/change": {"remove": theirs.case_id},
        f"/schools/01/hand-in/{theirs.slip_batch_id}/bring": {},
        f"/schools/01/hand-in/{theirs.slip_batch_id}/take-back": {},
        f"/schools/01/hand-in/{theirs.slip_batch_id}/discard": {},
        f"/schools/01/hand-in/{theirs.slip_batch_id}/sheet.pdf": {},
        f"/schools/01/hand-in/{theirs.slip_batch_id}/receipt.pdf": {},
        "/schools/01/assignment": {"case": theirs.case_id, "staff": "x"},
        f"/schools/01/teachers/{theirs.staff_id}/rename": {"name": "新名字"},
        f"/schools/01/teachers/{theirs.staff_id}/merge": {"into": ours.staff_id},
        f"/schools/01/teachers/{theirs.staff_id}/leave": {},
        f"/schools/01/teachers/{theirs.staff_id}/back": {},
        f"/schools/01/teachers/{theirs.staff_id}/reassign": {"to": ours.staff_id},
        f"/schools/01/teachers/{theirs.staff_id}/keep": {},
    }
    for path, fields in tried.items():
        assert (await browser.post(path, **fields)).status_code == 404, path
    answer = await browser.post("/schools/01/hand-in", case=theirs.case_id)
    assert "名单里没有这个人" in (await browser.get(answer.headers["location"])).text
    assert (await browser.get(f"/schools/01/hand-in/{theirs.slip_batch_id}")).status_code == 404
    assert (
        await browser.get(f"/schools/01/summary/{theirs.summary_id}/files/printed.pdf")
    ).status_code == 404
    assert (await browser.get(f"/cases/{ours.case_id}/photos/{theirs.sha256}")).status_code == 404
    for path in ("/schools/01/slips/pictures", f"/cases/{ours.case_id}/slips"):
        assert (await browser.get(f"{path}/{theirs.sha256}")).status_code == 404
        assert (await browser.get(f"{path}/{ours.sha256}")).content == b"jpg"
    assert (await browser.get(f"/cases/{ours.case_id}/photos/{ours.sha256}")).content == b"jpg"


DOES = ("look", "key", "not_slip", "undo", "use")
"""What a button beside the picture of a slip says."""


def rows_about(services: Services, of: set[str]) -> set[str]:
    """Every row of the database that names one of these things, but for the trail of who did what."""

    def job(connection: Connection) -> set[str]:
        return {
            f"{table.name}: {tuple(row)}"
            for table in t.metadata.sorted_tables
            if table.name not in ("audit", "attempt", "job")
            for row in connection.execute(table.select())
            if any(str(value) in of for value in row)
        }

    return services.database.read(job)


@pytest.mark.parametrize("name", OF_SCHOOL_ONE)
async def test_no_form_of_the_own_school_reads_or_changes_what_is_another_schools(
    app: Litestar, services: Services, schools: list[Things], name: str
) -> None:
    """Every address below the own school with every kind of thing of the other one, in address and form."""
    _, theirs = schools
    services.database.write(lambda c: c.execute(t.fact_photo.delete()))  # both name one picture
    typed = keyed(services, theirs.case_id, "statement", STATEMENT, unit="02")
    stack, page = "stack-02", "page-02"
    check = spot_check(services, theirs, "none")
    ids = {theirs.unit, theirs.case_id, theirs.fact_id, theirs.device_id, theirs.staff_id}
    ids |= {
        theirs.summary_id,
        theirs.batch_id,
        theirs.slip_batch_id,
        typed.fact_id,
        stack,
        page,
        check,
    }
    of_case = dict.fromkeys(("case", "remove", "of", "fact", "corrects"), theirs.case_id)
    of_staff = dict.fromkeys(("staff", "to", "into"), theirs.staff_id)
    words = {
        "reason": "演示",
        "note": "演示",
        "after": "1",
        "name": "新名字",
        "verdict": "accepted",
        "kind": "statement",
    }
    form = {**of_case, **of_staff, **words, "form_id": "f", "code": case_code("02", 1)}
    refresh(services)
    before, browser = rows_about(services, ids), await signed_in(app, name)
    tried = 0
    for method, path in routes(app):
        if not path.startswith("/schools/{unit:str}/") or path.endswith(PRINTS):
            continue
        target = filled(path.replace("{unit:str}", "01", 1), theirs, "x")
        slips = path.replace("{unit:str}", "01").replace("{page_id:str}", page)
        if "/slips/" in path:
            slips = slips.replace("{stack_id:str}", stack).replace("{sha256:str}", theirs.sha256)
            target = slips
        if "/paper/" in path:
            target = target.replace(theirs.fact_id, typed.fact_id)
        for done in DOES if "{page_id:str}" in path else ("",):
            answer = await (
                browser.get(target)
                if method == "GET"
                else browser.post(target, **form, **({"do": done} if done else {}))
            )
            where = f"{method} {target} {done} gave {answer.status_code}"
            assert answer.status_code < 500, where
            named = any(f"/{one}" in target for one in (*ids, theirs.sha256))
            assert not named or answer.status_code in (303, 403, 404), where
            assert rows_about(services, ids) == before, where
            tried += 1
    assert tried > 60
