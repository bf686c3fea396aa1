"""Schools are added, renamed, merged, retired; each verb repeats harmlessly, and all that hangs on a school follows."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509
from litestar import Litestar
from sqlalchemy import Column, Connection, MetaData, String, Table, select

from shared.problems import ProblemError
from shared.season_fields import with_values
from sync_server.cli.options import unit_code
from sync_server.crypto.subjects import name_in
from sync_server.office import (
    accounts,
    certs,
    county_reports,
    phones,
    schools,
    seasons,
    staff,
    summaries,
    summary_scans,
    summary_work,
)
from sync_server.office import placing as office_placing
from sync_server.sealing.checking import verify
from sync_server.sealing.summary import CountySummary
from sync_server.services import Services
from sync_server.store import (
    case_import,
    cases,
    feed,
    notice_prints,
    placing,
    school_merge,
    school_names,
    units,
)
from sync_server.store import slip_batches as batches
from sync_server.store import summaries as stored
from sync_server.store import tables as t
from tests.support import notices
from tests.support.at_once import at_once
from tests.support.command_line import doorstep, report
from tests.support.console_browser import people as people_of_console
from tests.support.console_browser import signed_in
from tests.support.county import SCHOOLS, SEASON, fill, person
from tests.support.dump import dump
from tests.support.summaries import WHO, all_repaid, printed, scan_of, sealed_version, version

WILLOW, STONE = SCHOOLS


@pytest.fixture
def county(services: Services) -> Services:
    services.database.write(fill)
    return services


def unit(services: Services, code: str) -> units.UnitRow:
    row = services.database.read(lambda c: units.unit(c, SEASON, code))
    assert row is not None
    return row


def acts(services: Services, action: str) -> int:
    return services.database.read(
        lambda c: len(c.execute(select(t.audit.c.id).where(t.audit.c.action == action)).all())
    )


def people(services: Services, code: str) -> list[str]:
    found = services.database.read(lambda c: cases.rows(c, SEASON, unit=code))
    return sorted(row["code"] for row in found)


def merged(services: Services, gone: str = "02", into: str = "01") -> school_merge.Counts:
    return schools.merge(services, gone, into, who="admin", confirmed=True)


def code_of(services: Services, written: str) -> str:
    return services.database.read(lambda c: school_names.known(c, SEASON)).code(written)


# --- add, rename, retire


def test_a_school_that_is_added_gets_a_code_that_no_school_had(county: Services) -> None:
    assert schools.add(county, "槐树镇 小学", who="admin") == "03"
    assert schools.add(county, "槐树镇小学", who="admin") == "03"
    assert unit(county, "03").name == "槐树镇小学"
    assert acts(county, "school.add") == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "school.name_missing"),
        ("青" * 41, "school.name_long"),
        (f"青槐县{STONE}", "school.name_taken"),
    ],
)
def test_a_name_that_a_school_cannot_have_is_refused(
    county: Services, name: str, code: str
) -> None:
    before = dump(county)
    for act in (
        lambda: schools.add(county, name, who="admin"),
        lambda: schools.rename(county, "01", name, who="admin"),
    ):
        with pytest.raises(ProblemError) as refused:
            act()
        assert refused.value.code == code
    assert dump(county) == before


def test_a_renamed_school_keeps_its_code_and_its_people_and_is_known_by_both_names(
    county: Services,
) -> None:
    before = people(county, "01")
    schools.rename(county, "01", "柳泉镇第一小学", who="admin")
    schools.rename(county, "01", "柳泉镇第一小学", who="admin")
    assert unit(county, "01").name == "柳泉镇第一小学"
    assert people(county, "01") == before
    assert code_of(county, WILLOW) == code_of(county, "柳泉镇第一小学") == "01"
    assert acts(county, "school.rename") == 1
    (row,) = county.database.read(lambda c: school_names.history(c, "01"))
    assert (row.name, row.kind, row.who) == (WILLOW, "name", "admin")


def test_a_school_gets_its_name_back(county: Services) -> None:
    schools.rename(county, "01", "柳泉镇第一小学", who="admin")
    schools.rename(county, "01", WILLOW, who="admin")
    assert unit(county, "01").name == WILLOW
    first, second = county.database.read(lambda c: school_names.history(c, "01"))
    assert second.since == first.until
    assert code_of(county, "柳泉镇第一小学") == "01"


def test_phones_of_a_renamed_school_hear_of_it(county: Services) -> None:
    head = county.database.read(lambda c: feed.head(c, "01"))
    schools.rename(county, "01", "柳泉镇第一小学", who="admin")
    lines = county.database.read(lambda c: feed.after(c, "01", head, 10))
    assert [line.kind for _, line in lines] == ["briefing"]
    assert county.database.read(lambda c: units.briefing(c, SEASON, "01")).unit.name == (
        "柳泉镇第一小学"
    )


def test_a_school_with_people_cannot_be_retired(county: Services) -> None:
    with pytest.raises(ProblemError) as refused:
        schools.retire(county, "01", who="admin")
    assert (refused.value.code, refused.value.values["count"]) == ("school.has_people", 6)


def test_a_retired_school_owes_nothing_and_comes_back(county: Services) -> None:
    code = schools.add(county, "槐树镇小学", who="admin")
    assert code in summaries.reporting_schools(county)
    for _ in range(2):
        schools.retire(county, code, who="admin")
    assert code not in summaries.reporting_schools(county)
    assert code not in {u.code for u in county.database.read(lambda c: units.units(c, SEASON))}
    with pytest.raises(ProblemError, match=r"school\.retired"):
        phones.issue(county, code, "甲", who="admin")
    with pytest.raises(ProblemError, match=r"school\.name_taken"):
        schools.add(county, "槐树镇小学", who="admin")
    for _ in range(2):
        schools.bring_back(county, code, who="admin")
    assert code in summaries.reporting_schools(county)
    assert (acts(county, "school.retire"), acts(county, "school.back")) == (1, 1)


def test_the_next_season_takes_over_neither_retired_nor_merged_schools(county: Services) -> None:
    schools.retire(county, schools.add(county, "槐树镇小学", who="admin"), who="admin")
    merged(county)
    next_season(county)
    found = county.database.read(lambda c: units.every_unit(c, "2020"))
    assert [row.code for row in found] == ["01"]
    # its code is given to none again, and its name still means the other school
    later = county.in_season("2020")
    assert later.database.read(lambda c: school_names.known(c, "2020")).code(STONE) == "01"
    assert schools.add(later, "东关小学", who="admin") == "04"


def next_season(services: Services) -> None:
    """The season of 2020, in preparation."""
    head = {"phone": "0913-7654321", "document_no": "〔2020〕3号", "basis": "今年的通知"}
    named = {f"letterhead.{k}": v for k, v in head.items()}
    seasons.create(services, with_values(seasons.proposal(services, "2020"), named), who="admin")


def test_a_rename_goes_on_to_the_season_in_preparation(county: Services) -> None:
    next_season(county)
    schools.rename(county, "01", "柳泉镇第一小学", who="admin")
    names = county.database.read(lambda c: units.unit_names(c, "2020"))
    assert names["01"] == "柳泉镇第一小学"


# --- merge


def test_people_of_another_season_that_is_not_closed_stop_a_merge(county: Services) -> None:
    next_season(county)
    here = (t.case_file.c.season == SEASON) & (t.case_file.c.unit == "02")
    one = county.database.read(lambda c: c.execute(select(t.case_file.c.id).where(here)).scalar())
    later = t.case_file.update().where(t.case_file.c.id == one).values(season="2020")
    county.database.write(lambda c: c.execute(later))
    with pytest.raises(ProblemError, match=r"school\.other_season"):
        merged(county)


def test_a_merged_school_is_merged_in_the_season_in_preparation_too(county: Services) -> None:
    next_season(county)
    merged(county)
    assert [u.code for u in county.database.read(lambda c: units.units(c, "2020"))] == ["01"]


def test_notices_that_were_printed_before_a_merge_stay_printed(county: Services) -> None:
    batch = notices.printed(county, "02")
    people_before = notices.states(county, "02")
    merged(county)
    now = notices.states(county, "01")
    printed_now = {case_id for case_id, state in now.items() if state.last is not None}
    assert printed_now == set(people_before)
    kept = county.database.read(lambda c: notice_prints.batches(c, SEASON, "02"))
    assert [one.id for one in kept] == [batch.id], "the batch stays the merged school's"


def test_nobody_merges_a_school_whose_summary_is_being_made(county: Services) -> None:
    document = summaries.document_name(county, "02")
    with (
        summary_work.claimed(county, document, "compose"),
        pytest.raises(ProblemError, match=r"summary\.composing"),
    ):
        merged(county)
    assert merged(county).people == 6


def test_every_table_that_names_a_school_says_what_a_merge_makes_of_it() -> None:
    named = {name for name, table in t.metadata.tables.items() if "unit" in table.c}
    assert named - set(school_merge.STANDS) == set()
    other = set(school_merge.STANDS) - named
    assert other <= {"account_school"}, "a table that is no more"


def test_an_officer_of_either_school_has_the_other_one_afterwards(county: Services) -> None:
    table = Table(
        "officer_of",
        MetaData(),
        Column("account", String, primary_key=True),
        Column("unit", String, primary_key=True),
    )
    rows = [("甲", "02"), ("乙", "01"), ("乙", "02"), ("丙", "03")]

    def job(connection: Connection) -> list[tuple[str, str]]:
        table.create(connection)
        connection.execute(table.insert(), [{"account": a, "unit": u} for a, u in rows])
        school_merge.move_account_schools(connection, table, "02", "01")
        found = [(r.account, r.unit) for r in connection.execute(select(table))]
        table.drop(connection)
        return sorted(found)

    assert county.database.write(job) == sorted([("甲", "01"), ("乙", "01"), ("丙", "03")])


def test_a_merge_brings_people_teachers_phones_and_accounts_over(county: Services) -> None:
    code = phones.issue(county, "02", "王芳", who="t")
    accounts.put(
        county, "stone", "一二三四五六七八九十", role="liaison", unit="02", shown="石", who="admin"
    )
    codes = sorted(people(county, "01") + people(county, "02"))
    found = merged(county)
    assert (found.people, found.teachers, found.accounts) == (6, 1, 1)
    assert people(county, "01") == codes, "the codes on paper stay"
    assert people(county, "02") == []
    assert [p.name for p in county.database.read(lambda c: units.staff_of(c, SEASON, "01"))] == [
        "王芳"
    ]
    assert code
    rows = county.database.read(lambda c: c.execute(select(t.enrol_code.c.unit)).scalars().all())
    assert set(rows) == {"01"}
    account = county.database.read(lambda c: c.execute(select(t.account.c.unit)).scalars().all())
    assert "02" not in account
    gone = unit(county, "02")
    assert (gone.merged_into, gone.is_gone, gone.name) == ("01", True, STONE)


def test_a_merge_pressed_twice_or_by_two_at_once_is_one(county: Services) -> None:
    at_once(county, merged)
    before = dump(county)
    assert merged(county) == school_merge.Counts()
    assert dump(county) == before
    assert acts(county, "school.merge") == 1


def test_no_row_of_the_season_that_moves_still_names_a_merged_school(county: Services) -> None:
    phones.issue(county, "02", "王芳", who="t")
    merged(county)
    for name, stand in school_merge.STANDS.items():
        table = t.metadata.tables.get(name)
        if stand == "stays" or table is None or name in ("feed", "school_days_due"):
            continue
        left = county.database.read(
            lambda c, table=table: c.execute(
                select(table.c.unit).where(table.c.unit == "02")
            ).first()
        )
        assert left is None, name


def test_teachers_of_one_name_are_kept_apart_with_a_mark(county: Services) -> None:
    for code in ("01", "02"):
        staff.add(county, code, "王芳", who="t")
    staff.add(county, "01", f"李娜、王芳（{STONE}）", who="t")
    staff.add(county, "02", "李娜", who="t")
    shown = schools.preview(county, "02", "01")
    assert shown.counts.same_names == ("李娜", "王芳")
    merged(county)
    found = county.database.read(lambda c: units.staff_of(c, SEASON, "01"))
    assert [p.name for p in found] == [
        "李娜",
        f"李娜({STONE})",
        "王芳",
        f"王芳({STONE})",
        f"王芳({STONE}2)",
    ]


def test_a_merge_is_not_done_without_its_preview(county: Services) -> None:
    before = dump(county)
    with pytest.raises(ProblemError, match=r"school\.merge_unconfirmed"):
        schools.merge(county, "02", "01", who="admin")
    assert dump(county) == before


def test_a_school_cannot_be_merged_into_itself_a_gone_or_an_unknown_one(county: Services) -> None:
    for into, code in (("02", "school.same"), ("77", "unit.unknown")):
        with pytest.raises(ProblemError) as refused:
            merged(county, "02", into)
        assert refused.value.code == code
    third = schools.add(county, "槐树镇小学", who="admin")
    merged(county)
    with pytest.raises(ProblemError, match=r"school\.merged"):
        merged(county, third, "02")
    with pytest.raises(ProblemError, match=r"school\.merged"):
        merged(county, "02", third)


def test_a_school_merged_twice_over_is_the_last_ones(county: Services) -> None:
    third = schools.add(county, "槐树镇小学", who="admin")
    merged(county, "02", third)
    merged(county, third, "01")
    assert unit(county, "02").merged_into == "01"
    assert code_of(county, STONE) == code_of(county, "槐树镇小学") == "01"
    assert len(people(county, "01")) == 12


def test_the_school_that_stays_may_take_the_name_of_the_one_that_went(county: Services) -> None:
    merged(county)
    schools.rename(county, "01", STONE, who="admin")
    assert unit(county, "01").name == STONE
    assert unit(county, "02").name == f"{STONE}(02)"
    assert code_of(county, STONE) == code_of(county, WILLOW) == "01"


def test_new_people_of_a_list_that_names_a_merged_school_are_the_others(county: Services) -> None:
    merged(county)
    county.change(lambda c: case_import.import_people(c, SEASON, [person(90, f"青槐县{STONE}")]))
    assert len(people(county, "01")) == 13
    assert county.database.read(lambda c: placing.unplaced(c, SEASON)) == []


@pytest.mark.parametrize("state", ["sealed", "submitted", "accepted"])
@pytest.mark.parametrize("school", ["01", "02"])
def test_a_sealed_summary_of_either_school_stops_a_merge(
    county: Services, state: stored.State, school: str
) -> None:
    version(county, 1, state, unit=school)
    shown = schools.preview(county, "02", "01")
    assert [p.code for p in shown.obstacles] == ["school.summary_sealed"]
    before = dump(county)
    with pytest.raises(ProblemError, match=r"school\.summary_sealed"):
        merged(county)
    assert dump(county) == before


def test_drafts_of_both_schools_are_discarded_with_the_reason(county: Services) -> None:
    version(county, 1, "printed", unit="01")
    version(county, 1, "stamped", unit="02")
    version(county, 2, "composed", unit="02")
    assert schools.preview(county, "02", "01").drafts == 3
    merged(county)
    for code, count in (("01", 1), ("02", 2)):
        rows = county.database.read(lambda c, code=code: stored.listed(c, SEASON, code))
        assert [row.state for row in rows] == ["discarded"] * count
        assert {row.comment for row in rows} == {f"{STONE}并入{WILLOW}"}
    assert acts(county, "summary.discard") == 3


def test_slips_on_their_way_to_the_centre_stop_a_merge(county: Services) -> None:
    county.change(
        lambda c: batches.add(
            c,
            season=SEASON,
            unit="02",
            state="brought",
            without_sheet=False,
            late=False,
            created_at="",
            created_by="",
        )
    )
    with pytest.raises(ProblemError, match=r"school\.batches_open"):
        merged(county)


def test_people_who_had_left_the_merged_school_have_left_the_other_one_too(
    county: Services,
) -> None:
    third = schools.add(county, "槐树镇小学", who="admin")
    moved = county.database.read(lambda c: cases.rows(c, SEASON, unit="02"))[0]["id"]
    office_placing.move(county, [moved], third, who="admin", reason="搬家")
    merged(county)
    assert county.database.read(lambda c: feed.has_left(c, "01", moved))


def test_what_comes_after_a_merge_is_later_in_the_ledger(county: Services) -> None:
    for _ in range(40):
        county.change(lambda c: feed.advance(c, "02", [feed.Line(kind="briefing")]))
    before = county.database.read(lambda c: feed.head(c, "02"))
    merged(county)
    assert county.database.read(lambda c: feed.head(c, "01")) > before


# --- the seal


def name_of_certificate(services: Services, code: str) -> tuple[str, int]:
    data = (certs.folder(services) / f"{code}.pem").read_bytes()
    found = x509.load_pem_x509_certificate(data)
    return name_in(found.subject), found.serial_number


def test_a_renamed_school_seals_under_its_new_name_and_rolls_up_with_what_it_sealed_before(
    services: Services,
) -> None:
    all_repaid(services)
    first = sealed_version(services, "01")
    other = sealed_version(services, "02")
    root = certs.root_pem(services)
    old = summaries.files(services, first.id)["summary.pdf"]
    key = (certs.folder(services) / "01.key").read_bytes()
    serial = name_of_certificate(services, "01")[1]
    schools.rename(services, "01", "柳泉镇第一小学", who="admin")
    assert verify.verify(old, root).ok
    report = rolled_up(services)
    assert [row.name for row in report.rows] == ["柳泉镇第一小学", STONE]
    second = sealed_version(services, "01", reason="学校改名")
    new = summaries.files(services, second.id)["summary.pdf"]
    for path, name in ((old, WILLOW), (new, "柳泉镇第一小学")):
        verdict = verify.verify(path, root)
        assert (verdict.ok, verdict.unit_name, verdict.unit_code) == (True, name, "01")
    assert name_of_certificate(services, "01")[0] == "柳泉镇第一小学"
    assert (certs.folder(services) / "01.key").read_bytes() == key
    assert (certs.folder(services) / f"01-{serial:x}.replaced").exists()
    assert [row.version for row in rolled_up(services).rows] == [2, 1]
    assert other.state == "sealed"


def test_what_was_printed_before_a_rename_is_sealed_as_it_was_printed(services: Services) -> None:
    all_repaid(services)
    row, pages = printed(services, "01")
    schools.rename(services, "01", "柳泉镇第一小学", who="admin")
    assert summary_scans.add(services, row.id, scan_of(pages), who=WHO).complete
    sealed = summaries.seal(services, row.id, who=WHO)
    path = summaries.files(services, sealed.id)["summary.pdf"]
    verdict = verify.verify(path, certs.root_pem(services))
    assert (verdict.ok, verdict.unit_name) == (True, WILLOW)


def test_a_merged_school_is_summed_up_and_rolled_up_with_the_other(services: Services) -> None:
    all_repaid(services)
    merged(services)
    sealed = sealed_version(services, "01")
    path = summaries.files(services, sealed.id)["summary.pdf"]
    assert verify.verify(path, certs.root_pem(services)).ok
    with pytest.raises(ProblemError, match=r"school\.merged"):
        summaries.compose(services, "02", who="t")
    report = rolled_up(services)
    assert [(row.code, row.totals.people) for row in report.rows] == [("01", 4)]
    assert report.missing == ()


def rolled_up(services: Services) -> CountySummary:
    found = summaries.document(county_reports.roll_up(services, partial=False, who="admin"))
    assert isinstance(found, CountySummary)
    return found


# --- the command line


def test_schools_from_the_command_line(county: Services) -> None:
    def ask(*words: str) -> Any:
        done = doorstep("schools", *words, "--json", data=county.settings.data_dir)
        assert done.returncode == 0, done.stderr
        return report(done)

    assert ask("add", "槐树镇小学") == {"code": "03"}
    ask("rename", "03", "槐树镇中心小学")
    ask("retire", "槐树镇中心小学")
    ask("bring-back", "03")
    assert ask("merge", STONE, WILLOW)["merged"] is False
    assert people(county, "02")
    assert ask("merge", STONE, WILLOW, "--yes")["people"] == 6
    rows = {row["code"]: row for row in ask("list")}
    assert rows["02"]["merged_into"] == "01"
    assert rows["03"]["names"][0]["name"] == "槐树镇小学"


# --- the pages


async def test_an_admin_renames_merges_and_retires_on_the_pages(
    app: Litestar, county: Services
) -> None:
    people_of_console(county)
    admin = await signed_in(app, "admin")
    await admin.post("/schools/add", name="槐树镇小学")
    assert "已新增" in await admin.text_of("/schools")
    await admin.post("/schools/03/rename", name="槐树镇中心小学")
    await admin.post("/schools/03/retire")
    page = await admin.get("/schools")
    assert "已停用、已并入" in page.text
    assert "槐树镇小学" in page.text
    await admin.post("/schools/03/bring-back")
    page = await admin.get("/schools/02/merge?into=01")
    assert "待看的扫描" in page.text
    assert "不能撤销" in page.text
    await admin.post("/schools/02/merge", into="01")
    assert people(county, "02"), "not without the tick"
    await admin.post("/schools/02/merge", into="01", confirmed="yes")
    assert "已合并" in await admin.text_of("/schools")
    assert people(county, "02") == []
    shown = await admin.get("/schools/02")
    assert "已并入" in shown.text
    refused = await admin.post("/schools/02/teachers/add", teacher="甲")
    assert refused.status_code >= 400
    assert (await admin.get("/schools/77/merge")).status_code == 404


async def test_a_liaison_of_a_merged_school_goes_on_at_the_other_one(
    app: Litestar, county: Services
) -> None:
    people_of_console(county)
    liaison = await signed_in(app, "two")
    assert (await liaison.get("/schools/02")).status_code == 200
    merged(county)
    assert (await liaison.get("/schools/01")).status_code == 200
    assert (await liaison.get("/schools/02")).status_code >= 400


async def test_what_prevents_a_merge_stands_on_the_page(app: Litestar, county: Services) -> None:
    version(county, 1, "submitted", unit="02")
    people_of_console(county)
    page = await (await signed_in(app, "admin")).get("/schools/02/merge?into=01")
    assert "已经封存或交县" in page.text
    assert 'name="confirmed"' not in page.text


@pytest.mark.parametrize("name", [WILLOW, f"青槐县{WILLOW}", f"{WILLOW}\u3000"])
def test_the_name_of_a_merged_school_is_not_added_as_another_one(
    county: Services, name: str
) -> None:
    schools.merge(county, "01", "02", who="t", confirmed=True)
    before = dump(county)
    with pytest.raises(ProblemError) as problem:
        schools.add(county, name, who="t")
    assert problem.value.code == "school.merged"
    assert problem.value.values == {"school": WILLOW, "into": STONE}
    assert dump(county) == before
    assert schools.add(county, "柳泉镇第一小学", who="t") == "03"


def test_a_school_is_found_by_an_earlier_name_on_the_command_line(county: Services) -> None:
    schools.rename(county, "01", "柳泉镇第一小学", who="admin")
    assert unit_code(county, WILLOW) == unit_code(county, "青槐县柳泉镇第一小学") == "01"
