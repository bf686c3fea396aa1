"""A cut-off of now takes all there is; an earlier one names what it leaves out, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import RowMapping

from shared.lifecycle import Review
from shared.problems import ProblemError
from shared.season import CST, work_days
from sync_server.office import cut_off
from sync_server.office.cut_off import LeftOut
from sync_server.office.summary_inputs import Gathered, gather
from sync_server.sample.season import season_2019
from sync_server.services import Services
from sync_server.store import cases, reviews
from sync_server.store import summaries as stored
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from tests.support import odd
from tests.support.command_line import doorstep
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON, repaid
from tests.support.devices import RawPhone, case_ids
from tests.support.summaries import version

NINE = datetime(2019, 12, 12, 9, 0, tzinfo=CST)
"""An hour before the sample's clock starts."""
BEFORE, AFTER = "2019-12-12T00:30:00.000+00:00", "2019-12-12T01:30:00.000+00:00"
DATA = (Path(__file__).parents[1] / "golden" / "summary" / "school.json").read_bytes()
AHEAD = "2019-12-20T00:00:00.000+00:00"


def gathered(services: Services, at: datetime | None = None) -> Gathered:
    now = services.settings.now()
    return services.database.read(
        lambda c: gather(
            c,
            SEASON,
            "01",
            cut_off=at or now,
            now=now if at else None,
            exceptions=(),
            reason="",
            demo=True,
        )
    )


def visit(services: Services, phone: RawPhone, received_at: str, case: int = 0) -> str:
    of = case_ids(services, "01")[case]
    return odd.store(services, phone, [odd.envelope(of)], received_at=received_at)[0]


def whys(services: Services, at: datetime = NINE) -> list[tuple[str, str]]:
    return [(one.what, one.why) for one in cut_off.left_out(services, "01", at)]


async def test_now_takes_a_visit_that_came_while_the_servers_clock_was_ahead(
    services: Services, phone: RawPhone
) -> None:
    fact = visit(services, phone, AHEAD)
    found = gathered(services)
    assert [f.fact.id for f in found.inputs.facts] == [fact]
    assert found.left_out == ()
    assert cut_off.left_out(services, "01", None) == ()


async def test_an_earlier_cut_off_takes_what_the_server_had_received_and_names_the_rest(
    services: Services, phone: RawPhone
) -> None:
    early, _ = visit(services, phone, BEFORE), visit(services, phone, AFTER, case=1)
    found = gathered(services, NINE)
    assert [f.fact.id for f in found.inputs.facts] == [early]
    code = cases.case_of(_row(services, case_ids(services, "01")[1])).code
    assert found.left_out == (
        LeftOut(what="record", kind="visit", at=AFTER, why="after", case_code=code, name="样*"),
    )


async def test_a_time_that_has_not_come_yet_is_laid_to_the_clock(
    services: Services, phone: RawPhone
) -> None:
    visit(services, phone, AHEAD)
    assert whys(services) == [("record", "clock_ahead")]


async def test_a_time_later_than_of_what_came_after_is_laid_to_the_clock(
    services: Services, phone: RawPhone
) -> None:
    visit(services, phone, AFTER)
    visit(services, phone, BEFORE)  # the clock was put right in between
    visit(services, phone, AFTER)
    assert whys(services) == [("record", "clock_ahead"), ("record", "after")]


async def test_verdicts_and_repayment_files_are_compared_and_named_likewise(
    services: Services, phone: RawPhone
) -> None:
    fact = visit(services, phone, BEFORE)
    judge(services, fact, "accepted", AFTER)
    repaid(services, "2019-12-11", {"C00001": 100})  # imported at "n": no time at all
    found = gathered(services, NINE)
    assert found.inputs.reviews == {}
    assert found.inputs.as_of == ""
    assert [(one.what, one.kind, one.why) for one in found.left_out] == [
        ("verdict", "accepted", "after"),
        ("repayments", "2019-12-11", "clock_ahead"),
    ]
    now = gathered(services).inputs
    assert now.reviews[fact].verdict == "accepted"
    assert now.as_of == "2019-12-11"


