"""The inspection log (督查台账): what each school and the office did, by school and by day.

Nothing is counted anew: people and visits are those of store/progress.py, slips, lists and
summaries those of their own pages, and what was done by day is the audit trail.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time

import msgspec

from shared.records.kind import Label
from shared.season import CST, china_day, moment_of
from sync_server.store import (
    audit,
    notice_prints,
    progress,
    quarantine,
    school_days,
    seasons,
    summaries,
)
from sync_server.store.audit import Done
from sync_server.store.database import Connection
from sync_server.store.scope import Of, Scope, as_scope
from sync_server.store.summaries import SummaryRow

DAYS: Mapping[str, Label] = {
    "lists": Label("名单打印、确认、签收", "lists printed, confirmed, signed for"),
    "notices": Label("通知书批次", "batches of notices"),
    "delivered": Label("送达", "delivered"),
    "slips": Label("签收单点收", "slips received"),
    "visits": Label("走访", "visits"),
    "accepted": Label("复核通过", "accepted"),
    "returned": Label("复核退回", "returned"),
    "corrections": Label("改正", "corrections"),
    "apart": Label("异常记录处理", "records decided"),
    "summary": Label("汇总各步", "steps of summaries"),
    "bulletins": Label("通报发布、撤回", "bulletins issued, withdrawn"),
    "late": Label("约谈各步", "steps of talks"),
    "spot": Label("督查各步", "steps of spot checks"),
    "bundles": Label("上报材料包", "bundles"),
    "proofs": Label("回执、证书", "receipts, certificates"),
    "id_number": Label("看完整身份证号", "looks at full ID numbers"),
    "exports": Label("导出、下载", "exports, downloads"),
    "backups": Label("备份", "backups"),
}
"""What is told of each day, in the order of the season."""
_OF_ACTION: Mapping[str, str] = {
    "list.download": "exports",
    "table.export": "exports",
    "backup.download": "exports",
    "bundle.download": "exports",
    "list.all": "lists",
    "list.print": "lists",
    "list.confirm": "lists",
    "list.receipt": "lists",
    "notices.print": "notices",
    "slips.receive": "slips",
    "slips.walk_in": "slips",
    "review.accepted": "accepted",
    "review.returned": "returned",
    "quarantine.take": "apart",
    "quarantine.drop": "apart",
    "quarantine.ask": "apart",
    "id_number.shown": "id_number",
    "backup.make": "backups",
}
_OF_GROUP: Mapping[str, str] = {
    "summary": "summary",
    "bulletin": "bulletins",
    "late": "late",
    "spot": "spot",
    "bundle": "bundles",
    "receipt": "proofs",
    "certs": "proofs",
}
"""By the word before the point, for actions that are not named above."""
BY_DAY = ("delivered", "visits")
"""What is counted by its own day, and not by that on which it was noted."""
LOOKED, EXPORTED = "id_number", "exports"


class SchoolLog(msgspec.Struct, frozen=True, kw_only=True):
    """What a school did, beside its progress.

    Attributes:
        batches: Batches of notices printed.
        sheets: Notices in them, reprints counted.
        statements: People by where their statement is.
        corrections: Records corrected by a later one.
        apart: Records set apart that nobody has decided about.
        apart_ever: All that were set apart.
        summaries: Versions of the summary, the newest first.
        looks: Looks at full ID numbers.
    """

    batches: int = 0
    sheets: int = 0
    statements: Mapping[str, int] = {}
    corrections: int = 0
    apart: int = 0
    apart_ever: int = 0
    summaries: tuple[SummaryRow, ...] = ()
    looks: int = 0


class AccountLog(msgspec.Struct, frozen=True, kw_only=True):
    """How often an account looked at full ID numbers and exported, and when last."""

    name: str
    looks: int
    exports: int
    last_at: str


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """The log of some schools from one day to another."""

    first: date
    last: date
    schools: Mapping[str, SchoolLog]
    days: Sequence[tuple[str, Mapping[str, int]]]
    accounts: Sequence[AccountLog]

    def of(self, unit: str) -> SchoolLog:
        """Return what a school did, which may be nothing."""
        return self.schools.get(unit, SchoolLog())

    def total(self, what: str) -> int:
        """How often something was done on these days."""
        return sum(counts.get(what, 0) for _, counts in self.days)


def period(connection: Connection, season: str, now: datetime) -> tuple[date, date]:
    """Return the days a season has had so far: since it was made, in China."""
    made = seasons.since(connection, season, 0)
    began = moment_of(made[0].at, assume=UTC) if made else None
    today = china_day(now)
    return (china_day(began) if began else date(today.year, 1, 1)), today


def read(
    connection: Connection,
    season: str,
    of: Of,
    days: tuple[date, date],
    shown: Scope | None = None,
) -> Log:
    """Return what was done for these schools from one day to another.

    Args:
        connection: Who reads.
        season: The season.
        of: A school, or those somebody sees.
        days: The first and the last day in China.
        shown: Of which of them each school's own log is shown; None for all.
    """
    first, last = days
    done = _done(connection, (_utc(first, time.min), _utc(last, time.max)), of)
    corrected = progress.corrections(connection, season, of)
    by_day = school_days.total(connection, seasons.get(connection, season), of, BY_DAY)
    return Log(
        first=first,
        last=last,
        schools=_schools(connection, season, of, shown or as_scope(of), corrected, done),
        days=_by_day(days, done, by_day, corrected),
        accounts=_accounts(done),
    )


def _done(connection: Connection, between: tuple[str, str], of: Of) -> list[Done]:
    """Return what was done that a column counts, added up by hour, account and school."""
    named = [action for action in _OF_ACTION if "." in action]
    return audit.done(connection, *between, of, named, sorted(_OF_GROUP))


def _utc(day: date, at: time) -> str:
    """A time of a day in China as UTC ISO text; at an end of the calendar the day itself."""
    try:
        return datetime.combine(day, at, CST).astimezone(UTC).isoformat()
    except OverflowError:
        return day.isoformat()


def kind_of(action: str) -> str:
    """Return which column an audited action counts in; "" for none."""
    return _OF_ACTION.get(action) or _OF_GROUP.get(action.partition(".")[0], "")


def _schools(
    connection: Connection,
    season: str,
    of: Of,
    shown: Scope,
    corrected: Iterable[tuple[str, str]],
    done: Iterable[Done],
) -> dict[str, SchoolLog]:
    printed = notice_prints.printed_by_school(connection, season, shown)
    apart = quarantine.by_school(connection, season, shown)
    looks = Counter[str]()
    for one in done:
        if kind_of(one.action) == LOOKED:
            looks[one.unit] += one.n
    changes = Counter(unit for unit, _ in corrected)
    people = school_days.by_school(connection, seasons.get(connection, season), shown)
    statements = {unit: one.statements for unit, one in people.items()}
    rows = summaries.listed(connection, season, shown)
    if as_scope(of).is_county:
        rows += summaries.listed(connection, season, "")
    versions: dict[str, list[SummaryRow]] = defaultdict(list)
    for row in rows:
        versions[row.unit].append(row)
    return {
        unit: SchoolLog(
            batches=printed.get(unit, (0, 0))[0],
            sheets=printed.get(unit, (0, 0))[1],
            statements=statements.get(unit, {}),
            corrections=changes[unit],
            apart=apart.get(unit, (0, 0))[0],
            apart_ever=apart.get(unit, (0, 0))[1],
            summaries=tuple(versions[unit]),
            looks=looks[unit],
        )
        for unit in {*printed, *apart, *looks, *changes, *statements, *versions}
    }


def _by_day(
    days: tuple[date, date],
    done: Iterable[Done],
    by_day: Mapping[str, Mapping[str, int]],
    corrected: Iterable[tuple[str, str]],
) -> list[tuple[str, Mapping[str, int]]]:
    """Count by day in China, the newest first; days without anything are left out. Pure."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for one in done:
        if kind := kind_of(one.action):
            counted[_day(one.at)][kind] += one.n
    for _, at in corrected:
        counted[_day(at)]["corrections"] += 1
    for what in BY_DAY:
        for day, n in by_day.get(what, {}).items():
            counted[day][what] += n
    first, last = (day.isoformat() for day in days)
    return [
        (day, counts)
        for day, counts in sorted(counted.items(), reverse=True)
        if first <= day <= last and counts.total()
    ]


def _day(at: str) -> str:
    moment = moment_of(at, assume=UTC)
    return china_day(moment).isoformat() if moment else ""


def _accounts(done: Iterable[Done]) -> list[AccountLog]:
    """Who looked at full ID numbers or exported, the most looks first. Pure."""
    by_name: dict[str, list[Done]] = defaultdict(list)
    for one in done:
        if kind_of(one.action) in (LOOKED, EXPORTED):
            by_name[one.who].append(one)
    made = [
        AccountLog(
            name=name,
            looks=sum(one.n for one in lines if kind_of(one.action) == LOOKED),
            exports=sum(one.n for one in lines if kind_of(one.action) == EXPORTED),
            last_at=max(one.at for one in lines),
        )
        for name, lines in by_name.items()
    ]
    return sorted(made, key=lambda one: (-one.looks, -one.exports, one.name))
