"""Seasons of a test beside the sample's: made, checked, opened and asked about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.cases import Contract, Person
from shared.problems import ProblemError
from shared.season import Season
from shared.season_fields import with_values
from sync_server.office import assignment, policy, policy_text
from sync_server.office import seasons as office
from sync_server.services import Services
from sync_server.store import case_import, cases, seasons, units
from sync_server.store.database import Connection
from tests.support.county import SEASON

HEAD = {
    "letterhead.phone": "0913-7654321",
    "letterhead.document_no": "〔2020〕3号",
    "letterhead.basis": "今年的通知",
}
NEXT = "2020"


def make_next(services: Services) -> Season:
    """The season of 2020 in preparation, as its settings are proposed."""
    made = with_values(office.proposal(services, NEXT), HEAD)
    office.create(services, made, who="t")
    return made


def state(services: Services, season: str = SEASON) -> str:
    return services.database.read(lambda c: seasons.one(c, season).state)


def settings(services: Services, season: str = SEASON) -> Season:
    return services.database.read(lambda c: seasons.get(c, season))


def refused(job: Callable[[], object]) -> str:
    with pytest.raises(ProblemError) as problem:
        job()
    return problem.value.code


def check_all(services: Services, season: str) -> None:
    of_season = services.for_season(season)
    for page in settings(services, season).policy:
        policy.confirm(of_season, page.key, base=policy_text.fingerprint(page), who="t")


def put_schools(services: Services, season: str, *names: str) -> dict[str, str]:
    """Schools as 附件1 of a season has them; their codes by name."""

    def job(connection: Connection) -> dict[str, str]:
        return {name: units.put_unit(connection, season, name)[0] for name in names}

    return services.database.write(job)


def put_people(
    services: Services, season: str, unit: str, teacher: str, count: int = 3, first: int = 900
) -> list[str]:
    """People of a school's list in a season, given to a teacher; their case ids."""

    def job(connection: Connection) -> list[str]:
        school = units.unit(connection, season, unit)
        assert school is not None
        people = [
            case_import.imported_person(
                season,
                f"key{n:05d}",
                school.name,
                Person(name=f"样例{n}", phones=(f"1390000{n:04d}",)),
                None,
                (Contract(contract_no=f"D{n:05d}", principal_fen=200_00, interest_fen=0),),
                village="新村",
            )
            for n in range(first, first + count)
        ]
        case_import.import_people(connection, season, people)
        return [row["id"] for row in cases.rows(connection, season, unit=unit)]

    found = services.database.write(job)
    staff = services.database.write(lambda c: units.put_teacher(c, season, unit, teacher))
    assignment.assign(services.for_season(season), found, staff, who="t")
    return found


def open_next(services: Services) -> Services:
    """The season of 2020, open; that of 2019 is closed."""
    make_next(services)
    check_all(services, NEXT)
    office.close_season(services, SEASON, who="t")
    office.open_season(services, NEXT, who="t")
    return services.for_season(NEXT)
