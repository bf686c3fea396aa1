"""Who would get whom: villages to chosen teachers, or all evenly with villages kept together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.store import cases, teachers
from sync_server.store.assignments import EVEN
from sync_server.store.cases import case_of
from sync_server.store.database import Connection


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How a school's people are to be given out.

    Attributes:
        how: VILLAGE or EVEN.
        villages: The teacher's id by village; a village that is not named stays as it is.
        teachers: Over whom EVEN splits; empty for everybody who is here.
        everyone: Whether people who have a teacher already are given out, too; of EVEN only those
            who have not repaid.
    """

    how: str
    villages: dict[str, str] = {}
    teachers: tuple[str, ...] = ()
    everyone: bool = False


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What a teacher has before and after; `villages`: what comes, by village."""

    id: str
    name: str
    before: int
    gets: int
    loses: int
    villages: dict[str, int]

    @property
    def after(self) -> int:
        """How many people the teacher then has."""
        return self.before + self.gets - self.loses


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What would be done.

    Attributes:
        given: Ids of cases by the teacher who gets them; without those who have them already.
        shares: What each teacher has before and after.
        free: How many people have no teacher afterwards.
        digest: What `carry_out` compares.
    """

    given: dict[str, list[str]]
    shares: list[Share]
    free: int
    digest: str

    @property
    def people(self) -> int:
        """How many people change their teacher."""
        return sum(map(len, self.given.values()))


class Person(msgspec.Struct, frozen=True):
    """Of a case, what an assignment depends on."""

    id: str
    village: str
    assignee: str
    paid: bool


def split(villages: Mapping[str, Sequence[str]], load: Mapping[str, int]) -> dict[str, list[str]]:
    """Distribute villages over teachers: the largest village first, to whoever has fewest cases.

    Args:
        villages: Case ids by village; a village is never divided, but for people without one ("").
        load: Cases each teacher already has, by staff id.

    Returns:
        Case ids by staff id.
    """
    given: dict[str, list[str]] = {teacher: [] for teacher in load}
    whole = sorted((v for v in villages if v), key=lambda v: (-len(villages[v]), v))
    groups = [list(villages[v]) for v in whole] + [[case] for case in villages.get("", ())]
    for group in groups:
        teacher = min(sorted(load), key=lambda s: load[s] + len(given[s]))
        given[teacher] += group
    return given


def plan(connection: Connection, season: str, unit: str, asked: Asked) -> Preview:
    """Return what would be done.

    Raises:
        ProblemError: staff.none, staff.unknown, staff.left.
    """
    people = people_of(connection, season, unit)
    known = teachers.listed(connection, season, unit)
    given = _by_villages(people, known, asked)
    if asked.how == EVEN:
        given = _evenly(people, known, asked, unit)
    now = {p.id: p for p in people}
    changing = {
        staff: [case for case in ids if now[case].assignee != staff] for staff, ids in given.items()
    }
    moves = sorted(
        (case, now[case].assignee, staff) for staff, ids in changing.items() for case in ids
    )
    free = sum(not p.assignee for p in people) - sum(not before for _, before, _ in moves)
    lines = "\n".join("\t".join(move) for move in moves)
    return Preview(
        given={staff: ids for staff, ids in changing.items() if ids},
        shares=[_share(teacher, people, changing) for teacher in known],
        free=free,
        digest=sha256_hex(f"{asked.how}\n{lines}".encode()),
    )


def _share(
    teacher: teachers.Teacher, people: Sequence[Person], changing: Mapping[str, Sequence[str]]
) -> Share:
    gets = set(changing.get(teacher.id, ()))
    moving = {case for ids in changing.values() for case in ids}
    own = [p for p in people if p.assignee == teacher.id]
    coming = [p for p in people if p.id in gets]
    return Share(
        id=teacher.id,
        name=teacher.name,
        before=len(own),
        gets=len(coming),
        loses=sum(p.id in moving for p in own),
        villages={v: len(ids) for v, ids in sorted(by_village(coming).items())},
    )


def _by_villages(
    people: Sequence[Person], known: Sequence[teachers.Teacher], asked: Asked
) -> dict[str, list[str]]:
    """Whole villages to the teachers chosen for them."""
    here = {teacher.id: teacher for teacher in known}
    given: dict[str, list[str]] = {}
    for village, staff in asked.villages.items():
        if staff not in here:
            raise ProblemError("staff.unknown")
        if not here[staff].is_here:
            raise ProblemError("staff.left", name=here[staff].name)
        given.setdefault(staff, []).extend(
            p.id for p in people if p.village == village and (asked.everyone or not p.assignee)
        )
    return given


def _evenly(
    people: Sequence[Person], known: Sequence[teachers.Teacher], asked: Asked, unit: str
) -> dict[str, list[str]]:
    """Villages over the chosen teachers, so that each then has about as many people."""
    here = [teacher.id for teacher in known if teacher.is_here]
    if not here:
        raise ProblemError("staff.none", unit=unit)
    if not set(here).issuperset(asked.teachers):
        raise ProblemError("staff.unknown")
    wanted = [p for p in people if not p.assignee or (asked.everyone and not p.paid)]
    moving = {p.id for p in wanted}
    load = {
        teacher: sum(p.assignee == teacher and p.id not in moving for p in people)
        for teacher in asked.teachers or here
    }
    return split(by_village(wanted), load)


def by_village(people: Sequence[Person]) -> dict[str, list[str]]:
    """Return case ids by village."""
    found: dict[str, list[str]] = {}
    for person in people:
        found.setdefault(person.village, []).append(person.id)
    return found


def people_of(connection: Connection, season: str, unit: str) -> list[Person]:
    """Return a school's people who are on the list."""
    return [
        Person(row["id"], case_of(row).village, row["assignee"], bool(row["paid"]))
        for row in cases.rows(connection, season, unit=unit)
    ]
