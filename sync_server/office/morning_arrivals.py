"""Who came to a school since a moment: placed there, moved there, put back on its list.

The audit trail says when; whom an act placed is asked of the cases, who may have left again since.
"""

from __future__ import annotations

import re
from collections import defaultdict

import msgspec

from shared.cases import Case
from shared.records.kind import Label
from sync_server.store import audit, cases, placing
from sync_server.store.audit import Note
from sync_server.store.database import Connection
from sync_server.store.scope import Of

HOW = {
    "case.place": Label("归到本校", "placed here"),
    "case.move": Label("从别处转来", "moved here"),
    "case.on_list": Label("放回名单", "put back on the list"),
}
"""The acts that bring people to a school."""
_PEOPLE = re.compile(r"([0-9]+) 人")


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One act that brought people to a school.

    Attributes:
        unit: The school.
        at: When (UTC ISO).
        how: One of HOW.
        people: How many came.
        cases: Who of them is known by name and still there; of several who moved nobody is.
    """

    unit: str
    at: str
    how: str
    people: int
    cases: tuple[Case, ...] = ()


def arrivals(connection: Connection, season: str, since: str, of: Of) -> list[Arrival]:
    """Return the acts since a moment (UTC ISO), the oldest first; of people there, and listed."""
    notes = audit.of_actions(connection, tuple(HOW), since, of)
    if not notes:
        return []
    by_act = _placed(connection, season, [n.ref for n in notes if n.action == "case.place"])
    ids = [n.ref for n in notes if n.action != "case.place" and n.ref]
    single = {r["id"]: cases.case_of(r) for r in cases.rows(connection, season, ids=ids)}
    found = [_arrival(note, by_act, single) for note in notes]
    return [one for one in found if one is not None]


def _placed(connection: Connection, season: str, acts: list[str]) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = defaultdict(list)
    for row in placing.of_acts(connection, season, acts):
        found[row["placing"]].append(cases.case_of(row))
    return found


def _arrival(note: Note, by_act: dict[str, list[Case]], single: dict[str, Case]) -> Arrival | None:
    if note.action == "case.place":
        people = [case for case in by_act.get(note.ref, ()) if case.school == note.unit]
        count = len(people)
    elif note.ref:
        case = single.get(note.ref)
        people = [case] if case is not None and case.school == note.unit else []
        count = len(people)
    else:
        counted = _PEOPLE.match(note.detail)
        people, count = [], int(counted[1]) if counted else 0
    if not count:
        return None
    return Arrival(unit=note.unit, at=note.at, how=note.action, people=count, cases=tuple(people))
