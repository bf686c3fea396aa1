"""What makes a season's settings wrong: contradicting dates, missing fields. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec

from shared import codes, list_columns, recipients, spot_check
from shared.codes import Code, find
from shared.problems import ProblemError
from shared.season import (
    RECEIPT_CODE,
    SEASON_YEARS,
    LateRules,
    Letterhead,
    Limits,
    Season,
    SpotRules,
    dates_of,
    last_day,
)
from shared.season_fields import DEADLINES, LETTERHEAD, LONGEST_WORDS, WHOLE, labels

DEADLINES_IN_ORDER = ("contacts", "lists", "slips", "statements")
"""A later one cannot be due before an earlier one: each needs what the one before brings."""
MOST_DAYS_FROM_DUE_DAY = 366
MOST_DAYS_RETAINED = 3 * 366
"""Longest retention after the due day that is not taken for a slip of the pen."""
REQUIRED = ("county", "area_code", "centre", "phone", "document_no", "basis")
"""Fields of the letterhead without which no season opens: notices and summaries print them."""
LONGEST_TEXT = 200
MOST_COPIES = 999
KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")
"""What names a row of a season: phones build paths from it, settings have it in theirs."""
MOST_ROWS = 60
GROUPS = frozenset(reason.group for reason in codes.REASONS)
LIMITS = {
    "visit_from_hour": (0, 23),
    "visit_until_hour": (1, 24),
    "visitors": (1, 5),
    "dials_a_day": (1, 50),
    "effective_calls_a_day": (1, 20),
    "failures_before_third_party": (1, 20),
    "days_between_visits": (0, 30),
    "enrol_code_days": (1, 30),
    "paid_shown_days": (0, 90),
    "phone_keeps_days": (0, 180),
    "late_after_days": (0, 60),
}
"""Smallest and largest value of each limit."""
LATE = {"summary_days": (0, 60), "delivered_percent": (0, 100), "repaid_percent": (0, 100)}
"""Smallest and largest value of each rule of late schools."""


LONGEST_QUESTION = 60
"""Most characters of a question on the sheet of a spot check: its answer has a line beside it."""


class Wrong(msgspec.Struct, frozen=True):
    """A wrong field: its path (`phases.visit.first`) and the problem, which names the fix."""

    field: str
    problem: ProblemError


def _wrong(field: str, code: str, **values: Any) -> Wrong:
    return Wrong(field, ProblemError(code, **values))


def wrongs(season: Season) -> tuple[Wrong, ...]:
    """Return everything that is wrong with a season's settings; each problem names its field."""
    found = (
        *_due_day(season),
        *_letterhead(season.letterhead),
        *_phases(season),
        *_deadlines(season),
        *_keys(season),
        *_words(season),
        *_receipt(season.receipt_words),
        *_faces(season),
        *_far(season),
        *_retention(season),
        *_limits(season.limits),
        *_late(season.late),
        *_spot(season.spot),
        *_columns(season),
        *_recipients(season),
    )
    names = labels(season)
    return tuple(
        Wrong(w.field, ProblemError(w.problem.code, None, **w.problem.values, field=name))
        for w in found
        for name in [names.get(w.field) or find(WHOLE, w.field)]
    )


def _due_day(season: Season) -> Iterator[Wrong]:
    if season.due_day.year not in SEASON_YEARS:
        yield _wrong("due_day", "season.year_invalid", year=season.due_day.year)
    elif season.id != str(season.due_day.year):
        yield _wrong("due_day", "season.due_year", year=season.id, day=season.due_day.isoformat())


def _phases(season: Season) -> Iterator[Wrong]:
    for phase in season.phases:
        if phase.last < phase.first:
            yield _wrong(
                f"phases.{phase.key}.last",
                "season.phase_backwards",
                phase=phase.zh,
                first=phase.first.isoformat(),
                last=phase.last.isoformat(),
            )
    for before, after in pairwise(season.phases):
        if after.first <= before.last:
            yield _wrong(
                f"phases.{after.key}.first",
                "season.phases_overlap",
                phase=after.zh,
                before=before.zh,
                day=before.last.isoformat(),
            )


