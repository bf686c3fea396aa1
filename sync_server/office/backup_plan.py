"""The schedule of backups, as the office chose it: backups/plan.json of the data folder.

When a backup is due is decided by the real clock in China. A clock that jumps makes one backup at
most, and none within half an hour of the one before by the computer's steady clock.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

import sync_server
from shared import assets
from shared.problems import ProblemError
from shared.season import CST
from sync_server import whole_file
from sync_server.disk_errors import disk_problems
from sync_server.office import backup_log, backup_place
from sync_server.office.backup_log import Run
from sync_server.office.backup_place import MARK
from sync_server.office.restore import require_separate
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit

PROGRAM = (assets.ASSETS, Path(sync_server.__file__).parent)
"""Folders of the program: the console gives files of theirs to whoever asks."""
HOURS = range(1, 169)
"""Hours between two backups: up to a week."""
KEEP = range(2, 101)
"""How many are kept: two at least, for one is being judged while the other is kept."""
RETRY = timedelta(hours=1)
"""After a backup that failed, the next try."""
AHEAD = timedelta(hours=1)
"""A last backup that lies further in the future was made by a clock that was wrong."""
GAP_S = 1800.0
"""Seconds of the steady clock between two backups of the schedule, whatever the clock shows."""
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
Every = Literal["off", "night", "hours"]


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The schedule; the defaults are a server where nobody has chosen yet.

    Attributes:
        every: Off, once a night, or every so many hours.
        at: The time of the night, China's clock.
        hours: Hours between two.
        keep: How many are kept.
        folder: Where they are kept; "" where nobody has chosen.
        mark: What stands in the folder's mark.
        since: When this was chosen (UTC ISO, the real clock).
    """

    every: Every = "off"
    at: str = "02:00"
    hours: int = 12
    keep: int = 7
    folder: str = ""
    mark: str = ""
    since: str = ""


def read(data_dir: Path) -> Plan:
    """Read the schedule; the defaults where nobody has chosen.

    Raises:
        ProblemError: backup.plan_unreadable.
    """
    path = data_dir / backup_log.FOLDER / "plan.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Plan)
    except FileNotFoundError:
        return Plan()
    except (OSError, msgspec.MsgspecError) as error:
        raise ProblemError("backup.plan_unreadable", file=str(path)) from error


def choose(services: Services, plan: Plan, *, who: str) -> Plan:
    """Keep a schedule after checking it, and mark the folder.

    Args:
        services: The server's services.
        plan: What was chosen; `mark` and `since` are set here.
        who: Who chose it.

    Raises:
        ProblemError: backup.plan_invalid, backup.not_sqlite, disk.full, disk.broken, and those of
            `check_folder`.
    """
    settings = services.settings
    require_sqlite(settings)
    numbers = plan.hours in HOURS and plan.keep in KEEP
    if not numbers or _TIME.fullmatch(plan.at) is None:
        raise ProblemError(
            "backup.plan_invalid", most_hours=HOURS[-1], least=KEEP[0], most=KEEP[-1]
        )
    folder = check_folder(settings, plan.folder)
    mark = _mark_in(folder)
    if not mark:
        mark = secrets.token_hex(8)
        with disk_problems():
            whole_file.write(folder / MARK, f"{mark}\n".encode())
    chosen = msgspec.structs.replace(
        plan, folder=str(folder), mark=mark, since=settings.real_now().isoformat()
    )
    services.database.write(
        lambda c: audit.note(
            c,
            at=settings.now_text(),
            who=who,
            action="backup.plan",
            detail=f"{chosen.every} {chosen.at if chosen.every == 'night' else chosen.hours}",
            ref=chosen.folder,
        )
    )
    with disk_problems():
        plan_file = backup_log.place(settings.data_dir) / "plan.json"
        whole_file.write(plan_file, msgspec.json.encode(chosen))
    return chosen


def require_sqlite(settings: Settings) -> None:
    """Refuse for another database. Raises: ProblemError backup.not_sqlite."""
    if not settings.database.startswith("sqlite"):
        raise ProblemError("backup.not_sqlite")


def check_folder(settings: Settings, text: str) -> Path:
    """Return the folder for backups, after trying to write there.

    Raises:
        ProblemError: backup.no_folder, backup.folder_link, backup.inside, backup.folder_served,
            backup.folder_system, backup.not_ours, backup.folder_locked.
    """
    folder = Path(text)
    if not text or not folder.is_absolute() or not folder.is_dir():
        raise ProblemError("backup.no_folder", folder=text or "–")
    real = folder.resolve()
    if real != Path(os.path.normpath(folder)):
        raise ProblemError("backup.folder_link", folder=text, real=str(real))
    backup_place.require_not_of_system(real)
    require_separate(real, settings.data_dir.resolve())
    served = {place.resolve() for place in (settings.app_dir, *PROGRAM)}
    if not served.isdisjoint((real, *real.parents)):
        raise ProblemError("backup.folder_served", folder=text)
    try:
        backup_place.require_own(real)
        whole_file.write_beside(real / MARK, b"").unlink()
    except OSError as error:
        why = error.strerror or str(error)
        raise ProblemError("backup.folder_locked", folder=text, why=why) from error
    return real


def folder_of(settings: Settings, plan: Plan) -> Path:
    """Return the schedule's folder, if it is the one that was marked.

    Raises:
        ProblemError: backup.no_folder, backup.folder_gone, and those of `check_folder`.
    """
    if not plan.folder:
        raise ProblemError("backup.no_folder", folder="–")
    if not plan.mark or _mark_in(Path(plan.folder)) != plan.mark:
        raise ProblemError("backup.folder_gone", folder=plan.folder)
    return check_folder(settings, plan.folder)


def _mark_in(folder: Path) -> str:
    try:
        text = (folder / MARK).read_bytes()[:100].decode("ascii", "replace").strip()
    except OSError:
        return ""
    return text if text.isalnum() else ""


def same_disk(settings: Settings, folder: Path) -> bool | None:
    """Return whether a folder lies on the data folder's disk; None where that is not known."""
    try:
        return folder.stat().st_dev == settings.data_dir.stat().st_dev
    except OSError:
        return None


def is_due(plan: Plan, runs: Sequence[Run], now: datetime, uptime_s: float) -> bool:
    """Return whether the schedule wants a backup now. Pure.

    Args:
        plan: The schedule.
        runs: The log, the oldest first.
        now: The real clock (aware).
        uptime_s: The computer's steady clock.
    """
    if plan.every == "off" or not plan.folder:
        return False
    last = next((run for run in reversed(runs) if run.managed), None)
    since = datetime.fromisoformat(plan.since)
    if last is None:
        return _is_due_after(plan, since, now)
    if 0 <= uptime_s - last.uptime_s < GAP_S:
        return False
    if last.moment - now > AHEAD:
        return True
    if last.state not in ("verified", "removed"):
        return now - last.moment >= RETRY
    return _is_due_after(plan, max(since, last.moment), now)


def _is_due_after(plan: Plan, since: datetime, now: datetime) -> bool:
    if since - now > AHEAD:
        return True
    if plan.every == "hours":
        return now - since >= timedelta(hours=plan.hours)
    local = now.astimezone(CST)
    hour, minute = map(int, plan.at.split(":"))
    night = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return since < (night if night <= local else night - timedelta(days=1))
