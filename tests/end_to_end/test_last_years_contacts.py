"""What was accepted of a borrower last year comes back to the phone as a suggestion, and goes when the year is purged."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from shared.cases import Contract, Person
from shared.identity import id_check_digit
from shared.season_fields import with_values
from sync_server.office import assignment, phones, review
from sync_server.office import seasons as office
from sync_server.sample.processes import Phone
from sync_server.services import Services
from sync_server.store import case_import, devices, kept_contacts, purging, seasons, units
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.end_to_end.conftest import County
from tests.support.county import SEASON
from tests.support.seasons import NEXT, open_next

NewPhone = Callable[..., Phone]
NUMBER = "13611112222"
FIRST_17 = "61059919980101001"
ID_NUMBER = FIRST_17 + id_check_digit(FIRST_17)
CONTACT = {"field": "phone", "value": NUMBER, "source": "family"}


def take(services: Services, season: str, unit: str, teacher: str) -> str:
    """The same borrower on the list of a season, given to a teacher; the case's id."""

    def job(connection: Connection) -> tuple[str, str]:
        school = units.unit(connection, season, unit)
        assert school is not None
        person = case_import.imported_person(
            season,
            ID_NUMBER,
            school.name,
            Person(name="样例甲", id_number=ID_NUMBER, phones=("13800000900",)),
            None,
            (Contract(contract_no=f"K{season}", principal_fen=100_00, interest_fen=0),),
        )
        case_import.import_people(connection, season, [person])
        c = t.case_file.c
        where = (c.season == season) & (c.person_key == ID_NUMBER)
        case = str(connection.execute(select(c.id).where(where)).scalar_one())
        return case, units.put_teacher(connection, season, unit, teacher)

    case, staff = services.database.write(job)
    assignment.assign(services.for_season(season), [case], staff, who="t")
    return case


def test_last_years_accepted_number_is_suggested_on_the_phone_until_the_purge(
    county: County, new_phone: NewPhone
) -> None:
    services, unit = county.services, county.school()
    phone = new_phone(unit, "甲")
    keep = {"keep_contacts": "true"}
    office.change(services, SEASON, lambda now: with_values(now, keep), who="t")
    old = take(services, SEASON, unit, "甲")
    assert phone.ask("sync")["ok"]
    phone.ask("record", kind="contact_update", case=old, body=CONTACT)
    assert phone.ask("sync")["sent"] == 1
    query = select(t.fact.c.id).where(t.fact.c.case_id == old)
    (fact,) = services.database.read(lambda c: list(c.execute(query).scalars()))
    review.review(services, fact, "accepted", "", who="何主任")

    of_next = open_next(services)
    new = take(services, NEXT, unit, "甲")
    assert phone.ask("sync")["problem_code"] == "device.new_season"
    (waiting,) = services.database.read(lambda c: devices.of_unit(c, NEXT, unit))
    phones.confirm(of_next, waiting.id, who="t")
    assert phone.ask("sync")["ok"]
    (shown,) = phone.ask("case", case=new)["suggested"]
    assert (shown["field"], shown["value"][:3], shown["value"][-4:]) == ("phone", "136", "2222")
    assert shown["day"].startswith("2019-")

    def destroy(connection: Connection) -> None:
        """What a purge without keeping contacts does in the database; a served folder refuses one."""
        purging.destroy(connection, SEASON, "2020-01-01T00:00:00+00:00")
        seasons.set_state(
            connection, SEASON, seasons.PURGED, at="2020-01-01T00:00:00+00:00", who="t"
        )
        kept_contacts.suggest_after(connection, SEASON)

    services.database.write(destroy)
    assert phone.ask("sync")["ok"]
    assert phone.ask("case", case=new)["suggested"] == []
