"""Whose notices are to be printed, in walking order, and whether what was printed still holds."""

from __future__ import annotations

from typing import Literal

import msgspec

from shared.cases import Case
from shared.problems import ProblemError
from sync_server.paperwork import walking_order
from sync_server.store import cases, notice_prints, units
from sync_server.store.database import Connection
from sync_server.store.notice_contents import contact as contact
from sync_server.store.notice_contents import content_of as content_of
from sync_server.store.notice_prints import Content, Print
from sync_server.store.units import UnitRow

Only = Literal["all", "due", "unprinted", "changed", "printed"]
"""Of those chosen: everybody; who needs a sheet (not printed yet, or changed since); who was not
printed yet; whose data changed since; whose sheet still holds."""
NOBODY = "-"
"""In place of a teacher: those whom no teacher has. In place of a village: those without one."""


class Choice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom to print for; every part narrows it, all together are the whole school.

    Attributes:
        teacher: A staff id, NOBODY, or "".
        village: A village, NOBODY, or "".
        only: Who of these.
        cases: These people and no others; () for everybody.
    """

    teacher: str = ""
    village: str = ""
    only: Only = "all"
    cases: tuple[str, ...] = ()

    def fits(self, person: NoticeState) -> bool:
        """Return whether somebody is of this teacher, this village and this state."""
        case = person.case
        return (
            (not self.teacher or case.assignee == ("" if self.teacher == NOBODY else self.teacher))
            and (
                not self.village or case.village == ("" if self.village == NOBODY else self.village)
            )
            and person.fits(self.only)
        )


class NoticeState(msgspec.Struct, frozen=True, kw_only=True):
    """A person who has not repaid, and how it stands with the notice.

    Attributes:
        case: The case.
        content: What a sheet printed now would say.
        last: The newest print; None where there is none.
        changed: What of it is another now: parts of `Content`.
    """

    case: Case
    content: Content
    last: Print | None = None
    changed: tuple[str, ...] = ()

    @property
    def state(self) -> Literal["unprinted", "changed", "printed"]:
        """Where it stands."""
        if self.last is None:
            return "unprinted"
        return "changed" if self.changed else "printed"

    def fits(self, only: Only) -> bool:
        """Return whether this is one of them."""
        match only:
            case "all":
                return True
            case "due":
                return self.state != "printed"
        return self.state == only


class SchoolNotices(msgspec.Struct, frozen=True, kw_only=True):
    """A school and everybody of it who has not repaid, in walking order."""

    school: UnitRow
    people: tuple[NoticeState, ...]

    def count(self, only: Only) -> int:
        """Count who fits."""
        return sum(person.fits(only) for person in self.people)


def of_school(connection: Connection, season: str, unit: str) -> SchoolNotices:
    """Return how it stands with a school's notices. Raises ProblemError unit.unknown."""
    school = units.unit(connection, season, unit)
    if school is None:
        raise ProblemError("unit.unknown", unit=unit)
    unpaid = [r for r in cases.rows(connection, season, unit=unit) if not r["paid"]]
    newest = notice_prints.newest_of_school(connection, season, unit)
    people = [state_of(cases.case_of(row), school, newest.get(row["id"])) for row in unpaid]
    people.sort(key=lambda person: walking_order.place(person.case))
    return SchoolNotices(school=school, people=tuple(people))


def state_of(case: Case, school: UnitRow, last: Print | None) -> NoticeState:
    """Return how it stands with a person's notice, whose newest print is `last`."""
    now = content_of(case, school)
    changed = last.content.differences(now) if last else ()
    return NoticeState(case=case, content=now, last=last, changed=changed)


def chosen(found: SchoolNotices, choice: Choice) -> list[NoticeState]:
    """Return who is printed, in walking order.

    Raises:
        ProblemError: paper.nobody_due (nobody of the school has to repay), notices.nobody.
    """
    if not found.people:
        raise ProblemError("paper.nobody_due", school=found.school.name)
    single = frozenset(choice.cases)
    people = [
        person
        for person in found.people
        if (not single or person.case.id in single) and choice.fits(person)
    ]
    if not people:
        raise ProblemError("notices.nobody")
    return people


def shortened(found: SchoolNotices, choice: Choice) -> Choice:
    """Return a choice without its single people where these are all that it is for otherwise."""
    if {p.case.id for p in found.people if choice.fits(p)} != {*choice.cases}:
        return choice
    return msgspec.structs.replace(choice, cases=())


def as_text(choice: Choice) -> str:
    """Write a choice as it is kept with its batch; of single people only that there are some."""
    kept = msgspec.structs.replace(choice, cases=("*",) if choice.cases else ())
    return msgspec.json.encode(kept).decode()


def from_text(text: str) -> Choice:
    """Read what `as_text` wrote; what an earlier version printed was the whole school."""
    return msgspec.json.decode(text or "{}", type=Choice)
