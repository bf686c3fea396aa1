"""The lists that schools got: a version each time the people or amounts of a school changed.

A version is known by its digest; with it is kept when the centre gave it out, when the school first
looked at it, when it confirmed it, and when its signed receipt came back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from sync_server.store import import_runs, school_kept
from sync_server.store import tables as t
from sync_server.store.parts import parts
from sync_server.store.rows import as_struct
from sync_server.store.scope import Of, of_schools, where

DUE_LIST = "due-list"
"""The kind of import that a list comes from."""
_kept = t.school_kept.c
_NO_LINES = literal("").label("lines")
Step = Literal["given", "seen", "confirmed", "receipt"]
"""What is noted of a version, once each."""


class ListNow(msgspec.Struct, frozen=True, kw_only=True):
    """A school's list as it is now.

    Attributes:
        people: How many people are on it.
        due_fen: What they owe together.
        digest: SHA-256 of all lines.
        lines: The digest of each person's line, by case id.
        import_run: The newest import of a due list that is in force, "" before the first.
        import_at: When that was (UTC ISO).
    """

    people: int
    due_fen: int
    digest: str
    lines: dict[str, str]
    import_run: str = ""
    import_at: str = ""


class ListRow(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a school's list; moments are UTC ISO, "" while something has not happened."""

    season: str
    unit: str
    version: int
    digest: str
    people: int
    due_fen: int
    lines: str
    import_run: str = ""
    import_at: str = ""
    given_at: str = ""
    given_by: str = ""
    seen_at: str = ""
    seen_by: str = ""
    confirmed_at: str = ""
    confirmed_by: str = ""
    receipt_at: str = ""
    receipt_by: str = ""

    def digests(self) -> dict[str, str]:
        """Return the digest of each person's line, by case id."""
        return msgspec.json.decode(self.lines, type=dict[str, str])


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between two versions of a list: case ids."""

    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.added) + len(self.gone) + len(self.changed)


class ListStanding(msgspec.Struct, frozen=True, kw_only=True):
    """Where a school's list is.

    Attributes:
        now: The list as it is now.
        version: Its version where it was given out or looked at already; None before.
        next_version: The number of the list as it is now, whether or not it is kept yet.
        given: The newest version that the centre gave out.
        seen: The newest version that the school has seen.
        receipt: The newest version whose signed receipt came back.
        known: What the school knows: the version it confirmed last; one that it saw earlier where
            it never confirmed any.
    """

    now: ListNow
    next_version: int = 1
    version: ListRow | None = None
    given: ListRow | None = None
    seen: ListRow | None = None
    receipt: ListRow | None = None
    known: ListRow | None = None

    @property
    def is_seen(self) -> bool:
        """Whether the school has seen the list as it is now."""
        return self.version is not None and bool(self.version.seen_at)

    @property
    def is_given(self) -> bool:
        """Whether the centre gave the list out as it is now."""
        return self.version is not None and bool(self.version.given_at)

    @property
    def changed_since_seen(self) -> bool:
        """Whether the list is another than the one that the school has seen."""
        return self.seen is not None and not self.is_seen

    def changes(self) -> Changes:
        """Return what is other than the school knows it, until it confirms."""
        return compare(self.known.digests(), self.now.lines) if self.known else Changes()


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    """Compare the lines of two versions. Pure."""
    return Changes(
        added=tuple(case for case in after if case not in before),
        gone=tuple(case for case in before if case not in after),
        changed=tuple(case for case in after if before.get(case, after[case]) != after[case]),
    )


def current(
    connection: Connection, season: str, of: Of, *, with_lines: bool = True
) -> dict[str, ListNow]:
    """Return the lists as they are now, by school. A school without people has none.

    `with_lines`: also the digest of every person. What repayments and visits change of a person is
    not of the list: it would be another every day.
    """
    run = import_runs.newest_in_force(connection, season, DUE_LIST)
    return {
        school: ListNow(
            people=kept.people,
            due_fen=kept.due_fen,
            digest=kept.digest,
            lines=kept.of_each() if with_lines else {},
            import_run=run.id if run else "",
            import_at=run.at if run else "",
        )
        for school, kept in school_kept.read(connection, season, of, with_lines=with_lines).items()
    }


def having(
    connection: Connection, season: str, of: Of, lacking: Step | None = None
) -> ColumnElement[bool]:
    """Return the condition on `unit` that a school has a list, and lacks a step of it as it is now.

    Args:
        connection: The store.
        season: The season.
        of: A school, or those somebody sees.
        lacking: The step that is not noted yet of the list as it is now; None for every list.
    """
    due = school_kept.due_schools(connection, season, of)
    code, listed = (
        t.unit.c.code,
        exists().where(_kept.season == season, _kept.unit == t.unit.c.code),
    )
    if lacking is not None:
        listed = listed.where(~_noted(season, lacking))
    if not due:
        return listed
    found = standings(connection, season, of_schools(due), with_lines=False)
    made = sorted(
        unit
        for unit, one in found.items()
        if lacking is None or one.version is None or not getattr(one.version, f"{lacking}_at")
    )
    return or_(and_(listed, code.not_in(due)), code.in_(made))


def _noted(season: str, step: Step) -> ColumnElement[bool]:
    """The condition on `school_kept` that a step is noted of the list as it is now."""
    c, later = t.school_list.c, t.school_list.alias().c
    newer = exists().where(later.season == season, later.unit == c.unit, later.version > c.version)
    return exists().where(
        *(c.season == season, c.unit == _kept.unit, ~newer),
        *(c.digest == _kept.digest, c[f"{step}_at"] != ""),
    )


def unseen(connection: Connection, season: str, of: Of) -> int:
    """Count the schools that have not seen their list as it is now."""
    seen = _noted(season, "seen")
    due = school_kept.due_schools(connection, season, of)
    query = select(func.count()).select_from(t.school_kept)
    query = query.where(_kept.season == season, where(_kept.unit, of), ~seen)
    count = int(connection.execute(query.where(_kept.unit.not_in(due))).scalar_one())
    return count + sum(
        not one.is_seen
        for one in standings(connection, season, of_schools(due), with_lines=False).values()
    )


def known_by(connection: Connection, season: str, unit: str) -> tuple[bool, int]:
    """Return whether a school confirmed its list as it is now, and how much it does not know.

    A school without people has no list, and nothing to confirm. Persons are compared only where the
    list is another than the school knows.
    """
    now = school_kept.read(connection, season, unit, with_lines=False).get(unit)
    if now is None:
        return True, 0
    c = t.school_list.c
    query = select(c.version, c.digest, c.seen_at, c.confirmed_at)
    query = query.where(c.season == season, c.unit == unit).order_by(c.version.desc())
    rows = connection.execute(query).all()
    kept = rows[0] if rows and rows[0].digest == now.digest else None
    known = next((row for row in rows if row.confirmed_at), None) or next(
        (row for row in rows if row.seen_at and row is not kept), None
    )
    confirmed = kept is not None and bool(kept.confirmed_at)
    if known is None or known.digest == now.digest:
        return confirmed, 0
    return confirmed, len(standings(connection, season, unit)[unit].changes())


def versions(
    connection: Connection, season: str, of: Of, *, with_lines: bool = True
) -> list[ListRow]:
    """Return the versions of a school's list, or of those somebody sees, the newest first."""
    c = t.school_list.c
    columns = [one if with_lines or one is not c.lines else _NO_LINES for one in c]
    query = select(*columns).where(c.season == season, where(c.unit, of))
    found = connection.execute(query.order_by(c.unit, c.version.desc())).mappings()
    return [as_struct(row, ListRow) for row in found]


