"""Undo of an import: rows become what they were before it, and phones hear of it.

Feed, versions, audit trail and running case numbers only go forward. Whether an import may still be
undone stands in `store.undo_checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Table, bindparam, select, update

from sync_server.store import (
    feed,
    import_images,
    kept_contacts,
    repayments,
    school_lists,
    seasons,
    teachers,
)
from sync_server.store import tables as t
from sync_server.store.cases import mark_changed, repaid_of
from sync_server.store.import_images import Image, Key, TableChanges
from sync_server.store.parts import parts

_NOT_REPAID = {"paid": False, "repaid_fen": 0, "repaid_as_of": "", "paid_on": ""}
_NEW_ROW: dict[str, dict[str, Any]] = {t.case_file.name: {"version": 0, **_NOT_REPAID}}
_UNIQUE = {t.case_file.name: "person_key", t.unit.name: "name"}
"""A column whose values no two rows share, so that two of them cannot be swapped at once."""


class CaseAfter(msgspec.Struct, frozen=True, array_like=True):
    """A case as an import left it: where it is, whose, when its notice was printed, and the rest.

    `digest`: of the rest.
    """

    unit: str
    code: str
    assignee: str
    printed_at: str
    digest: str


class Undo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an import changed, and what stood when it did.

    Attributes:
        tables: The changes, by table.
        columns: The columns of a case that `CaseAfter.digest` covers.
        cases: The cases that it made or changed.
        units: The schools that it made or changed: a digest of each.
        unit_columns: The columns of a school that this digest covers.
        records: Records of the changed cases.
        reviews: Reviews of those records.
        summaries: Ids of the summaries there were.
    """

    tables: dict[str, TableChanges]
    columns: list[str] = []
    cases: dict[str, CaseAfter] = {}
    units: dict[str, str] = {}
    unit_columns: list[str] = []
    records: int = 0
    reviews: int = 0
    summaries: list[str] = []

    def of(self, table: Table) -> TableChanges:
        """The changes of one table."""
        return self.tables.get(table.name) or TableChanges()

    @property
    def removes(self) -> int:
        """How many people an undo takes out again."""
        return len(self.of(t.case_file).added)

    @property
    def restores(self) -> int:
        """How many people an undo brings back, or back to what they were."""
        return len(self.of(t.case_file).changed) + len(self.of(t.case_file).removed)


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """What an undo did: people removed, brought back as they were, due again, repaid again."""

    removed: int = 0
    restored: int = 0
    due_again: int = 0
    repaid_again: int = 0


def changes_of(before: Image, after: Image) -> Undo | None:
    """Return what an import changed and how it left its cases and schools; None for nothing."""
    tables = import_images.compare(before, after)
    if not tables:
        return None
    columns = import_images.columns_of(t.case_file)
    handled = ("unit", "code", "assignee", "notice_printed_at", *import_images.REPAID)
    rest = [name for name in columns if name not in handled]
    unit_columns = import_images.columns_of(t.unit)
    cases, units = (tables.get(table.name, TableChanges()) for table in (t.case_file, t.unit))
    return Undo(
        tables=tables,
        columns=rest,
        cases={
            key[0]: case_after(_named(columns, after.rows[t.case_file.name][key]), rest)
            for key in cases.touched
        },
        units={
            key[0]: import_images.digest(
                _named(unit_columns, after.rows[t.unit.name][key]), unit_columns
            )
            for key in units.touched
        },
        unit_columns=unit_columns,
    )


def _named(columns: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(columns, values, strict=True))


def case_after(row: Mapping[Any, Any], columns: list[str]) -> CaseAfter:
    """Return how a case stands, to compare it later."""
    return CaseAfter(
        unit=row["unit"],
        code=row["code"],
        assignee=row["assignee"],
        printed_at=row["notice_printed_at"],
        digest=import_images.digest(row, columns),
    )


def restore(connection: Connection, season: str, undo: Undo) -> Undone:
    """Bring every row back, judge repayments by the newest file left, and announce the changes."""
    touched = [*undo.cases, *(key[0] for key, _ in undo.of(t.case_file).removed)]
    before, paid = _cases(connection, touched), _paid(connection, season)
    for table in import_images.TABLES:
        _restore_table(connection, season, table, undo.of(table))
    school_lists.forget(connection, season, [key[0] for key in undo.of(t.unit).added])
    teachers.follow_merges(connection, season)
    _announce(connection, before, _cases(connection, touched))
    kept_contacts.suggest(connection, season)
    if repayments.newest(connection, season):
        repayments.judge_by_newest(connection, season)
    else:
        _forget_repayments(connection, season)
        seasons.announce(connection, season)
    now = _paid(connection, season)
    kept = paid.keys() & now.keys()
    return Undone(
        removed=undo.removes,
        restored=undo.restores,
        due_again=sum(paid[c] and not now[c] for c in kept),
        repaid_again=sum(now[c] and not paid[c] for c in kept),
    )


