"""Stacks of slips as they were scanned, and what became of each part of each page.

A part that is filed has a case. The pictures are photos of the photo store (photo_files.py), so
that backup, restore and purge treat them as they treat those of phones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from sqlalchemy import Connection, bindparam, func, or_, select, update

from shared.problems import ProblemError
from sync_server.store import tables as t
from sync_server.store.parts import parts
from sync_server.store.prepared import Prepared
from sync_server.store.rows import as_struct
from sync_server.store.scope import Of, where

StackState = Literal["filed", "withdrawn"]
PageState = Literal["filed", "keyed", "duplicate", "blank", "unreadable", "set_aside"]
"""Filed by its code; filed by a code that a person keyed; a second slip of a person; nothing on it;
to be looked at by a person; kept aside because it is nobody's here."""
Ink = Literal["", "signed", "empty", "unclear"]
Why = Literal[
    "",
    "blank",
    "no_code",
    "two_codes",
    "other_code",
    "broken",
    "season_unsure",
    "undone",
    "unknown_code",
    "other_school",
    "other_season",
    "not_slip",
]
"""Why a part is not filed: as read (sealing/paper/slip_parts.py), or as decided."""
FILED: tuple[PageState, ...] = ("filed", "keyed")
"""States of a part that is a person's slip."""
OPEN: tuple[PageState, ...] = ("unreadable",)
"""States of a part that waits for a person."""


class StackFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was uploaded; it is not kept."""

    name: str
    sha256: str
    pages: int


class StackRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stack.

    Attributes:
        unit: The school it was scanned for; "" for the whole county.
        at: When it was filed, UTC ISO.
        who: Who scanned it.
        digest: Hash over the files' hashes, by which the same stack is known again.
        files: Its files as JSON.
        pages: How many pages they have.
    """

    id: str
    season: str
    unit: str
    at: str
    who: str
    state: StackState
    digest: str
    files: str
    pages: int

    @property
    def named_files(self) -> tuple[StackFile, ...]:
        """Its files."""
        return msgspec.json.decode(self.files, type=tuple[StackFile, ...])


class PageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a page.

    Attributes:
        stack: Its stack.
        number: The page in the stack, from 1.
        part: The part of the page, from 1.
        place: The file and the page in it, for people.
        sha256: Its picture; "" of a blank page and of one that could not be opened.
        code: The bare case code that was read or keyed.
        case_id: Whose slip it is, "" while nobody's.
        who: Who decided last; "" where the program did.
        at: When, UTC ISO.
    """

    id: str
    season: str
    stack: str
    number: int
    part: int
    place: str
    sha256: str
    code: str
    case_id: str
    ink: Ink
    state: PageState
    why: Why
    who: str
    at: str


class FiledSlip(msgspec.Struct, frozen=True, kw_only=True):
    """A person's slip that came through the scanner: picture, ink of the signer, when filed.

    `place`: its stack, page and part, by which slips lie in the order of the pile.
    """

    sha256: str
    ink: Ink
    at: str
    place: tuple[str, int, int] = ("", 0, 0)


_p = t.slip_page.c
_FILED = Prepared(
    select(_p.case_id, _p.sha256, _p.ink, _p.at, _p.stack, _p.number, _p.part)
    .where(_p.case_id.in_(bindparam("ids", expanding=True)), _p.state.in_(FILED))
    .order_by(_p.at, _p.id)
)


def filed_of(connection: Connection, case_ids: Sequence[str]) -> dict[str, list[FiledSlip]]:
    """Return the filed slips of cases by case id; cases without one are left out."""
    found: dict[str, list[FiledSlip]] = {}
    for part in parts(case_ids):
        for case_id, sha256, ink, at, *place in _FILED.rows(connection, {"ids": part}):
            slip = FiledSlip(sha256=sha256, ink=ink, at=at, place=tuple(place))
            found.setdefault(case_id, []).append(slip)
    return found


def people_with_slips(connection: Connection, season: str, unit: str) -> set[str]:
    """Return the people on a school's list who have a filed slip."""
    p, c = t.slip_page.c, t.case_file.c
    query = select(p.case_id).join(t.case_file, c.id == p.case_id)
    query = query.where(c.season == season, c.unit == unit, c.off_list == "", p.state.in_(FILED))
    return set(connection.execute(query).scalars())


