"""A school is merged into another, and what a kill may leave of it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from sync_server.office import schools
from sync_server.services import Services
from sync_server.store import tables as t
from tests.faults.office_county import acts
from tests.support.crash import Job, open_services, reopened


def merging(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: _merge(services)


def _merge(services: Services) -> None:
    schools.merge(services, "01", "02", who="t", confirmed=True)


def _left(services: Services) -> dict[str, int]:
    """How many people, teachers, phones and records still name the merged school."""
    tables = (t.case_file, t.staff, t.device, t.fact, t.fact_photo)
    return {
        table.name: services.database.read(
            lambda c, table=table: c.execute(
                select(func.count()).select_from(table).where(table.c.unit == "01")
            ).scalar_one()
        )
        for table in tables
    }


def merged_or_not(folder: Path) -> str:
    """Everything went over or nothing did; the same press again does the rest, once."""
    with reopened(folder / "server") as services:
        left, done = _left(services), acts(services, "school.merge")
        assert all(left.values()) or not any(left.values())
        assert done == (not any(left.values()))
        _merge(services)
        assert not any(_left(services).values())
        assert acts(services, "school.merge") == 1
    return "merged" if done else "as before"
