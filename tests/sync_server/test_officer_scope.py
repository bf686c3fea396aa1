"""An officer sees the schools of the account: no page, list or file has anything of another school."""

from __future__ import annotations

import ast
import html
import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from sqlalchemy import Column, MetaData, String, Table, select

import sync_server.console
from shared.ids import show_case_code
from shared.problems import ProblemError
from sync_server.console.parts import alerts
from sync_server.office import accounts as office
from sync_server.office import (
    case_lists,
    quarantine,
    reconciliation,
    review_records,
    slip_progress,
)
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import (
    accounts,
    audit,
    cases,
    progress,
    school_lists,
    seasons,
    slip_batches,
    slip_stacks,
    summaries,
    units,
)
from sync_server.store import tables as t
from sync_server.store.accounts import RULES, RoleRule
from sync_server.store.scope import WHOLE_COUNTY, Scope, as_scope, of_schools, where
from tests.support.console_browser import Browser, heading, people, signed_in
from tests.support.county import SCHOOLS, SEASON
from tests.support.devices import RawPhone, fact_bytes, working_phone
from tests.support.every_page import FORMS, console_routes, filled
from tests.support.school_things import Things, things

EXPORT = re.compile(r'href="([^"]+export=[^"]*)"')
OURS, THEIRS = "01", "02"
CLAIM = {"met": "self", "outcome": "claimed_paid", "visitors": [], "note": "还了"}
CONSOLE = Path(sync_server.console.__file__).parent


@pytest.fixture
async def two(
    http: object, app_settings: Settings, services: Services, county: list[str]
) -> list[Things]:
    """Two schools at work, with teachers, phones, records, slips, notices, summaries and something set apart."""
    people(services)
    found = []
    for unit, teacher in (("01", "慕容清"), ("02", "欧阳雪")):
        phone: RawPhone = await working_phone(http, services, unit, teacher)
        found.append(await things(services, app_settings, phone))
        await phone.push(phone.chained(fact_bytes(found[-1].case_id, body=CLAIM)))
        await phone.push(phone.chained(b"{}"))
    return found


def traces(services: Services, unit: str, of: Things) -> list[str]:
    """Words by which a school's people and things are known on a page or in a file."""
    rows = services.database.read(lambda c: cases.rows(c, SEASON, unit=unit, off_list=None))
    school = services.database.read(lambda c: units.unit(c, SEASON, unit))
    assert school is not None
    staff = services.database.read(lambda c: units.known_staff(c, SEASON, unit))
    known = [cases.case_of(r) for r in rows]
    return [
        school.name,
        school.liaison_name,
        *(person.name for person in staff),
        *(case.borrower.name for case in known),
        *(show_case_code(case.code) for case in known),
        *(phone for case in known for phone in case.borrower.phones),
        *(case.id for case in known),
        of.device_id,
        of.fact_id,
        of.summary_id,
        of.batch_id,
        of.slip_batch_id,
    ]


def text_of(data: bytes) -> str:
    """Everything that a workbook says, and every name of a file in an archive."""
    if not data.startswith(b"PK"):
        return data.decode("utf-8", "ignore")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        if "xl/workbook.xml" not in names:
            return "\n".join([*names, *(text_of(archive.read(n)) for n in names)])
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [
        str(v) for sheet in book for row in sheet.iter_rows(values_only=True) for v in row if v
    ]
    return "\n".join([*book.sheetnames, *cells])


def places(of: Things) -> dict[str, str]:
    return {
        "unit": of.unit,
        "case_id": of.case_id,
        "fact_id": of.fact_id,
        "device_id": of.device_id,
        "staff_id": of.staff_id,
        "sha256": of.sha256,
        "summary_id": of.summary_id,
        "batch_id": of.batch_id,
        "season_id": SEASON,
        "name": "printed.pdf",
    }


MORE = (
    "/cases?unit=02",
    "/cases?q=样例&show=off_list",
    "/cases?q=样例7",
    "/cases?show=undelivered&at=2",
    "/quarantine?show=resolved",
    "/schools/01/slips/people?show=missing",
    "/schools/01/notices?only=all",
    "/schools/01/review?show=accepted",
)
"""Addresses whose question could ask for another school."""


