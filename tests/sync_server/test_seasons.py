"""Seasons: one is open, closed ones are read only and open again with a reason."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import msgspec
import pytest
from litestar import Litestar

from shared import wire
from shared.problems import ProblemError
from shared.season_fields import with_values
from sync_server.office import (
    assignment,
    phones,
    placing,
    policy,
    policy_text,
    slip_batches,
    slip_desk,
    staff,
)
from sync_server.office import seasons as office
from sync_server.services import Services
from sync_server.store import accounts, evidence, seasons, units
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.support.console_browser import PASSWORD, Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.seasons import (
    HEAD,
    NEXT,
    check_all,
    make_next,
    open_next,
    put_schools,
    refused,
    settings,
    state,
)


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


def test_a_new_season_follows_the_one_before_with_its_school_codes_and_unread_pages(
    services: Services, county: list[str]
) -> None:
    made = make_next(services)
    assert (made.id, made.due_day, made.texts_from) == (NEXT, date(2020, 12, 20), SEASON)
    assert made.letterhead.county == settings(services).letterhead.county
    assert "repay" in made.unchecked
    here = services.database.read(lambda c: [(u.code, u.name) for u in units.units(c, NEXT)])
    before = services.database.read(lambda c: [(u.code, u.name) for u in units.units(c, SEASON)])
    assert here == before
    assert state(services, NEXT) == "preparing"


def test_the_number_of_last_years_notice_is_not_taken_over(services: Services) -> None:
    proposed = office.proposal(services, NEXT)
    assert (proposed.letterhead.document_no, proposed.letterhead.basis) == ("", "")
    assert refused(lambda: office.create(services, proposed, who="t")) == "season.field_missing"


def test_a_due_day_of_another_year_makes_no_season_of_that_year(services: Services) -> None:
    with pytest.raises(ProblemError) as problem:
        office.proposal(services, NEXT, due_day=date(2021, 1, 4))
    assert problem.value.code == "season.due_year"
    assert "2020" in problem.value.message()


def test_only_one_season_is_open(services: Services) -> None:
    make_next(services)
    check_all(services, NEXT)
    assert refused(lambda: office.open_season(services, NEXT, who="t")) == "season.other_open"
    office.close_season(services, SEASON, who="t")
    office.open_season(services, NEXT, who="t")
    assert (state(services), state(services, NEXT)) == ("closed", "open")
    assert services.in_season().season == NEXT


def test_a_season_does_not_open_with_unread_pages_on_its_notice(services: Services) -> None:
    make_next(services)
    office.close_season(services, SEASON, who="t")
    assert refused(lambda: office.open_season(services, NEXT, who="t")) == "season.texts_unchecked"


def test_the_open_season_is_shown_first_then_the_newest_closed_one(services: Services) -> None:
    make_next(services)
    assert services.in_season().season == SEASON
    office.close_season(services, SEASON, who="t")
    assert services.in_season().season == SEASON
    assert services.in_season(NEXT).season == NEXT
    assert refused(lambda: services.in_season("1999")) == "season.unknown"


def test_a_closed_season_opens_again_with_a_reason_only(services: Services) -> None:
    office.close_season(services, SEASON, who="t")
    assert refused(lambda: office.open_season(services, SEASON, who="t")) == "season.reason_missing"
    with pytest.raises(ProblemError):
        office.open_season(services, SEASON, who="t", reason=" ")
    office.open_season(services, SEASON, who="t", reason="补录两户")
    (line, *_) = services.database.read(lambda c: seasons.history(c, SEASON))
    assert (state(services), line.what, line.reason) == ("open", "reopen", "补录两户")


def test_a_season_with_a_mistyped_year_can_be_removed_until_it_is_used(
    services: Services, county: list[str]
) -> None:
    make_next(services)
    office.discard(services, NEXT, who="t")
    assert refused(lambda: state(services, NEXT)) == "season.unknown"
    assert refused(lambda: office.discard(services, SEASON, who="t")) == "season.used"


def test_a_code_stands_for_one_school_in_every_season(services: Services) -> None:
    """Two seasons are prepared before either has its 附件1; a liaison's account names a code alone."""
    make_next(services)
    after = office.proposal(services, "2021", source=NEXT)
    office.create(services, with_values(after, HEAD), who="t")
    first = put_schools(services, NEXT, "甲校", "乙校", "丙校")
    second = put_schools(services, "2021", "丁校", "丙校", "甲校")
    assert {name: first[name] for name in ("甲校", "丙校")} == {
        name: second[name] for name in ("甲校", "丙校")
    }
    assert len({*first.values(), *second.values()}) == 4


def test_a_school_added_late_to_the_open_season_keeps_its_code_to_itself(
    services: Services, county: list[str]
) -> None:
    make_next(services)
    late = put_schools(services, SEASON, "晚到的学校")
    other = put_schools(services, NEXT, "明年的新学校")
    assert set(late.values()).isdisjoint(other.values())


