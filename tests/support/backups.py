"""Backups of the schedule: runs as the log has them, and a schedule for a test."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from sync_server.office import (
    backup_log,
    backup_plan,
    backup_runs,
)
from sync_server.office.backup_log import Run
from sync_server.office.backup_plan import Plan
from sync_server.services import Services

NOON = datetime(2026, 11, 29, 4, tzinfo=UTC)
"""29 November 2026, 12:00 in China."""
PHOTO = b"a photo"
PASSPHRASE = "青槐县 备份 口令 二〇二六"
UP = 1_000_000.0
"""A steady clock long after any run of these tests."""


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 on China's clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def ran(moment: datetime, state: backup_log.State = "verified", **more: object) -> Run:
    found = Run(id=moment.isoformat(), started_at=moment.isoformat(), who="t", folder="/b/x")
    return msgspec.structs.replace(found, **{"state": state, "managed": True, **more})


NIGHTLY = Plan(every="night", at="02:00", folder="/b", since=at(1, 12).isoformat())
HOURLY = Plan(every="hours", hours=6, folder="/b", since=at(1, 12).isoformat())


def planned(services: Services, disk: Path, **more: Any) -> Plan:
    plan = msgspec.structs.replace(Plan(every="night", folder=str(disk)), **more)
    return backup_plan.choose(services, plan, who="t")


def log(services: Services) -> list[Run]:
    return backup_log.read(services.settings.data_dir)


def kept(disk: Path) -> list[str]:
    return sorted(p.name for p in disk.iterdir() if p.is_dir())


def wait_for_the_end(services: Services) -> None:
    """Until nothing is under way; the thread of a small backup takes a moment."""
    for _ in range(3000):
        if backup_runs.under_way(services.settings.data_dir) is None:
            return
        time.sleep(0.02)
    raise AssertionError("the backup did not end")