async def test_the_page_names_what_a_cut_off_leaves_out_before_it_composes(
    app: Litestar, services: Services, phone: RawPhone
) -> None:
    people(services)
    visit(services, phone, AHEAD)
    browser = await signed_in(app, "one")
    asked = {"cut_off": "2019-12-12T09:00"}
    answer = await browser.post("/schools/01/summary/compose", **asked)
    assert answer.status_code == 200
    assert "有 1 项不会列入这一版" in answer.text
    assert "服务器时钟当时偏快" in answer.text
    assert "样*" in answer.text
    assert "样例0" not in answer.text
    refused = (await browser.post("/schools/01/summary/compose", **asked, left_out="1")).text
    assert "不会列入" not in refused
    assert 'name="left_out" value="seen"' in refused  # the list of what is missing follows


async def test_the_page_names_beside_a_version_what_it_left_out(
    app: Litestar, services: Services, phone: RawPhone
) -> None:
    people(services)
    visit(services, phone, AFTER)
    kept = msgspec.json.encode(gathered(services, NINE))
    services.file_store.put("summaries/d/gathered.json", kept)
    made = {"season": SEASON, "unit": "01", "document": "d", "version": 1, "data_hash": "0" * 64}
    services.database.write(
        lambda c: stored.add(
            c,
            **made,
            cut_off="2019-12-12T09:00:00+08:00",
            as_of="",
            data=DATA,
            folder="summaries/d",
        )
    )
    page = (await (await signed_in(app, "one")).get("/schools/01/summary")).text
    assert "这一版没有列入的" in page
    assert "在截止时间之后收到" in page
    assert "样*" in page
    assert "样例0" not in page


async def test_the_command_line_names_it_before_it_composes(
    services: Services, phone: RawPhone
) -> None:
    visit(services, phone, AFTER)
    data = services.settings.data_dir
    done = doorstep("seal", "01", "--cut-off", "2019-12-12T09:00+08:00", data=data)
    assert "有 1 项不会列入这一版" in done.stderr
    assert "样* 上门走访 2019-12-12 09:30 在截止时间之后收到" in done.stderr
    assert "样例0" not in done.stderr


def judge(services: Services, fact: str, verdict: str, at: str) -> None:
    given = Review(fact=fact, verdict=verdict, by="t", at=at)
    services.database.write(lambda c: reviews.add_review(c, given))


def _row(services: Services, case: str) -> RowMapping:
    return services.database.read(lambda c: cases.rows(c, SEASON, ids=[case]))[0]


@pytest.mark.parametrize(
    "typed",
    ["0001-01-01T00:00", "0001-01-01", "1900-01-01T00:00", "9999-12-31T23:59", "2017-11-01T00:00"],
)
async def test_a_cut_off_of_another_time_than_the_seasons_is_named(
    app: Litestar, services: Services, county: list[str], typed: str
) -> None:
    people(services)
    browser = await signed_in(app, "one")
    for left_out in ("", "1"):
        answer = await browser.post(
            "/schools/01/summary/compose", cut_off=typed, reason="", left_out=left_out
        )
        page = (await browser.follow(answer)).text
        assert "不在本年度的工作期间" in page
    assert stored_versions(services) == []