def test_a_season_is_not_removed_while_an_account_has_a_school_of_it_alone(
    services: Services,
) -> None:
    make_next(services)
    (code,) = put_schools(services, NEXT, "甲校").values()
    services.database.write(lambda c: accounts.put(c, "王", PASSWORD, "liaison", code))
    assert refused(lambda: office.discard(services, NEXT, who="t")) == "season.used"
    services.database.write(lambda c: accounts.remove(c, "王"))
    office.discard(services, NEXT, who="t")


def test_a_removed_season_leaves_no_name_behind(services: Services, county: list[str]) -> None:
    make_next(services)
    phones.issue(services.for_season(NEXT), "01", "丁老师", who="t")
    office.discard(services, NEXT, who="t")

    def left(connection: Connection) -> list[str]:
        tables = [table for table in t.metadata.sorted_tables if "season" in table.c]
        return [
            table.name
            for table in tables
            if connection.execute(table.select().where(table.c.season == NEXT)).first()
        ]

    assert services.database.read(left) == []


async def test_a_season_that_was_opened_by_mistake_can_be_removed_once_closed(
    services: Services, admin: Browser
) -> None:
    open_next(services)
    assert f"/seasons/{NEXT}/discard" not in (await admin.get("/seasons")).text
    assert refused(lambda: office.discard(services, NEXT, who="t")) == "season.used"
    office.close_season(services, NEXT, who="t")
    text = (await admin.get("/seasons")).text
    assert f"/seasons/{NEXT}/discard" in text
    assert f"/seasons/{SEASON}/discard" not in text
    await admin.post(f"/seasons/{NEXT}/discard")
    assert refused(lambda: state(services, NEXT)) == "season.unknown"


# ---- closed means read only ----


def test_every_office_verb_that_changes_a_season_refuses_a_closed_one(
    services: Services, phone: RawPhone, tmp_path: Path
) -> None:
    case = case_ids(services, "01")[0]
    page = settings(services).policy[0]
    office.close_season(services, SEASON, who="t")
    verbs = {
        "assign": lambda: assignment.assign(services, [case], phone.staff, who="t"),
        "evenly": lambda: assignment.assign_evenly(services, "01", who="t"),
        "reassign": lambda: assignment.reassign(services, "01", phone.staff, "", who="t"),
        "undo": lambda: assignment.undo_last(services, "01", who="t"),
        "teacher": lambda: staff.add(services, "01", "新老师", who="t"),
        "merge": lambda: staff.merge(services, "01", phone.staff, "x", who="t"),
        "leave": lambda: staff.leave(services, "01", phone.staff, who="t"),
        "place": lambda: placing.move(services, [case], "02", who="t", reason="搬家"),
        "slips": lambda: slip_batches.prepare(services, "01", [case], "", who="t"),
        "slips without a sheet": lambda: slip_desk.walk_in(services, "01", "1", who="t"),
        "code": lambda: phones.issue(services, "01", "新老师", who="t"),
        "confirm": lambda: phones.confirm(services, phone.device, who="t"),
        "policy": lambda: policy.remove(
            services, page.key, base=policy_text.fingerprint(page), who="t"
        ),
        "settings": lambda: office.change(
            services, SEASON, lambda s: with_values(s, {"limits.visitors": "3"}), who="t"
        ),
    }
    assert {name: refused(verb) for name, verb in verbs.items()} == dict.fromkeys(
        verbs, "season.closed"
    )


def test_no_office_verb_writes_past_the_check_but_those_named_here() -> None:
    """`services.change` checks the season; a verb that writes without it must not change a season's data."""
    folder = Path(office.__file__).parent
    found = {
        path.stem
        for path in folder.glob("*.py")
        if re.search(r"database\.write\(", path.read_text(encoding="utf-8"))
    }
    assert found == {
        "accounts",  # accounts are no season's
        "account_bulk",  # as above
        "certificate_list",  # as above
        "receipts",  # inside the verdict's own change, or for a summary accepted before
        "search_index",  # what it writes is made of the rows of people and of nothing else
        "standings",  # what it writes is made of the facts and of nothing else
        "withdrawals",  # certificates are no season's
        "account_links",  # as above
        "bundles",  # a download is logged whatever the season
        "case_lists",  # a download is logged whatever the season
        "keys_init",  # keys are no season's
        "made_keys",  # as above
        "leftovers",  # forgets what pages kept and nobody fetched
        "connect",  # how phones connect is no season's
        "phone_test",  # as above
        "handover",  # checks the phone's own season before it reads the file
        "id_number_access",  # a look at a full number is logged whatever the season
        "notices",  # a batch that came to nothing goes, a download is logged, whatever the season
        "phones",  # stopping a lost phone is always possible
        "purge",  # wants a closed season
        "recovery",  # a locked phone of a closed season must still open
        "seasons",  # moves seasons between states
        "setup",  # before there is a season
        "summary_sweep",  # takes claims of ended processes away at the start
        "summary_work",  # claims a document; the work itself goes through the check
        "backup_file",  # what the office takes away is logged
        "kept_files",  # files are of every season
        "backup_plan",  # backups are of every season
        "backup_runs",  # as above
        "postgresql_backup",  # as above
        "copied_folder",  # marks what server uses the folder
        "expiry",  # removes photos that no record names, whatever the season
        "jobs",  # the queue of heavy work is no season's
        "table_export",  # a table that leaves the server is logged whatever the season
        "morning_sheets",  # who looked, and printed names, are noted whatever the season
        "sheets",  # printed names are logged whatever the season
        "paper_records",  # checks the season of the case before it signs
        "sheet_pictures",  # a picture is kept as a phone's is; no record names it yet
        "slip_papers",  # as above
        "slip_progress",  # a download is logged whatever the season
    }


