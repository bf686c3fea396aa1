"""A part of a province in its third week, with phones that can sign: the rows of large_school.py, in either database."""

from __future__ import annotations

from functools import partial

import msgspec
from sqlalchemy import select, update

from shared import wire
from shared.cases import Case, Repayment
from sync_server.sample.season import open_sample_season
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import devices, repayments, search_index, seasons
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.refreshing import Every
from sync_server.store.standing_refresh import Refresher
from tests.bench import large_school
from tests.bench.large_county import Size
from tests.bench.large_school import AS_OF, SEASON, Rows
from tests.bench.province.assumed import PEOPLE, PHONES, SCHOOLS
from tests.bench.province.phone import Phone
from tests.support.console_browser import people

SCHOOLS_AT_ONCE = 50


def size_of(fraction: int) -> Size:
    """How large one part of so many of the province is."""
    return Size(people=PEOPLE // fraction, schools=SCHOOLS // fraction)


def phones_of(fraction: int) -> int:
    """How many phones work in that part."""
    return PHONES // fraction


def fill(settings: Settings, size: Size, phones: int) -> list[Phone]:
    """Put the part into an empty database; return as many phones of it, all confirmed and of all schools."""
    services = Services.open(settings)
    try:
        open_sample_season(services, who="bench")
        people(services)
        services.database.write(lambda c: Rows.of_county(AS_OF).put(c))
        for first in range(0, size.schools, SCHOOLS_AT_ONCE):
            numbers = range(first, min(first + SCHOOLS_AT_ONCE, size.schools))
            services.database.write(partial(_schools, size=size, numbers=numbers))
        services.database.write(lambda c: seasons.announce(c, SEASON))
        _refresh(services)
        server_key = wire.b64(services.receipts.public())
        return services.database.write(lambda c: _phones(c, phones, server_key))
    finally:
        services.close()


def _refresh(services: Services) -> None:
    """Do all that a server would do in its pauses, so that it has nothing left of this when it is measured."""
    while services.database.write(Every(Refresher(), search_index.Refresher()).in_pause):
        pass


def _schools(connection: Connection, size: Size, numbers: range) -> None:
    for number in numbers:
        rows = large_school.rows_of(size.code(number), number, size.of_school(number))
        rows.put(connection)


def _phones(connection: Connection, count: int, server_key: str) -> list[Phone]:
    """Give phones of every school in turn a key of their own and a token."""
    device, case = t.device.c, t.case_file.c
    found = connection.execute(select(t.device).order_by(device.name, device.unit)).mappings()
    made: list[Phone] = []
    for row in list(found)[:count]:
        mine = select(case.id).where(case.assignee == row["staff"], case.paid.is_(False))
        phone = Phone([str(one) for one in connection.execute(mine.order_by(case.code)).scalars()])
        phone.device, phone.staff, phone.unit = row["id"], row["staff"], row["unit"]
        phone.token, phone.server_key = f"{devices.TOKEN_PREFIX}{row['id']}", server_key
        phone.n, phone.link = row["n"], row["link"]
        values = {
            "state": devices.CONFIRMED,
            "public_key": phone.public_key,
            "token_hash": devices.hashed(phone.token),
        }
        connection.execute(update(t.device).where(device.id == row["id"]).values(**values))
        made.append(phone)
    if len(made) < count:
        raise ValueError(f"{len(made)} of {count} phones")
    return made


def repay(settings: Settings, day: str, share: float) -> int:
    """Store a day's repayment file, in which a further share of all people has paid, and judge who changed; how many."""
    services = Services.open(settings)
    try:
        found = services.database.write(lambda c: _repay(c, day, share))
        _refresh(services)
        return found
    finally:
        services.close()


def _repay(connection: Connection, day: str, share: float) -> int:
    case = t.case_file.c
    rows = connection.execute(select(case.body, case.paid).order_by(case.id)).all()
    due = [number for number, row in enumerate(rows) if not row.paid]
    today = set(due[:: max(1, round(len(due) / (share * len(rows))))])
    lines = [
        Repayment(
            contract_no=one.contract_no,
            principal_fen=one.principal_fen,
            interest_fen=one.interest_fen,
            paid_on=day,
        )
        for number, row in enumerate(rows)
        if row.paid or number in today
        for one in msgspec.json.decode(row.body, type=Case).contracts
    ]
    now = f"{day}T00:00:00.000+00:00"
    repayments.store_snapshot(
        connection, SEASON, day, lines, file_name="还款.xlsx", sha256=day, now=now
    )
    return len(today)
