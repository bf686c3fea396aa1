"""The morning sheet says what other pages count: paid, came back, unpaid, claimed, slips, phones, looks."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape

import openpyxl
import pytest
from litestar import Litestar
from sqlalchemy import event, select, update
from sqlalchemy.engine import Engine

from shared.cases import Repayment
from sync_server.office import (
    morning,
    morning_sheets,
    placing,
    reconciliation,
    repayment_changes,
    review,
    slip_progress,
)
from sync_server.office import schools as office_schools
from sync_server.office import seasons as office_seasons
from sync_server.office.morning import Sheet
from sync_server.services import Services
from sync_server.store import (
    audit,
    cases,
    morning_looks,
    progress,
    repayments,
    seasons,
    units,
)
from sync_server.store import tables as t
from sync_server.store.morning_looks import Look
from sync_server.store.scope import WHOLE_COUNTY, of_schools
from tests.support.console_browser import PEOPLE, people, signed_in
from tests.support.county import SCHOOLS, SEASON, fill, purge
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.spot_checks import text_of

YESTERDAY = "2019-12-11T10:00:00.000+00:00"
"""After that day's morning in China: what came then is new on the sheet of 12 December."""
BEFORE = "2019-12-10T10:00:00.000+00:00"
TODAY = "2019-12-12T01:00:00.000+00:00"
NOW = datetime(2019, 12, 12, 2, tzinfo=UTC)


def file_of(services: Services, as_of: str, at: str, paid: dict[str, int]) -> None:
    """A file of repayments that was imported at a moment."""
    lines = [
        Repayment(contract_no=c, principal_fen=fen, interest_fen=0, paid_on=as_of)
        for c, fen in paid.items()
    ]
    services.database.write(
        lambda c: repayments.store_snapshot(
            c, SEASON, as_of, lines, file_name="f", sha256=as_of, now=at
        )
    )


def sheet_of(services: Services, unit: str = "01") -> Sheet:
    return morning.read(services, unit).sheets[0]


async def visit(phone: RawPhone, case_id: str, outcome: str = "promised", **body: str) -> None:
    fields = {"met": "self", "outcome": outcome, "visitors": [], **body}
    await phone.push(phone.chained(fact_bytes(case_id, body=fields)))


def heard(services: Services, at: str) -> None:
    """Every phone was last heard of at a moment."""
    services.database.write(lambda c: c.execute(update(t.device).values(seen_at=at, fetched_at=at)))


async def test_who_paid_since_the_morning_before_and_whose_phone_they_leave(
    services: Services, phone: RawPhone
) -> None:
    heard(services, TODAY)
    file_of(services, "2019-12-10", BEFORE, {"C00000": 100_00})
    file_of(services, "2019-12-11", YESTERDAY, {"C00000": 100_00, "C00001": 100_00})
    file_of(services, "2019-12-12", TODAY, dict.fromkeys(["C00000", "C00001", "C00002"], 100_00))
    found = morning.read(services, "01")
    sheet = found.sheets[0]
    assert (found.day.before, found.day.as_of) == ("2019-12-10", "2019-12-12")
    assert sorted(one.person.name for one in sheet.paid) == ["样例1", "样例2"]
    assert {(one.teacher, one.list_on_phone) for one in sheet.paid} == {("甲", "fetched")}
    known = repayment_changes.changes(
        services, as_of="2019-12-12", since="2019-12-10", of="01"
    ).schools[0]
    assert sheet.figures.paid == len(known.newly_paid)
    assert sheet.figures.paid_not_fetched == 0


async def test_a_teacher_whose_phone_has_not_fetched_the_list_since_is_to_be_called(
    services: Services, phone: RawPhone
) -> None:
    heard(services, YESTERDAY)
    file_of(services, "2019-12-12", TODAY, {"C00000": 100_00})
    sheet = sheet_of(services)
    assert [one.list_on_phone for one in sheet.paid] == ["not_fetched"]
    assert sheet.first is not None
    assert (sheet.first.chase.field, sheet.first.n) == ("paid_not_fetched", 1)
    await phone.pages()
    assert [one.list_on_phone for one in sheet_of(services).paid] == ["fetched"]


async def test_a_phone_that_fetches_twice_within_a_minute_has_the_file_that_came_between(
    services: Services, phone: RawPhone
) -> None:
    now = services.settings.now()
    first, came = (
        (now - timedelta(seconds=ago_s)).isoformat(timespec="milliseconds") for ago_s in (30, 20)
    )
    heard(services, first)
    file_of(services, "2019-12-12", came, {"C00000": 100_00})
    assert [one.list_on_phone for one in sheet_of(services).paid] == ["not_fetched"]
    await phone.pages()
    assert [one.list_on_phone for one in sheet_of(services).paid] == ["fetched"]


