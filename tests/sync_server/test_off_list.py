"""A person who is off the list is in no list, count, summary and phone, and keeps everything recorded."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from alembic import command
from alembic.config import Config
from litestar import Litestar

from shared.problems import ProblemError
from sync_server.office import (
    assignment,
    case_lists,
    notices,
    off_list,
    review,
    review_records,
)
from sync_server.office.summary_inputs import gather
from sync_server.services import Services
from sync_server.store import (
    audit,
    case_import,
    cases,
    changes,
    devices,
    on_list,
    placing,
)
from sync_server.store import tables as t
from sync_server.store.database import MIGRATIONS, Connection, Database
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON, fill, person, repaid
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.feed import Mirror, check_feed

REASON = "已在外县还清"


def take_out(services: Services, case_id: str) -> None:
    done = services.database.write(
        lambda c: on_list.take_out(c, SEASON, [case_id], REASON, "2019-12-12T02:00:00.000+00:00")
    )
    assert done == 1


def row(services: Services, case_id: str) -> Any:
    (found,) = services.database.read(lambda c: cases.rows(c, SEASON, ids=[case_id], off_list=None))
    return found


@pytest.fixture
async def gone(phone: RawPhone, services: Services) -> str:
    """A case of school 01 with a visit, on a phone, whose person was then taken off the list."""
    case_id = case_ids(services, "01")[0]
    await phone.push(phone.chained(fact_bytes(case_id)))
    take_out(services, case_id)
    return case_id


@pytest.fixture
async def admin(app: Litestar, services: Services, gone: str) -> Browser:
    people(services)
    return await signed_in(app, "admin")


async def test_no_page_shows_a_person_off_the_list(
    admin: Browser, services: Services, gone: str
) -> None:
    code = row(services, gone)["code"]
    for path in (
        "/",
        "/county",
        "/cases",
        "/cases?unit=01",
        "/cases?q=样例0",
        "/unplaced",
        "/schools/01",
        "/schools/01/assignment",
        "/schools/01/review",
        "/schools/01/review?show=received",
    ):
        answer = await admin.get(path)
        assert answer.status_code == 200, path
        assert gone not in answer.text, path
        assert code not in answer.text, path
    data = case_lists.school_list(services, "01", "school", who="t")
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    listed = {r[0] for r in sheet.values}
    assert (code in listed, len(listed)) == (False, 2 + 5)


async def test_no_count_holds_a_person_off_the_list(services: Services, gone: str) -> None:
    repaid(services, "2019-12-12", {"C00000": 100_00})
    season = services.database.read(lambda c: cases.totals(c, SEASON))
    assert (season["people"], season["total_fen"]) == (11, 1100_00)
    waits = services.database.read(lambda c: review_records.waiting(c, SEASON, WHOLE_COUNTY))
    assert waits == {}
    assert review.queue(services, "01") == []
    assert row(services, gone)["paid"] is False


async def test_a_summary_composed_afterwards_leaves_the_person_out(
    services: Services, gone: str
) -> None:
    now = services.settings.now()
    inputs = services.database.read(
        lambda c: gather(c, SEASON, "01", cut_off=now, exceptions=(), reason="", demo=True)
    ).inputs
    assert gone not in {case.id for case in inputs.cases}
    assert (len(inputs.cases), len(inputs.facts)) == (5, 0)


async def test_phones_hear_that_the_person_is_gone_and_the_proof_agrees(
    phone: RawPhone, services: Services
) -> None:
    mirror = await Mirror(phone).read()
    case_id = case_ids(services, "01")[0]
    take_out(services, case_id)
    await mirror.read()
    assert (mirror.gone, len(mirror.cases)) == ([case_id], 5)
    assert len((await Mirror(phone).read()).cases) == 5
    check_feed(services, "01")


async def test_what_a_phone_still_sends_of_the_person_is_kept_and_shown_on_their_page(
    phone: RawPhone, admin: Browser, services: Services, gone: str
) -> None:
    assert await phone.outcomes(phone.chained(fact_bytes(gone))) == ["created"]
    facts = services.database.read(lambda c: cases.facts_of(c, [gone]))[gone]
    assert len(facts) == 2
    page = (await admin.get(f"/cases/{gone}")).text
    assert REASON in page
    assert "放回名单" in page
    device = services.database.read(lambda c: devices.by_id(c, phone.device))
    assert services.database.read(lambda c: changes.case_set_proof(c, device))[0] == 5


async def test_the_office_finds_people_off_the_list_by_their_own_filter(
    admin: Browser, gone: str
) -> None:
    page = (await admin.get("/cases?show=off_list")).text
    assert page.count('<a href="/cases/') - page.count('<a href="/cases">') == 1
    assert gone in page


async def test_the_office_puts_a_person_back_and_the_phone_has_them_again(
    phone: RawPhone, admin: Browser, app: Litestar, services: Services, gone: str
) -> None:
    repaid(services, "2019-12-12", {"C00000": 100_00})
    mirror = await Mirror(phone).read()
    liaison = await signed_in(app, "one")
    assert (await liaison.post(f"/cases/{gone}/put-back")).status_code == 403
    await admin.post(f"/cases/{gone}/put-back")
    after = row(services, gone)
    assert (after["off_list"], after["off_list_at"], after["paid"]) == ("", "", True)
    assert gone in (await mirror.read()).cases
    (note,) = [n for n in services.database.read(audit.listed) if n.action == "case.on_list"]
    assert (note.who, note.ref, note.detail) == ("admin", gone, REASON)
    assert not off_list.put_back(services, gone, who="t")


def test_nobody_is_put_back_where_no_page_would_show_them(services: Services, gone: str) -> None:
    def retire(connection: Connection) -> None:
        own = t.unit.c.code == "01"
        connection.execute(t.unit.update().where(own).values(retired_at="2019-12-01"))

    services.database.write(retire)
    with pytest.raises(ProblemError, match=r"school\.retired"):
        off_list.put_back(services, gone, who="t")
    assert row(services, gone)["off_list"]


def test_a_person_without_a_school_is_placed_only_when_back(
    services: Services, county: list[str]
) -> None:
    services.database.write(
        lambda c: case_import.import_people(c, SEASON, [person(50, "青山小学")])
    )
    (waiting,) = services.database.read(lambda c: placing.unplaced(c, SEASON))
    take_out(services, waiting["id"])
    services.database.write(lambda c: case_import.import_schools(c, SEASON, {"青山小学": {}}))
    assert row(services, waiting["id"])["unit"] == ""
    off_list.put_back(services, waiting["id"], who="t")
    assert row(services, waiting["id"])["unit"] == "03"


async def test_teachers_get_no_case_of_a_person_off_the_list(
    http: httpx.AsyncClient, services: Services, gone: str
) -> None:
    assert assignment.assign_evenly(services, "01", who="t") == 0
    services.database.write(lambda c: cases.assign(c, SEASON, [gone], "x"))
    assert row(services, gone)["assignee"] != "x"


async def test_notices_are_printed_for_people_on_the_list_and_known_by_case(
    services: Services, gone: str
) -> None:
    notices.print_notices(services, "01", who="t")
    everyone = services.database.read(lambda c: cases.rows(c, SEASON, off_list=None))
    printed = {r["id"] for r in everyone if r["notice_printed_at"]}
    assert printed == set(case_ids(services, "01"))
    assert gone not in printed


def test_an_installation_made_before_takes_printed_notices_from_the_audit_trail(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    database = Database(url)
    database.write(fill)
    database.write(lambda c: audit.note(c, at="then", who="t", action="notices.print", unit="01"))
    database.close()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    command.downgrade(config, "0005")
    again = Database(url)
    rows = again.read(lambda c: cases.rows(c, SEASON))
    again.close()
    assert {(r["unit"], r["notice_printed_at"]) for r in rows} == {("01", "then"), ("02", "")}
