"""A county whose schools stand differently: delivered, visited, explained and repaid."""

from __future__ import annotations

from shared.cases import Person
from sync_server.office import review
from sync_server.sample.county import make_county
from sync_server.services import Services
from sync_server.store import case_import, cases
from sync_server.store.database import Connection
from tests.support.county import SEASON, fill, repaid
from tests.support.paper import DELIVERY, STATEMENT, VISIT, keyed

PEOPLE = 265


def at_work(services: Services) -> list[str]:
    """Two schools of six: in 01 three delivered, two visited, one explained; two repaid in all."""
    units = services.database.write(fill)
    rows = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))
    ids = [row["id"] for row in rows]
    for case in ids[:3]:
        delivered(services, case)
    keyed(services, ids[0], "visit", VISIT)
    told = keyed(services, ids[1], "statement", STATEMENT)
    review.review(services, told.fact_id, "accepted", "", who="中心")
    repaid(services, "2019-12-11", {"C00005": 100_00, "C00006": 100_00, "C00007": 40_00})
    return units


def delivered(services: Services, case: str, unit: str = "01") -> None:
    """A notice handed over, as an office types it in."""
    keyed(services, case, "notice_delivery", DELIVERY, unit=unit, reason="纸质签收")


def sample_people() -> list[Person]:
    """The first people of the sample county, with their parents: names, numbers, phones."""
    found = [p for case in make_county().cases[:PEOPLE] for p in (case.borrower, case.co_borrower)]
    return [person for person in found if person is not None]


def sample_county(services: Services) -> None:
    """These people as the list of their schools."""
    people = make_county().cases[:PEOPLE]

    def job(connection: Connection) -> None:
        schools = sorted({case.school for case in people})
        case_import.import_schools(
            connection, SEASON, {name: {"liaison_name": "联络"} for name in schools}
        )
        case_import.import_people(
            connection,
            SEASON,
            [
                case_import.imported_person(
                    SEASON,
                    f"key{number:05d}",
                    case.school,
                    case.borrower,
                    case.co_borrower,
                    case.contracts,
                    village=case.village,
                )
                for number, case in enumerate(people)
            ],
        )

    services.database.write(job)


def traces(text: str, people: list[Person]) -> list[str]:
    """What of these people stands in a text: a name, an ID number or a phone."""
    found = []
    for person in people:
        marks = (person.name, person.id_number, *person.phones)
        found += [mark for mark in marks if mark and mark in text]
    return found