async def test_a_phone_that_only_sent_records_does_not_know_who_has_paid(
    services: Services, phone: RawPhone
) -> None:
    heard(services, YESTERDAY)
    file_of(services, "2019-12-12", TODAY, {"C00000": 100_00})
    await visit(phone, case_ids(services, "01")[1])
    assert [one.list_on_phone for one in sheet_of(services).paid] == ["not_fetched"]
    await phone.pages()
    assert [one.list_on_phone for one in sheet_of(services).paid] == ["fetched"]


async def test_a_phone_that_only_asks_for_its_list_is_heard_of(
    services: Services, phone: RawPhone
) -> None:
    heard(services, "2019-12-09T00:00:00.000+00:00")
    assert [one.teacher for one in sheet_of(services).phones] == ["甲"]
    assert sheet_of(services).figures.phones == 1
    await phone.pages()
    assert sheet_of(services).phones == ()


async def test_a_phone_that_asks_again_at_once_is_written_down_once(
    services: Services, phone: RawPhone
) -> None:
    await phone.pages()
    query = select(t.device.c.seen_at).where(t.device.c.id == phone.device)
    first = services.database.read(lambda c: c.execute(query).scalar_one())
    await phone.pages()
    assert services.database.read(lambda c: c.execute(query).scalar_one()) == first


async def test_a_teacher_without_a_phone_is_to_be_told(
    services: Services, county: list[str]
) -> None:
    staff = services.database.write(lambda c: units.put_teacher(c, SEASON, "01", "乙"))
    services.database.write(lambda c: cases.assign(c, SEASON, case_ids(services, "01"), staff))
    file_of(services, "2019-12-12", TODAY, {"C00000": 100_00})
    sheet = sheet_of(services)
    assert [one.list_on_phone for one in sheet.paid] == ["no_phone"]
    assert (sheet.figures.paid_not_fetched, sheet.figures.paid_no_phone) == (0, 1)


def test_without_a_new_file_nobody_is_new(services: Services, county: list[str]) -> None:
    file_of(services, "2019-12-10", BEFORE, {"C00000": 100_00})
    found = morning.read(services, "01")
    assert not found.day.has_news
    assert found.sheets[0].paid == ()


def test_without_any_file_the_sheet_is_there(services: Services, county: list[str]) -> None:
    found = morning.read(services, WHOLE_COUNTY)
    assert [sheet.figures.unpaid for sheet in found.sheets] == [6, 6]
    assert found.day.as_of == ""


def test_a_payment_that_was_taken_back_comes_back(services: Services, county: list[str]) -> None:
    file_of(services, "2019-12-10", BEFORE, {"C00000": 100_00})
    file_of(services, "2019-12-12", TODAY, {"C00000": 10_00})
    sheet = sheet_of(services)
    assert [one.person.name for one in sheet.came_back] == ["样例0"]
    assert sheet.figures.came_back == 1


def test_who_came_to_the_school_is_named(services: Services, county: list[str]) -> None:
    one, two, three = case_ids(services, "02")[:3]
    placing.move(services, [one], "01", who="t", reason="搬家")
    placing.move(services, [two, three], "01", who="t", reason="搬家")
    sheet = sheet_of(services)
    assert [(a.how, a.people, len(a.cases)) for a in sheet.arrived] == [
        ("case.move", 1, 1),
        ("case.move", 2, 0),
    ]
    assert sheet.figures.arrived == 3
    assert sheet_of(services, "02").arrived == ()
    placing.move(services, [one], "02", who="t", reason="弄错了")
    assert sheet_of(services).figures.arrived == 2


async def test_the_unpaid_stand_by_teacher_with_outcome_and_promise(
    services: Services, phone: RawPhone
) -> None:
    ids = case_ids(services, "01")
    await visit(phone, ids[0], promise_date="2019-12-18")
    await visit(phone, ids[1], promise_date="2019-12-11")
    await visit(phone, ids[2], promise_date="2019-12-12")
    await visit(phone, ids[3], "not_home")
    sheet = sheet_of(services)
    (teacher,) = sheet.teachers
    assert [one.promise for one in teacher.people] == ["today", "past", "", "", "later", ""]
    assert [one.case.id for one in teacher.people[:2]] == [ids[2], ids[1]]
    assert teacher.people[0].standing.outcome == "promised"
    assert teacher.people[0].outcome_on == "2019-12-12"
    total = progress.count(morning.read(services, "01").found, season(services))
    assert (sheet.figures.unpaid, sheet.figures.untouched) == (total.unpaid, total.untouched)
    assert (sheet.figures.promised_today, sheet.figures.promised_past) == (1, 1)
    assert teacher.untouched == total.untouched == 2


