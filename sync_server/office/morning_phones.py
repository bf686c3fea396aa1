"""Which phones are silent, and which have fetched the newest list, for the morning sheet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import msgspec

from shared import morning
from shared.records.kind import Label
from shared.season import CST, china_day, moment_of
from sync_server.store import devices
from sync_server.store.database import Connection
from sync_server.store.devices import InUse
from sync_server.store.scope import Of

ListOnPhone = Literal["fetched", "not_fetched", "no_phone", "no_teacher"]
"""Whether a teacher's phone has fetched the list since a moment."""
LIST_ON_PHONE: dict[ListOnPhone, Label] = {
    "fetched": Label("手机已同步", "phone has synced"),
    "not_fetched": Label("手机还没同步，请打电话", "phone has not synced: call"),
    "no_phone": Label("没有手机，请告诉老师", "no phone: tell the teacher"),
    "no_teacher": Label("没有老师", "no teacher"),
}


class SilentPhone(msgspec.Struct, frozen=True, kw_only=True):
    """A phone that was not heard of; `heard_at`: UTC ISO, "" where it never was."""

    device: str
    name: str
    teacher: str
    heard_at: str


class Phones(msgspec.Struct, frozen=True, kw_only=True):
    """The phones in use of some schools.

    Attributes:
        silent: Those that were not heard of, by school.
        fetched: When each phone of a teacher last had its whole list, by staff id.
    """

    silent: Mapping[str, Sequence[SilentPhone]]
    fetched: Mapping[str, Sequence[str]]

    def list_on_phone(self, staff: str, since: str) -> ListOnPhone:
        """Return whether one of a teacher's phones fetched its list since a moment (UTC ISO)."""
        if not staff:
            return "no_teacher"
        own = self.fetched.get(staff, ())
        if not own:
            return "no_phone"
        return "fetched" if max(own) >= since else "not_fetched"


def phones_of(
    connection: Connection, season: str, of: Of, today: date, real_now: datetime
) -> Phones:
    """Read the phones in use of a school, or of those somebody sees.

    A phone that was never heard of counts from the day when it was confirmed, by the real clock.
    """
    silent, fetched = defaultdict[str, list[SilentPhone]](list), defaultdict[str, list[str]](list)
    for one in devices.in_use(connection, season, of):
        fetched[one.staff].append(one.fetched_at)
        if _is_silent(one, today, china_day(real_now)):
            silent[one.unit].append(
                SilentPhone(device=one.id, name=one.name, teacher=one.teacher, heard_at=one.seen_at)
            )
    for phones in silent.values():
        phones.sort(key=lambda one: (one.heard_at, one.teacher, one.device))
    return Phones(silent=dict(silent), fetched=dict(fetched))


def silent_by_school(
    connection: Connection, season: str, of: Of, today: date, real_now: datetime
) -> dict[str, int]:
    """Count the phones that were not heard of by school, as `phones_of` names them."""
    real_today = china_day(real_now)
    counted, others = devices.unheard(
        connection, season, of, _silent_before(today), _silent_before(real_today)
    )
    for unit, moment, is_new in others:
        if _was_silent(moment, real_today if is_new else today):
            counted[unit] = counted.get(unit, 0) + 1
    return counted


def _silent_before(today: date) -> str:
    """The first moment (UTC text) of the earliest day on which a phone that is not silent spoke."""
    day = today - timedelta(days=morning.SILENT_DAYS - 1)
    return datetime.combine(day, time.min, CST).astimezone(UTC).isoformat()[:19]


def _is_silent(one: InUse, today: date, real_today: date) -> bool:
    text, by = (one.seen_at, today) if one.seen_at else (one.confirmed_at, real_today)
    return _was_silent(text, by)


def _was_silent(text: str, by: date) -> bool:
    moment = moment_of(text, assume=UTC)
    return moment is not None and morning.is_silent(china_day(moment), by)
