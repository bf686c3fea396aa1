"""What is kept of each school's list and notices says what its cases say, whatever was done."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import select, update

from shared.cases import Repayment
from sync_server.services import Services
from sync_server.store import (
    case_import,
    masking,
    notice_prints,
    on_list,
    repayments,
    school_kept,
    units,
)
from sync_server.store import tables as t
from sync_server.store.cases import case_of
from sync_server.store.database import Connection
from sync_server.store.notice_contents import content_of
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.county import SCHOOLS, SEASON, person
from tests.support.devices import case_ids

pytestmark = pytest.mark.usefixtures("county")


def of_cases(connection: Connection) -> dict[str, school_kept.Kept]:
    """What the cases say, school by school."""
    made = (school_kept.made_of_cases(connection, SEASON, unit) for unit in ("01", "02"))
    return {one.unit: one for one in made if one is not None}


def refreshed(connection: Connection) -> dict[str, school_kept.Kept]:
    """What is kept once everything is refreshed."""
    while school_kept.refresh(connection, whole=False):
        pass
    assert school_kept.due_schools(connection, SEASON, WHOLE_COUNTY) == []
    return school_kept.read(connection, SEASON, WHOLE_COUNTY)


def done(connection: Connection, what: str, chance: random.Random) -> None:
    """Do one of the things that change a list or its notices."""
    c = t.case_file.c
    unit = chance.choice(("01", "02"))
    everybody = connection.execute(select(t.case_file).where(c.season == SEASON)).mappings().all()
    one = chance.choice(everybody)
    match what:
        case "import":
            again = person(
                chance.randrange(20), SCHOOLS[unit == "02"], due_fen=chance.randrange(1, 9)
            )
            case_import.import_people(connection, SEASON, [again], accept_moves=True)
        case "off":
            on_list.take_out(connection, SEASON, [one["id"]], "other", "n")
        case "back":
            on_list.put_back(connection, one["id"])
        case "paid":
            lines = [
                Repayment(contract_no=f"C{n:05d}", principal_fen=100_00, interest_fen=0)
                for n in chance.sample(range(12), 3)
            ]
            repayments.store_snapshot(
                connection, SEASON, "2019-12-10", lines, file_name="f", sha256="0", now="n"
            )
        case "printed":
            school = units.at_work(connection, SEASON, unit)
            mine = [row for row in everybody if row["unit"] == unit]
            numbers = notice_prints.last_numbers(connection, [row["id"] for row in mine])
            batch = notice_prints.reserve(connection, SEASON, unit, who="t", at="n", choice="")
            sheets = [
                notice_prints.Sheet(
                    case_id=row["id"],
                    n=numbers.get(row["id"], 0) + 1,
                    content=content_of(case_of(row), school),
                )
                for row in mine[: chance.randrange(1, 4)]
            ]
            notice_prints.finish(connection, SEASON, batch.id, sheets, "n")
        case "renamed":
            units.put_unit(
                connection, SEASON, SCHOOLS[unit == "02"], liaison_phone=str(chance.random())
            )
        case "deleted":
            connection.execute(t.notice_print.delete().where(t.notice_print.c.case_id == one["id"]))


def test_what_is_kept_is_what_the_cases_say_whatever_was_done(services: Services) -> None:
    chance = random.Random(20)
    doing = ("import", "off", "back", "paid", "printed", "renamed", "deleted")
    for step in range(60):
        what = chance.choice(doing)

        def job(connection: Connection, what: str = what, step: int = step) -> None:
            done(connection, what, chance)
            before = school_kept.read(connection, SEASON, WHOLE_COUNTY)
            assert before == of_cases(connection), f"{what}, not refreshed"
            if step % 3 == 0:
                assert refreshed(connection) == of_cases(connection), f"{what}, refreshed"

        services.database.write(job)


def test_who_only_inspects_reads_the_same_refreshed_or_not(services: Services) -> None:
    """A digest of masked people would be of a list that no school has seen."""

    def job(connection: Connection) -> None:
        done(connection, "printed", random.Random(1))
        whole = refreshed(connection)
        masking.set_inspecting(connection)
        assert school_kept.read(connection, SEASON, WHOLE_COUNTY) == whole
        school_kept.forget(connection, SEASON)
        assert school_kept.read(connection, SEASON, WHOLE_COUNTY) == whole

    services.database.write(job)


def test_what_changes_neither_list_nor_notices_makes_nothing_due(services: Services) -> None:
    def job(connection: Connection) -> None:
        refreshed(connection)
        mine = t.case_file.c.id == case_ids(services, "01")[0]
        connection.execute(
            update(t.case_file).where(mine).values(version=7, paid=False, assignee="x")
        )
        assert school_kept.due_schools(connection, SEASON, WHOLE_COUNTY) == []

    services.database.write(job)


def test_many_schools_at_once_are_left_for_a_pause(services: Services) -> None:
    def job(connection: Connection) -> None:
        refreshed(connection)
        connection.execute(update(t.unit).values(liaison_phone="1"))
        assert school_kept.refresh(connection, 1)
        assert len(school_kept.due_schools(connection, SEASON, WHOLE_COUNTY)) == 2
        assert school_kept.refresh(connection, 1, whole=False)
        assert len(school_kept.due_schools(connection, SEASON, WHOLE_COUNTY)) == 1

    services.database.write(job)
