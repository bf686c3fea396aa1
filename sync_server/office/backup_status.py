"""How things stand with backups, in one line: for the first page and for `doorstep doctor`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import CST, china_day, moment_of
from sync_server.office import backup_log, backup_plan
from sync_server.office.backup_log import Run
from sync_server.services import Services
from sync_server.store import db_snapshot

OLD = timedelta(days=2)
"""A night without a backup may happen; after two, somebody should look."""
VERY_OLD = timedelta(days=7)
Tone = Literal["good", "warn", "bad"]


class Status(msgspec.Struct, frozen=True):
    """The line, how urgent it is, and what was wrong with the last try.

    A server without anybody on its lists has little to lose: nothing is urgent there.
    """

    line: Label
    tone: Tone
    problem: ProblemError | None = None


def status(services: Services) -> Status:
    """Return how things stand with this server's backups."""
    settings = services.settings
    if not settings.database.startswith("sqlite"):
        words = Label(
            "数据在 PostgreSQL 里：这里看不到它的备份，见“备份”页",
            "The data are in PostgreSQL: its backups are not seen here; see the page “Backups”",
        )
        return Status(words, "good")
    try:
        plan = backup_plan.read(settings.data_dir)
    except ProblemError as problem:
        return Status(Label(problem.message("zh"), problem.message("en")), "bad", problem)
    found = judged(plan, backup_log.read(settings.data_dir), settings.real_now())
    if found.tone == "bad" and services.database.read(db_snapshot.is_without_people):
        return msgspec.structs.replace(found, tone="warn")
    return found


def judged(plan: backup_plan.Plan, runs: list[Run], now: datetime) -> Status:
    """Judge the log by the real clock. Pure."""
    last = next((run for run in reversed(runs) if run.state != "running"), None)
    problem = last.refusal if last is not None and _went_wrong(last) else None
    good = backup_log.last_good(runs)
    if good is None:
        return Status(Label("还没有备份过", "No backup was made yet"), "bad", problem)
    age = now - good.moment
    if age >= OLD:
        words = Label(f"已有 {age.days} 天没有成功的备份", f"No good backup for {age.days} days")
        return Status(words, "bad" if age >= VERY_OLD else "warn", problem)
    at = in_words(good.moment, now)
    lost = good.damaged
    zh, en = f"上次备份:{at.zh},已核对", f"Last backup: {at.en}, checked"
    if problem is not None:
        zh, en = f"{zh};之后一次没有成功", f"{en}; one after it failed"
    elif lost:
        zh, en = f"{zh};{lost} 张照片已损坏", f"{en}; {lost} photos were damaged"
    elif plan.every == "off":
        zh, en = f"{zh};没有设自动备份", f"{en}; none is scheduled"
    return Status(Label(zh, en), "warn" if problem or lost else "good", problem)


def _went_wrong(run: Run) -> bool:
    return run.state in ("failed", "damaged", "interrupted")


def in_words(moment: datetime, now: datetime) -> Label:
    """Return a moment in everyday words: 今天 02:00, 昨天 02:00, else with its day."""
    local, day = moment.astimezone(CST), china_day(moment)
    if day == china_day(now):
        return Label(f"今天 {local:%H:%M}", f"today {local:%H:%M}")
    if day == china_day(now) - timedelta(days=1):
        return Label(f"昨天 {local:%H:%M}", f"yesterday {local:%H:%M}")
    return Label(f"{day.month}月{day.day}日 {local:%H:%M}", f"{local:%d %b %H:%M}")


def text_in_words(text: str, now: datetime) -> Label:
    """Return a moment of the log in everyday words; an unreadable text as it stands."""
    found = moment_of(text)
    return Label(text, text) if found is None else in_words(found, now)
