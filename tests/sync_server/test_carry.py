"""A new season has what stays the same: schools and their people in charge. People, records, lists stay where they are."""

from __future__ import annotations

import html

import pytest
from litestar import Litestar
from sqlalchemy import func, select

from shared.season_fields import with_values
from sync_server.office import carry as office_carry
from sync_server.office import purge as office_purge
from sync_server.office import schools as office_schools
from sync_server.office import seasons as office
from sync_server.services import Services
from sync_server.store import accounts, audit, carry, case_import, seasons, units
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.units import UnitRow
from tests.support import notices
from tests.support.command_line import doorstep, report
from tests.support.console_browser import PASSWORD, Browser, people, signed_in
from tests.support.county import SCHOOLS, SEASON, repaid
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.seasons import HEAD, NEXT, check_all, refused, settings

AHEAD = "2027"
"""A season of the real clock, which the command line goes by."""
WHOLE = {
    "leader_name": "负责人甲",
    "leader_duty": "校长",
    "leader_phone": "0913-1111111",
    "liaison_name": "联络员甲",
    "liaison_duty": "教导主任",
    "liaison_phone": "13900000001",
    "officer": "包联甲",
    "townships": "柳泉镇、石桥镇",
}
CARRIED = {"unit"}
OF_THE_NEW_SEASON = {"season", "season_change", "policy_edition"}
LEFT = {
    "assignment",
    "assignment_move",
    "bulletin",
    "bulletin_moment",
    "bundle",
    "case_file",
    "case_standing",
    "contract",
    "device",
    "device_season",
    "enrol_code",
    "fact",
    "import_run",
    "job",
    "kept_contact",
    "keyed_form",
    "late_school",
    "morning_look",
    "notice_batch",
    "notice_print",
    "original_paper",
    "quarantine",
    "receipt",
    "recovery_code",
    "repayment",
    "school_days",
    "school_days_due",
    "school_kept",
    "school_kept_due",
    "school_list",
    "school_sum",
    "search_case",
    "search_due",
    "search_season",
    "search_term",
    "slip_batch",
    "slip_page",
    "slip_stack",
    "snapshot",
    "spot_check",
    "spot_check_person",
    "spot_check_step",
    "staff",
    "suggested_contact",
    "summary",
}
"""Tables of a season of which a new one gets nothing."""
OF_NO_SEASON = {
    "account",
    "account_link",
    "account_school",
    "attempt",
    "audit",
    "change",
    "device_day",
    "fact_photo",
    "feed",
    "hold",
    "import_shape",
    "kept",
    "made_key",
    "meta",
    "photo",
    "review",
    "school_name",
    "slip",
    "slip_line",
    "standing_due",
    "upload",
    "withdrawn_list",
}


def make_from(services: Services, source: str = SEASON) -> None:
    """The season of 2020 made from another one, as page and command line do."""
    made = with_values(office.proposal(services, NEXT, source=source), HEAD)
    office.create(services, made, who="何主任", source=source)


def schools(services: Services, season: str) -> list[UnitRow]:
    return services.database.read(lambda c: units.units(c, season))


def put(services: Services, season: str, name: str, **fields: str) -> None:
    services.database.write(lambda c: units.put_unit(c, season, name, **fields))


@pytest.fixture
def whole(services: Services, county: list[str]) -> Services:
    """A county whose first school has everything that 附件1 and 附件2 say."""
    put(services, SEASON, SCHOOLS[0], **WHOLE)
    return services


@pytest.fixture
async def admin(app: Litestar, whole: Services) -> Browser:
    people(whole)
    return await signed_in(app, "admin")


def test_schools_come_over_with_code_townships_leader_liaison_and_officer(
    whole: Services,
) -> None:
    make_from(whole)
    assert schools(whole, NEXT) == schools(whole, SEASON)
    first = schools(whole, NEXT)[0]
    assert {name: getattr(first, name) for name in WHOLE} == WHOLE