@pytest.mark.parametrize("typed", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_the_command_line_names_it_too(services: Services, county: list[str], typed: str) -> None:
    answer = doorstep("seal", "01", "--cut-off", typed, data=services.settings.data_dir)
    assert answer.returncode == 1
    assert "不在本年度的工作期间" in answer.stderr + answer.stdout


async def test_what_came_at_the_very_moment_of_the_cut_off_is_taken(
    services: Services, phone: RawPhone
) -> None:
    visit(services, phone, cut_off.moment_text(NINE))
    assert whys(services) == []


async def test_a_record_that_cannot_be_read_is_left_out_of_every_cut_off(
    services: Services, phone: RawPhone
) -> None:
    case = case_ids(services, "01")[0]
    lost = visit(services, phone, BEFORE)
    services.database.write(
        lambda c: c.execute(t.fact.update().where(t.fact.c.id == lost).values(data=b"no record"))
    )
    code = _row(services, case)["code"]
    for at in (None, NINE):
        (one,) = cut_off.left_out(services, "01", at)
        assert (one.what, one.why, one.at) == ("record", "unreadable", BEFORE)
        assert (one.case_code, one.name) == (code, "样*")


async def test_what_a_cut_off_leaves_out_of_one_school_is_not_asked_of_another(
    services: Services, phone: RawPhone
) -> None:
    visit(services, phone, AFTER)
    assert cut_off.left_out(services, "02", NINE) == ()


async def test_a_late_verdict_is_named_with_the_case_of_its_record(
    services: Services, phone: RawPhone
) -> None:
    visit(services, phone, BEFORE)
    fact = visit(services, phone, BEFORE, case=2)
    judge(services, fact, "returned", AHEAD)
    code = _row(services, case_ids(services, "01")[2])["code"]
    assert cut_off.left_out(services, "01", NINE) == (
        LeftOut(
            what="verdict",
            kind="returned",
            at=AHEAD,
            why="clock_ahead",
            case_code=code,
            name="样*",
        ),
    )


def test_a_file_imported_after_the_cut_off_is_named_with_its_time(
    services: Services, county: list[str]
) -> None:
    repaid(services, "2019-12-11", {"C00001": 100})
    set_time = t.snapshot.update().values(imported_at=AFTER)
    services.database.write(lambda c: c.execute(set_time))
    assert cut_off.left_out(services, "01", NINE) == (
        LeftOut(what="repayments", kind="2019-12-11", at=AFTER, why="after"),
    )


async def test_a_thing_of_this_very_moment_is_not_laid_to_the_clock(
    services: Services, phone: RawPhone
) -> None:
    fact = visit(services, phone, BEFORE)
    judge(services, fact, "accepted", services.settings.now_text())
    assert whys(services) == [("verdict", "after")]


# the moment asked for

NOW = datetime(2019, 12, 12, 10, 0, tzinfo=CST)


def asked(at: datetime | None) -> datetime | None:
    return cut_off.moment_of(season_2019(), at, NOW)


def test_a_cut_off_is_now_or_a_moment_of_the_seasons_work_that_has_come() -> None:
    assert asked(None) is None
    assert asked(NOW) == NOW
    assert asked(datetime(2019, 12, 12, 9, 0)) == NINE
    assert asked(datetime(2019, 12, 12, 1, 0, tzinfo=UTC)) == NINE
    first = work_days(season_2019())[0]
    assert asked(datetime(first.year, first.month, first.day)) is not None


def test_the_last_day_of_the_seasons_work_is_a_cut_off_when_it_has_come() -> None:
    last = work_days(season_2019())[1]
    late = datetime(last.year, last.month, last.day, 18, 0, tzinfo=CST)
    assert cut_off.moment_of(season_2019(), late, late) == late


def test_a_cut_off_before_or_after_the_seasons_work_is_refused_with_its_days() -> None:
    first, last = work_days(season_2019())
    for day in (first - timedelta(days=1), last + timedelta(days=1)):
        with pytest.raises(ProblemError) as refused:
            asked(datetime(day.year, day.month, day.day, 8, 30))
        assert refused.value.code == "seal.cut_off_impossible"
        assert f"{day}T08:30 " in refused.value.message()
        assert f"{first} 至 {last}" in refused.value.message()


def test_a_cut_off_that_has_not_come_is_refused_with_its_minute() -> None:
    with pytest.raises(ProblemError) as refused:
        asked(datetime(2019, 12, 12, 10, 1))
    assert refused.value.code == "seal.cut_off_future"
    assert "2019-12-12T10:01+08:00" in refused.value.message()


def test_a_version_that_kept_nothing_of_its_cut_off_left_nothing_out(services: Services) -> None:
    assert cut_off.left_out_of(services, None) == ()
    assert cut_off.left_out_of(services, version(services, 1, "printed")) == ()


@pytest.mark.parametrize("moment", [datetime.min, datetime.max])
def test_every_moment_there_is_has_a_text(moment: datetime) -> None:
    for hours in (-14, 14):
        aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
        assert cut_off.moment_text(aware)[:4] == f"{moment.year:04d}"


def stored_versions(services: Services) -> list[stored.SummaryRow]:
    return services.database.read(lambda c: stored.listed(c, SEASON, WHOLE_COUNTY))