def standings(
    connection: Connection, season: str, of: Of, *, with_lines: bool = True
) -> dict[str, ListStanding]:
    """Return where the lists are, by school; a school without people has none.

    Args:
        connection: The store.
        season: The season.
        of: A school, or those somebody sees.
        with_lines: Also the digest of every person; without it nothing can be compared.
    """
    known: dict[str, list[ListRow]] = {}
    for row in versions(connection, season, of, with_lines=with_lines):
        known.setdefault(row.unit, []).append(row)
    return {
        school: _standing(now, known.get(school, ()))
        for school, now in current(connection, season, of, with_lines=with_lines).items()
    }


def _standing(now: ListNow, rows: Iterable[ListRow]) -> ListStanding:
    rows = list(rows)
    kept = rows[0] if rows and rows[0].digest == now.digest else None
    return ListStanding(
        now=now,
        version=kept,
        next_version=kept.version if kept else rows[0].version + 1 if rows else 1,
        given=next((row for row in rows if row.given_at), None),
        seen=next((row for row in rows if row.seen_at), None),
        receipt=next((row for row in rows if row.receipt_at), None),
        known=next((row for row in rows if row.confirmed_at), None)
        or next((row for row in rows if row.seen_at and row is not kept), None),
    )


def put(connection: Connection, season: str, unit: str, now: ListNow) -> ListRow:
    """Return the version of a list as it is now, made where the newest one is another list."""
    rows = versions(connection, season, unit)
    if rows and rows[0].digest == now.digest:
        return rows[0]
    made = ListRow(
        season=season,
        unit=unit,
        version=rows[0].version + 1 if rows else 1,
        digest=now.digest,
        people=now.people,
        due_fen=now.due_fen,
        lines=msgspec.json.encode(now.lines).decode(),
        import_run=now.import_run,
        import_at=now.import_at,
    )
    try:
        with connection.begin_nested():
            connection.execute(t.school_list.insert(), msgspec.structs.asdict(made))
    except IntegrityError:  # another process made it at the same time
        return versions(connection, season, unit)[0]
    return made


def mark(connection: Connection, row: ListRow, step: Step, *, at: str, who: str) -> bool:
    """Note something of a version; return False where it was noted before."""
    c = t.school_list.c
    same = (c.season == row.season) & (c.unit == row.unit) & (c.version == row.version)
    unset = update(t.school_list).where(same, c[f"{step}_at"] == "")
    values = {f"{step}_at": at, f"{step}_by": who}
    return connection.execute(unset.values(**values)).rowcount == 1


def unmark(connection: Connection, row: ListRow, step: Step) -> bool:
    """Take such a note back; return False where there is none."""
    c = t.school_list.c
    same = (c.season == row.season) & (c.unit == row.unit) & (c.version == row.version)
    found = update(t.school_list).where(same, c[f"{step}_at"] != "")
    return connection.execute(found.values(**{f"{step}_at": "", f"{step}_by": ""})).rowcount == 1


def forget(connection: Connection, season: str, units: Sequence[str]) -> None:
    """Delete the lists of schools that an undone import had made: their codes may be given anew."""
    c = t.school_list.c
    for part in parts(units):
        connection.execute(t.school_list.delete().where(c.season == season, c.unit.in_(part)))