def season(services: Services) -> seasons.Season:
    return services.database.read(lambda c: seasons.get(c, SEASON))


def test_those_without_a_teacher_stand_first(services: Services, county: list[str]) -> None:
    staff = services.database.write(lambda c: units.put_teacher(c, SEASON, "01", "乙"))
    services.database.write(lambda c: cases.assign(c, SEASON, case_ids(services, "01")[:2], staff))
    sheet = sheet_of(services)
    assert [(one.name, len(one.people)) for one in sheet.teachers] == [("", 4), ("乙", 2)]
    assert sheet.figures.unassigned == 4


async def test_claims_slips_and_records_are_those_of_their_own_pages(
    services: Services, phone: RawPhone
) -> None:
    ids = case_ids(services, "01")
    await visit(phone, ids[0], "claimed_paid", note="12月5日还了")
    await phone.push(
        phone.chained(
            fact_bytes(
                ids[1],
                "notice_delivery",
                body={"method": "in_person", "outcome": "signed", "servers": ["甲", "乙"]},
            )
        )
    )
    sheet = sheet_of(services)
    read = services.database.read
    assert sheet.figures.claimed == 1
    assert read(lambda c: reconciliation.open_by_school(c, SEASON, "01")) == {"01": 1}
    (_, slips), *_ = slip_progress.schools(services, "01")
    papers = slips.counts.papers
    assert (sheet.figures.slips_at_school, sheet.figures.without_slip) == (1, 5)
    assert (papers["at_school"], papers["none"]) == (1, 5)
    assert len(sheet.slips) == sheet.figures.slips == 6
    queue = review.queue(services, "01")
    assert sheet.figures.review == sum(one.record.state == "waiting" for one in queue)


async def test_every_school_together_reads_as_each_one_alone(
    services: Services, phone: RawPhone
) -> None:
    await visit(phone, case_ids(services, "01")[0], promise_date="2019-12-12")
    file_of(services, "2019-12-12", TODAY, {"C00001": 100_00, "C00007": 100_00})
    together = morning.read(services, WHOLE_COUNTY).sheets
    assert list(together) == [sheet_of(services, unit) for unit in ("01", "02")]
    assert list(morning.read(services, of_schools({"02"})).sheets) == [sheet_of(services, "02")]


def test_more_schools_cost_no_more_queries(services: Services) -> None:
    def queries(do: Callable[[], object]) -> int:
        ran: list[str] = []

        here = threading.get_ident()  # the writer's own thread refreshes what is kept meanwhile

        def note(*given: object) -> None:
            if threading.get_ident() == here:
                ran.append(str(given[2]))

        event.listen(Engine, "before_cursor_execute", note)
        try:
            do()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len(ran)

    services.database.write(lambda c: fill(c, (3, 3)))
    file_of(services, "2019-12-12", TODAY, {"C00000": 100_00})
    few = queries(lambda: morning.read(services, WHOLE_COUNTY))
    services.database.write(lambda c: fill(c, (3,) * 12, first=100))
    many = queries(lambda: morning.read(services, WHOLE_COUNTY))
    assert len(morning.read(services, WHOLE_COUNTY).sheets) == 12
    assert many <= few + 1
    assert many < 40


def test_a_look_is_kept_once_a_day(services: Services, county: list[str]) -> None:
    look = morning_sheets.look
    assert look(services, ["01"], account="one", at_school=True) == 1
    assert look(services, ["01"], account="one", at_school=True) == 0
    assert look(services, ["01", "02"], account="officer", at_school=False) == 2
    found = services.database.read(lambda c: morning_looks.of_day(c, SEASON, "2019-12-12", "01"))
    assert [(one.account, one.at_school) for one in found] == [("one", True), ("officer", False)]
    assert services.database.read(lambda c: morning_looks.last_days(c, SEASON, WHOLE_COUNTY)) == {
        "01": "2019-12-12"
    }


def test_a_look_that_comes_at_once_with_itself_is_one(
    services: Services, county: list[str]
) -> None:
    one = Look(unit="01", day="2019-12-12", account="one", at_school=True, first_at=TODAY)
    kept = [services.database.write(lambda c: morning_looks.add(c, SEASON, one)) for _ in range(2)]
    assert kept == [True, False]


