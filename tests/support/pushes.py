"""Phones enrolled straight in the store, and what pushes left there, for tests of the ledger without an app around it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, select

from sync_server.store import cases, devices
from sync_server.store.database import Connection
from tests.support.county import SEASON
from tests.support.devices import RawPhone

AT = "2019-12-12T02:00:00.000+00:00"


def stored_phone(connection: Connection, unit: str, teacher: str = "甲") -> RawPhone:
    """A confirmed phone of a teacher, who has every case of the school that nobody else has."""
    now, phone = datetime.now(UTC), RawPhone()
    end = now + timedelta(days=1)
    code, _ = devices.issue_code(connection, SEASON, unit, teacher, expires_at=end)
    device, _ = devices.enrol(connection, code, phone.public_key, "", now)
    devices.confirm(connection, device.id, now)
    phone.device, phone.staff, phone.unit = device.id, device.staff, unit
    free = [r["id"] for r in cases.rows(connection, SEASON, unit=unit) if not r["assignee"]]
    cases.assign(connection, SEASON, free, device.staff)
    return phone


def ids_of(connection: Connection, unit: str) -> list[str]:
    """Cases of a school in order of code."""
    return [str(r["id"]) for r in cases.rows(connection, SEASON, unit=unit)]


def rows_of(connection: Connection, table: Table, without: Sequence[str] = ()) -> list[Any]:
    """Every row of a table without some columns, in an order that does not depend on those."""
    columns = [c for c in table.c if c.name not in without]
    found = [tuple(row) for row in connection.execute(select(*columns))]
    return sorted(found, key=repr)
