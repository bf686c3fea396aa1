"""Who only inspects sees the whole county, masked, and changes nothing."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date

import msgspec
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar

from shared.cases import Case, Contract, Person
from shared.contacts import AcceptedContact
from shared.identity import id_check_digit
from shared.problems import ProblemError
from shared.records.base import Fact
from shared.records.kind import RecordKind
from shared.records.registry import KINDS
from sync_server.console.web.access import INSPECTION
from sync_server.office import inspection
from sync_server.office.id_number_access import log_id_number_access
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import accounts, audit, cases, masking, progress, seasons, units
from sync_server.store import tables as t
from sync_server.store.accounts import RULES
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY, of_schools
from tests.support.console_browser import Browser, heading, people, signed_in
from tests.support.county import SCHOOLS, SEASON
from tests.support.devices import RawPhone, fact_bytes, working_phone
from tests.support.every_page import FORMS, console_routes, filled
from tests.support.facts import values
from tests.support.school_things import Things, things

EXPORT = re.compile(r'href="([^"]+export=[^"]*)"')
TYPED = "识别文字"
"""Stands in everything that somebody typed."""
PHONE_NAMED = "13977778888"
"""An account that bears its person's telephone as its name."""


def id_number(n: int) -> str:
    first = f"6105991998{n % 12 + 1:02d}0{n % 9 + 1}{n:03d}"
    return first + id_check_digit(first)


def distinctive(row: dict[str, str], n: int) -> Case:
    """A case in which every text can be recognised."""
    old = msgspec.json.decode(row["body"], type=Case)
    return msgspec.structs.replace(
        old,
        borrower=Person(name=f"秦识{n:03d}甲", id_number=id_number(n), phones=(f"1391111{n:04d}",)),
        co_borrower=Person(
            name=f"郑识{n:03d}乙", id_number=id_number(n + 400), phones=(f"1392222{n:04d}",)
        ),
        address=f"青槐县青石镇槐树村三组{n:03d}号院",
        village=f"槐树村三组{n:03d}号院",
        college=f"识别大学{n:03d}分校",
        contracts=(
            Contract(contract_no=f"HT2019识别{n:05d}", principal_fen=100_00, interest_fen=0),
        ),
    )


def secrets(n: int) -> list[str]:
    """What must not be seen of the person."""
    return [
        f"识{n:03d}",
        id_number(n),
        id_number(n + 400),
        f"1391111{n:04d}",
        f"1392222{n:04d}",
        f"{n:03d}号院",
        f"识别大学{n:03d}",
        f"识别{n:05d}",
        f"1393333{n:04d}",
    ]


def make_distinctive(connection: Connection) -> int:
    """Rewrite every person of the county; how many there are."""
    found = connection.execute(t.case_file.select().order_by(t.case_file.c.id)).mappings().all()
    for n, row in enumerate(found):
        accepted = AcceptedContact(
            fact=f"f{n}", field="phone", value=f"1393333{n:04d}", source="self", day="2019-12-11"
        )
        connection.execute(
            t.case_file.update()
            .where(t.case_file.c.id == row["id"])
            .values(
                body=msgspec.json.encode(distinctive(dict(row), n)).decode(),
                contact=msgspec.json.encode([accepted]).decode(),
                written=json.dumps({"borrower_name": TYPED}),
                off_list=TYPED if n == 5 else "",
            )
        )
    return len(found)


RECORDS: dict[str, dict[str, object]] = {
    "visit": {
        "met": "family",
        "outcome": "illness",
        "visitors": [f"王{TYPED}", "李四"],
        "note": TYPED,
    },
    "notice_delivery": {
        "outcome": "signed",
        "servers": [f"王{TYPED}", "李四"],
        "signer_name": TYPED,
        "signer_relation": "family",
        "note": TYPED,
    },
    "statement": {"reason": "illness", "narrative": TYPED, "handling": "keep_reminding"},
    "contact_update": {
        "field": "phone",
        "value": "13955556666",
        "source": "family",
        "note": TYPED,
    },
    "contact_attempt": {"channel": "phone", "outcome": "no_answer", "note": TYPED},
}


@pytest.fixture
async def two(
    http: object, app_settings: Settings, services: Services, county: list[str]
) -> list[Things]:
    """Two schools at work, every person and everything typed of which can be recognised."""
    people(services)
    found = []
    for unit, teacher in (("01", "慕容清"), ("02", "欧阳雪")):
        phone: RawPhone = await working_phone(http, services, unit, teacher)
        mine = await things(services, app_settings, phone)
        found.append(mine)
        for kind, body in RECORDS.items():
            await phone.push(phone.chained(fact_bytes(mine.case_id, kind, body=body)))
        wrong = {"corrects": mine.fact_id, "reason": TYPED, "body": RECORDS["visit"]}
        await phone.push(phone.chained(fact_bytes(mine.case_id, "correction", body=wrong)))
        await phone.push(phone.chained(b"{}"))
    services.database.write(lambda c: write_texts(c, found))
    return found


