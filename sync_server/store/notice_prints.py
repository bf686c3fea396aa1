"""Every print of a notice (附件3): in which batch, for whom, and what stood on the sheet.

A batch has its number, counted for each school, before it is made, because its list names it; it
counts from the moment its PDF was there (`printed_at`). What the sheets say is kept as short
digests: enough to see that the data have changed since.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, RowMapping, func, select, update

from shared.problems import ProblemError
from sync_server.store import case_use
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.on_list import ON_LIST
from sync_server.store.parts import parts
from sync_server.store.rows import as_struct
from sync_server.store.scope import Of, where

_FINISHED = t.notice_batch.c.printed_at != ""


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Digests of what a sheet says; "" where an earlier version did not keep it."""

    name: str = ""
    amount: str = ""
    contracts: str = ""
    school: str = ""

    def differences(self, now: Content) -> tuple[str, ...]:
        """Return the names of the parts that are others now; what was not kept differs in none."""
        return tuple(
            part
            for part in self.__struct_fields__
            if getattr(self, part) and getattr(self, part) != getattr(now, part)
        )


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet of a batch: for whom, and which print of that person's notice it is, from 1."""

    case_id: str
    n: int
    content: Content = Content()


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Notices printed together.

    Attributes:
        id: Its id.
        unit: The school.
        number: Counted for each school of a season, from 1.
        at: When it was asked for, UTC ISO.
        who: The account that did; "" where an earlier version did not keep it.
        printed_at: When its PDF was there; "" until then.
        fetched_at: When somebody first got the PDF; "" until then.
        people: How many sheets of people it has.
        choice: Whom it was for, as office/notice_choice.py writes it.
    """

    id: str
    unit: str
    number: int
    at: str
    who: str
    printed_at: str = ""
    fetched_at: str = ""
    people: int = 0
    choice: str = ""


class Print(msgspec.Struct, frozen=True, kw_only=True):
    """One print of a person's notice; more than one is a reprint (补打)."""

    case_id: str
    n: int
    content: Content
    batch: Batch


def reserve(
    connection: Connection, season: str, unit: str, *, who: str, at: str, choice: str
) -> Batch:
    """Give the next batch of a school its number; nothing is printed yet."""
    c = t.notice_batch.c
    newest = select(func.max(c.number)).where(c.season == season, c.unit == unit)
    number = (connection.execute(newest).scalar() or 0) + 1
    batch = Batch(id=new_id(), unit=unit, number=number, at=at, who=who, choice=choice)
    connection.execute(t.notice_batch.insert(), {"season": season, **msgspec.structs.asdict(batch)})
    return batch


def finish(
    connection: Connection, season: str, batch_id: str, sheets: Sequence[Sheet], now: str
) -> None:
    """Keep what was printed, all of it or nothing.

    Raises:
        ProblemError: notices.printed_meanwhile: somebody printed one of these people's notices
            since, so that what the sheets say of first print and reprint is wrong.
    """
    numbers = last_numbers(connection, [sheet.case_id for sheet in sheets])
    if any(numbers.get(sheet.case_id, 0) + 1 != sheet.n for sheet in sheets):
        raise ProblemError("notices.printed_meanwhile")
    b = t.notice_batch.c
    ours = update(t.notice_batch).where(b.id == batch_id, b.printed_at == "")
    if connection.execute(ours.values(printed_at=now, people=len(sheets))).rowcount != 1:
        raise ProblemError("notices.printed_meanwhile")
    rows = [
        {
            "batch": batch_id,
            "season": season,
            "case_id": sheet.case_id,
            "n": sheet.n,
            "position": position,
            "content": msgspec.json.encode(sheet.content).decode(),
        }
        for position, sheet in enumerate(sheets, 1)
    ]
    connection.execute(t.notice_print.insert(), rows)
    case_use.mark_printed(connection, [sheet.case_id for sheet in sheets], now)


def forget(connection: Connection, batch_id: str) -> None:
    """Delete a batch that came to nothing."""
    b = t.notice_batch.c
    connection.execute(t.notice_batch.delete().where(b.id == batch_id, b.printed_at == ""))


def last_numbers(connection: Connection, case_ids: Sequence[str]) -> dict[str, int]:
    """Return how often the notices of these cases were printed; without those that never were."""
    p, found = t.notice_print.c, dict[str, int]()
    for part in parts(case_ids):
        query = select(p.case_id, func.max(p.n)).where(p.case_id.in_(part)).group_by(p.case_id)
        found |= {row[0]: int(row[1]) for row in connection.execute(query)}
    return found


