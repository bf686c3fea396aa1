"""Notices about the server itself on the centre's first page: a line each, urgent ones in colour.

A notice is one more entry of `NOTICES`: a function of the services that is run off the event loop.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import minute_of
from sync_server.office import backup_status, copied_folder
from sync_server.office.backup_status import Tone
from sync_server.services import Services


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One line.

    Attributes:
        line: Its words.
        tone: How urgent it is.
        href: The page that deals with it, for admins; "" where there is none.
        problem: What went wrong, with what fixes it.
    """

    line: Label
    tone: Tone = "good"
    href: str = ""
    problem: ProblemError | None = None


def of_backups(services: Services) -> Notice | None:
    """When the last good backup was made, and why the last try failed."""
    found = backup_status.status(services)
    return Notice(line=found.line, tone=found.tone, href="/backups", problem=found.problem)


def of_copies(services: Services) -> Notice | None:
    """That the data were copied while a server ran."""
    found = copied_folder.finding(services)
    if found is None:
        return None
    problem = ProblemError("data.copied", path=found.path, since=minute_of(found.since))
    line = Label("这份数据不是用备份恢复的", "These data do not come from a backup")
    return Notice(line=line, tone="bad", problem=problem)


NOTICES: tuple[Callable[[Services], Notice | None], ...] = (
    of_backups,
    of_copies,
)


def of_server(services: Services) -> list[Notice]:
    """Return every notice there is now."""
    return [notice for of in NOTICES if (notice := of(services)) is not None]
