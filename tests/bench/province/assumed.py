"""What the simulation assumes of a province and of its morning; docs/scale.md says all of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal, NamedTuple

COUNTIES = 100
PEOPLE, SCHOOLS, PHONES, PHOTOS = 400_000, 4_000, 8_000, 1_200_000
"""A province: a hundred counties."""
PHOTO_BYTES = 200_000
RECORDS_OF_A_PERSON = 4
"""In a season: the delivery, two visits or attempts, a statement or a correction."""
DAYS, SYNCS_OF_A_DAY, PAGES_OF_A_SCHOOL_DAY = 24, 7, 20
"""Of a season: its days, how often a phone syncs on one, how many pages a school's office opens on one."""

BEGINS_MIN, QUARTER_MIN = 6 * 60 + 30, 15
FIRST_SYNCS = (2, 5, 9, 14, 18, 17, 13, 9, 6, 4, 3)
"""Of a hundred phones, how many sync for the first time in each quarter of an hour from 06:30."""
YESTERDAY_RECORDS, YESTERDAY_PHOTOS = 4, 3
"""What a phone still has from the evening before, sent with its first sync of the day."""
VISITS, FIRST_VISIT_MIN, VISIT_EVERY_MIN, SPREAD_MIN = 6, 35, 25, 10
"""Visits of the morning: when the first comes after the first sync, the pace, and how much it varies."""
PAGES_OF_A_SCHOOL_MORNING = 4
PAID_TODAY = 0.08
"""Of all people, those whom the morning's repayment file calls off."""
LOAD = 0.6
"""The share of one core that the simulated morning keeps the program and its database busy, on average: so is it
compressed."""
BUSY = 0.5
"""The share of the cores to install that the busiest hour may take."""

Kind = Literal["first list", "changes", "nothing new", "record", "records", "photo", "page"]


class Call(NamedTuple):
    """A sync of a phone, or a page of an office.

    `at_min`: minutes since midnight. `number`: which phone, which school. `records`, `photos`: what a sync sends first.
    """

    at_min: float
    who: Literal["phone", "office"]
    number: int
    records: int = 0
    photos: int = 0


def morning(phones: int, schools: int) -> list[Call]:
    """The morning in order of time; equal numbers give the equal morning."""
    return sorted([*_phones(phones), *_offices(schools)])


def _phones(phones: int) -> Iterator[Call]:
    chance = random.Random(f"phones {phones}")
    for number in range(phones):
        quarter = chance.choices(range(len(FIRST_SYNCS)), FIRST_SYNCS)[0]
        at_min = BEGINS_MIN + (quarter + chance.random()) * QUARTER_MIN
        yield Call(at_min, "phone", number, YESTERDAY_RECORDS, YESTERDAY_PHOTOS)
        at_min += FIRST_VISIT_MIN
        for _ in range(VISITS):
            yield Call(at_min + chance.uniform(-1, 1) * SPREAD_MIN, "phone", number, 1, 1)
            at_min += VISIT_EVERY_MIN


def _offices(schools: int) -> Iterator[Call]:
    chance = random.Random(f"offices {schools}")
    for number in range(schools):
        for _ in range(PAGES_OF_A_SCHOOL_MORNING):
            yield Call(7.5 * 60 + chance.random() * 180, "office", number)


def busiest_hour(calls: list[Call]) -> tuple[float, float]:
    """When the hour with the most syncs begins, in minutes since midnight, and its share of all of them."""
    times = sorted(call.at_min for call in calls if call.who == "phone")
    begins, most = max(
        (
            (start, sum(start <= at < start + 60 for at in times))
            for start in range(BEGINS_MIN, BEGINS_MIN + 360, QUARTER_MIN)
        ),
        key=lambda found: found[1],
    )
    return begins, most / len(times)
