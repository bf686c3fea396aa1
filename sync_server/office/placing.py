"""Put people into schools by hand: those whom no list could place, and those who move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from shared import spelling, townships
from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import audit, case_use, units
from sync_server.store import placing as store
from sync_server.store.database import Connection
from sync_server.store.ids import new_id
from sync_server.store.placing import Waiting

NONE = "-"
"""In a filter: those of whom the list says nothing there."""
_SHORTEST_NUMBER = 4


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the people without a school are meant; "" leaves a field out.

    Attributes:
        township: The township in its usual spelling; NONE for those without one.
        village: The village as the list has it; NONE for those without one.
        written: The school as the list writes it; NONE for a blank.
        reason: Why nobody could place them (`store.placing.Judged.reason`).
        q: A name, an ID number or a contract number, or four characters or more of a number.
    """

    township: str = ""
    village: str = ""
    written: str = ""
    reason: str = ""
    q: str = ""

    def fits(self, one: Waiting) -> bool:
        """Return whether a person is meant."""
        asked = (
            (self.township, one.judged.township),
            (self.village, one.case.village),
            (self.written, one.written),
            (self.reason, one.judged.reason),
        )
        if any(want and want != (has or NONE) for want, has in asked):
            return False
        return not self.q or self._sought(one)

    def words(self) -> str:
        """Return whom the filter means for the audit trail; not the search, which names people."""
        asked = (("乡镇", self.township), ("村", self.village), ("名单写的学校", self.written))
        return "、".join(
            f"{label}:{'空白' if value == NONE else value}" for label, value in asked if value
        )

    def _sought(self, one: Waiting) -> bool:
        borrower = one.case.borrower
        if spelling.name_key(self.q) in spelling.name_key(borrower.name):
            return True
        number, contract = spelling.id_number(self.q), spelling.contract_no(self.q).upper()
        if len(contract) < _SHORTEST_NUMBER:
            return False
        contracts = [spelling.contract_no(c.contract_no).upper() for c in one.case.contracts]
        return number in borrower.id_number or any(contract in c for c in contracts)


class PlacedByHand(msgspec.Struct, frozen=True, kw_only=True):
    """One act of placing: its id, by which it can be undone, and how many people it placed."""

    act: str
    people: int


def township_of(text: str) -> str:
    """Return a township as people type it in the spelling that a filter compares."""
    return text if text == NONE else str(townships.parse(text) or "")


def place(
    services: Services, case_ids: Sequence[str], unit: str, *, who: str, what: str = ""
) -> PlacedByHand:
    """Put people without a school into one, in one transaction.

    Args:
        services: The server's services.
        case_ids: The people; those who have a school meanwhile stay there.
        unit: The school.
        who: The account that does it, for the audit trail.
        what: Whom it was about, in words, for the audit trail.

    Raises:
        ProblemError: unit.unknown, school.merged, school.retired, unit.full, place.nobody.
    """
    now, act = services.settings.now_text(), new_id()

    def job(connection: Connection) -> PlacedByHand:
        _school(connection, services.season, unit)
        people = store.place(connection, services.season, case_ids, unit, act)
        if not people:
            raise ProblemError("place.nobody")
        detail = " · ".join(filter(None, (f"{people} 人", what)))
        audit.note(
            connection, at=now, who=who, action="case.place", ref=act, unit=unit, detail=detail
        )
        return PlacedByHand(act=act, people=people)

    return services.change(job)


def undo(services: Services, act: str, *, who: str) -> int:
    """Take the people of one act of placing out of their school again; return how many.

    Raises:
        ProblemError: place.undo_gone, place.undo_built when a teacher, a record, a printed notice
            or a summary has one of them.
    """
    now = services.settings.now_text()

    def job(connection: Connection) -> int:
        rows = store.of_act(connection, services.season, act)
        if not rows or act in (store.LIST, store.TOWNSHIP, store.MOVED):
            raise ProblemError("place.undo_gone")
        built = case_use.built_on(connection, services.season, [r["id"] for r in rows])
        if built:
            raise ProblemError("place.undo_built", count=len(built))
        store.undo(connection, rows)
        unit, detail = rows[0]["unit"], f"{len(rows)} 人"
        audit.note(
            connection, at=now, who=who, action="case.unplace", ref=act, unit=unit, detail=detail
        )
        return len(rows)

    return services.change(job)


def move(
    services: Services,
    case_ids: Sequence[str],
    unit: str,
    *,
    who: str,
    reason: str,
    confirmed: bool = False,
) -> int:
    """Move people to another school; records go along, and the teacher there is still open.

    A code that stands on paper, or of somebody with a record, stays; others get one of the school.

    Args:
        services: The server's services.
        case_ids: The people.
        unit: The school they move to.
        who: The account that does it, for the audit trail.
        reason: Why, for the audit trail.
        confirmed: Whether printed notices and summaries with them were shown and confirmed.

    Returns:
        How many moved.

    Raises:
        ProblemError: unit.unknown, unit.full, place.nobody, move.reason_missing,
            move.not_confirmed.
    """
    if not reason.strip():
        raise ProblemError("move.reason_missing")
    now = services.settings.now_text()

    def job(connection: Connection) -> int:
        school = _school(connection, services.season, unit)
        built = case_use.built_on(connection, services.season, case_ids)
        on_paper = sum(found.on_paper for found in built.values())
        if on_paper and not confirmed:
            raise ProblemError("move.not_confirmed", count=on_paper)
        kept = {case_id for case_id, found in built.items() if found.keeps_code}
        moved = store.move(connection, services.season, case_ids, unit, kept)
        if not moved:
            raise ProblemError("place.nobody")
        names = units.unit_names(connection, services.season)
        for left, people in sorted(Counter(r["unit"] for r in moved).items()):
            way = f"{names.get(left, '待归校')} → {school.name}"
            audit.note(
                connection,
                at=now,
                who=who,
                action="case.move",
                ref=case_ids[0] if len(moved) == 1 else "",
                unit=unit,
                detail=f"{people} 人 · {way} · {reason.strip()}",
            )
        return len(moved)

    return services.change(job)


def _school(connection: Connection, season: str, code: str) -> units.UnitRow:
    return units.at_work(connection, season, code)