def test_every_column_of_a_school_is_carried_or_named_here() -> None:
    of_the_season = {"season", "retired_at", "merged_into"}
    assert {c.name for c in t.unit.columns} == {*of_the_season, *carry.COLUMNS}


def test_a_school_that_is_no_more_is_not_carried(whole: Services) -> None:
    made = office_schools.add(whole, "青槐县旧街小学", who="t")
    office_schools.retire(whole, made, who="t")
    make_from(whole)
    assert [row.code for row in schools(whole, NEXT)] == [
        row.code for row in schools(whole, SEASON)
    ]
    assert made not in {row.code for row in schools(whole, NEXT)}


async def test_nothing_of_people_and_records_is_in_the_new_season_table_by_table(
    phone: RawPhone, services: Services
) -> None:
    """A new table takes a stand here: carried, of the new season itself, left, or of no season."""
    case = case_ids(services, "01")[0]
    assert await phone.outcomes(phone.chained(fact_bytes(case))) == ["created"]
    repaid(services, "2019-12-11", {"C00001": 100_00})
    notices.printed(services, "01", who="t")

    def counts(connection: Connection) -> dict[str, int]:
        found = {}
        for table in t.metadata.sorted_tables:
            query = select(func.count()).select_from(table)
            if "season" in table.c:
                query = query.where(table.c.season == NEXT)
            found[table.name] = connection.execute(query).scalar_one()
        return found

    before = services.database.read(counts)
    make_from(services)
    after = services.database.read(counts)
    assert set(after) == CARRIED | OF_THE_NEW_SEASON | LEFT | OF_NO_SEASON
    with_season = {table.name for table in t.metadata.sorted_tables if "season" in table.c}
    assert with_season >= LEFT
    assert {name for name in LEFT if after[name]} == set()
    grown = {name for name in OF_NO_SEASON if after[name] != before[name]}
    assert grown <= {"audit", "season", "feed", "change"}
    assert after["unit"] == 2


def test_history_and_trail_say_what_came_over_in_numbers(whole: Services) -> None:
    make_from(whole)
    history = whole.database.read(lambda c: seasons.history(c, NEXT))
    assert [line.what for line in history] == ["carry", "new"]
    assert {f.field: f.after for f in history[0].fields} == {
        "carried.from": SEASON,
        "carried.schools": "2",
        "carried.liaisons": "2",
        "carried.leaders": "1",
        "carried.officers": "1",
    }
    note = whole.database.read(lambda c: audit.listed(c, 1))[0]
    assert (note.action, note.ref, note.who) == ("season.carry", NEXT, "何主任")
    assert "联络员甲" not in note.detail


def test_the_preview_counts_what_comes_over_and_what_stays(whole: Services) -> None:
    found = office_carry.preview(whole, SEASON, NEXT)
    assert (found.schools, found.liaisons, found.officers, found.people) == (2, 2, 1, 12)
    assert schools(whole, NEXT) == []


def test_carried_again_nothing_is_doubled_or_noted(whole: Services) -> None:
    make_from(whole)
    before = schools(whole, NEXT)
    again = office_carry.carry_over(whole, NEXT, source=SEASON, who="t")
    assert not again.anything
    assert schools(whole, NEXT) == before
    assert len(whole.database.read(lambda c: seasons.history(c, NEXT))) == 2


def test_carried_again_only_what_the_season_lacks_whole_is_filled_in(whole: Services) -> None:
    make_from(whole)
    put(whole, NEXT, SCHOOLS[0], liaison_name="新联络员", liaison_phone="", officer="")
    put(whole, SEASON, "晚到的学校", liaison_name="晚到的联络员")
    done = office_carry.carry_over(whole, NEXT, source=SEASON, who="t")
    assert (done.schools, done.officers, done.liaisons) == (1, 1, 1)
    first = schools(whole, NEXT)[0]
    assert (first.liaison_name, first.liaison_phone, first.officer) == ("新联络员", "", "包联甲")