def newest_of_school(connection: Connection, season: str, unit: str) -> dict[str, Print]:
    """Return the newest print of each person of a school, by case id, whichever school printed."""
    p, c = t.notice_print.c, t.case_file.c
    joined = t.notice_print.join(t.notice_batch, t.notice_batch.c.id == p.batch).join(
        t.case_file, c.id == p.case_id
    )
    query = (
        select(t.notice_batch, p.case_id, p.n, p.content)
        .select_from(joined)
        .where(c.season == season, c.unit == unit, ON_LIST)
        .order_by(p.n)
    )
    return {row["case_id"]: _print(row) for row in connection.execute(query).mappings()}


def of_case(connection: Connection, case_id: str) -> list[Print]:
    """Return every print of a person's notice, the first one first."""
    p = t.notice_print.c
    query = (
        select(t.notice_batch, p.case_id, p.n, p.content)
        .select_from(t.notice_print.join(t.notice_batch, t.notice_batch.c.id == p.batch))
        .where(p.case_id == case_id)
        .order_by(p.n)
    )
    return [_print(row) for row in connection.execute(query).mappings()]


def batches(connection: Connection, season: str, unit: str) -> list[Batch]:
    """Return a school's finished batches, the newest first."""
    b = t.notice_batch.c
    query = select(t.notice_batch).where(b.season == season, b.unit == unit, _FINISHED)
    rows = connection.execute(query.order_by(b.number.desc())).mappings()
    return [as_struct(row, Batch) for row in rows]


def printed_by_school(connection: Connection, season: str, of: Of) -> dict[str, tuple[int, int]]:
    """Return how many batches each school has printed, and how many sheets, by school code."""
    b = t.notice_batch.c
    query = select(b.unit, func.count().label("n"), func.sum(b.people).label("sheets"))
    found = connection.execute(
        query.where(b.season == season, where(b.unit, of), _FINISHED).group_by(b.unit)
    )
    return {row.unit: (int(row.n), int(row.sheets)) for row in found}


def batch(connection: Connection, season: str, unit: str, batch_id: str) -> Batch:
    """Return a finished batch of a school. Raises ProblemError notices.batch_unknown."""
    found = [b for b in batches(connection, season, unit) if b.id == batch_id]
    if not found:
        raise ProblemError("notices.batch_unknown")
    return found[0]


def people_of(connection: Connection, batch_id: str) -> list[tuple[str, int]]:
    """Return who is in a batch, in its order: case id and which print it was."""
    p = t.notice_print.c
    query = select(p.case_id, p.n).where(p.batch == batch_id).order_by(p.position)
    return [(row.case_id, row.n) for row in connection.execute(query)]


def mark_fetched(connection: Connection, batch_id: str, now: str) -> None:
    """Note that somebody has the PDF of a batch; the first time stays."""
    b = t.notice_batch.c
    first = update(t.notice_batch).where(b.id == batch_id, b.fetched_at == "")
    connection.execute(first.values(fetched_at=now))


def unfetched(connection: Connection) -> list[str]:
    """Return the finished batches whose PDF nobody has got yet, of every season."""
    b = t.notice_batch.c
    return list(connection.execute(select(b.id).where(_FINISHED, b.fetched_at == "")).scalars())


def is_newest(connection: Connection, batch_id: str) -> bool:
    """Return whether nobody of a batch was printed again since."""
    people = people_of(connection, batch_id)
    numbers = last_numbers(connection, [case_id for case_id, _ in people])
    return all(numbers.get(case_id) == n for case_id, n in people)


def take_back(connection: Connection, batch_id: str) -> int:
    """Delete a batch and its prints; return of how many people, 0 where it is gone already."""
    people = [case_id for case_id, _ in people_of(connection, batch_id)]
    connection.execute(t.notice_print.delete().where(t.notice_print.c.batch == batch_id))
    connection.execute(t.notice_batch.delete().where(t.notice_batch.c.id == batch_id))
    left = dict[str, list[str]]()
    p, b = t.notice_print.c, t.notice_batch.c
    for part in parts(people):
        query = (
            select(p.case_id, func.max(b.printed_at))
            .select_from(t.notice_print.join(t.notice_batch, b.id == p.batch))
            .where(p.case_id.in_(part))
            .group_by(p.case_id)
        )
        before = {row[0]: str(row[1]) for row in connection.execute(query)}
        for case_id in part:
            left.setdefault(before.get(case_id, ""), []).append(case_id)
    for at, case_ids in left.items():
        case_use.mark_printed(connection, case_ids, at)
    return len(people)


def take_back_unfetched(connection: Connection, batch_id: str) -> None:
    """Do the same with a batch unless somebody has got it meanwhile."""
    b = t.notice_batch.c
    query = select(b.id).where(b.id == batch_id, b.fetched_at == "")
    if connection.execute(query).first() is not None:
        take_back(connection, batch_id)


def _print(row: RowMapping) -> Print:
    return Print(
        case_id=row["case_id"],
        n=row["n"],
        content=msgspec.json.decode(row["content"] or "{}", type=Content),
        batch=as_struct(row, Batch),
    )