def _restore_table(
    connection: Connection, season: str, table: Table, changes: TableChanges
) -> None:
    names = import_images.key_columns(table)

    def where(key: Key) -> dict[str, str]:
        return {f"of_{name}": value for name, value in zip(names, key, strict=True)}

    here = table.c.season == season
    for name in names:
        here &= table.c[name] == bindparam(f"of_{name}")
    if changes.added:
        connection.execute(table.delete().where(here), [where(key) for key in changes.added])
    unique = _UNIQUE.get(table.name, "")
    aside = [key for key, old in changes.changed if unique in old]
    if aside:
        parked = update(table).where(here).values({unique: bindparam("aside")})
        rows = [{**where(key), "aside": f"undo:{at}"} for at, key in enumerate(aside)]
        connection.execute(parked, rows)
    for columns, rows in _by_columns(changes.changed, where).items():
        values: dict[str, Any] = {name: bindparam(f"old_{name}") for name in columns}
        connection.execute(update(table).where(here).values(values), rows)
    if changes.removed:
        more = {"season": season, **_NEW_ROW.get(table.name, {})}
        connection.execute(
            table.insert(),
            [{**more, **dict(zip(names, key, strict=True)), **old} for key, old in changes.removed],
        )


def _by_columns(
    changed: Iterable[tuple[Key, dict[str, Any]]], where: Callable[[Key], dict[str, str]]
) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Group changed rows by the columns that changed: a statement each instead of one a row."""
    grouped: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for key, old in changed:
        values = {f"old_{name}": value for name, value in old.items()}
        grouped.setdefault(tuple(old), []).append({**where(key), **values})
    return grouped


def _cases(connection: Connection, case_ids: Sequence[str]) -> dict[str, RowMapping]:
    found: dict[str, RowMapping] = {}
    for part in parts(case_ids):
        query = select(t.case_file).where(t.case_file.c.id.in_(part)).order_by(t.case_file.c.code)
        found |= {row["id"]: row for row in connection.execute(query).mappings()}
    return found


def _announce(
    connection: Connection, before: Mapping[str, RowMapping], after: Mapping[str, RowMapping]
) -> None:
    """Tell the phones of each school which cases left them and which are as they were."""
    left: dict[str, list[feed.Line]] = {}
    for case_id, row in before.items():
        if row["unit"] and row["assignee"] and not _same_phone(row, after.get(case_id)):
            line = feed.Line(kind="gone", ref=case_id, staff=row["assignee"])
            left.setdefault(row["unit"], []).append(line)
    changed: dict[str, list[str]] = {}
    for case_id, row in after.items():
        if row["unit"] and not row["off_list"]:
            changed.setdefault(row["unit"], []).append(case_id)
    for unit in sorted(left):
        feed.advance(connection, unit, left[unit])
    for unit in sorted(changed):
        mark_changed(connection, unit, changed[unit])


def _same_phone(row: RowMapping, now: RowMapping | None) -> bool:
    """Whether the phone that had a case has it still."""
    if now is None or (now["off_list"] and not row["off_list"]):
        return False
    return (row["unit"], row["assignee"]) == (now["unit"], now["assignee"])


def _paid(connection: Connection, season: str) -> dict[str, bool]:
    c = t.case_file.c
    found = connection.execute(select(c.id, c.paid).where(c.season == season))
    return {row.id: bool(row.paid) for row in found}


def _forget_repayments(connection: Connection, season: str) -> None:
    """Take the repayments of everybody on the list away: no file of the season is left."""
    c = t.case_file.c
    here = (c.season == season) & (c.off_list == "") & (c.repaid_as_of != "")
    query = select(t.case_file).where(here)
    touched: dict[str, list[str]] = {}
    for row in connection.execute(query.order_by(c.code)).mappings():
        was = repaid_of(row)
        if row["unit"] and (was.paid or was.repaid_fen or was.paid_on):
            touched.setdefault(row["unit"], []).append(row["id"])
    connection.execute(update(t.case_file).where(here).values(**_NOT_REPAID))
    for unit, case_ids in touched.items():
        mark_changed(connection, unit, case_ids)