async def test_a_phone_of_a_closed_season_still_hands_in_what_it_has(
    services: Services, phone: RawPhone
) -> None:
    office.close_season(services, SEASON, who="t")
    fact = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    assert await phone.outcomes(fact) == ["created"]
    assert (await phone.create_upload(b"photo")).status_code == 201


async def test_past_its_retention_nothing_is_handed_in(services: Services, phone: RawPhone) -> None:
    past = with_values(settings(services), {"retain_until": "2019-12-11"})
    services.database.write(lambda c: seasons.save(c, past))
    fact = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    body = msgspec.json.encode(wire.PushRequest(facts=[fact]))
    answer = await phone.ask("POST", "/v1/facts", content=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "season.retention_over")


async def test_a_phone_with_unsent_records_of_a_closed_season_may_be_enrolled_for_the_next(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    """They are taken for their own season, once the liaison has confirmed it."""
    of_next = open_next(services)
    issued = phones.issue(of_next, "01", "甲", who="t")
    asked = phone.enrol_request(issued.code, unsent_season=SEASON, unsent_staff=phone.staff)
    answer = await http.post("/v1/enrol", content=asked)
    assert answer.status_code == 200, answer.text
    phone.token = answer.json()["token"]
    phones.confirm(of_next, phone.device, who="t")
    fact = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    assert await phone.outcomes(fact) == ["created"]


async def test_a_record_put_aside_last_season_stops_no_summary_of_this_one(
    services: Services, phone: RawPhone
) -> None:
    wrong = phone.chained(fact_bytes(case_ids(services, "01")[0], season="1999"))
    assert await phone.outcomes(wrong) == ["rejected"]
    open_next(services)

    def aside(season: str) -> int:
        return services.database.read(lambda c: len(evidence.quarantined(c, season, "01")))

    assert (aside(SEASON), aside(NEXT)) == (1, 0)


def test_past_its_retention_a_season_takes_no_more_changes_until_the_day_is_moved(
    services: Services, county: list[str]
) -> None:
    def keep_until(day: str) -> None:
        office.change(
            services,
            SEASON,
            lambda s: with_values(s, {"retain_until": day}),
            who="t",
            reason="延长",
        )

    keep_until("2020-01-10")
    later = replace(
        services, settings=replace(services.settings, clock_spec="2020-01-11T09:00+08:00")
    )
    assert refused(lambda: phones.issue(later, "01", "甲", who="t")) == "season.retention_over"
    on_the_day = replace(
        services, settings=replace(services.settings, clock_spec="2020-01-10T09:00+08:00")
    )
    phones.issue(on_the_day, "01", "甲", who="t")
    office.change(
        later,
        SEASON,
        lambda s: with_values(s, {"retain_until": "2020-03-01"}),
        who="t",
        reason="还有异议没办完",
    )
    phones.issue(later, "01", "乙", who="t")


async def test_a_closed_season_can_still_be_read(
    services: Services, phone: RawPhone, admin: Browser
) -> None:
    office.close_season(services, SEASON, who="t")
    for path in ("/", "/cases", "/schools/01", "/schools/01/summary", "/county", "/policy"):
        answer = await admin.get(path)
        assert answer.status_code == 200, path
        assert "已经结束" in answer.text, path


def test_settings_are_those_of_the_row_whoever_changed_it(services: Services) -> None:
    def due_day(connection: Connection) -> date:
        return seasons.get(connection, SEASON).due_day

    before = services.database.read(due_day)
    body = msgspec.json.encode(
        msgspec.structs.replace(
            services.database.read(lambda c: seasons.get(c, SEASON)), due_day=date(2019, 12, 21)
        )
    ).decode()
    assert before != date(2019, 12, 21)
    services.database.write(lambda c: c.execute(t.season.update().values(body=body)) and None)
    assert services.database.read(due_day) == date(2019, 12, 21)
