"""A county small enough for a test: some schools with cases, put in by the same functions imports use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shared.cases import Contract, Person, Repayment
from sync_server.office import purge as office
from sync_server.office.seasons import close_season
from sync_server.sample.season import open_sample_season
from sync_server.services import Services
from sync_server.store import case_import, repayments, seasons
from sync_server.store.database import Connection

SEASON = "2019"
CLOCK = "2019-12-12T10:00+08:00"
SCHOOLS = ("柳泉镇中心校", "青石镇中心校")


def with_season(services: Services) -> Services:
    """The services of a new data folder, with the sample's season open."""
    return services.for_season(open_sample_season(services, who="test"))


def purge(services: Services, season: str, *, who: str, really: str = "") -> Path:
    """Close a season that is still open, then purge it; the certificate's path."""
    states = services.database.read(seasons.states)
    if any(s.id == season and s.state == "open" for s in states):
        close_season(services, season, who=who)
    return office.purge(services, season, who=who, really=really)


def person(
    number: int, school: str, *, due_fen: int = 100_00, village: str = ""
) -> case_import.ImportedPerson:
    """One made-up borrower; `number` gives name, key and contract."""
    return case_import.imported_person(
        SEASON,
        f"key{number:05d}",
        school,
        Person(name=f"样例{number}", phones=(f"1380000{number:04d}",)),
        None,
        (Contract(contract_no=f"C{number:05d}", principal_fen=due_fen, interest_fen=0),),
        village=village or f"第{number % 7}村",
    )


def fill(connection: Connection, cases: Sequence[int] = (6, 6), first: int = 0) -> list[str]:
    """Schools 01, 02, … with so many cases each; their codes."""
    names = [SCHOOLS[i] if i < len(SCHOOLS) else f"第{i}小学" for i in range(len(cases))]
    case_import.import_schools(
        connection, SEASON, {name: {"liaison_name": f"联络{i}"} for i, name in enumerate(names)}
    )
    people: list[case_import.ImportedPerson] = []
    for name, count in zip(names, cases, strict=True):
        people += [person(first + len(people) + i, name) for i in range(count)]
    case_import.import_people(connection, SEASON, people)
    return [f"{i + 1:02d}" for i in range(len(cases))]


def repaid(services: Services, as_of: str, paid: dict[str, int]) -> repayments.SnapshotResult:
    """A snapshot: contract number to fen repaid."""
    lines = [
        Repayment(contract_no=c, principal_fen=fen, interest_fen=0, paid_on="2019-12-10")
        for c, fen in paid.items()
    ]
    return services.database.write(
        lambda c: repayments.store_snapshot(
            c, SEASON, as_of, lines, file_name="f", sha256="0", now="n"
        )
    )