def _deadlines(season: Season) -> Iterator[Wrong]:
    known = [key for key in DEADLINES_IN_ORDER if key in season.deadlines]
    for before, after in pairwise(known):
        if season.deadlines[after] < season.deadlines[before]:
            yield _wrong(
                f"deadlines.{after}",
                "season.deadline_order",
                before=find(DEADLINES, before),
                day=season.deadlines[before].isoformat(),
            )


def _far(season: Season) -> Iterator[Wrong]:
    most = timedelta(days=MOST_DAYS_FROM_DUE_DAY)
    for field, day in dates_of(season):
        if field != "retain_until" and abs(day - season.due_day) > most:
            yield _wrong(field, "season.date_far", day=day.isoformat())


def _retention(season: Season) -> Iterator[Wrong]:
    until = season.retain_until
    if until is None:
        return
    if until <= last_day(season):
        yield _wrong("retain_until", "season.retain_early", day=last_day(season).isoformat())
    if until - season.due_day > timedelta(days=MOST_DAYS_RETAINED):
        yield _wrong("retain_until", "season.retain_late", day=until.isoformat())


def _keys(season: Season) -> Iterator[Wrong]:
    """What names rows: well formed, each once, and one that the program knows where it must."""
    rows = {
        "phases": [phase.key for phase in season.phases],
        "reasons": [reason.code for reason in season.reasons],
        "policy": [page.key for page in season.policy],
    }
    for name, keys in rows.items():
        if len(keys) > MOST_ROWS:
            yield _wrong(name, "season.limit_range", least=0, most=MOST_ROWS)
        strange = {key for key in keys if not KEY.fullmatch(key)}
        for key in sorted(strange | {key for key, times in Counter(keys).items() if times > 1}):
            yield _wrong(name, "season.key_invalid", key=key[:40])
    strangers = {
        "deadlines": set(season.deadlines) - set(DEADLINES_IN_ORDER),
        "list_columns": set(season.list_columns) - {r.code for r in list_columns.RECIPIENTS},
        "reasons": {reason.group for reason in season.reasons} - GROUPS,
    }
    for name, unknown in strangers.items():
        for key in sorted(unknown):
            yield _wrong(name, "season.key_invalid", key=key[:40])


def _words(season: Season) -> Iterator[Wrong]:
    """Words of reasons and phases: there, short, and printable; without reasons no visit ends."""
    if not season.reasons:
        yield _wrong("reasons", "season.field_missing")
    texts = {f"phases.{p.key}.{name}": getattr(p, name) for p in season.phases for name in _BOTH}
    texts |= {
        f"reasons.{r.code}.{name}": getattr(r, name)
        for r in season.reasons
        for name in (*_BOTH, "short")
    }
    for path, text in texts.items():
        if not seen(text) and not path.endswith(".short"):
            yield _wrong(path, "season.field_missing")
        elif _unfit(text, LONGEST_WORDS):
            yield _wrong(path, "season.text_unfit", most=LONGEST_WORDS)


_BOTH = ("zh", "en")
LONGEST_RECEIPT = 60
"""Most characters of the words on a slip: two lines beside the code."""
NOT_ON_A_SLIP = ("贷款", "还款", "欠", "逾期", "元")
"""Words of a debt: whoever signs may owe nothing, and neighbours may look on."""


def _receipt(words: str) -> Iterator[Wrong]:
    """The words of receipt bind the slip to its notice by the code, and name no debt."""
    if RECEIPT_CODE not in words:
        yield _wrong("receipt_words", "season.receipt_code", mark=RECEIPT_CODE)
    elif _unfit(words, LONGEST_RECEIPT):
        yield _wrong("receipt_words", "season.text_unfit", most=LONGEST_RECEIPT)
    elif found := next((w for w in NOT_ON_A_SLIP if w in words), ""):
        yield _wrong("receipt_words", "season.receipt_debt", word=found)


def _faces(season: Season) -> Iterator[Wrong]:
    for field, name in (("body_face", season.body_face), ("title_face", season.title_face)):
        if name and _unfit(name, LONGEST_TEXT):
            yield _wrong(field, "season.text_unfit", most=LONGEST_TEXT)