async def every_answer(app: Litestar, browser: Browser, mine: Things) -> dict[str, str]:
    """The words of every page, table and list that opens for somebody, by address."""
    found: dict[str, str] = {}
    paths = [
        (m, p)
        for m, p in console_routes(app)
        if (m == "GET" or p in FORMS)
        and not p.startswith(("/sign", "/connect/test", "/enrol", "/language", "/trust", "/ca."))
    ]
    for method, path in paths:
        target = filled(path, places(mine))
        if "/hand-in/" in path:
            target = target.replace(mine.batch_id, mine.slip_batch_id)
        ask = browser.get(target) if method == "GET" else browser.post(target, **FORMS[path])
        answer = await ask
        if answer.status_code == 200:
            found[target] = text_of(answer.content)
    for target in MORE:
        answer = await browser.get(target)
        found[target] = text_of(answer.content) if answer.status_code == 200 else ""
    for page in list(found.values()):
        for link in EXPORT.findall(page):
            answer = await browser.get(html.unescape(link))
            assert answer.status_code == 200, link
            found[html.unescape(link)] = text_of(answer.content)
    return found


async def test_no_page_table_or_list_says_anything_of_another_school(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    browser = await signed_in(app, "officer-one")
    found = await every_answer(app, browser, two[0])
    typed = "样例7"  # what was asked for stands in the field of the search
    words = [w for w in traces(services, THEIRS, two[1]) if w]
    said = [
        (target, word)
        for target, text in found.items()
        for word in words
        if word in text and not (word == typed and typed in target)
    ]
    assert said == []
    own = traces(services, OURS, two[0])
    assert sum(any(word in text for word in own) for text in found.values()) > 30
    assert sum("export=" in target for target in found) > 10


async def test_the_lists_of_all_schools_are_those_of_the_own(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    listed = case_lists.all_lists(services, of_schools([OURS]), who="t")
    text = text_of(listed)
    assert SCHOOLS[0] in text
    assert [word for word in traces(services, THEIRS, two[1]) if word and word in text] == []
    given = services.database.read(lambda c: school_lists.standings(c, SEASON, WHOLE_COUNTY))
    assert [unit for unit, one in given.items() if one.is_given] == [OURS]


async def test_an_officer_without_schools_sees_no_school_and_whom_to_ask(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    browser = await signed_in(app, "officer-none")
    answer = await browser.get("/my-schools")
    assert heading(answer) == "我负责的学校"
    assert "管理员" in answer.text
    assert "officer-none" in answer.text
    words = [w for i, unit in enumerate((OURS, THEIRS)) for w in traces(services, unit, two[i])]
    for path in (
        "/my-schools",
        "/cases",
        "/lists",
        "/contacts",
        "/slips",
        "/hand-in",
        "/quarantine",
    ):
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert [w for w in words if w and w in answer.text] == [], path
    assert (await browser.get(f"/schools/{OURS}")).status_code == 404
    assert (await browser.get(f"/cases/{two[0].case_id}")).status_code == 404


async def test_the_first_page_counts_the_own_schools_and_says_so(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    browser = await signed_in(app, "officer-one")
    assert (await browser.get("/")).headers["location"] == "/my-schools"
    text = (await browser.get("/my-schools")).text
    assert "应还 6 人" in text
    assert "只算我负责的学校" in text
    assert "联络0" in text
    both = (await (await signed_in(app, "officer")).get("/my-schools")).text
    assert "应还 12 人" in both
    admin = await signed_in(app, "admin")
    assert (await admin.get("/my-schools")).status_code == 403
    assert "全县" in (await admin.get("/")).text


async def test_the_first_page_names_what_waits_in_each_school(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    services.database.write(
        lambda c: c.execute(
            t.summary.update()
            .where(t.summary.c.id == two[0].summary_id)
            .values(state="submitted", sha256="0" * 64)
        )
    )
    browser = await signed_in(app, "officer-one")
    text = (await browser.get("/my-schools")).text
    assert f"{SCHOOLS[0]}:汇总已上报".replace(":", "：").replace(",", "，") in text
    assert f'href="/schools/{OURS}/summary"' in text
    assert f'href="/schools/{OURS}/review"' in text


async def test_a_changed_area_holds_from_the_next_request(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    browser = await signed_in(app, "officer-one")
    assert (await browser.get(f"/schools/{OURS}")).status_code == 200
    office.set_schools(services, "officer-one", [THEIRS], who="admin")
    assert (await browser.get(f"/schools/{OURS}")).status_code == 404
    assert (await browser.get(f"/schools/{THEIRS}")).status_code == 200
    assert SCHOOLS[0] not in (await browser.get("/my-schools")).text


async def test_what_was_started_for_a_school_is_gone_with_it(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    app.state["console_state"].works.wait_s = 0.0
    browser = await signed_in(app, "officer-one")
    started = await browser.post("/lists/all")
    where_to = started.headers["location"]
    assert (await browser.get(where_to)).status_code in (200, 303)
    office.set_schools(services, "officer-one", [THEIRS], who="admin")
    assert (await browser.get(where_to)).status_code == 404
    assert "各校名单" not in (await browser.get("/password")).text


async def test_an_officer_decides_about_the_records_of_the_own_schools_only(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    found, _ = quarantine.listed(services, THEIRS)
    browser = await signed_in(app, "officer-one")
    row = found[0].row.id
    await browser.post("/quarantine", row=row, verdict="drop", reason="重复")
    assert quarantine.counts(services, THEIRS)[1] == 0
    with pytest.raises(ProblemError) as refused:
        quarantine.decide_one(services, row, "drop", "重复", scope=of_schools([OURS]), who="t")
    assert refused.value.code == "quarantine.unknown"
    own, _ = quarantine.listed(services, OURS)
    await browser.post("/quarantine", row=own[0].row.id, verdict="drop", reason="重复")
    assert quarantine.counts(services, OURS)[1] == 1


def test_what_reads_across_schools_gives_each_scope_its_part(
    services: Services, two: list[Things]
) -> None:
    def read(scope: Scope) -> dict[str, set[str]]:
        def job(c):
            season = seasons.get(c, SEASON)
            found = progress.case_standings(c, season, scope=scope)
            stacks = slip_stacks.stacks(c, SEASON, scope)
            return {
                "cases": {line.case.id for line in found},
                "rows": {r["id"] for r in cases.rows(c, SEASON, scope=scope, off_list=None)},
                "units": {row.code for row in units.within(c, SEASON, scope)},
                "summaries": {row.id for row in summaries.listed(c, SEASON, scope) if row.unit},
                "batches": {row.id for row in slip_batches.listed(c, SEASON, scope)},
                "stacks": {row.id for row in stacks},
                "lists": set(school_lists.standings(c, SEASON, scope)),
                "phones": {unit for unit, _ in progress.phones(c, SEASON, scope)},
                "reviews": set(review_records.waiting(c, SEASON, scope)),
                "claims": set(reconciliation.open_by_school(c, SEASON, scope)),
            }

        apart, _ = quarantine.listed(services, scope)
        slips = slip_progress.schools(services, scope)
        return {
            **services.database.read(job),
            "apart": {item.row.id for item in apart},
            "claimed": {claim.case.id for claim in reconciliation.claimed(services, scope)},
            "slips": {row.code for row, _ in slips},
        }

    one, other = read(of_schools([OURS])), read(of_schools([THEIRS]))
    both, whole, none = read(of_schools([OURS, THEIRS])), read(WHOLE_COUNTY), read(of_schools([]))
    for name, everything in whole.items():
        assert one[name], name
        assert other[name], name
        assert not one[name] & other[name], name
        assert one[name] | other[name] == both[name] == everything, name
        assert none[name] == set(), name


CODES = st.sampled_from(["", "01", "02", "03", "1", "010"])


@given(st.none() | st.frozensets(CODES), st.lists(CODES))
def test_a_scope_and_its_condition_in_the_database_agree(
    codes: frozenset[str] | None, rows: list[str]
) -> None:
    scope = Scope(codes)
    seen = [unit for unit in rows if scope.sees(unit)]
    table = Table("x", MetaData(), Column("unit", String))
    condition = str(
        select(table.c.unit)
        .where(where(table.c.unit, scope))
        .compile(compile_kwargs={"literal_binds": True})
    )
    named = set(re.findall(r"'(\d*)'", condition))
    if codes is None:
        assert seen == rows
        assert "IN" not in condition
    else:
        assert seen == [unit for unit in rows if unit in named]
        assert "" not in named
    assert as_scope(scope) is scope
    assert as_scope("01") == of_schools(["01", ""])


def test_no_page_asks_for_the_whole_county_by_itself() -> None:
    """A page has the scope of who asks; the county's is for the command line and the server's own work."""
    found = []
    for path in sorted(CONSOLE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "sync_server.store.scope":
                found += [path.name for name in node.names if name.name == "WHOLE_COUNTY"]
    assert found == []


async def test_the_schools_of_an_officer_are_chosen_on_the_page_of_accounts(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    admin = await signed_in(app, "admin")
    text = (await admin.get("/accounts")).text
    assert "还没有选学校" in text
    await admin.post("/accounts/schools", name="officer-none", school=["01", "02"])
    found = services.database.read(lambda c: accounts.find(c, "officer-none"))
    assert found is not None
    assert found.schools == {"01", "02"}
    (note,) = [
        n for n in services.database.read(lambda c: audit.listed(c, 5)) if n.ref == "officer-none"
    ]
    assert (note.action, note.who, note.detail) == ("account.schools", "admin", "01 02")
    await admin.post("/accounts/schools", name="one", school="02")
    await admin.post("/accounts/schools", name="officer-none", school="77")
    assert services.database.read(lambda c: accounts.find(c, "one")).schools == {"01"}
    again = services.database.read(lambda c: accounts.find(c, "officer-none"))
    assert again == found


async def test_a_change_of_the_account_leaves_an_officers_schools(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    admin = await signed_in(app, "admin")
    await admin.post("/accounts", name="officer-one", shown="王包联", role="officer")
    found = services.database.read(lambda c: accounts.find(c, "officer-one"))
    assert found is not None
    assert (found.shown, found.schools) == ("王包联", {"01"})
    await admin.post("/accounts", name="officer-one", shown="王包联", role="admin")
    assert services.database.read(lambda c: accounts.schools_of(c, "officer-one")) == set()


async def test_the_ticks_are_those_of_the_areas_until_somebody_chooses(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    services.database.write(
        lambda c: units.put_unit(
            c, SEASON, SCHOOLS[1], officer="officer-none 先生", townships="青石镇"
        )
    )
    admin = await signed_in(app, "admin")
    row = (
        (await admin.get("/accounts"))
        .text.split('type="hidden" name="name" value="officer-none"')[1]
        .split("</form>")[0]
    )
    assert "先按附件2 勾好了" in row
    assert re.findall(r'value="(\d\d)" checked', row) == ["02"]


def test_admins_are_told_which_officers_see_no_school(
    services: Services, county: list[str]
) -> None:
    people(services)
    alert = alerts.of_officers(services)
    assert alert is not None
    assert "officer-none先生" in alert.line.zh
    assert "officer-one先生" not in alert.line.zh
    office.set_schools(services, "officer-none", ["01"], who="admin")
    assert alerts.of_officers(services) is None


async def test_a_teachers_id_of_another_school_gives_no_name(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    for name in ("officer-one", "one"):
        browser = await signed_in(app, name)
        text = (await browser.get(f"/cases?staff={two[1].staff_id}")).text
        assert "欧阳雪" not in text
        assert "慕容清" in (await browser.get(f"/cases?staff={two[0].staff_id}")).text


PUBLIC = ("/sign", "/setup", "/activate", "/check", "/connect/test")


async def test_a_role_that_only_reads_sends_no_form_but_its_own(
    app: Litestar, services: Services, two: list[Things], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RULES, "officer", RoleRule(reach="county", may_change=False))
    browser = await signed_in(app, "officer-none")
    assert (await browser.get("/cases")).status_code == 200
    assert SCHOOLS[1] in (await browser.get("/lists")).text
    for method, path in console_routes(app):
        if method == "POST" and not path.startswith(PUBLIC):
            answer = await browser.post(filled(path, places(two[0])))
            own = path in ("/password", "/season")
            assert (answer.status_code == 403) is not own, path


def test_an_unknown_role_reaches_nothing() -> None:
    assert {rule.reach for rule in RULES.values()} == {"county", "listed", "unit"}
    assert RoleRule(reach="county", may_change=False).may_change is False
    assert accounts.rule_of("no such role") == RoleRule(
        reach="listed", may_change=False, masked=True
    )