def test_a_school_that_goes_by_another_name_there_is_not_carried_a_second_time(
    whole: Services,
) -> None:
    make_from(whole)
    where = (t.unit.c.season == NEXT) & (t.unit.c.code == "01")
    whole.database.write(lambda c: c.execute(t.unit.update().where(where).values(name="改名学校")))
    assert not office_carry.carry_over(whole, NEXT, source=SEASON, who="t").anything
    assert [u.name for u in schools(whole, NEXT)] == ["改名学校", SCHOOLS[1]]


def test_a_later_list_of_contacts_changes_the_carried_school(whole: Services) -> None:
    make_from(whole)
    rows = {SCHOOLS[0]: {"liaison_name": "今年的联络员"}}
    whole.database.write(lambda c: case_import.import_schools(c, NEXT, rows))
    assert [u.liaison_name for u in schools(whole, NEXT)] == ["今年的联络员", "联络1"]
    assert schools(whole, SEASON)[0].liaison_name == "联络员甲"


def test_limits_recipients_and_the_setting_of_kept_contacts_come_with_the_settings(
    whole: Services,
) -> None:
    key = settings(whole).recipients[0].key
    values = {
        "limits.visitors": "3",
        "keep_contacts": "true",
        f"recipients.{key}.name": "省中心",
    }
    office.change(whole, SEASON, lambda s: with_values(s, values), who="t")
    make_from(whole)
    old, new = settings(whole), settings(whole, NEXT)
    assert (new.limits, new.recipients, new.keep_contacts) == (old.limits, old.recipients, True)
    assert "repay" in new.unchecked


def test_a_season_that_follows_none_gets_schools_without_people(whole: Services) -> None:
    made = with_values(office.proposal(whole, NEXT), HEAD)
    office.create(whole, made, who="t")
    assert [u.liaison_name for u in schools(whole, NEXT)] == ["", ""]


def test_an_account_whose_school_does_not_come_over_is_named(whole: Services) -> None:
    put(whole, "2018", "只在前年的学校")
    (gone,) = schools(whole, "2018")
    whole.database.write(lambda c: accounts.put(c, "王", PASSWORD, "liaison", gone.code))
    whole.database.write(lambda c: accounts.put(c, "李", PASSWORD, "liaison", "01"))
    assert office_carry.preview(whole, SEASON, NEXT).without_school == ("王",)


def test_nothing_comes_from_the_season_itself_an_unknown_one_or_into_a_closed_one(
    whole: Services,
) -> None:
    make_from(whole)

    def into(season: str, source: str) -> str:
        return refused(lambda: office_carry.carry_over(whole, season, source=source, who="t"))

    assert into(NEXT, NEXT) == "carry.same_season"
    assert into(NEXT, "1999") == "season.unknown"
    office.close_season(whole, SEASON, who="t")
    assert into(SEASON, NEXT) == "season.closed"


def test_a_season_that_cannot_be_made_carries_nothing(whole: Services) -> None:
    made = with_values(office.proposal(whole, NEXT), HEAD)
    assert refused(lambda: office.create(whole, made, who="t", source="1999")) == "season.unknown"
    assert refused(lambda: whole.database.read(lambda c: seasons.one(c, NEXT))) == "season.unknown"
    assert schools(whole, NEXT) == []


def test_after_the_purge_of_the_old_season_schools_come_without_people(whole: Services) -> None:
    office.close_season(whole, SEASON, who="t")
    office_purge.purge(whole, SEASON, who="t", really="演示")
    make_from(whole)
    assert [(u.name, u.liaison_name) for u in schools(whole, NEXT)] == [(n, "") for n in SCHOOLS]


# ---- page and command line ----