def seen(text: str) -> str:
    """Return what of a text anybody sees: without blanks at its ends and shapeless characters."""
    return "".join(c for c in text if unicodedata.category(c)[0] != "C").strip()


def _unfit(text: str, most: int) -> bool:
    """Whether it is too long, or has line ends, controls, or marks that turn or hide others."""
    return len(text) > most or any(
        unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") for c in text
    )


def _limits(limits: Limits) -> Iterator[Wrong]:
    for name, (least, most) in LIMITS.items():
        if not least <= getattr(limits, name) <= most:
            yield _wrong(f"limits.{name}", "season.limit_range", least=least, most=most)
    if limits.visit_until_hour <= limits.visit_from_hour:
        yield _wrong("limits.visit_until_hour", "season.hours_backwards")


def _late(rules: LateRules) -> Iterator[Wrong]:
    for name, (least, most) in LATE.items():
        if not least <= getattr(rules, name) <= most:
            yield _wrong(f"late.{name}", "season.limit_range", least=least, most=most)


def _spot(rules: SpotRules) -> Iterator[Wrong]:
    """How many are drawn, and two questions that fit on a line of the sheet."""
    if not 1 <= rules.size <= spot_check.MOST_SIZE:
        yield _wrong("spot.size", "season.limit_range", least=1, most=spot_check.MOST_SIZE)
    for name in ("first", "second"):
        text = getattr(rules, name)
        if not seen(text):
            yield _wrong(f"spot.{name}", "season.field_missing")
        elif _unfit(text, LONGEST_QUESTION):
            yield _wrong(f"spot.{name}", "season.text_unfit", most=LONGEST_QUESTION)


def _columns(season: Season) -> Iterator[Wrong]:
    for recipient, columns in season.list_columns.items():
        if strange := list_columns.unknown(columns):
            yield _wrong(f"list_columns.{recipient}", "season.column_unknown", column=strange[0])


def _recipients(season: Season) -> Iterator[Wrong]:
    """To whom the county reports: each named, and forms that can be filled."""
    for path, code, values in recipients.faults(season.recipients):
        yield _wrong(path, code, **values)
    for one in season.recipients:
        if not seen(one.name):
            yield _wrong(f"recipients.{one.key}.name", "season.field_missing")
        for name, most in (("name", LONGEST_WORDS), ("addressed", LONGEST_TEXT)):
            if _unfit(getattr(one, name), most):
                yield _wrong(f"recipients.{one.key}.{name}", "season.text_unfit", most=most)


def letterhead_wrongs(head: Letterhead) -> tuple[Wrong, ...]:
    """Return what is wrong with a letterhead alone; paths are `letterhead.phone` and so on."""
    return tuple(
        Wrong(w.field, ProblemError(w.problem.code, None, field=_name(w.field), **w.problem.values))
        for w in _letterhead(head)
    )


def _name(path: str) -> Code:
    return find(LETTERHEAD, path.removeprefix("letterhead."))


def _letterhead(head: Letterhead) -> Iterator[Wrong]:
    for name in REQUIRED:
        if not seen(getattr(head, name)):
            yield _wrong(f"letterhead.{name}", "season.field_missing")
    if head.area_code.strip() and not re.fullmatch(r"[1-9][0-9]{5}", head.area_code):
        yield _wrong("letterhead.area_code", "season.area_code")
    texts = (n for n in head.__struct_fields__ if isinstance(getattr(head, n), str))
    for name in texts:
        if seen(text := getattr(head, name)) and _unfit(text, LONGEST_TEXT):
            yield _wrong(f"letterhead.{name}", "season.text_unfit", most=LONGEST_TEXT)
    if _unfit(head.bulletin_no, LONGEST_WORDS):
        yield _wrong("letterhead.bulletin_no", "season.text_unfit", most=LONGEST_WORDS)
    if not 0 <= head.copies <= MOST_COPIES:
        yield _wrong("letterhead.copies", "season.limit_range", least=0, most=MOST_COPIES)
