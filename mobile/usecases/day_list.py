"""What was recorded on a day, as a list to show: to whom, what, and whether the office has it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from mobile.store.kept import REJECTED, SENT, Kept
from mobile.usecases.phone import Phone
from mobile.usecases.text import Text
from mobile.usecases.words import describe
from shared.identity import mask_name
from shared.ids import show_case_code
from shared.records.registry import named
from shared.season import china_day, moment_of


class DayLine(msgspec.Struct, frozen=True, kw_only=True):
    """One record.

    Attributes:
        name: The borrower's, masked, as the list is made to be shown; "" when the case has left.
        state: As in `HistoryLine`; `waiting` too while a photo of it is still here.
        words: Its coded fields in words.

    """

    fact: str
    case: str
    code: str
    name: str
    village: str
    kind: str
    about: str
    happened_at: str
    state: str
    words: Text
    photos: int = 0


class DayList(msgspec.Struct, frozen=True, kw_only=True):
    """The records of a day, the newest first, of every phone of the teacher.

    Attributes:
        people: How many people they are about.
        sent: How many the office has whole, photos included.

    """

    day: str
    lines: tuple[DayLine, ...] = ()
    people: int = 0
    sent: int = 0


async def day_list(phone: Phone) -> DayList:
    """Return what was recorded today, by the clocks of the phones that recorded it."""
    today = china_day(phone.now())
    waiting = {row.sha256 for row in phone.store.photos.waiting()}
    found = [_line(phone, kept, waiting) for kept in _of_day(phone, today)]
    found.sort(key=lambda line: line.happened_at, reverse=True)
    return DayList(
        day=today.isoformat(),
        lines=tuple(found),
        people=len({line.case for line in found}),
        sent=sum(line.state == SENT for line in found),
    )


def _of_day(phone: Phone, day: date) -> Iterator[Kept]:
    """Every listed record made on a day, except those the office refused."""
    cases = dict.fromkeys(k.fact.case for k in phone.store.facts.all())
    cases |= dict.fromkeys(e.fact.case for e in phone.store.earlier.all())
    for case in cases:
        for kept in phone.store.facts.of(case):
            made = moment_of(kept.fact.captured_at)
            if (
                made is not None
                and china_day(made) == day
                and named(kept.fact.kind).listed
                and kept.state != REJECTED
            ):
                yield kept


def _line(phone: Phone, kept: Kept, waiting: set[str]) -> DayLine:
    state = phone.store.cases.get(kept.fact.case)
    root = phone.store.facts.root(kept)
    about = root.fact.kind if root is not None else kept.fact.kind
    here = bool(waiting & set(kept.fact.photos))
    return DayLine(
        fact=kept.id,
        case=kept.fact.case,
        code=show_case_code(state.case.code) if state else "",
        name=mask_name(state.case.borrower.name) if state else "",
        village=(state.case.village or state.case.township) if state else "",
        kind=kept.fact.kind,
        about=about,
        happened_at=kept.fact.happened_at,
        state="waiting" if kept.state == SENT and here else kept.state,
        words=describe(kept.fact, about),
        photos=len(kept.fact.photos),
    )
