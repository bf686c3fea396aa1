"""The county at work in a cluster: schools with phones, schools whose summaries are ready to be sealed, lists to import."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from shared.cases import Repayment
from shared.identity import id_check_digit
from sync_server.office import assignment, phones
from sync_server.services import Services
from sync_server.store import cases, devices, repayments
from sync_server.store.database import Connection
from tests.cluster.line import Traffic
from tests.cluster.phones import LoadPhone
from tests.cluster.room import Room
from tests.support.console_browser import people
from tests.support.county import SEASON, fill, with_season
from tests.support.summaries import stamped_version

CASES = 12
"""Of a school with phones."""
OF_A_SEALED_SCHOOL = 2
LIST = "姓名,身份证号,合同编号,应还本金,应还利息,学校\n"


class Sealable(NamedTuple):
    """A school whose summary is stamped: only its seal is missing."""

    unit: str
    summary: str


class County(NamedTuple):
    """What the office knows before anything is killed."""

    schools: list[str]
    sealable: list[Sealable]
    list_school: str
    """The name of the school of everybody in the lists that are imported."""
    people: int


def begin(room: Room, schools: int, sealable: int) -> County:
    """The season, its schools and accounts; the summaries composed, printed and stamped."""
    services = Services.open(room.settings)
    try:
        services = with_season(services)
        people(services)
        sizes = (*[CASES] * schools, *[OF_A_SEALED_SCHOOL] * sealable, 1)
        units = services.database.write(lambda c: fill(c, sizes))
        ready = units[schools:-1]
        services.database.write(lambda c: _repay(c, ready))
        stamped = [Sealable(unit, stamped_version(services, unit).id) for unit in ready]
        total = services.database.read(lambda c: cases.totals(c, SEASON))["people"]
        name = f"第{len(units) - 1}小学"
        return County(units[:schools], stamped, name, int(total))
    finally:
        services.close()


def _repay(connection: Connection, units: Sequence[str]) -> None:
    lines = [
        Repayment(
            contract_no=contract.contract_no,
            principal_fen=contract.principal_fen,
            interest_fen=contract.interest_fen,
            paid_on="2019-12-10",
        )
        for unit in units
        for row in cases.rows(connection, SEASON, unit=unit)
        for contract in cases.case_of(row).contracts
    ]
    repayments.store_snapshot(
        connection, SEASON, "2019-12-11", lines, file_name="f", sha256="0", now="2019-12-11"
    )


async def enrolled(
    room: Room, county: County, traffic: Traffic, seed: str, of_a_school: int
) -> list[LoadPhone]:
    """Phones in every school, each with cases of its own; every second one is left to itself."""
    made: list[LoadPhone] = []
    with room.office() as services:
        for unit in county.schools:
            for number in range(of_a_school):
                teacher = f"师{number}"
                folder = room.folder / f"phone-{unit}-{number}"
                phone = LoadPhone(
                    folder,
                    unit,
                    teacher,
                    f"{seed} {unit} {number}",
                    traffic,
                    presses=number % 2 == 0,
                    servers=[replica.name for replica in room.replicas],
                )
                code = phones.issue(services, unit, teacher, who="t").code
                await phone.open(room.clock, room.proxy.url, code)
                await phone.know_itself()
                made.append(phone)
            confirm(services, unit)
            assignment.assign_evenly(services, unit, who="t")
    for phone in made:
        await phone.try_alone()
        assert phone.phone.store.cases.count() > 0, "a phone without cases"
    return made


def confirm(services: Services, unit: str) -> None:
    """The liaison recognises every phone that waits."""
    for device in services.database.read(lambda c: devices.of_unit(c, SEASON, unit)):
        if device.state == devices.PENDING:
            phones.confirm(services, device.id, who="t")


def due_list(path: Path, number: int, size: int, school: str) -> Path:
    """The `number`th list: so many people whom no other list has."""
    lines = [
        f"名单{number}之{n},{_id_number(number, n)},L{number:03d}{n:05d},100.00,5.50,{school}\n"
        for n in range(size)
    ]
    path.write_text(LIST + "".join(lines), "utf-8")
    return path


def _id_number(number: int, n: int) -> str:
    day, place = divmod(n, 900)
    first17 = f"610599{1980 + number:04d}06{day + 1:02d}{place + 1:03d}"
    return first17 + id_check_digit(first17)
