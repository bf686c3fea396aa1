"""Days, money, distances and codes as words of a language. Pure functions."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise

from mobile.i18n import Tongue
from mobile.usecases.text import Text
from mobile.usecases.views import Learnt
from mobile.usecases.words import code_words
from shared import codes
from shared.records.registry import named, of_form
from shared.season import CST, Limits, china_day


def day_words(t: Tongue, day: str | date, *, weekday: bool = False) -> str:
    """`2026-12-12` as 12月12日 or 12 December; `weekday` adds the day of the week.

    Text that is not a date is returned unchanged.
    """
    try:
        moment = date.fromisoformat(day[:10]) if isinstance(day, str) else day
    except ValueError:
        return str(day)
    words = t("date.day", day=moment.day, name=t(f"date.month.{moment.month}"))
    return (
        t("date.with_weekday", day=words, weekday=t(f"date.weekday.{moment.isoweekday()}"))
        if weekday
        else words
    )


def moment_words(t: Tongue, iso: str, now: datetime) -> str:
    """A moment as people say it: today 10:05, yesterday 18:30, 9 December 14:00."""
    try:
        moment = datetime.fromisoformat(iso).astimezone(CST)
    except (ValueError, OverflowError):
        return iso
    clock = f"{moment:%H:%M}"
    away = (china_day(now) - moment.date()).days
    if away in (0, 1):
        return t("date.today_at" if away == 0 else "date.yesterday_at", time=clock)
    return t("date.at", day=day_words(t, moment.date()), time=clock)


def yuan(fen: int) -> str:
    """Integer fen as yuan with two decimals and thousands: 445601 -> 4,456.01."""
    return f"{fen // 100:,}.{fen % 100:02d}" if fen >= 0 else f"-{yuan(-fen)}"


def size_words(size_bytes: int) -> str:
    """A storage size as phones show it: 812 KB, 3.4 MB, 12.5 GB (decimal)."""
    if size_bytes < 1_000_000:
        return f"{-(-size_bytes // 1000)} KB"
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes < 1e9 else f"{size_bytes / 1e9:.1f} GB"


def distance_words(t: Tongue, distance_m: float | None) -> str:
    """A rough distance: positions are rounded to about 100 m."""
    if distance_m is None:
        return ""
    if distance_m < 1000:
        return t("distance.m", metres=max(100, round(distance_m / 100) * 100))
    return t("distance.km", km=f"{distance_m / 1000:.1f}")


def place_words(t: Tongue, village: str, distance_m: float | None) -> str:
    """Village and distance, whatever is known."""
    return " · ".join(part for part in (village, distance_words(t, distance_m)) if part)


def unsent_words(t: Tongue, records: int, photos: int) -> str:
    """How many records and photos are still to be handed in; a zero is left out."""
    parts = [t("outbox.records", count=records)] if records else []
    parts += [t("outbox.photos", count=photos)] if photos else []
    return t("outbox.unsent", what=t("common.and").join(parts))


def spaced(number: str) -> str:
    """A phone or ID number in groups, as it is read out and as a narrow screen may break it."""
    cuts = {11: (3, 7), 18: (6, 14)}.get(len(number), ())
    edges = (0, *cuts, len(number))
    return " ".join(number[start:end] for start, end in pairwise(edges))


def in_words(t: Tongue, text: Text) -> str:
    """Render a text of a view in the language of the screen."""
    return text.in_language(t.language)


def kind_words(t: Tongue, kind: str) -> str:
    """The name of a kind of record."""
    return named(kind).label(t.language)


def action_words(t: Tongue, form: str) -> str:
    """The label of the button that begins a form."""
    kind = of_form(form)
    return (kind.action if kind.form else kind.label)(t.language)


def draft_words(t: Tongue, form: str) -> str:
    """The name of an unfinished form."""
    kind = of_form(form)
    return (kind.draft or kind.label)(t.language)


def flag_words(t: Tongue, code: str, form: str, limits: Limits) -> str:
    """What a conduct rule says before the act, with the season's limits.

    The hours of a call have their own sentence: it speaks of calling, not of going.
    """
    key = "flag.call_hours" if form == "attempt" and code == "outside_hours" else f"flag.{code}"
    return t(
        key,
        start=limits.visit_from_hour,
        end=limits.visit_until_hour,
        visitors=limits.visitors,
        hours=limits.days_between_visits * 24,
    )


def origin_words(t: Tongue, origin: Learnt) -> str:
    """When a contact was given and by whom, and whether the office still has to judge it.

    "" for what the list has, and where it is not known.
    """
    if not origin.day:
        return ""
    who = code_words(codes.PEOPLE, origin.source, t.language)
    key = "contact.proposed" if origin.proposed else "contact.origin"
    return t(key, day=day_words(t, origin.day), who=who)


def options(
    table: tuple[codes.Code, ...], t: Tongue, only: tuple[str, ...] = ()
) -> list[tuple[str, str]]:
    """A code table as (code, words) for chips, in the table's order or that of `only`.

    "Other" stands last: nobody should read past it to find the answer that fits.
    """
    rows = [codes.find(table, code) for code in only] if only else list(table)
    rows.sort(key=lambda row: row.code == "other")
    return [(row.code, Text(row.zh, row.en).in_language(t.language)) for row in rows]