def add(connection: Connection, stack: StackRow, found: Sequence[PageRow]) -> None:
    """Record a stack with its parts."""
    connection.execute(t.slip_stack.insert(), msgspec.structs.asdict(stack))
    if found:
        connection.execute(t.slip_page.insert(), [msgspec.structs.asdict(page) for page in found])


def same_stack(connection: Connection, season: str, unit: str, digest: str) -> StackRow | None:
    """Return a stack of the same files that was filed before and not withdrawn."""
    c = t.slip_stack.c
    query = select(t.slip_stack).where(
        c.season == season, c.unit == unit, c.digest == digest, c.state == "filed"
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else as_struct(row, StackRow)


def stacks(connection: Connection, season: str, of: Of) -> list[StackRow]:
    """Return the stacks of a school, or of those somebody sees, the newest first.

    A stack of several schools belongs to none: only the whole county has it.
    """
    c = t.slip_stack.c
    query = select(t.slip_stack).where(c.season == season, c.state == "filed", where(c.unit, of))
    found = connection.execute(query.order_by(c.id.desc())).mappings()
    return [as_struct(row, StackRow) for row in found]


def stack(connection: Connection, season: str, stack_id: str) -> StackRow:
    """Return a stack. Raises ProblemError slips.stack_unknown."""
    c = t.slip_stack.c
    query = select(t.slip_stack).where(c.id == stack_id, c.season == season)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise ProblemError("slips.stack_unknown")
    return as_struct(row, StackRow)


def page(connection: Connection, season: str, page_id: str) -> PageRow:
    """Return a part of a page. Raises ProblemError slips.page_unknown."""
    c = t.slip_page.c
    query = select(t.slip_page).where(c.id == page_id, c.season == season)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise ProblemError("slips.page_unknown")
    return as_struct(row, PageRow)


def pages(
    connection: Connection, stack_ids: Sequence[str], states: Iterable[PageState] | None = None
) -> list[PageRow]:
    """Return the parts of stacks in their order, those in some states only where given."""
    c, found = t.slip_page.c, list[PageRow]()
    for part in parts(stack_ids):
        query = select(t.slip_page).where(c.stack.in_(part))
        if states is not None:
            query = query.where(c.state.in_(list(states)))
        query = query.order_by(c.stack.desc(), c.number, c.part)
        found += [as_struct(row, PageRow) for row in connection.execute(query).mappings()]
    return found


def counts(
    connection: Connection, stack_ids: Sequence[str]
) -> dict[str, dict[tuple[str, str], int]]:
    """Count the parts of stacks by state and ink, by stack."""
    c, found = t.slip_page.c, dict[str, dict[tuple[str, str], int]]()
    for part in parts(stack_ids):
        query = select(c.stack, c.state, c.ink, func.count()).where(c.stack.in_(part))
        for row in connection.execute(query.group_by(c.stack, c.state, c.ink)):
            found.setdefault(row[0], {})[row[1], row[2]] = int(row[3])
    return found


def waiting(connection: Connection, season: str, of: Of) -> int:
    """Count the parts that wait for a person, of the stacks of a school or a scope."""
    c, s = t.slip_page.c, t.slip_stack.c
    query = select(func.count()).select_from(t.slip_page.join(t.slip_stack, s.id == c.stack))
    query = query.where(c.season == season, c.state.in_(OPEN), s.state == "filed")
    query = query.where(where(s.unit, of))
    return int(connection.execute(query).scalar_one())


def of_cases(connection: Connection, case_ids: Sequence[str]) -> list[PageRow]:
    """Return every slip that names these cases, filed or a second one, in order of time."""
    c, found = t.slip_page.c, list[PageRow]()
    for part in parts(case_ids):
        query = select(t.slip_page).where(c.case_id.in_(part)).order_by(c.at, c.id)
        found += [as_struct(row, PageRow) for row in connection.execute(query).mappings()]
    return found


def move(connection: Connection, before: PageRow, after: PageRow) -> None:
    """Decide about a part that nobody has decided about since it was looked at.

    Args:
        connection: The writer's.
        before: The part as it was looked at.
        after: The same part as decided.

    Raises:
        ProblemError: slips.page_done.
    """
    c = t.slip_page.c
    same = update(t.slip_page).where(
        c.id == before.id, c.state == before.state, c.case_id == before.case_id, c.at == before.at
    )
    names = ("state", "why", "case_id", "code", "who", "at")
    values = {name: getattr(after, name) for name in names}
    if not connection.execute(same.values(**values)).rowcount:
        raise ProblemError("slips.page_done")


def add_part(connection: Connection, made: PageRow) -> None:
    """Record another part of a page: a picture of several slips."""
    connection.execute(t.slip_page.insert(), msgspec.structs.asdict(made))


def next_part(connection: Connection, stack_id: str, number: int) -> int:
    """Return the number of the next part of a page."""
    c = t.slip_page.c
    query = select(func.max(c.part)).where(c.stack == stack_id, c.number == number)
    return int(connection.execute(query).scalar() or 0) + 1


def withdraw(connection: Connection, stack_id: str) -> int:
    """Forget all that came of a stack, its pictures too; return how many slips were filed.

    Where another stack holds a second slip of the same person, it takes the place of the first.

    Raises:
        ProblemError: slips.page_done where it was withdrawn already.
    """
    s, c = t.slip_stack.c, t.slip_page.c
    gone = update(t.slip_stack).where(s.id == stack_id, s.state == "filed")
    if not connection.execute(gone.values(state="withdrawn", files="[]")).rowcount:
        raise ProblemError("slips.page_done")
    filed = select(c.case_id).where(c.stack == stack_id, c.state.in_(FILED))
    of = list(connection.execute(filed).scalars())
    connection.execute(t.slip_page.delete().where(c.stack == stack_id))
    _use_seconds(connection, of)
    return len(of)


def _use_seconds(connection: Connection, case_ids: Sequence[str]) -> None:
    """File the oldest second slip of each of these people who has no filed one left."""
    here = of_cases(connection, case_ids)
    have = {page.case_id for page in here if page.state in FILED}
    for page in here:
        if page.state == "duplicate" and page.case_id not in have:
            have.add(page.case_id)
            state: PageState = "keyed" if page.who else "filed"
            move(connection, page, msgspec.structs.replace(page, state=state))


class CodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case that has a code: in which season, at which school, whose."""

    case_id: str
    code: str
    season: str
    unit: str
    person_key: str


def with_codes(connection: Connection, codes: Iterable[str]) -> list[CodeRow]:
    """Return the cases of every season that have one of these codes, off the list or on it."""
    c, found = t.case_file.c, list[CodeRow]()
    for part in parts(sorted(set(codes) - {""})):
        query = select(c.id, c.code, c.season, c.unit, c.person_key).where(c.code.in_(part))
        found += [
            CodeRow(
                case_id=r.id, code=r.code, season=r.season, unit=r.unit, person_key=r.person_key
            )
            for r in connection.execute(query)
        ]
    return found


def may_see(connection: Connection, season: str, of: Of, sha256: str) -> bool:
    """Return whether a picture is of a stack, or of a slip of people, of a school or a scope."""
    c, s, k = t.slip_page.c, t.slip_stack.c, t.case_file.c
    joined = t.slip_page.join(t.slip_stack, s.id == c.stack).outerjoin(
        t.case_file, k.id == c.case_id
    )
    query = select(c.id).select_from(joined).where(c.sha256 == sha256, c.season == season)
    query = query.where(or_(where(s.unit, of), where(k.unit, of)))
    return connection.execute(query.limit(1)).first() is not None