async def test_the_page_says_before_and_after_what_comes_over(
    admin: Browser, whole: Services
) -> None:
    text = html.unescape((await admin.get(f"/seasons/new?year={NEXT}")).text)
    assert f"从 {SEASON} 年度带过来" in text
    assert "2 所学校(名称、代码、乡镇)、2 位联络员、1 位分管领导、1 所学校的包联同志" in _half(text)
    assert "学生名单(12 人)" in _half(text)
    form = {"due_day": f"{NEXT}-12-20", "due": f"{NEXT}-12-20", "do": "save", **HEAD}
    made = await admin.post("/seasons/new", **form)
    assert made.status_code == 303
    text = html.unescape((await admin.get(f"/seasons/{NEXT}")).text)
    assert f"从 {SEASON} 年度带过来 2 所学校、2 位联络员" in text
    assert "学校和负责的人都在这里了" in text
    assert schools(whole, NEXT) == schools(whole, SEASON)
    again = await admin.post("/seasons/new", **form)
    assert (again.status_code, again.headers["Location"]) == (303, f"/seasons/{NEXT}")
    assert len(schools(whole, NEXT)) == 2


def _half(text: str) -> str:
    return text.translate({0xFF08: "(", 0xFF09: ")"})


async def test_the_page_of_a_season_carries_what_came_late_and_doubles_nothing(
    admin: Browser, whole: Services
) -> None:
    make_from(whole)
    put(whole, SEASON, "晚到的学校")
    assert "1 所学校" in (await admin.get(f"/seasons/{NEXT}")).text
    for _ in range(2):
        await admin.post(f"/seasons/{NEXT}/carry", source=SEASON)
    assert len(schools(whole, NEXT)) == 3
    assert "都已经带过来了" in (await admin.get(f"/seasons/{NEXT}")).text


async def test_a_liaison_signs_in_to_the_new_season(
    app: Litestar, admin: Browser, whole: Services
) -> None:
    make_from(whole)
    check_all(whole, NEXT)
    office.close_season(whole, SEASON, who="t")
    office.open_season(whole, NEXT, who="t")
    liaison = await signed_in(app, "two")
    home = await liaison.http.get("/", follow_redirects=True)
    assert home.status_code == 200
    assert SCHOOLS[1] in home.text


def test_the_command_line_previews_makes_and_carries_again(
    whole: Services,
) -> None:
    data = whole.settings.data_dir
    words = [
        *("season", "new", AHEAD, "--from", SEASON, "--phone", "0913-7654321"),
        *("--document-no", "〔2020〕3号", "--basis", "今年的通知"),
    ]
    seen = report(doorstep(*words, "--dry-run", "--json", data=data))["carried"]
    assert (seen["schools"], seen["liaisons"], seen["people"]) == (2, 2, 12)
    assert schools(whole, AHEAD) == []
    assert report(doorstep(*words, "--json", data=data))["carried"] == seen
    assert schools(whole, AHEAD) == schools(whole, SEASON)
    told = doorstep("season", "carry", AHEAD, "--from", SEASON, data=data)
    assert "0 所学校" in told.stdout
    assert doorstep(*words, data=data).returncode == 1
    assert len(schools(whole, AHEAD)) == 2


async def test_without_a_season_named_command_line_and_page_carry_from_the_newest_one(
    admin: Browser, whole: Services
) -> None:
    """The same schools, liaisons and officers: not one that was retired, nor one that was merged."""
    gone = office_schools.add(whole, "青槐县旧街小学", who="t")
    office_schools.retire(whole, gone, who="t")
    office_schools.merge(whole, "02", "01", who="t", confirmed=True)
    shown = html.unescape((await admin.get(f"/seasons/new?year={AHEAD}")).text)
    words = [
        *("season", "new", AHEAD, "--phone", "0913-7654321"),
        *("--document-no", "〔2020〕3号", "--basis", "今年的通知"),
    ]
    dry = doorstep(*words, "--dry-run", data=whole.settings.data_dir)
    done = doorstep(*words, data=whole.settings.data_dir)
    line = "1 所学校,1 位联络员"
    for told in (dry, done):
        assert f"从 {SEASON} 年度带过来" in told.stdout
        assert line in _half(told.stdout).replace("，", ",")
    assert f"{SEASON} 年度" in shown
    assert "1 所学校" in shown
    assert [row.code for row in schools(whole, AHEAD)] == ["01"]
    assert schools(whole, AHEAD) == schools(whole, SEASON)
    assert whole.database.read(lambda c: carry.preview(c, SEASON, AHEAD)).anything is False