def test_a_closed_season_notes_no_look(services: Services, county: list[str]) -> None:
    office_seasons.close_season(services, SEASON, who="t")
    assert morning_sheets.look(services, ["01"], account="one", at_school=True) == 0
    assert sheet_of(services).figures.unpaid == 6


def test_a_purge_leaves_no_look(services: Services, county: list[str]) -> None:
    morning_sheets.look(services, ["01"], account="one", at_school=True)
    purge(services, SEASON, who="t", really="测试")
    assert services.database.read(lambda c: c.execute(select(t.morning_look)).all()) == []


def test_a_merged_school_keeps_what_it_looked_at(services: Services, county: list[str]) -> None:
    morning_sheets.look(services, ["02"], account="two", at_school=True)
    office_schools.merge(services, "02", "01", who="t", confirmed=True)
    assert sheet_of(services, "02").figures.unpaid == 0
    assert [s.unit.code for s in morning.read(services, WHOLE_COUNTY).sheets] == ["01"]
    kept = services.database.read(lambda c: morning_looks.of_day(c, SEASON, "2019-12-12", "02"))
    assert [one.account for one in kept] == ["two"]


async def test_the_pages_show_first_things_and_who_has_not_looked(
    app: Litestar, services: Services, phone: RawPhone
) -> None:
    people(services)
    await visit(phone, case_ids(services, "01")[0], promise_date="2019-12-12")
    one, officer, admin = [await signed_in(app, n) for n in ("one", "officer", "admin")]
    before = (await admin.get("/morning")).text
    assert before.count('<span class="chip bad">未查看</span>') == 2
    assert "2 所今天还没看" in before
    page = (await one.get("/schools/01/morning")).text
    assert "1 人答应今天还" in page
    assert "样例0" in page
    after = (await admin.get("/morning")).text
    assert after.count('<span class="chip bad">未查看</span>') == 1
    assert "one先生" in after
    home = (await officer.get("/my-schools")).text
    assert 'href="tel:' in home or "联络0" in home
    assert "1 人答应今天还" in home
    assert "officer先生" in (await admin.get("/morning")).text


async def test_an_admins_look_is_not_the_schools(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    admin = await signed_in(app, "admin")
    await admin.get("/schools/01/morning")
    assert (
        services.database.read(
            lambda c: morning_looks.of_day(c, SEASON, "2019-12-12", WHOLE_COUNTY)
        )
        == []
    )


@pytest.mark.parametrize("name", ["one", "admin"])
async def test_the_picture_is_an_answer_of_its_own_that_runs_nothing(
    app: Litestar, services: Services, county: list[str], name: str
) -> None:
    people(services)
    browser = await signed_in(app, name)
    answer = await browser.get("/schools/01/days.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    if PEOPLE[name][0] == "admin":
        assert (await browser.get("/days.svg")).status_code == 200


async def test_the_print_masks_names_and_has_no_telephone(
    app: Litestar, services: Services, phone: RawPhone
) -> None:
    await visit(phone, case_ids(services, "01")[0], promise_date="2019-12-12")
    text = text_of(morning_sheets.printed(services, WHOLE_COUNTY, who="t"))
    assert all(school in text for school in SCHOOLS)
    assert "先办" in text
    assert "样例0" not in text
    assert "1380000" not in text
    (last,) = services.database.read(lambda c: audit.listed(c, 1))
    assert (last.action, last.detail) == ("morning.print", "2")


async def test_tables_are_workbooks_and_the_unpaid_one_table(
    app: Litestar, services: Services, phone: RawPhone
) -> None:
    people(services)
    browser = await signed_in(app, "one")
    page = (await browser.get("/schools/01/morning")).text
    link = re.search(r'href="([^"]+=records)"', page)
    assert link is not None
    book = openpyxl.load_workbook(io.BytesIO((await browser.get(unescape(link[1]))).content))
    rows = list(book.worksheets[0].values)
    assert sum("样例" in str(row) for row in rows) == 6


def test_before_the_visits_the_page_says_from_when_it_counts(
    services: Services, county: list[str]
) -> None:
    early = NOW - timedelta(days=10)
    found = services.database.read(lambda c: morning.read_in(c, SEASON, "01", early, early))
    assert not found.day.has_begun
    assert found.day.first_day == date(2019, 12, 11)
    assert found.sheets[0].figures.unpaid == 6
