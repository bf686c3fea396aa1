"""Alerts about the server itself on the centre's first page: a line each, urgent ones in colour.

An alert is one more entry of `ALERTS`: a function of the services that is run off the event loop.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import minute_of
from sync_server.office import (
    attempts,
    backup_status,
    bundles,
    certificate_list,
    copied_folder,
    disk_room,
)
from sync_server.office.backup_status import Tone
from sync_server.services import Services
from sync_server.store import accounts, behind, seasons
from sync_server.store.database import Connection

MANY_BEHIND = 1000
"""People to be judged or indexed that are worth a line; fewer are done in a moment."""
MOST_NAMED = 5
"""Officers that an alert names; the page of accounts shows all."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One line.

    Attributes:
        line: Its words.
        tone: How urgent it is.
        href: The page that deals with it, for admins; "" where there is none.
        problem: What went wrong, with what fixes it.
        opens_to_all: Whether that page opens to whoever is shown the line.
    """

    line: Label
    tone: Tone = "good"
    href: str = ""
    problem: ProblemError | None = None
    opens_to_all: bool = False


def of_backups(services: Services) -> Alert | None:
    """When the last good backup was made, and why the last try failed."""
    found = backup_status.status(services)
    return Alert(line=found.line, tone=found.tone, href="/backups", problem=found.problem)


def of_copies(services: Services) -> Alert | None:
    """That the data were copied while a server ran."""
    found = copied_folder.finding(services)
    if found is None:
        return None
    problem = ProblemError("data.copied", path=found.path, since=minute_of(found.since))
    line = Label("这份数据不是用备份恢复的", "These data do not come from a backup")
    return Alert(line=line, tone="bad", problem=problem)


def of_disk(services: Services) -> Alert | None:
    """That the disk has little room left."""
    problem = disk_room.problem(services)
    line = Label("磁盘快满了", "The disk is nearly full")
    return Alert(line=line, tone="bad", problem=problem) if problem else None


def of_sign_ins(services: Services) -> Alert | None:
    """That many sign-ins have failed of late: somebody may be guessing."""
    count = attempts.failed_sign_ins(services)
    if count < attempts.MANY_FAILED:
        return None
    line = Label(
        f"最近一天有 {count} 次登录没有成功,可能有人在猜密码",
        f"{count} sign-ins failed within a day: somebody may be guessing passwords",
    )
    return Alert(line=line, tone="warn", href="/audit?action=sign_in.failed")


def of_officers(services: Services) -> Alert | None:
    """Which officers see no school: they cannot work until somebody chooses their schools."""
    found = services.database.read(accounts.without_schools)
    if not found:
        return None
    shown = [account.shown for account in found[:MOST_NAMED]]
    more = len(found) - len(shown)
    zh = "、".join(shown) + (f"等 {len(found)} 人" if more else "")
    en = ", ".join(shown) + (f" and {more} more" if more else "")
    line = Label(
        f"还没有给包联同志选学校:{zh}。登录后看不到任何学校和人员",
        f"No school is chosen for these officers, who see none: {en}",
    )
    return Alert(line=line, tone="warn", href="/accounts")


def of_bundles(services: Services) -> Alert | None:
    """That a recipient's report was sealed anew after its bundle was made."""
    names = bundles.outdated(services)
    if not names:
        return None
    line = Label(
        f"封存了新的一版,材料包还是旧的:{'、'.join(names)}",
        f"A newer report is sealed; these bundles are of an earlier one: {', '.join(names)}",
    )
    return Alert(line=line, tone="warn", href="/bundles")


def of_certificates(services: Services) -> Alert | None:
    """That a certificate ends soon: nothing is sealed with it after that."""
    due = certificate_list.due(services)
    if not due:
        return None
    names = [one.name for one in due[:MOST_NAMED]]
    days = min(one.days_left for one in due)
    line = Label(
        f"{len(due)} 张证书快到期,最早的还有 {days} 天:{'、'.join(names)}。到期后不能封存",
        f"{len(due)} certificates end, the first in {days} days: {', '.join(names)}. "
        "Nothing is sealed after that",
    )
    return Alert(line=line, tone="warn", href="/certificates")


def of_behind(services: Services) -> Alert | None:
    """That numbers and search are still being made anew; until then pages are slower."""

    def job(connection: Connection) -> int:
        season = seasons.get(connection, services.season)
        unjudged = behind.unjudged(connection, season)
        return max(unjudged, behind.unindexed(connection, services.season))

    left = services.database.read(job) if services.season_id else 0
    if left < MANY_BEHIND:
        return None
    line = Label(
        f"数字和查找正在后台重做，还剩 {left:,} 人；做完以前页面会慢一些，数字都是对的",
        f"Numbers and search are being made anew, {left:,} people are left; "
        "pages are slower meanwhile, and right",
    )
    return Alert(line=line)


ALERTS: tuple[Callable[[Services], Alert | None], ...] = (
    of_backups,
    of_copies,
    of_disk,
    of_sign_ins,
    of_officers,
    of_bundles,
    of_certificates,
    of_behind,
)


def of_server(services: Services) -> list[Alert]:
    """Return every alert there is now."""
    return [alert for of in ALERTS if (alert := of(services)) is not None]
