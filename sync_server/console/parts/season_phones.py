"""What the page of seasons says of phones: who went on, who stayed, what came after a closing."""

from __future__ import annotations

from typing import Any

from shared.records.kind import Label
from sync_server.console.web.access import Req
from sync_server.console.web.rendering import notify
from sync_server.store import going_on, late_records, seasons, units
from sync_server.store.database import Connection
from sync_server.store.going_on import GoneOn
from sync_server.store.scope import Scope
from sync_server.store.seasons import SeasonRow

WHY = {
    "school": Label("今年没有这所学校", "no such school this season"),
    "retired": Label("学校已停用", "the school was retired"),
    "left": Label("老师已离开", "the teacher left"),
    "not_moved": Label("还没有转过来", "not moved over"),
}
"""Why a phone stayed in the season before (store/going_on.py)."""


def of_seasons(connection: Connection, rows: list[SeasonRow], scope: Scope) -> dict[str, Any]:
    """The phones that stayed behind the open season, and records that came to a closed one."""
    opened = next((row.id for row in rows if row.state == seasons.OPEN), "")
    closed = [row.id for row in rows if row.state == seasons.CLOSED]
    schools = {one: {u.code: u.name for u in units.units(connection, one)} for one in closed}
    late = {
        one: [(schools[one].get(unit, unit), n) for unit, n in sorted(found.items())]
        for one in closed
        if (found := late_records.counts(connection, one, scope))
    }
    stays = going_on.staying(connection, opened) if opened else []
    return {"stays": stays, "late": late, "why": WHY}


def say_opened(request: Req, season: str, gone: GoneOn) -> None:
    """Say that a season is open, and how many went on into it."""
    if gone.phones:
        notify(
            request,
            "{year} 年度开始了。{teachers} 位老师、{phones} 部手机转过来,"
            "联络员在“手机”页再确认一次",
            "Season {year} is open; {teachers} teachers and {phones} phones went on, for liaisons "
            "to confirm under Phones",
            year=season,
            teachers=gone.teachers,
            phones=gone.phones,
        )
    else:
        notify(request, "{year} 年度开始了", "Season {year} is open", year=season)
