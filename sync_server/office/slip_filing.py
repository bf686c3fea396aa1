"""Decide whose slip a part of a scanned page is. Pure.

A part is filed by its own code alone, under a person of this season and this school. Whatever is
not sure is left to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from sync_server.sealing.slip_part import SlipPart
from sync_server.store.slip_stacks import CodeRow, PageState, Why


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the office knows of the codes on a stack.

    Attributes:
        season: The season that is worked on.
        unit: The school that the stack is of; "" for the county.
        cases: The season's case of each code.
        earlier: The codes that another season has for somebody else.
        elsewhere: The codes that only another season has.
    """

    season: str
    unit: str
    cases: Mapping[str, CodeRow]
    earlier: frozenset[str]
    elsewhere: frozenset[str]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a part."""

    state: PageState
    why: Why = ""
    case_id: str = ""


def known_of(season: str, unit: str, rows: Iterable[CodeRow]) -> Known:
    """Sort what is known of codes by season."""
    found = list(rows)
    ours = {row.code: row for row in found if row.season == season}
    others = [row for row in found if row.season != season]
    return Known(
        season=season,
        unit=unit,
        cases=ours,
        earlier=frozenset(
            row.code
            for row in others
            if row.code in ours and ours[row.code].person_key != row.person_key
        ),
        elsewhere=frozenset(row.code for row in others if row.code not in ours),
    )


def decide(part: SlipPart, known: Known, taken: set[str]) -> Decision:
    """Decide about a part as it was read.

    Args:
        part: The part.
        known: What the office knows of its code.
        taken: The cases that have a filed slip; one that is filed here is added.
    """
    if part.why == "blank":
        return Decision(state="blank", why="blank")
    if part.why or not part.code:
        return Decision(state="unreadable", why=part.why or "no_code")
    if part.season and part.season != known.season:
        return Decision(state="set_aside", why="other_season")
    case = known.cases.get(part.code)
    if case is None:
        seen = part.code in known.elsewhere and not part.season
        return Decision(state="set_aside", why="other_season" if seen else "unknown_code")
    if not part.season and part.code in known.earlier:
        return Decision(state="unreadable", why="season_unsure")
    if known.unit and case.unit != known.unit:
        return Decision(state="set_aside", why="other_school")
    if case.case_id in taken:
        return Decision(state="duplicate", case_id=case.case_id)
    taken.add(case.case_id)
    return Decision(state="filed", case_id=case.case_id)
