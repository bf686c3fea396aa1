"""What is made known to everybody: a leaflet's parts and texts for groups and meetings. Pure.

It takes a season's settings and nothing else: who is on the list cannot stand in it, because
nothing here has ever heard of anybody. Policy pages that the centre has not checked for this
season are refused by name.
"""

from __future__ import annotations

from datetime import date

import msgspec

from shared.policy import POLICY, PolicyPage, find, spoken
from shared.problems import ProblemError
from shared.season import Season

INSIDE = ("prepare",)
"""Phases that concern the office alone."""
SHORT_PAGES = (("repay", 2), ("care", 1))
"""The pages that the short text takes paragraphs of, and how many."""
LOAN = "生源地信用助学贷款"


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A policy page as the public reads it."""

    title: str
    lines: tuple[str, ...]


class Leaflet(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the leaflet.

    Attributes:
        year: The season.
        centre: Who issues it.
        due: The due day in words.
        days: What happens when: a phase and its days, in words.
        sections: The policy pages.
        contacts: Whom to ask: what it is, and its number.
    """

    year: str
    centre: str
    due: str
    days: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    contacts: tuple[tuple[str, str], ...]


def leaflet(season: Season) -> Leaflet:
    """Return the leaflet of a season.

    Raises:
        ProblemError: leaflet.page_unchecked, leaflet.nothing.
    """
    head = season.letterhead
    contacts = (("银行咨询电话", head.hotline), ("县资助中心电话", head.phone))
    return Leaflet(
        year=season.id,
        centre=head.centre,
        due=_day(season.due_day),
        days=tuple(
            (phase.zh, f"{_day(phase.first)}至{_day(phase.last)}")
            for phase in season.phases
            if phase.key not in INSIDE
        ),
        sections=tuple(
            Section(title=page.title("zh"), lines=spoken(page.lines("zh")))
            for page in pages(season)
        ),
        contacts=tuple((what, number) for what, number in contacts if number),
    )


def pages(season: Season) -> tuple[PolicyPage, ...]:
    """Return the policy pages of a season, all of them checked.

    Raises:
        ProblemError: leaflet.page_unchecked (names them), leaflet.nothing.
    """
    found = tuple(page for page in season.policy if page.section == POLICY and page.zh)
    left = [page.title_zh for page in found if page.key in season.unchecked]
    if left:
        raise ProblemError("leaflet.page_unchecked", count=len(left), pages="、".join(left))
    if not found:
        raise ProblemError("leaflet.nothing")
    return found


def short_text(season: Season) -> str:
    """Return a text for a group: one paragraph.

    Raises:
        ProblemError: as `leaflet`.
    """
    made = leaflet(season)
    known = pages(season)
    lines = [
        line
        for key, count in SHORT_PAGES
        if (page := find(known, key))
        for line in spoken(page.lines("zh"))[:count]
    ]
    begin = f"【{made.centre}】{made.year}年{LOAN}的应还日是{made.due}。"
    return begin + "".join(lines) + _ask(made)


def long_text(season: Season) -> str:
    """Return a text for a meeting: every page, a paragraph a line.

    Raises:
        ProblemError: as `leaflet`.
    """
    made = leaflet(season)
    days = "；".join(f"{what}：{when}" for what, when in made.days)
    when = f"应还日是{made.due}。{days + '。' if days else ''}"
    blocks = [
        f"{made.centre}：{made.year}年{LOAN}还款提示\n{when}",
        *("\n".join([f"【{section.title}】", *section.lines]) for section in made.sections),
        _ask(made),
    ]
    return "\n\n".join(block for block in blocks if block)


def _ask(made: Leaflet) -> str:
    if not made.contacts:
        return ""
    return "咨询：" + "，".join(f"{what} {number}" for what, number in made.contacts) + "。"


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日"