def write_texts(connection: Connection, found: list[Things]) -> None:
    make_distinctive(connection)
    at = "2019-12-12T02:00:00+00:00"
    for mine in found:
        review = {"id": f"r{mine.unit}", "fact_id": mine.fact_id, "verdict": "returned"}
        connection.execute(t.review.insert(), {**review, "comment": TYPED, "by": "t", "at": at})
        audit.note(connection, at=at, who=PHONE_NAMED, action="case.off_list", detail=TYPED)
        audit.note(connection, at=at, who=TYPED, action="sign_in.failed", ref=TYPED, detail="2 1.2")
    accounts.put_waiting(connection, PHONE_NAMED, "liaison", "01", "刘联络")


def text_of(data: bytes) -> str:
    """Everything that a page or workbook says."""
    if not data.startswith(b"PK"):
        return html.unescape(data.decode("utf-8", "ignore"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "xl/workbook.xml" in archive.namelist()
    book = openpyxl.load_workbook(io.BytesIO(data))
    rows = (row for sheet in book for row in sheet.iter_rows(values_only=True))
    return "\n".join([*book.sheetnames, *(str(v) for row in rows for v in row if v is not None)])


MORE = (
    "/cases?unit=02",
    "/cases?show=off_list",
    "/cases?show=special",
    "/cases?q=qs",
    "/inspection?unit=01",
    "/inspection?first=2019-11-01&last=2019-12-31",
    "/audit?action=sign_in.failed",
)


async def every_answer(app: Litestar, browser: Browser, mine: Things) -> dict[str, str]:
    """The words of every page and workbook that opens, by address."""
    places = {name: str(getattr(mine, name)) for name in Things.__dataclass_fields__}
    asked = [
        (method, filled(path, {**places, "season_id": SEASON, "name": "printed.pdf"}), path)
        for method, path in console_routes(app)
        if (method == "GET" or path in FORMS)
        and not path.startswith(("/sign", "/connect/test", "/enrol", "/trust", "/ca.", "/check"))
    ]
    found: dict[str, str] = {}
    for method, target, path in [*asked, *(("GET", more, more) for more in MORE)]:
        ask = browser.get(target) if method == "GET" else browser.post(target, **FORMS[path])
        answer = await ask
        assert answer.status_code != 500, target
        found[target] = text_of(answer.content)
    for page in list(found.values()):
        for link in EXPORT.findall(page):
            answer = await browser.get(link)
            assert answer.status_code == 200, link
            found[link] = text_of(answer.content)
    return found


async def test_no_page_and_no_workbook_shows_an_inspector_a_name_number_address_or_word(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    browser = await signed_in(app, "auditor")
    found: dict[str, str] = {}
    for mine in two:
        found |= await every_answer(app, browser, mine)
    hidden = [word for n in range(12) for word in secrets(n)]
    hidden += [TYPED, "13955556666", PHONE_NAMED, "疾病"]
    said = [(where, word) for where, text in found.items() for word in hidden if word in text]
    assert said == []
    assert sum("秦*" in text for text in found.values()) > 5
    assert sum("export=" in where for where in found) >= 4
    case = found[f"/cases/{two[0].case_id}"]
    assert "槐树村" in case
    assert "情况说明" in case
    assert "已改正" in case
    assert "met " not in case  # a correction is read by the fields of what it corrects


async def test_the_same_pages_show_an_admin_what_is_masked_here(
    app: Litestar, two: list[Things]
) -> None:
    """So that the test above looks for what there is."""
    browser = await signed_in(app, "admin")
    text = ""
    for path in ("/cases", f"/cases/{two[0].case_id}", "/audit", "/cases?show=off_list"):
        text += (await browser.get(path)).text
    assert "秦识" in text
    assert TYPED in text
    assert PHONE_NAMED in text


async def test_an_inspector_finds_nobody_by_name_initials_or_telephone(
    app: Litestar, two: list[Things]
) -> None:
    browser = await signed_in(app, "auditor")
    for asked in ("秦识001甲", "qs", "13911110001", "号院"):
        text = (await browser.get(f"/cases?q={asked}")).text
        assert "/cases/" not in re.sub(r'action="[^"]*"', "", text), asked
    assert "秦*" in (await browser.get("/cases?q=槐树村")).text


async def test_an_inspector_sends_nothing_but_the_own_password_and_season(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    browser = await signed_in(app, "auditor")
    before = everything(services)
    for method, path in console_routes(app):
        if method == "POST" and not path.startswith(
            ("/sign", "/setup", "/activate", "/check", "/connect/test")
        ):
            answer = await browser.post(filled(path, {"unit": "01", "case_id": two[0].case_id}))
            own = path in ("/password", "/season")
            assert (answer.status_code == 403) is not own, path
    assert everything(services) == before


def everything(services: Services) -> dict[str, list[tuple[object, ...]]]:
    """Every row but those of the trail, and of wrong passwords."""
    left_out = ("audit", "attempt")

    def job(c: Connection) -> dict[str, list[tuple[object, ...]]]:
        return {
            table.name: [tuple(row) for row in c.execute(table.select())]
            for table in t.metadata.sorted_tables
            if table.name not in left_out
        }

    return services.database.read(job)


async def test_an_inspector_changes_the_own_password(app: Litestar, two: list[Things]) -> None:
    browser = await signed_in(app, "auditor")
    await browser.post("/password", old="correct horse 1", new="another horse 2")
    assert "密码已改" in (await browser.get("/inspection")).text
    assert (await Browser(app).sign_in("auditor", "another horse 2")).status_code == 303


async def test_an_inspectors_export_leaves_a_line_in_the_trail(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    browser = await signed_in(app, "auditor")
    assert (await browser.get("/inspection?export=inspection_schools")).status_code == 200
    notes = services.database.read(lambda c: audit.listed(c, 1, "table.export"))
    assert [(n.who, n.action) for n in notes] == [("auditor", "table.export")]


async def test_what_reads_for_an_inspector_writes_nothing(services: Services) -> None:
    reader = services.for_inspection()
    with pytest.raises(ProblemError, match=r"auth\.forbidden"):
        reader.database.write(lambda c: audit.note(c, at="", who="x", action="x"))
    with pytest.raises(ProblemError, match=r"auth\.forbidden"):
        await reader.write(lambda c: audit.note(c, at="", who="x", action="x"))
    with pytest.raises(ProblemError, match=r"auth\.forbidden"):
        reader.for_season(SEASON).change(lambda c: None)
    assert not services.database.inspects


async def test_masking_changes_no_number(services: Services, two: list[Things]) -> None:
    def counts(c: Connection) -> tuple[object, list[object]]:
        season = seasons.get(c, SEASON)
        found = progress.case_standings(c, season, scope=WHOLE_COUNTY)
        states = [(x.standing.group, x.standing.statement, len(x.standing.visits)) for x in found]
        return progress.count(found, season), [*states]

    assert services.for_inspection().database.read(counts) == services.database.read(counts)


async def test_a_connection_says_nothing_of_inspection_to_the_next_reader(
    services: Services, two: list[Things]
) -> None:
    reader = services.for_inspection().database
    for _ in range(20):  # the pool gives connections again
        assert reader.read(masking.inspects)
        assert not services.database.read(masking.inspects)
    whole = services.database.read(lambda c: cases.rows(c, SEASON, scope=WHOLE_COUNTY))
    assert cases.case_of(whole[0]).borrower.name.startswith("秦识")


def test_the_role_reads_the_county_masked_and_pages_open_to_it_by_name_only(app: Litestar) -> None:
    rule = RULES["auditor"]
    assert (rule.reach, rule.may_change, rule.masked) == ("county", False, True)
    opened = {
        path
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if handler.opt.get(INSPECTION)
        for path in handler.paths
    }
    assert opened == {
        "/",
        "/inspection",
        "/cases",
        "/cases/{case_id:str}",
        "/audit",
        "/bulletins",
        "/bulletins/{summary_id:str}",
        "/bulletins/{summary_id:str}/files/{name:str}",
        "/bundles",
        "/late-schools",
        "/password",
        "/publicity",
        "/season",
        "/spot-checks",
    }


MARK = "识别"
MARKED = st.text(max_size=5).map(lambda text: f"{MARK}{text}{MARK}")


def marked(kind: RecordKind) -> st.SearchStrategy[dict[str, object]]:
    """Bodies of a kind with a mark in every text, also where codes and days belong."""
    return st.fixed_dictionaries({f.name: st.one_of(MARKED, values(f)) for f in kind.fields}).map(
        lambda body: {
            k: f"{MARK}{v}" if isinstance(v, str) and len(v) > 30 else v for k, v in body.items()
        }
    )


@given(st.data(), st.sampled_from(sorted(KINDS)), MARKED)
def test_no_text_of_a_record_outlives_its_masking(
    data: st.DataObject, kind: str, when: str
) -> None:
    body = data.draw(marked(KINDS[kind]))
    fact = Fact(
        id="i", season=SEASON, kind=kind, case="c", captured_at="", happened_at=when, body=body
    )
    left = masking.fact(fact)
    assert MARK not in json.dumps([left.body, left.happened_at], ensure_ascii=False)
    assert masking.fact(left) == left


@given(st.text("甲乙丙丁", min_size=1).map(lambda n: f"赵{n}{MARK}"), MARKED, MARKED)
def test_no_text_of_a_case_outlives_its_masking(name: str, number: str, text: str) -> None:
    person = Person(name=name, id_number=number, phones=(text,))
    case = Case(
        id="i",
        season=SEASON,
        borrower=person,
        co_borrower=person,
        address=text,
        college=text,
        graduated_on=text,
        contracts=(Contract(contract_no=f"{text}12345678", principal_fen=1, interest_fen=2),),
    )
    row = {"body": msgspec.json.encode(case).decode(), "off_list": text}
    left = masking.case_row(row)
    assert MARK not in json.dumps(dict(left), ensure_ascii=False)
    assert msgspec.json.decode(left["body"], type=Case).total_fen == case.total_fen


def log_of(services: Services, of: object = WHOLE_COUNTY) -> inspection.Log:
    def job(c: Connection) -> inspection.Log:
        days = (date(2019, 11, 1), date(2019, 12, 31))
        return inspection.read(c, SEASON, of, days)

    return services.database.read(job)


async def test_the_log_tells_what_each_school_did_and_when(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    (row,) = services.database.read(lambda c: cases.rows(c, SEASON, ids=[two[0].case_id]))
    log_id_number_access(services, cases.case_of(row), purpose="verify", who="admin")
    log = log_of(services)
    one = log.of("01")
    assert (one.batches, one.sheets, one.corrections, one.apart, one.looks) == (2, 12, 1, 1, 1)
    assert (one.statements.get("written"), len(one.summaries)) == (1, 1)
    assert log.of("02").looks == 0
    assert dict(log.days)["2019-12-12"]["id_number"] == 1
    assert log.total("corrections") == 2
    assert [(a.name, a.looks) for a in log.accounts if a.looks] == [("admin", 1)]
    text = (await (await signed_in(app, "auditor")).get("/inspection?last=2019-12-31")).text
    assert heading(await (await signed_in(app, "admin")).get("/inspection")) == "督查台账"
    assert SCHOOLS[0] in text
    assert "admin先生" in text


async def test_the_days_of_the_log_add_up_to_the_visits_of_the_progress(
    services: Services, two: list[Things]
) -> None:
    log = log_of(services)
    season = services.database.read(lambda c: seasons.get(c, SEASON))
    found = services.database.read(lambda c: progress.case_standings(c, season, scope=WHOLE_COUNTY))
    total = progress.count(found, season)
    assert (log.total("visits"), log.total("delivered")) == (total.visits, total.delivered)
    assert total.visits > 0


async def test_an_officers_log_is_of_the_own_schools(
    app: Litestar, services: Services, two: list[Things]
) -> None:
    log = log_of(services, of_schools(["01"]))
    assert set(log.schools) == {"01"}
    browser = await signed_in(app, "officer-one")
    text = (await browser.get("/inspection")).text
    assert SCHOOLS[0] in text
    assert SCHOOLS[1] not in text
    assert (await browser.get("/inspection?unit=02")).status_code == 404
    assert (await (await signed_in(app, "one")).get("/inspection")).status_code == 403


async def test_days_asked_for_the_wrong_way_round_or_not_at_all_give_a_log(
    app: Litestar, two: list[Things]
) -> None:
    browser = await signed_in(app, "auditor")
    for query in ("first=2019-12-31&last=2019-11-01", "first=x&last=", "unit=&first=9999-12-31"):
        assert (await browser.get(f"/inspection?{query}")).status_code == 200, query


def test_an_action_counts_in_one_column_that_there_is() -> None:
    known: Iterator[str] = (inspection.kind_of(action) for action in inspection._OF_ACTION)
    assert set(known) <= set(inspection.DAYS)
    assert inspection.kind_of("summary.seal") == "summary"
    assert inspection.kind_of("sign_in") == ""


async def test_an_admin_makes_an_inspectors_account(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    admin = await signed_in(app, "admin")
    await admin.post("/accounts", name="ducha", shown="督查组", role="auditor")
    found = services.database.read(lambda c: accounts.find(c, "ducha"))
    assert found is not None
    assert (found.role, found.unit, found.schools) == ("auditor", "", None)
    assert "巡查/督查" in (await admin.get("/accounts")).text
    assert services.database.read(lambda c: units.every_name(c))
